#!/usr/bin/python3
"""Times the erasure of many people at once beside a hand-written script: bulk.py CCCTL BENCH SOURCE SUBJECTS

Against the sandbox that CCCTL_TEST_SANDBOX names. The people are imported in one file and erased by
one worker and, other people, by two; by hand they are erased one after the other in a clone of the
database. SUBJECTS of each.
"""
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ccctl, bench, source, wanted = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
socket = os.path.join(os.environ["CCCTL_TEST_SANDBOX"], "run")


def ask(sql, database="ccctl"):
    argv = ["psql", "-XqAt", "-h", socket, "-U", "postgres", "-d", database, "-c", sql]
    return subprocess.run(argv, check=True, capture_output=True, text=True, cwd="/").stdout.split()


def run(*argv):
    done = subprocess.run([ccctl, *argv], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bulk.py: {' '.join(argv[:2])} …: {done.stderr}")
    return done


def erase(folder, people, workers):
    """Seconds of the plan, and of the run."""
    file = os.path.join(folder, "people")
    with open(file, "w") as out:
        for i, person in enumerate(people):
            print(json.dumps({"requestType": "GDPR_DELETE", "reference": f"{workers}-{i}",
                              "subject": {"externalContactId": person}}), file=out)
    begun = time.monotonic()
    planned = run("request", "plan", "--import", file, "-o", "json")
    confirm = re.search(r'"confirmation": "(\w+:\d+)"', planned.stdout).group(1)
    between = time.monotonic()
    first = subprocess.Popen([ccctl, "request", "run", "--import", file, "--confirm", confirm, "--quiet"],
                             stdout=subprocess.DEVNULL)
    others = []
    while first.poll() is None:
        # A worker ends when it finds nothing that was due at its start: others follow it.
        if sum(other.poll() is None for other in others) + 1 < workers and ask("SELECT 1 FROM ccctl.item LIMIT 1"):
            others.append(subprocess.Popen([ccctl, "request", "run", "--quiet"], stdout=subprocess.DEVNULL))
        time.sleep(0.01)
    codes = [process.wait() for process in (first, *others)]
    took = time.monotonic() - between
    left = ask(f"SELECT count(*) FROM public.external_contacts WHERE tenant_id = 'acme' AND id = "
               f"ANY('{{{','.join(people)}}}')")
    if any(codes) or left != ["0"]:
        sys.exit(f"bulk.py: exit codes {codes}, {left[0]} people left")
    return between - begun, took


people = ask("SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM public.external_contacts c WHERE "
             "tenant_id = 'acme' AND canonical_id IS NULL AND NOT EXISTS (SELECT FROM public.external_contacts m WHERE "
             f"m.tenant_id = 'acme' AND m.canonical_id = c.id)) c WHERE n % 3 = 1 LIMIT {2 * wanted}")
with tempfile.TemporaryDirectory(prefix="ccctl-bulk-bench-") as folder:
    shutil.copytree(os.path.join(source, "policies", "sandbox"), os.path.join(folder, "packs", "sandbox"))
    with open(os.path.join(folder, "packs", "sandbox", "requests.yaml"), "a") as pack:
        pack.write("bulk: true\n")
    os.environ["CCCTL_PACKS"] = os.path.join(folder, "packs")
    ask("DROP DATABASE IF EXISTS bench_bare", "postgres")
    ask("CREATE DATABASE bench_bare TEMPLATE ccctl", "postgres")
    for workers in (1, 2):
        some = people[wanted * (workers - 1):wanted * workers]
        by_hand = float(subprocess.run([bench, "bare", socket, source, "bench_bare", *some], check=True,
                                       capture_output=True, text=True).stdout) / 1000
        planned, took = erase(folder, some, workers)
        print(f"  {len(some)} people by hand {by_hand:.2f} s; imported, {workers} worker{'s' * (workers > 1)}: "
              f"{took:.2f} s, {took / by_hand:.2f} times that; the plan before it {planned:.2f} s")
    print(f"  peak {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.1f} MiB")
