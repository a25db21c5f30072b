"""While commands are at work, nobody who may look at the machine sees a person: not in the arguments of
processes that ccctl starts, not in what the datastore tells of its sessions, not in files left open.
"""
import os
import pathlib
import sys
import threading
import time
import unittest

import fixture
from crash_points import psql
from fixture import CLUSTER, SOURCE, Clone

sys.path.insert(0, str(SOURCE / "tests/cli"))
import canaries  # noqa: E402

WHO = ("--email", "hanako.suzuki@example.jp")
ACTIVITY = ("SELECT application_name || ' ' || query FROM pg_stat_activity WHERE datname = '{}'"
            " AND application_name <> 'psql'")


class Watch:
    """Looks again and again at a process: its children, its sessions, the files that it holds."""

    def __init__(self, clone, process):
        self.clone, self.pid, self.seen, self.looks = clone, process.pid, set(), 0
        self.thread = threading.Thread(target=self.look)
        self.over = False
        self.thread.start()

    def children(self):
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if f"\nPPid:\t{self.pid}\n" in (path / "status").read_text():
                    yield (path / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue  # it has ended

    def open_files(self):
        """The names of what it has open."""
        try:
            for path in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
                yield os.readlink(path)
        except OSError:
            return

    def look(self):
        while not self.over:
            self.looks += 1
            for what, texts in (("an argument", self.children()), ("the name of a file", self.open_files()),
                                ("a session", psql(CLUSTER, "postgres",
                                                   ACTIVITY.format(self.clone.name)).splitlines())):
                for text in texts:
                    self.seen.update(canaries.find(text, what))
            time.sleep(0.001)

    def stop(self):
        self.over = True
        self.thread.join()


class Privacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def watched(self, clone, *words, code=0, user="officer"):
        process = clone.start(*words, user=user)
        watch = Watch(clone, process)
        try:
            out, errors = process.communicate(timeout=120)
        finally:
            watch.stop()
        self.assertEqual(process.returncode, code, errors)
        self.assertEqual(watch.seen, set(), words[:2])
        self.assertGreater(watch.looks, 0)
        self.assertEqual(canaries.find(errors, "stderr"), [])
        return out

    def test_nobody_beside_a_command_sees_the_person(self):
        with Clone(self.template) as clone:
            self.assertNotEqual(canaries.find("x taro.tanaka@example.jp y", "a control"), [])  # it sees one
            before = {path.name for path in pathlib.Path("/tmp").iterdir()}
            out = str(pathlib.Path(clone.folder, "answer"))
            self.watched(clone, "subjects", "search", *WHO)
            self.watched(clone, "request", "export", *WHO, "--out", out)
            confirmation = clone.confirmation("external_contact:00000000-0000-4000-8000-000000000004")
            self.watched(clone, "request", "delete", *WHO, "--confirm", confirmation)
            self.watched(clone, "hold", "add", "--email", "taro.tanaka@example.jp", "--matter", "m", "--reason", "r")
            self.watched(clone, "subjects", "search", "--email", "taro.tanaka@example.jp", user="auditor", code=5)
            left = {path.name for path in pathlib.Path("/tmp").iterdir()} - before
            self.assertEqual([name for name in left if canaries.find(name, "/tmp")], [])
            for log in ("evidence", "security"):
                bundle = pathlib.Path(clone.folder, log)
                self.watched(clone, "audit", "export", "--log", log, "--out", str(bundle), "--rendering", "csv",
                             "--rendering", "ocsf", user="auditor")
            self.assertEqual(canaries.in_bundles(clone.folder), [])
            journal = pathlib.Path(clone.objects + ".journal")
            lines = [path.read_text("utf-8", "replace") for path in journal.rglob("*") if path.is_file()]
            self.assertTrue(lines)
            self.assertEqual([found for line in lines for found in canaries.find_in_log(line, "the journal")], [])

    def test_the_reference_dies_with_the_person(self):
        """Before, whoever has the key can tell who was meant; after the case is closed, nobody can."""
        with Clone(self.template) as clone:
            confirmation = clone.confirmation("external_contact:00000000-0000-4000-8000-000000000004")
            request = clone.json("request", "delete", *WHO, "--confirm", confirmation)
            keys = "SELECT count(*) FROM ccctl.subject_ref WHERE subject_key LIKE '%000000000004%'"
            self.assertEqual(clone.sql(keys), "1")
            clone.json("request", "close", request["id"])
            self.assertEqual(clone.sql(keys), "0")


if __name__ == "__main__":
    unittest.main()
