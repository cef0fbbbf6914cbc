"""An export folder (docs/DATASET.md): everything that can be checked without the program that wrote it."""

import datetime
import hashlib
import json

import apart
import archive
import bundle
import canonical
import cids
import copies
import dagjson
import filters
import keys
import merged
import operations
import overlaps
import partitions
import proofs
import purposes
import records
import revocations
from census import Census
from described import BODY, HEADER
from refused import Refused
from state import ACCEPTED
from tally import same
from views import Views

# The header's field "about" has another name as a column, since the body of a profile has one too.
LINKS = {"community": "community", "terms": "terms", "ruleset": "ruleset", "body": "body", "revises": "revises",
         "corrects": "corrects", "about_record": "about"}
TIME = "%Y-%m-%dT%H:%M:%SZ"
MOST_LINE = 20 * 1024 * 1024
RESERVED = ("work_licence", "work_preference", "canary")


def run(folder, tally, to=None, beside=None, benchmarks=()):
    """Checks a folder, and the copies in it; `to` is the community beside whose export it lies as a copy, and
    `beside` what that export was asked for. Rows are compared with the files `benchmarks`, if these are the export's."""
    with tally.check("export: SHA256SUMS"):
        _sums(folder)
    held = None
    with tally.check("export: operations.car, certificates.car"):
        held = proofs.Proofs(folder)
    if held is None:
        return
    stated = json.loads((folder / "manifest.json").read_bytes())
    release = stated["release"] and cids.parse(stated["release"]["id"])
    copying = None
    with tally.check("export: for whom it is a copy"):
        same(to is None or "copied" in stated, True, "a copy beside an export")
        if "copied" in stated:
            copying = copies.Copying(stated["copied"], held.path, to)
    purpose = None
    with tally.check("export: for which use"):
        purpose = purposes.ForUse(stated["purpose"]) if "purpose" in stated else None
        same(to is None or _asked(stated) == beside, True, "the use and the filter of the export beside which it lies")
    chosen = None
    with tally.check("export: which records were asked for"):
        chosen = filters.Filter(stated["filter"]) if "filter" in stated else None
    overlapping = None
    with tally.check("export: without what overlaps with benchmarks"):
        overlapping = overlaps.Overlaps(stated["decontaminated"], folder, benchmarks) if "decontaminated" in stated else None
    views = None
    with tally.check("export: its views"):
        same(copying is None or "views" not in stated, True, "a copy without views")
        views = Views(stated.get("views", []), folder, apart.canary(held.path[0].id))
    if views is None:
        return
    rules = [rule for rule in (purpose, chosen, copying, overlapping) if rule]
    seen, stored, hashes, census, kept_apart = {}, [], {}, Census(), set()
    for file in sorted((folder / "data").rglob("*.jsonl"), key=lambda file: str(file).encode()):
        path = file.relative_to(folder).as_posix()
        before = set(seen)
        count = _rows(file, path, held, seen, rules, (views, census), tally)
        kept_apart |= set(seen) - before if apart.is_apart(path) else set()
        stored.append(partitions.said(path, count, file.read_bytes()))
        hashes[path] = bytes.fromhex(stored[-1]["sha256"])
    outcome = None
    with tally.check("export: what became of the records"):
        outcome = proofs.Outcome(held, seen, release)
    if outcome is None:
        return
    draw = apart.Draw(held.path[0].id, outcome.charter.value)
    headers = {one: canonical.decode(block)["payload"] for one, block in seen.items()}
    draw.headers = held.headers | headers
    for one, header in headers.items():
        with tally.check(f"export: {one} on its side"):
            same(one in kept_apart, draw.splits(header), "whether it is kept apart")
            same(purpose and purpose.against_split(one in kept_apart), None, "what is against a row for where it lies")
    with tally.check("export: charter.json"):
        same((folder / "charter.json").read_bytes(), dagjson.page(dagjson.to_json(outcome.charter.value)).encode())
    with tally.check("export: TERMS.md"):
        same((folder / "TERMS.md").read_bytes(), held.terms[outcome.charter.value["terms"]])
    with tally.check("export: revocations.jsonl"):
        revocations.check((folder / "revocations.jsonl").read_bytes().decode(), outcome)
    for row_id in seen if release else ():
        with tally.check(f"export: {row_id} as it was released"):
            header = canonical.decode(seen[row_id])["payload"]
            same([row_id, header["licence"], header["preference"]], outcome.released[row_id])
    works = None
    if "merged" in stated:
        with tally.check("export: its merged works"):
            same(copying is None, True, "a copy that is not merged")
            works = merged.Merged(folder, stored)
    flags = None
    with tally.check("export: flags.car"):
        flags = _flags(folder / "flags.car", held, seen)
        says = outcome.charter.value.get("customs", {}).get("export_notes", False)
        same(flags is None or (says and not release and not copying), True, "flags where there may be some")
    with tally.check("export: the view of all rows together"):
        views.finish(held.path, flags or {})
    with tally.check("export: manifest.json"):
        rules = (flags and sum(flags.values()), copying, purpose, chosen, overlapping, works, draw)
        same((folder / "manifest.json").read_bytes().decode(), _manifest(held, outcome, stored, hashes, rules, views, stated))
    views.check(tally)
    if works:
        works.check(folder, tally)
    block = bundle.release_block(held.blocks, release) if release else None
    bundle.check(folder, dagjson.to_json(outcome.charter.value), json.loads((folder / "manifest.json").read_bytes()), census, block, tally)
    copied = sorted(path.name for path in (folder / "copies").glob("*"))
    with tally.check("export: copies"):
        same(sorted(stated.get("copies", [])), copied, "the copies")
        same(copying is None or not copied, True, "a copy without copies")
    for name in copied:
        run(folder / "copies" / name, tally, str(held.path[0].id), _asked(stated), benchmarks)


