"""Communities made up here, to test the state function on sets of blocks that no vector holds, in any order."""

import random

import agreements
import canonical
import cids
import keys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from state import ACCEPTED, SUPERSEDED, TAKEN_DOWN, WITHDRAWN, Held, State
from tally import same

HOUR = 3600
NOW = 500_000 * HOUR
RAW = cids.of_raw(b"")
NUMBERS = {
    "body_bytes": 1_048_576, "records_per_author_per_hour": 1, "waiting_days": 1, "refused_days": 1, "past_hours": 24,
    "future_hours": 1, "quarantine_above": 0, "release_cadence_days": 1,
}


class Community:
    """Four validators, one of whom may lie, and what they and an author sign."""

    def __init__(self):
        self.validators = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(1, 6)]
        self.first = self._charter(self.validators[:4])
        self.id = cids.of_block(canonical.encode(self.first))
        charter = canonical.encode(self.first)
        signatures = [_sign(key, "charter", charter) for key in self.validators[:4]]
        self.founding = canonical.encode({"type": "founding", "charter": self.first, "signatures": signatures})

    def _charter(self, validators, **more):
        named = [{"name": "v", "signing": _public(key), "encryption": bytes(32)} for key in validators]
        charter = {
            "type": "charter", "name": "Rehearsal", "scope": "", "protocol": 1, "validators": named, "f": 1, "q": 3,
            "licences": ["CC0-1.0"], "preference": "search=y", "ruleset": RAW, "bodies": "certificate",
            "numbers": NUMBERS, "terms": RAW, "recovery": [], "drafted": NOW,
        }
        return charter | more

    def record(self, name, author=9, revises=None):
        """A signed header, told from others by its name."""
        key = Ed25519PrivateKey.from_private_bytes(bytes([author]) * 32)
        payload = {
            "type": "record", "v": 1, "community": self.id, "author": _public(key), "licence": "CC0-1.0",
            "preference": "search=y", "terms": RAW, "ruleset": RAW, "body": cids.of_block(name.encode()),
            "size_class": 0, "time": NOW,
        }
        if revises:
            payload["revises"] = cids.of_block(revises)
        return _sealed(key, "record", payload)

    def certificate(self, header, under=None, who=(0, 1, 2)):
        """The acceptances of three validators, each in a batch of its own."""
        charter = cids.of_block(canonical.encode(under or self.first))
        leaf = canonical.encode([cids.of_block(header), "accept"])
        acceptances = []
        for key in sorted((self.validators[n] for n in who), key=_public):
            payload = {
                "type": "attestation", "community": self.id, "charter": charter, "validator": _public(key),
                "number": 1, "root": agreements.root([leaf]), "count": 1,
            }
            acceptances.append({"signed": canonical.decode(_sealed(key, "attestation", payload)), "index": 0})
        certificate = {"type": "certificate", "record": cids.of_block(header), "time": NOW, "charter": charter}
        return canonical.encode(certificate | {"acceptances": acceptances})

    def withdrawal(self, header, author=9):
        """The author's withdrawal."""
        key = Ed25519PrivateKey.from_private_bytes(bytes([author]) * 32)
        payload = {
            "type": "withdrawal", "community": self.id, "record": cids.of_block(header), "author": _public(key),
            "time": NOW,
        }
        return canonical.encode(canonical.decode(_sealed(key, "withdrawal", payload)) | {"header": header})

    def decision(self, ruling, under=None, hours=0):
        """A decision's payload."""
        charter = cids.of_block(canonical.encode(under or self.first))
        return {
            "type": "decision", "community": self.id, "charter": charter, "ruling": ruling, "reason": "other",
            "condition": "lifted", "time": NOW + hours * HOUR,
        }

    def release(self, headers, under=None, previous=None):
        """A release's payload, and its page."""
        rows = [[record, "CC0-1.0", "search=y"] for record in sorted(cids.of_block(header) for header in headers)]
        page = canonical.encode({"type": "page", "rows": rows})
        payload = {
            "type": "release", "community": self.id, "charter": cids.of_block(canonical.encode(under or self.first)),
            "number": 1, "time": NOW, "count": len(rows), "pages": [cids.of_block(page)] if rows else [],
            "root": agreements.root([canonical.encode(row) for row in rows]),
        }
        return (payload | {"previous": previous} if previous else payload), page

    def successor(self, round_, closing=(), of=None, **more):
        """A successor in which the fifth validator takes the place of the fourth."""
        predecessor = cids.of_block(canonical.encode(of or self.first))
        succeeds = {"community": self.id, "predecessor": predecessor, "round": round_, "closing": sorted(closing)}
        return self._charter([*self.validators[:3], self.validators[4]], succeeds=succeeds, **more)

    def resolution(self, matter, who=(0, 1, 2)):
        """A matter with the voices of these validators; a successor has the newcomer's too."""
        payload = canonical.encode(matter)
        signing = [self.validators[n] for n in who] + ([self.validators[4]] if matter["type"] == "charter" else [])
        pairs = sorted([_public(key), _sign(key, matter["type"], payload)] for key in signing)
        return canonical.encode({"type": "resolution", "payload": matter, "signatures": pairs})


def _public(key):
    return key.public_key().public_bytes_raw()


def _sign(key, purpose, payload):
    return key.sign(keys.domain(purpose) + payload)


