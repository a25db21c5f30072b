"""Holds OCSF events against the published schema of OCSF 1.8.0.

ocsf_check.py EVENTS.ndjson: prints one line for each misfit; exit 1 when there is any.
ocsf_check.py --extract FOLDER: writes ocsf-1.8.0.json beside this file, from the schema as it is published
(tag 1.8.0 of the repository ocsf-schema, of which FOLDER is a copy): of the classes and objects that our
mapping uses every attribute with its type, values and whether it is required, and nothing else.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
EXTRACT = HERE / "ocsf-1.8.0.json"
CLASSES = ["entity_management", "datastore_activity"]
OBJECTS = ["actor", "database", "managed_entity", "metadata", "network_endpoint", "product", "user"]
SCALARS = {"boolean_t": bool, "integer_t": int, "long_t": int, "float_t": (int, float), "json_t": object}


class Published:
    """The published schema's classes and objects with all that they inherit."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.dictionary = self.load("dictionary.json")
        self.by_name = {}
        for kind in ("events", "objects"):
            for path in sorted((self.folder / kind).rglob("*.json")):
                entry = json.loads(path.read_text(encoding="utf-8"))
                self.by_name[kind, entry.get("name") or entry["extends"]] = entry
        version = self.load("version.json")["version"]
        if version != "1.8.0":
            sys.exit(f"ocsf_check.py: the schema is of version {version}")

    def load(self, name):
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def whole(self, kind, name):
        """Attributes, constraints, uid and category, ancestors first."""
        entry = self.by_name[kind, name]
        base = self.whole(kind, entry["extends"]) if "extends" in entry else {
            "attributes": {}, "constraints": {}}
        attributes = {key: dict(value) for key, value in base["attributes"].items()}
        included = entry["attributes"].get("$include", [])
        for path in [included] if isinstance(included, str) else included:
            for key, value in self.load(path).get("attributes", {}).items():
                # Those of a profile count where an event claims the profile; ours claim none.
                attributes[key] = {**value, "requirement": "optional"}
        for key, value in entry["attributes"].items():
            if key != "$include":
                attributes[key] = {**attributes.get(key, {}), **value}
                if "enum" in value and "enum" in base["attributes"].get(key, {}):
                    attributes[key]["enum"] = {**base["attributes"][key]["enum"], **value["enum"]}
        return {**base, **entry, "attributes": attributes,
                "constraints": entry.get("constraints", base["constraints"])}

    def attributes(self, whole):
        """Per attribute: its type (a list's in brackets), whether it must be there, its values' captions."""
        types, made = self.dictionary["types"]["attributes"], {}
        for key, own in sorted(whole["attributes"].items()):
            rule = {**self.dictionary["attributes"].get(key, {}), **own}
            name = types[rule["type"]].get("type", rule["type"]) if rule["type"] in types else rule["type"]
            made[key] = {"type": f"[{name}]" if rule.get("is_array") else name}
            if rule.get("requirement") == "required":
                made[key]["required"] = True
            # Those of a class are made from its own number.
            if "enum" in rule and key not in ("category_uid", "class_uid", "type_uid"):
                made[key]["enum"] = {value: entry["caption"] for value, entry in rule["enum"].items()}
        return {"attributes": made, "at_least_one": whole["constraints"].get("at_least_one", [])}

    def extract(self):
        categories = self.load("categories.json")["attributes"]
        classes = {}
        for name in CLASSES:
            whole = self.whole("events", name)
            category = categories[whole["category"]]["uid"]
            classes[category * 1000 + whole["uid"]] = {"caption": whole["caption"], "category": category,
                                                       **self.attributes(whole)}
        return {"classes": classes, "objects": {name: self.attributes(self.whole("objects", name))
                                                for name in OBJECTS}}


class Schema:
    """What was extracted of it."""

    def __init__(self):
        self.all = json.loads(EXTRACT.read_text(encoding="utf-8"))

    def misfits(self, value, whole, where):
        for key, rule in whole["attributes"].items():
            if rule.get("required") and key not in value:
                yield f"{where}.{key} is required"
        for key in value:
            rule = whole["attributes"].get(key)
            if rule is None:
                yield f"{where}.{key} is unknown"
            else:
                yield from self.misfit(value[key], rule, f"{where}.{key}")
        wanted = whole["at_least_one"]
        if wanted and not any(key in value for key in wanted):
            yield f"{where} has none of {', '.join(wanted)}"

    def misfit(self, value, rule, where):
        name = rule["type"]
        if name.startswith("["):
            if not isinstance(value, list):
                yield f"{where} is no list"
        elif name.endswith("_t"):
            if not isinstance(value, SCALARS.get(name, str)) or (name != "boolean_t"
                                                                 and isinstance(value, bool)):
                yield f"{where} is no {name}"
            elif "enum" in rule and str(value) not in rule["enum"]:
                yield f"{where} may not be {value}"
        elif not isinstance(value, dict):
            yield f"{where} is no object"
        elif name in self.all["objects"]:
            yield from self.misfits(value, self.all["objects"][name], where)
        elif name != "object":
            yield f"{where}: the object {name} is not in {EXTRACT.name}"

    def check(self, event):
        uid, activity = event.get("class_uid"), event.get("activity_id")
        whole = self.all["classes"].get(str(uid))
        if whole is None:
            yield f"there is no class {uid}"
            return
        if event.get("category_uid") != whole["category"]:
            yield "category_uid is not the class's"
        if event.get("class_name") != whole["caption"]:
            yield "class_name is not the class's"
        if event.get("type_uid") != uid * 100 + activity:
            yield "type_uid is not class_uid * 100 + activity_id"
        if event.get("activity_name") != whole["attributes"]["activity_id"]["enum"].get(str(activity)):
            yield "activity_name is not that of activity_id"
        if event["metadata"].get("version") != "1.8.0":
            yield "metadata.version is not 1.8.0"
        yield from self.misfits(event, whole, "event")


def main(file, folder=None):
    if file == "--extract":
        extract = Published(folder).extract()
        EXTRACT.write_text(json.dumps(extract, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    schema, found, count = Schema(), set(), 0
    for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
        event, count = json.loads(line), count + 1
        code = event.get("metadata", {}).get("event_code")
        found.update(f"{code}: {what}" for what in schema.check(event))
    print("\n".join(sorted(found)) or f"{count} events fit")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
