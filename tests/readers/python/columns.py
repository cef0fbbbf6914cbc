"""A row as typed columns (docs/DATASET.md, *Columns*), and the binary forms."""

import datetime
import struct
import tarfile

import dagjson
from tally import same

RENAMED = {"licence": "licence_id", "preference": "ai_preference"}
REQUIRED = ("id", "community", "charter", "author", "author_mode", "time", "licence", "preference", "terms", "ruleset", "body",
            "size_class", "signature")
HEADER = ("id", "community", "charter", "author", "author_mode", "nonce", "time", "licence", "preference", "terms", "ruleset",
          "revises", "corrects", "about_record", "body", "size_class", "signature")
TEXT, INTEGER, BOOLEAN, TIME, TEXTS = "text", "integer", "boolean", "time", "texts"
# In each map: the fields, their types, and whether each map has them.
MAPS = {
    "messages": {"role": (TEXT, True), "content": (TEXT, True), "model": (TEXT, False), "label": (TEXT, False),
                 "rating": (INTEGER, False)},
    "criteria": {"name": (TEXT, True), "score": (INTEGER, True), "max": (INTEGER, True), "note": (TEXT, False)},
    "answers": {"question": (TEXT, True), "answer": (TEXT, True)},
    "rights": {"by": (TEXT, True), "model": (TEXT, False), "source": (TEXT, False), "licence": (TEXT, False)},
    "assurances": {"of_age": (BOOLEAN, True), "has_rights": (BOOLEAN, True), "no_sensitive_data": (BOOLEAN, True)},
    "redactions": {"kind": (TEXT, True), "count": (INTEGER, True)},
}
SINGLE = ("assurances",)
NAMES = (*HEADER, "kind", "title", "language", "tags", "model", "messages", "label", "rating", "note", "prompt", "ideal", "chosen",
         "rejected", "message_index", "corrected", "criteria", "answers", "programming_language", "code", "tests",
         "source_language", "source_text", "target_language", "target_text", "name", "about", "text", "asks", "attribution",
         "rights", "assurances", "preference_given", "vocabulary", "redactions", "false_alarms", "imported_from", "salt")
OF_TYPE = {"size_class": INTEGER, "rating": INTEGER, "message_index": INTEGER, "false_alarms": INTEGER, "time": TIME, "tags": TEXTS}
# What the view "quality" says of a row, but for what the row says itself.
QUALITY = {
    "duplicate_cluster": TEXT, "duplicate_cluster_size": INTEGER, "near_duplicate_cluster": TEXT,
    "near_duplicate_cluster_size": INTEGER, "flags": INTEGER, "notes": INTEGER, "accepted_by": INTEGER, "validators": INTEGER,
    "reviewed": BOOLEAN, "characters": INTEGER, "words": INTEGER, "messages": INTEGER, "detected_language": TEXT,
    "language_confidence": INTEGER, "rights_own": BOOLEAN, "rights_model": BOOLEAN, "rights_third_party": BOOLEAN,
}
SHARD = 256 << 20
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def of_row(row):
    """The values of a row, by column. A map has all its fields, `None` where one is not there."""
    cells, more = {}, {}
    for name in NAMES:
        cells[RENAMED.get(name, name)] = None
        if name not in row or (row[name] is None and name in HEADER):
            continue
        cell = _cell(name, row[name])
        if cell is None:
            more[name] = row[name]
        cells[RENAMED.get(name, name)] = cell
    same([name for name in REQUIRED if cells[RENAMED.get(name, name)] is None], [], "columns that each row has")
    more |= {key: value for key, value in row.items() if key not in NAMES}
    return cells | {"more": dagjson.line(more) if more else None}


def of_quality(line):
    """What a line of the view "quality" says, as columns beside those of its row."""
    return {f"quality_{key}": line[key] for key in QUALITY}


def languages(file):
    """What a file of Parquet says of the languages of its rows, as lines of the view "quality" would."""
    import pyarrow.parquet

    names = ("detected_language", "language_confidence")
    table = pyarrow.parquet.ParquetFile(file).read(columns=[f"quality_{name}" for name in names])
    return [{name: row[f"quality_{name}"] for name in names} for row in table.to_pylist()]


def languages_of_records(file):
    """The same of a file of records."""
    data, at, lines = file.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        (features,) = _parts(data[at + 12 : at + 12 + length])
        entries = dict(_parts(entry) for entry in _parts(features))
        language, confidence = (entries[b"quality_" + name] for name in (b"detected_language", b"language_confidence"))
        ((text,),) = (_parts(values) for values in _parts(language))
        ((packed,),) = (_parts(values) for values in _parts(confidence))
        lines.append({"detected_language": text.decode(), "language_confidence": packed[0]})
        at += 16 + length
    return lines


