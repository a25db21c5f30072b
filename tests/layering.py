"""The layering of lib/: which room includes which, third-party headers in their one room, file sizes.

layering.py SOURCE ROOMS.txt: prints file:line for every offence and exits 1 when there is one. The
lists come from the ccctl_room(...) lines of CMakeLists.txt; a room's own list counts, not what its
neighbours may include.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LINES = 400
# A header by its beginning, and the only place that may include it.
HOMES = {
    "libpq-fe.h": "lib/store/", "postgresql/": "lib/store/", "pqxx/": "lib/store/",
    "openssl/": "lib/crypto/", "yaml-cpp/": "lib/doc/", "unicode/": "lib/text/",
    "phonenumbers/": "lib/text/", "date/": "lib/base/", "CLI/": "cmd/cli.cpp",
    "curl/": "lib/net/", "nlohmann/": "",
}
# A room's own private header may name its library's types; everybody else's headers stay clean.
PRIVATE_HEADERS = {"lib/store/connection.h", "lib/text/icu.h"}
# Headers whose types hold a Json by value: whoever includes them writes JSON anyway.
HOLDS_JSON = {"lib/audit/event.h"}


def rooms_of(file):
    rooms = {}
    for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
        name, _, deps = line.partition(":")
        rooms[name] = set(deps.replace(";", " ").split()) | {name, "base"}
    return rooms


def third_party(path, header):
    """What is wrong with including this header there, or nothing."""
    if header == "nlohmann/json.hpp" and path.endswith(".h") and path not in HOLDS_JSON:
        return "headers include nlohmann/json_fwd.hpp, sources json.hpp"
    for beginning, home in HOMES.items():
        if not header.startswith(beginning) or not home:
            continue
        if not path.startswith(home):
            return f"<{header}> belongs to {home} alone"
        if path.endswith(".h") and path not in PRIVATE_HEADERS:
            return f"<{header}> belongs into a .cpp"
    return None


def own_header(path, header, rooms, folders):
    part = path.split("/")
    target = header.split("/")[0]
    if part[0] != "lib" or target not in folders:
        return f'"{header}": lib/ knows no {target}/' if part[0] == "lib" else None
    allowed = rooms.get(part[1])
    if allowed is None:
        return f"room {part[1]} has no ccctl_room line"
    return None if target in allowed else f"room {part[1]} may not include {target}"


def offences(source, rooms):
    folders = {folder.name for folder in (source / "lib").iterdir() if folder.is_dir()}
    for top in ("lib", "cmd"):
        for file in sorted((source / top).rglob("*")):
            if file.suffix not in (".h", ".cpp"):
                continue
            path = file.relative_to(source).as_posix()
            lines = file.read_text(encoding="utf-8").splitlines()
            if len(lines) > LINES:
                yield f"{path}:{len(lines)}: longer than {LINES} lines"
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                quote, header = match.groups()
                wrong = third_party(path, header)
                if f"lib/{header}" in PRIVATE_HEADERS and not path.startswith(f"lib/{header.split('/')[0]}/"):
                    wrong = f"{header} is private to its room"
                if quote == '"' and not wrong:
                    wrong = own_header(path, header, rooms, folders)
                if wrong:
                    yield f"{path}:{number}: {wrong}"


def circle(rooms):
    """A circle of rooms, or nothing."""
    done = set()

    def visit(room, path):
        if room in path:
            return path[path.index(room):] + [room]
        if room in done:
            return None
        for dep in sorted(rooms.get(room, set()) - {room}):
            found = visit(dep, path + [room])
            if found:
                return found
        done.add(room)
        return None

    return next((found for room in sorted(rooms) if (found := visit(room, []))), None)


def main(source, rooms_file):
    rooms = rooms_of(rooms_file)
    found = list(offences(pathlib.Path(source), rooms))
    around = circle(rooms)
    if around:
        found.append(f"CMakeLists.txt:1: rooms in a circle: {' -> '.join(around)}")
    print("\n".join(found) if found else f"{len(rooms)} rooms, no offence")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
