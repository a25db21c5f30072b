"""`hold add` against `request delete` of the same person, again and again, at random moments: what stands
when the hold has answered 0 stands for ever, and what is gone by then stays gone. CCCTL_TEST_RACES says how often (220 times by default).
"""
import collections
import os
import random
import time
import unittest

import fixture
from fixture import Clone

RACES = int(os.environ.get("CCCTL_TEST_RACES", "220"))
SEED = 20261121
# People with a conversation each, in which they wrote something.
PEOPLE = f"""
INSERT INTO public.external_contacts (tenant_id, id, name, created_at)
  SELECT 'acme', ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid, 'Racer ' || n, now()
  FROM generate_series(1, {RACES}) n;
INSERT INTO public.conversations (tenant_id, id, channel, queue, started_at, ended_at)
  SELECT 'acme', ('00000000-0000-4000-a000-' || lpad(n::text, 12, '0'))::uuid, 'chat', 'races',
    now() - interval '2 days', now() - interval '1 day' FROM generate_series(1, {RACES}) n;
INSERT INTO public.participants (tenant_id, id, conversation_id, role, external_contact_id, joined_at)
  SELECT 'acme', ('00000000-0000-4000-b000-' || lpad(n::text, 12, '0'))::uuid,
    ('00000000-0000-4000-a000-' || lpad(n::text, 12, '0'))::uuid, 'customer',
    ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid, now() - interval '2 days'
  FROM generate_series(1, {RACES}) n;
"""


class Races(unittest.TestCase):
    def setUp(self):
        self.template = fixture.Template()
        self.addCleanup(self.template.close)
        self.dice = random.Random(SEED)

    def rows(self, clone, number):
        """What stands of the person: profile, participation, conversation."""
        return clone.sql(
            "SELECT (SELECT count(*) FROM public.external_contacts WHERE tenant_id = 'acme' AND id ="
            f" '00000000-0000-4000-9000-{number:012}'), (SELECT count(*) FROM public.participants"
            f" WHERE tenant_id = 'acme' AND id = '00000000-0000-4000-b000-{number:012}'), (SELECT"
            " count(*) FROM public.conversations WHERE tenant_id = 'acme' AND id ="
            f" '00000000-0000-4000-a000-{number:012}')")

    def race(self, clone, number, head_start):
        """Gives the exit codes of hold and deletion, and what stood at the hold's answer and the end."""
        subject = f"external_contact:00000000-0000-4000-9000-{number:012}"
        confirmation = clone.confirmation(subject)
        deletion = clone.start("request", "delete", "--subject", subject, "--confirm", confirmation)
        time.sleep(head_start)
        hold = clone.start("hold", "add", "--subject", subject, "--matter", str(number), "--reason", "race")
        hold.communicate(timeout=60)
        answered = self.rows(clone, number)
        _, errors = deletion.communicate(timeout=60)
        self.assertIn((hold.returncode, deletion.returncode), {(0, 5), (0, 0), (0, 4), (6, 0)}, errors)
        return hold.returncode, deletion.returncode, answered, self.rows(clone, number)

    def test_what_stands_at_the_answer_stands_for_ever(self):
        ends = collections.Counter()
        with Clone(self.template) as clone:
            clone.sql(PEOPLE)
            duration = 0.2
            for number in range(1, RACES + 1):
                started = time.monotonic()
                hold, deletion, answered, end = self.race(clone, number, self.dice.uniform(0, duration))
                duration = 0.9 * duration + 0.1 * (time.monotonic() - started) / 2
                self.assertEqual(answered, end, f"race {number}: {hold} {deletion}")
                self.assertIn(end, {"1|1|1", "0|0|0"})
                if deletion == 5:
                    self.assertEqual(end, "1|1|1")
                ends[hold, deletion] += 1
            self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.item"), "0")
        print(dict(ends))
        # Both orders occurred; otherwise nothing was raced.
        self.assertGreater(ends[0, 5], 5)
        self.assertGreater(RACES - ends[0, 5], 5)


if __name__ == "__main__":
    unittest.main()
