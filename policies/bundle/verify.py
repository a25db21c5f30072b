#!/usr/bin/env python3
"""Verifies a bundle of `ccctl audit export` with Python's standard library alone.

    verify.py [--pin FILE]... [--without-receipt] FOLDER KEY...
    verify.py --consistency PROOF --pin FILE KEY...

KEY is a verifier key, NAME+KEYID+BASE64, or a file with one on each line. Take it from somewhere
else than the bundle: whoever could forge the bundle could put another key beside it. A key counts for
all logs of its tenant. A pin is a checkpoint (or receipt) of the same log that was kept elsewhere.

With --consistency it verifies what `ccctl audit prove --old FILE` wrote: that the newest tree has every
event of the pin's, unchanged and in the same place.

Exit 0: verified. 1: not verified, with the reason. 2: called wrongly. 3: what is there is right, but
something is missing: the receipt, or what a pin is to be compared with.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import sys
import urllib.parse

HASH, PROOF = 32, "c2sp.org/tlog-proof@v1\n"
FIXED = {"manifest.json", "manifest.receipt"}
SELECTIONS = ("contiguous", "selected", "sample")

class Wrong(Exception):
    """The bundle is not what was signed."""

def require(condition, reason):
    if not condition:
        raise Wrong(reason)

def say(text, file=None):
    """Nothing from a bundle moves the cursor of whoever reads this."""
    print("".join(letter if letter.isprintable() else "?" for letter in text), file=file or sys.stdout)

# --- Ed25519 (RFC 8032), for verifying only: nothing here is secret, so nothing needs constant time ---
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def add(a, b):
    """Adds two points in extended coordinates (X, Y, Z, T)."""
    p, q = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    r, s = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(factor, point):
    result = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result

def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P

BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(HASH, "little"))

def signed(public, message, signature):
    a, s = point_of(public), int.from_bytes(signature[32:], "little")
    if a is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    x, y, z, _ = add(times(s, BASE), times(k, (P - a[0], a[1], 1, P - a[3])))  # [S]B - [k]A
    inverse = pow(z, P - 2, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(HASH, "little") == signature[:32]

# --- Merkle trees (RFC 6962) --------------------------------------------------------------------------
def sha256(data):
    return hashlib.sha256(data).digest()

def leaf_hash(line):
    return sha256(b"\0" + line)

def node_hash(left, right):
    return sha256(b"\1" + left + right)

def cover(begin, end):
    """The largest complete subtrees that make up the leaves [begin, end): their levels and starts."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        yield level, begin
        begin += 1 << level

class Tree:
    """Grows from left to right by complete subtrees; roots at the sizes wanted are kept."""

    def __init__(self, wanted=()):
        self.stack, self.size = [], 0
        self.roots = {size: None for size in wanted}

    def add(self, level, digest):
        start = self.size
        self.size += 1 << level
        while self.stack and self.stack[-1][0] == level and start >> level & 1:
            digest = node_hash(self.stack.pop()[1], digest)
            start -= 1 << level
            level += 1
        self.stack.append((level, digest))
        if self.size in self.roots:
            self.roots[self.size] = self.root()

    def root(self):
        if not self.stack:
            return sha256(b"")
        digest = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            digest = node_hash(left, digest)
        return digest

def included(leaf, index, size, proof, root):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, digest = index, size - 1, leaf
    for other in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            digest = node_hash(other, digest)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            digest = node_hash(digest, other)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and digest == root

def extends(old_size, old_root, size, root, proof):
    """RFC 9162, 2.1.4.2."""
    if old_size == size or old_size == 0:
        return not proof and (old_size == 0 or old_root == root)
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if old_size > size or not path:
        return False
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old, new = path[0], path[0]
    for other in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node_hash(other, old), node_hash(other, new)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, other)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and (old, new) == (old_root, root)

