"""Hugging Face's datasets, on Parquet and on the canonical rows, each configuration by itself."""

import json

import datasets

from exported import compare, same

TEXT, INTEGER, BOOLEAN = datasets.Value("string"), datasets.Value("int64"), datasets.Value("bool")
# The columns of a row that are not text. What depends on the row in its keys is JSON.
FORMS = {
    "time": datasets.Value("timestamp[s]"),
    "size_class": INTEGER,
    "rating": INTEGER,
    "message_index": INTEGER,
    "false_alarms": INTEGER,
    "tags": datasets.List(TEXT),
    "messages": datasets.List({"role": TEXT, "content": TEXT, "model": TEXT, "label": TEXT, "rating": INTEGER}),
    "criteria": datasets.List({"name": TEXT, "score": INTEGER, "max": INTEGER, "note": TEXT}),
    "answers": datasets.List({"question": TEXT, "answer": TEXT}),
    "rights": datasets.List({"by": TEXT, "model": TEXT, "source": TEXT, "licence": TEXT}),
    "assurances": {"of_age": BOOLEAN, "has_rights": BOOLEAN, "no_sensitive_data": BOOLEAN},
    "redactions": datasets.Json(),
    "ext": datasets.Json(),
}


def parquet(export, scratch):
    files = [str(file) for file in export.files("parquet")]
    compare(export, datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(scratch)))
    for licence, files in export.configs("parquet").items():
        config = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(scratch))
        count = sum(row["licence"] == licence for row in export.rows.values())
        same((len(config), set(config["licence_id"])), (count, {licence}), f"the rows under {licence}")


def jsonl(export, scratch):
    """Rows of different kinds have different columns, so that the loader is told of all of them."""
    columns = {name for row in export.rows.values() for name in row} - {"line", "slug"}
    unknown = {name: datasets.Json() for row in export.rows.values() for name, value in row.items()
               if name not in FORMS and value is not None and not isinstance(value, str)}
    features = datasets.Features({name: (FORMS | unknown).get(name, TEXT) for name in sorted(columns)})
    for licence, files in export.configs("jsonl").items():
        config = datasets.load_dataset("json", data_files=files, features=features, split="train", cache_dir=str(scratch))
        wanted = {row["id"]: json.loads(row["line"]) for row in export.rows.values() if row["licence"] == licence}
        same(sorted(config["id"]), sorted(wanted), f"the ids under {licence}")
        for row in config:
            row["time"] = row["time"].strftime("%Y-%m-%dT%H:%M:%SZ")
            same(_there(row), _there(wanted[row["id"]]), f"the values of {row['id']}")


def _there(value):
    """A value without what is missing in it: the loader has every field in each map."""
    if isinstance(value, list):
        return [_there(item) for item in value]
    if isinstance(value, dict):
        return {key: _there(item) for key, item in value.items() if item is not None}
    return value


def card(export, scratch):
    """Each configuration of the card in README.md, as whoever downloads the folder loads it."""
    ids = []
    for name in datasets.get_dataset_config_names(str(export.folder)):
        for config in datasets.load_dataset(str(export.folder), name, cache_dir=str(scratch)).values():
            same({export.rows[row_id]["licence"].lower() for row_id in config["id"]}, {name}, "the licence of a configuration")
            ids += config["id"]
    same(sorted(ids), sorted(export.rows), "the ids in all configurations")


CHECKS = {
    "datasets, the card": ("card", card),
    "datasets, Parquet": ("parquet", parquet),
    "datasets, JSON Lines": ("jsonl", jsonl),
}
