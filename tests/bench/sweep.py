#!/usr/bin/python3
"""What a sweep costs: sweep.py CCCTL [ROWS]

Against the cluster of the sandbox that CCCTL_TEST_SANDBOX names, in databases of its own. Two tenants share
ROWS (1,000,000; up to 10,000,000) due rows of about 290 bytes under four indexes, and a quarter as many that are not
due. Every way begins with a fresh clone, after a checkpoint; one bare DELETE of the same rows is the measure.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

ccctl = os.path.abspath(sys.argv[1])
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
sandbox = os.environ["CCCTL_TEST_SANDBOX"]
socket = os.path.join(sandbox, "run")
TENANTS = ("one", "two")
SCHEMA = f"""
CREATE TABLE tenants (tenant_id text PRIMARY KEY, zone text NOT NULL);
INSERT INTO tenants VALUES ('one', 'UTC'), ('two', 'UTC');
CREATE TABLE calls (tenant_id text NOT NULL, id bigint NOT NULL, started_at timestamptz NOT NULL, queue integer,
  number text, note text, PRIMARY KEY (tenant_id, id));
INSERT INTO calls SELECT t, n, now() - CASE WHEN n % 5 < 4 THEN interval '90 days' ELSE interval '1 day' END
    - n * interval '1 millisecond', n % 100, md5(n::text), repeat(md5((n + 1)::text), 6)
  FROM unnest('{{one,two}}'::text[]) t, generate_series(1, {rows} * 5 / 8) n;
CREATE INDEX ON calls (tenant_id, started_at, id);
CREATE INDEX ON calls (tenant_id, queue);
CREATE INDEX ON calls (number);
GRANT SELECT, UPDATE, DELETE ON calls, tenants TO ccctl_officer, ccctl_admin;
"""
BARE = "DELETE FROM calls WHERE started_at < now() - interval '30 days'"
MAP = """apiVersion: ccctl/v1
kind: DataMap
tenant: {column: tenant_id}
tenants: {table: tenants, key: tenant_id, zone: zone}
tables:
  tenants: {key: [tenant_id], category: registration, data: company, erase: delete}
  calls:
    key: [tenant_id, id]
    category: host_usage
    data: call
    erase: delete
    clean: [queue]
    anchors: {created: started_at}
    columns: {number: {is: phone, erase: null}, note: {free: true, erase: null}}
"""
PACK = "apiVersion: ccctl/v1\nkind: Pack\nname: bench\nabout: one rule\n"
RULES = """apiVersion: ccctl/v1
kind: Retention
zone: UTC
limits: {rows: 100000000, percent: 100}
rules:
  - {id: calls, match: {data: call}, anchor: created, after: P30D, basis: contract, reason: bench}
