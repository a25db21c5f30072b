#!/usr/bin/python3
"""Runs the README's five minutes and compares: readme.py CCCTL DATABASE-TOOL

What differs from run to run (ids, digests, times, proofs) may differ, and a line of the README may be
the beginning of the real one. Commands use the ids that the run before them gave.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from runner import SOURCE, clone, environment

# Ids that are drawn, not those of the known people; digests; confirmations; instants; base64.
TOKEN = re.compile(r"\b(?!00000000)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b"
                   r"|\d{4}-\d\d-\d\dT[0-9:.]+Z|[A-Za-z0-9+/]{40,}={0,2}")
# The year or the month of a log.
PERIOD = re.compile(r"(?<=/evidence/)\d{4}\b|(?<=/security/)\d{4}-\d\d\b")
VKEY = "SELECT key FROM ccctl.log_key WHERE origin LIKE '%/evidence/%'"


def transcript(text):
    """Gives (command, lines of its output) for every command of the tour."""
    tour = text[text.index("## Five minutes"):text.index("## What a receipt proves")]
    for block in re.findall(r"```console\n(.*?)```", tour, re.S):
        command, lines = None, []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, lines
                command, lines = line[2:], []
            else:
                lines.append(line)
        yield command, lines


class Tour:
    def __init__(self, env, folder):
        self.env, self.folder, self.known = env, folder, {}

    def run(self, command):
        return subprocess.run(["bash", "-c", command], env=self.env, cwd=self.folder, text=True,
                              capture_output=True, check=False, stdin=subprocess.DEVNULL)

    def confirmation(self, command):
        plan = re.sub(r" --confirm \S+", " --dry-run", command)
        return re.search(r"confirmation: ([0-9a-f]{64}):\d+", self.run(plan).stderr)[1]

    def step(self, command, shown):
        for token in TOKEN.findall(command):
            if token not in self.known:  # a plan that the README does not show
                self.known[token] = self.confirmation(command)
        done = self.run(TOKEN.sub(lambda m: self.known[m[0]], command))
        real = (done.stdout + done.stderr).splitlines()
        for number, line in enumerate(shown):
            is_now = real[number] if number < len(real) else "(nothing)"
            self.known.update(zip(TOKEN.findall(line), TOKEN.findall(is_now)))
            if not self.masked(is_now).startswith(self.masked(line)):
                return f"$ {command}\n  README: {line}\n  now:    {is_now}"
        if len(real) > len(shown):
            return f"$ {command}\n  the README has not: {real[len(shown)]}"
        return ""

    @staticmethod
    def masked(line):
        return re.sub(r"\s+", " ", PERIOD.sub("?", TOKEN.sub("?", line))).strip()


def main(ccctl, tool):
    folder = tempfile.mkdtemp(prefix="ccctl-readme-")
    os.chmod(folder, 0o711)
    database = clone(tool, [], folder)
    try:
        env = environment(folder, database, f"{folder}/objects")
        env["PATH"] = f"{pathlib.Path(ccctl).parent}:{SOURCE}/cmd:{env['PATH']}"
        tour = Tour(env, folder)
        wrong = []
        for command, shown in transcript((SOURCE / "README.md").read_text(encoding="utf-8")):
            wrong.append(tour.step(command, shown))
            if command.startswith("ccctl request receipt"):
                key = tour.run(f'psql -AtqX -U auditor -c "{VKEY}"')
                pathlib.Path(folder, "case.vkey").write_text(key.stdout, encoding="utf-8")
        print("\n".join(filter(None, wrong)), file=sys.stderr)
        return 1 if any(wrong) else 0
    finally:
        subprocess.run([tool, "drop", database], check=False)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
