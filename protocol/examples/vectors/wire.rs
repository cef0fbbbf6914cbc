//! What goes between peers: receipts, sessions, statements, gossip, requests and replies,
//! reconciliation, invites.

use super::agreement::reading;
use super::operations::{decision, release_of, renewed, resolved};
use super::records::some_record;
use super::tools::{Break, broken, file, hex, invalid, oversized, resealed, valid, with};
use super::world::{NOW_S, TERMS, World};
use commonwheel_protocol::bytes::{Cid, Node, encode};
use commonwheel_protocol::index::Item;
use commonwheel_protocol::limits::{
    FRAME_BYTES, GOSSIP_BYTES, GOSSIP_ITEMS, HEADER_BYTES, RECONCILE_BYTES, REQUEST_IDS, SUCCESSORS,
};
use commonwheel_protocol::operation::{Matter, Ruling};
use commonwheel_protocol::reconcile::Snapshot;
use commonwheel_protocol::record::SignedHeader;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::sign::{Domain, SecretKey};
use commonwheel_protocol::wire::exchange::{
    Acknowledgement, Answer, Ask, Parcel, Peer, Purpose, Receipt, Refusal, Session, Statement,
};
use commonwheel_protocol::wire::gossip::{Message, topic};
use commonwheel_protocol::wire::invite::Invite;
use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};

fn receipt(world: &World) -> Vec<u8> {
    Receipt::sign(world.community, &[some_record(world)], &world.validator(0))
}

fn operation(world: &World) -> Vec<u8> {
    resolved(world, &decision(world, Ruling::Takedown(some_record(world))), &world.charter, &[])
}

fn acknowledgement(world: &World) -> Vec<u8> {
    Acknowledgement::sign(world.community, &[Cid::of_cbor(&operation(world))], &world.validator(0))
}

fn peers() -> (Peer, Peer) {
    (Peer(vec![0x0a; 38]), Peer(vec![0x0b; 38]))
}

fn session(world: &World) -> Vec<u8> {
    let key = world.validator(0);
    let (asker, answerer) = peers();
    let session =
        Session { community: world.community, charter: world.charter.id(), validator: key.public(), asker, answerer };
    session.sign(&key)
}

fn statement(world: &World, key: &SecretKey, purpose: Purpose) -> Vec<u8> {
    let (asker, answerer) = peers();
    let statement = Statement {
        community: world.community,
        who: key.public(),
        purpose,
        terms: world.charter.terms,
        asker,
        answerer,
        time: HourTime::hour(NOW_S),
    };
    statement.sign(key)
}

/// What is broken, a name, and the rest as in [`Break`], below the payload.
type SignedBreak<'a> = (&'a str, &'a str, &'a [&'a str], Option<Node>, &'a str);

/// `signed.json`
pub fn signed(world: &World) -> Value {
    let (validator, reader) = (world.validator(0), world.author.reader(&world.community));
    let (receipt, session, acknowledgement) = (receipt(world), session(world), acknowledgement(world));
    let replicate = statement(world, &reader, Purpose::Replicate);
    let mut vectors = vec![
        reading("receipt", valid("a receipt", &receipt)),
        reading("session", valid("a session proof", &session)),
        reading("acknowledgement", valid("an acknowledgement", &acknowledgement)),
        reading("statement", valid("a replica's statement", &replicate)),
        reading("statement", valid("a validator's statement", &statement(world, &validator, Purpose::Validate))),
    ];
    let ids = Node::List(vec![some_record(world).0.into(); REQUEST_IDS + 1]);
    let long = || Some(Node::bytes([0; 65]));
    let cases: Vec<SignedBreak> = vec![
        ("receipt", "one record too many", &["records"], Some(ids.clone()), "field-value:records"),
        ("receipt", "a record that is no link", &["records", "0"], Some(1.into()), "field-type:records"),
        ("receipt", "an unknown field", &["ext"], Some(Node::map([])), "field-unknown"),
        ("acknowledgement", "one operation too many", &["operations"], Some(ids.clone()), "field-value:operations"),
        (
            "acknowledgement",
            "an operation that is no link",
            &["operations", "0"],
            Some(1.into()),
            "field-type:operations",
        ),
        ("acknowledgement", "without community", &["community"], None, "field-missing:community"),
        ("session", "without charter", &["charter"], None, "field-missing:charter"),
        ("session", "a peer id of 65 bytes", &["asker"], long(), "field-value:asker"),
        ("session", "another type", &["type"], Some(Node::text("receipt")), "field-value:type"),
        ("statement", "a use that is not known", &["use"], Some(Node::text("sell")), "field-value:use"),
        ("statement", "a time within the hour", &["time"], Some(1.into()), "field-value:time"),
        ("statement", "a peer id of 65 bytes", &["answerer"], long(), "field-value:answerer"),
    ];
    for (reads, name, path, value, why) in cases {
        let (good, domain, key) = match reads {
            "receipt" => (&receipt, Domain::Receipt, &validator),
            "acknowledgement" => (&acknowledgement, Domain::Acknowledgement, &validator),
            "session" => (&session, Domain::Session, &validator),
            _ => (&replicate, Domain::Statement, &reader),
        };
        vectors.push(reading(reads, invalid(name, &resealed(good, domain, key, path, value), why)));
    }
    for (reads, bytes, signer) in [
        ("receipt", &receipt, "validator"),
        ("acknowledgement", &acknowledgement, "validator"),
        ("session", &session, "validator"),
        ("statement", &replicate, "who"),
    ] {
        let other = Some(Node::bytes(world.validator(1).public().0));
        let claimed = with(bytes, &["payload", signer], other);
        vectors.push(reading(reads, invalid("signed by another key", &claimed, "signature")));
    }
    file("receipt, acknowledgement, session or statement", Value::Null, vectors)
}

