"""A second verifier of audit bundles, for the tests alone, that shares nothing with the shipped ones.

It follows the definitions instead of the usual loops: RFC 6962's recursive tree hash and audit path,
and openssl for signatures. refusal() gives the reason why a bundle is not what was signed, or "".
"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.setrecursionlimit(10_000)


def check(good, reason):
    if not good:
        raise ValueError(reason)


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def split(size):
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def tree_hash(begin, end, known):
    """MTH(D[begin:end]); `known` has hashes of single leaves and of whole subtrees."""
    if (begin, end) in known:
        return known[begin, end]
    check(end - begin > 1, f"nothing is known of leaf {begin}")
    middle = begin + split(end - begin)
    return digest(b"\1", tree_hash(begin, middle, known), tree_hash(middle, end, known))


def beside(begin, end, first, last):
    """The complete subtrees of [begin, end) without the leaves [first, last), left to right."""
    if begin >= end or (first <= begin and end <= last):
        return []
    apart = end <= first or begin >= last
    if apart and (end - begin) & (end - begin - 1) == 0:
        return [(begin, end)]
    if end - begin == 1:
        return []
    middle = begin + split(end - begin)
    return beside(begin, middle, first, last) + beside(middle, end, first, last)


def path_root(leaf, index, size, path):
    """What RFC 6962's PATH(index, D[size]) leads to."""
    if size == 1:
        check(not path, "a path is too long")
        return leaf
    check(path, "a path is too short")
    middle = split(size)
    if index < middle:
        return digest(b"\1", path_root(leaf, index, middle, path[:-1]), path[-1])
    return digest(b"\1", path[-1], path_root(leaf, index - middle, size - middle, path[:-1]))


def grown_roots(old, size, old_root, path, whole=True):
    """The roots of old and size leaves to which RFC 6962's SUBPROOF(old, D[size], whole) leads."""
    if old == size:
        if whole:
            check(not path, "a proof is too long")
            return old_root, old_root
        check(len(path) == 1, "a proof has another length")
        return path[0], path[0]
    check(path, "a proof is too short")
    middle = split(size)
    if old <= middle:
        first, second = grown_roots(old, middle, old_root, path[:-1], whole)
        return first, digest(b"\1", second, path[-1])
    first, second = grown_roots(old - middle, size - middle, old_root, path[:-1], False)
    return digest(b"\1", path[-1], first), digest(b"\1", path[-1], second)


def openssl_verifies(public, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        names = [pathlib.Path(folder, name) for name in ("key", "message", "signature")]
        prefix = bytes.fromhex("302a300506032b6570032100")
        for name, data in zip(names, (prefix + public, message, signature)):
            name.write_bytes(data)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
                               names[0], "-rawin", "-in", names[1], "-sigfile", names[2]],
                              capture_output=True, check=False)
        return done.returncode == 0


def public_of(vkeys, origin, key_id):
    """Of the tenant's keys, one on each line, the one whose id under that origin was given."""
    for vkey in vkeys.split():
        name, _, key = vkey.split("+", 2)
        public = base64.b64decode(key)[1:]
        if origin.split("/")[:3] == name.split("/")[:3]:
            if digest(origin.encode(), b"\n\1", public)[:4] == key_id:
                return public
    raise ValueError("another key has signed, or the log is another tenant's")


class Note:
    def __init__(self, data, vkeys):
        body, signature = data[:data.index(b"\n\n") + 1], data[data.index(b"\n\n") + 2:]
        self.origin, size, root = body.decode().splitlines()
        self.size, self.root = int(size), base64.b64decode(root)
        check(body == f"{self.origin}\n{self.size}\n".encode() + base64.b64encode(self.root) + b"\n",
              "a note is not in its one form")
        check(signature.count(b"\n") == 1 and signature.endswith(b"\n"), "a note has more signatures")
        dash, signer, text = signature.decode().strip("\n").split(" ")
        raw = base64.b64decode(text)
        check(dash == "—" and signer == self.origin and base64.b64encode(raw).decode() == text,
              "a signature line is malformed")
        public = public_of(vkeys, self.origin, raw[:4])
        check(openssl_verifies(public, body, raw[4:]), "the signature is false")


