"""The views of an export (docs/DATASET.md): the same rows in the forms that trainers take, made again from the rows."""

import json
import re

import apart
import columns
import dagjson
import partitions
from quality import Quality
from tally import same

HEADER = ("id", "licence", "preference", "author", "time")
BODY = ("kind", "label", "language", "model", "title")
HEADING = "\t".join((*HEADER, *BODY, "text")) + "\n"
TEXTS = ("messages", "note", "prompt", "ideal", "chosen", "rejected", "corrected", "criteria", "answers",
         "programming_language", "code", "tests", "source_language", "source_text", "target_language", "target_text", "name",
         "about", "text", "asks")
ROLES = ("system", "user", "assistant", "tool")
MOST_ANSWERS = 32
ENDINGS = {"parquet": ".parquet", "tfrecord": ".tfrecord", "tsv": ".tsv"}
# The views that say beside each row what is said of it in the light of all others.
WITH_QUALITY = ("parquet", "tfrecord")
ARCHIVE_END = bytes(1024)


class Views:
    """The views that a manifest names, as far as rows were seen."""

    def __init__(self, stated, folder, canary):
        self.formats = [view["format"] for view in stated]
        known = {*FORMATS, *WITH_QUALITY}
        same(self.formats, sorted(set(self.formats) & known), "known formats in order, each once")
        self.folder, self.canary = folder, canary
        self.carried = dict.fromkeys(self.formats, 0)
        self.left_out = dict.fromkeys(self.formats, 0)
        # Of each format, by path: what each of its rows adds, as bytes; of Parquet, and of records until all were seen, the rows.
        self.files = {name: {} for name in self.formats}
        self.quality = Quality()
        # Of each place that has rows, what is said of these.
        self.judged = {}

    def add(self, path, row):
        """Takes one row of the file `path`."""
        marked = row | ({"canary": self.canary} if apart.is_apart(path) else {})
        if not {"quality", *WITH_QUALITY}.isdisjoint(self.formats):
            self.quality.add(path.replace("data/", "views/quality/", 1), row)
        for name in self.formats:
            if name == "quality":
                self.carried[name] += 1
                continue
            pieces = [marked] if name in WITH_QUALITY else [self._encoded(path, piece) for piece in FORMATS[name](marked)]
            if not pieces:
                self.left_out[name] += 1
                continue
            self.carried[name] += 1
            self._file(name, path, pieces).extend(pieces)

    def _file(self, name, path, pieces):
        """What is in the file of a view so far that goes on with these pieces."""
        place = path.replace("data/", f"views/{name}/", 1).removesuffix(".jsonl")
        if name != "webdataset":
            return self.files[name].setdefault(place + ENDINGS.get(name, ".jsonl"), [])
        numbered = re.compile(re.escape(place) + "-[0-9]{6}\\.tar")
        archives = sum(bool(numbered.fullmatch(other)) for other in self.files[name])
        now = self.files[name].setdefault(f"{place}-{max(archives - 1, 0):06}.tar", [])
        if now and sum(map(len, [*now, *pieces, ARCHIVE_END])) > columns.SHARD:
            now = self.files[name].setdefault(f"{place}-{archives:06}.tar", [])
        return now

    def finish(self, charters, flags):
        """Takes what lies beside the rows, when all of these were seen; `flags` are how many each record has."""
        def here(path):
            file = self.folder / path
            if file.exists():
                return [json.loads(line) for line in file.read_bytes().splitlines()]
            read = {"parquet": columns.languages, "tfrecord": columns.languages_of_records}
            files = ((self.folder / f"views/{name}/{_place(path)}{ENDINGS[name]}", read[name]) for name in WITH_QUALITY)
            return next((languages(file) for file, languages in files if file.exists()), [])

        for path, lines in self.quality.lines(charters, flags, here).items():
            self.judged[_place(path)] = lines
            if "quality" in self.formats:
                self.files["quality"][path] = [self._encoded(path, line) for line in lines]
        for path, rows in self.files.get("tfrecord", {}).items():
            pairs = zip(rows, self.judged[_place(path)], strict=True)
            self.files["tfrecord"][path] = [columns.tfrecord(row, judged) for row, judged in pairs]

    def check(self, tally):
        """That each file, and no other, is here as it follows from the rows."""
        wanted = {path: pieces for files in self.files.values() for path, pieces in files.items()}
        here = {file.relative_to(self.folder).as_posix() for file in (self.folder / "views").rglob("*") if file.is_file()}
        with tally.check("export: the files of the views"):
            same(sorted(here), sorted(wanted))
        for path, pieces in wanted.items():
            with tally.check(f"export: {path}"):
                if path.endswith(".parquet"):
                    columns.compare(self.folder / path, pieces, self.judged[_place(path)])
                else:
                    same((self.folder / path).read_bytes(), self._bytes(path, pieces))

    def said(self):
        """What the manifest says of them."""
        return [
            {
                "format": name,
                "rows": self.carried[name],
                "left_out": self.left_out[name],
                "files": [
                    partitions.said(path, len(pieces), self._bytes(path, pieces))
                    for path, pieces in sorted(self.files[name].items())
                ],
            }
            for name in self.formats
        ]

    def _bytes(self, path, pieces):
        """The file at this path, which has these pieces. Those of Parquet depend on who wrote them: they are as they are."""
        if path.endswith(".parquet"):
            return (self.folder / path).read_bytes()
        begin = HEADING.encode() if path.endswith(".tsv") else b""
        if begin and apart.is_apart(path):
            begin = begin.removesuffix(b"\n") + b"\tcanary\n"
        return begin + b"".join(pieces) + (ARCHIVE_END if path.endswith(".tar") else b"")


    def _encoded(self, path, piece):
        """What a row adds to a file, as bytes; in what is kept apart with the canary, which binary forms have from the row."""
        if isinstance(piece, bytes):
            return piece
        is_apart, is_line = apart.is_apart(path), isinstance(piece, str)
        if is_line:
            return (piece.removesuffix("\n") + f"\t{self.canary}\n" if is_apart else piece).encode()
        return (dagjson.line(piece | ({"canary": self.canary} if is_apart else {})) + "\n").encode()


