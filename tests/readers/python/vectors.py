"""Every file of tests/vectors: the valid read as they say, the invalid refused for the reason they name."""

import json

import agreements
import archive
import canonical
import checks
import cids
import dagjson
import judging
import keys
import operations
import preferences
import reconcile
import rehearsal
import records
import state
import wire
from refused import Refused
from tally import same


def run(folder, tally):
    """Checks all vectors of a folder."""
    files = sorted(folder.glob("*.json"))
    with tally.check("vectors: every file has a reader"):
        same({file.name for file in files}, {f"{name}.json" for name in (*_READERS, "car")})
    shared = json.loads((folder / "certificates.json").read_text())["context"]
    charter = agreements.read_charter(bytes.fromhex(shared["charter"]))
    for file in files:
        page = json.loads(file.read_text())
        if file.stem == "car":
            _archive(folder, page, charter, tally)
            continue
        for vector in page["vectors"]:
            with tally.check(f"{file.name}: {vector['name']}"):
                vector.setdefault("reads", page["reads"])
                _one(_READERS[file.stem], vector, page, charter)


def _one(reader, vector, page, charter):
    context = {"page": page.get("context", {}), "charter": charter}
    if not vector["valid"]:
        try:
            reader(vector, context)
        except Refused as refusal:
            same(refusal.reason, vector["reason"], "reason")
            return
        raise AssertionError(f"accepted, although {vector['reason']}")
    reader(vector, context)
    if "cid" in vector:
        same(str(cids.of_block(_data(vector))), vector["cid"], "cid")
    if "value" in vector:
        same(dagjson.to_json(canonical.decode(_data(vector))), vector["value"])
        same(canonical.encode(dagjson.from_json(vector["value"])), _data(vector), "bytes from the value")


def _data(vector):
    return bytes(vector["zeros"]) if "zeros" in vector else bytes.fromhex(vector["hex"])


def _facts(vector, **found):
    if vector["valid"]:
        same(found, vector["facts"], "facts")


def _cbor(vector, _):
    canonical.decode(_data(vector))


def _cid(vector, _):
    link = cids.parse(vector["text"])
    if vector["valid"]:
        block = bytes.fromhex(vector["facts"]["block"])
        same(cids.of_raw(block) if link.is_raw else cids.of_block(block), link)
    _facts(vector, binary=link.binary.hex(), block=vector["facts"]["block"], codec="raw" if link.is_raw else "dag-cbor")


def _key(vector, context):
    if "purpose" not in vector:
        return keys.parse(vector["text"])
    page = context["page"]
    community, nonce = cids.parse(page["community"]).binary, bytes.fromhex(page["nonce"])
    key = keys.derive(bytes.fromhex(page["seed"]), vector["purpose"], community, nonce)
    same(key.hex(), vector["facts"]["public_key"], "key")
    if "text" in vector["facts"]:
        same(keys.text(key), vector["facts"]["text"])
        same(keys.parse(keys.text(key)), key)


def _signature(vector, _):
    payload = bytes.fromhex(vector["payload"])
    same((keys.domain(vector["purpose"]) + payload).hex(), vector["message"], "message")
    keys.verify(bytes.fromhex(vector["key"]), vector["purpose"], payload, bytes.fromhex(vector["signature"]))


def _preference(vector, _):
    if vector.get("canonical"):
        return preferences.read_canonical(vector["text"])
    found = preferences.canonical(vector["text"], preferences.version(vector.get("vocabulary", "ietf-aipref-07")))
    same(preferences.read_canonical(found), found)
    _facts(vector, canonical=found)


def _body(vector, _):
    _facts(vector, kind=records.read_body(_data(vector))["kind"])


def _header(vector, _):
    payload = records.read_header(_data(vector))
    _facts(vector, author=keys.text(payload["author"]), most_body_bytes=2 ** payload["size_class"])


def _charter_or_founding(vector, _):
    read = agreements.read_charter if vector["reads"] == "charter" else agreements.read_founding
    charter = read(_data(vector))
    _facts(vector, charter=str(charter.id), community=str(charter.community), ruleset=str(charter.ruleset))


def _operation(vector, context):
    if vector["reads"] == "page":
        rows = operations.read_page(_data(vector))
        leaves = [canonical.encode(row) for row in rows]
        return _facts(vector, rows=len(rows), root=agreements.root(leaves).hex())
    operation = operations.read(_data(vector))
    if vector["reads"] == "resolution":
        charter = vector.get("charter", context["page"]["charter"])
        operations.convinces(operation, agreements.read_charter(bytes.fromhex(charter)))
    found = {"kind": operation.kind, "community": str(operation.community)}
    if operation.matter:
        found |= {"charter": str(operation.matter.charter), "matter": str(operation.matter.id)}
    signers = [keys.text(key) for key in operation.signers]
    payload = operation.value.get("payload")
    _facts(vector, **found, **{
        "equivocation": lambda: _proof(operation.proof),
        "withdrawal": lambda: {"author": signers[0], "record": str(payload["record"])},
        "flag": lambda: {"member": signers[0], "record": str(payload["record"])},
        "support": lambda: {"member": signers[0], "petition": str(payload["petition"])},
        "membership": lambda: {"sponsor": signers[0], "member": keys.text(payload["member"])},
        "motion": lambda: {"signer": signers[0]},
        "resolution": lambda: {"signers": signers},
    }[operation.kind]())


