#!/usr/bin/python3
"""Times an export beside `psql COPY` of the same rows: export.py CCCTL [MESSAGES] [ROUNDS]

Against the sandbox that CCCTL_TEST_SANDBOX names. Gives one person MESSAGES more messages (100,000)
in a thousand conversations, exports that person, and copies the same rows with psql. Prints the best
of the rounds, their ratio, and the program's peak memory.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

ccctl = sys.argv[1]
messages = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
socket = os.path.join(os.environ["CCCTL_TEST_SANDBOX"], "run")
PERSON = "00000000-0000-4000-8000-00000000beef"
FILL = f"""
INSERT INTO external_contacts (tenant_id, id, name, name_folded, phone, created_at)
  VALUES ('acme', '{PERSON}', 'Bench Person', 'bench person', '+81399990000', now());
INSERT INTO conversations (tenant_id, id, channel, topic, queue, started_at, ended_at)
  SELECT 'acme', md5('bench-c' || n)::uuid, 'chat', 'about ' || n, 'support', t, t + interval '1 hour'
  FROM generate_series(1, 1000) n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '5 hours' AS t) x;
INSERT INTO participants (tenant_id, id, conversation_id, role, external_contact_id, joined_at)
  SELECT 'acme', md5('bench-p' || n)::uuid, md5('bench-c' || n)::uuid, 'customer', '{PERSON}', '2026-01-01'
  FROM generate_series(1, 1000) n;
INSERT INTO messages (tenant_id, id, conversation_id, participant_id, body, sent_at)
  SELECT 'acme', md5('bench-m' || n)::uuid, md5('bench-c' || 1 + n % 1000)::uuid,
    CASE WHEN n % 3 > 0 THEN md5('bench-p' || 1 + n % 1000)::uuid END,
    repeat('A message of some length, number ' || n || '. ', 1 + n % 12),
    timestamptz '2026-01-01' + (1 + n % 1000) * interval '5 hours' + n * interval '10 milliseconds'
  FROM generate_series(1, {messages}) n;
ANALYZE conversations; ANALYZE participants; ANALYZE messages;
"""
ROWS = (f"COPY (SELECT m.* FROM public.messages m JOIN public.participants p ON p.tenant_id = m.tenant_id AND "
        f"p.conversation_id = m.conversation_id WHERE p.tenant_id = 'acme' AND p.external_contact_id = '{PERSON}')"
        f" TO STDOUT")


def psql(*argv, **options):
    return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres", "-d", "ccctl",
                           *argv], check=True, cwd="/", **options)


def timed(work):
    start = time.monotonic()
    peak = work()
    return time.monotonic() - start, peak


def export(folder, *more):
    out = os.path.join(folder, "out")
    pid = os.posix_spawn(ccctl, [ccctl, "request", "export", "--external-contact", PERSON, "--out", out, "--quiet",
                                 *more], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", 1, 0)])
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit("export.py: the export failed")
    size = (os.path.getsize(out) if os.path.isfile(out) else
            sum(os.path.getsize(os.path.join(base, name)) for base, _, names in os.walk(out) for name in names))
    shutil.rmtree(out) if os.path.isdir(out) else os.remove(out)
    return usage.ru_maxrss / 1024, size


def copy(folder):
    with open(os.path.join(folder, "rows"), "wb") as file:
        psql("-c", ROWS, stdout=file)
    return os.path.getsize(os.path.join(folder, "rows"))


if psql("-c", f"SELECT 1 FROM external_contacts WHERE id = '{PERSON}'", stdout=subprocess.PIPE).stdout == b"":
    psql("-c", FILL)
with tempfile.TemporaryDirectory(prefix="ccctl-export-bench-") as folder:
    best = {}
    for _ in range(rounds):
        for name, work in (("psql COPY", lambda: copy(folder)), ("export", lambda: export(folder)),
                           ("export csv", lambda: export(folder, "--format", "csv"))):
            took = timed(work)
            best[name] = min(best.get(name, took), took)
base = best["psql COPY"][0]
print(f"{messages} messages; psql COPY {base:.2f} s, {best['psql COPY'][1] / 1e6:.1f} MB")
for name in ("export", "export csv"):
    took, (peak, size) = best[name]
    print(f"{name:10} {took:.2f} s, {size / 1e6:.1f} MB, speed {base / took:.2f} of psql's, peak {peak:.1f} MiB")
