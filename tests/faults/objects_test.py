"""Objects of erased rows: a hold that comes between the erasure and the deletion of its objects, and
object stores that refuse.
"""
import pathlib
import signal
import unittest

import fixture
from fixture import GROSS, TANAKA, Blocker, Clone, killed_at, wait_until, waits_for_lock

RELEASED = "UPDATE ccctl.hold SET released_at = now() - interval '8 days', grace_until = now() + {}"


def erased_but_for_objects(template, *command):
    return killed_at(template, b"FROM ccctl.item WHERE tenant_id = $1::text AND request_id = $2::text"
                     b" AND kind = 'object.delete' AND item_id >",
                     "count(*) = 3 AND EXISTS (SELECT FROM ccctl.item) FROM ccctl.receipt", *command)


class Objects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def command(self):
        with Clone(self.template) as clone:
            confirmation = clone.confirmation(TANAKA)
        return ("request", "delete", "--subject", TANAKA, "--confirm", confirmation)

    def leaves(self, clone, action):
        return clone.sql("SELECT count(*) FROM ccctl.leaf WHERE convert_from(line, 'UTF8')::json ->>"
                         f" 'action' = '{action}'")

    def test_a_hold_after_the_erasure_parks_its_objects_until_it_is_released(self):
        command = self.command()
        with erased_but_for_objects(self.template, *command) as clone:
            objects = fixture.objects_of(clone.objects)
            clone.json("hold", "add", "--category", "generated", "--matter", "m", "--reason", "r")
            for _ in range(2):  # the second time it is a completed request
                request = clone.json(*command, code=4)
                self.assertEqual(request["x-ccctl"]["outcome"], "partial")
                self.assertEqual(request["x-ccctl"]["notCovered"], ["objects"])
                self.assertEqual(request["x-ccctl"]["phase"], "completed")
                self.assertEqual(fixture.objects_of(clone.objects), objects)
            run = ("request", "run", request["id"])
            self.assertEqual(clone.run("request", "close", request["id"])[0], 5)
            clone.sql(RELEASED.format("interval '1 hour'"))
            clone.json(*run, code=4)
            self.assertEqual(fixture.objects_of(clone.objects), objects)
            clone.sql(RELEASED.format("interval '-1 second'"))
            for _ in range(2):
                request = clone.json(*run)
                self.assertEqual(request["x-ccctl"]["notCovered"], [])
                self.assertEqual(request["x-ccctl"]["notCovered"], [])
            self.assertLess(len(fixture.objects_of(clone.objects)), len(objects))
            self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.item"), "0")
            self.assertEqual(self.leaves(clone, "request.delete.completed"), "1")
            self.assertEqual(self.leaves(clone, "request.objects.deleted"), "1")
            self.assertEqual(clone.run("request", "close", request["id"])[0], 0)

    def test_a_hold_that_waited_for_the_erasure_parks_its_objects(self):
        with Clone(self.template) as clone:
            objects = fixture.objects_of(clone.objects)
            words = ("--subject", GROSS)
            blocker = Blocker(clone.name, "SELECT FROM public.emails FOR UPDATE")
            deletion = clone.start("request", "delete", *words, "--confirm", clone.confirmation(GROSS))
            wait_until(lambda: waits_for_lock(clone, "WITH %"), "the deletion waits")
            hold = clone.start("hold", "add", *words, "--matter", "m", "--reason", "r")
            wait_until(lambda: waits_for_lock(clone, "SELECT FROM ccctl.attempt%"), "the hold waits")
            blocker.release()
            self.assertEqual(hold.communicate(timeout=60)[1], "")
            _, errors = deletion.communicate(timeout=60)
            self.assertEqual(deletion.returncode, 4, errors)
            self.assertEqual(fixture.objects_of(clone.objects), objects)

    def test_a_hold_that_the_erasure_knew_parks_nothing(self):
        # It covers the category of the objects' rows, but none of these rows.
        with Clone(self.template) as clone:
            clone.json("hold", "add", "--category", "generated", "--created-to", "2001-01-01T00:00:00Z",
                       "--matter", "m", "--reason", "r")
            before = fixture.objects_of(clone.objects)
            request = clone.json("request", "delete", "--subject", TANAKA, "--confirm",
                                 clone.confirmation(TANAKA))
            self.assertEqual(request["x-ccctl"]["notCovered"], [])
            self.assertLess(len(fixture.objects_of(clone.objects)), len(before))

    def test_one_object_that_cannot_be_removed_does_not_stop_the_others(self):
        command = self.command()
        with erased_but_for_objects(self.template, *command) as clone:
            key = clone.sql("SELECT target FROM ccctl.item ORDER BY item_id LIMIT 1")
            stubborn = pathlib.Path(clone.objects, key)
            stubborn.unlink()
            stubborn.mkdir()
            request = clone.json(*command, code=4)
            self.assertEqual(request["x-ccctl"]["notCovered"], ["objects"])
            self.assertEqual(clone.sql("SELECT target FROM ccctl.item"), key)
            stubborn.rmdir()
            self.assertEqual(clone.json("request", "run", request["id"])["x-ccctl"]["notCovered"],
                             [])
            self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.item"), "0")

    def test_killed_between_the_removal_and_its_commit_it_goes_on(self):
        command = self.command()
        with erased_but_for_objects(self.template, *command) as clone:
            waiting = clone.sql("SELECT count(*) FROM ccctl.item")
            there = len(fixture.objects_of(clone.objects))
            clone.proxy.arm("kill", text=b"DELETE FROM ccctl.item")
            self.assertEqual(clone.run(*command)[0], -signal.SIGKILL)
            self.assertLess(len(fixture.objects_of(clone.objects)), there)
            self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.item"), waiting)
            clone.proxy.arm(None)
            self.assertEqual(clone.json(*command)["x-ccctl"]["notCovered"], [])
            self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.item"), "0")
            self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.attempt"), "0")


if __name__ == "__main__":
    unittest.main()