def proof(data):
    """Index, path, note of a tlog-proof."""
    head, note = data.split(b"\n\n", 1)
    name, index, *path = head.decode().split("\n")
    check(name == "c2sp.org/tlog-proof@v1" and index == f"index {int(index[6:])}", "no proof")
    hashes = [base64.b64decode(text) for text in path]
    check([base64.b64encode(one).decode() for one in hashes] == path, "a path is malformed")
    return int(index[6:]), hashes, note


def events(folder, manifest):
    data = (folder / "events.jsonl").read_bytes()
    check(data == b"" or data.endswith(b"\n"), "the events are cut off")
    lines = data.split(b"\n")[:-1]
    for line in lines:
        event = json.loads(line)
        check((event["tenant"], event["log"]) == (manifest["tenant"], manifest["log"]),
              "an event is of another log")
    return lines


def check_range(shard, note, leaves):
    first, last = shard["first"], shard["first"] + len(leaves)
    check(0 <= first and last <= note.size, "the range lies outside the tree")
    known = {(first + at, first + at + 1): leaf for at, leaf in enumerate(leaves)}
    places = beside(0, note.size, first, last) if leaves else beside(0, note.size, note.size, note.size)
    hashes = [base64.b64decode(text) for text in shard["left"] + shard["right"]]
    check(len(places) == len(hashes), "there are too many or too few hashes beside the range")
    known.update(zip(places, hashes))
    check(tree_hash(0, note.size, known) == note.root, "the range does not lead to the root")


def marked_outside(folder):
    """Of a stretch of time the indexes between its first and last event that are not of it."""
    said, marked = folder / "outside", []
    for line in said.read_text().splitlines() if said.exists() else []:
        first, _, last = line.partition("-")
        marked += range(int(first), int(last or first) + 1)
    return marked


def check_outside(folder, manifest, shard, lines):
    marked = marked_outside(folder)
    times = [json.loads(line)["at"] for line in lines]
    begin, end = (manifest["filter"].get(name, otherwise) for name, otherwise in (("from", ""), ("to", "~")))
    check(marked == [shard["first"] + at for at, time in enumerate(times) if not begin <= time < end],
          "other events are outside the time")
    check(shard["matched"] == shard["rows"] - len(marked), "the number of matches")


def check_shard(folder, manifest, shard, vkey):
    """Gives the population of a sample with those drawn, by index."""
    raw = (folder / "checkpoint").read_bytes()
    note = Note(raw, vkey)
    check((note.origin, note.size) == (shard["origin"], shard["size"]), "another checkpoint")
    lines = events(folder, manifest)
    check(len(lines) == shard["rows"], "the number of events is another one")
    leaves = [digest(b"\0", line) for line in lines]
    files = sorted((folder / "proofs").glob("*"))
    proofs = [proof(file.read_bytes()) for file in files]
    check([int(file.stem) for file in files] == [index for index, _, _ in proofs], "a proof's name")
    check(manifest["selection"] in ("contiguous", "selected", "sample"), "an unknown selection")
    if manifest["selection"] == "contiguous":
        check_range(shard, note, leaves)
        check_outside(folder, manifest, shard, lines)
        places = {shard["first"] + at: leaf for at, leaf in enumerate(leaves)}
    else:
        check(len(proofs) == len(leaves), "not every event has a proof")
        places = {index: leaf for (index, _, _), leaf in zip(proofs, leaves)}
        check(sorted(places) == list(places) and len(places) == len(leaves), "an event is there twice")
    for index, path, its_note in proofs:
        check(its_note == raw and 0 <= index < note.size, "a proof is of another tree")
        check(path_root(places[index], index, note.size, path) == note.root, "a proof leads elsewhere")
    if manifest["selection"] != "sample":
        return [], []
    rows = [row.split(" ") for row in (folder / "population").read_text().splitlines()]
    check(all(len(leaf) == 64 for _, leaf in rows), "a hash of another length")
    check(not marked_outside(folder) or {"from", "to"} & set(manifest["filter"]), "outside of what")
    members = [(int(index), bytes.fromhex(leaf)) for index, leaf in rows]
    check(members == sorted(set(members)), "the population is out of order")
    if set(manifest["filter"]) <= {"from", "to"}:
        check_range(shard, note, [leaf for _, leaf in members])
    members = [member for member in members if member[0] not in marked_outside(folder)]
    check(len(members) == shard["population"], "the population's number")
    check(all(dict(members)[index] == leaf for index, leaf in places.items()), "a leaf of the sample")
    return [leaf for _, leaf in members], list(places.values())


