#!/usr/bin/python3
"""What a sweep costs: sweep.py CCCTL [ROWS]

Against the cluster of the sandbox that CCCTL_TEST_SANDBOX names, in databases of its own. Two tenants share
ROWS (1,000,000; up to 10,000,000) due rows of about 290 bytes under four indexes, and a quarter as many that are not
due. Every way begins with a fresh clone, after a checkpoint; one bare DELETE of the same rows is the measure.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

ccctl = os.path.abspath(sys.argv[1])
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
sandbox = os.environ["CCCTL_TEST_SANDBOX"]
socket = os.path.join(sandbox, "run")
PROGRAMS = max(glob.glob("/usr/lib/postgresql/*/bin"))
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
PARTITIONED = f"""
CREATE TABLE tenants (tenant_id text PRIMARY KEY, zone text NOT NULL);
INSERT INTO tenants VALUES ('one', 'UTC'), ('two', 'UTC');
CREATE TABLE calls (tenant_id text NOT NULL, id bigint NOT NULL, started_at timestamptz NOT NULL, queue integer,
  number text, note text, PRIMARY KEY (tenant_id, id, started_at)) PARTITION BY RANGE (started_at);
CREATE TABLE calls_old PARTITION OF calls FOR VALUES FROM ('2020-01-01T00:00:00Z') TO ('2020-04-01T00:00:00Z');
CREATE TABLE calls_new PARTITION OF calls FOR VALUES FROM ('2020-04-01T00:00:00Z') TO ('2100-01-01T00:00:00Z');
INSERT INTO calls SELECT 'one', n, CASE WHEN n > {rows} THEN now() - interval '1 day' ELSE
    timestamptz '2020-01-01T00:00:00Z' + (n - 1) * interval '0.5 seconds' END, n % 100, md5(n::text),
    repeat(md5((n + 1)::text), 6) FROM generate_series(1, {rows} + 1000) n;
