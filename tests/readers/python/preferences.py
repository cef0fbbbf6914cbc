"""AI-use preferences (SPEC section 7): raw statements by RFC 9651, and their canonical form."""

import re
from urllib.parse import unquote_to_bytes

from refused import Refused, demand

SIGNALS = ("cc-cr", "cc-cr-dc", "cc-cr-ec", "cc-cr-op")
USES = ("evaluate", "search", "train-ai")
CURRENT = 7
SINCE = {"evaluate": 1, "search": 1, "train-ai": 2}  # the version of the vocabulary that first had the label
OLDER = {
    "tdm": (1, ("search", "train-ai")),
    "ai": (1, ("train-ai",)),
    "genai": (1, ("train-ai",)),
    "all": (2, ("search", "train-ai")),
    "train-genai": (2, ("train-ai",)),
    "ai-use": (2, ("train-ai",)),
    "bots": (3, ("search", "train-ai")),
    "ai-output": (4, ("search",)),
}

_CHOICE = f"(?:y|n(?:;exceptions=(?:{'|'.join(SIGNALS)}))?)"
CANONICAL = re.compile(
    f"(?:evaluate={_CHOICE}(?:, search={_CHOICE})?(?:, train-ai={_CHOICE})?"
    f"|search={_CHOICE}(?:, train-ai={_CHOICE})?|train-ai={_CHOICE})"
)


def version(name):
    """The number of a version of the vocabulary."""
    found = re.fullmatch(r"ietf-aipref-0([1-8])", name)
    demand(found, "field-value:vocabulary")
    return int(found.group(1))


def canonical(statement, by=CURRENT):
    """The canonical form of a raw statement, by a version of the vocabulary."""
    demand(len(statement.encode()) <= 256, "preference-length")
    members = _Dictionary(statement).read()
    said = {}
    for use in USES:
        form, value, parameters = members.get(use, (None, None, {})) if SINCE[use] <= by else (None, None, {})
        if (form, value) == ("token", "y"):
            said[use] = "y"
        elif (form, value) == ("token", "n"):
            form, signal = parameters.get("exceptions", (None, None))
            kept = form == "token" and signal in SIGNALS
            said[use] = f"n;exceptions={signal}" if kept else "n"
    for key, (since, uses) in OLDER.items():
        if since <= by and members.get(key, ())[:2] == ("token", "n"):
            said |= {use: "n" for use in uses}
    demand(said, "preference-nothing")
    return ", ".join(f"{use}={said[use]}" for use in USES if use in said)


def of_all(texts):
    """What may be said of several things together, as canonical text; empty when that is nothing."""
    each, said = [dict(part.split("=", 1) for part in text.split(", ")) for text in texts], []
    for use in USES:
        choices = {one.get(use) for one in each}
        refusals = {choice for choice in choices if choice and choice != "y"}
        if refusals:
            kept = len(refusals) == 1 and None not in choices  # what says nothing has no exception
            said.append(f"{use}={refusals.pop() if kept else 'n'}")
        elif choices == {"y"}:
            said.append(f"{use}=y")
    return ", ".join(said)


def slug(text):
    """The name of the folder for rows with this preference, which is canonical."""
    return text.replace(";exceptions=", "-").replace("=", "-").replace(", ", ".")


def read_canonical(text):
    """The text, which must be canonical already."""
    if not CANONICAL.fullmatch(text):
        canonical(text)
        raise Refused("preference-not-canonical")
    return text


_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_BARE = (
    ("decimal", re.compile(r"-?[0-9]{1,12}\.[0-9]{1,3}(?![0-9.])")),
    ("integer", re.compile(r"-?[0-9]{1,15}(?![0-9.])")),
    ("string", re.compile(r'"(?:[ !#-\[\]-~]|\\["\\])*"')),
    ("token", _TOKEN),
    ("bytes", re.compile(r":[A-Za-z0-9+/]*={0,2}:")),
    ("boolean", re.compile(r"\?[01]")),
    ("date", re.compile(r"@-?[0-9]{1,15}(?![0-9.])")),
    ("display", re.compile(r'%"(?:[ !#$&-~]|%[0-9a-f]{2})*"')),
)


class _Dictionary:
    """A parser of dictionaries, RFC 9651 section 4.2.2; members are (form, text, parameters)."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def read(self):
        members = {}
        self._skip(" ")
        while self.at < len(self.text):
            key = self._match(_KEY)
            if self._take("="):
                members[key] = self._member()
            else:
                members[key] = ("boolean", "?1", self._parameters())
            self._skip(" \t")
            if self.at == len(self.text):
                break
            demand(self._take(","), "preference-syntax")
            self._skip(" \t")
            demand(self.at < len(self.text), "preference-syntax")
        return members

    def _member(self):
        if not self._take("("):
            return (*self._bare(), self._parameters())
        while True:
            self._skip(" ")
            if self._take(")"):
                return ("list", None, self._parameters())
            self._bare()
            self._parameters()
            demand(self.text[self.at : self.at + 1] in (" ", ")"), "preference-syntax")

    def _parameters(self):
        parameters = {}
        while self._take(";"):
            self._skip(" ")
            key = self._match(_KEY)
            parameters[key] = self._bare() if self._take("=") else ("boolean", "?1")
        return parameters

    def _bare(self):
        for form, pattern in _BARE:
            found = pattern.match(self.text, self.at)
            if found:
                self.at = found.end()
                _check_display(form, found.group())
                return (form, found.group())
        raise Refused("preference-syntax")

    def _match(self, pattern):
        found = pattern.match(self.text, self.at)
        demand(found, "preference-syntax")
        self.at = found.end()
        return found.group()

    def _take(self, character):
        taken = self.text.startswith(character, self.at)
        self.at += taken
        return taken

    def _skip(self, characters):
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1


def _check_display(form, text):
    if form == "display":
        try:
            unquote_to_bytes(text[2:-1]).decode()
        except UnicodeDecodeError:
            raise Refused("preference-syntax") from None
