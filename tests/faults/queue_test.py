"""Several workers over many queued requests, killed at random: each step is done once.

CCCTL_TEST_QUEUED says how many requests (200 by default); CCCTL_TEST_WORKERS how many workers.
"""
import os
import random
import time
import unittest

import fixture
from fixture import Clone

SEED = 20261121
REQUESTS = int(os.environ.get("CCCTL_TEST_QUEUED", "200"))
KILLS = 40
WORKERS = int(os.environ.get("CCCTL_TEST_WORKERS", "3"))
PEOPLE = (
    "INSERT INTO public.external_contacts (tenant_id, id, name, name_folded, email, phone, created_at)"
    " SELECT 'acme', gen_random_uuid(), 'Queued ' || i, 'queued ' || i, 'queued' || i || '@example.jp',"
    f" '+8170' || lpad(i::text, 8, '0'), now() FROM generate_series(1, {REQUESTS}) i",
    "INSERT INTO public.do_not_contact SELECT tenant_id, gen_random_uuid(), phone, 'asked', now() FROM"
    " public.external_contacts WHERE email LIKE 'queued%'",
    "INSERT INTO public.custom_attributes SELECT tenant_id, gen_random_uuid(), id, 'plan', 'gold', now()"
    " FROM public.external_contacts WHERE email LIKE 'queued%'")


class Queue(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def fill(self, clone):
        """A pack that lets many in at a time, and that many requests in its queue."""
        packs = os.path.join(clone.folder, "packs", "sandbox")
        os.makedirs(packs)
        for name in ("pack.yaml", "requests.yaml", "retention.yaml"):
            text = (fixture.SOURCE / "policies" / "sandbox" / name).read_text(encoding="utf-8")
            with open(os.path.join(packs, name), "w", encoding="utf-8") as file:
                file.write(text + ("bulk: true\n" if name == "requests.yaml" else ""))
        clone.env["CCCTL_PACKS"] = os.path.dirname(packs)
        clone.sql(*PEOPLE)
        lines = os.path.join(clone.folder, "lines")
        with open(lines, "w", encoding="utf-8") as file:
            for i in range(1, REQUESTS + 1):
                file.write('{"requestType": "GDPR_DELETE", "reference": "r-%d", "subject":'
                           ' {"emailAddresses": ["queued%d@example.jp"]}}\n' % (i, i))
        plan = clone.json("request", "plan", "--import", lines)
        return ("request", "run", "--import", lines, "--confirm", plan["confirmation"])

    def test_killed_workers_leave_each_step_done_once(self):
        dice = random.Random(SEED)
        with Clone(self.template) as clone:
            command = self.fill(clone)
            # The import is killed half-way; run again it stores the rest, and dies as it begins.
            self.killed_import(clone, command, REQUESTS // 2)
            self.killed_import(clone, command, REQUESTS)
            self.assertEqual(clone.sql("SELECT count(*) FROM ccctl.request"), str(REQUESTS))
            started, kills, workers = time.monotonic(), 0, []
            while int(clone.sql("SELECT count(*) FROM ccctl.item WHERE kind = 'request.run'")) > 0:
                for ended in [w for w in workers if w.poll() is not None]:
                    ended.communicate()
                    workers.remove(ended)
                while len(workers) < WORKERS:
                    workers.append(clone.start("request", "run", "--quiet"))
                time.sleep(dice.uniform(0.05, 0.6))
                victim = dice.choice(workers)
                if victim.poll() is None and kills < KILLS:
                    victim.kill()
                    victim.communicate()
                    kills += 1
            for worker in workers:
                worker.communicate(timeout=300)
            print(f"{REQUESTS} requests, {WORKERS} workers, {kills} kills:"
                  f" {time.monotonic() - started:.1f} s", flush=True)
            self.check(clone)

    def killed_import(self, clone, command, stored):
        process = clone.start(*command)
        fixture.wait_until(lambda: process.poll() is not None or
                           int(clone.sql("SELECT count(*) FROM ccctl.request")) >= stored,
                           f"{stored} requests are stored", 600)
        process.kill()
        process.communicate()

    def check(self, clone):
        count = lambda sql: int(clone.sql("SELECT count(*) FROM " + sql))
        self.assertEqual(count("public.external_contacts WHERE email LIKE 'queued%'"), 0)
        self.assertEqual(count("public.do_not_contact WHERE phone LIKE '+8170%'"), 0)
        self.assertEqual(count("ccctl.request"), REQUESTS)
        self.assertEqual(count("ccctl.request WHERE phase = 'completed' AND outcome = 'complete'"), REQUESTS)
        self.assertEqual(count("ccctl.attempt"), 0)
        # One erasing and one settling pass each, and one leaf for each of them and for the request.
        self.assertEqual(count("ccctl.receipt WHERE pass = 1"), REQUESTS)
        self.assertEqual(count("ccctl.receipt WHERE pass > 2"), 0)
        for action in ("request.delete.confirmed", "request.delete.completed"):
            self.assertEqual(count("ccctl.leaf WHERE convert_from(line, 'UTF8') LIKE '%\"action\":\"" + action
                                   + "\"%'"), REQUESTS, action)
        # Contact, attribute and number: three rows of each person, counted once.
        self.assertEqual(clone.sql("SELECT sum((tallies::json ->> 'rows')::int) FROM ccctl.receipt"),
                         str(3 * REQUESTS))


if __name__ == "__main__":
    unittest.main()
