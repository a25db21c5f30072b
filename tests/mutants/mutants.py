"""The mistakes of mutants.yaml, for run.sh and for the test that none is stale.

mutants.py names               every name
mutants.py tests NAME          the target whose tests must notice it
mutants.py make TREE NAME      makes the mistake in that copy of the tree, and prints its file
mutants.py stale TREE          prints those whose text does not stand there once; exit 1 for any
"""
import pathlib
import sys

import yaml

MUTANTS = yaml.safe_load(pathlib.Path(__file__).with_name("mutants.yaml").read_text(encoding="utf-8"))


def named(name):
    for mutant in MUTANTS:
        if mutant["name"] == name:
            return mutant
    sys.exit("there is no mutant " + name)


def stands_once(tree, mutant):
    path = pathlib.Path(tree, mutant["file"])
    return path.exists() and path.read_text(encoding="utf-8").count(mutant["old"]) == 1


def make(tree, name):
    mutant = named(name)
    if not stands_once(tree, mutant):
        sys.exit("its text does not stand in " + mutant["file"] + " once")
    path = pathlib.Path(tree, mutant["file"])
    text = path.read_text(encoding="utf-8").replace(mutant["old"], mutant["new"])
    path.write_text(text, encoding="utf-8")
    return mutant["file"]


def main(verb, *args):
    if verb == "names":
        print(*(mutant["name"] for mutant in MUTANTS), sep="\n")
    elif verb == "tests":
        print(named(args[0]).get("tests", "db-erasure"))
    elif verb == "make":
        print(make(*args))
    else:
        stale = [mutant["name"] for mutant in MUTANTS if not stands_once(args[0], mutant)]
        print(*stale, sep="\n")
        return 1 if stale else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
