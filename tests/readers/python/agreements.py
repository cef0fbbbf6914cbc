"""Charters, foundings, verdicts, certificates and the state (SPEC sections 10 to 14)."""

import hashlib
import re

import canonical
import cids
import keys
from fields import (as_a_whole, as_value, count, envelope, hour, link, many, matching, number, octets, one_of, record,
                    text, truth)
from records import LICENCES, canonical_preference, licence
from refused import demand

MOST_BLOCK = 65_536

_validator = record({"name": text(1, 256), "signing": octets(32), "encryption": octets(32)})
_numbers = record(
    {
        "body_bytes": number(1024, 1_048_576),
        "records_per_author_per_hour": number(1, 1_000_000),
        "waiting_days": number(1, 3650),
        "refused_days": number(1, 3650),
        "past_hours": number(24, 8784),
        "future_hours": number(1, 48),
        "quarantine_above": number(0, 1000),
        "release_cadence_days": number(1, 3650),
    }
)
RISKS = ("minors", "medical", "biometric", "location", "credentials", "prompt-injection")
_pattern = record(
    {
        "label": as_value(matching(re.compile("[a-z0-9-]+"), 1, 32), "patterns"),
        "pattern": as_value(text(1, 256), "patterns"),
    }
)
_risks = record({name: one_of("allow", "review", "block") for name in RISKS})
_charter = record(
    {
        "type": one_of("charter"),
        "name": text(1, 256),
        "scope": text(),
        "protocol": number(1, 65_535),
        "validators": many(1, 64, _validator),
        "f": number(0, 64),
        "q": number(1, 64),
        "licences": many(1, 5, licence),
        "preference": canonical_preference,
        "ruleset": link(raw=True),
        "bodies": one_of("certificate", "release", "gated"),
        "numbers": as_a_whole(_numbers),
        "terms": link(raw=True),
        "recovery": many(0, 64, octets(32)),
        "drafted": count,
    },
    {
        "patterns": many(1, 16, _pattern),
        "risks": as_a_whole(_risks),
        "customs": lambda value, name: _one_form(_customs)(value, name),
        "succeeds": lambda value, name: _succession(value, name),
    },
)


def _of_form(pattern):
    """Text of a form, whose breach goes by the name of the list or field that it is in."""
    form = re.compile(pattern)

    def rule(value, name):
        demand(type(value) is str and form.fullmatch(value), f"field-value:{name}")

    return rule


word = _of_form("[a-z0-9-]{1,32}")
USES = ("evaluate", "search", "train-ai")
_federated = record(
    {"community": link(), "licences": many(1, 5, licence)},
    {"uses": many(0, 3, one_of(*USES)), "kinds": many(0, 32, word), "classes": many(0, 6, one_of(*RISKS))},
)
_customs = record(
    {},
    {
        "membership": one_of("open", "invited", "sponsored"),
        "languages": many(0, 64, _of_form("[a-z]{2,8}")),
        "export_notes": truth,
        "evaluation": number(1, 500),
        "federation": many(0, 32, _federated),
    },
)


def _one_form(rule):
    """The rule, and that nothing is written that may be left out, and each list is in order, each entry once."""

    def whole(value, name):
        rule(value, name)
        usual = not value or value.get("membership") == "open" or value.get("export_notes") is False
        demand(not usual, f"field-value:{name}")
        federation = value.get("federation", [])
        lists = [value["languages"]] if "languages" in value else []
        lists += [one["kinds"] for one in federation if "kinds" in one]
        lists += [[LICENCES.index(licence) for licence in one["licences"]] for one in federation]
        lists += [[USES.index(use) for use in one["uses"]] for one in federation if "uses" in one]
        lists += [[RISKS.index(risk) for risk in one["classes"]] for one in federation if "classes" in one]
        lists += [[one["community"] for one in federation]] if "federation" in value else []
        demand(all(items and ascending(items) for items in lists), f"field-value:{name}")

    return whole


