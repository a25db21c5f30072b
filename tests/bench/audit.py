#!/usr/bin/python3
"""What the evidence costs: audit.py CCCTL BENCH [EVENTS]

Against the sandbox that CCCTL_TEST_SANDBOX names. Seals EVENTS (1,000,000) events of a tenant of their
own, then exports and verifies them beside `psql COPY | sha256sum` of the same rows; then what appending
and proving cost (BENCH audit). Prints the best of three rounds, ratios, and the program's peak memory.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

ccctl, bench = sys.argv[1], sys.argv[2]
events = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
sandbox = os.environ["CCCTL_TEST_SANDBOX"]
socket = os.path.join(sandbox, "run")
FILL = f"""
INSERT INTO ccctl.principal VALUES ('bench', 'auditor', 'auditor');
INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash)
  SELECT 'bench', 'evidence', line, sha256('\\x00'::bytea || line) FROM (SELECT convert_to(format(
    '{{"action":"subject.erased","actor":"officer","at":"2026-01-01T00:00:00.%sZ","body":{{"confirmation":"%s:1",'
    || '"pass":%s,"reference":"%s"}},"log":"evidence","request":"%s","tenant":"bench","v":1}}', lpad(n::text, 6, '0'),
    encode(sha256('p'), 'hex'), n, encode(sha256(n::text::bytea), 'hex'), md5(n::text)::uuid), 'UTF8') AS line
    FROM generate_series(0, {events} - 1) n) e;
ANALYZE ccctl.pending;
"""
ROWS = ("COPY (SELECT convert_from(line, 'UTF8') FROM ccctl.leaf WHERE tenant_id = 'bench' AND log = 'evidence' "
        "ORDER BY period, leaf_index) TO STDOUT")


def psql(*argv, **options):
    return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres", "-d", "ccctl",
                           *argv], check=True, cwd="/", **options)


def run(*argv, codes=(0,), user="auditor"):
    """Seconds and peak MiB of a program."""
    start = time.monotonic()
    pid = os.posix_spawn(argv[0], argv, {**os.environ, "PGUSER": user},
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in codes:
        sys.exit(f"audit.py: {' '.join(argv[:3])} failed")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def copied():
    start = time.monotonic()
    subprocess.run(["bash", "-c", f'psql -XqAt -h "$0" -U postgres -d ccctl -c "$1" | sha256sum', socket, ROWS],
                   check=True, cwd="/", stdout=subprocess.DEVNULL)
    return time.monotonic() - start


if psql("-c", "SELECT 1 FROM ccctl.principal WHERE tenant_id = 'bench'", stdout=subprocess.PIPE).stdout == b"":
    psql("-c", FILL)
    took, peak = run(ccctl, "audit", "seal", "--quiet", user="officer")
    print(f"  {'audit seal of ' + str(events):<44} {took:8.2f} s, {events / took:.0f} events/s, peak {peak:.1f} MiB")
    psql("-c", "VACUUM ANALYZE ccctl.leaf", "-c", "VACUUM ANALYZE ccctl.node", "-c", "CHECKPOINT")
base, best = [], {}
with tempfile.TemporaryDirectory(prefix="ccctl-audit-bench-") as folder:
    out = os.path.join(folder, "out")
    for _ in range(3):
        base.append(copied())
        shutil.rmtree(out, ignore_errors=True)
        for name, took in (
                ("audit export", run(ccctl, "audit", "export", "--tenant", "bench", "--out", out, "--quiet")),
                ("audit verify", run(ccctl, "audit", "verify", "--tenant", "bench", "--quiet", codes=(3,)))):
            best[name] = min(best.get(name, took), took)
    key = psql("-c", "SELECT key FROM ccctl.log_key WHERE tenant_id = 'bench' AND origin LIKE '%/evidence/%' LIMIT 1",
               stdout=subprocess.PIPE, text=True).stdout.strip()
    best["verify.py of the bundle"] = run("/usr/bin/python3", os.path.join(out, "verify.py"), out, key)
print(f"  {'psql COPY | sha256sum of ' + str(events):<44} {min(base):8.2f} s")
for name, (took, peak) in best.items():
    print(f"  {name:<44} {took:8.2f} s, {took / min(base):.2f} times, peak {peak:.1f} MiB")
sys.stdout.flush()
subprocess.run([bench, "audit", socket, "20000"], check=True)