def _parts(message):
    """What a message holds, each part with its length before it."""
    parts, at = [], 0
    while at < len(message):
        length, shift, at = 0, 0, at + 1
        while True:
            length |= (message[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if message[at - 1] < 0x80:
                break
        parts.append(message[at : at + length])
        at += length
    return parts


def _cell(name, value):
    """What stands in a column; `None` when it is of another form."""
    if name == "redactions":
        value = [{"kind": kind, "count": count} for kind, count in value.items()] if isinstance(value, dict) else None
    if name in SINGLE:
        return _map(MAPS[name], value)
    if name in MAPS:
        maps = [_map(MAPS[name], one) for one in value] if isinstance(value, list) else [None]
        return None if None in maps else maps
    kind = OF_TYPE.get(name, TEXT)
    if kind == TEXTS:
        return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else None
    if kind == TIME:
        return datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    return value if _is(kind, value) else None


def _map(fields, value):
    if not isinstance(value, dict) or not set(value) <= set(fields):
        return None
    sound = all(_is(kind, value[name]) if name in value else not always for name, (kind, always) in fields.items())
    return {name: value.get(name) for name in fields} if sound else None


def fields():
    """Every column of Parquet as (name, type, whether it is a list, fields of its structs)."""
    for name in (*NAMES, "more"):
        parts = [(field, kind) for field, (kind, _) in MAPS.get(name, {}).items()]
        kind = OF_TYPE.get(name, TEXT)
        yield RENAMED.get(name, name), TEXT if kind == TEXTS else kind, kind == TEXTS or (name in MAPS and name not in SINGLE), parts
    yield from ((f"quality_{name}", kind, False, []) for name, kind in QUALITY.items())


def _is(kind, value):
    return type(value) is {TEXT: str, INTEGER: int, BOOLEAN: bool}[kind]


def compare(file, rows, judged):
    """That a file of Parquet holds these rows and what is said of each, each value in its column and type."""
    import pyarrow.parquet

    parquet = pyarrow.parquet.ParquetFile(file)
    table = parquet.read()
    types = {field.name: str(field.type) for field in table.schema}
    cells = [of_row(row) | quality for row, quality in zip(rows, map(of_quality, judged), strict=True)]
    same(table.column_names, list(cells[0]), "the columns, in order")
    for name in table.column_names:
        same(types[name], _type(name), f"the type of {name}")
        same(table.column(name).to_pylist(), [row[name] for row in cells], f"the column {name}")
    said = {key.decode(): value.decode() for key, value in parquet.schema_arrow.metadata.items()}
    about = {"format": "commonwheel-export/3", "licence": rows[0]["licence"], "preference": rows[0]["preference"]}
    about |= {"canary": rows[0]["canary"]} if "canary" in rows[0] else {}
    same(said, about, "what the file says of itself")


def _type(name):
    """The type of a column, as Arrow writes it."""
    kinds = {TEXT: "string", INTEGER: "int64", BOOLEAN: "bool", TIME: "timestamp[ms, tz=UTC]",
             TEXTS: "list<element: string not null>"}
    if name.startswith("quality_"):
        return kinds[QUALITY[name.removeprefix("quality_")]]
    if name not in MAPS:
        return kinds[OF_TYPE.get(name, TEXT)]
    fields = (f"{field}: {kinds[kind]}{' not null' if always else ''}" for field, (kind, always) in MAPS[name].items())
    struct_type = f"struct<{', '.join(fields)}>"
    return struct_type if name in SINGLE else f"list<element: {struct_type} not null>"


def tfrecord(row, judged):
    """The framed Example of a row, with what is said of it."""
    features = {}
    for name, cell in (of_row(row) | of_quality(judged)).items():
        if cell is None:
            continue
        if name in MAPS:
            maps = [cell] if name in SINGLE else cell
            for field, (kind, _) in MAPS[name].items():
                features[f"{name}/{field}"] = _feature(kind, [one[field] for one in maps])
        elif isinstance(cell, datetime.datetime):
            features[name] = _feature(INTEGER, [(cell - EPOCH) // datetime.timedelta(milliseconds=1)])
        else:
            kind = QUALITY.get(name.removeprefix("quality_"), TEXT) if name.startswith("quality_") else OF_TYPE.get(name, TEXT)
            features[name] = _feature(kind, cell if isinstance(cell, list) else [cell])
    entries = (_message(1, _message(1, name.encode()) + _message(2, features[name])) for name in sorted(features))
    example = _message(1, b"".join(entries))
    length = struct.pack("<Q", len(example))
    return length + _masked(length) + example + _masked(example)


def _feature(kind, values):
    if kind in (TEXT, TEXTS):
        return _message(1, b"".join(_message(1, (value or "").encode()) for value in values))
    packed = b"".join(_varint(int(value or 0)) for value in values)
    return _message(3, _message(1, packed) if packed else b"")


def _message(number, content):
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value):
    value %= 1 << 64
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _table():
    for index in range(256):
        for _ in range(8):
            index = index >> 1 ^ (0x82F63B78 if index & 1 else 0)
        yield index


CRC = tuple(_table())


def _masked(content):
    """CRC-32C (Castagnoli), turned and shifted as TFRecord files have it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def archived(row, said):
    """The members of a row in an archive of WebDataset."""
    members = {"json": dagjson.line(row), "txt": said}
    return b"".join(_member(f"{row['id']}.{ending}", text.encode()) for ending, text in members.items() if text)


def _member(name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)
