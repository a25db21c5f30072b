"""Workers split by tenant: two windows are open at the same time, the first signal ends both, and however many
workers there were, the end is the same. What is gone is what the receipts tell, also of killed workers (P-10).
"""
import json
import signal
import unittest

import fixture
from fixture import Blocker, Clone

SWEEP = ("retention", "sweep", "--yes", "--first-run-ok")
TENANTS = ("acme", "globex")
TOLD = ("SELECT r.tenant_id, a ->> 'table', sum((a ->> 'rows')::bigint) FROM ccctl.receipt r,"
        " jsonb_array_elements(r.tallies::jsonb -> 'actions') a WHERE a ->> 'action' = 'delete' GROUP BY 1, 2")
RECORDS = ("SELECT tenant_id, r.pass, r.ordinal, r.tallies::jsonb - '{asOf,range}'::text[] FROM ccctl.receipt r"
           " ORDER BY 1, 2, 3")


class RetentionWorkers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Two subscriptions that have been inactive for sixty days."""
        cls.template = fixture.Template()
        clone = Clone(cls.template)
        clone.env["CCCTL_JOURNAL"] = ""
        clone.sql("UPDATE public.tenants SET pack = 'webex', inactive_since = now() - interval '60 days'"
                  " WHERE tenant_id IN ('acme', 'globex')")
        clone.sql("INSERT INTO ccctl.principal (login, tenant_id, role) VALUES ('admin', 'globex', 'admin'),"
                  " ('officer', 'globex', 'officer'), ('auditor', 'globex', 'auditor') ON CONFLICT DO NOTHING")
        clone.run(*SWEEP, "--workers", "2", user="admin")
        for tenant in TENANTS:
            approval = clone.json("approve", "list", "--open", "--tenant", tenant)["entities"][0]["id"]
            clone.json("approve", "sign", approval, "--tenant", tenant)
        cls.source = clone

    @classmethod
    def tearDownClass(cls):
        cls.source.close()
        cls.template.close()

    def clone(self):
        clone = Clone(self.template, self.source.name)
        self.addCleanup(clone.close)
        clone.env["CCCTL_JOURNAL"] = ""
        return clone

    def test_any_number_of_workers_has_the_same_end(self):
        ends = set()
        for workers in ("1", "2", "5"):
            clone = self.clone()
            swept = clone.json(*SWEEP, "--workers", workers, user="admin")
            self.assertEqual([(row["tenant"], row["outcome"]) for row in swept["entities"]],
                             [(tenant, "complete") for tenant in TENANTS])
            self.assertTrue(all(row["rows"] > 0 for row in swept["entities"]))
            self.assertEqual(swept["rows"], sum(row["rows"] for row in swept["entities"]))
            self.assertEqual(str(swept["rows"]), clone.sql(
                "SELECT sum((tallies::jsonb ->> 'rows')::bigint) FROM ccctl.receipt"))
            ends.add(clone.sql(fixture.site_digest(clone.name), RECORDS))
        self.assertEqual(len(ends), 1)

    def rows(self, clone):
        """How many rows each tenant has in each of the site's tables."""
        tables = clone.sql("SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE"
                           " c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT"
                           " c.relispartition AND a.attname = 'tenant_id' ORDER BY 1").split()
        return self.counts(clone, " UNION ALL ".join(
            f"SELECT tenant_id, '{table}', count(*) FROM public.{table} GROUP BY 1" for table in tables))

    def counts(self, clone, query):
        lines = [line.split("|") for line in clone.sql(query).splitlines()]
        return {(tenant, table): int(count) for tenant, table, count in lines}

    def assert_receipts_tell(self, clone, before):
        """Of each tenant and table they tell as many rows as are gone, and the logs say the same."""
        after = self.rows(clone)
        gone = {key: rows - after.get(key, 0) for key, rows in before.items()}
        told = self.counts(clone, TOLD)
        self.assertEqual({key: rows for key, rows in gone.items() if rows}, told)
        self.assertEqual({tenant for tenant, _ in told}, set(TENANTS))
        for tenant in TENANTS:
            verified = clone.json("audit", "verify", "--tenant", tenant, user="auditor", code=3)
            verdicts = {log["origin"]: log["verdict"] for log in verified["entities"]}
            self.assertEqual(set(verdicts.values()), {"consistent-but-unpinned"}, verdicts)
            self.assertTrue(any(f"/{tenant}/evidence/" in origin for origin in verdicts), verdicts)

    def blocked(self, clone):
        """A sweep whose workers both wait in a window of theirs."""
        blockers = [Blocker(clone.name, f"SELECT FROM public.emails WHERE tenant_id = '{tenant}' ORDER BY id"
                            " LIMIT 1 FOR UPDATE") for tenant in TENANTS]
        sweep = clone.start(*SWEEP, "--workers", "2", "-o", "json", user="admin")
        fixture.wait_until(lambda: clone.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event ="
            " 'transactionid' AND query LIKE '%public%emails%'") == "2", "both workers wait for a row")
        return sweep, blockers

    def test_the_first_signal_ends_the_window_of_each_worker(self):
        clone = self.clone()
        sweep, blockers = self.blocked(clone)
        before = int(clone.sql("SELECT count(*) FROM ccctl.receipt"))
        sweep.send_signal(signal.SIGTERM)
        for blocker in blockers:
            blocker.release()
        out, errors = sweep.communicate(timeout=60)
        self.assertEqual(sweep.returncode, 8, errors)
        for row in json.loads(out)["entities"]:
            self.assertEqual((row["outcome"], row["paused"]), ("paused", "interrupted"))
        # Each window ended, and nothing began after it.
        self.assertEqual(int(clone.sql("SELECT count(*) FROM ccctl.receipt")), before + 2)
        code, _, errors = clone.run(*SWEEP, "--workers", "2", user="admin")
        self.assertEqual(code, 0, errors)
        self.assertEqual(clone.sql("SELECT count(*), bool_and(outcome = 'complete') FROM"
                                   " ccctl.destruction"), "2|t")

    def test_killed_workers_are_carried_on_and_end_alike(self):
        whole = self.clone()
        whole.json(*SWEEP, "--workers", "2", user="admin")
        wanted = whole.sql(fixture.site_digest(whole.name), RECORDS)
        clone = self.clone()
        rows = self.rows(clone)
        sweep, blockers = self.blocked(clone)
        self.assertNotEqual(clone.sql("SELECT count(*) FROM ccctl.receipt"), "0")
        sweep.kill()
        sweep.communicate(timeout=60)
        for blocker in blockers:
            blocker.release()
        fixture.wait_until(lambda: clone.sql("SELECT count(*) FROM pg_stat_activity WHERE datname ="
                                             " current_database() AND usename = 'admin'") == "0",
                           "the killed one's backends end")
        swept = clone.json(*SWEEP, "--workers", "2", user="admin")
        self.assertTrue(all(row["resumed"] for row in swept["entities"]))
        self.assertEqual(clone.sql(fixture.site_digest(clone.name), RECORDS), wanted)
        self.assert_receipts_tell(clone, rows)


if __name__ == "__main__":
    unittest.main()
