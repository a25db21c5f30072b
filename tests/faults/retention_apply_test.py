"""A saved plan that is broken anywhere while it is applied: run again with the same file, each row of the plan goes
once and stands in one receipt, and no row more goes, though more has become due since.
"""
import json
import os
import pathlib
import shutil
import tempfile
import unittest

import crash_points
import fixture
from crash_points import Job
from fixture import CCCTL, Blocker, Clone
from retention_sweep_test import DIGEST, SWEEP, inspect

FLAGS = ("--yes", "--first-run-ok", "--quiet")
LATER = "ffffffff-0000-4000-9000-000000000001"
MAILS = "SELECT id FROM public.emails WHERE tenant_id = 'acme' ORDER BY id"


class RetentionApply(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A plan is saved; then another e-mail becomes due, which it does not name."""
        cls.template = fixture.Template()
        cls.folder = tempfile.mkdtemp(prefix="ccctl-apply-")
        cls.plan = pathlib.Path(cls.folder, "tonight.plan")
        clone = Clone(cls.template)
        clone.env["CCCTL_JOURNAL"] = ""
        clone.sql("UPDATE public.tenants SET pack = 'webex', inactive_since = now() - interval '60 days'"
                  " WHERE tenant_id = 'acme'")
        clone.run(*SWEEP, user="admin")
        approval = clone.json("approve", "list", "--open")["entities"][0]["id"]
        clone.json("approve", "sign", approval)
        code, _, errors = clone.run("retention", "plan", "--out", str(cls.plan), user="admin")
        # 3: something is overdue.
        if code not in (0, 3):
            raise RuntimeError(f"saving the plan exits {code}: {errors}")
        clone.sql("INSERT INTO public.emails SELECT (jsonb_populate_record(e, jsonb_build_object('id',"
                  f" '{LATER}'))).* FROM public.emails e WHERE tenant_id = 'acme'"
                  " ORDER BY id LIMIT 1")
        cls.source = clone

    @classmethod
    def tearDownClass(cls):
        cls.source.close()
        cls.template.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def apply(self):
        return ("retention", "apply", str(self.plan), *FLAGS)

    def test_every_crash_point_has_the_same_end(self):
        env = {name: value for name, value in self.template.env("$FOLDER").items()
               if name not in os.environ or os.environ[name] != value}
        env.update(PGUSER="admin", CCCTL_JOURNAL="")
        job = Job(self.source.name, f"{CCCTL} {' '.join(self.apply())}",
                  [fixture.site_digest(self.source.name), *DIGEST, "SELECT 'planned', count(*) FROM ccctl.planned"],
                  folder=self.template.objects, env=env, inspect=inspect, allowed=(0, 7, 10, 13))
        _, _, digest, _ = crash_points.undisturbed(job)
        for line in ("open|0\n", "leafless|0\n", "planned|0\n"):
            self.assertIn(line, digest)
        self.assertEqual(crash_points.crash_points(job, every=24), [])

    def undisturbed(self):
        clone = Clone(self.template, self.source.name)
        self.addCleanup(clone.close)
        clone.env["CCCTL_JOURNAL"] = ""
        code, _, errors = clone.run(*self.apply(), user="admin")
        self.assertEqual(code, 0, errors)
        return clone.sql(fixture.site_digest(clone.name), *DIGEST)

    def test_killed_in_a_window_it_goes_on_where_it_was(self):
        clone = Clone(self.template, self.source.name)
        self.addCleanup(clone.close)
        clone.env["CCCTL_JOURNAL"] = ""
        before = set(clone.sql(MAILS).split())
        blocker = Blocker(clone.name, f"{MAILS} LIMIT 1 FOR UPDATE")
        running = clone.start(*self.apply(), user="admin")
        fixture.wait_until(lambda: fixture.waits_for_lock(clone, "%public%emails%"), "a window waits")
        done = clone.sql("SELECT pass, ordinal, leaf_hash FROM ccctl.receipt ORDER BY 1, 2")
        running.kill()
        running.communicate(timeout=60)
        blocker.release()
        code, out, errors = clone.run(*self.apply(), "-o", "json", user="admin")
        self.assertEqual(code, 0, errors)
        report = json.loads(out)
        self.assertTrue(report["resumed"])
        # What had been done was not done again, and the end is that of one that nobody killed.
        self.assertEqual(clone.sql("SELECT pass, ordinal, leaf_hash FROM ccctl.receipt ORDER BY 1, 2"
                                   f" LIMIT {len(done.splitlines())}"), done)
        self.assertEqual(clone.sql("SELECT count(*), min(outcome), min(rows) = (SELECT sum((tallies::jsonb ->>"
                                   " 'rows')::bigint) FROM ccctl.receipt) FROM ccctl.destruction"),
                         "1|complete|t")
        self.assertEqual(clone.sql(fixture.site_digest(clone.name), *DIGEST), self.undisturbed())
        self.assertGreater(len(before), 1)
        self.assertEqual(clone.sql(MAILS), LATER)
        # Applied, it is done.
        code, _, errors = clone.run(*self.apply(), user="admin")
        self.assertEqual(code, 0, errors)
        self.assertEqual(clone.sql(MAILS), LATER)
        self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.destruction"), "1")


if __name__ == "__main__":
    unittest.main()