def _place(path):
    """Which rows a file of a view is of: its path without the view and the ending."""
    return re.sub("^views/[^/]+/", "", path).rsplit(".", 1)[0]


def _text(row, column):
    value = row.get(column)
    return value if isinstance(value, str) else None


def _origin(row):
    return {column: _text(row, column) or "" for column in ("id", "licence", "preference", "language", "model")}


def _messages(row):
    """The messages of a row; nothing where one of them is none."""
    messages = row.get("messages")
    if not isinstance(messages, list):
        return []
    sound = all(isinstance(one, dict) and one.get("role") in ROLES and _text(one, "content") is not None for one in messages)
    return messages if sound else []


def _plain(messages):
    return [{"role": one["role"], "content": one["content"]} for one in messages]


def _answer(text):
    return [{"role": "assistant", "content": text}]


def _example(row):
    if row["kind"] != "example" or None in (_text(row, "prompt"), _text(row, "ideal")):
        return []
    return [{"role": "user", "content": row["prompt"]}, *_answer(row["ideal"])]


def _imitable(row):
    if example := _example(row):
        return example
    messages = _messages(row)
    good = row["kind"] == "chat" and row.get("label") == "good" and all(one.get("label") != "fail" for one in messages)
    return _plain(messages) if good and any(one["role"] == "assistant" for one in messages) else []


def _pair(row):
    pair = row["kind"] == "preference" and None not in (_text(row, "chosen"), _text(row, "rejected"))
    return _plain(_messages(row)) if pair else []


