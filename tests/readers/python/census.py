"""What the rows of an export are, counted (docs/DATASET.md, *Bundle*)."""

import collections

import cids
from described import HEADER, Columns, entries

SHORT = 256
COUNTED = {"imported_from": "imported_from", "kinds": "kind", "labels": "label", "languages": "language",
           "models": "model", "vocabularies": "vocabulary"}
VALUES, AUTHORS, SOURCES, MODELS = 64 << 10, 64 << 20, 16 << 20, 1 << 20
CREDIT = ("what", "licence", "author", "name", "attribution", "source", "source_licence", "model", "rows")


class Census:
    """Counts of rows, and whom to credit for them."""

    def __init__(self):
        self.rows = self.anonymous = self.revisions = self.corrections = 0
        self.times, self.names = [], {}
        self.values = {name: collections.Counter() for name in (*COUNTED, "rights", "redactions")}
        self.columns = {}
        self.authors, self.sources, self.models = (collections.Counter() for _ in range(3))

    def add(self, row, path):
        """Takes one row more, of the file at this path."""
        self.rows += 1
        self.anonymous += row["nonce"] is not None
        self.revisions += row["revises"] is not None
        self.corrections += row["corrects"] is not None
        self.times = [min([*self.times, row["time"]]), max([*self.times, row["time"]])]
        for name, column in COUNTED.items():
            if (text := _short(row, column)) is not None:
                self.values[name][text] += 1
        rights = [entries(right) for right in row["rights"]] if isinstance(row.get("rights"), list) else []
        rights = [right for right in rights if right is not None]
        self.values["rights"].update({by for right in rights if (by := _short(right, "by")) is not None})
        redactions = entries(row.get("redactions")) or {}
        self.values["redactions"].update({kind for kind in redactions if len(kind.encode()) <= SHORT})
        columns = self.columns.setdefault(path, Columns())
        for name, value in row.items():
            if name not in HEADER:
                columns.add(name, value)
        self._credit(row, rights)
        if row.get("kind") == "profile" and (name := _short(row, "name")) is not None:
            newest = (row["time"], cids.parse(row["id"]), name)
            self.names[row["author"]] = max(newest, self.names.get(row["author"], newest), key=lambda one: one[:2])

    def _credit(self, row, rights):
        licence = row["licence"]
        author = row["author"] if row["nonce"] is None else ""
        self.authors[licence, author, _short(row, "attribution") or ""] += 1
        third = [(_short(right, "source"), _short(right, "licence")) for right in rights if right.get("by") == "third-party"]
        for source, under in {pair for pair in third if None not in pair}:
            self.sources[licence, source, under] += 1
        wrote = [_short(right, "model") for right in rights if right.get("by") == "model"]
        wrote = [model for model in wrote if model is not None][:1]
        for model in {_short(row, "model"), *wrote} - {None}:
            self.models[licence, model] += 1

    def credits(self):
        """The lines of attribution.jsonl, and for how many rows there was no room."""
        (authors, no_author), (sources, no_source), (models, no_model) = (
            _within(counter, most, 24 * parts)
            for counter, most, parts in ((self.authors, AUTHORS, 2), (self.sources, SOURCES, 2), (self.models, MODELS, 1))
        )
        lines = []
        for (licence, author, attribution), rows in authors:
            name = self.names[author][2] if author in self.names else ""
            lines.append(_line("author", licence, rows, author=author, name=name, attribution=attribution))
        for (licence, source, under), rows in sources:
            lines.append(_line("source", licence, rows, source=source, source_licence=under))
        for (licence, model), rows in models:
            lines.append(_line("model", licence, rows, model=model))
        return lines, {"authors": no_author, "sources": no_source, "models": no_model}

    def counts(self):
        """What the templates call `counts`."""
        lines, uncredited = self.credits()
        listed = {}
        for name, counter in self.values.items():
            kept, others = _within({(value,): rows for value, rows in counter.items()}, VALUES, 0)
            kept.sort(key=lambda one: -one[1])
            listed[name] = {"values": [{"value": value, "rows": rows} for (value,), rows in kept], "others": others}
        return {
            "rows": self.rows,
            "anonymous": self.anonymous,
            "keyed": self.rows - self.anonymous,
            "authors": len({line["author"] for line in lines} - {""}),
            "revisions": self.revisions,
            "corrections": self.corrections,
            "first": self.times[0] if self.times else None,
            "last": self.times[-1] if self.times else None,
            "uncredited": uncredited,
            **listed,
        }


def _short(holder, column):
    value = holder.get(column)
    return value if isinstance(value, str) and len(value.encode()) <= SHORT else None


def _within(counter, most, each):
    """The longest beginning of the values, in order, that has room; and how many rows have others. A licence before
    the others takes no room."""
    kept, others, weight = [], 0, 0
    for key in sorted(counter, key=lambda key: [text.encode() for text in key]):
        texts = key[1:] if each else key
        weight += sum(len(text.encode()) for text in texts) + each + 16
        if weight > most:
            others += counter[key]
        else:
            kept.append((key, counter[key]))
    return kept, others


def _line(what, licence, rows, **told):
    return dict.fromkeys(CREDIT, "") | {"what": what, "licence": licence, "rows": rows} | told
