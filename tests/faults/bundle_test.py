"""Bundles of `audit export`: the shipped verifiers and one that shares nothing with them accept every
one and reject every attack.
"""
import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import fixture
from crash_points import psql
from fixture import CLUSTER, SOURCE, Clone
from other_verifier import refusal

SIZES = [0, 1, 2, 9, 255, 256, 257, 65_535, 65_536, 70_000]
SMALL = "t9"  # the tenant whose bundles are attacked
VERIFY = SOURCE / "policies/bundle"
EVENTS = """INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash)
  SELECT t, 'evidence', line, sha256('\\x00'::bytea || line) FROM (SELECT 't{size}' AS t, convert_to(
  format('{{"action":"%s","actor":"officer","at":"2026-01-01T00:%s:00.%sZ","body":{{"n":%s}},'
  || '"log":"evidence","tenant":"t{size}","v":1}}', (ARRAY['request.retried', 'request.closed', 'audit.idle'])[1 + i % 3], lpad((i * 60 / ({size} + 1))::text, 2, '0'),
  lpad(i::text, 6, '0'), i), 'UTF8') AS line FROM generate_series(0, {size} - 1) AS i) AS e"""


def shipped(folder, key, *options):
    done = subprocess.run([sys.executable, VERIFY / "verify.py", *options, folder, key],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def shell(folder, key, *index):
    done = subprocess.run(["sh", VERIFY / "verify.sh", folder, key, *index], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout + done.stderr


def note_of(seed, origin, size, root):
    """A checkpoint as whoever has the sealing key can sign it."""
    with tempfile.TemporaryDirectory() as folder:
        key, message = pathlib.Path(folder, "key"), pathlib.Path(folder, "message")
        key.write_bytes(bytes.fromhex("302e020100300506032b657004220420") + seed)
        body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        message.write_text(body)
        openssl = ["openssl", "pkeyutl", "-sign", "-keyform", "DER", "-inkey", key, "-rawin", "-in", message]
        signature = subprocess.run(openssl, capture_output=True, check=True).stdout
        public = subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", key, "-pubout", "-outform", "DER"],
                                capture_output=True, check=True).stdout[-32:]
    key_id = hashlib.sha256(origin.encode() + b"\n\1" + public).digest()[:4]
    return f"{body}\n— {origin} {base64.b64encode(key_id + signature).decode()}\n"


def root_of(lines):
    """RFC 6962, of few lines."""
    if len(lines) == 1:
        return hashlib.sha256(b"\0" + lines[0]).digest()
    middle = 1 << ((len(lines) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root_of(lines[:middle]) + root_of(lines[middle:])).digest()


def sums(folder, manifest):
    """Every digest and number as a forger would have it, so that it fits again."""
    manifest["files"] = [entry for entry in manifest["files"] if (folder / entry["name"]).exists()]
    for entry in manifest["files"]:
        data = (folder / entry["name"]).read_bytes()
        entry.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    for shard in manifest["shards"]:
        rows = (folder / shard["folder"] / "events.jsonl").read_bytes().count(b"\n")
        shard.update(rows=rows, matched=rows)
    rows = sum(shard["rows"] for shard in manifest["shards"])
    manifest.update(rows=rows, matched=rows)


def mend(folder, **members):
    """The manifest of a bundle of one shard, mended."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    sums(folder, manifest)
    manifest["shards"][0].update(members)
    path.write_text(json.dumps(manifest))


class Bundles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()
        cls.clone = Clone(cls.template)
        cls.clone.env = {name: value for name, value in cls.clone.env.items()
                         if not name.startswith("CCCTL_JOURNAL")}
        for size in SIZES:
            psql(CLUSTER, cls.clone.name, f"INSERT INTO ccctl.principal VALUES ('t{size}', 'auditor', 'auditor')",
                 EVENTS.format(size=size))
        psql(CLUSTER, cls.clone.name, "ANALYZE ccctl.pending")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="ccctl-bundles-"))
        cls.seed = bytes.fromhex(cls.template.key.read_text().strip())
        cls.made = 0
        assert cls.clone.run("audit", "seal", "--tenant", SMALL, user="auditor")[0] == 0

    @classmethod
    def tearDownClass(cls):
        cls.clone.close()
        cls.template.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def export(self, tenant, *options):
        """Gives the folder and a file with the log's key."""
        type(self).made += 1
        folder = self.folder / f"{tenant}-{self.made}"
        code, _, errors = self.clone.run("audit", "export", "--tenant", tenant, "--out", str(folder), *options,
                                         user="auditor")
        self.assertEqual(code, 0, errors)
        return folder, self.key_of(tenant)

    def key_of(self, tenant):
        key = self.folder / f"{tenant}.vkey"
        if not key.exists():
            key.write_text(psql(CLUSTER, self.clone.name, "SELECT key FROM ccctl.log_key WHERE tenant_id ="
                                f" '{tenant}' ORDER BY origin LIMIT 1"))
        return key

    def accepted(self, folder, key):
        code, said = shipped(folder, key)
        self.assertEqual(code, 0, said)
        self.assertEqual(refusal(folder, key.read_text()), "")
        code, said = shell(folder, key)
        self.assertEqual(code, 0, said)

    def rejected(self, folder, key, what, pins=(), receipt=True):
        options = [word for pin in pins for word in ("--pin", pin)] + ([] if receipt else ["--without-receipt"])
        code, said = shipped(folder, key, *options)
        self.assertEqual(code, 1, f"{what}: {said}")
        self.assertNotIn("malformed (", said, what)
        self.assertNotEqual(refusal(folder, key.read_text(), pins, receipt), "", what)

    def test_every_size_is_accepted(self):
        for size in SIZES:
            with self.subTest(size=size):
                folder, key = self.export(f"t{size}")
                self.accepted(folder, key)
                lines = (folder / "events.jsonl").read_bytes().count(b"\n") if size else 0
                self.assertEqual(lines, size)

    def test_every_stretch_of_time_is_accepted(self):
        at = "2026-01-01T00:{:02}:00Z"
        for size in (2, 9, 255, 256, 257, 70_000):
            for begin, end in ((0, 59), (3, 30), (20, 50), (0, 40), (31, 59)):
                with self.subTest(size=size, begin=begin, end=end):
                    code, out, errors = self.clone.run(
                        "audit", "export", "--tenant", f"t{size}", "--from", at.format(begin), "--to",
                        at.format(end), "--out", str(self.folder / f"{size}-{begin}-{end}"), user="auditor")
                    if code == 6:
                        continue  # there is none in so short a time
                    self.assertEqual(code, 0, errors)
                    self.accepted(self.folder / f"{size}-{begin}-{end}", self.key_of(f"t{size}"))

    def test_what_committed_late_is_marked_and_not_of_the_time(self):
        tenant = "late"
        lines = [json.dumps({"action": "request.closed", "actor": "officer",
                             "at": f"2026-01-01T00:{minute:02}:00.000000Z", "body": {"n": number},
                             "log": "evidence", "tenant": tenant, "v": 1}, separators=(",", ":"))
                 for number, minute in enumerate((1, 10, 11, 2, 3, 12, 40, 13, 50))]
        psql(CLUSTER, self.clone.name, f"INSERT INTO ccctl.principal VALUES ('{tenant}', 'auditor', 'auditor')",
             *(f"INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) SELECT '{tenant}', 'evidence', l,"
               f" sha256('\\x00'::bytea || l) FROM decode('{line.encode().hex()}', 'hex') AS l" for line in lines))
        between = ("--from", "2026-01-01T00:10:00Z", "--to", "2026-01-01T00:30:00Z")
        folder, key = self.export(tenant, *between)
        self.accepted(folder, key)
        shard, = json.loads((folder / "manifest.json").read_text())["shards"]
        self.assertEqual((shard["first"], shard["rows"], shard["matched"]), (1, 7, 4))
        self.assertEqual((folder / "outside").read_text(), "3-4\n6\n")
        sample, key = self.export(tenant, *between, "--sample", "3", "--seed", "4711")
        self.accepted(sample, key)
        self.assertEqual(json.loads((sample / "manifest.json").read_text())["sample"]["population"], 4)
        for marks in ("", "3\n6\n", "3-4\n", "3-6\n"):
            copy = self.folder / "marks"
            shutil.copytree(folder, copy)
            (copy / "outside").write_text(marks)
            mend(copy, matched=7 - sum(int(last or first) - int(first) + 1 for first, _, last in
                                       (line.partition("-") for line in marks.split())))
            self.rejected(copy, key, f"marked {marks!r}")
            shutil.rmtree(copy)

    def test_selections_and_samples_are_accepted(self):
        for size in (1, 9, 257, 65_536):
            for options in (("--action", "request.retried"), ("--sample", "5", "--seed", "s"),
                            ("--sample", "3", "--seed", "s", "--action", "request.retried"),
                            ("--sample", "3", "--seed", "s", "--to", "2026-01-01T00:40:00Z")):
                if size > 257 and options == ("--action", "request.retried"):
                    continue  # a file for each
                with self.subTest(size=size, options=options):
                    self.accepted(*self.export(f"t{size}", *options))

    def test_a_sample_can_be_drawn_again(self):
        options = ("--sample", "4", "--seed", "soc2")
        first, again = [self.export("t257", *options)[0] / "events.jsonl" for _ in range(2)]
        other = self.export("t257", "--sample", "4", "--seed", "else")[0] / "events.jsonl"
        self.assertEqual(first.read_bytes(), again.read_bytes())
        self.assertNotEqual(first.read_bytes(), other.read_bytes())

    KINDS = {"contiguous": (), "stretch": ("--from", "2026-01-01T00:10:00Z", "--to", "2026-01-01T00:45:00Z"),
             "selected": ("--action", "request.retried", "--action", "request.closed"), "sample": ("--sample", "4", "--seed", "s")}

    def attacked(self, kind):
        """Gives (fresh copy of a bundle, key), as often as wanted."""
        original, key = self.export(SMALL, *self.KINDS[kind])
        number = 0
        while True:
            number += 1
            copy = self.folder / f"{original.name}-{number}"
            shutil.copytree(original, copy)
            yield copy, key
            shutil.rmtree(copy)

    def test_flipped_bits_are_rejected(self):
        for kind in self.KINDS:
            copies = self.attacked(kind)
            sizes = {str(path.relative_to(copy)): path.stat().st_size for copy, _ in [next(copies)]
                     for path in copy.rglob("*") if path.is_file() and path.suffix not in (".py", ".sh", ".md")}
            for name, size in sizes.items():
                for at in [*range(0, size, max(1, size // 12)), *range(max(0, size - 4), size)]:
                    copy, key = next(copies)
                    data = bytearray((copy / name).read_bytes())
                    data[at] ^= 1 << at % 8
                    (copy / name).write_bytes(data)
                    code, said = shipped(copy, key)
                    self.assertEqual(code, 1, f"{kind} {name} {at}: {said}")
                    self.assertNotEqual(refusal(copy, key.read_text()), "", f"{kind} {name} {at}")

    @staticmethod
    def rows_attacks(lines):
        other = lines[1].replace(b'"n":', b'"n":1')
        yield "first removed", lines[1:]
        yield "one in the middle removed", lines[:2] + lines[3:]
        yield "last removed", lines[:-1]
        yield "all removed", []
        yield "swapped", [lines[1], lines[0]] + lines[2:]
        yield "inserted", lines[:2] + [other] + lines[2:]
        yield "appended", lines + [other]
        yield "duplicated", lines[:2] + lines[1:]
        yield "changed", lines[:1] + [other] + lines[2:]

    def test_other_rows_are_rejected_however_the_manifest_is_mended(self):
        for kind in self.KINDS:
            copies = self.attacked(kind)
            copy, _ = next(copies)
            lines = (copy / "events.jsonl").read_bytes().splitlines()
            for what, changed in self.rows_attacks(lines):
                for mended in (False, True):
                    copy, key = next(copies)
                    (copy / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in changed))
                    if mended:
                        mend(copy)
                    self.rejected(copy, key, f"{kind}: {what}, mended: {mended}")
                    if mended:  # and without the receipt, which gives the mending away
                        (copy / "manifest.receipt").unlink()
                        self.rejected(copy, key, f"{kind}: {what}, no receipt", receipt=False)

    def test_a_selection_cannot_be_thinned_out(self):
        copies = self.attacked("selected")
        for victim in ("first", "last", "all"):
            copy, key = next(copies)
            lines = (copy / "events.jsonl").read_bytes().splitlines()
            proofs = sorted((copy / "proofs").iterdir())
            gone = {"first": slice(0, 1), "last": slice(-1, None), "all": slice(None)}[victim]
            for path in proofs[gone]:
                path.unlink()
            del lines[gone]
            (copy / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
            mend(copy)
            self.rejected(copy, key, victim)
            # What is left proves itself, so only the missing receipt tells; that is not "verified".
            (copy / "manifest.receipt").unlink()
            code, said = shipped(copy, key)
            self.assertEqual(code, 3, said)
            self.assertNotIn("verified:", said)

    @staticmethod
    def rewrite(copy, change):
        """A bundle without its receipt, whose manifest somebody has changed and mended."""
        (copy / "manifest.receipt").unlink()
        path = copy / "manifest.json"
        manifest = json.loads(path.read_text())
        if (copy / "outside").exists():
            manifest["files"].append({"name": "outside"})
        sums(copy, manifest)
        change(manifest)
        path.write_text(json.dumps(manifest))

    def test_a_claim_that_nobody_can_verify_is_rejected(self):
        copies = self.attacked("contiguous")
        for selection in ("complete", "", None, "\x1b[2Kverified: 9 events\n", "\ud800"):
            copy, key = next(copies)
            lines = (copy / "events.jsonl").read_bytes().splitlines(keepends=True)
            (copy / "events.jsonl").write_bytes(b"".join(lines[1:]))
            shutil.rmtree(copy / "proofs")
            self.rewrite(copy, lambda manifest: manifest.update(selection=selection))
            self.rejected(copy, key, repr(selection), receipt=False)
            said = shipped(copy, key, "--without-receipt")[1]
            self.assertNotIn("\x1b", said)
            self.assertNotEqual(shell(copy, key)[0], 0, "there is no proof that it could verify")
        copy, key = next(copies)
        (copy / "manifest.json").write_text('{"kind":' + "[" * 200_000)
        code, said = shipped(copy, key)
        self.assertEqual((code, "Traceback" in said), (1, False), said[:200])

    def test_the_shell_says_when_an_event_has_no_proof(self):
        folder, key = self.export(SMALL)
        self.assertEqual(shell(folder, key, "0")[0], 1)
        self.assertEqual(shell(folder, key, str(int(SMALL[1:]) - 1))[0], 0)

    def test_a_sample_cannot_be_steered(self):
        copies = self.attacked("sample")
        # The event that the seed draws first is said to lie outside, and the sample to be one smaller.
        copy, key = next(copies)
        proofs = sorted((copy / "proofs").iterdir())
        (copy / "outside").write_text(f"{int(proofs[0].stem.split('.')[0])}\n")
        proofs[0].unlink()
        lines = (copy / "events.jsonl").read_bytes().splitlines(keepends=True)
        (copy / "events.jsonl").write_bytes(b"".join(lines[1:]))

        def smaller(manifest):
            manifest["sample"]["size"] -= 1
            manifest["sample"]["population"] -= 1
            manifest["shards"][0]["population"] -= 1

        self.rewrite(copy, smaller)
        self.rejected(copy, key, "outside of no time", receipt=False)
        # Two siblings' hashes cut elsewhere have the same parent, and other ranks.
        copy, key = next(copies)
        first, second, *rest = (copy / "population").read_text().splitlines()
        cut = [first[:4], second[:2] + first[4:] + second[2:], *rest]
        (copy / "population").write_text("".join(line + "\n" for line in cut))
        self.rewrite(copy, lambda manifest: None)
        self.rejected(copy, key, "hashes of other lengths", receipt=False)
        self.assertIn("malformed", shipped(copy, key, "--without-receipt")[1])
        # A mark is no way to fill a computer's memory.
        copy, key = next(copies)
        (copy / "outside").write_text("0-999999999999999999\n")
        self.rewrite(copy, lambda manifest: None)
        code, said = shipped(copy, key, "--without-receipt")
        self.assertEqual(code, 1, said)
        self.assertIn("outside the tree", said)

    def test_other_checkpoints_are_rejected(self):
        theirs, their_key = self.export("t256")
        stranger = b"\7" * 32
        copies = self.attacked("contiguous")
        copy, key = next(copies)
        origin, size, root = (copy / "checkpoint").read_text().split("\n")[:3]
        lines = (copy / "events.jsonl").read_bytes().splitlines()
        root = base64.b64decode(root)
        attacks = {
            "another tenant's": (theirs / "checkpoint").read_text(),
            "origin renamed": (copy / "checkpoint").read_text().replace(SMALL, "t8"),
            "another period": (copy / "checkpoint").read_text().replace("/2026", "/2025"),
            "re-signed": note_of(stranger, origin, int(size), root),
            "re-signed over fewer": note_of(stranger, origin, int(size) - 1, root_of(lines[:-1])),
            "another size": note_of(self.seed, origin, int(size) + 1, root),
        }
        for what, note in attacks.items():
            for mended in (False, True):
                copy, key = next(copies)
                (copy / "checkpoint").write_text(note)
                shutil.rmtree(copy / "proofs")
                if mended:
                    said = note.split("\n")
                    (copy / "manifest.receipt").unlink()
                    mend(copy, origin=said[0], size=int(said[1]))
                self.rejected(copy, key, f"{what}, mended: {mended}", receipt=not mended)
        self.rejected(theirs, key, "another tenant's bundle")
        self.rejected(copy, their_key, "our bundle with their key")

    def test_equivocation_shows_against_a_pin(self):
        """Whoever has the key can sign another log; not another one than somebody has kept."""
        copies = self.attacked("contiguous")
        pinned, key = next(copies)
        pin = self.folder / "pin"
        shutil.copy(pinned / "checkpoint", pin)
        copy, _ = next(copies)
        origin, size = (copy / "checkpoint").read_text().split("\n")[:2]
        lines = (copy / "events.jsonl").read_bytes().splitlines()
        shorter = root_of(lines[:4])
        lines[3] = lines[3].replace(b'"n":3', b'"n":4')
        (copy / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        (copy / "checkpoint").write_text(note_of(self.seed, origin, int(size), root_of(lines)))
        shutil.rmtree(copy / "proofs")
        (copy / "manifest.receipt").unlink()
        mend(copy)
        self.assertEqual(shipped(copy, key, "--without-receipt")[0], 0)
        self.rejected(copy, key, "equivocation", pins=[pin], receipt=False)
        self.assertIn("equivocation", shipped(copy, key, "--pin", pin, "--without-receipt")[1])
        # A longer log, too, must hold what an older checkpoint signed.
        pin.write_text(note_of(self.seed, origin, 4, shorter))
        self.assertEqual(shipped(copy, key, "--pin", pin, "--without-receipt")[0], 1)

    def test_hidden_and_stray_files_are_rejected(self):
        copies = self.attacked("contiguous")
        copy, key = next(copies)
        (copy / "more.jsonl").write_text("{}\n")
        self.assertEqual(shipped(copy, key)[0], 1)
        copy, key = next(copies)
        shutil.copy(next((copy / "proofs").iterdir()), copy / "proofs" / "000000000001.tlog-proof")
        self.rejected(copy, key, "a proof under another name")


if __name__ == "__main__":
    unittest.main()