/// `gossip.json`
pub fn gossip(world: &World) -> Value {
    let header = SignedHeader::verify(&world.record().0).expect("the generator's own header");
    let message = Message {
        headers: vec![header.bytes().to_vec()],
        receipts: vec![receipt(world)],
        batches: vec![world.batch(0, &header).bytes().to_vec()],
        certificates: vec![world.certificate(&header).bytes().to_vec()],
        operations: vec![operation(world)],
    };
    let bytes = message.to_bytes();
    let many = Node::List(vec![Node::bytes([]); GOSSIP_ITEMS + 1]);
    let vectors = vec![
        valid("one of each", &bytes),
        valid("nothing", &Message::default().to_bytes()),
        invalid("a body", &with(&bytes, &["bodies"], Some(Node::List(vec![Node::bytes([0])]))), "field-unknown"),
        invalid(
            "a header larger than any",
            &with(&bytes, &["headers", "0"], Some(Node::bytes([0; HEADER_BYTES + 1]))),
            "field-value:headers",
        ),
        invalid("one receipt too many", &with(&bytes, &["receipts"], Some(many)), "field-value:receipts"),
        invalid(
            "a batch that is no byte string",
            &with(&bytes, &["batches", "0"], Some(1.into())),
            "field-type:batches",
        ),
        invalid(
            "an operation that is no byte string",
            &with(&bytes, &["operations", "0"], Some(1.into())),
            "field-type:operations",
        ),
        invalid("a list", &encode(&Node::List(vec![])), "field-not-a-map"),
        invalid("cut off", &bytes[..bytes.len() - 1], "cbor-truncated"),
        oversized("larger than any message", GOSSIP_BYTES + 1, "message-oversized"),
    ];
    file("gossip", json!({ "community": world.community.to_string(), "topic": topic(&world.community) }), vectors)
}

/// `exchange.json`
pub fn exchange(world: &World) -> Value {
    let mut vectors = asks(world);
    vectors.extend(answers(world));
    vectors.push(reading("ask", oversized("a request larger than any frame", FRAME_BYTES + 1, "frame-oversized")));
    vectors.push(reading("answer", oversized("a reply larger than any frame", FRAME_BYTES + 1, "frame-oversized")));
    file("ask or answer", Value::Null, vectors)
}

fn asks(world: &World) -> Vec<Value> {
    let (header, body) = world.record();
    let id = some_record(world);
    let reader = world.author.reader(&world.community);
    let submit = Ask::Submit(vec![Parcel { header, body: Some(body), certificate: None }]);
    let fetch = Ask::Fetch {
        statement: statement(world, &reader, Purpose::Replicate),
        items: vec![[7; 32]],
        records: vec![id],
    };
    let empty = Snapshot::new([]);
    let all = [
        ("charter", Ask::Charter),
        ("prove", Ask::Prove),
        ("submit", submit),
        ("waiting", Ask::Waiting(empty.open())),
        ("live, by item", Ask::Live(vec![[9; 32]])),
        ("live, of nothing", Ask::Live(vec![])),
        ("reconcile", Ask::Reconcile(empty.open())),
        ("fetch", fetch),
        ("operate", Ask::Operate(vec![operation(world)])),
        ("spread, from the start", Ask::Spread(None)),
        ("spread, the next page", Ask::Spread(Some(Cid::of_cbor(&operation(world))))),
        ("own", Ask::Own { validator: world.validator(0).public(), after: 7 }),
        ("blocks", Ask::Blocks(vec![world.charter.terms])),
    ]
    .map(|(name, ask)| (name, ask.to_bytes(&world.community)));
    let of = |name: &str| &all.iter().find(|(known, _)| *known == name).expect("it is there").1[..];
    let items = Node::List(vec![Node::bytes([0; 32]); REQUEST_IDS + 1]);
    let operations = Node::List(vec![Node::bytes([]); GOSSIP_ITEMS + 1]);
    let cases: Vec<Break> = vec![
        ("a request of a later version", of("charter"), &["ask"], Some(Node::text("dance")), "field-value:ask"),
        ("for no community", of("prove"), &["community"], None, "field-missing:community"),
        ("a field of another request", of("charter"), &["after"], Some(id.0.into()), "field-unknown"),
        ("a record without header", of("submit"), &["records", "0", "header"], None, "field-missing:header"),
        ("an item of 31 bytes", of("fetch"), &["items", "0"], Some(Node::bytes([0; 31])), "field-value:items"),
        ("one item too many", of("fetch"), &["items"], Some(items), "field-value:items"),
        ("one operation too many", of("operate"), &["operations"], Some(operations), "field-value:operations"),
        ("after a batch numbered -1", of("own"), &["after"], Some(Node::Int(-1)), "field-value:after"),
        ("whose", of("own"), &["validator"], None, "field-missing:validator"),
        ("a block that is no link", of("blocks"), &["blocks", "0"], Some(Node::Int(1)), "field-type:blocks"),
        ("without statement", of("fetch"), &["statement"], None, "field-missing:statement"),
    ];
    let good = all.iter().map(|(name, bytes)| valid(name, bytes));
    good.chain(broken(cases)).map(|vector| reading("ask", vector)).collect()
}