def ascending(items):
    """Whether each item is greater than the one before."""
    return all(one < other for one, other in zip(items, items[1:]))


def _succession(value, name):
    fields = {"community": link(), "predecessor": link(), "round": number(1, 2**53 - 1), "closing": many(0, 512, link())}
    record(fields)(value, name)
    demand(ascending(value["closing"]), "field-value:closing")


class Charter:
    """A charter that follows the rules, with its id."""

    def __init__(self, value, name=None):
        _charter(value, name)
        self.value = value
        self.data = canonical.encode(value)
        demand(len(self.data) <= MOST_BLOCK, "field-value:charter")
        self.id = cids.of_block(self.data)
        self.community = value["succeeds"]["community"] if "succeeds" in value else self.id
        self.signing = [validator["signing"] for validator in value["validators"]]
        self.q = value["q"]
        self.patterns = value.get("patterns", [])
        self.ruleset = value["ruleset"]
        if self.patterns:
            both = {"base": value["ruleset"], "patterns": self.patterns}
            self.ruleset = cids.of_raw(canonical.encode(both))
        n, f = len(self.signing), value["f"]
        demand(len(set(self.signing)) == n, "field-value:validators")
        places = [LICENCES.index(one) for one in value["licences"]]
        demand(places == sorted(set(places)), "field-value:licences")
        labels = [pattern["label"] for pattern in self.patterns]
        demand(len(set(labels)) == len(labels), "field-value:patterns")
        demand(set(value.get("risks", {}).values()) != {"allow"}, "field-value:risks")
        demand(f < n and 2 * self.q > n + f and self.q <= n - f, "field-value:q")


def read_charter(data):
    """The charter."""
    demand(len(data) <= MOST_BLOCK, "field-value:charter")
    return Charter(canonical.decode(data))


def read_founding(data):
    """The charter of a founding, signed by all that it names."""
    demand(len(data) <= MOST_BLOCK, "field-value:charter")
    value = canonical.decode(data)
    founding = {"type": one_of("founding"), "charter": Charter, "signatures": many(1, 64, octets(64))}
    record(founding)(value)
    charter = Charter(value["charter"])
    demand("succeeds" not in value["charter"], "field-value:succeeds")
    demand(len(value["signatures"]) == len(charter.signing), "field-value:signatures")
    for key, signature in zip(charter.signing, value["signatures"]):
        keys.verify(key, "charter", charter.data, signature)
    return charter


_CLASSES = ("schema", "size", "licence", "preference", "personal-data", "sensitive", "terms", "time", "rate", "review",
            "membership", "duplicate")
_signed_root = envelope(
    "attestation",
    "validator",
    {
        "community": link(),
        "charter": link(),
        "number": number(1, 2**53 - 1),
        "root": octets(32),
        "count": number(1, 256),
    },
)


def _verdict(value, name):
    demand(type(value) is list and 2 <= len(value) <= 3, f"field-value:{name}")
    link()(value[0], name)
    one_of("accept", "reject", "quarantine")(value[1], name)
    demand((value[1] == "accept") == (len(value) == 2), f"field-value:{name}")
    if len(value) == 3:
        one_of(*_CLASSES)(value[2], name)


signed_root, verdict = _signed_root, _verdict
_batch = record({"type": one_of("batch"), "signed": _signed_root, "entries": many(1, 256, _verdict)})


def read_batch(data):
    """The batch; its signature and its tree hold."""
    value = canonical.decode(data)
    _batch(value)
    payload, leaves = value["signed"]["payload"], leaves_of(value)
    demand(len(leaves) == payload["count"] and root(leaves) == payload["root"], "field-value:entries")
    return value


def leaves_of(batch):
    """The leaves of a batch's tree: the canonical bytes of its verdicts."""
    return [canonical.encode(entry) for entry in batch["entries"]]


