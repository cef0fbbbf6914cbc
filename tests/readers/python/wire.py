"""What peers say: receipts, acknowledgements, sessions, statements, gossip, exchange, invites (SPEC sections 16, 18 to 20)."""

import hashlib

import canonical
import cids
from fields import count, envelope, hour, kind, link, many, octets, one_of, record, tagged, text
from records import MOST_HEADER
from refused import Refused, demand

MOST_MESSAGE = 65_536
MOST_FRAME = 2_097_152
MOST_INVITE = 4096

_peer = octets(0, 64)
_SIGNED = {
    "receipt": envelope("receipt", "validator", {"community": link()}, {"records": many(0, 512, link())}),
    "acknowledgement": envelope(
        "acknowledgement", "validator", {"community": link()}, {"operations": many(0, 512, link())}
    ),
    "session": envelope(
        "session", "validator", {"community": link(), "charter": link(), "asker": _peer, "answerer": _peer}
    ),
    "statement": envelope(
        "statement",
        "who",
        {
            "community": link(),
            "use": one_of("validate", "replicate"),
            "terms": link(raw=True),
            "asker": _peer,
            "answerer": _peer,
            "time": hour,
        },
    ),
}


def read_signed(what, data):
    """A receipt, acknowledgement, session or statement."""
    value = canonical.decode(data)
    _SIGNED[what](value)
    return value


_block = kind(bytes)
_gossip = record(
    {},
    {
        "headers": many(0, 256, octets(0, MOST_HEADER)),
        "receipts": many(0, 256, _block),
        "batches": many(0, 256, _block),
        "certificates": many(0, 256, _block),
        "operations": many(0, 256, _block),
    },
)


def read_gossip(data):
    """A gossip message; its blocks are still to be read."""
    demand(len(data) <= MOST_MESSAGE, "message-oversized")
    value = canonical.decode(data)
    _gossip(value)
    return value


_parcel = record({"header": _block}, {"body": _block, "certificate": _block})
_community = {"community": link()}
_records = many(0, 512, link())


def _refusal(value, name):
    demand(type(value) is list and len(value) == 2, f"field-value:{name}")
    count(value[0], name)
    text(0, 1024)(value[1], name)


_FRAMES = {
    "ask": tagged(
        "ask",
        {
            "charter": (_community, {}),
            "prove": (_community, {}),
            "submit": (_community, {"records": many(0, 512, _parcel)}),
            "waiting": ({**_community, "message": _block}, {}),
            "live": (_community, {"items": many(0, 512, octets(32))}),
            "reconcile": ({**_community, "message": _block}, {}),
            "fetch": ({**_community, "statement": _block}, {"items": many(0, 512, octets(32)), "records": _records}),
            "operate": (_community, {"operations": many(0, 256, _block)}),
            "spread": (_community, {"after": link()}),
            "own": ({**_community, "validator": octets(32), "after": count}, {}),
            "blocks": (_community, {"blocks": many(0, 512, link())}),
        },
    ),
    "answer": tagged(
        "answer",
        {
            "charter": ({"founding": _block, "terms": _block}, {"successors": many(0, 30, _block)}),
            "session": ({"session": _block}, {}),
            "submitted": ({}, {"receipt": _block, "refused": many(0, 512, _refusal)}),
            "live": ({"message": _block}, {}),
            "reconcile": ({"message": _block}, {}),
            "records": ({}, {"records": many(0, 512, _parcel), "operations": many(0, 512, _block)}),
            "operated": ({}, {"acknowledgement": _block, "refused": many(0, 512, _refusal)}),
            "spread": ({"message": _block}, {"next": link()}),
            "blocks": ({}, {"blocks": many(0, 512, _block)}),
            "refused": ({"why": one_of("unknown-community", "not-a-validator", "statement", "malformed", "busy")}, {}),
        },
    ),
}


def read_frame(what, data):
    """An ask or an answer."""
    demand(len(data) <= MOST_FRAME, "frame-oversized")
    value = canonical.decode(data)
    _FRAMES[what](value)
    return value


_invite = record({"c": link()}, {"h": link(), "a": many(0, 16, _block)})


def read_invite(written):
    """Community, newest charter and addresses of an invite."""
    written = written.strip().lower()
    demand(written.startswith("cw1"), "invite-prefix")
    demand(len(written) <= MOST_INVITE, "invite-damaged")
    binary = cids.unbase32(written[3:], "invite-damaged")
    block, checksum = binary[:-4], binary[-4:]
    demand(len(checksum) == 4 and hashlib.sha256(block).digest()[:4] == checksum, "invite-damaged")
    try:
        value = canonical.decode(block)
    except Refused:
        raise Refused("invite-damaged") from None
    _invite(value)
    return value["c"], value.get("h", value["c"]), value.get("a", [])