fn answers(world: &World) -> Vec<Value> {
    let (bytes, body) = world.record();
    let header = SignedHeader::verify(&bytes).expect("the generator's own header");
    let certificate = Some(world.certificate(&header).bytes().to_vec());
    let gossip = Message { headers: vec![bytes.clone()], receipts: vec![receipt(world)], ..Message::default() };
    let parcel = |body| Parcel { header: bytes.clone(), body, certificate: certificate.clone() };
    let next = renewed(world, 1, &[]);
    let matter = Matter::Successor(Box::new(next));
    let successors = vec![resolved(world, &matter, &world.charter, &[world.validator(4)])];
    let charter =
        |successors| Answer::Charter { founding: world.founding.bytes().to_vec(), terms: TERMS.into(), successors };
    let (_, pages) = release_of(world, world.community, None, &[header.id()]);
    let operated = Message { operations: vec![operation(world)], ..Message::default() };
    let cid = Cid::of_cbor(&operation(world));
    let mut all = vec![
        ("charter", charter(vec![])),
        ("charter, once succeeded", charter(successors)),
        ("session", Answer::Session(session(world))),
        ("submitted", Answer::Submitted { receipt: Some(receipt(world)), refused: vec![(1, "too large".into())] }),
        ("submitted, none held", Answer::Submitted { receipt: None, refused: vec![(0, "too large".into())] }),
        ("live", Answer::Live { message: gossip.to_bytes() }),
        ("live, nothing of it waits any more", Answer::Live { message: Message::default().to_bytes() }),
        ("reconcile", Answer::Reconcile(Snapshot::new([]).answer(&Snapshot::new([]).open()).expect("a message"))),
        ("records", Answer::Records { parcels: vec![parcel(Some(body)), parcel(None)], operations: vec![] }),
        ("records and operations", Answer::Records { parcels: vec![], operations: vec![operation(world)] }),
        (
            "operated",
            Answer::Operated { acknowledgement: Some(acknowledgement(world)), refused: vec![(1, "no".into())] },
        ),
        ("operated, none taken", Answer::Operated { acknowledgement: None, refused: vec![(0, "no".into())] }),
        ("spread, more follows", Answer::Spread { message: operated.to_bytes(), next: Some(cid) }),
        ("spread, the last page", Answer::Spread { message: Message::default().to_bytes(), next: None }),
        ("blocks", Answer::Blocks(pages)),
    ];
    for refusal in
        [Refusal::UnknownCommunity, Refusal::NotAValidator, Refusal::Statement, Refusal::Malformed, Refusal::Busy]
    {
        all.push((refusal.name(), Answer::Refused(refusal)));
    }
    let all: Vec<_> = all.into_iter().map(|(name, answer)| (name, answer.to_bytes())).collect();
    let of = |name: &str| &all.iter().find(|(known, _)| *known == name).expect("it is there").1[..];
    let many = Node::List(vec![Node::bytes([]); SUCCESSORS + 1]);
    let pair = |at: i64, why: String| Some(Node::List(vec![at.into(), Node::text(why)]));
    let cases: Vec<Break> = vec![
        ("a reply of a later version", of("session"), &["answer"], Some(Node::text("song")), "field-value:answer"),
        ("a refusal that is not known", of("busy"), &["why"], Some(Node::text("mood")), "field-value:why"),
        ("a place before the first", of("submitted"), &["refused", "0"], pair(-1, "x".into()), "field-value:refused"),
        ("a reason too long", of("submitted"), &["refused", "0"], pair(0, "x".repeat(1025)), "field-value:refused"),
        ("a successor too many", of("charter"), &["successors"], Some(many), "field-value:successors"),
        (
            "operations of records that are none",
            of("records and operations"),
            &["operations", "0"],
            Some(1.into()),
            "field-type:operations",
        ),
        ("without message", of("spread, the last page"), &["message"], None, "field-missing:message"),
        ("without terms", of("charter"), &["terms"], None, "field-missing:terms"),
        (
            "a record with an unknown field",
            of("records"),
            &["records", "0", "ext"],
            Some(Node::map([])),
            "field-unknown",
        ),
    ];
    let good = all.iter().map(|(name, bytes)| valid(name, bytes));
    good.chain(broken(cases)).map(|vector| reading("answer", vector)).collect()
}

