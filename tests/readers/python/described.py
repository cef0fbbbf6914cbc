"""What stands in the columns of rows (docs/DATASET.md, *Bundle*): what loaders are told of them."""

HEADER = ("id", "community", "charter", "author", "author_mode", "nonce", "time", "licence", "preference", "terms",
          "ruleset", "revises", "corrects", "about_record", "body", "size_class", "signature")
BODY = ("kind", "title", "language", "tags", "model", "messages", "label", "rating", "note", "prompt", "ideal", "chosen",
        "rejected", "message_index", "corrected", "criteria", "answers", "programming_language", "code", "tests",
        "source_language", "source_text", "target_language", "target_text", "name", "about", "text", "asks",
        "attribution", "rights", "assurances", "preference_given", "vocabulary", "redactions", "false_alarms", "imported_from", "ext", "salt")
MOST_UNKNOWN, LONGEST_NAME = 64, 256

LISTS = {
    "messages": {"role": str, "content": str, "model": str, "label": str, "rating": int},
    "criteria": {"name": str, "score": int, "max": int, "note": str},
    "answers": {"question": str, "answer": str},
    "rights": {"by": str, "model": str, "source": str, "licence": str},
}
MAPS = {"assurances": {"has_rights": bool, "no_sensitive_data": bool, "of_age": bool}}
INTEGERS = ("rating", "message_index", "false_alarms")
UNDESCRIBED = ("redactions", "ext")
TYPES = {str: "sc:Text", int: "sc:Integer", bool: "sc:Boolean"}


class Columns:
    """The columns of the bodies of some rows: of each, whether it is text alone, integers alone, as in known kinds."""

    def __init__(self):
        self.seen = {}

    def add(self, name, value):
        """Takes the value in a column of one row more."""
        found = (type(value) is str, type(value) is int, _is_known(name, value))
        before = self.seen.get(name, (True, True, True))
        self.seen[name] = tuple(one and other for one, other in zip(before, found))

    def join(self, other):
        """Takes the columns of other rows besides."""
        for name, found in other.seen.items():
            before = self.seen.get(name, (True, True, True))
            self.seen[name] = tuple(one and two for one, two in zip(before, found))

    def features(self):
        """Name and type of every column as `datasets` has them; nothing when there are more than anybody is told."""
        unknown = sorted((name for name in self.seen if name not in BODY), key=str.encode)
        if len(unknown) > MOST_UNKNOWN or any(len(name.encode()) > LONGEST_NAME for name in unknown):
            return None
        header = {"size_class": "int64", "time": "timestamp[s]"}
        listed = [(name, header.get(name, "string")) for name in HEADER]
        for name in (*(name for name in BODY if name in self.seen), *unknown):
            text, integer, _ = self.seen[name]
            listed.append((name, "string" if text else "int64" if integer else "json"))
        return [{"name": name, "dtype": dtype} for name, dtype in listed]

    def fields(self):
        """The fields of a record set: the header's columns, and those that are as in bodies of known kinds."""
        header = {"size_class": "sc:Integer", "time": "sc:DateTime"}
        listed = [_field(name, header.get(name, "sc:Text")) for name in HEADER]
        for name in BODY:
            if not self.seen.get(name, (False, False, False))[2]:
                continue
            parts = LISTS.get(name) or MAPS.get(name)
            if parts:
                named = [{"name": key, "type": TYPES[kind]} for key, kind in parts.items()]
                listed.append(_field(name, None, name in LISTS, named))
            else:
                listed.append(_field(name, "sc:Integer" if name in INTEGERS else "sc:Text", name == "tags"))
        return listed


def entries(value):
    """The entries of a value that is a map, whatever its keys; nothing for another value."""
    if not isinstance(value, dict):
        return None
    if "/" not in value:
        return value
    inner = value["/"]
    return inner.get("map") if isinstance(inner, dict) else None


def _field(name, data_type, is_list=False, parts=()):
    return {"name": name, "type": data_type, "list": is_list, "parts": list(parts)}


def _is_known(name, value):
    if name in UNDESCRIBED or name not in BODY:
        return False
    if name in LISTS:
        return isinstance(value, list) and all(_has(item, LISTS[name]) for item in value)
    if name in MAPS:
        return _has(value, MAPS[name])
    if name == "tags":
        return isinstance(value, list) and all(type(item) is str for item in value)
    return type(value) is (int if name in INTEGERS else str)


def _has(value, kinds):
    found = entries(value)
    return found is not None and all(type(found[key]) is kind for key, kind in kinds.items() if key in found)
