"""Holds every event that a script has left in the audit log against schemas/json/event.schema.json, with a
validator that is not ours (E-11): events.py [FILE…] for lines in files.

The schema is an allow-list: an action, field or form that it does not declare is a misfit. That the log of events
is the only one of the program's makes this the whole of it: what goes to stderr, canaries.py searches.
"""
import json
import pathlib
import re
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "schemas/json/event.schema.json"


def misfits(lines):
    """Says where, and never the value: a failing test's output is a log too."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    found = set()
    # Those that differ in digits alone fit alike.
    for line in {re.sub(r"\d", "0", line): line for line in lines}.values():
        event = json.loads(line)
        for error in validator.iter_errors(event):
            place = "/".join(str(part) for part in error.absolute_path)
            found.add(f"event {event.get('action')}: /{place} is not {error.validator}"
                      f" {str(error.validator_value)[:80]}")
    return sorted(found)


if __name__ == "__main__":
    failures = misfits([line for name in sys.argv[1:]
                        for line in pathlib.Path(name).read_text(encoding="utf-8").splitlines()])
    print("\n".join(failures), end="\n" if failures else "")
    sys.exit(1 if failures else 0)
