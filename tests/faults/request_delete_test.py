"""Every crash point of `request delete` (W-42): whatever message the connection is cut at, the process
killed at, or whichever COMMIT is left without an answer, the same command run again arrives at the
same end: every row, one receipt, no object, nothing left open.

With --all (or FAULTS_ALL=1) at every message, also when there are many.
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import crash_points
import fixture
from crash_points import Job, psql
from fixture import CCCTL, CLUSTER, SOURCE, TANAKA


def inspect(run):
    """What a person would look at afterwards, as text that is the same for every run."""
    env = {**os.environ, **run.job.env, "PGHOST": CLUSTER, "PGDATABASE": run.database,
           "CCCTL_JOURNAL": f"file:{run.folder}.journal"}

    def ccctl(user, *words):
        return subprocess.run([CCCTL, *words], env={**env, "PGUSER": user}, capture_output=True,
                              text=True, timeout=60, check=False)

    audit = ccctl("auditor", "audit", "verify", "-o", "json")
    verdicts = sorted({log["verdict"] for log in json.loads(audit.stdout)["entities"]})
    facts = psql(CLUSTER, run.database, "SELECT request_id FROM ccctl.request",
                 "SELECT key FROM ccctl.log_key WHERE tenant_id = 'acme' AND origin LIKE '%/evidence/%'")
    request, key = facts.split()
    receipt = pathlib.Path(run.place, "receipt")
    issued = ccctl("officer", "request", "receipt", request, "--out", str(receipt), "--quiet")
    verified = subprocess.run([SOURCE / "cmd/verify-receipt", receipt, key], capture_output=True,
                              text=True, timeout=60, check=False)
    journal = json.loads(ccctl("officer", "journal", "verify", "-o", "json").stdout)
    return (f"audit verify: {audit.returncode} {verdicts}\n"
            f"journal: {journal['verdict']} leaves: {journal['leaves']} due: {journal['due']}\n"
            f"receipt: {issued.returncode} {issued.stderr} verified: {verified.returncode}"
            f" {verified.stderr}\n" + fixture.objects_of(run.folder))


class RequestDelete(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def job(self):
        with fixture.Clone(self.template) as clone:
            confirmation = clone.confirmation(TANAKA)
        env = {name: value for name, value in self.template.env("$FOLDER").items()
               if name not in os.environ or os.environ[name] != value}
        return Job(self.template.name,
                   f"{CCCTL} request delete --subject {TANAKA} --confirm {confirmation} -o json",
                   [fixture.site_digest(self.template.name), *fixture.CCCTL_DIGEST],
                   folder=self.template.objects, env=env, inspect=inspect)

    def test_the_undisturbed_erasure_is_one_of_three_members_with_objects(self):
        job = self.job()
        _, _, digest, _ = crash_points.undisturbed(job)
        for line in ("leaf|evidence|request.delete.confirmed|1", "leaf|evidence|subject.erased|6",
                     "leaf|evidence|request.delete.completed|1", "pending|0", "attempt|0",
                     "journal: verified leaves: 7 due: 0", "journal_due|0",
                     "audit verify: 3 ['consistent-but-unpinned']", "receipt: 0  verified: 0 "):
            self.assertIn(line + "\n", digest)
        self.assertNotIn("item|", digest)
        before = set(fixture.objects_of(self.template.objects).splitlines())
        self.assertGreater(len(before - set(digest.splitlines())), 2)

    def test_every_crash_point_has_the_same_end(self):
        faults = crash_points.crash_points(self.job())
        self.assertEqual(faults, [])

    def test_a_row_that_changes_hands_meanwhile_stays_with_whom_it_belongs_to(self):
        """One that would go, and one that would be emptied, found by a link and by a value."""
        tanaka, suzuki = TANAKA.split(":")[1], fixture.SUZUKI.split(":")[1]
        ticket, call = (f"00000000-0000-4000-8000-0000000000{end}" for end in ("f1", "f2"))
        both = (f"SELECT t.reporter_contact_id, c.ani FROM support_tickets t, call_detail_records c"
                f" WHERE t.id = '{ticket}' AND c.id = '{call}'")
        with fixture.Clone(self.template) as clone:
            clone.sql(f"INSERT INTO support_tickets (tenant_id, id, reporter_contact_id, status, opened_at)"
                      f" VALUES ('acme', '{ticket}', '{tanaka}', 'solved', now())",
                      f"INSERT INTO call_detail_records (tenant_id, id, ani, dnis, seconds, started_at) SELECT 'acme',"
                      f" '{call}', phone, '+810', 1, now() FROM external_contacts WHERE tenant_id = 'acme' AND id = '{tanaka}'")
            blocker = fixture.Blocker(
                clone.name, f"UPDATE support_tickets SET reporter_contact_id = '{suzuki}' WHERE id = '{ticket}';"
                f" UPDATE call_detail_records SET ani = '+815000000000' WHERE id = '{call}'")
            erasure = clone.start("request", "delete", "--subject", TANAKA, "--confirm", clone.confirmation(TANAKA))
            fixture.wait_until(lambda: clone.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                                 " AND wait_event_type = 'Lock'") == "1", "it waits for the row")
            blocker.release("COMMIT")
            _, errors = erasure.communicate(timeout=60)
            self.assertEqual(erasure.returncode, 0, errors)
            self.assertEqual(clone.sql(both), f"{suzuki}|+815000000000")
            self.assertEqual(clone.sql(f"SELECT count(*) FROM external_contacts WHERE tenant_id = 'acme' AND id = '{tanaka}'"), "0")


if __name__ == "__main__":
    if "--all" in sys.argv:
        sys.argv.remove("--all")
        os.environ["FAULTS_ALL"] = "1"
    unittest.main()
