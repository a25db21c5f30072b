"""Which requirements the test results just obtained show.

requirements.py REQUIREMENTS.yaml RESULTS.xml...   a line for each requirement; exit 3 unless all shown
requirements.py --count RESULTS.xml...             "N passed, N failed"; exit 1 when one failed
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

import yaml


def read_results(files):
    """Gives {test name: "passed" | "failed" | "skipped"} and the counts; a name's worst result counts."""
    order = ["passed", "skipped", "failed"]
    states, counts = {}, dict.fromkeys(order, 0)
    for file in files:
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            if case.find("failure") is not None or case.get("status") == "fail":
                state = "failed"
            elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
                state = "skipped"
            else:
                state = "passed"
            counts[state] += 1
            name = case.get("name")
            states[name] = max(state, states.get(name, "passed"), key=order.index)
    return states, counts


def read_requirements(file):
    """Gives {id: patterns}; the ids of the families that are not in the list have no patterns."""
    document = yaml.safe_load(open(file, encoding="utf-8"))
    shown = document["shown"]
    ids = [f"{family}-{number:02}" for family, last in document["families"].items()
           for number in range(1, last + 1)]
    unknown = sorted(set(shown) - set(ids))
    if unknown:
        sys.exit(f"{file}: no such requirement: {', '.join(unknown)}")
    return {identifier: shown.get(identifier, {}).get("test", []) for identifier in ids}


def judge(patterns, states):
    """Gives (verdict, explanation) for one requirement."""
    if not patterns:
        return "not shown", ""
    names = set()
    for pattern in patterns:
        matching = {name for name in states if re.search(pattern, name)}
        if not matching:
            return "missing", f"no test matches {pattern}"
        names |= matching
    for name in sorted(names):
        if states[name] != "passed":
            return states[name], name
    return "shown", f"{len(names)} test{'s' if len(names) > 1 else ''}"


def main(arguments):
    if arguments[:1] == ["--count"]:
        _, counts = read_results(arguments[1:])
        skipped = f" ({counts['skipped']} skipped)" if counts["skipped"] else ""
        if skipped:
            print(f"not run:{skipped}")
        print(f"{counts['passed']} passed, {counts['failed']} failed")
        return 1 if counts["failed"] else 0
    requirements = read_requirements(arguments[0])
    states, _ = read_results(arguments[1:])
    total = 0
    for identifier, patterns in requirements.items():
        verdict, explanation = judge(patterns, states)
        total += verdict == "shown"
        print(f"{identifier}  {verdict}{': ' if explanation else ''}{explanation}")
    print(f"{total} of {len(requirements)} requirements shown")
    return 0 if total == len(requirements) else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
