"""What the fault tests share: the seeded datastore as a template, the program's settings, and what
must be the same however an erasure came to its end.
"""
import glob
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time

from crash_points import PSQL, psql
from proxy import Proxy

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = os.environ["CCCTL_TEST_CLUSTER"]
CCCTL = os.environ["CCCTL"]
TEST_DATABASE = os.environ["CCCTL_TEST_DATABASE"]
# Well-known people of lib/sandbox/seeder.h.
TANAKA = "external_contact:00000000-0000-4000-8000-000000000001"
TANAKA_SECOND = "00000000-0000-4000-8000-000000000002"
SUZUKI = "external_contact:00000000-0000-4000-8000-000000000004"
GROSS = "external_contact:00000000-0000-4000-8000-000000000009"

# Ids, times and hashes differ from run to run; nothing else may.
CCCTL_DIGEST = [
    "SELECT 'leaf', l.log, l.line::text::json ->> 'action', count(*) FROM (SELECT log,"
    " convert_from(line, 'UTF8') AS line FROM ccctl.leaf) l WHERE l.line::text::json ->> 'action' <> 'key.used'"
    # Each run tells of its own use of keys, what was killed tells nothing, and the first event opens the log.
    " AND NOT (l.log = 'organisation' AND l.line LIKE '%/security/%') GROUP BY 1, 2, 3 ORDER BY 2, 3",
    "SELECT 'pending', count(*) FROM ccctl.pending",
    "SELECT 'attempt', count(*) FROM ccctl.attempt",
    "SELECT 'journal_due', count(*) FROM ccctl.journal_due",
    "SELECT 'tombstone', count(*) FROM ccctl.tombstone",
    "SELECT 'item', source, count(*) FROM ccctl.item GROUP BY 2 ORDER BY 2",
    "SELECT 'receipt', q.confirmation, r.pass, r.ordinal, r.tallies::jsonb - 'seenHolds'"
    " FROM ccctl.receipt r JOIN ccctl.request q USING (tenant_id, request_id) ORDER BY 2, 3, 4",
    "SELECT 'request', confirmation, phase, outcome, restricted, planned_rows, settle_at IS NULL,"
    " result::jsonb - '{members,receipts,receivedAt,erasedAt,settledAt,holds}'::text[]"
    " FROM ccctl.request ORDER BY confirmation",
    "SELECT 'member', q.confirmation, m.ordinal, m.subject_kind, m.subject_key, m.planned_rows,"
    " m.status FROM ccctl.request_member m JOIN ccctl.request q USING (tenant_id, request_id)"
    " ORDER BY 2, 3",
    "SELECT 'term', q.confirmation, t.member, t.kind, t.value FROM ccctl.request_term t"
    " JOIN ccctl.request q USING (tenant_id, request_id) ORDER BY 2, 3, 4, 5",
    "SELECT 'subject_ref', subject_kind, subject_key FROM ccctl.subject_ref ORDER BY 2, 3",
]


def site_digest(database):
    """One statement that hashes every row of the site's own tables."""
    names = psql(CLUSTER, database,
                 "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                 " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1").split()
    return " UNION ALL ".join(
        f"SELECT '{name}', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"))"
        f" FROM public.{name} t" for name in names)


def objects_of(folder):
    return "".join(sorted(f"{path.relative_to(folder)}\n" for path in pathlib.Path(folder).rglob("*")
                          if path.is_file()))


