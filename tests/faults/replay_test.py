"""Every crash point of `retention replay`: wherever it is cut or killed, run again it arrives at the
same end: holds restored once, the erased erased once, every lost line accounted for. And what it does
with what it must not decide: a key that was given to somebody else, a line that it does not know.
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import crash_points
import fixture
from crash_points import Job, psql
from fixture import CCCTL, CLUSTER, GROSS, TANAKA

NOBODYS = "+819055500000"
DIGEST = [
    "SELECT 'replayed', count(*) FROM ccctl.replayed",
    "SELECT 'hold', hold_id, matter, reason, custodian, subject_kind, added_by, added_at FROM ccctl.hold"
    " ORDER BY hold_id",
    "SELECT 'hold_subject', hold_id, subject_kind, subject_key FROM ccctl.hold_subject ORDER BY 2, 4",
    "SELECT 'request', channel, phase, outcome FROM ccctl.request ORDER BY 2",
    "SELECT 'tombstone', keyed_hash, count(*) FROM ccctl.tombstone GROUP BY 2 ORDER BY 2",
    "SELECT 'journal_due', count(*) FROM ccctl.journal_due",
    "SELECT 'attempt', count(*) FROM ccctl.attempt",
]


class Lost:
    """A datastore as a backup held it, and the journal and objects as they went on."""

    packs = ""  # other policies than those of the house

    def __init__(self, template):
        self.template = template
        self.name = f"ccctl_faults_{os.getpid()}_lost"
        self.folder = tempfile.mkdtemp(prefix="ccctl-faults-lost-")
        with fixture.Clone(template) as clone:
            clone.json("hold", "add", "--category", "host_usage", "--matter", "2026-16", "--reason",
                       "audit")
            # A number that no person's row holds: only a term finds it.
            clone.sql("INSERT INTO public.do_not_contact (tenant_id, id, phone, reason, created_at) VALUES"
                      f" ('acme', gen_random_uuid(), '{NOBODYS}', 'asked', now())")
            psql(CLUSTER, "postgres", f'CREATE DATABASE "{self.name}" TEMPLATE "{clone.name}"')
            shutil.copytree(clone.objects, f"{self.folder}/objects")
            plan = clone.json("request", "plan", "--phone", NOBODYS)
            clone.json("request", "delete", "--phone", NOBODYS, "--confirm", plan["confirmation"])
            clone.json("hold", "add", "--subject", GROSS, "--matter", "2026-17", "--reason", "litigation")
            confirmation = clone.confirmation(TANAKA)
            self.erased = clone.json("request", "delete", "--subject", TANAKA, "--confirm",
                                     confirmation)["id"]
            shutil.copytree(f"{clone.objects}.journal", f"{self.folder}/journal")

    @classmethod
    def empty(cls, template, what):
        lost = cls.__new__(cls)
        lost.template = template
        lost.name = f"ccctl_faults_{os.getpid()}_{what}"
        lost.folder = tempfile.mkdtemp(prefix="ccctl-faults-lost-")
        return lost

    @classmethod
    def half_way(cls, template):
        """The same, of a backup made while the erasure was confirmed and not begun."""
        lost = cls.empty(template, "half")
        with fixture.Clone(template) as clone:
            confirmation = clone.confirmation(TANAKA)
        words = ("request", "delete", "--subject", TANAKA, "--confirm", confirmation)
        with fixture.killed_confirmed(template, *words) as clone:
            clone.proxy.close()
            clone.proxy = None
            clone.env["PGHOST"] = CLUSTER
            psql(CLUSTER, "postgres", f'CREATE DATABASE "{lost.name}" TEMPLATE "{clone.name}"')
            shutil.copytree(clone.objects, f"{lost.folder}/objects")
            lost.erased = clone.json(*words)["id"]
            shutil.copytree(f"{clone.objects}.journal", f"{lost.folder}/journal")
        return lost

    @classmethod
    def swept(cls, template, as_of):
        """A sweep came after the backup, and a hold before the sweep."""
        lost = cls.empty(template, "swept")
        with fixture.Clone(template) as clone:
            clone.json("hold", "add", "--category", "host_usage", "--matter", "2026-16", "--reason",
                       "audit")
            # One recording is due by then, one would be and is held, one becomes due later.
            clone.sql("UPDATE public.recordings r SET created_at = v.at FROM (SELECT id, row_number()"
                      " OVER (ORDER BY created_at, id) AS n FROM public.recordings WHERE tenant_id ="
                      " 'acme') k JOIN (VALUES (1, '2025-02-01'::timestamptz), (2, '2025-03-15'), (3,"
                      " '2025-09-15')) v(n, at) USING (n) WHERE r.tenant_id = 'acme' AND r.id = k.id")
            sweep = ("retention", "sweep", "--yes", "--first-run-ok", "--as-of", as_of)
            clone.run(*sweep)  # asks for the approval of the policy pack
            pack, = clone.json("approve", "list", "--open")["entities"]
            clone.json("approve", "sign", pack["id"], user="officer2")
            psql(CLUSTER, "postgres", f'CREATE DATABASE "{lost.name}" TEMPLATE "{clone.name}"')
            shutil.copytree(clone.objects, f"{lost.folder}/objects")
            clone.json("hold", "add", "--data", "recording", "--created-to", "2025-04-01T00:00:00Z",
                       "--created-from", "2025-03-01T00:00:00Z", "--matter", "2026-17", "--reason",
                       "litigation")
            lost.report = clone.json(*sweep)
            lost.after = clone.sql(fixture.site_digest(clone.name))
            lost.objects = fixture.objects_of(clone.objects)
            shutil.copytree(f"{clone.objects}.journal", f"{lost.folder}/journal")
        return lost

    def env(self, folder, database="", user="officer"):
        env = {**self.template.env(f"{folder}/objects"), "CCCTL_JOURNAL": f"file:{folder}/journal",
               "PGUSER": user}
        if self.packs:
            env["CCCTL_PACKS"] = self.packs
        if database:
            env.update(PGHOST=CLUSTER, PGDATABASE=database)
        return env

    def run(self, *words, user="officer"):
        done = subprocess.run([CCCTL, *words, "-o", "json"], env=self.env(self.folder, self.name, user),
                              capture_output=True, text=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def approve(self):
        self.run("retention", "replay", "--reason", "disk failure")
        approval, = (row["id"] for row in json.loads(self.run("approve", "list", "--open")[1])["entities"]
                     if row["approvalKind"] == "replay")
        code, _, errors = self.run("approve", "sign", approval, user="officer2")
        if code:
            raise RuntimeError(errors)

    def sql(self, *statements):
        return psql(CLUSTER, self.name, *statements).strip()

    def add_line(self, leaf):
        """Appends a segment as another program might have written it."""
        files = sorted(path for path in pathlib.Path(self.folder, "journal").rglob("*")
                       if path.is_file() and "acme" in path.parts)
        number = len(files) + 1
        last = files[-1].read_bytes()
        head = json.loads(last.split(b"\n")[0][65:])
        head["segment"] = number
        lines, before = [], last.rstrip(b"\n").split(b"\n")[-1]
        for content in (json.dumps(head, sort_keys=True, separators=(",", ":")), leaf):
            line = hashlib.sha256(before).hexdigest().encode() + b" " + content.encode()
            lines.append(line + b"\n")
            before = line
        (files[-1].parent / f"{number:09d}").write_bytes(b"".join(lines))

    def close(self):
        psql(CLUSTER, "postgres", f'DROP DATABASE "{self.name}" WITH (FORCE)')
        shutil.rmtree(self.folder, ignore_errors=True)


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def lost(self):
        lost = Lost(self.template)
        self.addCleanup(lost.close)
        lost.approve()
        return lost

    def test_every_crash_point_has_the_same_end(self):
        lost = self.lost()
        env = {name: value for name, value in lost.env("$FOLDER").items()
               if name not in os.environ or os.environ[name] != value}

        def level(run):
            done = subprocess.run([CCCTL, "journal", "verify", "-o", "json"],
                                  env={**os.environ, **lost.env(run.folder, run.database)},
                                  capture_output=True, text=True, timeout=60, check=False)
            return json.loads(done.stdout)["verdict"] + "\n"

        job = Job(lost.name, f"{CCCTL} retention replay -o json",
                  [fixture.site_digest(lost.name), *DIGEST], folder=lost.folder, env=env, inspect=level)
        _, _, digest, _ = crash_points.undisturbed(job)
        for line in ("request|replay|completed|complete\nrequest|replay|completed|complete",
                     "verified", "attempt|0"):
            self.assertIn(line + "\n", digest)
        # A cut is to it what a kill is: it says where it stopped, and goes on when run again.
        self.assertEqual(crash_points.crash_points(job, kinds=("kill", "commit"), every=5), [])

    def test_what_only_a_term_found_is_erased_again(self):
        lost = self.lost()
        rows = f"SELECT count(*) FROM public.do_not_contact WHERE phone = '{NOBODYS}'"
        self.assertEqual(lost.sql(rows), "1")
        code, out, errors = lost.run("retention", "replay")
        self.assertEqual(code, 0, errors + out)
        self.assertEqual(lost.sql(rows), "0")
        self.assertEqual(json.loads(lost.run("journal", "status")[1])["level"], True)
        found = json.loads(lost.run("request", "list", "--phone", NOBODYS)[1])["entities"]
        self.assertEqual(len(found), 2)  # the first request, and the one that replay made
        # Whom the references mean is found with the tenant's key: an event of each run, that which asked for the
        # approval and that which replayed (W-46).
        used = lost.sql("SELECT j -> 'body' ->> 'kind', count(*) FROM (SELECT convert_from(line, 'UTF8')::json AS j FROM"
                        " ccctl.leaf UNION ALL SELECT convert_from(line, 'UTF8')::json FROM ccctl.pending) e"
                        " WHERE j ->> 'action' = 'key.used' AND j -> 'body' ->> 'purpose' = 'replay' GROUP BY 1")
        self.assertEqual(used, "evidence|2")

    def test_a_request_that_the_backup_holds_half_done_is_carried_on(self):
        lost = Lost.half_way(self.template)
        self.addCleanup(lost.close)
        lost.approve()
        code, _, errors = lost.run("retention", "replay")
        self.assertEqual(code, 0, errors)
        self.assertEqual(lost.sql("SELECT request_id, phase, outcome FROM ccctl.request"),
                         f"{lost.erased}|completed|complete")
        self.assertEqual(lost.sql("SELECT count(*) FROM public.external_contacts WHERE tenant_id ="
                                  f" 'acme' AND id = '{TANAKA.split(':')[1]}'"), "0")
        self.assertEqual(json.loads(lost.run("journal", "status")[1])["level"], True)

    def test_a_sweep_is_planned_again_as_of_its_instant(self):
        lost = Lost.swept(self.template, "2026-08-01T00:00:00Z")
        self.addCleanup(lost.close)
        self.assertGreater(lost.report["rows"], 0)
        self.assertEqual(lost.report["held"], 1)
        digest = fixture.site_digest(lost.name)
        self.assertNotEqual(lost.sql(digest), lost.after)
        lost.approve()
        code, out, errors = lost.run("retention", "replay")
        self.assertEqual(code, 0, errors + out)
        swept = [row for row in json.loads(out)["entities"] if row["action"] == "retention.window"]
        self.assertEqual([(row["outcome"], row["leaves"]) for row in swept],
                         [("swept", lost.report["windows"])])
        # Neither what was held then, nor what became due since.
        self.assertEqual(lost.sql(digest), lost.after)
        self.assertEqual(fixture.objects_of(f"{lost.folder}/objects"), lost.objects)
        self.assertTrue(json.loads(lost.run("journal", "status")[1])["level"])
        counts = json.loads(lost.run("retention", "plan")[1])["entities"]
        self.assertEqual([row["rows"] for row in counts if row["state"] == "due" and row["table"] ==
                          "recordings"], [1])

    def test_a_sweep_by_a_policy_that_has_changed_since_is_left_to_the_next(self):
        lost = Lost.swept(self.template, "2026-08-01T00:00:00Z")
        self.addCleanup(lost.close)
        packs = pathlib.Path(lost.folder, "packs")
        shutil.copytree(pathlib.Path(fixture.SOURCE, "policies"), packs)
        rules = packs / "sandbox" / "retention.yaml"
        rules.write_text(rules.read_text(encoding="utf-8").replace("P7Y", "P9Y"), encoding="utf-8")
        lost.packs = str(packs)
        before = lost.sql(fixture.site_digest(lost.name))
        lost.approve()
        code, out, errors = lost.run("retention", "replay")
        self.assertEqual(code, 0, errors + out)
        swept = [row for row in json.loads(out)["entities"] if row["action"] == "retention.window"]
        self.assertEqual([row["outcome"] for row in swept], ["noted"])
        self.assertIn("policy has changed", swept[0]["detail"])
        self.assertEqual(lost.sql(fixture.site_digest(lost.name)), before)

    def test_nothing_is_swept_while_a_line_may_be_a_hold(self):
        lost = Lost.swept(self.template, "2026-08-01T00:00:00Z")
        self.addCleanup(lost.close)
        lost.add_line('{"action":"hold.widened","actor":"admin","at":"2026-11-21T12:00:00.000000Z",'
                      '"body":{},"log":"evidence","tenant":"acme","v":1}')
        before = lost.sql(fixture.site_digest(lost.name))
        lost.approve()
        code, out, errors = lost.run("retention", "replay")
        self.assertEqual(code, 4, errors)
        swept = [row for row in json.loads(out)["entities"] if row["action"] == "retention.window"]
        self.assertEqual([row["outcome"] for row in swept], ["noted"])
        self.assertEqual(lost.sql(fixture.site_digest(lost.name)), before)

    def test_a_key_that_belongs_to_somebody_else_now_goes_to_review(self):
        lost = self.lost()
        lost.sql("UPDATE public.external_contacts SET name = 'Somebody Else', name_folded ="
                 " 'somebodyelse', email = 'other@example.org', phone = NULL, mobile = NULL, twitter ="
                 " NULL, address = NULL, address_folded = NULL, external_id = 'CRM-OTHER', canonical_id"
                 " = NULL WHERE tenant_id = 'acme' AND id ="
                 " '00000000-0000-4000-8000-000000000002'")
        code, out, errors = lost.run("retention", "replay")
        self.assertEqual(code, 4, errors)
        reviewed = [row for row in json.loads(out)["entities"] if row["outcome"] == "review"]
        self.assertEqual([row["subject"] for row in reviewed],
                         [f"external_contact:{fixture.TANAKA_SECOND}"])
        self.assertEqual(lost.sql("SELECT id FROM public.external_contacts WHERE tenant_id = 'acme' AND"
                                  " id::text LIKE '00000000-0000-4000-8000-00000000000_' AND id::text <="
                                  " '00000000-0000-4000-8000-000000000003'"), fixture.TANAKA_SECOND)
        self.assertEqual(json.loads(lost.run("journal", "status")[1])["level"], True)

    def test_a_line_that_it_does_not_know_is_said_and_stays(self):
        lost = self.lost()
        lost.add_line('{"action":"rows.swept","actor":"admin","at":"2026-11-21T12:00:00.000000Z",'
                      '"body":{},"log":"evidence","tenant":"acme","v":1}')
        code, out, errors = lost.run("retention", "replay")
        self.assertEqual(code, 4, errors)
        self.assertIn(("rows.swept", "unknown"),
                      {(row["action"], row["outcome"]) for row in json.loads(out)["entities"]})
        self.assertEqual(json.loads(lost.run("journal", "status")[1])["lost"], 1)
        code, _, errors = lost.run("request", "delete", "--subject", GROSS, "--confirm", "x:1")
        self.assertEqual(code, 5)
        self.assertIn("restored_datastore", errors)


if __name__ == "__main__":
    unittest.main()
