"""Looks for the well-known people of the reference datastore where no personal data may be.

canaries.py    in the log of the test cluster's server, after all scripts have run; exit 1 when one
               is there, 77 when there is no log beside the socket folder

runner.py asks after each script: stderr of its commands, every row of the ccctl schema, and the bundles
of `audit export`. Only ccctl.request_term may hold their values, and only until the request is closed. In
the audit log people are references under a key of their own, so neither their keys stand there nor a plain
hash of anything of theirs, which whoever guesses the value could make again.
"""
import hashlib
import os
import pathlib
import re
import subprocess
import sys

# Spellings that nothing else contains: lib/sandbox/seeder.h keeps the crowd clear of them.
PEOPLE = {
    "name": ["田中", "タナカ", "鈴木 花子", "山本 さくら", "佐藤 健", "渡辺 健一", "伊藤 誠", "高橋 直子",
             "John Smith", "Jürgen Groß", "Martin Weber"],
    "email": ["taro.tanaka", "hanako.suzuki", "sakura.yamamoto", "ken.sato", "kenichi.watanabe",
              "juergen.gross", "john.smith", "makoto.ito", "naoko.takahashi", "martin.weber"],
    "address": ["丸の内９", "丸の内9", "梅田9", "吉田9", "芝公園9", "南瓦町9", "栄9", "Lindenstraße 901",
                "901 Oak Street"],
    "social handle": ["taro_tanaka", "juergen_gross"],
}
# Any writing of a number ends in these digits.
PHONES = ["312345678", "312345679", "312345680", "312345681", "312345682", "312345683", "312345684",
          "9000099999", "3023125901", "2025550198", "7700900999", "120999001", "120999002"]
# Keys of the well-known people: lib/sandbox/seeder.h.
KEY = re.compile(r"(?<![:/])00000000-0000-4000-8000-00000000000[1-9a-f]")
FULL = (["+81" + number for number in PHONES[:8]] + ["0" + number for number in PHONES[:8]] + ["+493023125901"]
        + [f"{name}@example.{end}" for name in PEOPLE["email"] for end in ("jp", "de", "com")] + PEOPLE["name"]
        + [f"00000000-0000-4000-8000-{number:012x}" for number in range(1, 32)])
HASHES = {make(variant.encode()).hexdigest() for make in (hashlib.sha256, hashlib.sha1, hashlib.md5)
          for value in FULL for variant in (value, value.upper(), f'["{value}"]')}
HEX = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b")
VALUES = [(kind, value.casefold()) for kind, values in PEOPLE.items() for value in values]
PHONE = re.compile("|".join("[^0-9]{0,2}".join(phone) for phone in PHONES))
DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")

ROWS = """SELECT pg_catalog.string_agg(pg_catalog.format('SELECT %L || %s FROM ccctl.%I t', c.relname || ': ',
  CASE WHEN c.relname IN ('pending', 'leaf') THEN 'pg_catalog.convert_from(line, ''UTF8'')' ELSE 't::text' END,
  c.relname), ' UNION ALL ') FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.to_regnamespace('ccctl')
  AND c.relkind IN ('r', 'p') AND c.relname <> 'request_term'"""
LEFT_OVER = """SELECT pg_catalog.count(*) FROM ccctl.request_term t JOIN ccctl.request r USING (tenant_id, request_id)
  WHERE r.phase = 'closed'"""


def find(text, where):
    """Gives where and what kind, never the value: a failing test's output is a log too."""
    folded = text.translate(DIGITS).casefold()
    found = {f"{kind} in {where}" for kind, value in VALUES if value in folded}
    if PHONE.search(folded):
        found.add(f"phone in {where}")
    return sorted(found)


def find_in_log(line, where):
    """What may stand elsewhere in the schema, but not in the evidence."""
    found = find(line, where)
    if KEY.search(line):
        found.append(f"a person's key in {where}")
    if HASHES.intersection(HEX.findall(line)):
        found.append(f"a plain hash in {where}")
    return found


def in_bundles(folder):
    """Everything that `audit export` has given out, and what stands in a journal."""
    found = set()
    for manifest in pathlib.Path(folder).rglob("manifest.json"):
        if '"AuditBundle"' in manifest.read_text("utf-8", "replace"):
            for path in manifest.parent.rglob("*"):
                if path.is_file():
                    found.update(find_in_log(path.read_text("utf-8", "replace"), "a bundle"))
    return sorted(found)


def query(env, sql):
    return subprocess.run(["psql", "-U", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql], env=env,
                          stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8").stdout


def in_datastore(env):
    statement = query(env, ROWS).strip()
    if not statement:
        return []  # there is no ccctl schema
    found = set()
    for line in query(env, statement).splitlines():
        table = line.partition(":")[0]
        look = find_in_log if table in ("leaf", "pending") else find
        found.update(look(line, "ccctl." + table))
    if query(env, LEFT_OVER).strip() != "0":
        found.add("terms of a closed request in ccctl.request_term")
    return sorted(found)


def events(env):
    """The leaves of all logs, sealed or not."""
    if not query(env, "SELECT pg_catalog.to_regclass('ccctl.leaf')").strip():
        return []
    return query(env, "SELECT pg_catalog.convert_from(line, 'UTF8') FROM (SELECT line FROM ccctl.leaf UNION ALL"
                      " SELECT line FROM ccctl.pending) e").splitlines()


def main():
    log = pathlib.Path(os.environ.get("CCCTL_TEST_CLUSTER", "/nowhere")).parent / "log"
    if not log.exists():
        return 77
    found = [f"line {number}: {what}"
             for number, line in enumerate(log.read_text("utf-8", "replace").splitlines(), 1)
             for what in find(line, "the server's log")]
    print("\n".join(found[:20]), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
