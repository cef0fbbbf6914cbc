"""Which rows a community keeps apart for evaluation, and the canary in their files (docs/DATASET.md)."""

import hashlib
import uuid

from tally import same

MOST_LINKS = 16


def is_apart(path):
    """Whether the file at this path holds rows that are kept apart, going by its name."""
    return "-evaluation." in path or "-evaluation-" in path


def canary(community):
    """The canary of a community."""
    digest = bytearray(hashlib.sha256(b"commonwheel canary" + community.binary).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return f"Kept apart for evaluation: do not train on this. Canary {uuid.UUID(bytes=bytes(digest))}"


def unmark(line, text):
    """The line that was marked."""
    tail = f',"canary":"{text}"}}'
    same(line.endswith(tail), True, "the canary as the last key")
    return line.removesuffix(tail) + "}"


class Draw:
    """How a charter draws, and who signed the records of an export."""

    def __init__(self, community, charter):
        self.community = community
        self.share = charter.get("customs", {}).get("evaluation")
        self.headers = {}

    def splits(self, header):
        """Whether a record with this header is kept apart."""
        for _ in range(MOST_LINKS + 1):
            if header is None or self.share is None:
                return False
            if self._draws(header["author"]):
                return True
            header = self.headers.get(header.get("corrects") or header.get("about"))
        return header is not None

    def _draws(self, author):
        digest = hashlib.sha256(b"commonwheel evaluation split" + self.community.binary + author).digest()
        return int.from_bytes(digest[:8]) % 1000 < self.share
