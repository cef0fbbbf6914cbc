"""What the two archives of an export prove: charters, certificates, and why records have no row (docs/DATASET.md)."""

import agreements
import archive
import canonical
import cids
import operations
import revocations
from records import read_header
from refused import demand
from state import ACCEPTED, SUPERSEDED, TAKEN_DOWN, WITHDRAWN, Held, State
from tally import same

WHY = {SUPERSEDED: "superseded", WITHDRAWN: "withdrawn", TAKEN_DOWN: "taken-down"}


class Proofs:
    """Both archives, each part checked by itself."""

    def __init__(self, folder):
        self.successors, self.matters, self.pages, self.withdrawals, self.headers = [], {}, {}, {}, {}
        self._read_operations((folder / "operations.car").read_bytes())
        self._read_certificates((folder / "certificates.car").read_bytes())

    def _read_operations(self, data):
        founding_id = _only_root(data)
        founding, *others = archive.read(data, roots=[founding_id])
        same(founding.link, founding_id, "the root")
        self.founding_block, self.blocks = founding.block, [founding.block]
        self.path = [agreements.read_founding(founding.block)]
        before = (0, None)
        for section in others:
            same(section.link.is_raw, False, "an operation's codec")
            place, order = self._take(section.link, section.block)
            ascending = place == before[0] and (order is None or before[1] < order)
            demand(place > before[0] or ascending, "out of order")
            before = (place, order)
            self.blocks.append(section.block)

    def _take(self, link, block):
        """Keeps a block; says in which part of the archive it belongs, and its place there if ids order that."""
        value = canonical.decode(block)
        kind = value.get("type") or value["payload"]["type"]
        if kind == "resolution":
            return self._resolve(operations.read(block))
        if kind == "page":
            demand(link not in self.pages, "a page twice")
            self.pages[link] = operations.read_page(block)
            return 3, None
        if kind == "withdrawal":
            withdrawal = operations.read(block)
            same(withdrawal.community, self.path[0].id, "community")
            taken = withdrawal.value["payload"]["record"]
            self.withdrawals[taken] = withdrawal
            return 4, taken
        header = read_header(block)
        same(header["community"], self.path[0].id, "community")
        self.headers[link] = header
        return 5, link

    def _resolve(self, resolution):
        matter = resolution.matter
        under = {charter.id: charter for charter in self.path}[matter.charter]
        operations.convinces(resolution, under)
        if matter.successor:
            same(matter.charter, self.path[-1].id, "the predecessor")
            self.path.append(matter.successor)
            return 1, None
        self.matters[matter.id] = matter
        return 2, matter.id

    def _read_certificates(self, data):
        founding, *others = archive.read(data, roots=[cids.of_block(self.founding_block)])
        same(founding.block, self.founding_block, "the founding")
        wanted = list(dict.fromkeys(charter.value["terms"] for charter in self.path))
        self.terms = {section.link: section.block for section in others[: len(wanted)]}
        same(list(self.terms), wanted, "the terms of each charter")
        by_id = {charter.id: charter for charter in self.path}
        self.certificates, ids = {}, []
        for section in others[len(wanted) :]:
            same(section.link.is_raw, False, "a certificate's codec")
            under = by_id[canonical.decode(section.block)["charter"]]
            one = agreements.read_certificate(section.block, under)
            self.certificates[one["record"]] = one
            ids.append(one["record"])
            self.blocks.append(section.block)
        same(ids, sorted(set(ids)), "the order of certificates")

    def rows_of(self, releases):
        """The rows of each release; its pages are those that are here, each once, and lead to its root."""
        wanted = [page for release in releases for page in release.value["pages"]]
        same(list(self.pages), list(dict.fromkeys(wanted)), "the pages")
        found = []
        for release in releases:
            rows = [row for page in release.value["pages"] for row in self.pages[page]]
            ids = [row[0] for row in rows]
            same(ids, sorted(set(ids)), "the order of a release's rows")
            same(len(rows), release.value["count"], "a release's count")
            same(agreements.root([canonical.encode(row) for row in rows]), release.value["root"], "a release's root")
            found.append(rows)
        return found


