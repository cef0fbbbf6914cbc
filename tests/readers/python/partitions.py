"""Which rows lie in one file, and what a manifest says of a file (docs/DATASET.md)."""

import hashlib
import re

import preferences

PLACE = re.compile(r".*/licence=([^/]+)/preference=([^/]+)/([0-9]{4}-[0-9]{2})(-evaluation)?(?:-[0-9]{6})?\.[a-z]+")


def path(row, apart):
    """The path of the file of a row, by its own columns and by whether it is kept apart for evaluation."""
    month = row["time"][: len("YYYY-MM")] + ("-evaluation" if apart else "")
    return f"data/licence={row['licence']}/preference={preferences.slug(row['preference'])}/{month}.jsonl"


def preference(slug):
    """The canonical text that has this slug."""
    said = (re.fullmatch("([a-z-]+?)-(y|n)(?:-(cc-cr.*))?", part).groups() for part in slug.split("."))
    return ", ".join(f"{use}={choice}{f';exceptions={signal}' if signal else ''}" for use, choice, signal in said)


def said(file_path, rows, data):
    """What the manifest says of the file at this path, which holds so many rows in these bytes."""
    licence, slug, month, apart = PLACE.fullmatch(file_path).groups()
    stated = {"path": file_path, "licence": licence, "preference": preferences.read_canonical(preference(slug)), "month": month}
    stated |= {"split": "evaluation"} if apart else {}
    return stated | measured(rows, data)


def measured(rows, data):
    """What the manifest says of a file as such."""
    return {"rows": rows, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
