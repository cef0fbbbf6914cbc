"""Which records an export was asked for (docs/DATASET.md, *Of what was asked for*)."""

import datetime
import re

from tally import same

SORTS = ("licence", "label", "language", "model", "tag", "month", "kind")
BODY_SORTS = ("label", "language", "model", "tag", "kind")
MOST_VALUES = 100
MONTH = r"[0-9]{4}-(?:0[1-9]|1[0-2])"
FORMS = {
    "label": re.compile("good|fail"),
    "language": re.compile("[a-z]{2,8}(?:-[a-z0-9]{1,8})*"),
    "month": re.compile(f"{MONTH}|{MONTH}\\.\\.|\\.\\.{MONTH}|{MONTH}\\.\\.{MONTH}"),
}
SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def asked(stated):
    """What a manifest says that it was asked for, but for the use."""
    return stated.get("filter", {}).get("asks")


class Filter:
    """What records must say, and how many did not."""

    def __init__(self, stated):
        self.asks, self.stated = stated["asks"], stated
        same(list(stated), ["asks", "by_header", "by_body"], "what is said of a filter")
        same(list(self.asks), [sort for sort in SORTS if sort in self.asks], "known sorts in order")
        same(bool(self.asks), True, "a filter that asks for something")
        for sort, values in self.asks.items():
            same(values, sorted(set(values), key=str.encode), f"the values of {sort} in order, each once")
            same(0 < len(values) <= MOST_VALUES, True, f"some values of {sort}, and not too many")
            form = FORMS.get(sort)
            same([value for value in values if form and not form.fullmatch(value)], [], f"values of {sort} in their form")
            if sort in ("model", "tag"):
                same(values, [_name(value) for value in values], f"names of {sort} in their one form")
        self.by_header = 0

    def matches_header(self, header):
        """Whether licence and month are asked for."""
        month = datetime.datetime.fromtimestamp(header["time"], datetime.timezone.utc).strftime("%Y-%m")
        return self._any("licence", lambda one: one == header["licence"]) and self._any("month", lambda one: _within(one, month))

    def check_row(self, header, body):
        """That a row is asked for."""
        languages = [body.get(key) for key in ("language", "source_language", "target_language")]
        parts = [one for key in ("messages", "rights") for one in body.get(key, []) if isinstance(one, dict)]
        models = [_name(one["model"]) for one in (body, *parts) if isinstance(one.get("model"), str)]
        tags = [_name(tag) for tag in body.get("tags", []) if isinstance(tag, str)]
        found = (
            self.matches_header(header)
            and self._any("label", lambda one: one == body.get("label"))
            and self._any("language", lambda one: any(_contains(one, tag) for tag in languages if isinstance(tag, str)))
            and self._any("model", lambda one: one in models)
            and self._any("tag", lambda one: one in tags)
            and self._any("kind", lambda one: one == body["kind"])
        )
        same(found, True, "a row that is asked for")

    def account(self, without_row, headers, elsewhere):
        """Takes out of the records without row those that their headers show not to be asked for."""
        left = []
        for one in without_row:
            if elsewhere(headers[one]) is None and not self.matches_header(headers[one]):
                self.by_header += 1
            else:
                left.append(one)
        return left

    def left_out_by_body(self):
        """How many are said to be left out for what their bodies say."""
        count = self.stated["by_body"]
        same(count == 0 or any(sort in self.asks for sort in BODY_SORTS), True, "a filter that asks something of bodies")
        return count

    def said(self):
        """What the manifest says of it."""
        return {"asks": self.asks, "by_header": self.by_header, "by_body": self.stated["by_body"]}

    def _any(self, sort, suits):
        return sort not in self.asks or any(suits(one) for one in self.asks[sort])


def _name(text):
    return text.strip(SPACE).lower()


def _contains(language, tag):
    return tag.lower() == language or tag.lower().startswith(f"{language}-")


def _within(months, month):
    first, dots, last = months.partition("..")
    return month == first if not dots else first <= month and (not last or month <= last)
