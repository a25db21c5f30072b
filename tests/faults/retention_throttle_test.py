"""What a sweep waits for between two windows: a replica that streams to a real standby, a load, a file. While it
waits it says why, on stderr, when SIGUSR1 asks, and in its metrics; a signal and --run-time end it there.
"""
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

PROGRAMS = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
SWEEP = ("retention", "sweep", "--yes", "--first-run-ok")


class Cluster:
    """PostgreSQL in a folder of the test's own, reached by a socket only."""

    def __init__(self, folder, name):
        self.data, self.run = pathlib.Path(folder, name, "data"), pathlib.Path(folder, name, "run")
        self.as_postgres("mkdir", "-p", self.run)

    def as_postgres(self, *words):
        drop = (["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
                if os.geteuid() == 0 else [])
        done = subprocess.run([*drop, *map(str, words)], cwd="/", text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout}")

    def start(self, *settings):
        words = [f"-c {setting}" for setting in (f"unix_socket_directories={self.run}", "listen_addresses=",
                                                 *settings)]
        self.as_postgres(PROGRAMS / "pg_ctl", "-D", self.data, "-l", f"{self.data}.log", "-w", "-o",
                         " ".join(words), "start")

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self.as_postgres(PROGRAMS / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")


def setUpModule():
    """A primary, before fixture.py asks which cluster there is."""
    global FOLDER, PRIMARY, fixture, psql
    FOLDER = tempfile.mkdtemp(prefix="ccctl-throttle-")
    os.chmod(FOLDER, 0o755)
    if os.geteuid() == 0:
        shutil.chown(FOLDER, "postgres", "postgres")
    PRIMARY = Cluster(FOLDER, "primary")
    PRIMARY.as_postgres(PROGRAMS / "initdb", "-D", PRIMARY.data, "-U", "postgres", "-E", "UTF8", "--no-locale",
                        "-A", "trust", "-N")
    PRIMARY.start("fsync=off", "max_connections=50")
    os.environ["CCCTL_TEST_CLUSTER"] = str(PRIMARY.run)
    import fixture as found
    from crash_points import psql as found_psql
    fixture, psql = found, found_psql


def tearDownModule():
    PRIMARY.stop()
    shutil.rmtree(FOLDER, ignore_errors=True)


class Throttle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()
        cls.source = fixture.Clone(cls.template)
        cls.source.env["CCCTL_JOURNAL"] = ""
        cls.source.sql("UPDATE public.tenants SET pack = 'webex', inactive_since = now() - interval '60 days'"
                       " WHERE tenant_id = 'acme'")
        cls.source.run(*SWEEP, user="admin")
        approval = cls.source.json("approve", "list", "--open")["entities"][0]["id"]
        cls.source.json("approve", "sign", approval)

    @classmethod
    def tearDownClass(cls):
        cls.source.close()
        cls.template.close()

    def setUp(self):
        self.clone = fixture.Clone(self.template, self.source.name)
        self.addCleanup(self.clone.close)
        self.errors = pathlib.Path(self.clone.folder, "errors")
        self.metrics_file = pathlib.Path(self.clone.folder, "sweep.prom")
        self.clone.env["CCCTL_JOURNAL"] = ""

    def start(self, *words):
        with open(self.errors, "w", encoding="utf-8") as errors:
            return subprocess.Popen([fixture.CCCTL, *SWEEP, "--metrics-file", str(self.metrics_file), *words],
                                    env={**self.clone.env, "PGUSER": "admin"}, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=errors)

    def said(self, pattern):
        return re.search(pattern, self.errors.read_text("utf-8"))

    def waits(self, pattern):
        fixture.wait_until(lambda: self.said(pattern), pattern, 60)

    def metric(self, line):
        return (line + "\n") in self.metrics_file.read_text("utf-8")

    def ends(self, sweep, code):
        self.assertEqual(sweep.wait(60), code, self.errors.read_text("utf-8"))

    def receipts(self):
        return self.clone.sql("SELECT count(*) FROM ccctl.receipt")

    def test_a_file(self):
        file = pathlib.Path(self.clone.folder, "pause")
        file.touch()
        self.clone.env["CCCTL_THROTTLE_FILE"] = str(file)
        sweep = self.start()
        self.waits(r"acme: running, 0 of \d+ rows in 0 windows; waiting: the file \"\S+\" is there")
        sweep.send_signal(signal.SIGUSR1)
        fixture.wait_until(lambda: self.errors.read_text("utf-8").count("waiting: the file") == 2,
                           "SIGUSR1 is answered")
        fixture.wait_until(lambda: self.metric('ccctl_sweep_waiting{tenant="acme",reason="file"} 1'),
                           "the metrics say so")
        self.assertTrue(self.metric('ccctl_sweep_outcome{tenant="acme",outcome="running"} 1'))
        self.assertEqual(self.receipts(), "0")
        file.unlink()
        self.ends(sweep, 0)
        self.assertTrue(self.said("acme: goes on"))
        rows = self.clone.sql("SELECT rows FROM ccctl.destruction")
        for line in (f'ccctl_sweep_rows{{tenant="acme"}} {rows}',
                     f'ccctl_sweep_planned_rows{{tenant="acme"}} {rows}',
                     f'ccctl_sweep_windows{{tenant="acme"}} {self.receipts()}',
                     'ccctl_sweep_waiting{tenant="acme",reason="file"} 0',
                     'ccctl_sweep_outcome{tenant="acme",outcome="complete"} 1'):
            self.assertTrue(self.metric(line), line)
        # Whoever collects it is another account; nothing else was left beside it.
        self.assertEqual(self.metrics_file.stat().st_mode & 0o777, 0o644)
        self.assertEqual(list(self.metrics_file.parent.glob("sweep.prom*")), [self.metrics_file])

    def test_signal_and_run_time_end_it_while_it_waits(self):
        file = pathlib.Path(self.clone.folder, "pause")
        file.touch()
        self.clone.env["CCCTL_THROTTLE_FILE"] = str(file)
        sweep = self.start("--quiet")
        fixture.wait_until(lambda: self.clone.sql("SELECT count(*) FROM ccctl.attempt") == "1", "it has begun")
        sweep.send_signal(signal.SIGUSR1)  # asked, even the quiet one answers
        self.waits("waiting: the file")
        sweep.send_signal(signal.SIGTERM)
        self.ends(sweep, 8)
        self.assertTrue(self.metric('ccctl_sweep_outcome{tenant="acme",outcome="paused"} 1'))
        self.ends(self.start("--run-time", "PT2S"), 8)
        self.assertTrue(self.said(r"paused: its time was up while it waited: the file \"\S+\" is there"))
        self.assertEqual(self.receipts(), "0")
        file.unlink()
        self.ends(self.start(), 0)

    def test_its_lease_is_kept_while_it_waits(self):
        file = pathlib.Path(self.clone.folder, "pause")
        file.touch()
        self.clone.env["CCCTL_THROTTLE_FILE"] = str(file)
        sweep = self.start()
        self.waits("waiting: the file")
        self.clone.sql("UPDATE ccctl.lease SET expires_at = now()")
        fixture.wait_until(lambda: self.clone.sql("SELECT expires_at > now() FROM ccctl.lease") == "t",
                           "the lease is renewed", 30)
        self.clone.sql("UPDATE ccctl.lease SET fence = fence + 1")
        self.ends(sweep, 7)
        self.assertTrue(self.said("another sweep of this tenant has taken over"))

    def test_a_load(self):
        self.clone.sql("CREATE TABLE public.load (n integer)", "INSERT INTO public.load VALUES (7)",
                       "GRANT SELECT ON public.load TO PUBLIC")
        self.clone.env.update(CCCTL_THROTTLE_QUERY="SELECT n FROM public.load", CCCTL_THROTTLE_LIMIT="6.5")
        sweep = self.start()
        self.waits("waiting: the load is 7.0, beyond 6.5")
        self.assertEqual(self.receipts(), "0")
        self.clone.sql("UPDATE public.load SET n = 6")
        self.ends(sweep, 0)
        for query, message in (("SELECT n FROM public.lode", "throttle_query cannot be run"),
                               ("DELETE FROM public.load RETURNING 1", "throttle_query cannot be run"),
                               ("SELECT 'much'", "throttle_query gives no number"),
                               ("SELECT NULL", "throttle_query gives no number")):
            clone = fixture.Clone(self.template, self.source.name)
            self.addCleanup(clone.close)
            clone.env.update(self.clone.env, PGDATABASE=clone.name, CCCTL_THROTTLE_QUERY=query)
            self.clone = clone
            self.ends(self.start(), 2)
            self.assertTrue(self.said(message), query)
            self.assertEqual(self.receipts(), "0")
        del clone.env["CCCTL_THROTTLE_LIMIT"]
        self.ends(self.start(), 2)
        self.assertTrue(self.said("throttle_query and throttle_limit belong together"))

    def test_a_metrics_file_that_cannot_be_written_is_refused_at_once(self):
        self.metrics_file = pathlib.Path(self.clone.folder, "missing", "sweep.prom")
        sweep = self.start()
        self.assertNotEqual(sweep.wait(60), 0)
        self.assertTrue(self.said("cannot create"))
        self.assertEqual(self.receipts(), "0")

    def test_a_replica(self):
        self.clone.env.update(CCCTL_THROTTLE_REPLICAS="east, west", CCCTL_THROTTLE_LAG="PT2S")
        # Who may not see replicas would wait for ever.
        self.ends(self.start(), 11)
        self.assertTrue(self.said("cannot see how far replicas are behind"))
        psql(str(PRIMARY.run), "postgres", "GRANT pg_monitor TO admin")
        self.clone.env["CCCTL_THROTTLE_REPLICAS"] = "east"
        sweep = self.start()
        self.waits('waiting: replica "east" does not stream')
        fixture.wait_until(lambda: self.metric('ccctl_sweep_waiting{tenant="acme",reason="replica_absent"} 1'),
                           "the metrics say so")
        self.assertEqual(self.receipts(), "0")
        replica = Cluster(FOLDER, "east")
        self.addCleanup(replica.stop)
        replica.as_postgres(PROGRAMS / "pg_basebackup", "-h", PRIMARY.run, "-U", "postgres", "-D", replica.data,
                            "-c", "fast", "-X", "stream", "-R", "-d", "application_name=base")
        replica.start("fsync=off", "wal_receiver_status_interval=1", "cluster_name=east",
                      f"'primary_conninfo=host={PRIMARY.run} user=postgres application_name=east'")
        self.ends(sweep, 0)  # it streams, and lags by nothing

        # Replay stands still: what is written from now on stays ahead of it.
        self.clone = fixture.Clone(self.template, self.source.name)
        self.addCleanup(self.clone.close)
        self.clone.env.update(CCCTL_JOURNAL="", CCCTL_THROTTLE_REPLICAS="east", CCCTL_THROTTLE_LAG="PT2S")
        lag = ("SELECT COALESCE(extract(epoch FROM replay_lag), 0) > 4 FROM pg_stat_replication"
               " WHERE application_name = 'east'")
        psql(str(replica.run), "postgres", "SELECT pg_wal_replay_pause()")
        self.clone.sql("CREATE TABLE public.ahead AS SELECT 1 AS n")

        def behind():
            time.sleep(0.2)
            self.clone.sql("INSERT INTO public.ahead VALUES (1)")
            return self.clone.sql(lag) == "t"
        fixture.wait_until(behind, "the replica is behind", 60)
        sweep = self.start()
        self.waits(r'waiting: replica "east" is \d+ s behind')
        self.assertEqual(self.receipts(), "0")
        psql(str(replica.run), "postgres", "SELECT pg_wal_replay_resume()")
        self.ends(sweep, 0)


if __name__ == "__main__":
    unittest.main()
