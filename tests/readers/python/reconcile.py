"""Reconciliation messages (SPEC section 17): what is in them, and what the asker takes from an answer."""

import hashlib

from refused import Refused, demand

MOST = 65_536
INFINITY = (1 << 64, b"")


class Range:
    """Bounds (time, beginning of an item), and what is said of what lies between: nothing, a fingerprint, or items."""

    def __init__(self, lower, upper, fingerprint=None, items=None):
        self.lower, self.upper, self.fingerprint, self.items = lower, upper, fingerprint, items

    def of(self, held):
        """The items of sorted (time, item) pairs that lie in this range."""
        return [item for time, item in held if self.lower <= (time, item) < self.upper]


def fingerprint(items):
    """The fingerprint of items."""
    total = sum(int.from_bytes(item, "little") for item in items) % (1 << 256)
    return hashlib.sha256(total.to_bytes(32, "little") + _varint(len(items))).digest()[:16]


def missing(answer, held):
    """The items of an answer that one who holds these pairs lacks, in their order."""
    mine = {item for _, item in held}
    return [item for one in read(answer) for item in one.items or () if item not in mine]


def read(data):
    """The ranges of a message."""
    demand(len(data) <= MOST, "reconcile-oversized")
    return _Message(data).read()


class _Message:
    def __init__(self, data):
        self.data, self.at = data, 0

    def read(self):
        version = self._take(1)[0]
        demand(0x60 <= version <= 0x6F, "reconcile-malformed")
        demand(version == 0x61, "reconcile: another version")
        ranges, lower = [], (0, b"")
        while self.at < len(self.data):
            upper = self._bound(lower[0])
            demand(lower <= upper, "reconcile-malformed")
            ranges.append(self._range(lower, upper))
            lower = upper
        return ranges

    def _range(self, lower, upper):
        mode = self._number()
        if mode == 0:
            return Range(lower, upper)
        if mode == 1:
            return Range(lower, upper, fingerprint=self._take(16))
        demand(mode == 2, "reconcile-malformed")
        return Range(lower, upper, items=[self._take(32) for _ in range(self._number())])

    def _bound(self, before):
        delta = self._number()
        length = self._number()
        demand(length <= 32, "reconcile-malformed")
        start = self._take(length)
        return (before + delta - 1, start) if delta else (INFINITY[0], start)

    def _number(self):
        value = 0
        for _ in range(10):
            byte = self._take(1)[0]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                demand(value < 1 << 64, "reconcile-malformed")
                return value
        raise Refused("reconcile-malformed")

    def _take(self, size):
        demand(size <= len(self.data) - self.at, "reconcile-malformed")
        self.at += size
        return self.data[self.at - size : self.at]


def _varint(value):
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