def _proof(proof):
    of = str(proof.of) if proof.contradiction == "verdict" else proof.of
    charter, validator = str(proof.charter), keys.text(proof.validator)
    return {"charter": charter, "validator": validator, "contradiction": proof.contradiction, "of": of}


def _batch(vector, _):
    leaves = agreements.leaves_of(agreements.read_batch(_data(vector)))
    _facts(vector, leaves=[leaf.hex() for leaf in leaves], root=agreements.root(leaves).hex())


def _certificate(vector, context):
    value = agreements.read_certificate(_data(vector), context["charter"])
    signers = [keys.text(one["signed"]["payload"]["validator"]) for one in value["acceptances"]]
    _facts(vector, record=str(value["record"]), validators=signers)


def _tree(vector, _):
    if vector["reads"] == "item":
        item = agreements.reconciled_item(cids.parse(vector["record"]), cids.parse(vector["certificate"]))
        return _facts(vector, item=item.hex())
    if vector["reads"] == "waiting item":
        charter, vouching = cids.parse(vector["charter"]), [keys.parse(key) for key in vector["vouching"]]
        said = [[charter, keys.parse(key), *verdict] for key, *verdict in vector["said"]]
        return _facts(vector, item=agreements.reconciled_waiting(cids.parse(vector["record"]), vouching, said).hex())
    if vector["reads"] == "equivocation item":
        charter, validator = cids.parse(vector["charter"]), keys.parse(vector["validator"])
        return _facts(vector, item=agreements.reconciled_equivocation(charter, validator).hex())
    if vector["reads"] == "operation item":
        return _facts(vector, item=agreements.reconciled_operation(cids.parse(vector["operation"])).hex())
    leaves = [bytes.fromhex(leaf) for leaf in vector["leaves"]]
    root, proofs = agreements.root(leaves), [agreements.proof(leaves, index) for index in range(len(leaves))]
    for index, path in enumerate(proofs):
        led = agreements.root_of_proof(leaves[index], index, len(leaves), path)
        same(led, root, f"where the proof of leaf {index} leads")
        longer = agreements.root_of_proof(leaves[index], index, len(leaves), path + [root])
        same(longer, None, f"where a longer proof of leaf {index} leads")
    _facts(vector, proofs=[[one.hex() for one in path] for path in proofs], root=root.hex())


def _state(vector, context):
    blocks = [bytes.fromhex(context["page"]["blocks"][name]) for name in vector["held"]]
    pin = cids.parse(vector["pin"]) if "pin" in vector else None
    found = rehearsal.in_any_order(blocks, pin)
    facts = {"head": str(found.lineage.head.id), "fork": [str(one) for one in sorted(found.lineage.fork)]}
    facts["state_root"] = found.root and str(found.root)
    if found.root:
        facts["standings"] = {str(record): standing for record, standing in found.standings.items()}
        facts["decisions"] = [str(one) for one in sorted(found.decisions)]
        facts["releases"] = [str(one) for one in sorted(found.releases)]
    _facts(vector, **facts)


def _judged(vector, context):
    page = context["page"]
    judge = judging.Judge([bytes.fromhex(block) for block in page["blocks"]], page["now_s"])
    for before in vector.get("after", []):
        same(judge.take(bytes.fromhex(before)), "taken", "what came before")
    outcome = judge.take(_data(vector))
    others = {"taken": "accept", "known": "ignore"}
    gossip = others.get(outcome, "ignore" if outcome.startswith("ignored:") else "reject")
    _facts(vector, outcome=outcome, gossip=gossip)


def _check(vector, context):
    page = context["page"]
    charter = agreements.read_charter(bytes.fromhex(page["charter"]))
    header, body = bytes.fromhex(vector["header"]), bytes.fromhex(vector["body"])
    before = agreements.read_charter(bytes.fromhex(vector["before"])) if "before" in vector else None
    _facts(vector, outcome=checks.outcome(header, body, charter, page["ruleset"].encode(), page["now_s"], before))


def _signed(vector, _):
    wire.read_signed(vector["reads"], _data(vector))


def _gossip(vector, context):
    message = wire.read_gossip(_data(vector))
    same(context["page"]["topic"], f"/commonwheel/1/{context['page']['community']}", "topic")
    _read_blocks(message, context["charter"])


def _read_blocks(message, charter):
    for header in message.get("headers", []):
        records.read_header(header)
    for receipt in message.get("receipts", []):
        wire.read_signed("receipt", receipt)
    for batch in message.get("batches", []):
        agreements.read_batch(batch)
    for certificate in message.get("certificates", []):
        agreements.read_certificate(certificate, charter)
    for operation in message.get("operations", []):
        operations.read(operation)


