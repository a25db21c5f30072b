"""Holds OCSF events against the published schema: ocsf_check.py EVENTS.ndjson

CCCTL_TEST_OCSF names a folder with the schema of OCSF 1.8.0 as published (tag 1.8.0 of the repository
ocsf-schema: categories.json, dictionary.json, events/, objects/). It is no part of this project. Where it
is absent, the script says so and checks what is written down below: class and category, activities,
type_uid, and required attributes of the two classes. Prints one line for each misfit; exit 1 when
there is any.
"""
import json
import os
import pathlib
import sys

# Of the published schema, for where it is absent.
CATEGORY = {3004: 3, 6005: 6}
ACTIVITIES = {3004: range(0, 14), 6005: range(0, 11)}
REQUIRED = ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"]
ALSO = {3004: ["entity"], 6005: ["actor", "src_endpoint"]}
SCALARS = {"boolean_t": bool, "integer_t": int, "long_t": int, "float_t": (int, float), "json_t": object}


class Schema:
    """The published schema's classes and objects with all that they inherit."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.dictionary = self.load("dictionary.json")
        self.categories = self.load("categories.json")["attributes"]
        self.by_name = {}
        for kind in ("events", "objects"):
            for path in sorted((self.folder / kind).rglob("*.json")):
                entry = json.loads(path.read_text(encoding="utf-8"))
                self.by_name[kind, entry.get("name") or entry["extends"]] = entry
        version = self.load("version.json")["version"]
        if version != "1.8.0":
            sys.exit(f"ocsf_check.py: the schema is of version {version}")

    def load(self, name):
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def whole(self, kind, name):
        """Attributes, constraints, uid and category, ancestors first."""
        entry = self.by_name[kind, name]
        base = self.whole(kind, entry["extends"]) if "extends" in entry else {
            "attributes": {}, "constraints": {}}
        attributes = {key: dict(value) for key, value in base["attributes"].items()}
        included = entry["attributes"].get("$include", [])
        for path in [included] if isinstance(included, str) else included:
            for key, value in self.load(path).get("attributes", {}).items():
                # Those of a profile count where an event claims the profile; ours claim none.
                attributes[key] = {**value, "requirement": "optional"}
        for key, value in entry["attributes"].items():
            if key != "$include":
                attributes[key] = {**attributes.get(key, {}), **value}
                if "enum" in value and "enum" in base["attributes"].get(key, {}):
                    attributes[key]["enum"] = {**base["attributes"][key]["enum"], **value["enum"]}
        return {**base, **entry, "attributes": attributes,
                "constraints": entry.get("constraints", base["constraints"])}

    def class_of(self, uid):
        for (kind, name), entry in self.by_name.items():
            if kind == "events" and "uid" in entry:
                whole = self.whole(kind, name)
                if self.categories[whole["category"]]["uid"] * 1000 + entry["uid"] == uid:
                    return whole
        return None

    def misfits(self, value, whole, where):
        for key, rule in whole["attributes"].items():
            if rule.get("requirement") == "required" and key not in value:
                yield f"{where}.{key} is required"
        for key in value:
            rule = whole["attributes"].get(key)
            if rule is None:
                yield f"{where}.{key} is unknown"
                continue
            yield from self.misfit(value[key], {**self.dictionary["attributes"][key], **rule},
                                   f"{where}.{key}")
        wanted = whole["constraints"].get("at_least_one", [])
        if wanted and not any(key in value for key in wanted):
            yield f"{where} has none of {', '.join(wanted)}"

    def misfit(self, value, rule, where):
        if rule.get("is_array"):
            if not isinstance(value, list):
                yield f"{where} is no list"
            return
        name, types = rule["type"], self.dictionary["types"]["attributes"]
        if name in types:
            base = types[name].get("type", name)
            if not isinstance(value, SCALARS.get(base, str)) or (base != "boolean_t"
                                                                 and isinstance(value, bool)):
                yield f"{where} is no {name}"
            elif "enum" in rule and str(value) not in rule["enum"]:
                yield f"{where} may not be {value}"
        elif not isinstance(value, dict):
            yield f"{where} is no object"
        elif name != "object":
            yield from self.misfits(value, self.whole("objects", name), where)

    def check(self, event):
        whole = self.class_of(event["class_uid"])
        if whole is None:
            yield f"there is no class {event['class_uid']}"
            return
        # These two are made from the class and its category.
        for key in ("category_uid", "class_uid", "type_uid"):
            whole["attributes"][key].pop("enum", None)
        if event["category_uid"] != self.categories[whole["category"]]["uid"]:
            yield "category_uid is not the class's"
        enum = whole["attributes"]["activity_id"]["enum"]
        if event.get("activity_name") != enum.get(str(event["activity_id"]), {}).get("caption"):
            yield "activity_name is not that of activity_id"
        if event.get("class_name") != whole["caption"]:
            yield "class_name is not the class's"
        yield from self.misfits(event, whole, "event")


def known(event):
    """What can be said without the published schema."""
    uid, activity = event.get("class_uid"), event.get("activity_id")
    if uid not in CATEGORY:
        yield f"class {uid} is neither 3004 nor 6005"
        return
    yield from (f"{key} is required" for key in REQUIRED + ALSO[uid] if key not in event)
    if event.get("category_uid") != CATEGORY[uid] or activity not in ACTIVITIES[uid]:
        yield "category or activity is not the class's"
    if event.get("type_uid") != uid * 100 + activity:
        yield "type_uid is not class_uid * 100 + activity_id"
    if event["metadata"].get("version") != "1.8.0" or not isinstance(event.get("time"), int):
        yield "version or time is wrong"


def main(file):
    folder = os.environ.get("CCCTL_TEST_OCSF")
    schema = Schema(folder) if folder else None
    if not schema:
        print("the published schema is absent (CCCTL_TEST_OCSF): only what is known of it is checked")
    found, count = set(), 0
    for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
        event, count = json.loads(line), count + 1
        code = event.get("metadata", {}).get("event_code")
        found.update(f"{code}: {what}" for what in [*known(event), *(schema.check(event) if schema else [])])
    print("\n".join(sorted(found)) or f"{count} events fit")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
