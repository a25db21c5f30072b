"""Partitions that a sweep drops: what stays is there for every reader at every instant, goes to its place exactly once
wherever the sweep is broken, and is what it would be if the rows had gone one by one.
"""
import collections
import os
import pathlib
import random
import shutil
import signal
import threading
import time
import unittest

import crash_points
import fixture
from crash_points import Job, psql
from fixture import CCCTL, CLUSTER, SOURCE, Blocker, Clone

SWEEP = ("retention", "sweep", "--yes", "--first-run-ok", "--quiet", "--as-of", "2025-12-30T12:00:00Z")
RULES = """apiVersion: ccctl/v1
kind: Retention
zone: Asia/Tokyo
limits: {rows: 100000, percent: 100}
rules:
  - {id: sandbox.cdr, match: {data: cdr}, anchor: created, after: P90D, basis: contract, reason: of no more use}
"""
LEAF = "call_detail_records_2025q3"
# 300 rows of the tenant's and 10 of another's, in a quarter that is over.
ROWS = ("INSERT INTO call_detail_records (tenant_id, id, dnis, seconds, started_at) SELECT CASE WHEN n > 300 THEN"
        " 'globex' ELSE 'acme' END, ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid, '1', n,"
        " timestamptz '2025-07-20T00:00:00Z' + n * interval '1 minute' FROM generate_series(1, 310) n")
HOLD = ("hold", "add", "--data", "cdr", "--created-to", "2025-07-20T00:05:30Z", "--matter", "1", "--reason", "audit")
HELD_AFTER = ("hold", "add", "--data", "cdr", "--created-from", "2025-07-20T00:05:30Z", "--created-to",
              "2025-07-20T00:20:30Z", "--matter", "2", "--reason", "audit")
IN_LEAF = f"SELECT count(*) FROM public.{LEAF}"
# How often a hold is raced; once by hand: CCCTL_TEST_RACES=1000.
RACES = int(os.environ.pop("CCCTL_TEST_RACES", "60"))
IN_RANGE = ("SELECT count(*) FROM public.call_detail_records WHERE tenant_id = 'acme' AND started_at >="
            " '2025-07-20T00:05:30Z' AND started_at < '2025-07-20T00:20:30Z'")
LEAF_OID = f"SELECT oid FROM pg_class WHERE relname = '{LEAF}'"
LEFT = ("SELECT (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'S') AND relname ~ '^ccctl_(kept|watch)')"
        " + (SELECT count(*) FROM pg_trigger WHERE tgname = 'ccctl_watch')")
DIGEST = [
    "SELECT 'window', r.pass, r.ordinal, r.tallies::jsonb - '{asOf,seenHolds}'::text[] FROM ccctl.receipt r"
    " ORDER BY 2, 3",
    "SELECT 'record', outcome, rows, planned_rows FROM ccctl.destruction",
    "SELECT 'leafless', count(*) FROM ccctl.receipt r WHERE NOT EXISTS (SELECT FROM ccctl.leaf l WHERE"
    " l.leaf_hash = r.leaf_hash)",
    "SELECT 'open', (SELECT count(*) FROM ccctl.attempt) + (SELECT count(*) FROM ccctl.pending)",
    "SELECT 'left', x.* FROM (" + LEFT + ") x",
    "SELECT 'index', indexrelid::regclass FROM pg_index WHERE indrelid IN (SELECT inhrelid FROM pg_inherits WHERE"
    " inhparent = 'public.call_detail_records'::regclass) ORDER BY 2",
]


