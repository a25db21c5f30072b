"""`hold add` and a deletion at the same moment, stopped where it matters: between a deletion's lock and
its statement, between an erasure's commit and its objects; interrupted, and at every crash point.
"""
import json
import os
import signal
import subprocess
import time
import unittest

import crash_points
import fixture
from crash_points import Job
from fixture import CCCTL, SUZUKI, TANAKA, Blocker, Clone, wait_until, waits_for_lock

ADD = ("hold", "add", "--subject", TANAKA, "--matter", "2026-17", "--reason", "litigation")
# One event per run, key and purpose, with the count (W-46).
USED = ("SELECT j -> 'body' ->> 'purpose', j -> 'body' ->> 'uses' FROM (SELECT convert_from(line,"
        " 'UTF8')::json AS j FROM ccctl.leaf UNION ALL SELECT convert_from(line, 'UTF8')::json FROM"
        " ccctl.pending) e WHERE j ->> 'action' = 'key.used' AND j -> 'body' ->> 'purpose' = 'hold'")
ROWS = ("SELECT count(*) FROM public.external_contacts WHERE tenant_id = 'acme' AND id IN"
        " ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002',"
        " '00000000-0000-4000-8000-000000000003')")
# What an erasure locks before it reads the holds, and what it only deletes afterwards.
PERSON = ("SELECT FROM public.external_contacts WHERE tenant_id = 'acme' AND id ="
          f" '{fixture.TANAKA_SECOND}' FOR UPDATE")
MESSAGES = ("SELECT FROM public.messages m JOIN public.participants p ON p.tenant_id = m.tenant_id"
            " AND p.id = m.participant_id WHERE p.tenant_id = 'acme' AND p.external_contact_id::text"
            " LIKE '00000000-0000-4000-8000-00000000000_' FOR UPDATE OF m")


def journal_of(run):
    """A hold that was answered stands in the journal, once."""
    env = {**os.environ, **run.job.env, "PGHOST": fixture.CLUSTER, "PGDATABASE": run.database,
           "CCCTL_JOURNAL": f"file:{run.folder}.journal"}
    done = subprocess.run([CCCTL, "journal", "verify", "-o", "json"], env=env, capture_output=True,
                          text=True, timeout=60, check=False)
    journal = json.loads(done.stdout)
    return f"journal: {journal['verdict']} leaves: {journal['leaves']} due: {journal['due']}\n"


class HoldAdd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def delete(self, clone):
        confirmation = clone.confirmation(TANAKA)
        return clone.start("request", "delete", "--subject", TANAKA, "--confirm", confirmation)

    def assert_waits(self, process, seconds=1.5):
        time.sleep(seconds)
        self.assertIsNone(process.poll(), "it answered while a deletion was running")

    def assert_exits(self, process, code):
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, errors)

    def test_a_deletion_that_has_not_read_the_holds_obeys_the_new_one(self):
        with Clone(self.template) as clone:
            rows = clone.sql(ROWS)
            blocker = Blocker(clone.name, PERSON)
            deletion = self.delete(clone)
            wait_until(lambda: waits_for_lock(clone, "WITH %"), "the deletion waits")
            hold = clone.start(*ADD)
            self.assert_waits(hold)
            blocker.release()
            self.assert_exits(deletion, 5)
            self.assert_exits(hold, 0)
            self.assertEqual(clone.sql(ROWS), rows)

    def test_a_hold_answers_only_after_a_deletion_that_has_read_the_holds(self):
        with Clone(self.template) as clone:
            blocker = Blocker(clone.name, MESSAGES)
            deletion = self.delete(clone)
            wait_until(lambda: waits_for_lock(clone, "WITH %"), "the deletion waits")
            hold = clone.start(*ADD)
            self.assert_waits(hold)
            blocker.release()
            self.assert_exits(hold, 0)
            # What it could not keep any more was gone before it answered.
            gone_at_the_answer = clone.sql(ROWS)
            deletion.communicate(timeout=60)
            self.assertEqual(clone.sql(ROWS), gone_at_the_answer)
            self.assertNotEqual(gone_at_the_answer, "3")

    def test_a_hold_that_has_answered_keeps_every_row(self):
        with Clone(self.template) as clone:
            before = clone.sql(fixture.site_digest(clone.name))
            confirmation = clone.confirmation(TANAKA)
            self.assertEqual(clone.run(*ADD)[0], 0)
            code, _, _ = clone.run("request", "delete", "--subject", TANAKA, "--confirm", confirmation)
            self.assertEqual(code, 5)
            self.assertEqual(clone.sql(fixture.site_digest(clone.name)), before)

    def test_interrupted_in_its_wait_it_exits_7_and_the_hold_stands(self):
        for interruption in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(interruption), Clone(self.template) as clone:
                blocker = Blocker(clone.name, MESSAGES)
                deletion = self.delete(clone)
                wait_until(lambda: waits_for_lock(clone, "WITH %"), "the deletion waits")
                hold = clone.start(*ADD)
                wait_until(lambda: waits_for_lock(clone, "SELECT FROM ccctl.attempt%"), "the hold waits")
                hold.send_signal(interruption)
                _, errors = hold.communicate(timeout=5)
                self.assertEqual(hold.returncode, 7, errors)
                standing = clone.json("hold", "list")["entities"]
                self.assertEqual([row["state"] for row in standing], ["active"])
                self.assertIn(standing[0]["id"], errors)
                self.assertEqual(clone.sql(USED), "hold|1", "an interrupted run tells what it used")
                deletion.kill()  # so that the person is still there to be named
                deletion.communicate(timeout=60)
                blocker.release()
                again = clone.json(*ADD)
                self.assertEqual(again["id"], standing[0]["id"])
                self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.hold"), "1")
                self.assertEqual(len(clone.json("hold", "list")["entities"]), 1)

    def test_other_words_are_another_hold(self):
        with Clone(self.template) as clone:
            ids = {clone.json(*ADD)["id"], clone.json(*ADD, "--review-on", "2027-01-01")["id"],
                   clone.json(*ADD[:-1], "tax audit")["id"],
                   clone.json("hold", "add", "--subject", SUZUKI, *ADD[4:])["id"]}
            self.assertEqual(len(ids), 4)

    def test_every_crash_point_has_the_same_end(self):
        digest = ["SELECT matter, reason, custodian, subject_kind, added_by FROM ccctl.hold",
                  "SELECT subject_kind, subject_key FROM ccctl.hold_subject ORDER BY 2",
                  *fixture.CCCTL_DIGEST]
        env = {name: value for name, value in self.template.env("$FOLDER").items()
               if name not in os.environ or os.environ[name] != value}
        words = " ".join(ADD)
        faults = crash_points.crash_points(
            Job(self.template.name, f"{CCCTL} {words}", digest, env=env, inspect=journal_of))
        self.assertEqual(faults, [])


if __name__ == "__main__":
    unittest.main()