def check_sample(sample, population, drawn):
    """From all shards together."""
    lowest = sorted(population, key=lambda leaf: digest(sample["seed"].encode(), leaf))[:sample["size"]]
    check(len(population) == sample["population"] and sorted(lowest) == sorted(drawn), "the sample")


def check_manifest(folder, raw, manifest, vkey):
    leaf, _, rest = (folder / "manifest.receipt").read_bytes().partition(b"\n\n")
    index, path, raw_note = proof(rest)
    note = Note(raw_note, vkey)
    event = json.loads(leaf)
    check("/security/" in note.origin and event["action"] == "audit.exported", "no receipt of a bundle")
    check(index < note.size and path_root(digest(b"\0", leaf), index, note.size, path) == note.root,
          "the receipt leads elsewhere")
    check(event["tenant"] == manifest["tenant"] and
          event["body"]["manifest"] == hashlib.sha256(raw).hexdigest(), "another manifest")
    for entry in manifest["files"]:
        data = (folder / entry["name"]).read_bytes()
        check(hashlib.sha256(data).hexdigest() == entry["sha256"], f"{entry['name']} is another file")


def check_origins(manifest, vkey):
    """Every shard once, of this log, whether its events are there or were removed."""
    gone = manifest.get("pruned", [])
    for said in gone:
        note = Note(said["checkpoint"].encode(), vkey)
        check((note.origin, note.size) == (said["origin"], said["size"]), "another removed log")
    origins = [said["origin"] for said in manifest["shards"] + gone]
    check(len(set(origins)) == len(origins), "a shard is there twice")
    for origin in origins:
        check(origin.split("/")[1:-1] == ["tenant", manifest["tenant"], manifest["log"]], "another log")


def refusal(folder, vkey, pins=(), receipt=True):
    folder = pathlib.Path(folder)
    try:
        raw = (folder / "manifest.json").read_bytes()
        manifest = json.loads(raw)
        if receipt:
            check_manifest(folder, raw, manifest, vkey)
        check_origins(manifest, vkey)
        population, drawn = [], []
        for shard in manifest["shards"]:
            members, places = check_shard(folder / shard["folder"], manifest, shard, vkey)
            population, drawn = population + members, drawn + places
            note = Note((folder / shard["folder"] / "checkpoint").read_bytes(), vkey)
            for pin in (Note(pathlib.Path(pin).read_bytes(), vkey) for pin in pins):
                check(pin.origin != note.origin or pin.size != note.size or pin.root == note.root,
                      "two trees of one size are signed")
        if manifest["selection"] == "sample":
            check_sample(manifest["sample"], population, drawn)
        check(sum(shard["rows"] for shard in manifest["shards"]) == manifest["rows"], "the sum")
        check(bool(manifest["shards"]) or not manifest["rows"], "no log")
    except (ValueError, OSError, KeyError, IndexError, TypeError, AttributeError) as error:
        return str(error) or repr(error)
    return ""