class Template:
    """A small seeded datastore with its objects, from which each run gets a clone."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ccctl-faults-template-")
        self.objects = str(pathlib.Path(self.folder, "objects"))
        self.name = subprocess.run([TEST_DATABASE, "clone", "small", self.objects], check=True,
                                   capture_output=True, text=True).stdout.strip()
        self.key = pathlib.Path(self.folder, "seal.key")
        self.key.touch(mode=0o600)
        self.key.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        self.journal_keys = pathlib.Path(self.folder, "journal-keys")
        self.journal_keys.mkdir(mode=0o700)
        evidence_key = self.journal_keys / "acme.key"
        evidence_key.touch(mode=0o600)
        evidence_key.write_text(secrets.token_hex(32) + "\n", encoding="ascii")

    def env(self, objects):
        """The settings of a command; the datastore is chosen by PGHOST and PGDATABASE beside them."""
        env = {name: value for name, value in os.environ.items()
               if not name.startswith(("PG", "CCCTL", "XDG_"))}
        env.update(HOME=self.folder, XDG_CONFIG_HOME=f"{self.folder}/config", PGPORT="5432",
                   PGUSER="officer", CCCTL_MAP=f"{SOURCE}/policies/sandbox/datamap.yaml",
                   CCCTL_STORES_MEDIA=f"file:{objects}", CCCTL_SEAL_KEY=str(self.key),
                   CCCTL_SEAL_USER="sealer", CCCTL_JOURNAL=f"file:{objects}.journal",
                   CCCTL_JOURNAL_KEYS=str(self.journal_keys))
        return env

    def close(self):
        subprocess.run([TEST_DATABASE, "drop", self.name], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class Clone:
    """A datastore of one's own; with a proxy in front of it when something is to be broken."""

    _count = 0

    def __init__(self, template, source="", proxied=False):
        Clone._count += 1
        self.name = f"ccctl_faults_{os.getpid()}_c{Clone._count}"
        psql(CLUSTER, "postgres",
             f'CREATE DATABASE "{self.name}" TEMPLATE "{source or template.name}"')
        self.folder = tempfile.mkdtemp(prefix="ccctl-faults-")
        self.objects = str(pathlib.Path(self.folder, "objects"))
        shutil.copytree(template.objects, self.objects)
        self.proxy = Proxy(CLUSTER, self.folder) if proxied else None
        self.env = {**template.env(self.objects), "PGDATABASE": self.name,
                    "PGHOST": self.folder if proxied else CLUSTER}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.proxy:
            self.proxy.close()
        psql(CLUSTER, "postgres", f'DROP DATABASE "{self.name}" WITH (FORCE)')
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *words, user="officer"):
        return subprocess.Popen([CCCTL, *words], env={**self.env, "PGUSER": user}, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def run(self, *words, user="officer"):
        """Gives (exit code, stdout, stderr)."""
        process = self.start(*words, user=user)
        out, errors = process.communicate(timeout=120)
        return process.returncode, out, errors

    def json(self, *words, user="officer", code=0):
        found, out, errors = self.run(*words, "-o", "json", user=user)
        if found != code:
            raise RuntimeError(f"{' '.join(words)}: exit code {found}, not {code}: {errors}")
        return json.loads(out)

    def sql(self, *statements):
        return psql(CLUSTER, self.name, *statements).strip()

    def confirmation(self, subject):
        return self.json("request", "plan", "--subject", subject)["confirmation"]

    def digest(self):
        return self.sql(site_digest(self.name), *CCCTL_DIGEST) + "\n" + objects_of(self.objects)


def killed_at(template, text, condition, *words, source=""):
    """Gives a clone in which a command was killed when it sent a statement that holds `text`; then the
    SQL condition must be true."""
    clone = Clone(template, source, proxied=True)
    clone.proxy.arm("kill", text=text)
    clone.run(*words)
    clone.proxy.arm(None)
    if clone.sql(f"SELECT {condition}") != "t":
        clone.close()
        raise RuntimeError(f"killed at {text}, it is not true: {condition}")
    return clone


def killed_confirmed(template, *words, source="", requests=1):
    """Gives a clone in which an erasure is confirmed, and nothing is erased."""
    return killed_at(template, b"FROM ccctl.attempt WHERE tenant_id = $1::text AND attempt_id = $2",
                     f"(SELECT count(*) = {requests} FROM ccctl.request WHERE phase = 'erasing')"
                     " AND NOT EXISTS (SELECT FROM ccctl.receipt)", *words, source=source)


class Blocker:
    """A session of the site's application that has locked a row and does not go on."""

    def __init__(self, database, statement):
        self.psql = subprocess.Popen([PSQL, "-X", "-q", "-At", "-h", CLUSTER, "-U", "postgres", "-d",
                                      database], text=True, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)
        self.psql.stdin.write(f"BEGIN;\n{statement};\n\\echo locked\n")
        self.psql.stdin.flush()
        while self.psql.stdout.readline() != "locked\n":
            if self.psql.poll() is not None:
                raise RuntimeError(f"psql ended: {statement}")

    def release(self, end="ROLLBACK"):
        self.psql.communicate(end + ";\n", timeout=60)


def wait_until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"it never came to this: {what}")
        time.sleep(0.01)


def waits_for_lock(clone, pattern):
    """Whether a session of the clone's waits for a lock in a statement like this."""
    return clone.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                     f" AND wait_event_type = 'Lock' AND wait_event <> 'extend' AND query LIKE '{pattern}'") != "0"