# --- texts --------------------------------------------------------------------------------------------
def decode(text, size, what):
    """Strictly: two texts never stand for the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong(f"{what} is not base64") from None
    require(len(data) == size and base64.b64encode(data).decode() == text, f"{what} is malformed")
    return data

def number(text, what):
    require(re.fullmatch(r"0|[1-9][0-9]{0,17}", text), f"{what} is not a number")
    return int(text)

def tenant_of(origin):
    """The part of an origin that all logs of a tenant share."""
    return origin.rsplit("/", 2)[0]

class Keys:
    def __init__(self, texts):
        self.keys = []
        for text in texts:
            if os.path.isfile(text):
                with open(text, encoding="utf-8") as file:
                    self.keys += [self.parse(line) for line in file.read().split()]
            else:
                self.keys.append(self.parse(text))

    @staticmethod
    def parse(text):
        match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)", text)
        require(match, f"{text!r} is neither a file nor a key NAME+KEYID+BASE64")
        data = decode(match[3], 33, "a key")
        require(data[0] == 1, "a key is not Ed25519")
        require(sha256(match[1].encode() + b"\n" + data)[:4].hex() == match[2], "a key has a false id")
        return match[1], data[1:]

    def of(self, origin):
        return [public for name, public in self.keys if tenant_of(name) == tenant_of(origin)]

class Checkpoint:
    """A signed note; believed only when a trusted key has signed it."""

    def __init__(self, note, keys):
        body, blank, signatures = note.partition("\n\n")
        lines = (body + "\n").split("\n")
        require(blank and len(lines) == 4 and signatures.endswith("\n"), "a checkpoint is malformed")
        self.note, self.origin = note, lines[0]
        self.size, self.root = number(lines[1], "a tree's size"), decode(lines[2], HASH, "a root")
        trusted = keys.of(self.origin)
        require(trusted, f"no key is trusted for {self.origin!r}")
        good = False
        for line in signatures.split("\n")[:-1]:
            parts = line.split(" ")
            require(len(parts) == 3 and parts[0] == "—", "a signature line is malformed")
            data = decode(parts[2], 68, "a signature")
            for public in trusted:
                key_id = sha256(self.origin.encode() + b"\n\1" + public)[:4]
                if (parts[1], data[:4]) == (self.origin, key_id):
                    require(signed(public, (body + "\n").encode(), data[4:]),
                            f"the checkpoint of {self.origin!r} bears a false signature")
                    good = True
        require(good, f"the checkpoint of {self.origin!r} is signed by none of the trusted keys")

def parse_proof(text):
    """Index, hashes and checkpoint note of a C2SP tlog-proof."""
    require(text.startswith(PROOF), "a proof is malformed")
    head, blank, note = text[len(PROOF):].partition("\n\n")
    lines = head.split("\n")
    require(blank and lines[0].startswith("index ") and len(lines) <= 64, "a proof is malformed")
    return (number(lines[0][6:], "an index"),
            [decode(line, HASH, "a hash of a proof") for line in lines[1:]], note)

def parse_consistency(text):
    """Old size, hashes and checkpoint note, as a log presents itself to a witness."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    require(blank and lines[0].startswith("old ") and len(lines) <= 64, "a proof is malformed")
    return (number(lines[0][4:], "a tree's size"),
            [decode(line, HASH, "a hash of a proof") for line in lines[1:]], note)

def read_pin(file, keys):
    """A checkpoint, or that of a proof or receipt."""
    text = read(file).decode()
    if PROOF in text:
        text = parse_proof(text[text.index(PROOF):])[2]
    return Checkpoint(text, keys)

def grown(file, pins, keys):
    """The two checkpoints between which the log only grew."""
    old_size, hashes, note = parse_consistency(read(file).decode())
    old, new = pins[0], Checkpoint(note, keys)
    require((old.origin, old.size) == (new.origin, old_size), "the proof is about another checkpoint")
    require(extends(old.size, old.root, new.size, new.root, hashes),
            f"the tree of {new.size} events does not extend the one of {old.size}")
    return old, new

def prove(leaf, index, hashes, checkpoint):
    require(included(leaf, index, checkpoint.size, hashes, checkpoint.root),
            f"event {index} does not lead to the signed root")

def unique(pairs):
    members = dict(pairs)
    require(len(members) == len(pairs), "a JSON object has a member twice")
    return members

parse_json = json.JSONDecoder(object_pairs_hook=unique).decode

def read(path):
    with open(path, "rb") as file:
        return file.read()

def lines_of(path):
    """The lines of a file, of which each ends in a newline."""
    with open(path, "rb") as file:
        for line in file:
            require(line.endswith(b"\n"), f"{path} is cut off")
            yield line[:-1]

