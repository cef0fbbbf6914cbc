"""Content ids (SPEC section 3)."""

import base64
import hashlib

from refused import Refused, demand

DAG_CBOR = bytes([0x01, 0x71, 0x12, 0x20])
RAW = bytes([0x01, 0x55, 0x12, 0x20])
LETTERS = set("abcdefghijklmnopqrstuvwxyz234567")


class Link:
    """A CID by its 36 bytes; links sort by them."""

    __slots__ = ("binary",)

    def __init__(self, binary):
        demand(binary[:4] in (DAG_CBOR, RAW), "cid-prefix")
        demand(len(binary) == 36, "cid-length")
        self.binary = bytes(binary)

    def __eq__(self, other):
        return isinstance(other, Link) and self.binary == other.binary

    def __hash__(self):
        return hash(self.binary)

    def __lt__(self, other):
        return self.binary < other.binary

    def __str__(self):
        return "b" + base32(self.binary)

    @property
    def is_raw(self):
        return self.binary[:4] == RAW


def of_block(block):
    """The id of a dag-cbor block."""
    return Link(DAG_CBOR + hashlib.sha256(block).digest())


def of_raw(block):
    """The id of a raw block."""
    return Link(RAW + hashlib.sha256(block).digest())


def proves(link, block):
    """Whether the block hashes to the link."""
    return hashlib.sha256(block).digest() == link.binary[4:]


def parse(text):
    """The link that is written so; refuses every other spelling."""
    demand(text[:1] == "b", "cid-text")
    return Link(unbase32(text[1:], "cid-text"))


def base32(binary):
    """Lower-case base32 of RFC 4648 without padding."""
    return base64.b32encode(binary).decode().lower().rstrip("=")


def unbase32(text, reason):
    """The bytes written in lower-case base32; no padding, no bits left over."""
    demand(set(text) <= LETTERS, reason)
    try:
        binary = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError:
        raise Refused(reason) from None
    demand(base32(binary) == text, reason)
    return binary
