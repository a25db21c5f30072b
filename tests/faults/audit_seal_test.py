"""Sealing and pruning, broken at every message and COMMIT; and sealers that race and are killed while
events are committed late. Whatever happens, leaves are dense, none is lost, none is there twice, and
every checkpoint that anybody was given still fits.
"""
import json
import os
import pathlib
import random
import subprocess
import threading
import unittest

import crash_points
import fixture
from crash_points import Job
from fixture import CCCTL, Clone

SECONDS, WRITERS, SEALERS = 12, 4, 3
LINE = ("SELECT {tenant}, {log}, l, sha256('\\x00' || l) FROM (SELECT convert_to(format('{{\"action\":"
        "\"%s\",\"actor\":\"officer\",\"at\":\"%s\",\"body\":{{\"rows\":%s}},\"log\":\"%s\",\"tenant\":"
        "\"%s\",\"v\":1}}', CASE {log} WHEN 'security' THEN 'request.get' ELSE 'retention.swept' END, {at}, n, {log}, {tenant}), 'UTF8') AS l FROM {numbers}) x")
LEAVES = "(SELECT tenant_id, log, period, leaf_index, convert_from(line, 'UTF8')::json AS j FROM ccctl.leaf) l"
DIGEST = [
    f"SELECT 'event', tenant_id, log, period, leaf_index, j -> 'body' ->> 'rows' FROM {LEAVES} WHERE"
    " j ->> 'action' IN ('request.get', 'retention.swept') ORDER BY 2, 3, 4, 5",
    f"SELECT 'told', tenant_id, log, j ->> 'action', j -> 'body' ->> 'origin', count(*) FROM {LEAVES} WHERE"
    " j ->> 'action' NOT IN ('request.get', 'retention.swept') GROUP BY 2, 3, 4, 5 ORDER BY 2, 3, 4, 5",
    "SELECT 'shard', s.tenant_id, s.log, s.period, s.size, s.closed_at IS NULL, s.pruned_at IS NULL, (SELECT"
    " max(size) FROM ccctl.checkpoint c WHERE c.tenant_id = s.tenant_id AND c.log = s.log AND c.period ="
    " s.period) FROM ccctl.shard s ORDER BY 2, 3, 4",
    "SELECT 'receipt', request_id, count(*) FROM ccctl.receipt GROUP BY 2 ORDER BY 2",
    "SELECT 'open', (SELECT count(*) FROM ccctl.pending) + (SELECT count(*) FROM ccctl.attempt)",
]
# Of every log: dense from 0 on, and as many as its newest checkpoint says.
UNSOUND = ("SELECT count(*) FROM ccctl.shard s WHERE (SELECT count(*) = s.size AND max(leaf_index) = s.size - 1"
           " FROM ccctl.leaf l WHERE l.tenant_id = s.tenant_id AND l.log = s.log AND l.period = s.period)"
           " IS NOT TRUE")


def events(tenant, log, numbers, at="'2026-11-21T12:00:00.000000Z'"):
    return "INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) " + LINE.format(
        tenant=f"'{tenant}'", log=f"'{log}'", numbers=numbers, at=at)


