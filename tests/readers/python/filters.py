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
# Capitals: from one to another, each or every second, and how far away the small letter is (docs/DATASET.md, *Of what was asked for*).
CAPITALS = """41-5a/1+20 c0-d6/1+20 d8-de/1+20 100-12e/2+1 132-136/2+1 139-147/2+1 14a-176/2+1 178/1-79 179-17d/2+1 18f/1+ca
1a0/1+1 1af/1+1 1cd-1db/2+1 1de-1ee/2+1 1f8-21e/2+1 222-232/2+1 386/1+26 388-38a/1+25 38c/1+40 38e-38f/1+3f 391-3a1/1+20 3a3-3ab/1+20
400-40f/1+50 410-42f/1+20 460-480/2+1 48a-4be/2+1 4c0/1+f 4c1-4cd/2+1 4d0-52e/2+1 531-556/1+30 1e00-1e94/2+1 1e9e/1-1dbf 1ea0-1efe/2+1
ff21-ff3a/1+20"""


def _small():
    letters = {}
    for first, last, step, by in re.findall("(\\w+)(?:-(\\w+))?/(\\d)([+-]\\w+)", CAPITALS):
        letters |= {one: one + int(by, 16) for one in range(int(first, 16), int(last or first, 16) + 1, int(step))}
    return letters


SMALL = _small()


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
    return text.strip(SPACE).translate(SMALL)


def _contains(language, tag):
    return tag.lower() == language or tag.lower().startswith(f"{language}-")


def _within(months, month):
    first, dots, last = months.partition("..")
    return month == first if not dots else first <= month and (not last or month <= last)
