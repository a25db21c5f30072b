"""Which requirements the test results just obtained show.

requirements.py REQUIREMENTS.yaml RESULTS.xml...   a line for each requirement; exit 3 unless all shown
requirements.py --count RESULTS.xml...             "N passed, N failed"; exit 1 when one failed
requirements.py --figures REQUIREMENTS.yaml        compares the figures with the packs; exit 1 on a misfit
"""
import pathlib
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
    """Gives ({id: how it is shown}, {id: figures}); what is not shown yet has nothing."""
    document = yaml.safe_load(open(file, encoding="utf-8"))
    shown, figures = document["shown"], document.get("figures", {})
    ids = [f"{family}-{number:02}" for family, last in document["families"].items()
           for number in range(1, last + 1)]
    unknown = sorted((set(shown) | set(figures)) - set(ids))
    if unknown:
        sys.exit(f"{file}: no such requirement: {', '.join(unknown)}")
    return {identifier: shown.get(identifier, {}) for identifier in ids}, figures


def value_at(document, path):
    """What stands there; an item of a list is named by its `id`."""
    for step in path:
        if isinstance(document, list):
            document = next((item for item in document if item.get("id") == step), None)
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def misfits(figures, root):
    """A line for each figure that does not stand where it should: {file, path, is}."""
    lines = []
    for figure in figures:
        document = yaml.safe_load((root / figure["file"]).read_text(encoding="utf-8"))
        found = value_at(document, figure["path"])
        if found != figure["is"]:
            place = "/".join(figure["path"])
            lines.append(f"{figure['file']}: {place}: expected {figure['is']}, found {found}")
    return lines


def judge(how, figures, states, root):
    """Gives (verdict, explanation) for one requirement."""
    patterns, wants_figure = how.get("test", []), how.get("figure", False)
    if not patterns and not wants_figure:
        return "not shown", ""
    if wants_figure and not figures:
        return "missing", "no figure"
    wrong = misfits(figures, root)
    if wrong:
        return "failed", wrong[0]
    names = set()
    for pattern in patterns:
        matching = {name for name in states if re.search(pattern, name)}
        if not matching:
            return "missing", f"no test matches {pattern}"
        names |= matching
    for name in sorted(names):
        if states[name] != "passed":
            return states[name], name
    counted = [(len(names), "test")] + [(len(figures), "figure")]
    return "shown", ", ".join(f"{n} {what}{'s' if n > 1 else ''}" for n, what in counted if n)


def main(arguments):
    if arguments[:1] == ["--count"]:
        _, counts = read_results(arguments[1:])
        skipped = f" ({counts['skipped']} skipped)" if counts["skipped"] else ""
        if skipped:
            print(f"not run:{skipped}")
        print(f"{counts['passed']} passed, {counts['failed']} failed")
        return 1 if counts["failed"] else 0
    figures_only = arguments[:1] == ["--figures"]
    file = arguments[1 if figures_only else 0]
    root = pathlib.Path(file).resolve().parent.parent
    requirements, figures = read_requirements(file)
    if figures_only:
        wrong = [f"{identifier}: {line}" for identifier, wanted in figures.items()
                 for line in misfits(wanted, root)]
        print("\n".join(wrong) or f"{len(figures)} requirements' figures stand in their packs")
        return 1 if wrong else 0
    states, _ = read_results(arguments[1:])
    total = 0
    for identifier, how in requirements.items():
        verdict, explanation = judge(how, figures.get(identifier, []), states, root)
        total += verdict == "shown"
        print(f"{identifier}  {verdict}{': ' if explanation else ''}{explanation}")
    print(f"{total} of {len(requirements)} requirements shown")
    return 0 if total == len(requirements) else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
