"""An export, read with nothing but Python: what the tools must find."""

import datetime
import json
import pathlib
import re


# Of what is said of how good a row is, values of each type.
QUALITY = ("near_duplicate_cluster", "near_duplicate_cluster_size", "words", "detected_language", "reviewed", "rights_own")


class Export:
    """The rows of an export, and the files in which tools find them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.name = self.folder.name
        self.manifest = json.loads((self.folder / "manifest.json").read_text())
        # By id; what the view "quality" says of each, where it is there.
        self.rows, self.judged = {}, {}
        for file in self.files("jsonl"):
            for line in file.read_bytes().decode().split("\n")[:-1]:
                row = json.loads(line)
                self.rows[row["id"]] = row | {"line": line, "slug": re.search("/preference=([^/]+)/", file.as_posix())[1]}
        same(len(self.rows), self.manifest["rows"], "the manifest's number of rows")
        lines = (line for file in self.files("quality") for line in file.read_bytes().decode().split("\n")[:-1])
        for judged in map(json.loads, lines):
            self.judged[judged["id"]] = {f"quality_{key}": judged[key] for key in QUALITY}
        for view in self.manifest.get("views", []):
            if view["format"] in ("parquet", "tfrecord", "webdataset"):
                same(view["rows"], len(self.rows), f"the manifest's number of rows in {view['format']}")

    def files(self, form):
        """The files of a form, in order: `jsonl` for the canonical rows, or the name of a view; `card` for the one of both of
        which the card has configurations."""
        stated = {view["format"]: view["files"] for view in self.manifest.get("views", [])} | {"jsonl": self.manifest["files"]}
        if form == "card":
            form = "parquet" if "parquet" in stated else "jsonl"
        return [self.folder / file["path"] for file in stated.get(form, [])]

    def has(self, form):
        """Whether there are files of a form."""
        return bool(self.files(form))

    def configs(self, form):
        """The files of each licence, as a card has a configuration for each."""
        found = {}
        for file in self.files(form):
            found.setdefault(re.search("/licence=([^/]+)/", file.as_posix())[1], []).append(str(file))
        return found


def values(row):
    """Some of the values that each tool must find, the same for all: of each type one."""
    messages = row.get("messages")
    return {
        "id": row["id"],
        "author": row["author"],
        "time": row["time"],
        "size_class": row["size_class"],
        "licence_id": row["licence"],
        "ai_preference": row["preference"],
        "kind": row["kind"],
        "title": row.get("title"),
        "tags": row.get("tags"),
        "chosen": row.get("chosen"),
        "rating": row.get("rating"),
        "said": messages and [(one["role"], one["content"], one.get("label"), one.get("rating")) for one in messages],
    }


def found(row):
    """The same of a row as a tool gives it, by the names of its columns."""
    messages, tags, moment = plain(row["messages"]), plain(row["tags"]), row["time"]
    if isinstance(moment, datetime.datetime):
        moment = moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = messages and [(one["role"], one["content"], one["label"], whole(one["rating"])) for one in messages]
    names = ("id", "author", "licence_id", "ai_preference", "kind", "title", "chosen")
    return {name: none(row[name]) for name in names} | {
        "time": moment,
        "size_class": row["size_class"],
        "rating": whole(row["rating"]),
        "tags": tags,
        "said": said,
    }


def plain(value):
    """A list, from whatever a tool has for one."""
    return None if value is None or isinstance(value, float) else list(value)


def none(value):
    """Nothing, where a tool has a number for it that is none."""
    return None if isinstance(value, float) and value != value else value


def whole(value):
    """An integer, from a tool that has fractions where something is missing."""
    value = none(value)
    return None if value is None else int(value)


def compare(export, rows, folders=False):
    """That these rows, as a tool gives them, are those of the export; with the values of their folders, if asked for."""
    rows = list(rows)
    same(len(rows), len(export.rows), "how many rows")
    for row in rows:
        wanted = export.rows[row["id"]]
        same(found(row), values(wanted), f"the values of {row['id']}")
        judged = {f"quality_{key}": row[f"quality_{key}"] for key in QUALITY}
        same(judged, export.judged.get(row["id"], judged), f"the quality of {row['id']}")
        if folders:
            same((row["licence"], row["preference"]), (wanted["licence"], wanted["slug"]), "the values of the folders")
    same({row["id"] for row in rows}, set(export.rows), "the ids")


def same(one, other, what):
    """Raises unless the two are equal."""
    if one != other:
        raise AssertionError(f"{what}: expected {str(other)[:300]}, found {str(one)[:300]}")
