"""Two processes at the same request, and two requests for the same conversations, at the same moment.
"""
import random
import time
import unittest

import fixture
from fixture import SUZUKI, TANAKA, Clone, killed_confirmed

SEED = 20261121


class Workers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()
        cls.dice = random.Random(SEED)

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def command(self, subject):
        with Clone(self.template) as clone:
            confirmation = clone.confirmation(subject)
        return ("request", "delete", "--subject", subject, "--confirm", confirmation)

    def together(self, clone, first, second, apart):
        """Starts both, `apart` seconds one after the other; gives their exit codes and messages."""
        processes = [clone.start(*first)]
        time.sleep(apart)
        processes.append(clone.start(*second))
        ends = [process.communicate(timeout=120)[1] for process in processes]
        return [process.returncode for process in processes], ends

    def test_two_runs_of_one_request_do_each_step_once(self):
        command = self.command(TANAKA)
        with killed_confirmed(self.template, *command) as confirmed:
            run = ("request", "run", confirmed.sql("SELECT request_id FROM ccctl.request"))
            with Clone(self.template, confirmed.name) as clone:
                started = time.monotonic()
                self.assertEqual(clone.run(*run)[0], 0)
                duration = time.monotonic() - started
                wanted = clone.digest()
            for _ in range(30):
                with Clone(self.template, confirmed.name) as clone:
                    codes, ends = self.together(clone, run, run, self.dice.uniform(0, duration))
                    self.assertLessEqual(set(codes), {0, 7}, ends)
                    self.assertIn(0, codes, ends)
                    self.assertEqual(clone.digest(), wanted)

    def test_the_same_command_twice_is_one_request(self):
        command = self.command(TANAKA)
        with Clone(self.template) as clone:
            started = time.monotonic()
            self.assertEqual(clone.run(*command)[0], 0)
            duration = time.monotonic() - started
            wanted = clone.digest()
        for _ in range(20):
            with Clone(self.template) as clone:
                codes, ends = self.together(clone, command, command, self.dice.uniform(0, duration / 2))
                self.assertLessEqual(set(codes), {0, 7}, ends)
                self.assertIn(0, codes, ends)
                self.assertEqual(clone.digest(), wanted)

    def share(self, clone):
        """Every conversation of Tanaka's becomes one of Suzuki's too."""
        clone.sql(
            "INSERT INTO public.participants (tenant_id, id, conversation_id, external_contact_id,"
            " role, joined_at) SELECT DISTINCT p.tenant_id, gen_random_uuid(), p.conversation_id,"
            " '00000000-0000-4000-8000-000000000004'::uuid, 'customer', p.joined_at"
            " FROM public.participants p WHERE p.tenant_id = 'acme' AND p.role = 'customer' AND"
            " p.external_contact_id IN ('00000000-0000-4000-8000-000000000001',"
            " '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000003')")
        return [("request", "delete", "--subject", subject, "--confirm", clone.confirmation(subject))
                for subject in (TANAKA, SUZUKI)]

    def test_two_customers_of_the_same_conversations_end_as_one_after_the_other(self):
        with Clone(self.template) as shared:
            commands = self.share(shared)
            with killed_confirmed(self.template, *commands[0], source=shared.name) as one, \
                    killed_confirmed(self.template, *commands[1], source=one.name, requests=2) as both:
                self.race(both)

    def race(self, confirmed):
        site = fixture.site_digest(confirmed.name)
        runs = [("request", "run", request) for request in
                confirmed.sql("SELECT request_id FROM ccctl.request ORDER BY created_at").split()]
        wanted = set()
        for order in (runs, runs[::-1]):
            with Clone(self.template, confirmed.name) as clone:
                started = time.monotonic()
                for run in order:
                    self.assertEqual(clone.run(*run)[0], 0)
                duration = (time.monotonic() - started) / 2
                wanted.add(clone.sql(site))
        self.assertEqual(len(wanted), 1)
        for turn in range(60):
            with Clone(self.template, confirmed.name) as clone:
                order = runs if turn % 2 else runs[::-1]
                codes, ends = self.together(clone, *order, self.dice.uniform(0, duration / 2))
                self.assertEqual(codes, [0, 0], ends)
                self.assertEqual({clone.sql(site)}, wanted)
                self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.attempt"), "0")
                self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.item"), "0")


if __name__ == "__main__":
    unittest.main()