/// `reconcile.json`: the answering side holds the context's items.
pub fn reconcile(world: &World) -> Value {
    let certificate = Cid::of_cbor(b"certificate");
    let of = |n: u8| {
        let record = commonwheel_protocol::record::RecordId(Cid::of_cbor(&[n]));
        (NOW_S + 3600 * i64::from(n / 2), Item::of(&record, &certificate))
    };
    let (theirs, ours): (Vec<_>, Vec<_>) = ((0..40).map(of).collect(), (0..38).map(of).collect());
    let (answering, asking) = (Snapshot::new(theirs.clone()), Snapshot::new(ours.clone()));
    let question = asking.open();
    let answer = answering.answer(&question).expect("a message");
    let progress = asking.read(&answer).expect("an answer");
    let missing: Vec<_> = progress.missing.iter().map(|item| hex(&item.0)).collect();
    let list = |items: &[(i64, Item)]| -> Value {
        items.iter().map(|(time, item)| json!({ "time": time, "item": hex(&item.0) })).collect()
    };
    let facts = json!({ "answer": hex(&answer), "missing": missing, "ends": progress.next.is_none() });
    let vectors = vec![
        json!({ "name": "two of forty are missing; the message has fingerprints", "hex": hex(&question), "valid": true, "facts": facts }),
        invalid("a first byte that is no version", &[0x5f], "reconcile-malformed"),
        invalid("cut off", &question[..question.len() - 1], "reconcile-malformed"),
        oversized("larger than any message", RECONCILE_BYTES + 1, "reconcile-oversized"),
    ];
    let _ = world;
    file("reconcile", json!({ "answering": list(&theirs), "asking": list(&ours) }), vectors)
}

/// `invites.json`
pub fn invites(world: &World) -> Value {
    let community = world.community;
    let address = vec![4, 127, 0, 0, 1, 6, 0x0f, 0xa1]; // /ip4/127.0.0.1/tcp/4001
    let plain = Invite { community, charter: community, addresses: vec![address.clone()] };
    let newer = Invite { community, charter: Cid::of_cbor(b"a newer charter"), addresses: vec![] };
    let good = |name: &str, invite: &Invite| {
        let facts = json!({ "community": invite.community.to_string(), "charter": invite.charter.to_string(),
            "addresses": invite.addresses.iter().map(|address| hex(address)).collect::<Vec<_>>() });
        json!({ "name": name, "text": invite.to_string(), "valid": true, "facts": facts })
    };
    let bad = |name: &str, text: String, reason: &str| json!({ "name": name, "text": text, "valid": false, "reason": reason });
    let text = plain.to_string();
    let changed = format!("{}{}{}", &text[..40], if &text[40..41] == "a" { "b" } else { "a" }, &text[41..]);
    let with_addresses = |node: Node| {
        let mut bytes = encode(&Node::map([("c", Some(community.into())), ("a", Some(node))]));
        let check = *Cid::of_cbor(&bytes).digest();
        bytes.extend_from_slice(&check[..4]);
        format!("cw1{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    };
    let many = with_addresses(Node::List(vec![Node::bytes(address); 17]));
    let mut vectors = vec![
        good("of a first charter", &plain),
        good("of a newer charter", &newer),
        bad("no invite", "hello".into(), "invite-prefix"),
        bad("a character changed", changed, "invite-damaged"),
        bad("a character missing", text[..text.len() - 1].to_owned(), "invite-damaged"),
        bad("nothing but the prefix", "cw1".into(), "invite-damaged"),
        bad("longer than any invite", format!("cw1{}", "a".repeat(4096)), "invite-damaged"),
        bad("17 addresses", many, "field-value:a"),
        bad("addresses that are no list", with_addresses(1.into()), "field-type:a"),
    ];
    let mut spaced = good("white space around it is dropped", &plain);
    spaced["text"] = json!(format!(" {plain}\n"));
    vectors.push(spaced);
    file("invite", Value::Null, vectors)
}