# --- the bundle ---------------------------------------------------------------------------------------
class Bundle:
    def __init__(self, folder, keys, pins):
        self.folder, self.keys = folder, keys
        self.text = read(self.path("manifest.json"))
        self.manifest = parse_json(self.text.decode())
        self.pins = pins
        self.remarks, self.compared = [], set()
        self.missing = []  # what keeps a right bundle from being a complete one

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def files(self):
        """Every file is listed with its digest, and no other is there but proofs."""
        listed = {entry["name"]: entry for entry in self.manifest["files"]}
        found = set()
        for place, _, names in os.walk(self.folder):
            for name in names:
                found.add(os.path.relpath(os.path.join(place, name), self.folder))
        proofs = tuple(shard["folder"] + "proofs/" for shard in self.manifest["shards"])
        stray = [name for name in found - set(listed) - FIXED if not name.startswith(proofs or "/")]
        require(not stray, f"{stray[:1]} is not part of the bundle")
        for name, entry in listed.items():
            require(name in found, f"{name} is missing")
            digest, size = hashlib.sha256(), 0
            with open(self.path(name), "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
                    size += len(block)
            require(digest.hexdigest() == entry["sha256"] and size == entry["bytes"],
                    f"{name} is not the file that the manifest lists")

    def receipt(self):
        """The log itself says that exactly this manifest was given out."""
        if not os.path.exists(self.path("manifest.receipt")):
            self.missing.append("there is no manifest.receipt: only the events themselves are proved, "
                                "not what the manifest says about them")
            return
        leaf, blank, proof = read(self.path("manifest.receipt")).decode().partition("\n\n")
        require(blank, "the manifest's receipt is malformed")
        index, hashes, note = parse_proof(proof)
        checkpoint = Checkpoint(note, self.keys)
        prove(leaf_hash(leaf.encode()), index, hashes, checkpoint)
        event = parse_json(leaf)
        require(event["action"] == "audit.exported" and event["tenant"] == self.manifest["tenant"]
                and checkpoint.origin.split("/")[-2] == ("organisation" if event["tenant"] == "*" else "security")
                and event["body"]["manifest"] == hashlib.sha256(self.text).hexdigest(),
                "the manifest is not the one that its receipt is about")

    def wanted(self, line):
        """Whether the manifest's filter wants an event."""
        event, wants = parse_json(line.decode()), self.manifest["filter"]
        require(event["tenant"] == self.manifest["tenant"] and event["log"] == self.manifest["log"],
                "an event is of another tenant or log")
        return (wants.get("from", "") <= event["at"] and event["at"] < wants.get("to", "~")
                and event.get("request") == wants.get("request", event.get("request"))
                and event["action"] in wants.get("actions", [event["action"]]))

    def outside(self, shard):
        """The ranges of marked rows."""
        name = self.path(shard["folder"], "outside")
        if os.path.exists(name):
            for line in lines_of(name):
                first, _, last = line.decode().partition("-")
                marked = range(number(first, "a mark"), number(last or first, "a mark") + 1)
                require(0 < len(marked) and marked.stop <= shard["size"], "a mark lies outside the tree")
                yield marked

    def stretch(self, shard, checkpoint, hashes):
        """The root from a range of leaf hashes, and the subtrees left and right of it."""
        first, count = shard["first"], 0
        tree = Tree(pin.size for pin in self.pins if pin.origin == checkpoint.origin)
        for side, begin in (("left", 0), ("right", None)):
            if begin is None:
                for leaf in hashes:
                    tree.add(0, leaf)
                    count += 1
            places = list(cover(tree.size, first if begin == 0 else checkpoint.size))
            require(len(places) == len(shard[side]), f"the hashes {side} of the range do not fit")
            for (level, _), text in zip(places, shard[side]):
                tree.add(level, decode(text, HASH, "a hash"))
        require(tree.size == checkpoint.size and tree.root() == checkpoint.root,
                f"the events of {checkpoint.origin!r} do not lead to the signed root")
        return tree, count

    def contiguous(self, shard, checkpoint):
        """Every event of a range; those that nobody asked for are marked."""
        marks, marked, matched = self.outside(shard), range(0), 0
        proofs = dict(self.proofs(shard, checkpoint))

        def leaves():
            nonlocal marked, matched
            for index, line in enumerate(lines_of(self.path(shard["folder"], "events.jsonl")),
                                         shard["first"]):
                while marked is not None and index >= marked.stop:
                    marked = next(marks, None)
                is_marked = marked is not None and index in marked
                require(self.wanted(line) != is_marked, f"event {index} is marked wrongly")
                matched += not is_marked
                leaf = leaf_hash(line)
                if index in proofs:
                    prove(leaf, index, proofs.pop(index), checkpoint)
                yield leaf

        tree, count = self.stretch(shard, checkpoint, leaves())
        require(count == shard["rows"] and matched == shard["matched"] and not proofs,
                "the number of events or proofs is not what the manifest says")
        return tree

    def proofs(self, shard, checkpoint):
        """Index and hashes of each proof, in the order of the indexes."""
        folder, last = self.path(shard["folder"], "proofs"), -1
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            index, hashes, note = parse_proof(read(os.path.join(folder, name)).decode())
            require(note == checkpoint.note and name == f"{index:012}.tlog-proof" and index > last,
                    f"{name} is a proof of something else")
            last = index
            yield index, hashes

    def selected(self, shard, checkpoint):
        """Each event with its own proof; gives {index: leaf hash}."""
        found, lines = {}, lines_of(self.path(shard["folder"], "events.jsonl"))
        for index, hashes in self.proofs(shard, checkpoint):
            line = next(lines, None)
            require(line is not None, "there are more proofs than events")
            found[index] = leaf_hash(line)
            prove(found[index], index, hashes, checkpoint)
            require(self.wanted(line), f"event {index} is not one of those asked for")
        require(next(lines, None) is None and len(found) == shard["rows"] == shard["matched"],
                "the number of events, of proofs and what the manifest says differ")
        return found

    def population(self, shard, checkpoint):
        """Index and leaf hash of each that could be drawn."""
        members = []
        for line in lines_of(self.path(shard["folder"], "population")):
            index, _, digest = line.decode().partition(" ")
            require(re.fullmatch("[0-9a-f]{64}", digest), "a leaf hash of the population is malformed")
            members.append((number(index, "an index"), bytes.fromhex(digest)))
        indexes = [index for index, _ in members]
        if not {"request", "actions"} & set(self.manifest["filter"]):
            require(indexes == list(range(shard["first"], shard["first"] + len(indexes))),
                    "the population has gaps")
            self.stretch(shard, checkpoint, (digest for _, digest in members))
        require(indexes == sorted(set(indexes)), "the population is out of order")
        left_out = {index for marks in self.outside(shard) for index in marks}
        require(not left_out or {"from", "to"} & set(self.manifest["filter"]),
                "events are left out of the population, and no time was asked for")
        members = [member for member in members if member[0] not in left_out]
        require(len(members) == shard["population"], "the population's number is another one")
        return members

    def sample(self, checkpoints):
        said, drawn, ranks = self.manifest["sample"], [], []
        for number_, (shard, checkpoint) in enumerate(checkpoints):
            drawn += [(number_, *each) for each in self.selected(shard, checkpoint).items()]
            for index, leaf in self.population(shard, checkpoint):
                ranks.append((sha256(said["seed"].encode() + leaf), number_, index, leaf))
        require(len(ranks) == said["population"], "the population's number is another one")
        again = sorted((n, index, leaf) for _, n, index, leaf in sorted(ranks)[:said["size"]])
        require(again == sorted(drawn), "the sample is not the one that its seed draws")

    def compare(self, shard, checkpoint, tree):
        for pin in (pin for pin in self.pins if pin.origin == checkpoint.origin):
            self.compared.add(pin.origin)
            if pin.size > checkpoint.size:
                raise Wrong(f"a pin covers {pin.size} events, and the bundle's tree {checkpoint.size}")
            root = tree.roots.get(pin.size) if tree else None
            if pin.size == checkpoint.size:
                root = checkpoint.root
            if root is None:
                self.missing.append(f"the pin of {pin.size} events of {pin.origin} lies outside what "
                                    "this bundle can recompute")
            else:
                require(root == pin.root, "equivocation: the log's key signed another tree for the pin")

    def of_one_log(self, checkpoints):
        """Each is another shard of the tenant's log that the manifest names."""
        for checkpoint in checkpoints:
            parts, tenant = checkpoint.origin.split("/")[1:-1], self.manifest["tenant"]
            if tenant != "*":  # all that stands before the log of the organisation itself is its domain
                require(len(parts) == 3 and parts[0] == "tenant"
                        and urllib.parse.unquote(parts[1]) == tenant, "a checkpoint is of another tenant")
                parts = parts[2:]
            require(parts == [self.manifest["log"]], "a checkpoint is of another kind of log")
        require(len({checkpoint.origin for checkpoint in checkpoints}) == len(checkpoints),
                "a log is there twice")

    def verify(self):
        manifest = self.manifest
        require(manifest.get("kind") == "AuditBundle", "manifest.json is none of a bundle")
        self.files()
        self.receipt()
        pairs = []
        for shard in manifest["shards"]:
            checkpoint = Checkpoint(read(self.path(shard["folder"], "checkpoint")).decode(), self.keys)
            require(checkpoint.origin == shard["origin"] and checkpoint.size == shard["size"],
                    "a checkpoint is of another log or size than the manifest says")
            pairs.append((shard, checkpoint))
        gone = [(said, Checkpoint(said["checkpoint"], self.keys)) for said in manifest.get("pruned", [])]
        self.of_one_log([checkpoint for _, checkpoint in pairs + gone])
        require(manifest["selection"] in SELECTIONS, "the manifest makes a claim that nobody can verify")
        if manifest["selection"] == "sample":
            self.sample(pairs)
        for shard, checkpoint in pairs:
            tree = None
            if manifest["selection"] == "contiguous":
                tree = self.contiguous(shard, checkpoint)
            elif manifest["selection"] == "selected":
                self.selected(shard, checkpoint)
            self.compare(shard, checkpoint, tree)
        for said, checkpoint in gone:
            require(checkpoint.origin == said["origin"] and checkpoint.size == said["size"],
                    "a checkpoint of a removed log is another one")
            self.compare(said, checkpoint, None)
            self.remarks.append(f"{checkpoint.origin}: {checkpoint.size} events were removed at "
                                f"{said['prunedAt']}; what was signed of them is left")
        for pin in self.pins:
            if pin.origin not in self.compared:
                self.missing.append(f"the pin of {pin.size} events is of {pin.origin}, which is not in this bundle")
        for member in ("rows", "matched"):
            require(sum(shard[member] for shard in manifest["shards"]) == manifest[member],
                    "the manifest's sums are wrong")
        return pairs

def main():
    sys.stdout.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(description="Verifies a bundle of ccctl audit export.")
    parser.add_argument("folder", nargs="?", help="the bundle; none with --consistency")
    parser.add_argument("key", nargs="+", help="NAME+KEYID+BASE64, or a file with such lines")
    parser.add_argument("--consistency", metavar="PROOF", help="what `ccctl audit prove --old` wrote")
    parser.add_argument("--pin", action="append", default=[], help="a checkpoint kept elsewhere")
    parser.add_argument("--without-receipt", action="store_true",
                        help="do not ask for the manifest's receipt")
    args = parser.parse_args()
    if args.consistency and len(args.pin) != 1 or not args.consistency and not args.folder:
        parser.error("name a folder and a key; or with --consistency a key and one --pin")
    try:
        keys = Keys([args.folder, *args.key] if args.consistency and args.folder else args.key)
        pins = [read_pin(pin, keys) for pin in args.pin]
        if args.consistency:
            old, new = grown(args.consistency, pins, keys)
            say(f"verified: {new.origin}: the {new.size} events begin with the {old.size} of the pin")
            return 0
        bundle = Bundle(args.folder, keys, pins)
        pairs = bundle.verify()
    except Exception as error:  # whatever a bundle is made of, it is not verified
        say(f"not verified: {error if isinstance(error, Wrong) else f'malformed ({error!r})'}"[:2000], sys.stderr)
        return 1
    if args.without_receipt:
        bundle.missing = [text for text in bundle.missing if "manifest.receipt" not in text]
    for shard, checkpoint in pairs:
        say(f"{checkpoint.origin}: {shard['rows']} events, {bundle.manifest['selection']}, "
            f"in the signed tree of {checkpoint.size}")
    for text in bundle.remarks:
        say(text)
    for text in bundle.missing:
        say(f"incomplete: {text}")
    if not bundle.missing:
        say(f"verified: {bundle.manifest['rows']} events; what that means says VERIFY.md")
    return 3 if bundle.missing else 0

if __name__ == "__main__":
    sys.exit(main())
