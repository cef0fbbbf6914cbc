"""Rules of fields, as values: each rule is called with a value and the field's name, and refuses or returns."""

import canonical
import keys
from cids import Link
from refused import Refused, demand


def kind(python_type):
    """Any value of a type."""

    def rule(value, name):
        demand(type(value) is python_type, f"field-type:{name}")

    return rule


def number(least, most, step=1):
    """An integer in a range, and a multiple of the step."""

    def rule(value, name):
        demand(type(value) is int, f"field-type:{name}")
        demand(least <= value <= most and value % step == 0, f"field-value:{name}")

    return rule


def text(least=0, most=None):
    """Text of so many bytes of UTF-8."""

    def rule(value, name):
        demand(type(value) is str, f"field-type:{name}")
        size = len(value.encode())
        demand(least <= size and (most is None or size <= most), f"field-value:{name}")

    return rule


def octets(least, most=None):
    """A byte string of so many bytes; of exactly `least` when `most` is left out."""

    def rule(value, name):
        demand(type(value) is bytes, f"field-type:{name}")
        demand(least <= len(value) <= (least if most is None else most), f"field-value:{name}")

    return rule


def one_of(*texts):
    """One of these texts, exactly."""

    def rule(value, name):
        demand(type(value) is str, f"field-type:{name}")
        demand(value in texts, f"field-value:{name}")

    return rule


def matching(pattern, least, most):
    """Text of so many bytes that matches the whole pattern."""
    sized = text(least, most)

    def rule(value, name):
        sized(value, name)
        demand(pattern.fullmatch(value), f"field-value:{name}")

    return rule


def link(raw=None):
    """A link; of one codec unless `raw` is left out."""

    def rule(value, name):
        demand(isinstance(value, Link), f"field-type:{name}")
        demand(raw is None or value.is_raw == raw, f"field-value:{name}")

    return rule


def many(least, most, item):
    """A list; what breaks a rule in it has the list's name, unless it is a field of a map in the list. A list that must
    hold something and is absent counts as an empty one."""

    def rule(value, name):
        demand(type(value) is list, f"field-type:{name}")
        demand(least <= len(value) <= most, f"field-value:{name}")
        for one in value:
            item(one, name)

    rule.absent = "field-value" if least else "field-missing"
    return rule


def record(required, optional=None):
    """A map of exactly these fields."""
    optional = optional or {}

    def rule(value, name=None):
        demand(type(value) is dict, "field-not-a-map" if name is None else f"field-type:{name}")
        for field, check in required.items():
            demand(field in value, f"{getattr(check, 'absent', 'field-missing')}:{field}")
            check(value[field], field)
        for field, check in optional.items():
            if field in value:
                check(value[field], field)
        demand(all(field in required or field in optional for field in value), "field-unknown")

    return rule


def tagged(key, forms):
    """One of several maps, (required, optional) each, told apart by the text under a key."""

    def rule(value, name=None):
        demand(type(value) is dict, "field-not-a-map" if name is None else f"field-type:{name}")
        demand(key in value, f"field-missing:{key}")
        one_of(*forms)(value[key], key)
        required, optional = forms[value[key]]
        record({key: anything, **required}, optional)(value, name)

    return rule


def as_a_whole(rule):
    """The same rule, but a part that is missing or out of range is the value of the whole field."""

    def whole(value, name):
        try:
            rule(value, name)
        except Refused as refusal:
            demand(refusal.reason in ("field-unknown", f"field-type:{name}"), f"field-value:{name}")
            raise

    return whole


def as_value(rule, field):
    """The same rule, but what breaks it is the value of another field, the one that holds all this."""

    def within(value, name):
        try:
            rule(value, name)
        except Refused as refusal:
            demand(refusal.reason != f"field-value:{name}", f"field-value:{field}")
            raise

    return within


def envelope(purpose, signer, required, optional=None):
    """A signed map: its type and key, then its signature, then its other fields."""
    key = octets(32)
    required = {"type": one_of(purpose), signer: key, **required}
    fields = record(required, optional)
    outside = record({"payload": kind(dict), "signature": octets(64)})

    def rule(value, name=None):
        outside(value, name)
        payload = value["payload"]
        for field in ("type", signer):
            demand(field in payload, f"field-missing:{field}")
            required[field](payload[field], field)
        keys.verify(payload[signer], purpose, canonical.encode(payload), value["signature"])
        fields(payload, "payload")

    return rule


anything = lambda value, name: None
truth = kind(bool)
count = number(0, 2**53 - 1)
hour = number(0, 2**53 - 1, 3600)
