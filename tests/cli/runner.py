"""Runs one script of tests/cli against the program: runner.py CCCTL TEST-DATABASE SCRIPT.test

A script is read by people first. Its lines:

  # a remark
  database reference | fresh | empty | none    before the first command; default reference: both
                                               schemas and the small seed; none: no datastore set
  as LOGIN                                     PGUSER from here on; default officer
  write PATH                                   a file made of the lines "| …" that follow
  set NAME VALUE                               an environment variable from here on
  $ COMMAND                                    run by bash; what follows up to the next is about it
  type TEXT                                    give the command a terminal, and type this line there
  ? N                                          its exit code; default 0
  stdout|stderr|terminal contains TEXT         also: lacks TEXT, matches REGEX, empty, is TEXT
  save NAME REGEX                              $NAME is group 1 of the match in stdout from here on
  file exists|missing PATH
  unchanged                                    it left the site's rows and the objects alone, and made
                                               no request

$CCCTL is the program, $TMP a folder of the script's own, $SOURCE the checkout; variables also work in
PATH and TEXT. Commands have no terminal unless something is typed. A regular expression is
Python's, with ^ and $ at lines.

After each script canaries.py looks for personal data where none may be, and events.py for what the audit
log must not have.
"""
import fcntl
import hashlib
import os
import pathlib
import pty
import re
import secrets
import select
import shutil
import string
import subprocess
import sys
import tempfile
import termios
import time

import canaries
import events

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TIME_LIMIT = 100


class Failure(Exception):
    pass


