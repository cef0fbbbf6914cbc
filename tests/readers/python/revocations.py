"""What earlier exports held and is erased since, why, and by what (docs/DATASET.md, Revocations)."""

import collections
import json

import cids
import dagjson
from state import ACCEPTED, SUPERSEDED, WITHDRAWN
from tally import same


def of(state, withdrawals, rulings):
    """Why each erased record is erased and by what, by its id; `rulings` are those that count, by their decisions."""
    groups = collections.defaultdict(list)
    for record in state.standings:
        number, first = 0, record
        while (before := state.before(first)) is not None:
            number, first = number + 1, before
        groups[first].append((number, record.binary, record))
    revoked = {}
    for group in groups.values():
        members = [record for _, _, record in sorted(group)]
        for record in members:
            standing = state.standings[record]
            if standing == SUPERSEDED:
                revoked[record] = ("superseded", members[-1])
            elif standing == WITHDRAWN:
                revoked[record] = ("withdrawn", min(one for one in members if one in withdrawals))
            elif standing != ACCEPTED:
                revoked[record] = ("taken-down", min(_rule(rulings, "takedown", members)))
    for purged in {ruling["record"] for ruling in rulings.values() if ruling["rule"] == "purge"}:
        revoked[purged] = ("purged", min(_rule(rulings, "purge", [purged])))
    return revoked


def _rule(rulings, rule, records):
    return [one for one, ruling in rulings.items() if ruling["rule"] == rule and ruling["record"] in records]


def check(text, outcome):
    """That the file says this, and of releases nothing that those which are here speak against."""
    lines = [json.loads(line) for line in text.splitlines()]
    stated = {cids.parse(line["id"]): line["releases"] for line in lines}
    same(set(stated), set(outcome.revoked), "what is erased")
    released = collections.defaultdict(set)
    written = []
    for record in sorted(outcome.revoked):
        why, by = outcome.revoked[record]
        releases = stated[record]
        same(releases, sorted(set(releases)), "numbers in order, each once")
        same(set(releases) <= outcome.releases.keys(), True, "releases that are here")
        for number, rows in outcome.releases.items():
            same(rows is None or (record in rows) == (number in releases), True, "what a release says itself")
        released[by] |= set(releases)
        written.append(dagjson.line({"id": str(record), "why": why, "by": str(by), "releases": releases}) + "\n")
    same(text, "".join(written))
    if outcome.release:
        same([by for by, releases in released.items() if not releases], [], "groups of which nothing was released")
