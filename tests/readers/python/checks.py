"""Machine checks (SPEC section 15). Of rulesets this reader knows only what the vectors' ruleset finds: e-mail addresses,
and a phrase for each of some classes of high risk."""

import re

import cids
import preferences
import records
from refused import Refused

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_RISKS = {"medical": "i was diagnosed with", "biometric": "my fingerprint template", "location": "[ip_"}


def outcome(header, body, charter, ruleset, now, before=None):
    """What a validator says of a record, which an earlier charter may have accepted before."""
    payload, agreed = records.read_header(header), charter.value
    if payload["licence"] not in agreed["licences"]:
        return "reject:licence"
    charters = [charter, *([before] if before else [])]
    if payload["terms"] not in [one.value["terms"] for one in charters]:
        return "reject:terms"
    if payload["ruleset"] not in [one.ruleset for one in charters]:
        return "reject:terms"
    if not before and not -agreed["numbers"]["future_hours"] <= (now - payload["time"]) // 3600 <= agreed["numbers"]["past_hours"]:
        return "reject:time"
    if len(body) > agreed["numbers"]["body_bytes"] or not records.commits_to(payload, body):
        return "reject:size"
    try:
        value = records.read_body(body)
    except Refused as refusal:
        return "reject:size" if refusal.reason == "body-oversized" else "reject:schema"
    if not all(value["assurances"].values()):
        return "reject:terms"
    by = preferences.version(value["vocabulary"])
    if preferences.canonical(value["preference_given"], by) != payload["preference"]:
        return "reject:preference"
    if (value["kind"] == "correction") != ("corrects" in payload):
        return "reject:schema"
    if value["kind"] != "petition" and (value["kind"] == "note") != ("about" in payload):
        return "reject:schema"
    assert cids.of_raw(ruleset) == agreed["ruleset"], "the vectors' ruleset is not the charter's"
    patterns = [re.compile(rf"(?<![A-Za-z0-9_])(?:{one['pattern']})(?![A-Za-z0-9_])") for one in charter.patterns]
    found = sum(len(one.findall(text)) for text in _texts(value) for one in [_EMAIL, *patterns])
    if found != value.get("false_alarms", 0):
        return "reject:personal-data"
    classes = [name for name, phrase in _RISKS.items() for text in _texts(value) if phrase in text.lower()]
    actions = {agreed.get("risks", {}).get(name, "allow") for name in classes}
    if "block" in actions:
        return "reject:sensitive"
    return "quarantine:review" if found or "review" in actions else "accept"


def _texts(value):
    """All texts in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
