"""Proofs that a validator has contradicted itself (SPEC section 24)."""

import dataclasses

import agreements
import canonical
from fields import kind, many, number, octets, one_of, record
from refused import demand


@dataclasses.dataclass(frozen=True)
class Proof:
    """Two statements of one validator under one charter, and in what they contradict each other."""

    community: object
    charter: object
    validator: bytes
    contradiction: str  # number, verdict or round
    of: object


_proof = record({"type": one_of("equivocation")}, {"statements": many(0, 2, kind(dict))})
_root = record({"signed": agreements.signed_root})
_said = record(
    {
        "signed": agreements.signed_root,
        "entry": agreements.verdict,
        "index": number(0, 255),
        "path": many(0, 16, octets(32)),
    }
)
_voice = record({"motion": kind(bytes)})


def read(value, read_motion):
    """The proof; its signatures hold, and the statements contradict each other."""
    _proof(value)
    statements = value.get("statements", [])
    sizes = [canonical.encode(statement) for statement in statements]
    demand(len(sizes) == 2 and sizes[0] < sizes[1], "field-value:statements")
    (speaker, *one), (other_speaker, *other) = [_statement(statement, read_motion) for statement in statements]
    demand(speaker == other_speaker, "field-value:statements")
    found = _contradiction(one, other)
    demand(found is not None, "field-value:statements")
    return Proof(*speaker, *found)


def _statement(value, read_motion):
    """Who speaks, of what kind it is, and what is said."""
    if "motion" in value:
        _voice(value)
        motion = read_motion(value["motion"])
        matter = motion.matter
        round_ = matter.successor and matter.value["succeeds"]["round"]
        return (matter.community, matter.charter, motion.signers[0]), "round", round_, matter.id
    (_said if "entry" in value else _root)(value)
    payload = value["signed"]["payload"]
    speaker = payload["community"], payload["charter"], payload["validator"]
    if "entry" not in value:
        return speaker, "number", payload["number"], (payload["root"], payload["count"])
    entry = value["entry"]
    led = agreements.root_of_proof(canonical.encode(entry), value["index"], payload["count"], value["path"])
    demand(led == payload["root"], "field-value:path")
    return speaker, "verdict", entry[0], (entry[1] == "accept", payload["number"])


def _contradiction(one, other):
    (kind_, about, said), (other_kind, other_about, other_said) = one, other
    if kind_ != other_kind or about != other_about or about is None:
        return None
    if kind_ != "verdict":
        return (kind_, about) if said != other_said else None
    (accepts, number_), (other_accepts, other_number) = sorted([said, other_said], reverse=True)
    unsaid = accepts and not other_accepts and number_ <= other_number
    return (kind_, about) if unsaid else None
