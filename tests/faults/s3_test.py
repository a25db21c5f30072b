"""Objects, pins and journals in a bucket: every way in which the service, or we, may fail.

Behind the proxy is a real server (tests/support/s3_server.py). What is said to be erased is looked for by
the server's other interface, old versions too.
"""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import fixture
from fixture import SOURCE, TANAKA, Clone, wait_until
from http_proxy import HttpProxy, error

sys.path.insert(0, str(SOURCE / "tests" / "support"))
import s3_server  # noqa: E402

NUMBERS = itertools.count(1)


def times(count, condition, action):
    """The action for the first so many requests that fulfil the condition."""
    left = [count]

    def fault(method, path):
        if not left[0] or not condition(method, path):
            return None
        left[0] -= 1
        return action
    return fault


def is_delete(method, _):
    return method == "DELETE"


def is_segment(method, path):
    return method == "PUT" and "/journal" in path


class Buckets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()
        cls.folder = tempfile.mkdtemp(prefix="ccctl-faults-s3-")
        cls.process = subprocess.Popen([sys.executable, s3_server.__file__, cls.folder],
                                       stderr=subprocess.DEVNULL)
        port = pathlib.Path(cls.folder, "port")
        wait_until(port.exists, "the S3 server is there", 60)
        cls.port = int(port.read_text(encoding="ascii"))
        cls.swift = s3_server.Swift(cls.port)
        cls.proxy = HttpProxy(cls.port)
        with Clone(cls.template) as clone:
            cls.command = ("request", "delete", "--subject", TANAKA, "--confirm",
                           clone.confirmation(TANAKA))
            cls.objects = set(fixture.objects_of(clone.objects).split())
            clone.json(*cls.command)
            cls.wanted = clone.digest()
            cls.stay = set(fixture.objects_of(clone.objects).split())
        cls.gone = cls.objects - cls.stay

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        cls.process.kill()
        cls.process.wait()
        cls.template.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def clone(self, bucket="media", versions=1):
        """A datastore whose objects are in a place of their own in a bucket, some versions of each."""
        place = f"{bucket}/{next(NUMBERS)}"
        clone = Clone(self.template)
        self.addCleanup(clone.close)
        clone.place = place
        clone.env.update(CCCTL_STORES_MEDIA=f"s3://{place}", CCCTL_S3_ENDPOINT=self.proxy.url,
                         CCCTL_S3_REGION=s3_server.REGION,
                         CCCTL_S3_CREDENTIALS=f"{self.folder}/credentials")
        # Of the others a few are enough: what must stay.
        for key in self.gone | set(sorted(self.stay)[:3]):
            for _ in range(versions):
                self.swift.put(bucket, f"{place.partition('/')[2]}/{key}",
                               pathlib.Path(clone.objects, key).read_bytes())
        self.proxy.arm(None)
        return clone

    def there(self, clone):
        """How many versions of the person's objects there are, and of the others'."""
        bucket, _, prefix = clone.place.partition("/")
        keys = [key.removeprefix(f"{prefix}/") for key, _, _ in self.swift.list(bucket)
                if key.startswith(f"{prefix}/") and "/journal/" not in key]
        return sum(key in self.gone for key in keys), sum(key not in self.gone for key in keys)

    def killed(self, clone, fault, *words):
        self.proxy.arm(fault)
        process = clone.start(*words)
        self.proxy.victim = process
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, -9)
        self.proxy.arm(None)

    def completes(self, clone):
        request = clone.json(*self.command)["x-ccctl"]
        self.assertEqual(request["notCovered"], [])
        self.assertEqual(self.there(clone)[0], 0)

    def stays_uncovered(self, clone, fault):
        """Gives how many versions of the person's are left."""
        self.proxy.arm(fault)
        request = clone.json(*self.command, code=4)["x-ccctl"]
        self.assertEqual(request["notCovered"], ["objects"])
        self.proxy.arm(None)
        return self.there(clone)[0]

    def same_end(self, clone, others):
        self.assertEqual(self.there(clone), (0, others))
        end = clone.digest().split("\n")
        wanted = self.wanted.split("\n")
        # The objects in the folder are not this datastore's.
        self.assertEqual([line for line in end if line not in self.objects],
                         [line for line in wanted if line not in self.objects])

    def test_what_passes_is_tried_again(self):
        for answer in (error(503, "SlowDown"), "lost"):
            with self.subTest(answer=answer):
                clone = self.clone()
                self.proxy.arm(times(2, is_delete, answer))
                self.completes(clone)
                self.same_end(clone, 3)

    def test_killed_before_and_after_the_service_removed_an_object_it_goes_on(self):
        for when in ("kill-before", "kill-after"):
            with self.subTest(when=when):
                clone = self.clone()
                self.killed(clone, times(1, is_delete, when), *self.command)
                self.assertEqual(self.there(clone)[0], len(self.gone) - (when == "kill-after"))
                self.completes(clone)
                self.same_end(clone, 3)

    def test_a_service_that_stays_away_is_not_covered_and_not_asked_for_ever(self):
        clone = self.clone()
        # It removed the first one, and the others were not tried.
        self.assertEqual(self.stays_uncovered(clone, times(9, is_delete, "lost")), len(self.gone) - 1)
        self.completes(clone)
        clone = self.clone()
        clone.env["CCCTL_S3_ENDPOINT"] = "http://127.0.0.1:1"
        self.assertEqual(self.stays_uncovered(clone, None), len(self.gone))
        clone.env["CCCTL_S3_ENDPOINT"] = self.proxy.url
        self.completes(clone)

    def test_every_version_goes_or_the_erasure_is_not_complete(self):
        def first_version(method, path):
            return method == "DELETE" and "versionId=" in path
        clone = self.clone("kept", 4)
        # A retention: one version stays, whatever else goes.
        kept = []

        def retention(method, path):
            if first_version(method, path):
                kept[:] = kept or [path]
                return error(403, "AccessDenied") if path == kept[0] else None
            return None
        self.assertGreater(self.stays_uncovered(clone, retention), 0)
        # A service that says yes and does nothing is not believed.
        left = self.stays_uncovered(clone, times(1, first_version, (204, "")))
        self.assertGreater(left, 0)
        # Killed among the versions.
        self.killed(clone, times(1, first_version, "kill-after"), *self.command)
        self.completes(clone)
        self.assertEqual(self.there(clone), (0, 3 * 4))

    def test_a_bucket_that_became_versioned_is_noticed(self):
        clone = self.clone("kept", 2)
        never = (200, "<VersioningConfiguration/>")
        self.proxy.arm(lambda method, path: never if path.endswith("?versioning=") else None)
        self.completes(clone)
        # Where it does not tell, nothing is begun.
        clone = self.clone("kept", 2)
        self.assertEqual(self.stays_uncovered(
            clone, lambda method, path: error(403, "AccessDenied")
            if path.endswith("?versioning=") else None), len(self.gone) * 2)
        self.assertEqual(self.stays_uncovered(
            clone, lambda method, path: (200, "<html>login</html>")
            if "?versioning=" in path else None), len(self.gone) * 2)
        self.assertGreater(self.stays_uncovered(
            clone, lambda method, path: (200, "<ListVersionsResult></ListVersionsResult>")
            if "versions=" in path else None), 0)
        self.completes(clone)

    def test_a_journal_in_a_bucket_has_each_leaf_once(self):
        for number, (when, code) in enumerate((("lost", 0), ("kill-after", -9), ("kill-before", -9))):
            with self.subTest(when=when):
                clone = self.clone()
                clone.env["CCCTL_JOURNAL"] = f"s3://media/journal{number}"
                self.proxy.arm(times(1, is_segment, when))
                process = clone.start("hold", "add", "--category", "generated", "--matter", "m",
                                      "--reason", "r")
                self.proxy.victim = process
                process.communicate(timeout=60)
                self.assertEqual(process.returncode, code)
                self.proxy.arm(None)
                clone.json("journal", "status")
                clone.json("hold", "add", "--category", "host_usage", "--matter", "m", "--reason", "r")
                self.assertEqual(clone.json("journal", "verify", user="auditor")["verdict"], "verified")
                keys = [key for key, _, _ in self.swift.list("media")
                        if key.startswith(f"journal{number}/acme/")]
                lines = b"".join(self.swift.get("media", key) for key in keys).decode()
                self.assertEqual(lines.count('"action":"hold.added"'), 2)

    def test_what_the_service_says_is_told_without_what_was_asked(self):
        clone = self.clone()
        for answer, kind, text in ((error(403, "RequestTimeTooSkewed"), 1, "clock"),
                                   (error(403, "SignatureDoesNotMatch"), 12, "s3_credentials"),
                                   (error(301, "PermanentRedirect"), 2, "s3_region"),
                                   ((404, "<html>"), 1, "answer 404"),
                                   (error(400, "Taro 0312345678"), 1, "answer 400")):
            self.proxy.arm(lambda *_, answer=answer: answer)
            code, _, errors = clone.run("audit", "verify", "--pin", "s3://media/secret-key",
                                        user="auditor")
            self.assertEqual(code, kind, errors)
            self.assertIn(text, errors)
            for hidden in ("secret-key", "0312345678", s3_server.SECRET_KEY, self.proxy.url):
                self.assertNotIn(hidden, errors)

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        clone = self.clone()
        key, certificate = f"{clone.folder}/tls.key", f"{clone.folder}/tls.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        key, "-out", certificate], check=True, capture_output=True)
        server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert",
                                   certificate, "-www"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        try:
            line = server.stdout.readline()
            while not line.startswith("ACCEPT"):
                line = server.stdout.readline()
            clone.env["CCCTL_S3_ENDPOINT"] = "https://127.0.0.1:" + line.rpartition(":")[2].strip()
            code, _, errors = clone.run("audit", "verify", "--pin", "s3://media/x", user="auditor")
            self.assertEqual(code, 1)
            self.assertIn("certificate", errors)
        finally:
            server.kill()
            server.communicate()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    unittest.main()
