//! What the contributor shares: real records, redacted and signed, with planted personal data.

use crate::Failed;
use crate::community::{Community, START_S};
use crate::random::Random;
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Vocabulary;
use commonwheel_protocol::record::body::{Assurances, Right, Salt};
use commonwheel_protocol::record::content::{Chat, Content, Label, Message, Role};
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::record::{Body, Header, RecordId};
use commonwheel_protocol::redact::Redactor;
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::text::RawText;
use commonwheel_protocol::wire::exchange::Parcel;
use std::collections::BTreeMap;

/// Stands in every body and nowhere else: how a body in the clear is recognised.
pub const BODY_MARK: &[u8] = b"zyzzyva";

/// Raw personal data in what the contributor typed. None of it may be stored or sent.
pub const PLANTED: [&str; 3] = ["ana.kovac.planted@example.org", "DE89370400440532013000", "4111 1111 1111 1111"];

/// A record that the contributor will share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Its id.
    pub id: RecordId,
    /// Its body's id.
    pub body: Cid,
    /// The body's salt, which is in no other body.
    pub salt: [u8; 32],
    /// What it revises.
    pub revises: Option<RecordId>,
    /// What is handed to the core.
    pub parcel: Parcel,
    /// Whether validators must accept it; the others name terms that the charter does not.
    pub sound: bool,
}

/// The contributor's key.
pub fn author(community: &Community) -> SecretKey {
    Seed::new([200; 32]).pseudonym(&community.id())
}

/// So many records; every fifth is unsound, and now and then one revises the record before it and repeats its body.
/// After them the revisions of some, with bodies of their own.
///
/// # Errors
/// When a record cannot be built, which is a fault of the simulator.
pub fn write(
    count: usize,
    revised: impl Iterator<Item = usize>,
    body_bytes: usize,
    community: &Community,
    random: &mut Random,
) -> Result<Vec<Shared>, Failed> {
    let mut records: Vec<Shared> = Vec::new();
    for i in 0..count {
        let (body, revises) = match records.last() {
            Some(Shared { id, parcel: Parcel { body: Some(body), .. }, .. }) if i % 7 == 6 => (body.clone(), Some(*id)),
            _ => (body(i, body_bytes, community, random)?, None),
        };
        records.push(sign(i, i % 5 != 4, body, revises, community)?);
    }
    for record in revised {
        let (i, revises) = (records.len(), Some(records[record].id));
        records.push(sign(i, true, body(i, body_bytes, community, random)?, revises, community)?);
    }
    Ok(records)
}

/// So many sound records with bodies of their own, of about so many bytes each.
///
/// # Errors
/// When a record cannot be built, which is a fault of the simulator.
pub fn sound(count: usize, body_bytes: usize, community: &Community) -> Result<Vec<Parcel>, Failed> {
    let mut random = Random::new(1);
    (0..count)
        .map(|i| Ok(sign(i, true, body(i, body_bytes, community, &mut random)?, None, community)?.parcel))
        .collect()
}

/// One record that every validator refuses.
///
/// # Errors
/// When a record cannot be built, which is a fault of the simulator.
pub fn unsound(community: &Community) -> Result<Parcel, Failed> {
    let body = body(0, 100, community, &mut Random::new(2))?;
    Ok(sign(0, false, body, None, community)?.parcel)
}

fn body(i: usize, bytes: usize, community: &Community, random: &mut Random) -> Result<Vec<u8>, Failed> {
    let mut redactor = Redactor::new(&community.ruleset);
    let mark = std::str::from_utf8(BODY_MARK)?;
    let asked = format!("Please write to {} about {mark} and charge {} via {}.", PLANTED[0], PLANTED[2], PLANTED[1]);
    let filler = "and so it went on ".repeat(bytes / 18);
    let mut redact = |text: String| redactor.redact(&RawText::new(text)).text;
    let messages = vec![
        Message::new(Role::User, redact(asked)),
        Message::new(Role::Assistant, redact(format!("Reply about {mark} for {} {filler}", PLANTED[0]))),
    ];
    let body = Body {
        salt: Salt(random.bytes()),
        content: Content::Chat(Chat {
            messages,
            label: if i.is_multiple_of(2) { Label::Good } else { Label::Fail },
            note: None,
        }),
        title: Some(redactor.redact(&RawText::new(format!("Chat {i}"))).text),
        language: Some("en".into()),
        tags: vec![],
        model: None,
        preference_given: "train-ai=y, search=y".into(),
        vocabulary: Vocabulary::CURRENT,
        rights: vec![Right::OwnWork],
        assurances: Assurances { of_age: true, has_rights: true, no_sensitive_data: true },
        redactions: redactor.counts().map(|(kind, n)| (kind.as_str().to_owned(), i64::from(n))).collect(),
        false_alarms: 0,
        attribution: None,
        imported_from: None,
        ext: BTreeMap::new(),
    };
    Ok(body.to_bytes()?)
}

fn sign(
    i: usize,
    sound: bool,
    body: Vec<u8>,
    revises: Option<RecordId>,
    community: &Community,
) -> Result<Shared, Failed> {
    let key = author(community);
    let other_terms = Cid::of(Codec::Raw, b"terms that the charter does not name");
    let header = Header {
        community: community.id(),
        author: key.public(),
        nonce: None,
        licence: Licence::CcBy4,
        preference: community.charter().preference.clone(),
        terms: if sound { community.charter().terms } else { other_terms },
        ruleset: *community.ruleset.id(),
        body: Cid::of_cbor(&body),
        size_class: SizeClass::of(body.len()),
        revises,
        corrects: None,
        about: None,
        time: HourTime::hour(START_S as i64 - 3600 * (i as i64 % 24)),
    };
    let bytes = header.sign(&key);
    let (id, body_id) = (RecordId(Cid::of_cbor(&bytes)), header.body);
    let salt = Body::<String>::verify(&body)?.salt.0;
    let parcel = Parcel { header: bytes, body: Some(body), certificate: None };
    Ok(Shared { id, body: body_id, salt, revises, parcel, sound })
}

/// Whether bytes hold others.
pub fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return true };
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        from += at + 1;
        if bytes[from..].starts_with(rest) {
            return true;
        }
    }
    false
}
