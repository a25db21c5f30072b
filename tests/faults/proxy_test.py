"""The proxy and the crash-point driver themselves, on a small script of psql's.

A script that may be repeated must survive every crash point; one that may not must be found out,
and a lost answer to COMMIT must be told from a lost COMMIT.
"""
import os
import pathlib
import sys
import tempfile
import unittest

import crash_points
from crash_points import Job, PSQL, Run, psql

CLUSTER = os.environ["CCCTL_TEST_CLUSTER"]
TEMPLATE = f"ccctl_faults_template_{os.getpid()}"
REPEATABLE = """BEGIN;
INSERT INTO public.done VALUES (1) ON CONFLICT DO NOTHING;
UPDATE public.account SET balance = 100 - 30 WHERE name = 'a';
UPDATE public.account SET balance = 0 + 30 WHERE name = 'b';
COMMIT;
SELECT name, balance FROM public.account;
"""
NOT_REPEATABLE = """BEGIN;
UPDATE public.account SET balance = balance - 30 WHERE name = 'a';
COMMIT;
BEGIN;
UPDATE public.account SET balance = balance + 30 WHERE name = 'b';
COMMIT;
"""
DIGEST = ["SELECT * FROM public.account ORDER BY name", "SELECT count(*) FROM public.done"]


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        psql(CLUSTER, "postgres", f"CREATE DATABASE {TEMPLATE}")
        psql(CLUSTER, TEMPLATE, "CREATE TABLE public.account (name text, balance integer)",
             "INSERT INTO public.account VALUES ('a', 100), ('b', 0)",
             "CREATE TABLE public.done (id integer PRIMARY KEY)")
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        psql(CLUSTER, "postgres", f"DROP DATABASE {TEMPLATE}")
        cls.folder.cleanup()

    def job(self, script):
        file = pathlib.Path(self.folder.name, f"{self.id()}.sql")
        file.write_text(script, encoding="ascii")
        # psql exits 2 when its connection is lost, and 3 when a statement fails.
        return Job(TEMPLATE, f"{PSQL} -X -q -v ON_ERROR_STOP=1 -U postgres -f {file}", DIGEST,
                   allowed=(0, 2, 3))

    def test_a_repeatable_script_survives_every_crash_point(self):
        lines = []
        faults = crash_points.crash_points(self.job(REPEATABLE), report=lines.append)
        self.assertEqual(faults, [])
        messages, commits = int(lines[0].split()[0]), int(lines[0].split()[2])
        self.assertGreater(messages, 20)
        self.assertEqual(commits, 1)

    def test_a_script_that_may_not_be_repeated_is_found_out(self):
        faults = crash_points.crash_points(self.job(NOT_REPEATABLE), report=lambda line: None)
        self.assertTrue(any("another end" in fault for fault in faults))

    def test_a_lost_answer_is_told_from_a_lost_commit(self):
        job = self.job(REPEATABLE)
        messages, _, wanted, _ = crash_points.undisturbed(job)
        ends = []
        for at in range(1, messages + 1):
            run = Run(job)
            run.proxy.arm("cut", at)
            code, _ = run.start(job.command)
            ends.append((code != 0, run.digest() == wanted))
            run.close()
        # From some message on the change stands although the client saw its connection fail.
        self.assertIn((True, False), ends)
        self.assertIn((True, True), ends)
        self.assertEqual([done for _, done in ends], sorted(done for _, done in ends))

    def test_nothing_answers_after_the_fault_when_told_so(self):
        job = self.job(REPEATABLE)
        run = Run(job)
        run.proxy.stay_down = True
        run.proxy.arm("cut", 5)
        self.assertNotEqual(run.start(job.command)[0], 0)
        self.assertEqual(run.start(job.command)[0], 2)
        run.close()


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    unittest.main()
