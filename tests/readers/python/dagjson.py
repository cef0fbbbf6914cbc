"""Values as JSON: DAG-JSON, with a way to write a map that has the key "/" (DATASET, *Values*)."""

import base64
import binascii
import json

import cids
from refused import Refused, demand


def to_json(value):
    """The JSON of a value, map keys in the order of their bytes."""
    if isinstance(value, bytes):
        return {"/": {"bytes": base64.b64encode(value).decode().rstrip("=")}}
    if isinstance(value, cids.Link):
        return {"/": str(value)}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        plain = {key: to_json(value[key]) for key in sorted(value, key=str.encode)}
        return {"/": {"map": plain}} if "/" in value else plain
    return value


def from_json(value):
    """The value that is written so."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "/" not in value:
        return {key: from_json(item) for key, item in value.items()}
    demand(len(value) == 1, "json: an object with the key / has others")
    inner = value["/"]
    if isinstance(inner, str):
        return cids.parse(inner)
    demand(isinstance(inner, dict) and len(inner) == 1, "json: neither link, bytes nor map under /")
    ((form, held),) = inner.items()
    if form == "bytes":
        return _bytes(held)
    demand(form == "map" and isinstance(held, dict), "json: neither link, bytes nor map under /")
    return {key: from_json(item) for key, item in held.items()}


def _bytes(text):
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Refused("json: not base64") from None


def parse(text):
    """The JSON value of a text, integers alone."""

    def no_number(number):
        raise Refused(f"json: {number} is no integer")

    return json.loads(text, parse_float=no_number, parse_constant=no_number)


def line(value):
    """The one text of a JSON value: no white space, escapes only where JSON demands them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def page(value):
    """The JSON value for a file that people read: two spaces, and a newline at the end."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
