"""What makes an export a bundle, read by the programs that it is for: Croissant's reader, Hugging Face's card and loader, CFF's validator."""

import json
import os

import absl.logging
import cffconvert
import datasets
import duckdb
import huggingface_hub
import mlcroissant

from exported import same

MOST_RECORD_SETS = 256


def croissant(export, _):
    """Loads every record set: only then are hashes checked, and only then is it seen whether the columns are there."""
    absl.logging.set_verbosity(absl.logging.ERROR)
    dataset = mlcroissant.Dataset(str(export.folder / "croissant.json"))
    same(set(dataset.metadata.ctx.issues.errors), set(), "what is wrong with the description")
    wanted = _record_sets(export)
    same([one.uuid for one in dataset.metadata.record_sets], list(wanted), "the record sets")
    for name, ids in wanted.items():
        records = list(dataset.records(name))
        values = [{column.removeprefix(f"{name}/"): value for column, value in record.items()} for record in records]
        same(sorted(_text(one["id"]) for one in values), sorted(ids), f"the ids in {name}")
        for one in values:
            _record(export, name, one)


def _record_sets(export):
    """The name of each record set that should be described, and the ids of its rows."""
    found, many = {}, len(export.files("jsonl")) > MOST_RECORD_SETS
    for form, begin in (("jsonl", ""), ("parquet", "parquet/")):
        ids = {}
        for file in export.files(form) and export.files("jsonl"):
            place = file.relative_to(export.folder / "data").with_suffix("").as_posix()
            if begin or many:
                place = begin + place.split("/")[0] + ("/evaluation" if place.endswith("-evaluation") else "")
            lines = file.read_bytes().decode().split("\n")[:-1]
            ids.setdefault(place, []).extend(json.loads(line)["id"] for line in lines)
        found |= dict(sorted(ids.items())) if begin or many else ids
    return found


def _record(export, name, values):
    """That a record is the row of its id, as far as it is described."""
    row = export.rows[_text(values["id"])]
    named = {"licence": "licence_id", "preference": "ai_preference"} if name.startswith("parquet/") else {}
    for column in ("author", "licence", "preference", "kind"):
        same(_text(values[named.get(column, column)]), row[column], f"the {column} of {row['id']}")
    same(values["size_class"], row["size_class"], f"the size class of {row['id']}")
    same(values["time"].strftime("%Y-%m-%dT%H:%M:%SZ"), row["time"], f"the time of {row['id']}")
    messages = f"{name}/messages/"
    said = [(_text(one[messages + "role"]), _text(one[messages + "content"])) for one in values.get("messages") or []
            if one[messages + "role"] is not None]
    same(said, _said(row) if "messages" in values else [], f"the messages of {row['id']}")
    if "quality_words" in values and row["id"] in export.judged:
        judged = {key: _text(values[key]) for key in export.judged[row["id"]]}
        same(judged, export.judged[row["id"]], f"the quality of {row['id']}")


def card(export, scratch):
    """Loads each configuration that the card names, by the card alone, and no other row with it."""
    read = huggingface_hub.DatasetCard.load(export.folder / "README.md").data.to_dict()
    same("\n" in read["pretty_name"], False, "a name of several lines")
    licences = {row["licence"].lower(): row["licence"] for row in export.rows.values()}
    same(sorted(read.get("license", [])), sorted(licences), "the licences")
    names = [config["config_name"] for config in read.get("configs", [])]
    same(sorted(names), sorted(licences), "the configurations")
    for name in names:
        loaded = datasets.load_dataset(str(export.folder), name, cache_dir=str(scratch))
        ids = [one for split in loaded.values() for one in split["id"]]
        wanted = sorted(row["id"] for row in export.rows.values() if row["licence"] == licences[name])
        same(sorted(ids), wanted, f"the ids under {name}")
        for row in (row for split in loaded.values() for row in split):
            same(*_comparable(row, export.rows[row["id"]]), f"the values of {row['id']}")
    if len(names) > 1:
        try:
            datasets.load_dataset(str(export.folder), cache_dir=str(scratch))
        except ValueError as refused:
            same("Config name is missing" in str(refused), True, f"a refusal to mix licences, not: {refused}")
        else:
            raise AssertionError("rows under several licences were loaded as one")
    citation = cffconvert.Citation((export.folder / "CITATION.cff").read_text(), src="CITATION.cff")
    citation.validate()
    same(citation.cffobj["title"], read["pretty_name"], "the title to cite")


def readme(export, _):
    """Runs what README.md says that one can do, where it says so."""
    text = (export.folder / "README.md").read_text()
    python, sql = (text.split(f"```{language}\n")[1].split("```")[0] for language in ("python", "sql"))
    python = python.replace("path/to/this/folder", str(export.folder))
    before = os.getcwd()
    os.chdir(export.folder)
    try:
        exec(compile(python, "README.md", "exec"), {})
        found = duckdb.sql(sql).fetchall()
    finally:
        os.chdir(before)
    # What is kept apart for evaluation is loaded only where there is nothing else.
    rows = [row for row in export.rows.values() if "canary" not in row] or export.rows.values()
    stated = [tuple(row[name] for name in ("id", "licence", "preference", "kind")) for row in rows]
    same(sorted(found), sorted(stated), "what the query finds")


def _comparable(loaded, row):
    """A row as the loader gives it and as it is stated: of JSON Lines every value, of Parquet those that are text in both."""
    loaded |= {"time": loaded["time"].strftime("%Y-%m-%dT%H:%M:%SZ")}
    stated = json.loads(row["line"])
    if "licence_id" in loaded:
        stated |= {"licence_id": stated.pop("licence"), "ai_preference": stated.pop("preference")}
        texts = [name for name, value in stated.items() if isinstance(value, str) and name in loaded]
        return [{name: values[name] for name in texts} for values in (loaded, stated)]
    return _there(loaded), _there(stated)


def _there(value):
    """A value without what is missing in it: the loader has every column in each row."""
    if isinstance(value, list):
        return [_there(item) for item in value]
    if isinstance(value, dict):
        return {key: _there(item) for key, item in value.items() if item is not None}
    return value


def _said(row):
    return [(one["role"], one["content"]) for one in row.get("messages") or []]


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


CHECKS = {
    "mlcroissant": ("jsonl", croissant),
    "the card, with huggingface_hub, datasets and cffconvert": ("card", card),
    "what README.md says": ("jsonl", readme),
}