"""


def psql(*statements, database):
    words = [word for statement in statements for word in ("-c", statement)]
    return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres", "-d", database,
                           *words], check=True, cwd="/", stdout=subprocess.PIPE, text=True).stdout.strip()


class Site:
    def __init__(self, folder):
        self.folder = folder
        for name, text in (("map.yaml", MAP), ("counts/pack.yaml", PACK), ("counts/retention.yaml", RULES),
                           ("keys/pack.yaml", PACK),
                           ("keys/retention.yaml", RULES.replace("limits:", "receipt: keys\nlimits:"))):
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def env(self, database, user, pack="counts"):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "CCCTL_", "XDG_"))}
        env.update(HOME=self.folder, PGHOST=socket, PGDATABASE=database, PGUSER=user,
                   CCCTL_MAP=os.path.join(self.folder, "map.yaml"), CCCTL_PACKS=os.path.join(self.folder, pack),
                   CCCTL_SEAL_KEY=os.path.join(sandbox, "seal.key"), CCCTL_SEAL_USER="sealer")
        return env

    def ccctl(self, database, *words, user="admin", pack="counts", codes=(0,)):
        done = subprocess.run([ccctl, *words], env=self.env(database, user, pack), text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode not in codes:
            sys.exit(f"sweep.py: {' '.join(words)}: exit code {done.returncode}: {done.stderr}")
        return done.stdout

    def prepare(self):
        psql("DROP DATABASE IF EXISTS bench_source", "CREATE DATABASE bench_source TEMPLATE template0",
             database="postgres")
        grants = [f"--principal={login}:{role}:{tenant}" for login, role in
                  (("admin", "admin"), ("officer", "officer"), ("sealer", "owner")) for tenant in TENANTS]
        self.ccctl("bench_source", "db", "init", "--domain", "bench.example", *grants, user="postgres")
        psql(SCHEMA, "VACUUM ANALYZE calls", database="bench_source")
        for pack in ("counts", "keys"):
            self.ccctl("bench_source", "retention", "sweep", "--workers", "1", "--yes", "--first-run-ok", pack=pack,
                       codes=(5,))
            for tenant in TENANTS:
                listed = json.loads(self.ccctl("bench_source", "approve", "list", "--open", "--tenant", tenant, "-o",
                                               "json", user="officer", pack=pack))
                for approval in listed["entities"]:
                    self.ccctl("bench_source", "approve", "sign", approval["id"], "--tenant", tenant, user="officer",
                               pack=pack)

    def clone(self):
        psql("DROP DATABASE IF EXISTS bench", "CREATE DATABASE bench TEMPLATE bench_source", "CHECKPOINT",
             database="postgres")

    def sweep(self, *words, pack="counts", hold=False):
        """Seconds of the command, seconds of its windows, peak MiB, windows; nothing due is left."""
        self.clone()
        if hold:
            for tenant in TENANTS:
                self.ccctl("bench", "hold", "add", "--data", "company", "--matter", "1", "--reason", "bench",
                           "--tenant", tenant, user="officer")
        argv = [ccctl, "retention", "sweep", "--yes", "--first-run-ok", "--quiet", *words]
        start = time.monotonic()
        pid = os.posix_spawn(argv[0], argv, self.env("bench", "admin", pack),
                             file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
        _, status, usage = os.wait4(pid, 0)
        took = time.monotonic() - start
        code = os.waitstatus_to_exitcode(status)
        left = psql("SELECT count(*) FROM calls WHERE started_at < now() - interval '30 days'", database="bench")
        if code or left != "0":
            sys.exit(f"sweep.py: {' '.join(argv[1:])}: exit code {code}, {left} rows left")
        windows, inside = psql("SELECT (SELECT count(*) FROM ccctl.receipt), extract(epoch FROM max(closed_at) -"
                               " min(opened_at)) FROM ccctl.destruction", database="bench").split("|")
        return took, float(inside), usage.ru_maxrss / 1024, int(windows)


def bare(site):
    site.clone()
    start = time.monotonic()
    psql(BARE, database="bench")
    return time.monotonic() - start


with tempfile.TemporaryDirectory(prefix="ccctl-sweep-bench-") as made:
    site = Site(made)
    site.prepare()
    measure = bare(site)
    site.clone()
    begun = time.monotonic()
    psql("SELECT count(*) FROM calls WHERE tenant_id = 'one' AND started_at < now() - interval '30 days'",
         database="bench")
    counted = time.monotonic() - begun
    begun = time.monotonic()
    site.ccctl("bench", "retention", "plan", "--tenant", "one", "--quiet")
    planned = time.monotonic() - begun
    print(f"  {'bare DELETE of ' + str(rows):<44} {measure:8.2f} s, {rows / measure:.0f} rows/s")
    print(f"  {'retention plan of one tenant':<44} {planned:8.2f} s, {planned / counted:.2f} times count(*)")
    for name, words, options in (
            ("retention sweep, one worker", ("--workers", "1"), {}),
            ("the same under a hold of other data", ("--workers", "1"), {"hold": True}),
            ("the same with receipt: keys", ("--workers", "1"), {"pack": "keys"}),
            ("two workers on two tenants", ("--workers", "2"), {}),
            ("two workers with receipt: keys", ("--workers", "2"), {"pack": "keys"})):
        took, inside, peak, windows = site.sweep(*words, **options)
        print(f"  {name:<44} {took:8.2f} s, {measure / took:6.1%} of its speed ({measure / inside:.1%} without the "
              f"plan), {windows} windows, peak {peak:.1f} MiB")
        sys.stdout.flush()
    print(f"  {'bare DELETE once more':<44} {bare(site):8.2f} s")
    psql("DROP DATABASE bench", "DROP DATABASE bench_source", database="postgres")
