"""Headers and bodies (SPEC sections 7 to 9)."""

import re

import canonical
import cids
import preferences
from fields import (anything, envelope, hour, kind, link, many, matching, number, octets, one_of, record, tagged,
                    text, truth)
from refused import Refused, demand

LICENCES = ("Apache-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "MIT")
MOST_HEADER = 1024
MOST_BODY = 1_048_576

licence = one_of(*LICENCES)
canonical_preference = matching(preferences.CANONICAL, 8, 128)

_header = envelope(
    "record",
    "author",
    {
        "v": number(1, 1),
        "community": link(raw=False),
        "licence": licence,
        "preference": canonical_preference,
        "terms": link(raw=True),
        "ruleset": link(raw=True),
        "body": link(raw=False),
        "size_class": number(0, 20),
        "time": hour,
    },
    {"nonce": octets(16), "revises": link(raw=False), "corrects": link(raw=False), "about": link(raw=False)},
)


def read_header(data):
    """The payload of a signed header."""
    demand(len(data) <= MOST_HEADER, "header-oversized")
    value = canonical.decode(data)
    _header(value)
    payload = value["payload"]
    demand("nonce" not in payload or payload["time"] % 86_400 == 0, "field-value:time")
    return payload


def commits_to(payload, body):
    """Whether a header's payload commits to the bytes of a body."""
    return cids.of_block(body) == payload["body"] and size_class(len(body)) == payload["size_class"]


def size_class(length):
    """The least c with length <= 2^c."""
    return (length - 1).bit_length()


_short = text(0, 256)
_note = text(0, 16_384)
_words = text()
_language = matching(re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"), 2, 35)
_label = one_of("good", "fail")
_rating = number(1, 10)
_right = tagged(
    "by", {"own": ({}, {}), "model": ({}, {"model": _short}), "third-party": ({"source": _short, "licence": _short}, {})}
)
_message = record(
    {"role": one_of("system", "user", "assistant", "tool"), "content": _words},
    {"model": _short, "label": _label, "rating": _rating},
)
_messages = many(1, 4096, _message)


def _statement(body):
    try:
        preferences.canonical(body["preference_given"], preferences.version(body["vocabulary"]))
    except Refused:
        raise Refused("field-value:preference_given") from None


def _redactions(value, name):
    kind(dict)(value, name)
    demand(1 <= len(value) <= 64, f"field-value:{name}")
    for key, times in value.items():
        text(0, 32)(key, name)
        number(1, 2**53 - 1)(times, name)


def _ext(value, name):
    kind(dict)(value, name)
    demand(value, f"field-value:{name}")


def _criterion(value, name):
    record({"name": _short, "score": number(0, 100), "max": number(1, 100)}, {"note": _note})(value, name)
    demand(value["score"] <= value["max"], "field-value:score")


_COMMON = {
    "kind": anything,
    "salt": octets(32),
    "preference_given": text(1, 256),
    "vocabulary": one_of(*(f"ietf-aipref-0{number}" for number in range(1, 9))),
    "rights": many(1, 8, _right),
    "assurances": record({"of_age": truth, "has_rights": truth, "no_sensitive_data": truth}),
}
_COMMON_OPTIONAL = {
    "title": _short,
    "language": _language,
    "tags": many(1, 32, _short),
    "model": _short,
    "redactions": _redactions,
    "false_alarms": number(1, 2**53 - 1),
    "attribution": _short,
    "imported_from": _short,
    "ext": _ext,
}
_KINDS = {
    "chat": ({"messages": _messages, "label": _label}, {"note": _note}),
    "correction": ({"corrected": _words}, {"message_index": number(0, 4095), "note": _note}),
    "preference": ({"messages": _messages, "chosen": _words, "rejected": _words}, {"note": _note}),
    "example": ({"prompt": _words, "ideal": _words}, {}),
    "rubric": ({"messages": _messages, "criteria": many(1, 64, _criterion)}, {}),
    "feedback": (
        {"answers": many(1, 64, record({"question": _short, "answer": _words}))},
        {"messages": _messages, "rating": _rating},
    ),
    "code": ({"prompt": _words, "programming_language": _short, "code": _words, "tests": _words}, {}),
    "translation": (
        {"source_language": _language, "target_language": _language, "source_text": _words, "target_text": _words},
        {"note": _note},
    ),
    "profile": ({"name": _short}, {"about": _note}),
    "note": ({"text": _note}, {}),
    "petition": (
        {"text": _note, "asks": one_of("embargo", "freeze", "evaluation-only", "rate-cap", "takedown", "other")},
        {},
    ),
}


def read_body(data):
    """The body."""
    demand(len(data) <= MOST_BODY, "body-oversized")
    body = canonical.decode(data)
    demand(type(body) is dict, "field-not-a-map")
    demand("kind" in body, "field-missing:kind")
    kind(str)(body["kind"], "kind")
    demand(body["kind"] in _KINDS, "body-unknown-kind")
    required, optional = _KINDS[body["kind"]]
    record({**_COMMON, **required}, {**_COMMON_OPTIONAL, **optional})(body)
    _statement(body)
    return body