CREATE INDEX ON calls (tenant_id, started_at, id);
CREATE INDEX ON calls (tenant_id, queue);
CREATE INDEX ON calls (number);
ALTER TABLE calls OWNER TO admin;
ALTER TABLE calls_old OWNER TO admin;
ALTER TABLE calls_new OWNER TO admin;
GRANT CREATE ON SCHEMA public TO admin;
GRANT SELECT, UPDATE, DELETE ON tenants TO ccctl_officer, ccctl_admin;
GRANT SELECT ON calls TO ccctl_officer;
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
        for name, text in (("counts/pack.yaml", PACK), ("counts/retention.yaml", RULES),
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

    def prepare(self, schema=SCHEMA, mapped=MAP):
        with open(os.path.join(self.folder, "map.yaml"), "w", encoding="utf-8") as file:
            file.write(mapped)
        psql("DROP DATABASE IF EXISTS bench_source", "CREATE DATABASE bench_source TEMPLATE template0",
             database="postgres")
        grants = [f"--principal={login}:{role}:{tenant}" for login, role in
                  (("admin", "admin"), ("officer", "officer"), ("sealer", "owner")) for tenant in TENANTS]
        self.ccctl("bench_source", "db", "init", "--domain", "bench.example", *grants, user="postgres")
        psql(schema, "VACUUM ANALYZE calls", database="bench_source")
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


def beside_a_writer(site, work, bare_seconds):
    """Milliseconds in which 99 of 100 inserts of another session end: when it is alone, and beside the work."""
    site.clone()
    psql("CREATE SEQUENCE writes START 1000000000000", "GRANT USAGE ON writes TO admin",
         "GRANT INSERT ON calls TO admin", database="bench")
    folder = tempfile.mkdtemp(prefix="writes-", dir=site.folder)
    with open(os.path.join(folder, "insert.sql"), "w", encoding="utf-8") as file:
        file.write("INSERT INTO calls VALUES ('one', nextval('writes'), now(), 1, 'x', repeat('x', 192));\n")
    lasts = int(10 + 4 * bare_seconds)
    writer = subprocess.Popen([os.path.join(PROGRAMS, "pgbench"), "-n", "-c", "1", "-R", "200", "-T", str(lasts), "-l",
                               "-f", "insert.sql", "-h", socket, "-U", "admin", "bench"], cwd=folder,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    begun = time.time()
    time.sleep(6)
    swept = time.time()
    work()
    ended = time.time()
    if writer.wait() != 0:
        sys.exit("sweep.py: the writer failed")
    idle, beside = [], []
    for name in os.listdir(folder):
        if not name.startswith("pgbench_log"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for line in file:
                _, _, took, _, seconds, micros, *_ = line.split()
                at = int(seconds) + int(micros) / 1e6
                if begun + 1 < at < swept:
                    idle.append(int(took) / 1000)
                elif swept < at < ended:
                    beside.append(int(took) / 1000)
    return [sorted(times)[len(times) * 99 // 100] for times in (idle, beside)]


class Reader(threading.Thread):
    """Reads the table's newest rows as often as it can; `longest` is what one of its queries took, in seconds."""

    def __init__(self):
        super().__init__(daemon=True)
        self.longest, self.ends = 0.0, False
        self.psql = subprocess.Popen(["psql", "-XqAt", "-h", socket, "-U", "postgres", "-d", "bench"], cwd="/",
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.start()

    def run(self):
        while not self.ends:
            begun = time.monotonic()
            self.psql.stdin.write("SELECT count(*) FROM calls WHERE started_at > now() - interval '2 days';\n")
            self.psql.stdin.flush()
            if self.psql.stdout.readline() != "1000\n":
                sys.exit("sweep.py: a reader has missed rows")
            self.longest = max(self.longest, time.monotonic() - begun)

    def end(self):
        self.ends = True
        self.join()
        self.psql.communicate()
        return self.longest


def drop_partition(site, pack):
    """Seconds of a bare DROP TABLE, of count(*) and, for `keys`, of a digest; of the drop; of the longest that a reader
    waited; peak MiB."""
    site.clone()
    begun = time.monotonic()
    psql("DROP TABLE calls_old", database="bench")
    bare_drop = time.monotonic() - begun
    site.clone()
    site.ccctl("bench", "hold", "add", "--created-to",
               psql("SET timezone TO 'UTC'", f"SELECT to_char(timestamptz '2020-01-01T00:00:00Z' + {rows // 1000} * interval "
                    "'0.5 seconds', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", database="bench"),
               "--data", "call", "--matter", "1", "--reason", "bench", "--tenant", "one", user="officer")
    measures = ["SELECT count(*) FROM calls_old"]
    if pack == "keys":
        measures.append("SELECT encode(sha256(convert_to(string_agg(k, E'\\n' ORDER BY k COLLATE \"C\"), 'UTF8')), 'hex')"
                        " FROM (SELECT to_json(id::text)::text || to_json(started_at::text) AS k FROM calls_old) x")
    psql(measures[0], database="bench")
    took = 0.0
    for measure in measures:
        begun = time.monotonic()
        psql(measure, database="bench")
        took += time.monotonic() - begun
    reader = Reader()
    argv = [ccctl, "retention", "sweep", "--yes", "--first-run-ok", "--quiet", "--tenant", "one"]
    pid = os.posix_spawn(argv[0], argv, site.env("bench", "admin", pack),
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    waited = reader.end()
    left, by, inside = psql("SELECT (SELECT count(*) FROM calls_old), (SELECT string_agg(tallies::jsonb -> 'range' ->> "
                            "'by', ',') FROM ccctl.receipt), extract(epoch FROM max(closed_at) - min(opened_at)) FROM "
                            "ccctl.destruction", database="bench").split("|")
    if os.waitstatus_to_exitcode(status) or int(left) != rows // 1000 or by != "partition":
        sys.exit(f"sweep.py: {left} rows left, by {by}")
    return bare_drop, took, float(inside), waited, usage.ru_maxrss / 1024


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
    for name, work in (
            ("a sweep", lambda: site.ccctl("bench", "retention", "sweep", "--yes", "--first-run-ok", "--quiet",
                                           "--workers", "1")),
            ("the bare DELETE", lambda: psql(BARE, database="bench"))):
        alone, beside = beside_a_writer(site, work, measure)
        print(f"  {'99 of 100 inserts beside ' + name:<44} {beside:8.2f} ms at most, {beside / alone:.2f} times what "
              f"they take alone")
    site.prepare(PARTITIONED, MAP.replace("key: [tenant_id, id]\n", "key: [tenant_id, id, started_at]\n"))
    for name, pack in (("a partition of as many rows", "counts"), ("the same with receipt: keys", "keys")):
        bare_drop, took, inside, waited, peak = drop_partition(site, pack)
        print(f"  {name:<44} {inside:8.2f} s, count(*){' and digest' if pack == 'keys' else ''} {took:.2f} s, so "
              f"{inside - 1.5 * took:+.2f} s beyond 1.5 times that; a bare DROP TABLE {bare_drop:.2f} s; a reader waited "
              f"{1000 * waited:.0f} ms at most, peak {peak:.1f} MiB")
        sys.stdout.flush()
    psql("DROP DATABASE bench", "DROP DATABASE bench_source", database="postgres")
