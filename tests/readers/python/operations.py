"""Operations of authors, members and validators (SPEC sections 23 to 25)."""

import dataclasses

import agreements
import canonical
import cids
import equivocations
import keys
from fields import as_a_whole, envelope, hour, kind, link, many, number, octets, one_of, record, tagged
from records import canonical_preference, licence, read_header
from refused import Refused, demand

MOST_OPERATION = 61_440
ROWS_OF_A_PAGE = 1024
MOST_PAGES = 1024
MOST_VOICES = 192
ERASING = ("takedown", "purge")
NEED_AN_END = ("embargo", "freeze", "shift", "rate-cap")


@dataclasses.dataclass(frozen=True)
class Operation:
    """An operation whose bytes and signatures hold."""

    kind: str
    id: object  # the block's
    value: dict
    matter: object = None  # of a motion or resolution
    header: object = None  # of a withdrawal: its payload
    proof: object = None  # of an equivocation

    @property
    def community(self):
        """The community that it is for."""
        told = self.matter or self.proof
        return told.community if told else self.value["payload"]["community"]

    @property
    def signers(self):
        """Who has signed."""
        if self.kind == "equivocation":
            return [self.proof.validator]
        if self.kind == "resolution":
            return [key for key, _ in self.value.get("signatures", [])]
        signer = {"withdrawal": "author", "membership": "sponsor"}.get(self.kind, "member")
        return [self.value["signer"] if self.kind == "motion" else self.value["payload"][signer]]


@dataclasses.dataclass(frozen=True)
class Matter:
    """What validators decide together; `charter` names those who do."""

    purpose: str
    id: object
    community: object
    charter: object
    value: dict
    successor: object = None  # the charter, when it is one


def read(data):
    """The operation, whose form and signatures hold."""
    demand(len(data) <= MOST_OPERATION, "operation-oversized")
    value = canonical.decode(data)
    name = _kind(value)
    demand(name in _READERS, "operation-unknown-kind")
    return _READERS[name](name, cids.of_block(data), value)


def _kind(value):
    """The `type` of a block or of its payload."""
    if type(value) is not dict:
        return ""
    payload = value.get("payload")
    within = payload.get("type") if type(payload) is dict and "type" not in value else value.get("type")
    return within if type(within) is str else ""


def _withdrawal(name, block_id, value):
    record({"header": kind(bytes), "payload": kind(dict), "signature": octets(64)})(value)
    try:
        header = read_header(value["header"])
    except Refused:
        raise Refused("field-value:header") from None
    _taken_back({"payload": value["payload"], "signature": value["signature"]})
    payload = value["payload"]
    same = payload["record"] == cids.of_block(value["header"]) and all(
        payload[field] == header[field] for field in ("author", "community")
    )
    demand(same, "field-value:header")
    return Operation(name, block_id, value, header=header)


_taken_back = envelope("withdrawal", "author", {"community": link(), "record": link(), "time": hour})
_REASONS_OF_FLAGS = ("personal-data", "about-me", "rights", "unlawful", "safety", "quality", "duplicate", "other")
_BY_MEMBERS = {
    "flag": envelope(
        "flag",
        "member",
        {"community": link(), "record": link(raw=False), "reason": one_of(*_REASONS_OF_FLAGS), "time": hour},
    ),
    "support": envelope("support", "member", {"community": link(), "petition": link(raw=False), "time": hour}),
    "membership": envelope("membership", "sponsor", {"community": link(), "member": octets(32), "time": hour}),
}


def _by_member(name, block_id, value):
    _BY_MEMBERS[name](value)
    return Operation(name, block_id, value)


def read_motion(data):
    """One voice for a matter."""
    return _motion("motion", cids.of_block(data), canonical.decode(data))


def _motion(name, block_id, value):
    fields = {"type": one_of(name), "payload": kind(dict), "signer": octets(32), "signature": octets(64)}
    record(fields)(value)
    matter = read_matter(value["payload"])
    keys.verify(value["signer"], matter.purpose, canonical.encode(value["payload"]), value["signature"])
    return Operation(name, block_id, value, matter)


def _voice(value, name):
    whole = type(value) is list and len(value) == 2 and all(type(part) is bytes for part in value)
    demand(whole and (len(value[0]), len(value[1])) == (32, 64), f"field-value:{name}")