def environment(folder, database, objects):
    """Nothing of the caller's settings, one datastore or none, and a key to seal with."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("PG", "CCCTL_", "XDG_")) or name.startswith("CCCTL_TEST_")}
    env.update(HOME=folder, TMP=folder, TMPDIR=folder, SOURCE=str(SOURCE),
               XDG_CONFIG_HOME=f"{folder}/config", CCCTL_TEST_SANDBOX=f"{folder}/sandbox")
    if database:
        key = pathlib.Path(folder, "seal.key")
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        env.update(PGHOST=os.environ["CCCTL_TEST_CLUSTER"], PGPORT="5432", PGDATABASE=database,
                   PGUSER="officer", CCCTL_MAP=f"{SOURCE}/policies/sandbox/datamap.yaml",
                   CCCTL_STORES_MEDIA=f"file:{objects}", CCCTL_SEAL_KEY=str(key),
                   CCCTL_SEAL_USER="sealer")
    return env


def blocks(lines):
    """Gives (first line number, [(number, line)…]) for each command, and for each directive alone."""
    block = []
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\n")
        if not text.strip() or text.startswith("#"):
            continue
        word = text.split(" ", 1)[0]
        if word in ("$", "as", "database", "write", "set") and block:
            yield block
            block = []
        block.append((number, text))
    if block:
        yield block


def with_terminal(command, env, typed):
    """Runs a command whose controlling terminal is ours; gives exit code, stdout, stderr, terminal."""
    master, slave = pty.openpty()

    def own_terminal():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(["bash", "-c", command], env=env, stdin=slave, stdout=out, stderr=err,
                                   preexec_fn=own_terminal)
        os.close(slave)
        os.write(master, "".join(line + "\n" for line in typed).encode())
        shown, end = b"", time.monotonic() + TIME_LIMIT
        while time.monotonic() < end:
            if select.select([master], [], [], 0.05)[0]:
                try:
                    shown += os.read(master, 65536)
                except OSError:  # the last user of the other end is gone
                    break
            elif process.poll() is not None:
                break
        try:
            process.wait(max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired as late:
            process.kill()
            raise Failure("it does not end") from late
        finally:
            os.close(master)
        out.seek(0)
        err.seek(0)
        return process.returncode, out.read(), err.read(), shown


def without_terminal(command, env):
    try:
        done = subprocess.run(["bash", "-c", command], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, start_new_session=True, timeout=TIME_LIMIT,
                              check=False)
    except subprocess.TimeoutExpired as late:
        raise Failure("it does not end") from late
    return done.returncode, done.stdout, done.stderr, b""


def compare(kind, stream, text, wanted):
    """Whether an output is as wanted; `wanted` has its variables replaced already."""
    if kind == "empty":
        good = not text
    elif kind == "contains":
        good = wanted in text
    elif kind == "lacks":
        good = wanted not in text
    elif kind == "is":
        good = text.rstrip("\n") == wanted
    elif kind == "matches":
        good = re.search(wanted, text, re.MULTILINE) is not None
    else:
        raise Failure(f"no such check: {stream} {kind}")
    if not good:
        raise Failure(f"{stream} {kind} {wanted}".rstrip())


def state(env):
    """A digest of what a command that answers with a refusal must leave alone."""
    dump = subprocess.run(["pg_dump", "-U", "postgres", "--data-only", "-n", "public"], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if dump.returncode:
        raise Failure(f"pg_dump: {dump.stderr.decode()}")
    requests = canaries.query(env, "SELECT pg_catalog.count(*) FROM ccctl.request")
    digest = hashlib.sha256(requests.encode())
    for line in dump.stdout.splitlines():
        if not line.startswith((b"\\restrict", b"\\unrestrict")):  # a new random word each time
            digest.update(line + b"\n")
    for file in sorted(pathlib.Path(env["TMP"], "objects").rglob("*")):
        if file.is_file():
            digest.update(os.fsencode(file) + b"\n" + file.read_bytes())
    return digest.hexdigest()


class Script:
    def __init__(self, env):
        self.env = env
        self.errors = []  # what the commands wrote to stderr

    def expand(self, text):
        return string.Template(text).safe_substitute(self.env)

    def directive(self, word, rest, block):
        if word == "as":
            self.env["PGUSER"] = rest
        elif word == "set":
            name, _, value = rest.partition(" ")
            self.env[name] = self.expand(value)
        elif word == "write":
            path = pathlib.Path(self.expand(rest))
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [line[2:] for _, line in block[1:]]
            path.write_text("".join(self.expand(line) + "\n" for line in lines), encoding="utf-8")
        else:
            raise Failure(f"no such line: {word}")

    def run(self, block):
        number, line = block[0]
        word, _, rest = line.partition(" ")
        if word == "database":
            return
        if word != "$":
            self.directive(word, rest, block)
            return
        typed = [self.expand(text[5:]) for _, text in block[1:] if text.startswith("type ")]
        untouched = any(text == "unchanged" for _, text in block[1:])
        before = state(self.env) if untouched else ""
        result = (with_terminal(rest, self.env, typed) if typed else without_terminal(rest, self.env))
        outputs = {name: data.decode("utf-8", "backslashreplace")
                   for name, data in zip(("stdout", "stderr", "terminal"), result[1:])}
        self.errors.append(outputs["stderr"])
        try:
            wanted_exit = [text[2:] for _, text in block[1:] if text.startswith("? ")] or ["0"]
            if str(result[0]) not in wanted_exit:
                raise Failure(f"exit code {wanted_exit[0]}, it was {result[0]}")
            for number, text in block[1:]:
                self.check(text, outputs)
            if untouched and state(self.env) != before:
                raise Failure("unchanged")
        except Failure as failure:
            shown = "".join(f"--- {name}\n{text}" for name, text in outputs.items() if text)
            raise Failure(f"line {number}: {rest}\nexpected: {failure}\n{shown}") from failure

    def check(self, text, outputs):
        word, _, rest = text.partition(" ")
        if word in ("?", "type", "unchanged"):
            return
        if word in outputs:
            kind, _, wanted = rest.partition(" ")
            # A regular expression keeps its $: only ${NAME} is a variable there.
            wanted = (re.sub(r"\$\{(\w+)\}", lambda m: re.escape(self.env[m[1]]), wanted)
                      if kind == "matches" else self.expand(wanted))
            compare(kind, word, outputs[word], wanted)
        elif word == "save":
            name, _, pattern = rest.partition(" ")
            found = re.search(pattern, outputs["stdout"], re.MULTILINE)
            if not found:
                raise Failure(f"stdout to match {pattern}")
            self.env[name] = found[1]
        elif word == "file":
            kind, _, path = rest.partition(" ")
            if os.path.exists(self.expand(path)) != (kind == "exists"):
                raise Failure(text)
        else:
            raise Failure(f"no such line: {text}")


def clone(tool, lines, folder):
    kind = next((line.split()[1] for line in lines if line.startswith("database ")), "reference")
    if kind == "none":
        return None
    done = subprocess.run([tool, "clone", kind, f"{folder}/objects"], check=True,
                          stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def main(ccctl, tool, file):
    lines = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
    folder = tempfile.mkdtemp(prefix="ccctl-cli-")
    os.chmod(folder, 0o711)  # a sandbox started by root runs as postgres
    database = clone(tool, lines, folder)
    env = environment(folder, database, f"{folder}/objects")
    env["CCCTL"] = ccctl
    script = Script(env)
    try:
        for block in blocks(lines):
            script.run(block)
        found = canaries.find("\n".join(script.errors), "stderr")
        found += canaries.in_bundles(folder)
        if database:
            found += canaries.in_datastore(env)
        if found:
            raise Failure("personal data where none may be: " + "; ".join(found))
        undeclared = events.misfits(canaries.events(env)) if database else []
        if undeclared:
            raise Failure("what the event schema does not declare: " + "; ".join(undeclared))
    except Failure as failure:
        print(f"{file}: {failure}", file=sys.stderr)
        return 1
    finally:
        if database:
            subprocess.run([tool, "drop", database], check=False)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
