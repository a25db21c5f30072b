"""Every crash point of `retention sweep`, and holds that are added while one is at work: each row that is
due goes once and stands in one receipt, and what stands when a hold has answered 0 stands for ever.
CCCTL_TEST_RACES says how many holds race a sweep (12 by default).
"""
import os
import pathlib
import random
import signal
import time
import unittest

import crash_points
import fixture
from crash_points import Job
from fixture import CCCTL, Blocker, Clone

RACES = int(os.environ.get("CCCTL_TEST_RACES", "12"))
# The run's id, its instants and the number of its closing leaves differ from run to run.
DIGEST = [
    "SELECT 'window', r.pass, r.ordinal, r.tallies::jsonb - '{asOf,range}'::text[] FROM ccctl.receipt r"
    " ORDER BY 2, 3",
    "SELECT 'record', outcome, rows, planned_rows FROM ccctl.destruction",
    "SELECT 'leafless', count(*) FROM ccctl.receipt r WHERE NOT EXISTS (SELECT FROM ccctl.leaf l WHERE"
    " l.leaf_hash = r.leaf_hash)",
    "SELECT 'leaf', l.line::text::json ->> 'action', count(*) FROM (SELECT convert_from(line, 'UTF8') AS"
    " line FROM ccctl.leaf) l WHERE l.line::text::json ->> 'action' IN ('retention.opened',"
    " 'retention.window') GROUP BY 1, 2 ORDER BY 2",
    "SELECT 'open', (SELECT count(*) FROM ccctl.attempt) + (SELECT count(*) FROM ccctl.item) + (SELECT"
    " count(*) FROM ccctl.pending)",
]
SWEEP = ("retention", "sweep", "--yes", "--first-run-ok", "--quiet")


def inspect(run):
    return fixture.objects_of(run.folder)


class RetentionSweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A subscription that has been inactive for sixty days: nearly every table has a pass."""
        cls.template = fixture.Template()
        clone = Clone(cls.template)
        clone.sql("UPDATE public.tenants SET pack = 'webex', inactive_since = now() - interval '60 days'"
                  " WHERE tenant_id = 'acme'")
        clone.run(*SWEEP, user="admin")
        approval = clone.json("approve", "list", "--open")["entities"][0]["id"]
        clone.json("approve", "sign", approval)
        cls.source = clone

    @classmethod
    def tearDownClass(cls):
        cls.source.close()
        cls.template.close()

    def test_every_crash_point_has_the_same_end(self):
        env = {name: value for name, value in self.template.env("$FOLDER").items()
               if name not in os.environ or os.environ[name] != value}
        env["PGUSER"] = "admin"
        # The template's journal stands elsewhere: a clone would lack nothing and could not know it.
        env["CCCTL_JOURNAL"] = ""
        job = Job(self.source.name, f"{CCCTL} {' '.join(SWEEP)}",
                  [fixture.site_digest(self.source.name), *DIGEST], folder=self.template.objects,
                  env=env, inspect=inspect, allowed=(0, 7, 10, 13))
        _, _, digest, _ = crash_points.undisturbed(job)
        self.assertIn("open|0\n", digest)
        self.assertIn("leafless|0\n", digest)
        self.assertRegex(digest, r"record\|complete\|(\d+)\|\1\n")
        self.assertEqual(crash_points.crash_points(job, every=6), [])

    def rows(self, clone):
        return clone.sql("SELECT count(*) FROM public.emails WHERE tenant_id = 'acme'")

    def clone(self):
        clone = Clone(self.template, self.source.name)
        self.addCleanup(clone.close)
        clone.env["CCCTL_JOURNAL"] = ""
        return clone

    def test_a_hold_waits_for_the_window_that_has_not_seen_it(self):
        clone = self.clone()
        blocker = Blocker(clone.name, "SELECT FROM public.emails WHERE tenant_id = 'acme' ORDER BY id"
                          " LIMIT 1 FOR UPDATE")
        sweep = clone.start(*SWEEP, user="admin")
        fixture.wait_until(lambda: fixture.waits_for_lock(clone, "%public%emails%"), "the sweep waits")
        hold = clone.start("hold", "add", "--category", "generated", "--matter", "1", "--reason", "race")
        fixture.wait_until(lambda: fixture.waits_for_lock(clone, "%ccctl.attempt%"), "the hold waits")
        blocker.release()
        hold.communicate(timeout=60)
        self.assertEqual(hold.returncode, 0)
        answered = clone.sql("SELECT count(*) FROM public.conversations WHERE tenant_id = 'acme'")
        _, errors = sweep.communicate(timeout=60)
        self.assertEqual(sweep.returncode, 0, errors)
        self.assertEqual(clone.sql("SELECT count(*) FROM public.conversations WHERE tenant_id = 'acme'"),
                         answered)
        self.assertNotEqual(answered, "0")

    def test_the_first_signal_lets_the_window_end_and_the_next_sweep_goes_on(self):
        clone, sweep_aloud = self.clone(), SWEEP[:-1]
        before = int(self.rows(clone))
        blocker = Blocker(clone.name, "SELECT FROM public.emails WHERE tenant_id = 'acme' ORDER BY id"
                          " LIMIT 1 FOR UPDATE")
        sweep = clone.start(*sweep_aloud, user="admin")
        fixture.wait_until(lambda: fixture.waits_for_lock(clone, "%public%emails%"), "the sweep waits")
        sweep.send_signal(signal.SIGTERM)
        blocker.release()
        _, errors = sweep.communicate(timeout=60)
        self.assertEqual(sweep.returncode, 8, errors)
        self.assertIn("paused: interrupted", errors)
        self.assertLess(int(self.rows(clone)), before)
        open_record = "SELECT count(*) FROM ccctl.destruction WHERE closed_at IS NULL"
        self.assertEqual(clone.sql(open_record), "1")
        code, _, errors = clone.run(*sweep_aloud, "--run-time", "PT0S", user="admin")
        self.assertEqual(code, 8, errors)
        self.assertIn("paused: its time was up", errors)
        code, _, errors = clone.run(*SWEEP, user="admin")
        self.assertEqual(code, 0, errors)
        self.assertEqual(clone.sql("SELECT count(*), bool_and(outcome = 'complete') FROM"
                                   " ccctl.destruction"), "1|t")

    def test_a_stopped_sweep_that_another_took_over_does_nothing_more(self):
        clone = self.clone()
        pause = pathlib.Path(clone.folder, "pause")
        pause.touch()
        clone.env["CCCTL_THROTTLE_FILE"] = str(pause)
        stopped = clone.start(*SWEEP, user="admin")
        fixture.wait_until(lambda: clone.sql("SELECT count(*) FROM ccctl.attempt") == "1", "it has begun")
        stopped.send_signal(signal.SIGSTOP)
        del clone.env["CCCTL_THROTTLE_FILE"]
        code, _, errors = clone.run(*SWEEP, user="admin")
        self.assertEqual(code, 7, errors)
        clone.sql("UPDATE ccctl.lease SET expires_at = now()")
        end = [fixture.site_digest(clone.name), *DIGEST, "SELECT tenant_id, fence, expires_at FROM ccctl.lease"]
        swept = clone.json(*SWEEP, user="admin")
        self.assertTrue(swept["resumed"])
        self.assertEqual(swept["outcome"], "complete")
        wanted = clone.sql(*end)
        pause.unlink()
        stopped.send_signal(signal.SIGCONT)
        _, errors = stopped.communicate(timeout=60)
        self.assertEqual(stopped.returncode, 7, errors)
        self.assertIn("another sweep of this tenant has taken over", errors)
        self.assertEqual(clone.sql(*end), wanted)

    def test_stalled_before_its_objects_it_leaves_them_to_who_took_over(self):
        clone = Clone(self.template, self.source.name, proxied=True)
        self.addCleanup(clone.close)
        clone.env["CCCTL_JOURNAL"] = ""
        clone.sql("CREATE TABLE ccctl.opened (attempt text)",
                  "CREATE FUNCTION ccctl.tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
                  " INSERT INTO ccctl.opened VALUES (NEW.attempt_id); RETURN NULL; END $$",
                  "CREATE TRIGGER tell AFTER INSERT ON ccctl.attempt FOR EACH ROW EXECUTE FUNCTION ccctl.tell()")
        clone.proxy.arm("hold", text=b"SELECT tallies FROM ccctl.receipt")
        stalled = clone.start(*SWEEP, user="admin")
        fixture.wait_until(lambda: clone.proxy.fired, "its rows have gone, and its objects are next")
        self.assertNotEqual(fixture.objects_of(clone.objects), "")
        clone.env["PGHOST"] = fixture.CLUSTER
        clone.sql("UPDATE ccctl.lease SET expires_at = now()")
        swept = clone.json(*SWEEP, user="admin")
        self.assertTrue(swept["resumed"])
        self.assertGreater(swept["objects"], 0)
        end = [*DIGEST, "SELECT attempt FROM ccctl.opened ORDER BY 1", "SELECT fence, expires_at FROM ccctl.lease"]
        wanted = clone.sql(*end) + fixture.objects_of(clone.objects)
        clone.proxy.release()
        _, errors = stalled.communicate(timeout=60)
        self.assertEqual(stalled.returncode, 7, errors)
        self.assertEqual(clone.sql(*end) + fixture.objects_of(clone.objects), wanted)

    def test_what_stands_at_the_answer_stands_for_ever(self):
        dice = random.Random(20261122)
        for number in range(RACES):
            clone = self.clone()
            sweep = clone.start(*SWEEP, user="admin")
            time.sleep(dice.random() * 0.5)
            code, _, errors = clone.run("hold", "add", "--data", "email", "--matter", str(number), "--reason",
                                        "race")
            self.assertEqual(code, 0, errors)
            answered = self.rows(clone)
            _, errors = sweep.communicate(timeout=60)
            # 4: objects whose rows had gone before wait for the hold, which may cover them.
            self.assertIn(sweep.returncode, (0, 4), errors)
            self.assertEqual(self.rows(clone), answered)
            gone, told = clone.sql(
                "SELECT (SELECT count(*) FROM public.emails WHERE tenant_id = 'acme') = 0, COALESCE((SELECT"
                " sum((a ->> 'rows')::bigint) FROM ccctl.receipt, jsonb_array_elements(tallies::jsonb ->"
                " 'actions') a WHERE a ->> 'table' = 'emails' AND a ->> 'action' = 'delete'), 0) > 0"
            ).split("|")
            self.assertEqual(gone, told)


STAGES = [
    "SELECT 'stage', table_name, stage, marked, acted_at, next_at, count(*) FROM ccctl.stage"
    " GROUP BY 2, 3, 4, 5, 6 ORDER BY 2, 3, 4",
]


class RetentionStages(unittest.TestCase):
    """The end of a contract: hidden in one run, wherever it is broken, and purged in another."""

    HIDE = (*SWEEP, "--as-of", "2025-09-27T15:00:00Z")
    PURGE = (*SWEEP, "--as-of", "2025-10-27T15:00:00Z")

    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()
        clone = Clone(cls.template)
        clone.sql("UPDATE public.tenants SET pack = 'scc', contract_end = '2025-03-31'"
                  " WHERE tenant_id = 'acme'")
        clone.run(*cls.HIDE, user="admin")
        approval = clone.json("approve", "list", "--open")["entities"][0]["id"]
        clone.json("approve", "sign", approval)
        cls.source = clone
        cls.hidden = Clone(cls.template, clone.name)
        cls.hidden.env["CCCTL_JOURNAL"] = ""
        code, _, errors = cls.hidden.run(*cls.HIDE, user="admin")
        if code:
            raise RuntimeError(f"hiding exits {code}: {errors}")

    @classmethod
    def tearDownClass(cls):
        cls.hidden.close()
        cls.source.close()
        cls.template.close()

    def broken_everywhere(self, source, words):
        env = {name: value for name, value in self.template.env("$FOLDER").items()
               if name not in os.environ or os.environ[name] != value}
        env.update(PGUSER="admin", CCCTL_JOURNAL="")
        job = Job(source.name, f"{CCCTL} {' '.join(words)}",
                  [fixture.site_digest(source.name), *DIGEST, *STAGES], folder=self.template.objects,
                  env=env, inspect=inspect, allowed=(0, 7, 10, 13))
        _, _, digest, _ = crash_points.undisturbed(job)
        self.assertIn("open|0\n", digest)
        self.assertIn("leafless|0\n", digest)
        self.assertEqual(crash_points.crash_points(job, every=24), [])
        return digest

    def test_hiding_has_the_same_end_and_deletes_nothing(self):
        digest = self.broken_everywhere(self.source, self.HIDE)
        self.assertIn("stage|recordings|scheduled|", digest)
        self.assertRegex(digest, r"recordings\|[1-9]")

    def test_a_hold_stops_the_purge_and_what_waits_stays_hidden(self):
        clone = Clone(self.template, self.hidden.name)
        self.addCleanup(clone.close)
        clone.env["CCCTL_JOURNAL"] = ""
        clone.json("hold", "add", "--data", "recording", "--matter", "1", "--reason", "audit")
        before = clone.sql("SELECT count(*) FROM public.recordings WHERE tenant_id = 'acme'")
        code, _, errors = clone.run(*self.PURGE, user="admin")
        self.assertIn(code, (0, 4), errors)  # 4: objects that the hold may cover wait for its end
        self.assertEqual(clone.sql("SELECT count(*) FROM public.recordings WHERE tenant_id = 'acme'"),
                         before)
        self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.stage WHERE table_name = 'recordings'"),
                         before)
        # What they belong to stays with them, and nothing of the rest.
        self.assertEqual(clone.sql(
            "SELECT count(*) FROM public.conversations c WHERE tenant_id = 'acme' AND NOT EXISTS (SELECT"
            " FROM public.recordings r WHERE r.tenant_id = c.tenant_id AND r.conversation_id = c.id)"),
            "0")


if __name__ == "__main__":
    unittest.main()
