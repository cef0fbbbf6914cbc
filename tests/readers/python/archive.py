"""CARv1 files (SPEC section 21; DATASET for certificates.car)."""

import canonical
import cids
from cids import Link
from refused import Refused, demand

MOST_SECTION = 2_097_152


class Section:
    """One block of an archive, with the offset of its section."""

    def __init__(self, offset, link, block):
        self.offset, self.link, self.block = offset, link, block

    @property
    def is_erased(self):
        return self.link.is_raw and not any(self.block)


def read(data, roots=()):
    """The sections of an archive that names these roots; each block hashes to its CID."""
    size, at = _length(data, 0)
    expected = canonical.encode({"roots": list(roots), "version": 1})
    demand(data[at : at + size] == expected, "car: another header")
    at += size
    sections = []
    while at < len(data):
        section, at = _section(data, at)
        sections.append(section)
    return sections


def _section(data, offset):
    size, at = _length(data, offset)
    demand(36 <= size <= MOST_SECTION and at + size <= len(data), f"car: a length at {offset}")
    link, block = Link(data[at : at + 36]), data[at + 36 : at + size]
    demand(cids.proves(link, block), f"car: a block that does not verify at {offset}")
    return Section(offset, link, block), at + size


def _length(data, offset):
    """An unsigned LEB128 of at most four bytes in its shortest form, and the offset after it."""
    value = 0
    for place, byte in enumerate(data[offset : offset + 4]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            demand(byte or not place, f"car: a length at {offset}")
            return value, offset + place + 1
    raise Refused(f"car: a length at {offset}")
