"""An export folder (docs/DATASET.md): everything that can be checked without the program that wrote it."""

import datetime
import hashlib

import agreements
import archive
import canonical
import cids
import dagjson
import keys
import records
from refused import Refused
from state import ACCEPTED
from tally import same

HEADER = ("id", "community", "charter", "author", "author_mode", "nonce", "time", "licence", "preference", "terms",
          "ruleset", "revises", "corrects", "body", "size_class", "signature")
BODY = ("kind", "title", "language", "tags", "model", "messages", "label", "rating", "note", "prompt", "ideal", "chosen",
        "rejected", "message_index", "corrected", "criteria", "answers", "programming_language", "code", "tests",
        "source_language", "source_text", "target_language", "target_text", "name", "about", "attribution", "rights",
        "assurances", "preference_given", "vocabulary", "redactions", "false_alarms", "imported_from", "ext", "salt")
LINKS = ("community", "terms", "ruleset", "body", "revises", "corrects")
TIME = "%Y-%m-%dT%H:%M:%SZ"
MOST_LINE = 20 * 1024 * 1024


def run(folder, tally):
    """Checks a folder and says how many records it holds."""
    with tally.check("export: SHA256SUMS"):
        _sums(folder)
    held = None
    with tally.check("export: certificates.car"):
        held = _Certificates(folder)
    if held is None:
        return
    with tally.check("export: charter.json"):
        value = canonical.decode(held.founding_block)
        same((folder / "charter.json").read_bytes(), dagjson.page(dagjson.to_json(value)).encode())
    with tally.check("export: TERMS.md"):
        same((folder / "TERMS.md").read_bytes(), held.terms)
    seen, counts = set(), {}
    for file in sorted((folder / "data").rglob("*.jsonl"), key=lambda file: str(file).encode()):
        path = file.relative_to(folder).as_posix()
        counts[path] = _rows(file, path, held, seen, tally)
    with tally.check("export: manifest.json"):
        same((folder / "manifest.json").read_bytes().decode(), _manifest(held, seen, counts))


def _sums(folder):
    """SHA256SUMS names every other file, with its hash, in order."""
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    del files["SHA256SUMS"]
    lines = [f"{hashlib.sha256(files[path].read_bytes()).hexdigest()}  {path}\n" for path in sorted(files, key=str.encode)]
    same((folder / "SHA256SUMS").read_bytes().decode(), "".join(lines))


class _Certificates:
    """The founding, the terms, and the time of each certified record."""

    def __init__(self, folder):
        data = (folder / "certificates.car").read_bytes()
        founding_id = _only_root(data)
        founding, terms, *certificates = archive.read(data, roots=[founding_id])
        same(founding.link, founding_id, "the root")
        self.founding_block, self.terms = founding.block, terms.block
        self.charter = agreements.read_founding(founding.block)
        same(terms.link, self.charter.value["terms"], "terms")
        read = [agreements.read_certificate(one.block, self.charter) for one in certificates]
        ids = [one["record"] for one in read]
        same(ids, sorted(set(ids)), "the order of certificates")
        for section in certificates:
            same(section.link.is_raw, False, "a certificate's codec")
        self.times = {one["record"]: one["time"] for one in read}


def _only_root(data):
    """The one root that an archive's header names; archive.read then demands the whole header."""
    header = canonical.decode(data[1 : 1 + data[0]])
    (root,) = header["roots"]
    return root


def _rows(file, path, held, seen, tally):
    """Checks the rows of one file; returns how many there are."""
    data = file.read_bytes()
    with tally.check(f"export: {path} ends in a newline"):
        same(data[-1:], b"\n")
    lines, before = data.split(b"\n")[:-1], None
    for number, line in enumerate(lines, 1):
        with tally.check(f"export: {path}:{number}"):
            row_id = _row(line, path, held)
            same(row_id not in seen, True, "a record that was not there before")
            same(before is None or before < row_id, True, "in the order of ids")
            seen.add(row_id)
            before = row_id
    return len(lines)


def _row(line, path, held):
    """The id of a row whose bytes are rebuilt, signed, certified, and in the right place."""
    same(len(line) <= MOST_LINE, True, "within the longest line")
    row = dagjson.parse(line.decode())
    same(tuple(row)[: len(HEADER)], HEADER, "the header's columns")
    body = {key: dagjson.from_json(value) for key, value in row.items() if key not in HEADER}
    body["salt"] = bytes.fromhex(body["salt"])
    body_block, header_block = canonical.encode(body), _header_block(row)
    header_id = cids.of_block(header_block)
    payload = records.read_header(header_block)
    same(records.commits_to(payload, body_block), True, "the header commits to the body")
    try:
        records.read_body(body_block)
    except Refused as refusal:
        same(refusal.reason, "body-unknown-kind", "a later kind at most")
    same(str(payload["community"]), str(held.charter.id), "community")
    same(held.times[header_id], payload["time"], "the certificate's time")
    month = row["time"][: len("YYYY-MM")]
    same(path, f"data/licence={payload['licence']}/{month}.jsonl", "the file")
    same(line.decode(), dagjson.line(_write(header_block, body, held)), "the row's one text")
    return header_id


def _header_block(row):
    """The signed header's bytes, from its columns."""
    payload = {"type": "record", "v": 1, "author": keys.parse(row["author"])}
    payload |= {key: cids.parse(row[key]) for key in LINKS if row[key] is not None}
    payload |= {key: row[key] for key in ("licence", "preference", "size_class")}
    moment = datetime.datetime.strptime(row["time"], TIME).replace(tzinfo=datetime.timezone.utc)
    payload["time"] = int(moment.timestamp())
    if row["nonce"] is not None:
        payload["nonce"] = bytes.fromhex(row["nonce"])
    return canonical.encode({"payload": payload, "signature": bytes.fromhex(row["signature"])})


def _write(header_block, body, held):
    """The row of a record, as an exporter writes it."""
    signed = canonical.decode(header_block)
    payload = signed["payload"]
    row = dict.fromkeys(HEADER)
    row |= {key: str(payload[key]) for key in LINKS if key in payload}
    row |= {key: payload[key] for key in ("licence", "preference", "size_class")}
    row |= {
        "id": str(cids.of_block(header_block)),
        "charter": str(held.charter.id),
        "author": keys.text(payload["author"]),
        "author_mode": "anonymous" if "nonce" in payload else "key",
        "nonce": payload["nonce"].hex() if "nonce" in payload else None,
        "time": datetime.datetime.fromtimestamp(payload["time"], datetime.timezone.utc).strftime(TIME),
        "signature": signed["signature"].hex(),
    }
    others = sorted((key for key in body if key not in BODY), key=str.encode)
    for key in (*(key for key in BODY if key in body), *others):
        row[key] = body[key].hex() if key == "salt" else dagjson.to_json(body[key])
    return row


def _manifest(held, seen, counts):
    """manifest.json, written again from the certificates and the rows."""
    charter_id, accepted = str(held.charter.id), list(held.times)
    return dagjson.page(
        {
            "format": "commonwheel-export/1",
            "protocol": held.charter.value["protocol"],
            "community": charter_id,
            "charter": charter_id,
            "state_root": str(agreements.state_root(held.charter.id, dict.fromkeys(accepted, ACCEPTED))),
            "records": len(accepted),
            "rows": len(seen),
            "files": [{"path": path, "rows": rows} for path, rows in counts.items()],
            "incomplete": [str(record) for record in accepted if record not in seen],
        }
    )