def _asked(stated):
    """What a manifest says that it was asked for."""
    return purposes.named(stated), filters.asked(stated), overlaps.rule(stated)


def _sums(folder):
    """SHA256SUMS names every other file, with its hash, in order."""
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    del files["SHA256SUMS"]
    lines = [f"{hashlib.sha256(files[path].read_bytes()).hexdigest()}  {path}\n" for path in sorted(files, key=str.encode)]
    same((folder / "SHA256SUMS").read_bytes().decode(), "".join(lines))


def _rows(file, path, held, seen, rules, counting, tally):
    """Checks the rows of one file; returns how many there are."""
    data = file.read_bytes()
    with tally.check(f"export: {path} ends in a newline"):
        same(data[-1:], b"\n")
    lines, before = data.split(b"\n")[:-1], None
    for number, line in enumerate(lines, 1):
        with tally.check(f"export: {path}:{number}"):
            if apart.is_apart(path):
                line = apart.unmark(line.decode(), apart.canary(held.path[0].id)).encode()
            row_id, header_block = _row(line, path, held, rules)
            same(row_id not in seen, True, "a record that was not there before")
            same(before is None or before < row_id, True, "in the order of ids")
            seen[row_id] = header_block
            before = row_id
            row, (views, census) = dagjson.parse(line.decode()), counting
            views.add(path, row)
            census.add(row, path)
    return len(lines)


def _row(line, path, held, rules):
    """The id and the header's block of a row whose bytes are rebuilt, signed, certified, and in the right place."""
    same(len(line) <= MOST_LINE, True, "within the longest line")
    row = dagjson.parse(line.decode())
    same(tuple(row)[: len(HEADER)], HEADER, "the header's columns")
    body = {key: dagjson.from_json(value) for key, value in row.items() if key not in HEADER}
    same([key for key in RESERVED if key in body], [], "keys that no body has")
    body["salt"] = bytes.fromhex(body["salt"])
    body_block, header_block = canonical.encode(body), _header_block(row)
    header_id = cids.of_block(header_block)
    payload = records.read_header(header_block)
    same(records.commits_to(payload, body_block), True, "the header commits to the body")
    try:
        records.read_body(body_block)
    except Refused as refusal:
        same(refusal.reason, "body-unknown-kind", "a later kind at most")
    same(payload["community"], held.path[0].id, "community")
    for rule in rules:
        rule.check_row(payload, body)
    certificate = held.certificates[header_id]
    same(certificate["time"], payload["time"], "the certificate's time")
    same(path, partitions.path(row, apart.is_apart(path)), "the file")
    same(line.decode(), dagjson.line(_write(header_block, body, certificate)), "the row's one text")
    return header_id, header_block