def _openai(row):
    messages = _example(row)
    if not messages and row["kind"] in ("chat", "rubric", "feedback"):
        messages = _plain(_messages(row))
    if not messages:
        return []
    more = {column: _text(row, column) or "" for column in ("label", "note", "title")}
    return [{"messages": messages, **more, **_origin(row)}]


def _sft(row):
    messages = _imitable(row)
    return [{"messages": messages, **_origin(row)}] if messages else []


def _preference(row):
    prompt = _pair(row)
    if not prompt or prompt[-1]["role"] == "system":
        return []
    return [{"prompt": prompt, "chosen": _answer(row["chosen"]), "rejected": _answer(row["rejected"]), **_origin(row)}]


def _kto(row):
    messages, lines = _messages(row), []
    for at, one in enumerate(messages):
        label = one.get("label")
        if label is None and at + 1 == len(messages) and row["kind"] == "chat":
            label = row.get("label")
        judged = one["role"] == "assistant" and label in ("good", "fail")
        if judged and at > 0 and messages[at - 1]["role"] != "system":
            prompt, completion = _plain(messages[:at]), _answer(one["content"])
            lines.append({"prompt": prompt, "completion": completion, "label": label == "good", **_origin(row)})
    return lines[:MOST_ANSWERS]


def _sharegpt(row):
    names = {"user": "human", "assistant": "gpt"}
    turns = [{"from": names.get(one["role"], one["role"]), "value": one["content"]} for one in _imitable(row)]
    return [{"conversations": turns, **_origin(row)}] if turns else []


def _alpaca(row):
    messages = _imitable(row)
    if [one["role"] for one in messages] != ["user", "assistant"]:
        return []
    asked, answered = (one["content"] for one in messages)
    return [{"instruction": asked, "input": "", "output": answered, **_origin(row)}]


def _begins_a_turn(text):
    for line in text.replace("\r", "\n").split("\n"):
        name, colon, _ = line.partition(":")
        name = name.strip(" \t*").lower().removesuffix(" said").strip(" \t*")
        if colon and name in ("human", "assistant"):
            return True
    return False


def _hh_rlhf(row):
    prompt = _pair(row)
    names = {"user": "Human", "assistant": "Assistant"}
    texts = [one["content"] for one in prompt] + [row.get("chosen"), row.get("rejected")]
    if not prompt or any(one["role"] not in names for one in prompt) or any(_begins_a_turn(text) for text in texts):
        return []
    said = "".join(f"\n\n{names[one['role']]}: {one['content']}" for one in prompt)
    answers = {key: f"{said}\n\nAssistant: {row[key]}" for key in ("chosen", "rejected")}
    return [{**answers, **_origin(row)}]


def _escaped(value):
    before = "\\" if value.startswith(("=", "+", "-", "@", '"')) else ""
    return before + value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _parts(row):
    """The texts of a row, each after a name."""
    for column in TEXTS:
        value = row.get(column)
        if isinstance(value, str):
            yield column, value
        for entry in value if isinstance(value, list) else ():
            if column == "messages":
                yield entry["role"], entry["content"]
            elif column == "answers":
                yield entry["question"], entry["answer"]
            elif column == "criteria":
                note = f", {entry['note']}" if "note" in entry else ""
                yield entry["name"], f"{entry['score']}/{entry['max']}{note}"


def _said(row):
    return "\n\n".join(f"{name}: {text}" for name, text in _parts(row))


def _tsv(row):
    values = [*(_text(row, column) or "" for column in (*HEADER, *BODY)), _said(row)]
    return ["\t".join(map(_escaped, values)) + "\n"]


FORMATS = {
    "alpaca": _alpaca,
    "hh-rlhf": _hh_rlhf,
    "kto": _kto,
    "openai": _openai,
    "preference": _preference,
    "quality": None,
    "sft": _sft,
    "sharegpt": _sharegpt,
    "tsv": _tsv,
    "webdataset": lambda row: [columns.archived(row, _said(row))],
}