def _sealed(key, purpose, payload):
    return canonical.encode({"payload": payload, "signature": _sign(key, purpose, canonical.encode(payload))})


def matter_id(matter):
    """The id of a matter's payload."""
    return cids.of_block(canonical.encode(matter))


def run(tally):
    """Rehearses what SPEC section 14 says."""
    house = Community()
    one, other, theirs = house.record("one"), house.record("other"), house.record("theirs", 8, house.record("one"))
    second = house.record("second", revises=one)
    third = house.record("third", revises=second)
    headers = (one, other, second, third, theirs)
    certified = [block for header in headers for block in (header, house.certificate(header))]
    plain = [house.founding, *certified]
    takedown = house.decision({"rule": "takedown", "record": cids.of_block(second)})
    lift = house.decision({"rule": "lift", "decision": matter_id(takedown)})
    freeze = house.decision({"rule": "freeze"}) | {"until": NOW + HOUR}
    thaw = house.decision({"rule": "lift", "decision": matter_id(freeze)})
    release, page = house.release([one, other])
    later, _ = house.release([], previous=matter_id(release))
    closed = house.successor(1, [matter_id(release)])
    rival, higher = house.successor(1, drafted=NOW + 1), house.successor(2)
    by_later = house.successor(1, [matter_id(later)])
    succession = [*plain, page, house.resolution(release), house.resolution(closed)]

    def expect(name, blocks, standings, matters=(), head=None, fork=(), pin=None):
        with tally.check(f"rehearsal: {name}"):
            found = in_any_order(blocks, pin)
            same({block: found.standings.get(cids.of_block(block)) for block in standings}, standings, "standings")
            same(len(found.standings), len([one for one in standings.values() if one]), "how many count")
            same(found.decisions | found.releases, {matter_id(one) for one in matters}, "the matters that count")
            same(found.lineage.head.id, matter_id(head or house.first), "the head")
            same(found.lineage.fork, {matter_id(one) for one in fork}, "the fork")

    group = {one: SUPERSEDED, second: SUPERSEDED, third: ACCEPTED}
    alone = {other: ACCEPTED, theirs: ACCEPTED}
    expect("revisions", plain, group | alone)
    gone = dict.fromkeys(group, WITHDRAWN)
    expect("a withdrawal covers every revision", [*plain, house.withdrawal(one)], gone | alone)
    down = [*plain, house.resolution(takedown)]
    expect("a takedown covers every revision", down, dict.fromkeys(group, TAKEN_DOWN) | alone, [takedown])
    purge = house.decision({"rule": "purge", "record": cids.of_block(one)})
    purged = {second: SUPERSEDED, third: ACCEPTED} | alone
    expect("a purged record leaves nothing, and its revisions stand", [*plain, house.resolution(purge)], purged, [purge])
    expect("a withdrawal is above a takedown", [*down, house.withdrawal(third)], gone | alone, [takedown])
    expect("an erasure is not lifted", [*down, house.resolution(lift)], dict.fromkeys(group, TAKEN_DOWN) | alone,
           [takedown, lift])
    expect("a freeze is lifted", [*plain, house.resolution(freeze), house.resolution(thaw)], group | alone, [thaw])
    few = [*plain, house.resolution(takedown, who=(0, 1))]
    expect("two voices decide nothing", few, group | alone)
    stays = {one: ACCEPTED, other: ACCEPTED}
    expect("of a predecessor the closing release stays", succession, stays, [release], closed)
    expect("a revision under the head follows", [*succession, house.certificate(second, closed)],
           {one: SUPERSEDED, second: ACCEPTED, other: ACCEPTED}, [release], closed)
    late = [*succession, house.certificate(third), house.resolution(takedown)]
    expect("what the predecessor adds late does not count", late, stays, [release], closed)
    reached = [*plain, house.resolution(release), house.resolution(later), house.resolution(by_later)]
    expect("a release is reached from a later one, its rows are not", reached, {}, [release, later], by_later)
    forked = [*succession, house.resolution(rival)]
    expect("a fork stops at the predecessor", forked, group | alone, [release], fork=[closed, rival])
    expect("a higher round decides", [*forked, house.resolution(higher)], {}, head=higher)
    below = [*forked, house.resolution(higher)]
    expect("what branches off below the pin is evidence", below, stays, [release], closed, pin=matter_id(closed))
    with tally.check("rehearsal: without a page of a closing release there is no state root"):
        same(in_any_order([block for block in succession if block != page]).root, None)
    with tally.check("rehearsal: other proofs of the same give the same root"):
        again = [house.founding, *headers, *(house.certificate(header, who=(1, 2, 3)) for header in headers)]
        same(in_any_order(again).root, in_any_order(plain).root)
    with tally.check("rehearsal: what cannot be read is no fact"):
        broken = house.withdrawal(one)[:-1] + bytes([house.withdrawal(one)[-1] ^ 1])
        same(in_any_order([*plain, broken]).root, in_any_order(plain).root)


def in_any_order(blocks, pin=None):
    """The state of these blocks, which has one root in whatever order and however often they come."""
    found = State(Held.of(blocks), pin)
    for seed in range(3):
        shuffled = random.Random(seed).sample(blocks, len(blocks)) + blocks[:seed]
        same(State(Held.of(shuffled), pin).root, found.root, "the root in another order")
    return found