class Sealing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def source(self):
        clone = Clone(self.template)
        self.addCleanup(clone.close)
        clone.env["CCCTL_JOURNAL"] = ""
        return clone

    def another_key(self, clone, digit):
        key = pathlib.Path(clone.folder, f"seal{digit}.key")
        key.touch(mode=0o600)
        key.write_text(str(digit) * 64 + "\n", encoding="ascii")
        clone.env["CCCTL_SEAL_KEY"] = str(key)

    def every_crash_point(self, clone, command, every=1):
        env = {name: value for name, value in clone.env.items()
               if not name.startswith("PG") and os.environ.get(name) != value}
        job = Job(clone.name, f"{CCCTL} {command}", DIGEST, folder=self.template.objects,
                  env={**env, "PGUSER": "officer"}, allowed=(0, 7, 10, 13))
        _, _, digest, _ = crash_points.undisturbed(job)
        self.assertIn("open|0\n", digest)
        self.assertEqual(crash_points.crash_points(job, every=every), [])
        return digest

    def test_every_crash_point_of_sealing_has_the_same_end(self):
        clone = self.source()
        clone.sql(events("acme", "evidence", "generate_series(1, 3) n"),
                  events("globex", "evidence", "generate_series(1, 2) n"))
        clone.run("audit", "seal")
        # One log is idle since yesterday, another goes on under another key, a third begins.
        clone.sql("UPDATE ccctl.shard SET sealed_at = sealed_at - interval '1 day', recorded_at = recorded_at -"
                  " interval '1 day'", events("acme", "evidence", "generate_series(4, 9) n"),
                  events("acme", "security", "generate_series(1, 5) n"))
        self.another_key(clone, 1)
        digest = self.every_crash_point(clone, "audit seal --quiet")
        for action in ("shard.opened", "shard.closed", "key.changed", "shard.checkpoint"):
            self.assertIn(f"told|*|organisation|{action}|", digest)
        self.assertIn("told|globex|evidence|audit.idle||1\n", digest)

    def test_every_crash_point_of_pruning_has_the_same_end(self):
        clone = self.source()
        clone.sql("UPDATE public.tenants SET pack = 'purecloud' WHERE tenant_id = 'acme'",
                  events("acme", "security", "generate_series(1, 5) n", "'2024-01-01T00:00:00.000000Z'"))
        clone.run("audit", "seal")
        self.another_key(clone, 1)
        clone.sql(events("acme", "security", "generate_series(6, 7) n"))
        clone.run("audit", "seal")
        code, _, errors = clone.run("audit", "prune", "--yes")
        self.assertEqual(code, 5, errors)
        clone.json("approve", "sign", clone.json("approve", "list", "--open")["entities"][0]["id"])
        digest = self.every_crash_point(clone, "audit prune --yes --quiet", every=3)
        self.assertIn("told|acme|evidence|audit.pruned|", digest)
        self.assertRegex(digest, r"told\|\*\|organisation\|shard.pruned\|[^|]+\|1\n")
        self.assertRegex(digest, r"receipt\|prune/[^|]+\|1\n")

    def write(self, clone, writer, stop, committed):
        """Transactions that commit long after they appended, or not at all."""
        dice, number = random.Random(writer), writer * 1_000_000
        while not stop.is_set():
            some = dice.randint(1, 20)
            log = dice.choice(("evidence", "security"))
            kept = dice.random() < 0.9
            clone.sql("BEGIN", events("acme", log, f"generate_series({number}, {number + some - 1}) n"),
                      f"SELECT pg_sleep({dice.random() * 0.3})", "COMMIT" if kept else "ROLLBACK")
            if kept:
                committed.extend((log, n) for n in range(number, number + some))
            number += some

    def seal(self, clone, sealer, stop, pins, kills):
        dice = random.Random(100 + sealer)
        while not stop.is_set():
            process = clone.start("audit", "seal", "-o", "json")
            try:
                out, errors = process.communicate(timeout=dice.choice((0.02, 0.05, 0.1, 0.2, 30)))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills.append(1)
                continue
            if process.returncode == 0:
                pins.extend(one["checkpoint"] for one in json.loads(out)["entities"])
            elif process.returncode != 7:
                raise RuntimeError(f"exit code {process.returncode}: {errors}")

    def test_racing_sealers_lose_and_double_nothing(self):
        clone = self.source()
        stop, committed, pins, kills, failures = threading.Event(), [], [], [], []

        def guarded(work, *arguments):
            try:
                work(*arguments)
            except Exception as failure:  # pylint: disable=broad-exception-caught
                failures.append(failure)
                stop.set()

        threads = [threading.Thread(target=guarded, args=(self.write, clone, n, stop, committed))
                   for n in range(WRITERS)]
        threads += [threading.Thread(target=guarded, args=(self.seal, clone, n, stop, pins, kills))
                    for n in range(SEALERS)]
        for thread in threads:
            thread.start()
        stop.wait(SECONDS)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        # A sealer that was killed may hold its lock until its backend notices.
        fixture.wait_until(lambda: clone.run("audit", "seal")[0] == 0, "the last seal")
        found = [tuple(row.split("|")) for row in clone.sql(
            f"SELECT log, j -> 'body' ->> 'rows' FROM {LEAVES} WHERE j ->> 'action' IN ('request.get', 'retention.swept')").split("\n")]
        self.assertEqual(sorted(found), sorted((log, str(n)) for log, n in committed))
        self.assertEqual(clone.sql(UNSOUND, "SELECT count(*) FROM ccctl.pending"), "0\n0")
        print(f"{len(committed)} events, {len(pins)} checkpoints given away, {len(kills)} kills", flush=True)
        self.assertGreater(len(kills), 3)
        self.assertGreater(len(pins), 3)
        kept = pathlib.Path(clone.folder, "pins")
        kept.write_text("\n".join(pins), encoding="utf-8")
        code, out, errors = clone.run("audit", "pin", "--out", str(kept) + ".newest", user="auditor")
        self.assertEqual(code, 0, errors)
        code, out, errors = clone.run("audit", "verify", "--pin", str(kept), "--pin", str(kept) + ".newest",
                                      user="auditor")
        self.assertEqual(code, 0, out + errors)


if __name__ == "__main__":
    unittest.main()
