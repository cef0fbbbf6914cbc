"""Files of benchmarks, and what overlaps with their items (docs/DATASET.md, *Without benchmarks*)."""

import csv
import gzip
import hashlib
import io
import json

import words
from tally import same

LEAST = 8


class Pairs(list):
    """The entries of a JSON object, each of them, also where two have one name."""


class Benchmarks:
    """The items of files, by the runs of words in their texts."""

    def __init__(self, run):
        self.run, self.lengths, self.first = run, {run}, {}

    def add(self, name, data):
        """Takes a file, and says what a manifest says of it."""
        items, compared, unread = set(), set(), set()
        for number, text in _texts(name, data):
            items.add(number)
            if text is None:
                unread.add(number)
                continue
            found = words.words(text)
            if len(found) < LEAST:
                continue
            compared.add(number)
            length = min(self.run, len(found))
            self.lengths.add(length)
            for number_of_run in _runs(found, length):
                self.first.setdefault(number_of_run, {}).setdefault(name, number)
        hashed = hashlib.sha256(data).hexdigest()
        return {"name": name, "sha256": hashed, "items": len(items), "compared": len(compared), "unread": len(unread)}

    def overlapping(self, text):
        """Of each file with which a text overlaps the first such item."""
        found, items = words.words(text), {}
        for length in self.lengths:
            for number_of_run in _runs(found, length):
                for name, number in self.first.get(number_of_run, {}).items():
                    items[name] = min(number, items.get(name, number))
        return items


def every_text(value):
    """Every text in a body, names of entries included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from every_text(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from every_text(one)


def _runs(found, length):
    return [words.run(found[at : at + length]) for at in range(len(found) - length + 1)]


def _texts(name, data):
    """The number of each item with each text in it, an empty one besides; with nothing where it cannot be read."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    form = name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    if form == "json":
        yield from _of_value(_parsed(data.decode("utf-8-sig")))
    elif form in ("csv", "tsv"):
        told = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if form == "tsv" else {}
        rows = csv.reader(io.StringIO(data.decode("utf-8", "surrogateescape"), newline=""), **told)
        for number, row in enumerate((row for row in rows if row), 1):
            for text in row:
                yield number, text if text.isprintable() or _is_text(text) else None
    else:
        for number, line in enumerate(data.split(b"\n"), 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if text.strip():
                    yield number, ""
                    for one in _said(_parsed(text)) if form in ("jsonl", "ndjson") else [text]:
                        yield number, one
            except ValueError:
                yield number, None


def _is_text(text):
    return not any(0xDC80 <= ord(char) <= 0xDCFF for char in text)


def _parsed(text):
    def no_number(name):
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, object_pairs_hook=Pairs, parse_constant=no_number)


def _said(value):
    """Every text in a JSON value; names of entries are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _said(one[1] if isinstance(value, Pairs) else one)


def _of_value(value):
    """The texts of one JSON value: an element of an array that lies in no other is an item."""
    number = 0

    def walk(value):
        nonlocal number
        if isinstance(value, Pairs):
            for _, one in value:
                yield from walk(one)
        elif isinstance(value, list):
            for one in value:
                number += 1
                yield number, ""
                for text in _said(one):
                    yield number, text
        elif isinstance(value, str):
            yield max(number, 1), value

    yield from walk(value)
    if number == 0:
        yield 1, ""


QUESTION = "A mill turns 40 sacks of wheat into flour in five hours, so how many sacks in eight?"
SHORT = "Which river turns the oldest mill of the valley?"


def run(tally):
    """What is found in files of every form, and what is not."""
    files = {
        "a.jsonl": f'"few"\n\n{{"q": [1.5, {{"a": "few", "a": "{QUESTION}"}}]}}\nno json\n',
        "b.json": f'{{"version": "x", "data": ["few", {{"d": ["{QUESTION}"]}}]}}',
        "c.txt": f"few words\n{QUESTION}\n",
        "d.csv": f'question,answer\n"{QUESTION}\n",64\n',
        "e.tsv": f'question\tanswer\n"{QUESTION}\t64\n',
    }
    counted = {"a.jsonl": (3, 1, 1), "b.json": (2, 1, 0), "c.txt": (2, 1, 0), "d.csv": (2, 1, 0), "e.tsv": (2, 1, 0)}
    for name, text in files.items():
        for packed in (text.encode(), gzip.compress(text.encode())):
            with tally.check(f"benchmarks: {name}"):
                benchmarks = Benchmarks(13)
                said = benchmarks.add(name, packed)
                same((said["items"], said["compared"], said["unread"]), counted[name], "what is in it")
                same(benchmarks.overlapping(QUESTION.upper().replace(" ", "\n")), {name: 3 if name == "a.jsonl" else 2})
    benchmarks = Benchmarks(13)
    benchmarks.add("mills.txt", f"{QUESTION}\n{SHORT}\n".encode())
    said = QUESTION.split()
    for at in range(len(said) - 12):
        with tally.check(f"benchmarks: thirteen words in a row, from word {at}, and not twelve"):
            for count, found in ((13, {"mills.txt": 1}), (12, {})):
                same(benchmarks.overlapping("So: " + " ".join(said[at : at + count]) + " Who knows?"), found)
    with tally.check("benchmarks: a shorter text as a whole"):
        same(benchmarks.overlapping(f"Tell me. {SHORT} I forgot."), {"mills.txt": 2})
        same(benchmarks.overlapping(SHORT.replace("oldest", "older")), {})
