"""Which charter leads, what counts, and the state root, from blocks in any order (SPEC sections 10 and 14)."""

import collections
import dataclasses

import agreements
import canonical
import cids
import operations
from records import read_header
from refused import Refused

ACCEPTED, SUPERSEDED, WITHDRAWN, TAKEN_DOWN = 1, 2, 3, 4


@dataclasses.dataclass
class Held:
    """The blocks of one community that somebody holds, sorted by what they are. What cannot be read is no fact."""

    founding: object = None
    resolutions: dict = dataclasses.field(default_factory=dict)  # by matter: the one with the lowest id
    certificates: list = dataclasses.field(default_factory=list)
    headers: dict = dataclasses.field(default_factory=dict)  # payloads, by record
    withdrawn: set = dataclasses.field(default_factory=set)
    pages: dict = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, blocks):
        """What is held of these blocks."""
        held = cls()
        for block in blocks:
            held._take(block)
        return held

    def _take(self, block):
        value = canonical.decode(block)
        payload = value.get("payload", {})
        what = value.get("type") or payload.get("type")
        try:
            if what == "founding":
                self.founding = agreements.read_founding(block)
            elif what == "resolution":
                self._resolve(operations.read(block))
            elif what == "certificate":
                self.certificates.append(block)
            elif what == "record":
                self.headers[cids.of_block(block)] = read_header(block)
            elif what == "withdrawal":
                self.withdrawn.add(operations.read(block).value["payload"]["record"])
            elif what == "page":
                self.pages[cids.of_block(block)] = operations.read_page(block)
        except Refused:
            pass

    def _resolve(self, resolution):
        kept = self.resolutions.get(resolution.matter.id)
        if kept is None or resolution.id < kept.id:
            self.resolutions[resolution.matter.id] = resolution


class Lineage:
    """The certified charters, and the way from the first to the one that leads."""

    def __init__(self, held, pin=None):
        self.community = held.founding.id
        self.charters = {held.founding.id: held.founding}
        self._rounds = collections.defaultdict(lambda: collections.defaultdict(set))
        left = [one for one in held.resolutions.values() if one.matter.successor]
        while any([self._add(one) for one in left]):
            left = [one for one in left if one.matter.id not in self.charters]
        self.head, self.fork = self.charters[pin or self.community], set()
        while not self.fork and (rounds := self._rounds.get(self.head.id)):
            leading = rounds[max(rounds)]
            if len(leading) == 1:
                self.head = self.charters[next(iter(leading))]
            else:
                self.fork = leading
        self.path = [self.head]
        while "succeeds" in self.path[0].value:
            self.path.insert(0, self.charters[self.path[0].value["succeeds"]["predecessor"]])
        succeeds = [charter.value["succeeds"] for charter in self.path[1:]]
        self.named = {matter for one in succeeds for matter in one["closing"]}

    def _add(self, resolution):
        """Takes up a successor once it convinces under a charter that is certified; whether it is new."""
        successor, predecessor = resolution.matter.successor, self.charters.get(resolution.matter.charter)
        if predecessor is None or successor.id in self.charters:
            return False
        if not _holds(operations.convinces, resolution, predecessor):
            return False
        self.charters[successor.id] = successor
        self._rounds[predecessor.id][successor.value["succeeds"]["round"]].add(successor.id)
        return True

    def on_path(self, charter_id):
        """The charter with this id, if it is on the path."""
        return next((charter for charter in self.path if charter.id == charter_id), None)


class State:
    """What became of everything that counts; `root` is None while a page of a closing release is missing."""

    def __init__(self, held, pin=None):
        self.lineage = Lineage(held, pin)
        self._matters = {
            one.matter.id: one.matter.value
            for one in held.resolutions.values()
            if not one.matter.successor and self._convinces(one)
        }
        self.releases, self.decisions = self._counting_releases(), self._counting_decisions()
        self._rows, self._complete = set(), True
        self._read_pages(held)
        self._headers = self._counting_headers(held)
        self.standings = self._standings(held.withdrawn)
        self.root = agreements.state_root(self.lineage.head.id, self.standings, self.decisions, self.releases)
        if not self._complete:
            self.root = None

    def _convinces(self, resolution):
        charter = self.lineage.on_path(resolution.matter.charter)
        return charter is not None and _holds(operations.convinces, resolution, charter)

    def _of(self, purpose):
        """The matters of a kind that are under the head or named."""
        head, named = self.lineage.head.id, self.lineage.named
        return {
            matter
            for matter, value in self._matters.items()
            if value["type"] == purpose and (value["charter"] == head or matter in named)
        }

    def _counting_releases(self):
        counting, left = set(), list(self._of("release"))
        while left:
            release = left.pop()
            if release not in counting and self._matters.get(release, {}).get("type") == "release":
                counting.add(release)
                left.append(self._matters[release].get("previous"))
        return counting

    def _counting_decisions(self):
        counting = self._of("decision")
        rulings = {matter: self._matters[matter]["ruling"] for matter in counting}
        lifted = {ruling["decision"] for ruling in rulings.values() if ruling["rule"] == "lift"}
        return {matter for matter in counting if matter not in lifted or rulings[matter]["rule"] in operations.ERASING}

    def _read_pages(self, held):
        for release in self.releases & self.lineage.named:
            for page in self._matters[release]["pages"]:
                if page in held.pages:
                    self._rows |= {row[0] for row in held.pages[page]}
                else:
                    self._complete = False

    def _counting_headers(self, held):
        counting = {}
        for block in held.certificates:
            value = canonical.decode(block)
            record, charter = value["record"], self.lineage.on_path(value["charter"])
            header = held.headers.get(record)
            counts = charter is not None and (charter.id == self.lineage.head.id or record in self._rows)
            if counts and header and header["time"] == value["time"]:
                if _holds(agreements.read_certificate, block, charter):
                    counting[record] = header
        rulings = [self._matters[decision]["ruling"] for decision in self.decisions]
        purged = {ruling["record"] for ruling in rulings if ruling["rule"] == "purge"}
        ours = self.lineage.community
        return {one: header for one, header in counting.items() if one not in purged and header["community"] == ours}

    def before(self, record):
        """The record that this one replaces, when they are connected."""
        header = self._headers[record]
        before = self._headers.get(header.get("revises"))
        return header["revises"] if before and before["author"] == header["author"] else None

    def _standings(self, withdrawn):
        groups = collections.defaultdict(set)
        for record in self._headers:
            number, first = 0, record
            while (before := self.before(first)) is not None:
                number, first = number + 1, before
            groups[first].add((number, record))
        rulings = [self._matters[decision]["ruling"] for decision in self.decisions]
        erased = {ruling["record"] for ruling in rulings if ruling["rule"] == "takedown"}
        standings = {}
        for group in groups.values():
            records = {record for _, record in group}
            for number, record in group:
                standings[record] = SUPERSEDED
                if (number, record.binary) == max((number, record.binary) for number, record in group):
                    standings[record] = ACCEPTED
                if records & erased:
                    standings[record] = TAKEN_DOWN
                if records & withdrawn:
                    standings[record] = WITHDRAWN
        return standings


def _holds(check, *arguments):
    try:
        check(*arguments)
    except Refused:
        return False
    return True
