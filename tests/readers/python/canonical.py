"""Canonical bytes (SPEC section 2): a strict scan of every head, then cbor2 for the values, then the bytes again."""

import cbor2

from cids import Link
from refused import Refused, demand

MOST_INTEGER = 2**53 - 1
MOST_DEPTH = 16


def decode(data):
    """The value of canonical bytes; refuses all others."""
    end = _scan(data, 0, 0)
    demand(end == len(data), "cbor-trailing")
    value = _linked(cbor2.loads(data))
    assert encode(value) == data, "the scan let bytes pass that are not canonical"
    return value


def encode(value):
    """The canonical bytes of a value."""
    return cbor2.dumps(_plain(value))


def _plain(value):
    if isinstance(value, Link):
        return cbor2.CBORTag(42, b"\0" + value.binary)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _plain(value[key]) for key in keys}
    if isinstance(value, int) and not isinstance(value, bool):
        demand(abs(value) <= MOST_INTEGER, "cbor-integer-range")
    return value


def _linked(value):
    if isinstance(value, cbor2.CBORTag):
        return Link(value.value[1:])
    if isinstance(value, list):
        return [_linked(item) for item in value]
    if isinstance(value, dict):
        return {key: _linked(item) for key, item in value.items()}
    return value


def _scan(data, at, depth):
    """The offset after the item that begins at `at`."""
    major, argument, at = _head(data, at)
    if major <= 1:
        demand(argument <= MOST_INTEGER - major, "cbor-integer-range")
        return at
    if major <= 3:
        return _string(data, at, argument, major)[1]
    if major == 6:
        demand(argument == 42, "cbor-tag")
        return _link(data, at)
    if major == 7:
        return at
    demand(depth < MOST_DEPTH, "cbor-depth")
    if major == 4:
        demand(argument <= len(data) - at, "cbor-truncated")
        for _ in range(argument):
            at = _scan(data, at, depth + 1)
        return at
    return _map(data, at, argument, depth + 1)


def _head(data, at):
    """Major type, argument, and the offset after the head."""
    demand(at < len(data), "cbor-truncated")
    major, info = data[at] >> 5, data[at] & 31
    demand(info not in (28, 29, 30), "cbor-malformed")
    demand(info != 31, "cbor-indefinite")
    demand(not (major == 7 and info in (25, 26, 27)), "cbor-float")
    at += 1
    argument = info
    if info >= 24:
        width = 1 << (info - 24)
        demand(at + width <= len(data), "cbor-truncated")
        argument = int.from_bytes(data[at : at + width], "big")
        at += width
        demand(argument >= (24 if width == 1 else 1 << (4 * width)), "cbor-non-shortest")
    if major == 7:
        demand(argument in (20, 21, 22), "cbor-simple")
    return major, argument, at


def _string(data, at, length, major):
    """The content of a byte or text string, and the offset after it."""
    demand(length <= len(data) - at, "cbor-truncated")
    content = data[at : at + length]
    if major == 3:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("cbor-utf8") from None
    return content, at + length


def _link(data, at):
    major, length, at = _head(data, at)
    demand(major == 2, "cbor-link")
    content, at = _string(data, at, length, major)
    demand(content[:1] == b"\0", "cbor-link")
    try:
        Link(content[1:])
    except Refused:
        raise Refused("cbor-link") from None
    return at


def _map(data, at, length, depth):
    demand(2 * length <= len(data) - at, "cbor-truncated")
    before = None
    for _ in range(length):
        major, size, at = _head(data, at)
        demand(major == 3, "cbor-key-type")
        key, at = _string(data, at, size, major)
        place = (len(key), key)
        if before is not None:
            demand(place != before, "cbor-duplicate-key")
            demand(place > before, "cbor-key-order")
        before = place
        at = _scan(data, at, depth)
    return at