class Outcome:
    """What became of the records; `rows` are the blocks of the headers that the rows rebuild, by id."""

    def __init__(self, proofs, rows, release_id):
        self.proofs = proofs
        self.release = proofs.matters[release_id] if release_id else None
        state = (_Certified if self.release else State)(Held.of(proofs.blocks + list(rows.values())))
        same([charter.id for charter in state.lineage.path], [charter.id for charter in proofs.path], "the path")
        same(set(proofs.headers) & set(rows), set(), "headers of records with a row")
        same(set(state.standings), set(proofs.headers) | set(rows), "the records")
        same(set(proofs.certificates), set(state.standings), "the certified records")
        same(set(proofs.withdrawals) <= set(state.standings), True, "withdrawals of these records alone")
        rulings = [proofs.matters[one].value["ruling"] for one in state.decisions]
        self.purged = {ruling["record"] for ruling in rulings if ruling["rule"] == "purge"}
        self.revoked = revocations.of(state, proofs.withdrawals, {one: proofs.matters[one].value["ruling"] for one in state.decisions})
        self.state_root, self.erased = None, {}
        if self.release:
            self._edition(state, rulings)
        else:
            self._state(state)
        self._keep_back(rows)
        same(set(rows) <= self.wanted, True, "rows of accepted records alone")
        self.incomplete = sorted(self.wanted - set(rows))

    def _keep_back(self, rows):
        notes = {one for one, header in self.proofs.headers.items() if "about" in header}
        if self.charter.value.get("customs", {}).get("export_notes"):
            notes = set()
        else:
            about = [one for one, block in rows.items() if "about" in canonical.decode(block)["payload"]]
            same(about, [], "rows of notes")
        self.counts["notes"] = len(self.wanted & notes)
        self.wanted -= notes

    def _state(self, state):
        same(set(proved := self.proofs.matters), state.decisions | state.releases, "the matters that count")
        named = sorted(state.releases & state.lineage.named)
        rows = self.proofs.rows_of([proved[one] for one in named])
        closing = {row[0] for release in rows for row in release}
        numbers = [proved[one].value["number"] for one in state.releases]
        self.releases = dict.fromkeys(numbers)
        for one, its_rows in zip(named, rows):
            if numbers.count(number := proved[one].value["number"]) == 1:
                self.releases[number] = {row[0] for row in its_rows}
        same(closing <= set(state.standings) | self.purged, True, "each record of a closing release")
        self.charter, self.path, self.state_root = state.lineage.head, state.lineage.path, state.root
        self.wanted = {one for one, standing in state.standings.items() if standing == ACCEPTED}
        self.counts = {why: list(state.standings.values()).count(standing) for standing, why in WHY.items()}
        self.counts["purged"] = len(self.purged)

    def _edition(self, state, rulings):
        (rows,) = self.proofs.rows_of([self.release])
        inside = {row[0]: row for row in rows}
        earlier = self._before()
        self.releases = {self.proofs.matters[one].value["number"]: None for one in earlier}
        self.releases[self.release.value["number"]] = set(inside)
        same(set(self.proofs.matters), state.decisions | earlier | {self.release.id}, "the matters that are needed")
        of_it = state.standings.keys() | inside.keys() | self.purged
        same(all(one.get("record") in of_it for one in rulings), True, "rulings")
        self.released = inside
        for one in inside:
            standing = state.standings.get(one)
            if one in self.purged:
                self.erased[one] = "purged"
            elif standing != ACCEPTED:
                self.erased[one] = WHY[standing]
        self.wanted = set(inside) - set(self.erased)
        places = [charter.id for charter in self.proofs.path]
        self.path = self.proofs.path[: places.index(self.release.charter) + 1]
        self.charter = self.path[-1]
        self.counts = {why: list(self.erased.values()).count(why) for why in (*WHY.values(), "purged")}


    def _before(self):
        """The releases before the one of the edition, each of which is here."""
        before, at = set(), self.release.value.get("previous")
        while at and at not in before:
            same(self.proofs.matters[at].purpose, "release", "a release before")
            before.add(at)
            at = self.proofs.matters[at].value.get("previous")
        return before


class _Certified(State):
    """Standings among all certified records that are here, whether they count any more or not."""

    def _read_pages(self, held):
        """A release's rows make nothing count here."""

    def _counting_headers(self, held):
        rulings = [self._matters[decision]["ruling"] for decision in self.decisions]
        purged = {ruling["record"] for ruling in rulings if ruling["rule"] == "purge"}
        certified = {canonical.decode(block)["record"]: canonical.decode(block)["time"] for block in held.certificates}
        matching = {one: header for one, header in held.headers.items() if certified.get(one) == header["time"]}
        return {one: header for one, header in matching.items() if one not in purged}


def edition(release_id, erased, files):
    """The name of an edition; `files` are the SHA-256 of the files of rows, by path."""
    files = [[path, files[path]] for path in sorted(files, key=str.encode)]
    block = {"type": "edition", "release": release_id, "erased": sorted(erased), "files": files}
    return cids.of_block(canonical.encode(block))


def _only_root(data):
    """The one root that an archive's header names; archive.read then demands the whole header."""
    header = canonical.decode(data[1 : 1 + data[0]])
    (root,) = header["roots"]
    return root
