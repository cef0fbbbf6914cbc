"""Tools that read records one after the other: TFRecord and WebDataset."""

import struct

import webdataset
from tfrecord import example_pb2
from tfrecord.reader import tfrecord_iterator
from tfrecord.writer import TFRecordWriter

from exported import same


def tfrecord(export, _):
    ids = []
    for file in export.files("tfrecord"):
        _checksums(file)
        for record in tfrecord_iterator(str(file)):
            example = example_pb2.Example()
            example.ParseFromString(bytes(record))
            ids.append(_example(export, example.features.feature))
    same(sorted(ids), sorted(export.rows), "the ids")


def _checksums(file):
    data, at = file.read_bytes(), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        record = data[at + 12 : at + 12 + length]
        same(data[at + 8 : at + 12], TFRecordWriter.masked_crc(data[at : at + 8]), "the checksum of a length")
        same(data[at + 12 + length : at + 16 + length], TFRecordWriter.masked_crc(record), "the checksum of a record")
        at += 16 + length


def _example(export, features):
    def texts(name):
        return [value.decode() for value in features[name].bytes_list.value] if name in features else []

    (row_id,) = texts("id")
    row = export.rows[row_id]
    same(texts("licence_id") + texts("ai_preference"), [row["licence"], row["preference"]], "licence and preference")
    same(list(features["size_class"].int64_list.value), [row["size_class"]], "the size class")
    same(texts("tags"), row.get("tags") or [], "the tags")
    messages = row.get("messages") or []
    for name, value in export.judged.get(row_id, {}).items():
        found = texts(name) if isinstance(value, str) else list(features[name].int64_list.value)
        same(found, [value], f"what is said of the row: {name}")
    for field in ("role", "content", "label"):
        same(texts(f"messages/{field}"), [one.get(field, "") for one in messages], f"the messages' {field}")
    return row_id


def archives(export, _):
    ids = []
    shards = [str(file) for file in export.files("webdataset")]
    for sample in webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).decode():
        row = export.rows[sample["__key__"]]
        same(sample["json"], {key: value for key, value in row.items() if key not in ("line", "slug")}, "the row")
        for one in row.get("messages") or []:
            same(f"{one['role']}: {one['content']}" in sample["txt"], True, "a message among the texts")
        ids.append(sample["__key__"])
    same(sorted(ids), sorted(export.rows), "the ids")


CHECKS = {
    "tfrecord": ("tfrecord", tfrecord),
    "webdataset": ("webdataset", archives),
}
