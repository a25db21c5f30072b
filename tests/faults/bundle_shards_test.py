"""Bundles of a log with several shards: one under another key, or one whose events were removed. The
verifiers accept them and reject those that drop, swap or mix shards.
"""
import json
import pathlib
import secrets
import shutil
import tempfile
import unittest

import bundle_test
import fixture
from bundle_test import EVENTS, note_of, shell, shipped
from crash_points import psql
from fixture import CLUSTER, Clone
from other_verifier import refusal

TENANT = "t5"
# What `audit prune` leaves of a shard; that command itself is shown by cli.audit-prune.
PRUNE = ("DELETE FROM ccctl.{table} WHERE tenant_id = 't5' AND log = 'evidence' AND period !~ '[.]'")


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


def mend(folder, manifest):
    """Writes it as a forger would: every digest and sum fits again."""
    bundle_test.sums(folder, manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


class Shards(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()
        cls.clone = Clone(cls.template)
        cls.clone.env = {name: value for name, value in cls.clone.env.items()
                         if not name.startswith("CCCTL_JOURNAL")}
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="ccctl-shards-"))
        cls.seeds = []
        psql(CLUSTER, cls.clone.name, f"INSERT INTO ccctl.principal VALUES ('{TENANT}', 'auditor', 'auditor')")
        for number in range(2):  # each under a key of its own
            cls.seeds.append(secrets.token_bytes(32))
            key = cls.folder / f"seal{number}.key"
            key.touch(mode=0o600)
            key.write_text(cls.seeds[-1].hex() + "\n")
            cls.clone.env["CCCTL_SEAL_KEY"] = str(key)
            psql(CLUSTER, cls.clone.name, EVENTS.format(size=TENANT[1:]))
            code, _, errors = cls.clone.run("audit", "seal", "--tenant", TENANT, user="auditor")
            assert code == 0, errors
        cls.key = cls.folder / "keys"
        cls.key.write_text(psql(CLUSTER, cls.clone.name, "SELECT key FROM ccctl.log_key WHERE tenant_id ="
                                f" '{TENANT}' AND origin LIKE '%/evidence/%' ORDER BY origin"))
        cls.rotated = cls.exported("rotated")
        cls.few = cls.exported("few", "--action", "request.closed")
        cls.drawn = cls.exported("drawn", "--sample", "3", "--seed", "4711")
        for table in ("leaf", "node"):
            psql(CLUSTER, cls.clone.name, PRUNE.format(table=table))
        psql(CLUSTER, cls.clone.name, "UPDATE ccctl.shard SET pruned_at = now() WHERE tenant_id = 't5' AND"
             " log = 'evidence' AND period !~ '[.]'")
        cls.pruned = cls.exported("pruned")

    @classmethod
    def tearDownClass(cls):
        cls.clone.close()
        cls.template.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def exported(cls, name, *options):
        code, _, errors = cls.clone.run("audit", "export", "--tenant", TENANT, "--out",
                                        str(cls.folder / name), *options, user="auditor")
        assert code == 0, errors
        return cls.folder / name

    def copy(self, original):
        copy = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "bundle"
        shutil.copytree(original, copy)
        self.addCleanup(shutil.rmtree, copy.parent)
        return copy

    def rejected(self, what, folder, manifest):
        """With a manifest that nothing but its receipt gives away."""
        mend(folder, manifest)
        code, said = shipped(folder, self.key)
        self.assertEqual(code, 1, f"{what}: {said}")
        self.assertNotEqual(refusal(folder, self.key.read_text()), "", what)
        self.assertNotEqual(shell(folder, self.key)[0], 0, what)

    def rejected_without_receipt(self, what, folder, manifest):
        self.rejected(what, folder, manifest)
        (folder / "manifest.receipt").unlink()
        code, said = shipped(folder, self.key, "--without-receipt")
        self.assertEqual(code, 1, f"{what}: {said}")
        self.assertNotIn("malformed (", said, what)
        self.assertNotEqual(refusal(folder, self.key.read_text(), receipt=False), "", what)

    def test_all_are_accepted(self):
        for folder, shards in ((self.rotated, 2), (self.few, 2), (self.drawn, 2), (self.pruned, 1)):
            with self.subTest(folder=folder.name):
                code, said = shipped(folder, self.key)
                self.assertEqual(code, 0, said)
                self.assertEqual(refusal(folder, self.key.read_text()), "")
                code, said = shell(folder, self.key)
                self.assertEqual(code, 0, said)
                self.assertEqual(len(manifest_of(folder)["shards"]), shards)
        self.assertIn("5 events were removed", shipped(self.pruned, self.key)[1])
        self.assertEqual(len(manifest_of(self.pruned)["pruned"]), 1)

    def test_a_key_that_is_not_trusted_signs_nothing(self):
        for line in self.key.read_text().splitlines():
            only = self.folder / "one-key"
            only.write_text(line + "\n")
            for folder in (self.rotated, self.pruned):
                self.assertEqual(shipped(folder, only)[0], 1)
                self.assertNotEqual(refusal(folder, line), "")
            self.assertEqual(shell(self.rotated, only)[0], 1)

    def test_a_dropped_shard_is_missed_by_the_receipt(self):
        for folder in (self.rotated, self.few):
            for gone in range(2):
                copy = self.copy(folder)
                manifest = manifest_of(copy)
                shutil.rmtree(copy / manifest["shards"].pop(gone)["folder"])
                self.rejected(f"shard {gone} dropped", copy, manifest)
        copy = self.copy(self.pruned)
        manifest = manifest_of(copy)
        del manifest["pruned"]
        self.rejected("the removed one concealed", copy, manifest)

    def test_a_dropped_shard_is_missed_by_its_pin(self):
        copy = self.copy(self.rotated)
        manifest = manifest_of(copy)
        pin = self.folder / "pin-of-dropped"
        shutil.copy(copy / manifest["shards"][1]["folder"] / "checkpoint", pin)
        self.assertEqual(shipped(copy, self.key, "--pin", pin)[0], 0)
        shutil.rmtree(copy / manifest["shards"].pop(1)["folder"])
        mend(copy, manifest)
        (copy / "manifest.receipt").unlink()
        code, said = shipped(copy, self.key, "--without-receipt", "--pin", pin)
        self.assertEqual(code, 3, said)
        self.assertIn("not in this bundle", said)
        # The last checkpoint of a shard that was removed is compared, too.
        gone = manifest_of(self.pruned)["pruned"][0]
        pin.write_text(gone["checkpoint"])
        self.assertEqual(shipped(self.pruned, self.key, "--pin", pin)[0], 0)
        pin.write_text(note_of(self.seeds[0], gone["origin"], gone["size"], b"x" * 32))
        self.assertEqual(shipped(self.pruned, self.key, "--pin", pin)[0], 1)

    def test_swapped_and_mixed_shards_are_rejected(self):
        def swap(folder, name):
            one, other = sorted(folder.glob(f"*/{name}"))
            kept = other.read_bytes()
            other.write_bytes(one.read_bytes())
            one.write_bytes(kept)

        for folder in (self.rotated, self.few):
            for name in ("events.jsonl", "checkpoint"):
                copy = self.copy(folder)
                lines = sorted(copy.glob("*/events.jsonl"))
                if name == "events.jsonl":  # those of the two are alike
                    lines[0].write_bytes(lines[0].read_bytes().replace(b'"n":1', b'"n":7'))
                swap(copy, name)
                self.rejected_without_receipt(f"{name} swapped", copy, manifest_of(copy))
            copy = self.copy(folder)
            manifest = manifest_of(copy)
            one, other = manifest["shards"]
            for member in ("origin", "key", "size"):
                one[member], other[member] = other[member], one[member]
            self.rejected_without_receipt("the names swapped", copy, manifest)

    def test_a_shard_is_there_once(self):
        copy = self.copy(self.rotated)
        manifest = manifest_of(copy)
        one, other = [shard["folder"] for shard in manifest["shards"]]
        shutil.rmtree(copy / other)
        shutil.copytree(copy / one, copy / other)
        manifest["shards"][1] = {**manifest["shards"][0], "folder": other}
        self.rejected_without_receipt("one shard twice", copy, manifest)
        copy = self.copy(self.rotated)
        manifest = manifest_of(copy)
        shard = manifest["shards"][0]
        manifest["pruned"] = [{"origin": shard["origin"], "size": shard["size"],
                               "prunedAt": "2026-01-01T00:00:00.000000Z",
                               "checkpoint": (copy / shard["folder"] / "checkpoint").read_text()}]
        self.rejected_without_receipt("removed and there", copy, manifest)

    def test_what_is_said_of_a_removed_shard_is_signed(self):
        original = manifest_of(self.pruned)["pruned"][0]
        _, size, root = original["checkpoint"].split("\n")[:3]
        root = bundle_test.base64.b64decode(root)

        def sign(origin):
            return note_of(self.seeds[0], origin, int(size), root)

        other_log = original["origin"].replace("/evidence/", "/security/")
        other_tenant = original["origin"].replace("/t5/", "/t6/")
        attacks = {
            "another size": {"size": int(size) - 1},
            "another root": {"checkpoint": original["checkpoint"].replace(
                original["checkpoint"].split("\n")[2], bundle_test.base64.b64encode(b"x" * 32).decode())},
            "another key": {"checkpoint": note_of(b"\7" * 32, original["origin"], int(size), root)},
            "another origin": {"origin": original["origin"] + ".9"},
            "another log": {"origin": other_log, "checkpoint": sign(other_log)},
            "another tenant's": {"origin": other_tenant, "checkpoint": sign(other_tenant)},
        }
        for what, members in attacks.items():
            copy = self.copy(self.pruned)
            manifest = manifest_of(copy)
            manifest["pruned"] = [{**original, **members}]
            self.rejected_without_receipt(what, copy, manifest)


if __name__ == "__main__":
    unittest.main()
