#!/usr/bin/python3
"""Times single commands and the memory they take: commands.py CCCTL BENCH SOURCE SUBJECTS

Against the sandbox that CCCTL_TEST_SANDBOX names; SUBJECTS people of it are erased.
"""
import os
import re
import statistics
import subprocess
import sys
import time

ccctl, bench, source, wanted = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
sandbox = os.environ["CCCTL_TEST_SANDBOX"]
socket = os.path.join(sandbox, "run")


def run(*argv, codes=(0,)):
    """Milliseconds, peak memory in MiB, output. The peak of a child is never told below that of
    its parent at the fork, so this process stays small."""
    read, write = os.pipe()
    start = time.monotonic()
    actions = [(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_DUP2, write, 2),
               (os.POSIX_SPAWN_CLOSE, read)]
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        out = pipe.read().decode()
    _, status, usage = os.wait4(pid, 0)
    took = (time.monotonic() - start) * 1000
    if os.waitstatus_to_exitcode(status) not in codes:
        sys.exit(f"commands.py: {' '.join(argv[:3])} …: {out}")
    return took, usage.ru_maxrss / 1024, out


def ask(sql, database="ccctl"):
    argv = ["psql", "-XqAt", "-h", socket, "-U", "postgres", "-d", database, "-c", sql]
    return subprocess.run(argv, check=True, capture_output=True, text=True, cwd="/").stdout.split()


def line(what, milliseconds, mib=None):
    middle = statistics.median(milliseconds)
    print(f"  {what:<44} {middle:8.1f} {min(milliseconds):8.1f} {max(milliseconds):8.1f}"
          f"{'' if mib is None else f' {mib:9.1f}'}")


print(f"  {'single commands':<44} {'median':>8} {'least':>8} {'most':>8} {'peak MiB':>9}")
versions = [run(ccctl, "version") for _ in range(40)]
line("ccctl version", [v[0] for v in versions], max(v[1] for v in versions))

people = ask("SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM "
             "public.external_contacts c WHERE tenant_id = 'acme' AND canonical_id IS NULL AND "
             "NOT EXISTS (SELECT FROM public.external_contacts m WHERE m.tenant_id = 'acme' AND "
             f"m.canonical_id = c.id)) c WHERE n % 7 = 0 LIMIT {wanted}")
ask("DROP DATABASE IF EXISTS bench_bare", "postgres")
ask("CREATE DATABASE bench_bare TEMPLATE ccctl", "postgres")
peaks = {}
plans, erasures, bare, connected = [], [], [], []
for person in people:
    took, peak, out = run(ccctl, "request", "delete", "--external-contact", person, "--dry-run")
    plans.append((took, peak))
    confirmation = re.search(r"confirmation: (\S+)", out).group(1)
    took, peak, _ = run(ccctl, "request", "delete", "--external-contact", person, "--confirm",
                        confirmation)
    erasures.append((took, peak))
    took, _, out = run(bench, "bare", socket, source, "bench_bare", person)
    bare.append(float(out))
    connected.append(took)
line("request delete --dry-run", [p[0] for p in plans], max(p[1] for p in plans))
line("request delete --confirm", [e[0] for e in erasures], max(e[1] for e in erasures))
line("the bare transaction, in a process of its own", connected)
line("the bare transaction alone", bare)
line("what ccctl adds", [e[0] - c for e, c in zip(erasures, connected)])
for what in (["subjects", "search", "--phone", "+81312345680"], ["audit", "verify"],
             ["datamap", "check"]):
    took, peak, _ = run(ccctl, *what, codes=(0, 3))  # 3: no pin was given
    line(" ".join(what[:2]), [took], peak)
