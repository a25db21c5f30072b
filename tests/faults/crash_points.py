"""Every crash point of a command: break it at each message, run it again, compare the end.

crash_points.py --template DATABASE --digest SQL [--digest SQL…] [--again COMMAND] -- COMMAND

Each run has a clone of the database of its own (and of a folder, --folder, as $FOLDER). The command
first runs undisturbed: its digest is what every other run must arrive at. It is then broken at each
protocol message (proxy.py says how), and run again until it exits 0. CCCTL_TEST_CLUSTER names the
cluster's socket folder.
"""
import argparse
import concurrent.futures
import dataclasses
import glob
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
from typing import Callable

from proxy import Proxy

RETRIES = 5
# Above this many messages a test breaks the command at some of them only, unless FAULTS_ALL is set.
MANY = 250
SAMPLE = 40
# What a command may answer whose connection was cut: done, unreachable, outcome unknown.
ALLOWED = (0, 10, 13)
# Debian's psql in PATH is a wrapper that takes longer than the query.
PSQL = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
_numbers = itertools.count(1)


def psql(cluster, database, *statements):
    """Runs statements as the superuser, around the proxy; gives their rows as text."""
    command = [PSQL, "-X", "-At", "-q", "-v", "ON_ERROR_STOP=1", "-h", cluster, "-U", "postgres",
               "-d", database]
    for statement in statements:
        command += ["-c", statement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"psql: {done.stderr.strip()}")
    return done.stdout


@dataclasses.dataclass
class Job:
    """What is run and how its end is told: by the rows of `digest` and by what `inspect` says of a Run.

    `again` is what is run after a fault, until it exits 0.
    """

    template: str
    command: str
    digest: list
    again: str = ""
    folder: str = ""
    env: dict = dataclasses.field(default_factory=dict)
    allowed: tuple = ALLOWED
    inspect: Callable[["Run"], str] = lambda run: ""
    cluster: str = dataclasses.field(default_factory=lambda: os.environ["CCCTL_TEST_CLUSTER"])


class Run:
    """One clone with one proxy in front of it."""

    def __init__(self, job):
        self.job = job
        self.place = tempfile.mkdtemp(prefix="ccctl-faults-")
        self.database = f"ccctl_faults_{os.getpid()}_{next(_numbers)}"
        self.folder = str(pathlib.Path(self.place, "folder"))
        if job.folder:
            shutil.copytree(job.folder, self.folder)
        psql(job.cluster, "postgres",
             f'CREATE DATABASE "{self.database}" TEMPLATE "{job.template}"')
        self.proxy = Proxy(job.cluster, self.place)

    def start(self, command):
        env = {**os.environ, "PGHOST": self.place, "PGPORT": "5432", "PGDATABASE": self.database,
               "FOLDER": self.folder}
        for name, value in self.job.env.items():
            env[name] = value.replace("$FOLDER", self.folder)
        done = subprocess.run(["bash", "-c", "exec " + command], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stderr.strip()

    def digest(self):
        return psql(self.job.cluster, self.database, *self.job.digest) + self.job.inspect(self)

    def close(self):
        self.proxy.close()
        psql(self.job.cluster, "postgres", f'DROP DATABASE "{self.database}" WITH (FORCE)')
        shutil.rmtree(self.place, ignore_errors=True)


def undisturbed(job):
    """Gives (messages, commits, digest, edges) of a run without a fault."""
    run = Run(job)
    try:
        code, errors = run.start(job.command)
        if code:
            raise RuntimeError(f"the undisturbed command exits {code}: {errors}")
        counts = run.proxy.messages, run.proxy.commits
        edges = list(run.proxy.edges)
        return *counts, run.digest(), edges
    finally:
        run.close()


def broken(job, kind, at, wanted):
    """Gives what is wrong with the run that was broken there, or nothing."""
    run = Run(job)
    try:
        run.proxy.arm(kind, at)
        code, errors = run.start(job.command)
        if not run.proxy.fired:
            return "" if code == 0 else f"not reached, exit code {code}: {errors}"
        if kind != "kill" and code not in job.allowed:
            return f"exit code {code}: {errors}"
        run.proxy.arm(None)
        tries = 0
        while code != 0:
            if tries == RETRIES:
                return f"still exit code {code} after {RETRIES} more runs: {errors}"
            code, errors = run.start(job.again or job.command)
            tries += 1
        found = run.digest()
        return "" if found == wanted else f"another end:\n{found}instead of\n{wanted}"
    finally:
        run.close()


def chosen(messages, edges):
    """The messages to break at: all; or of many every n-th, and each BEGIN and COMMIT and its answer."""
    every = range(1, messages + 1)
    if messages <= MANY or os.environ.get("FAULTS_ALL"):
        return list(every)
    step = -(-messages // SAMPLE)
    near = set(edges) | {edge + 1 for edge in edges}
    return [at for at in every if at % step == 0 or at in near]


def crash_points(job, kinds=("cut", "kill", "commit"), workers=os.cpu_count() or 1, report=print,
                 every=1):
    """Breaks the job everywhere; gives the faults as texts. Reports what was done in one line.

    `every` thins out the places of a job that takes seconds, unless FAULTS_ALL is set.
    """
    messages, commits, wanted, edges = undisturbed(job)
    places = chosen(messages, edges)[::1 if os.environ.get("FAULTS_ALL") else every]
    points = [(kind, at) for kind in kinds
              for at in (range(1, commits + 1) if kind == "commit" else places)]
    lock, faults = threading.Lock(), []

    def one(point):
        wrong = broken(job, *point, wanted)
        if wrong:
            with lock:
                faults.append(f"{point[0]} at {point[1]}: {wrong}")

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, points))
    report(f"{messages} messages, {commits} commits, {len(points)} crash points, {len(faults)} faults"
           + ("" if len(places) == messages else
              f" (broken at {len(places)} of the messages; all of them with FAULTS_ALL=1)"))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--template", required=True)
    parser.add_argument("--digest", action="append", required=True)
    parser.add_argument("--again", default="")
    parser.add_argument("--folder", default="")
    parser.add_argument("command")
    options = parser.parse_args()
    faults = crash_points(Job(options.template, options.command, options.digest, options.again,
                              options.folder))
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