_certificate = record(
    {
        "type": one_of("certificate"),
        "record": link(),
        "time": hour,
        "charter": link(),
        "acceptances": many(
            1, 64, record({"signed": _signed_root, "index": number(0, 255)}, {"path": many(0, 16, octets(32))})
        ),
    }
)


def read_certificate(data, charter):
    """The certificate, which convinces under the charter."""
    demand(len(data) <= MOST_BLOCK, "certificate-oversized")
    value = canonical.decode(data)
    _certificate(value)
    roots = [acceptance["signed"]["payload"] for acceptance in value["acceptances"]]
    named = {(one["charter"], one["community"]) for one in roots} | {(value["charter"], charter.community)}
    demand(named == {(charter.id, charter.community)}, "certificate-other-charter")
    demand(len(roots) == charter.q, "certificate-quorum")
    signers = [one["validator"] for one in roots]
    demand(signers == sorted(set(signers)), "certificate-order")
    demand(set(signers) <= set(charter.signing), "certificate-not-a-validator")
    leaf = canonical.encode([value["record"], "accept"])
    for acceptance, one in zip(value["acceptances"], roots):
        led = root_of_proof(leaf, acceptance["index"], one["count"], acceptance.get("path", []))
        demand(led == one["root"], "certificate-proof")
    return value


def root(leaves):
    """The root of a Merkle tree (RFC 6962)."""
    if len(leaves) < 2:
        return _leaf_hash(leaves[0]) if leaves else hashlib.sha256().digest()
    k = _split(len(leaves))
    return _node_hash(root(leaves[:k]), root(leaves[k:]))


def proof(leaves, index):
    """The siblings of a leaf, from the leaf upwards."""
    if len(leaves) < 2:
        return []
    k = _split(len(leaves))
    if index < k:
        return proof(leaves[:k], index) + [root(leaves[k:])]
    return proof(leaves[k:], index - k) + [root(leaves[:k])]


def root_of_proof(leaf, index, size, path):
    """The root to which a proof leads, or None when its length is wrong."""
    if index >= size:
        return None
    if size == 1:
        return _leaf_hash(leaf) if not path else None
    if not path:
        return None
    k = _split(size)
    if index < k:
        left = root_of_proof(leaf, index, k, path[:-1])
        return left and _node_hash(left, path[-1])
    right = root_of_proof(leaf, index - k, size - k, path[:-1])
    return right and _node_hash(path[-1], right)


def _leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def _node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(size):
    """The largest power of two below a size of at least 2."""
    return 1 << (size - 1).bit_length() - 1


def state_root(head_id, standings, decisions=(), releases=()):
    """The state root of records with their standings, and of the matters that count, under a charter."""
    leaves = [link.binary + bytes([standings[link]]) for link in sorted(standings)]
    state = {
        "type": "state",
        "charter": head_id,
        "count": len(leaves),
        "records": root(leaves),
        "decisions": root([link.binary for link in sorted(decisions)]),
        "releases": root([link.binary for link in sorted(releases)]),
    }
    return cids.of_block(canonical.encode(state))


def reconciled_item(record_id, certificate_id):
    """What replicas reconcile for a certified record (SPEC section 17)."""
    return hashlib.sha256(record_id.binary + certificate_id.binary).digest()


def reconciled_operation(operation_id):
    """What replicas reconcile for a durable operation."""
    return hashlib.sha256(b"operation" + operation_id.binary).digest()


def reconciled_waiting(record_id, vouching, said):
    """What is reconciled for a waiting record; `said` holds lists of charter, key, verdict and class."""
    said = sorted(said, key=lambda one: (one[0].binary, *one[1:]))
    return hashlib.sha256(b"waiting" + canonical.encode([record_id, sorted(vouching), said])).digest()


def reconciled_equivocation(charter_id, validator):
    """What replicas reconcile for a proof of equivocation."""
    return hashlib.sha256(b"equivocation" + charter_id.binary + validator).digest()
