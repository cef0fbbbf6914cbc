"""What an export says of benchmarks with which no row overlaps (docs/DATASET.md, *Without benchmarks*): that every record that was
left out is named, and nothing else is. The files of the benchmarks are not in an export; if all of them are given besides, each
row is compared with them."""

import json
import re

import cids
import dagjson
from benchmarks import Benchmarks, every_text
from tally import same

FILE = ["name", "sha256", "items", "compared", "unread"]
WORDS, LEAST = range(8, 51), 8


def rule(stated):
    """What two exports that lie together say alike."""
    said = stated.get("decontaminated")
    return said and {key: value for key, value in said.items() if key != "left_out"}


class Overlaps:
    """The records that were left out, and the manifest's word on why."""

    def __init__(self, stated, folder, given=()):
        self.stated, self.compared = stated, None
        same(list(stated), ["words", "least", "files", "left_out"], "what is said of benchmarks")
        same(stated["words"] in WORDS and stated["least"] == LEAST, True, "a rule that is known")
        names = [file["name"] for file in stated["files"]]
        same(names, sorted(set(names), key=str.encode), "files by name, each once")
        for file in stated["files"]:
            same(list(file), FILE, "what is said of a file")
            same(bool(re.fullmatch("[0-9a-f]{64}", file["sha256"])) and "/" not in file["name"], True, "a name and a hash")
            same(1 <= file["compared"] <= file["items"] - file["unread"], True, "items of which at least one is compared")
        files = {file.name: file for file in given}
        if all(name in files for name in names):
            self.compared = Benchmarks(stated["words"])
            same([self.compared.add(name, files[name].read_bytes()) for name in names], stated["files"], "what the files hold")
        lines = (folder / "contaminated.jsonl").read_bytes().decode().split("\n")
        same(lines.pop(), "", "lines that end in newlines")
        self.ids = [self._read(line, names) for line in lines]
        same(self.ids, sorted(set(self.ids)), "records by id, each once")
        same(len(self.ids), stated["left_out"], "as many as the manifest says")

    def _read(self, line, names):
        """The record of a line, which names at least one item of these files."""
        value = json.loads(line)
        same(list(value), ["id", "overlaps"], "what is said of a record")
        files = [one["file"] for one in value["overlaps"]]
        same(bool(files) and files == [name for name in names if name in files], True, "files in order, each once")
        same(all(list(one) == ["file", "item"] and type(one["item"]) is int and one["item"] > 0 for one in value["overlaps"]), True, "items")
        same(line, dagjson.line(value), "the line's one text")
        return cids.parse(value["id"])

    def check_row(self, _, body):
        """That no text of a row overlaps with an item."""
        for text in every_text(body) if self.compared else ():
            same(self.compared.overlapping(text), {}, "items with which a row overlaps")

    def account(self, incomplete):
        """Those of the records without a row that are not named; all that are must be among them."""
        same([one for one in self.ids if one not in incomplete], [], "records that would have a row but for this")
        return [one for one in incomplete if one not in self.ids]