class RetentionPartition(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()
        cls.packs = pathlib.Path(cls.template.folder, "packs")
        for pack in ("sandbox", "gdpr", "appi"):
            shutil.copytree(f"{SOURCE}/policies/{pack}", cls.packs / pack)
        (cls.packs / "sandbox" / "retention.yaml").write_text(RULES, encoding="ascii")
        (cls.packs / "sandbox" / "tenantsettings.yaml").unlink()
        (cls.packs / "sandbox" / "policytest.yaml").unlink()
        clone = cls.source = Clone(cls.template)
        clone.env.update(CCCTL_PACKS=str(cls.packs), CCCTL_JOURNAL="")
        clone.run(*SWEEP, user="admin")
        approval = clone.json("approve", "list", "--open")["entities"][0]["id"]
        clone.json("approve", "sign", approval)
        clone.sql("DELETE FROM call_detail_records WHERE started_at < '2025-10-01'", ROWS,
                  "CREATE TABLE before AS SELECT oid FROM pg_class WHERE relname = '" + LEAF + "'")
        clone.json(*HOLD)

    @classmethod
    def tearDownClass(cls):
        cls.source.close()
        cls.template.close()

    def clone(self, proxied=False, owned=True):
        clone = Clone(self.template, self.source.name, proxied=proxied)
        self.addCleanup(clone.close)
        clone.env.update(CCCTL_PACKS=str(self.packs), CCCTL_JOURNAL="")
        if owned:
            clone.sql("ALTER TABLE call_detail_records OWNER TO admin", "GRANT CREATE ON SCHEMA public TO admin",
                      "DO $$ DECLARE leaf regclass; BEGIN FOR leaf IN SELECT inhrelid FROM pg_inherits WHERE inhparent"
                      " = 'call_detail_records'::regclass LOOP EXECUTE 'ALTER TABLE ' || leaf || ' OWNER TO admin';"
                      " END LOOP; END $$")
        return clone

    def replaced(self, clone):
        return clone.sql(f"SELECT oid NOT IN (SELECT oid FROM before) FROM pg_class WHERE relname = '{LEAF}'") == "t"

    def told(self, clone):
        return clone.sql("SELECT sum((tallies::jsonb ->> 'rows')::bigint) FROM ccctl.receipt")

    def finish(self, clone, sweep):
        _, errors = sweep.communicate(timeout=60)
        self.assertEqual(sweep.returncode, 0, errors)
        self.assertEqual(clone.sql(LEFT), "0")

    def held_at(self, clone, text):
        """A sweep of which the first message with this text is held back."""
        clone.proxy.arm("hold", text=text)
        sweep = clone.start(*SWEEP, user="admin")
        fixture.wait_until(lambda: clone.proxy.fired, f"the sweep sends {text}")
        return sweep

    def test_every_crash_point_has_the_same_end(self):
        source = self.clone()
        env = {name: value for name, value in source.env.items()
               if name not in os.environ or os.environ[name] != value}
        env["PGUSER"] = "admin"
        for name in ("PGHOST", "PGDATABASE"):
            env.pop(name, None)
        job = Job(source.name, f"{CCCTL} {' '.join(SWEEP)}",
                  [fixture.site_digest(source.name), *DIGEST], env=env, folder=self.template.objects,
                  allowed=(0, 7, 10, 13))
        _, _, digest, _ = crash_points.undisturbed(job)
        for line in ("open|0\n", "leafless|0\n", "left|0\n", "record|complete|295|295\n", f"index|{LEAF}_pkey\n"):
            self.assertIn(line, digest)
        self.assertIn(f'"partition": "{LEAF}"', digest)
        self.assertEqual(crash_points.crash_points(job, kinds=("kill", "commit"), every=12), [])

    def test_the_end_is_that_of_rows_deleted_one_by_one(self):
        dice = random.Random(20261122)
        for _ in range(3):
            random_rows = ("INSERT INTO call_detail_records (tenant_id, id, dnis, seconds, started_at) SELECT"
                           " (ARRAY['acme', 'acme', 'acme', 'acme', 'acme', 'acme', 'globex'])[1 + n % 7],"
                           " ('00000000-0000-4000-a000-' || lpad(n::text, 12, '0'))::uuid, '1', n, timestamptz"
                           f" '2025-04-01' + (n * {dice.randrange(1, 9000)} % 200) * interval '1 day' FROM"
                           f" generate_series(1, {dice.randrange(100, 400)}) n")
            ends = []
            for owned in (True, False):
                clone = self.clone(owned=owned)
                clone.sql(random_rows)
                code, _, errors = clone.run(*SWEEP, user="admin")
                self.assertEqual(code, 0, errors)
                self.assertEqual(self.replaced(clone), owned)
                ends.append(clone.sql(fixture.site_digest(clone.name)) + self.told(clone))
            self.assertEqual(*ends)

    def test_a_hold_waits_for_the_drop_that_has_not_seen_it(self):
        clone = self.clone(proxied=True)
        sweep = self.held_at(clone, b"lock_timeout = '30ms'")  # it has looked
        clone.env["PGHOST"] = CLUSTER
        hold = clone.start(*HELD_AFTER)
        fixture.wait_until(lambda: fixture.waits_for_lock(clone, "%ccctl.attempt%"), "the hold waits")
        clone.proxy.release()
        self.finish(clone, sweep)
        _, errors = hold.communicate(timeout=60)
        self.assertEqual(hold.returncode, 0, errors)
        self.assertTrue(self.replaced(clone))
        self.assertEqual(clone.sql(IN_LEAF), "15")

    def test_a_hold_that_comes_after_the_copy_is_seen(self):
        clone = self.clone(proxied=True)
        # All is prepared; the transaction that drops has not begun to look.
        sweep = self.held_at(clone, b"SET LOCAL statement_timeout")
        clone.env["PGHOST"] = CLUSTER
        hold = clone.start(*HELD_AFTER)
        fixture.wait_until(lambda: clone.sql("SELECT count(*) FROM ccctl.hold") == "2", "the hold stands")
        clone.proxy.release()
        self.finish(clone, sweep)
        _, errors = hold.communicate(timeout=60)
        self.assertEqual(hold.returncode, 0, errors)
        self.assertTrue(self.replaced(clone))
        self.assertEqual(clone.sql(IN_LEAF), "30")
        self.assertEqual(self.told(clone), "280")

    def refill(self, clone):
        clone.sql("DELETE FROM ccctl.hold WHERE matter = '2'",
                  "DELETE FROM call_detail_records WHERE started_at < '2025-10-01'", ROWS)

    def race(self, clone, head_start):
        """Gives what stood of the rows at the hold's answer and at the end, whether the partition was replaced, and how
        long the answer took."""
        self.refill(clone)
        before = clone.sql(LEAF_OID)
        sweep = clone.start(*SWEEP, user="admin")
        time.sleep(head_start)
        asked = time.monotonic()
        hold = clone.start(*HELD_AFTER)
        _, errors = hold.communicate(timeout=60)
        answered, waited = clone.sql(IN_RANGE), time.monotonic() - asked
        self.assertEqual(hold.returncode, 0, errors)
        self.finish(clone, sweep)
        return answered, clone.sql(IN_RANGE), clone.sql(LEAF_OID) != before, waited

    def test_raced_by_holds_no_held_row_disappears(self):
        dice, ends = random.Random(20261123), collections.Counter()
        clone = self.clone()
        alone = longest = 0
        for _ in range(3):
            self.refill(clone)
            started = time.monotonic()
            self.finish(clone, clone.start(*SWEEP, user="admin"))
            alone = max(alone, time.monotonic() - started)
        for number in range(RACES):
            answered, end, replaced, waited = self.race(clone, dice.uniform(0, 1.2 * alone))
            self.assertEqual(answered, end, f"race {number}")
            self.assertIn(end, ("0", "15"), f"race {number}")
            ends["kept" if end == "15" else "gone", "replaced" if replaced else "row by row"] += 1
            longest = max(longest, waited)
        print(f"{RACES} races: {dict(ends)}; a sweep alone {alone:.2f} s, the longest answer {longest:.2f} s")
        self.assertGreater(ends["gone", "replaced"], RACES / 20)
        self.assertGreater(sum(ends.values()) - ends["gone", "replaced"], RACES / 20)
        # Two windows, and what a hold takes by itself: no more than the whole of a sweep.
        self.assertLess(longest, 2 * alone + 1)

    def test_what_is_written_after_the_copy_is_not_lost(self):
        clone = self.clone(proxied=True)
        sweep = self.held_at(clone, b"SET LOCAL statement_timeout")
        clone.sql("INSERT INTO call_detail_records (tenant_id, id, dnis, seconds, started_at) VALUES ('globex',"
                  " gen_random_uuid(), '1', 1, '2025-07-21')",
                  "UPDATE call_detail_records SET tenant_id = 'globex', user_id = NULL WHERE seconds = 100 AND"
                  " started_at < '2025-08-01'",
                  "DELETE FROM call_detail_records WHERE tenant_id = 'globex' AND seconds = 310")
        clone.proxy.release()
        self.finish(clone, sweep)
        self.assertTrue(self.replaced(clone))
        self.assertEqual(clone.sql(IN_LEAF + " WHERE tenant_id = 'globex'"), "11")
        self.assertEqual(clone.sql(IN_LEAF), "16")
        self.assertEqual(self.told(clone), "294")

    def test_readers_miss_nothing(self):
        clone = self.clone()
        seen, stop = set(), threading.Event()

        def read():
            script = f"SELECT count(*) FROM call_detail_records WHERE seconds <= 5 AND started_at < '2025-08-01';\n"
            while not stop.is_set():
                seen.update(psql(CLUSTER, clone.name, *[script] * 200).split())

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        code, _, errors = clone.run(*SWEEP, user="admin")
        stop.set()
        for reader in readers:
            reader.join()
        self.assertEqual(code, 0, errors)
        self.assertTrue(self.replaced(clone))
        self.assertEqual(seen, {"5"})

    def test_a_snapshot_from_before_the_copy_is_waited_for(self):
        clone = self.clone()
        # It has read something else so far.
        reader = Blocker(clone.name, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT FROM tenants LIMIT 1")
        sweep = clone.start(*SWEEP, user="admin")
        fixture.wait_until(lambda: clone.sql("SELECT count(*) FROM pg_class WHERE relname ~ '^ccctl_kept_[0-9]+$'") == "1",
                           "it is prepared")
        with self.assertRaises(Exception):
            fixture.wait_until(lambda: self.replaced(clone), "it is dropped", seconds=1)
        reader.release()
        self.finish(clone, sweep)
        self.assertTrue(self.replaced(clone))

    def test_a_table_that_is_in_use_is_swept_row_by_row(self):
        clone = self.clone()
        reader = Blocker(clone.name, "SELECT FROM call_detail_records LIMIT 1")
        sweep = clone.start(*SWEEP, user="admin")
        self.finish(clone, sweep)
        reader.release()
        self.assertFalse(self.replaced(clone))
        self.assertEqual(clone.sql(IN_LEAF), "15")
        self.assertEqual(self.told(clone), "295")

    def test_what_a_killed_sweep_has_left_is_removed(self):
        clone = self.clone(proxied=True)
        sweep = self.held_at(clone, b"SET LOCAL statement_timeout")
        sweep.send_signal(signal.SIGKILL)
        sweep.wait()
        clone.proxy.release()
        clone.env["PGHOST"] = CLUSTER
        self.assertEqual(clone.sql(LEFT), "3")
        # The next command is not held up by it, and neither is the site.
        self.assertEqual(clone.run("retention", "plan", user="admin")[0], 0)
        clone.sql(f"DELETE FROM {LEAF} WHERE seconds = 1")
        self.finish(clone, clone.start(*SWEEP, user="admin"))
        self.assertTrue(self.replaced(clone))
        self.assertEqual(clone.sql(IN_LEAF), "14")


if __name__ == "__main__":
    unittest.main()