def _resolution(name, block_id, value):
    fields = {"type": one_of(name), "payload": kind(dict)}
    record(fields, {"signatures": many(0, MOST_VOICES, _voice)})(value)
    voices = value.get("signatures", [])
    signers = [key for key, _ in voices]
    demand(signers == sorted(set(signers)), "field-value:signatures")
    matter, payload = read_matter(value["payload"]), canonical.encode(value["payload"])
    for key, signature in voices:
        keys.verify(key, matter.purpose, payload, signature)
    return Operation(name, block_id, value, matter)


_READERS = {
    "equivocation": lambda name, block_id, value: Operation(name, block_id, value, proof=equivocations.read(value, read_motion)),
    "withdrawal": _withdrawal,
    "flag": _by_member,
    "support": _by_member,
    "membership": _by_member,
    "motion": _motion,
    "resolution": _resolution,
}

_word = agreements.word
_REASONS = (
    "personal-data", "consent", "rights", "unlawful", "safety", "quality", "flood", "negotiation", "protest", "other",
)
_ruling = tagged(
    "rule",
    {
        "takedown": ({"record": link(raw=False)}, {}),
        "purge": ({"record": link(raw=False)}, {}),
        "ban": ({"key": octets(32)}, {}),
        "embargo": ({}, {"language": _word, "tag": _word, "kind": _word}),
        "freeze": ({}, {}),
        "shift": ({"preference": canonical_preference}, {}),
        "rate-cap": ({"records_per_author_per_hour": number(0, 1_000_000)}, {}),
        "lift": ({"decision": link()}, {}),
    },
)
_decision = record(
    {
        "type": one_of("decision"),
        "community": link(),
        "charter": link(),
        "ruling": _ruling,
        "reason": one_of(*_REASONS),
        "condition": one_of("lifted", "agreement", "payment", "audit", "charter"),
        "time": hour,
    },
    {"until": hour, "explained": link(raw=False)},
)
_release = record(
    {
        "type": one_of("release"),
        "community": link(),
        "charter": link(),
        "number": number(1, 2**53 - 1),
        "time": hour,
        "count": number(0, ROWS_OF_A_PAGE * MOST_PAGES),
        "root": octets(32),
        "pages": many(0, MOST_PAGES, link()),
    },
    {"previous": link()},
)


def read_matter(value):
    """A successor, a decision or a release."""
    purpose = _kind(value)
    demand(purpose in ("charter", "decision", "release"), "field-value:type")
    matter_id = cids.of_block(canonical.encode(value))
    if purpose == "charter":
        charter = agreements.Charter(value)
        demand("succeeds" in value, "field-missing:succeeds")
        return Matter(purpose, matter_id, charter.community, value["succeeds"]["predecessor"], value, charter)
    if purpose == "decision":
        _decision(value)
        demand(value["ruling"]["rule"] not in NEED_AN_END or "until" in value, "field-value:until")
    else:
        _release(value)
        demand(len(value["pages"]) == -(-value["count"] // ROWS_OF_A_PAGE), "field-value:pages")
    return Matter(purpose, matter_id, value["community"], value["charter"], value)


def convinces(resolution, charter):
    """Refuses a resolution that does not convince under a charter (SPEC section 24)."""
    matter, signers = resolution.matter, set(resolution.signers)
    demand(matter.charter == charter.id, "resolution-other-charter")
    demand(matter.community == charter.community, "resolution-other-community")
    validators = set(charter.signing)
    newcomers = set(matter.successor.signing) - validators if matter.successor else set()
    recovery = set(charter.value["recovery"]) if matter.successor else set()
    demand(signers <= validators | newcomers | recovery, "resolution-stranger")
    recovers = recovery and 2 * len(signers & recovery) > len(charter.value["recovery"])
    demand(len(signers & validators) >= charter.q or recovers, "resolution-quorum")
    demand(newcomers <= signers, "resolution-unwilling")


def _row(value, name):
    demand(type(value) is list and len(value) == 3, f"field-value:{name}")
    as_a_whole(link(raw=False))(value[0], name)
    as_a_whole(licence)(value[1], name)
    as_a_whole(canonical_preference)(value[2], name)


_page = record({"type": one_of("page")}, {"rows": many(0, ROWS_OF_A_PAGE, _row)})


def read_page(data):
    """The rows of a page."""
    value = canonical.decode(data)
    _page(value)
    return value.get("rows", [])
