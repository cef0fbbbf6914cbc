"""Words as texts are compared by (docs/DATASET.md, Words), and numbers made of them."""

import bisect
import re

MASK = 2**64 - 1
EMPTY = 0x6A09E667F3BCC908
STEP = 0xD6E8FEB86659FD93
PLACEHOLDER = re.compile(r"\[([A-Z0-9_]{1,24})_[0-9]{1,5}\]", re.ASCII)
LETTER, ALONE, GAP, NOTHING = range(4)
# Of the accented Latin letters from U+00C0 on: the last of each run, and its plain letter.
LATIN = [(0xC6, "a"), (0xC7, "c"), (0xCB, "e"), (0xCF, "i"), (0xD0, "d"), (0xD1, "n"), (0xD8, "o"), (0xDC, "u"), (0xDD, "y"),
         (0xDE, "t"), (0xDF, "s"), (0xE6, "a"), (0xE7, "c"), (0xEB, "e"), (0xEF, "i"), (0xF0, "d"), (0xF1, "n"), (0xF8, "o"),
         (0xFC, "u"), (0xFD, "y"), (0xFE, "t"), (0xFF, "y"), (0x105, "a"), (0x10D, "c"), (0x111, "d"), (0x11B, "e"),
         (0x123, "g"), (0x127, "h"), (0x133, "i"), (0x135, "j"), (0x138, "k"), (0x142, "l"), (0x14B, "n"), (0x153, "o"),
         (0x159, "r"), (0x161, "s"), (0x167, "t"), (0x173, "u"), (0x175, "w"), (0x178, "y"), (0x17E, "z"), (0x17F, "s")]
# The first rule that names a character says what it is; else it is a letter of its own.
RULES = [
    (NOTHING, [(0xAD, 0xAD), (0x300, 0x36F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)]),
    (GAP, [(0x80, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7)]),
    (LETTER, [(0xC0, 0x17F), (0x391, 0x3A9), (0x400, 0x42F), (0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)]),
    (GAP, [(0x2000, 0x2BFF), (0x3000, 0x303F), (0xFE30, 0xFE6F), (0xFF00, 0xFFFF), (0x1F000, 0x1FAFF)]),
    (ALONE, [(0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FFF), (0x3040, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)]),
]


def mixed(x):
    """64 bits, each of which depends on each of the given ones."""
    x = (x ^ (x >> 32)) * STEP & MASK
    x = (x ^ (x >> 29)) * STEP & MASK
    return x ^ (x >> 32)


def words(text):
    """The numbers of a text's words, in order."""
    found, word, at = [], EMPTY, 0

    def end():
        nonlocal word
        if word != EMPTY:
            found.append(mixed(word))
        word = EMPTY

    while at < len(text):
        placeholder = PLACEHOLDER.match(text, at)
        if placeholder:
            end()
            for letter in "[" + placeholder[1]:
                word = _longer(word, ord(letter))
            end()
            at = placeholder.end()
            continue
        what, code = _seen(ord(text[at]))
        if what in (ALONE, GAP):
            end()
        if what in (ALONE, LETTER):
            word = _longer(word, code)
        if what == ALONE:
            end()
        at += 1
    end()
    return found


def run(words):
    """The number of a run of words."""
    number = 0
    for word in words:
        number = mixed(number ^ word)
    return number


def _longer(word, code):
    turned = (word << 23 | word >> 41) & MASK
    return (turned ^ code) * STEP & MASK


def _seen(code):
    if code < 0x80:
        char = chr(code)
        if char == "'":
            return NOTHING, None
        return (LETTER, ord(char.lower())) if char.isalnum() else (GAP, None)
    if code == 0x2019:
        return NOTHING, None
    for what, ranges in RULES:
        if any(first <= code <= last for first, last in ranges):
            return what, _plain(code)
    return LETTER, code


def _plain(code):
    if 0xC0 <= code <= 0x17F:
        return ord(LATIN[bisect.bisect_left(LATIN, (code, ""))][1])
    if 0x391 <= code <= 0x3A9 or 0x410 <= code <= 0x42F:
        return code + 0x20
    if 0x400 <= code <= 0x40F:
        return code + 0x50
    if 0xFF10 <= code <= 0xFF19 or 0xFF41 <= code <= 0xFF5A:
        return code - 0xFEE0
    if 0xFF21 <= code <= 0xFF3A:
        return code - 0xFEE0 + 0x20
    return code
