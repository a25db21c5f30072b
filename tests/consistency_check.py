"""Holds consistency proofs of ccctl against two verifiers that share no code with it: consistency_check.py
FILE, with one proof a line: old size, its root, size, its root, hashes (hexadecimal). Both must accept each
one and refuse it with any hash changed, dropped or added, with the roots or the sizes swapped.
"""
import importlib.util
import pathlib
import sys

TESTS = pathlib.Path(__file__).parent


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHIPPED = load(TESTS.parent / "policies" / "bundle" / "verify.py")
OTHER = load(TESTS / "faults" / "other_verifier.py")


def verdicts(old, old_root, size, root, proof):
    try:
        other = OTHER.grown_roots(old, size, old_root, proof) == (old_root, root)
    except (ValueError, RecursionError):
        other = False
    return SHIPPED.extends(old, old_root, size, root, proof), other


def attacks(old, old_root, size, root, proof):
    flip = lambda data: bytes([data[0] ^ 1]) + data[1:]
    for at, one in enumerate(proof):
        yield old, old_root, size, root, [*proof[:at], flip(one), *proof[at + 1:]]
        yield old, old_root, size, root, [*proof[:at], *proof[at + 1:]]
        yield old, old_root, size, root, [*proof[:at], one, *proof[at:]]
    yield old, old_root, size, root, [*proof, root]
    yield old, flip(old_root), size, root, proof
    yield old, old_root, size, flip(root), proof
    if old != size:
        yield old, root, size, old_root, proof
        yield size, root, old, old_root, proof


def main(file):
    wrong, count = [], 0
    for line in pathlib.Path(file).read_text(encoding="ascii").splitlines():
        words = line.split()
        right = (int(words[0]), bytes.fromhex(words[1]), int(words[2]), bytes.fromhex(words[3]),
                 [bytes.fromhex(word) for word in words[4:]])
        count += 1
        if verdicts(*right) != (True, True):
            wrong.append(f"{right[0]} of {right[2]}: refused, {verdicts(*right)}")
        wrong += [f"{right[0]} of {right[2]}: accepted {attack[0]} of {attack[2]}, {verdicts(*attack)}"
                  for attack in attacks(*right) if any(verdicts(*attack))]
    print("\n".join(wrong[:20]) or f"{count} proofs hold")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
