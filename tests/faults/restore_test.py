"""A restored backup: by pg_dump, by a cold copy of the data folder, by point-in-time recovery. Each
time a hold, a release and an erasure come after the backup. Deleting commands refuse until `retention
replay` has run; afterwards what was held is there and held, and who was erased is gone.
"""
import glob
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

CCCTL = os.environ["CCCTL"]
PROGRAMS = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
# Well-known people of lib/sandbox/seeder.h.
TANAKA = "external_contact:00000000-0000-4000-8000-000000000001"
SATO = "external_contact:00000000-0000-4000-8000-000000000006"
SMITH = "external_contact:00000000-0000-4000-8000-00000000000a"
YAMAMOTO = "external_contact:00000000-0000-4000-8000-000000000005"
GROSS = "external_contact:00000000-0000-4000-8000-000000000009"
PHONE = "03-1234-5678"  # Tanaka's
TANAKA_ROWS = ("SELECT count(*) FROM public.external_contacts WHERE tenant_id = 'acme' AND id IN"
               " ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002',"
               " '00000000-0000-4000-8000-000000000003')")


def shell(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False,
                          cwd="/")
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stderr}")
    return done.stdout


class Site:
    """A sandbox of its own: a private cluster, and its journal outside that cluster's folder."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="ccctl-restore-")
        os.chmod(self.root, 0o755)
        self.place = pathlib.Path(self.root, "sandbox")
        self.data = self.place / "data"
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("PG", "CCCTL", "XDG_"))}
        self.env.update(HOME=self.root, CCCTL_TEST_SANDBOX=str(self.place))
        self.start("--contacts", "3")

    def close(self):
        self.run("sandbox", "down", "--erase")
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self, *options):
        self.must("sandbox", "up", *options, "--quiet")

    def stop(self):
        self.must("sandbox", "down", "--quiet")

    def run(self, *words, user="officer"):
        done = subprocess.run([CCCTL, *words], env={**self.env, "PGUSER": user}, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr

    def must(self, *words, user="officer", code=0):
        found, out, errors = self.run(*words, user=user)
        if found != code:
            raise AssertionError(f"{' '.join(words)}: exit code {found}, not {code}: {errors}{out}")
        return out

    def json(self, *words, user="officer", code=0):
        return json.loads(self.must(*words, "-o", "json", user=user, code=code))

    def psql(self, *words, database="ccctl"):
        return shell(PROGRAMS / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.place / "run",
                     "-U", "postgres", "-d", database, *words).strip()

    def sql(self, statement):
        return self.psql("-c", statement)

    def erase(self, subject):
        plan = self.json("request", "plan", "--subject", subject)
        return self.run("request", "delete", "--subject", subject, "--confirm", plan["confirmation"],
                        "-o", "json")


class Dump:
    """pg_dump and pg_restore."""

    def __init__(self, site):
        self.site, self.file = site, pathlib.Path(site.root, "dump")

    def backup(self):
        with open(self.file, "wb") as out:
            subprocess.run([PROGRAMS / "pg_dump", "-Fc", "-h", self.site.place / "run", "-U", "postgres",
                            "ccctl"], stdout=out, check=True, cwd="/")

    def restore(self):
        self.site.psql("-c", "DROP DATABASE ccctl WITH (FORCE)", "-c",
                       "CREATE DATABASE ccctl TEMPLATE template0", database="postgres")
        shell(PROGRAMS / "pg_restore", "-h", self.site.place / "run", "-U", "postgres", "-d", "ccctl",
              self.file)


class ColdCopy:
    """A copy of the data folder of a stopped server."""

    def __init__(self, site):
        self.site, self.copy = site, pathlib.Path(site.root, "copy")

    def backup(self):
        self.site.stop()
        shell("cp", "-a", self.site.data, self.copy)
        self.site.start()

    def restore(self):
        self.site.stop()
        shutil.rmtree(self.site.data)
        shell("cp", "-a", self.copy, self.site.data)
        self.site.start()


class PointInTime:
    """A base backup and archived WAL up to a named point, in a server that archives."""

    def __init__(self, site):
        self.site = site
        self.copy, self.archive = pathlib.Path(site.root, "base"), pathlib.Path(site.root, "archive")
        self.archive.mkdir(mode=0o777)
        os.chmod(self.archive, 0o777)
        for setting in ("wal_level = replica", "archive_mode = on",
                        f"archive_command = 'cp %p {self.archive}/%f'"):
            site.sql(f"ALTER SYSTEM SET {setting}")
        site.stop()
        site.start()

    def backup(self):
        script = pathlib.Path(self.site.root, "backup.sql")
        label = pathlib.Path(self.site.root, "backup_label")
        script.write_text(
            "SELECT pg_backup_start('test', true);\n"
            f"\\! cp -a '{self.site.data}' '{self.copy}'\n"
            f"\\o {label}\nSELECT labelfile FROM pg_backup_stop(false);\n", encoding="ascii")
        self.site.psql("-f", script)
        shutil.copy(label, self.copy / "backup_label")
        (self.copy / "postmaster.pid").unlink()
        # Something more comes before the point, and is in the archive only.
        self.site.sql("SELECT pg_create_restore_point('the_point'); SELECT pg_switch_wal()")

    def restore(self):
        self.site.sql("SELECT pg_switch_wal()")
        self.site.stop()
        shutil.rmtree(self.site.data)
        shell("cp", "-a", self.copy, self.site.data)
        with open(self.site.data / "postgresql.auto.conf", "a", encoding="ascii") as settings:
            settings.write(f"restore_command = 'cp {self.archive}/%f %p'\n"
                           "recovery_target_name = 'the_point'\n"
                           "recovery_target_action = 'promote'\n")
        (self.site.data / "recovery.signal").touch()
        shell("chown", "--reference", self.site.data / "PG_VERSION", "-R", self.site.data)
        # Until the point is reached the server runs and takes no writes.
        end = time.monotonic() + 60
        while (answer := self.site.run("sandbox", "up", "--quiet"))[0] != 0:
            if time.monotonic() > end:
                raise AssertionError(f"sandbox up: {answer}")
            time.sleep(0.2)


class Restore(unittest.TestCase):
    def check(self, how):
        site = Site()
        self.addCleanup(site.close)
        backup = how(site)
        released = site.json("hold", "add", "--subject", SMITH, "--matter", "2026-17", "--reason",
                             "litigation")["id"]
        backup.backup()
        held = site.json("hold", "add", "--subject", GROSS, "--matter", "2026-18", "--reason",
                         "litigation")["id"]
        asked = site.json("hold", "release", released, "--reason", "settled")["id"]
        site.must("approve", "sign", asked, user="officer2")
        grace = site.sql(f"SELECT released_at, grace_until FROM ccctl.hold WHERE hold_id = '{released}'")
        confirmation = site.json("request", "plan", "--subject", TANAKA)["confirmation"]
        code, out, errors = site.run("request", "delete", "--subject", TANAKA, "--confirm",
                                     confirmation, "-o", "json")
        self.assertEqual(code, 0, errors)
        erased = json.loads(out)["id"]
        receipt = pathlib.Path(site.root, "receipt")
        site.must("request", "receipt", erased, "--out", str(receipt), "--quiet")
        self.assertEqual(site.sql(TANAKA_ROWS), "0")

        backup.restore()
        self.assertEqual(site.sql(TANAKA_ROWS), "3")
        self.refuses(site, confirmation, released)
        self.replays(site)
        self.is_as_before(site, held, released, grace, erased)
        self.tells_the_rollback(site, receipt, "evidence")

    def refuses(self, site, confirmation, hold):
        status = site.json("journal", "status", code=3)
        self.assertFalse(status["level"])
        self.assertIn("retention replay", site.must("db", "doctor", code=3))
        saved = pathlib.Path(site.root, "saved.plan")
        site.must("retention", "plan", "--out", str(saved), user="admin")
        for command in (("request", "delete", "--subject", TANAKA, "--confirm", confirmation),
                        ("request", "update", "--subject", TANAKA, "--set", "email=a@example.jp",
                         "--confirm", confirmation),
                        ("retention", "sweep", "--yes"),
                        ("retention", "apply", str(saved), "--yes"),
                        ("retention", "offboard", "--destroy", "--yes"),
                        ("audit", "prune", "--yes"),
                        ("request", "run", "no-such-request"), ("request", "run"),
                        ("request", "retry", "no-such-request"),
                        ("hold", "release", hold, "--reason", "settled")):
            code, _, errors = site.run(*command, "-o", "json")
            self.assertEqual(code, 5, errors)
            error = json.loads(errors.splitlines()[-1])["error"]
            self.assertEqual(error["kind"], "restored_datastore", command)
        self.assertEqual(site.sql(TANAKA_ROWS), "3")
        # What keeps data is allowed, and does not hide what is missing.
        site.must("hold", "add", "--subject", SATO, "--matter", "2026-19", "--reason", "audit")
        self.assertEqual(site.json("journal", "status", code=3)["lost"], status["lost"])

    def replays(self, site):
        self.assertIn("request.delete.completed", site.must("retention", "replay", "--dry-run"))
        site.must("retention", "replay", code=5)
        _, _, errors = site.run("retention", "replay", "--reason", "disk failure")
        approval = site.json("approve", "list", "--open")["entities"][0]
        self.assertEqual(approval["approvalKind"], "replay")
        self.assertIn(approval["id"], errors)
        site.must("approve", "sign", approval["id"], code=5)
        site.must("retention", "replay", code=5)
        site.must("approve", "sign", approval["id"], user="officer2")
        outcomes = {(row["action"], row["outcome"])
                    for row in site.json("retention", "replay")["entities"]}
        self.assertIn(("hold.added", "restored"), outcomes)
        self.assertIn(("hold.released", "restored"), outcomes)
        self.assertIn(("subject.erased", "erased"), outcomes)
        self.assertEqual(site.json("retention", "replay")["entities"], [])
        self.assertTrue(site.json("journal", "status")["level"])
        self.assertEqual(site.json("journal", "verify")["verdict"], "verified")

    def is_as_before(self, site, held, released, grace, erased):
        self.assertEqual(site.sql(TANAKA_ROWS), "0")
        holds = {hold["id"]: hold for hold in site.json("hold", "list")["entities"]}
        self.assertEqual(holds[held]["state"], "active")
        self.assertEqual(holds[held]["scope"], [GROSS])
        self.assertEqual(
            site.sql(f"SELECT released_at, grace_until FROM ccctl.hold WHERE hold_id = '{released}'"),
            grace)
        code, _, errors = site.erase(GROSS)
        self.assertEqual(code, 5)
        self.assertIn(held, errors)
        found = site.json("request", "list", "--phone", PHONE)["entities"]
        self.assertIn(erased, [row["id"] for row in found])
        self.assertEqual(site.json("request", "list", "--phone", "+819099999999")["entities"], [])
        # Deleting works again, of somebody whom nothing holds.
        code, _, errors = site.erase(YAMAMOTO)
        self.assertEqual(code, 0, errors)

    def tells_the_rollback(self, site, pin, log_name):
        logs = site.json("audit", "verify", "--pin", str(pin), user="auditor", code=3)["entities"]
        verdicts = {log["origin"].rsplit("/", 1)[1]: log["verdict"]
                    for log in logs if f"/{log_name}/" in log["origin"]}
        shards = sorted(verdicts)
        self.assertEqual(len(shards), 2, logs)
        self.assertEqual(verdicts[shards[0]], "rollback_of_signed_tree")
        self.assertEqual(verdicts[shards[1]], "consistent-but-unpinned")

    def test_nothing_is_signed_twice_that_only_an_auditor_saw(self):
        site = Site()
        self.addCleanup(site.close)
        backup = Dump(site)
        site.must("subjects", "search", "--email", "sakura.yamamoto@example.jp")
        site.must("audit", "seal")
        backup.backup()
        site.must("audit", "show", user="auditor")
        seen = pathlib.Path(site.root, "seen")
        seen.write_text(site.sql("SELECT note FROM ccctl.checkpoint WHERE tenant_id = 'acme' AND"
                                 " log = 'security' ORDER BY size DESC LIMIT 1") + "\n",
                        encoding="utf-8")
        backup.restore()
        for _ in range(2):
            site.must("subjects", "search", "--email", "sakura.yamamoto@example.jp")
            site.must("audit", "seal")
        self.tells_the_rollback(site, seen, "security")

    def test_by_dump(self):
        self.check(Dump)

    def test_by_a_cold_copy(self):
        self.check(ColdCopy)

    def test_by_point_in_time_recovery(self):
        self.check(PointInTime)


if __name__ == "__main__":
    unittest.main()
