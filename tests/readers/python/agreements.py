"""Charters, foundings, verdicts, certificates and the state (SPEC sections 10 to 14)."""

import hashlib
import re

import canonical
import cids
import keys
from fields import (as_a_whole, as_value, count, envelope, hour, link, many, matching, number, octets, one_of, record,
                    text)
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
_pattern = record({"label": as_value(matching(re.compile("[a-z0-9-]+"), 1, 32), "patterns"), "pattern": as_value(text(1, 256), "patterns")})
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
    {"patterns": many(1, 16, _pattern), "risks": as_a_whole(_risks)},
)


class Charter:
    """A charter that follows the rules, with its id."""

    def __init__(self, value, name=None):
        _charter(value, name)
        self.value = value
        self.data = canonical.encode(value)
        demand(len(self.data) <= MOST_BLOCK, "field-value:charter")
        self.id = cids.of_block(self.data)
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
    demand(len(value["signatures"]) == len(charter.signing), "field-value:signatures")
    for key, signature in zip(charter.signing, value["signatures"]):
        keys.verify(key, "charter", charter.data, signature)
    return charter


_CLASSES = ("schema", "size", "licence", "preference", "personal-data", "sensitive", "terms", "time", "rate", "review")
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
    named = [value["charter"]] + [link for one in roots for link in (one["charter"], one["community"])]
    demand(all(link == charter.id for link in named), "certificate-other-charter")
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


def state_root(charter_id, accepted):
    """The state root of accepted record ids under a charter."""
    records = root([link.binary + b"\1" for link in sorted(accepted)])
    state = {"type": "state", "charter": charter_id, "count": len(accepted), "records": records,
             "decisions": root([]), "releases": root([])}
    return cids.of_block(canonical.encode(state))


def reconciled_item(record_id, certificate_id):
    """What replicas reconcile for a certified record (SPEC section 17)."""
    return hashlib.sha256(record_id.binary + certificate_id.binary).digest()