def _exchange(vector, context):
    frame = wire.read_frame(vector["reads"], _data(vector))
    for operation in frame.get("operations", []):
        operations.read(operation)
    for block in frame.get("blocks", []) if "answer" in frame else []:
        operations.read_page(block)
    for parcel in frame.get("records", []) if frame.get("ask") != "fetch" else []:
        payload = records.read_header(parcel["header"])
        if "body" in parcel:
            same(records.commits_to(payload, parcel["body"]), True, "the header commits to the body")
        if "certificate" in parcel:
            certificate = agreements.read_certificate(parcel["certificate"], context["charter"])
            same(certificate["record"], cids.of_block(parcel["header"]), "the certificate's record")
            same(certificate["time"], payload["time"], "the certificate's time")
    if "founding" in frame:
        head = agreements.read_founding(frame["founding"])
        for successor in frame.get("successors", []):
            resolution = operations.read(successor)
            operations.convinces(resolution, head)
            head = resolution.matter.successor
        same(head.value["terms"], cids.of_raw(frame["terms"]), "terms")
    for what in ("statement", "session", "receipt", "acknowledgement"):
        if what in frame:
            wire.read_signed(what, frame[what])
    if "message" in frame:
        if {"reconcile", "waiting"} & {frame.get("ask"), frame.get("answer")}:
            reconcile.read(frame["message"])
        else:
            _read_blocks(wire.read_gossip(frame["message"]), context["charter"])


def _reconcile(vector, context):
    ranges = reconcile.read(_data(vector))
    asking, answering = (
        sorted((one["time"], bytes.fromhex(one["item"])) for one in context["page"][side])
        for side in ("asking", "answering")
    )
    for one in ranges:
        if one.fingerprint:
            same(one.fingerprint, reconcile.fingerprint(one.of(asking)), "the asker's fingerprint")
    answer = bytes.fromhex(vector["facts"]["answer"])
    for one in reconcile.read(answer):
        if one.items is not None:
            same(sorted(one.items), sorted(one.of(answering)), "the answerer's items in a range")
    missing = reconcile.missing(answer, asking)
    same(set(missing), {item for _, item in answering} - {item for _, item in asking}, "what is missing")
    ends = not any(one.fingerprint for one in reconcile.read(answer))
    _facts(vector, answer=answer.hex(), ends=ends, missing=[item.hex() for item in missing])


def _invite(vector, _):
    community, charter, addresses = wire.read_invite(vector["text"])
    _facts(vector, community=str(community), charter=str(charter), addresses=[one.hex() for one in addresses])


def _archive(folder, page, charter, tally):
    """The sample: where each section stands, and that the records in it are certified by its founding."""
    data = (folder / page["file"]).read_bytes()
    held = {}
    with tally.check("sample.car: sections"):
        sections = archive.read(data)
        same(sections[0].offset, page["header_bytes"], "header_bytes")
        for section, told in zip(sections, page["sections"], strict=True):
            same(str(section.link), told["cid"], "cid")
            same((section.offset, len(section.block)), (told["offset"], told["block_bytes"]), "place")
            same(section.is_erased, told["what"] == "erased", "erased")
            held.setdefault(told["what"], []).append(section)
    with tally.check("sample.car: founding"):
        founding = agreements.read_founding(held["founding"][0].block)
        same(str(founding.id), page["community"], "community")
        same(held["terms"][0].link, founding.value["terms"], "terms")
        same(held["ruleset"][0].link, founding.value["ruleset"], "ruleset")
    with tally.check("sample.car: records"):
        certificates = [agreements.read_certificate(one.block, founding) for one in held["certificate"]]
        times = {one["record"]: one["time"] for one in certificates}
        bodies = {one.link: one.block for one in held["body"]}
        for header in held["header"]:
            payload = records.read_header(header.block)
            same(records.commits_to(payload, bodies[payload["body"]]), True, "the header commits to the body")
            records.read_body(bodies[payload["body"]])
            same(times[header.link], payload["time"], "the certificate's time")
    for name, damaged in _damage(data):
        with tally.check(f"sample.car: {name} is refused"):
            try:
                archive.read(damaged)
            except Refused:
                continue
            raise AssertionError("accepted")


def _damage(data):
    yield "a changed byte in a block", data[:-1] + bytes([data[-1] ^ 1])
    yield "a changed byte in a CID", data[:30] + bytes([data[30] ^ 1]) + data[31:]
    yield "a section cut off", data[:-1]
    yield "a changed header", bytes([0x12]) + data[1:]


_READERS = {
    "batches": _batch,
    "bodies": _body,
    "cbor": _cbor,
    "certificates": _certificate,
    "charters": _charter_or_founding,
    "checks": _check,
    "cid": _cid,
    "exchange": _exchange,
    "gossip": _gossip,
    "headers": _header,
    "invites": _invite,
    "judged": _judged,
    "keys": _key,
    "operations": _operation,
    "preferences": _preference,
    "reconcile": _reconcile,
    "signatures": _signature,
    "signed": _signed,
    "states": _state,
    "trees": _tree,
}
