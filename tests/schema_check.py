"""Validates documents with a validator that is not ours: schema_check.py SCHEMA [DOCUMENT…]

The schema is checked against its own meta-schema first. YAML is read with PyYAML, JSON being a part of
it; dates stay texts, as in the readers. Prints one line for each misfit; exit 1 when there is any.
"""
import json
import pathlib
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """Without YAML 1.1's timestamps."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def main(schema_file, *documents):
    schema = json.loads(pathlib.Path(schema_file).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    misfits = 0
    for name in documents:
        document = yaml.load(pathlib.Path(name).read_text(encoding="utf-8"), Loader)
        for error in sorted(validator.iter_errors(document), key=lambda e: [str(p) for p in e.absolute_path]):
            place = "/".join(str(part) for part in error.absolute_path)
            print(f"{name}: /{place}: {error.message[:200]}")
            misfits += 1
    return 1 if misfits else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