def _flags(file, held, rows):
    """How many flags of each record lie beside the rows; each is signed, about one of them, and in its place."""
    if not file.exists():
        return None
    founding, *sections = archive.read(file.read_bytes(), roots=[cids.of_block(held.founding_block)])
    same(founding.block, held.founding_block, "the founding")
    places = []
    for section in sections:
        flag = operations.read(section.block)
        same((flag.kind, flag.community), ("flag", held.path[0].id), "a flag of this community")
        places.append((flag.value["payload"]["record"], flag.signers[0]))
    same([record for record, _ in places if record not in rows], [], "flags of records without a row")
    same(places, sorted(set(places)), "by record and member, each once")
    same(bool(places), True, "some flags")
    records_of = [record for record, _ in places]
    return {record: records_of.count(record) for record in records_of}


def _header_block(row):
    """The signed header's bytes, from its columns."""
    payload = {"type": "record", "v": 1, "author": keys.parse(row["author"])}
    payload |= {field: cids.parse(row[column]) for column, field in LINKS.items() if row[column] is not None}
    payload |= {key: row[key] for key in ("licence", "preference", "size_class")}
    moment = datetime.datetime.strptime(row["time"], TIME).replace(tzinfo=datetime.timezone.utc)
    payload["time"] = int(moment.timestamp())
    if row["nonce"] is not None:
        payload["nonce"] = bytes.fromhex(row["nonce"])
    return canonical.encode({"payload": payload, "signature": bytes.fromhex(row["signature"])})


def _write(header_block, body, certificate):
    """The row of a record, as an exporter writes it."""
    signed = canonical.decode(header_block)
    payload = signed["payload"]
    row = dict.fromkeys(HEADER)
    row |= {column: str(payload[field]) for column, field in LINKS.items() if field in payload}
    row |= {key: payload[key] for key in ("licence", "preference", "size_class")}
    row |= {
        "id": str(cids.of_block(header_block)),
        "charter": str(certificate["charter"]),
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


def _manifest(held, outcome, stored, hashes, rules, views, stated):
    """manifest.json, written again from the archives and the rows; of a copy, with what it says of bodies left out."""
    named = edition = None
    flags, copying, purpose, chosen, overlapping, works, draw = rules
    incomplete, more = outcome.incomplete, {} if flags is None else {"flags": flags}
    may_not_be_copied = copying.against if copying else lambda header: None
    if purpose:
        incomplete = purpose.account(incomplete, held.headers, may_not_be_copied, draw)
        more |= {"purpose": purpose.said()}
    if chosen:
        incomplete = chosen.account(incomplete, held.headers, may_not_be_copied)
        more |= {"filter": chosen.said()}
    if overlapping:
        more |= {"decontaminated": overlapping.stated}
    if views.formats:
        more |= {"views": views.said()}
    if works:
        more |= {"merged": works.said()}
    if copying:
        copied, incomplete = copying.account(incomplete, held.headers)
        more |= {"copied": copied}
    if overlapping:
        incomplete = overlapping.account(incomplete)
    by_body = [rule.left_out_by_body() for rule in (copying, chosen) if rule]
    if by_body:
        before, incomplete = incomplete, [one for one in incomplete if str(one) in stated["incomplete"]]
        same(sum(by_body), len(before) - len(incomplete), "left out for what their bodies say")
    if stated.get("copies"):
        ids = sorted(cids.parse(one) for one in stated["copies"])
        more |= {"copies": [str(one) for one in ids]}
    if outcome.release:
        named = {"number": outcome.release.value["number"], "id": str(outcome.release.id)}
        if not incomplete:
            edition = str(proofs.edition(outcome.release.id, outcome.erased, hashes))
    return dagjson.page(
        {
            "format": "commonwheel-export/3",
            "protocol": outcome.charter.value["protocol"],
            "community": str(held.path[0].id),
            "charter": str(outcome.charter.id),
            "charters": [str(charter.id) for charter in outcome.path],
            "state_root": outcome.state_root and str(outcome.state_root),
            "release": named,
            "edition": edition,
            "records": len(outcome.wanted),
            "rows": sum(file["rows"] for file in stored),
            "superseded": outcome.counts["superseded"],
            "withdrawn": outcome.counts["withdrawn"],
            "taken_down": outcome.counts["taken-down"],
            "purged": outcome.counts["purged"],
            "notes": outcome.counts["notes"],
            "files": stored,
            "erased": [{"id": str(one), "why": outcome.erased[one]} for one in sorted(outcome.erased)],
            "incomplete": [str(record) for record in incomplete],
            **more,
        }
    )
