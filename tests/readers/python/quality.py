"""The quality columns of an export (docs/DATASET.md), made again from the rows and from what lies beside them.

The language is the one thing that is not made again: it is what one version of one program says, which has no
description. It is taken as it stands, if it could be said."""

import hashlib
import re

import canonical
import cids
import dagjson
import records
import words
from refused import Refused

HEADER_COLUMNS = 17
SHINGLE, LEAST_SHINGLES, MARKS, BANDS, BAND = 3, 16, 128, 16, 4
FIRST_SEED = 0x636F6D6D6F6E7765
NEAR, LOOKED_AT = 60, 64
_SEEDS = [words.mixed(FIRST_SEED + i) for i in range(MARKS)]
TURNED, FACTORS = [seed >> 32 for seed in _SEEDS], [seed & 0xFFFFFFFF | 1 for seed in _SEEDS]
# The texts by which records are compared: of messages and answers, and by column.
COMPARED = {"chat": (), "correction": ("corrected",), "preference": ("chosen", "rejected"), "example": ("prompt", "ideal"), "rubric": (),
            "feedback": (), "code": ("prompt", "code", "tests"), "translation": ("source_text", "target_text"), "note": (), "petition": ()}
COUNTED = ("prompt", "ideal", "chosen", "rejected", "corrected", "text", "code", "tests", "source_text", "target_text")
LANGUAGE = re.compile("[a-z]{2}")


class Quality:
    """Rows as they come, with the files in which they lie."""

    def __init__(self):
        self.rows, self.files = {}, {}

    def add(self, path, row):
        """Takes one row, of which a line stands in the file `path`."""
        body = {key: dagjson.from_json(value) for key, value in list(row.items())[HEADER_COLUMNS:]}
        body["salt"] = bytes.fromhex(body["salt"])
        row_id = cids.parse(row["id"])
        self.rows[row_id] = (row, body)
        self.files.setdefault(path, []).append(row_id)

    def lines(self, charters, flags, here):
        """The lines of each file, as objects; `here` gives those that stand there now, for the language."""
        same, near = _clusters({one: body for one, (_, body) in self.rows.items()})
        notes = [row["about_record"] for row, _ in self.rows.values() if row["kind"] in ("note", "petition")]
        quorums = {str(charter.id): (charter.value["q"], len(charter.value["validators"])) for charter in charters}
        made = {}
        for path, ids in self.files.items():
            made[path] = []
            for one, stated in zip(ids, here(path) + [{}] * len(ids)):
                row, body = self.rows[one]
                texts = list(_counted(body))
                by = {right["by"] for right in body.get("rights", []) if isinstance(right, dict)}
                accepted, validators = quorums[row["charter"]]
                language, confidence = stated.get("detected_language"), stated.get("language_confidence")
                made[path].append({
                    "id": str(one),
                    "licence": row["licence"],
                    "preference": row["preference"],
                    "duplicate_cluster": str(same[one]),
                    "duplicate_cluster_size": list(same.values()).count(same[one]),
                    "near_duplicate_cluster": str(near[one]),
                    "near_duplicate_cluster_size": list(near.values()).count(near[one]),
                    "flags": flags.get(one, 0),
                    "notes": notes.count(str(one)),
                    "accepted_by": accepted,
                    "validators": validators,
                    "reviewed": type(body.get("false_alarms")) is int and body["false_alarms"] > 0,
                    "characters": sum(map(len, texts)),
                    "words": sum(len(words.words(text)) for text in texts),
                    "messages": len(body.get("messages", [])),
                    **_language(language, confidence),
                    "rights_own": "own" in by,
                    "rights_model": "model" in by,
                    "rights_third_party": "third-party" in by,
                })
        return made


def _language(tag, confidence):
    """A language that could be told: none with no confidence, else one with some."""
    none = (tag, confidence) == ("", 0)
    told = isinstance(tag, str) and LANGUAGE.fullmatch(tag) and type(confidence) is int and 1 <= confidence <= 100
    return {"detected_language": tag, "language_confidence": confidence} if none or told else {"detected_language": None}


def _counted(body):
    for message in body.get("messages", []):
        yield message["content"]
    for answer in body.get("answers", []):
        yield answer["answer"]
    for column in COUNTED:
        if isinstance(body.get(column), str):
            yield body[column]


def _compared(body):
    """The texts by which a body is compared."""
    messages = [one["content"] for one in body.get("messages", []) if one["role"] != "system"]
    answers = [one["answer"] for one in body.get("answers", [])]
    return messages + answers + [body[column] for column in COMPARED[body["kind"]]]


def _marks(texts):
    """The marks of texts; nothing where these are too short."""
    shingles = set()
    for text in texts:
        found = words.words(text)
        padded = [0] * (SHINGLE - len(found)) + found if found else []
        shingles |= {words.run(padded[at : at + SHINGLE]) for at in range(len(padded) - SHINGLE + 1)}
    if len(shingles) < LEAST_SHINGLES:
        return None
    upper = {shingle >> 32 for shingle in shingles}
    least = [min((one ^ turned) * factor & 0xFFFFFFFF for one in upper) for turned, factor in zip(TURNED, FACTORS)]
    return bytes(words.mixed(mark) & 0xFF for mark in least)


def _clusters(bodies):
    """For each id, the lowest of those that say the same, and of those that a chain of likeness connects."""
    same, marks, first = {one: one for one in bodies}, {}, {}
    for one in sorted(bodies):
        body = bodies[one]
        try:
            records.read_body(canonical.encode(body))
        except Refused:
            continue
        if body["kind"] == "profile":
            continue
        unsalted = canonical.encode({key: value for key, value in body.items() if key != "salt"})
        same[one] = first.setdefault(hashlib.sha256(unsalted).digest()[:16], one)
        if same[one] == one and (found := _marks(_compared(body))):
            marks[one] = found
    near = dict(same)

    def root(one):
        while near[one] != one:
            one = near[one]
        return one

    for number in range(0, BANDS * BAND, BAND):
        bands = {}
        for one in sorted(marks):
            bands.setdefault(marks[one][number : number + BAND], []).append(one)
        for sharing in bands.values():
            for at, one in enumerate(sharing):
                for other in sharing[at + 1 : at + 1 + LOOKED_AT]:
                    equal = sum(a == b for a, b in zip(marks[one], marks[other]))
                    if 100 * equal // MARKS >= NEAR:
                        low, high = sorted((root(one), root(other)))
                        near[high] = low
    return same, {one: root(one) for one in bodies}
