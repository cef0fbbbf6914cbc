//! Reads one vector as the code under test does, and names what it says.

mod operations;

use commonwheel_protocol::agreement::certificate::CertificateError;
use commonwheel_protocol::agreement::checks::{Demands, check};
use commonwheel_protocol::agreement::{Batch, Certificate, Charter, Class, Founding, Verdict, merkle};
use commonwheel_protocol::bytes::{Cid, CidError, Codec, DecodeError, FieldError, decode};
use commonwheel_protocol::identity::{Nonce, Seed};
use commonwheel_protocol::index::Item;
use commonwheel_protocol::operation::matter::Unconvincing;
use commonwheel_protocol::operation::release::read_page;
use commonwheel_protocol::operation::{Operation, OperationError};
use commonwheel_protocol::preference::{Preference, PreferenceError};
use commonwheel_protocol::reconcile::{ReconcileError, Snapshot};
use commonwheel_protocol::record::{Body, BodyError, HeaderError, RecordId, SignedHeader};
use commonwheel_protocol::redact::Ruleset;
use commonwheel_protocol::sign::{Domain, PublicKey, SignedError, verify};
use commonwheel_protocol::wire::exchange::{Acknowledgement, Answer, Ask, ExchangeError, Receipt, Session, Statement};
use commonwheel_protocol::wire::gossip::{Message, MessageError};
use commonwheel_protocol::wire::invite::{Invite, InviteError};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every reason that the specification names, and every outcome of the machine checks and of operations.
pub const REASONS: [&str; 70] = [
    "accept",
    "body-oversized",
    "body-unknown-kind",
    "cbor-depth",
    "cbor-duplicate-key",
    "cbor-float",
    "cbor-indefinite",
    "cbor-integer-range",
    "cbor-key-order",
    "cbor-key-type",
    "cbor-link",
    "cbor-malformed",
    "cbor-non-shortest",
    "cbor-simple",
    "cbor-tag",
    "cbor-trailing",
    "cbor-truncated",
    "cbor-utf8",
    "certificate-not-a-validator",
    "certificate-order",
    "certificate-other-charter",
    "certificate-oversized",
    "certificate-proof",
    "certificate-quorum",
    "cid-length",
    "cid-prefix",
    "cid-text",
    "field-missing",
    "field-not-a-map",
    "field-type",
    "field-unknown",
    "field-value",
    "frame-oversized",
    "header-oversized",
    "ignored:charter",
    "ignored:kind",
    "ignored:record",
    "ignored:sponsor",
    "ignored:time",
    "invite-damaged",
    "invite-prefix",
    "key-text",
    "known",
    "message-oversized",
    "operation-oversized",
    "operation-unknown-kind",
    "preference-length",
    "preference-not-canonical",
    "preference-nothing",
    "preference-syntax",
    "quarantine:review",
    "reconcile-malformed",
    "reconcile-oversized",
    "reject:licence",
    "reject:personal-data",
    "reject:preference",
    "reject:schema",
    "reject:sensitive",
    "reject:size",
    "reject:terms",
    "reject:time",
    "refused:community",
    "refused:voice",
    "resolution-other-charter",
    "resolution-other-community",
    "resolution-quorum",
    "resolution-stranger",
    "resolution-unwilling",
    "signature",
    "taken",
];

/// What was read.
pub struct Read {
    pub facts: Value,
}

/// What the code makes of a vector; the reason when it refuses it.
pub fn read(kind: &str, vector: &Value, context: &Value) -> Result<Read, String> {
    let facts = match kind {
        "cbor" => decode(&bytes(vector)).map(|_| Value::Null).map_err(|e| e.reason())?,
        "cid" => {
            let cid: Cid = text(vector, "text").parse().map_err(|e: CidError| e.reason())?;
            cid_facts(&cid, &hex(&vector["facts"], "block"))
        }
        "key" => key(vector, context)?,
        "signature" => signature(vector)?,
        "preference" => preference(vector)?,
        "body" => json!({ "kind": Body::verify(&bytes(vector)).map_err(|e| e.reason())?.content.kind() }),
        "header" => header_facts(&SignedHeader::verify(&bytes(vector)).map_err(|e| e.reason())?),
        "operation" => operations::facts(&Operation::verify(&bytes(vector)).map_err(|e| e.reason())?),
        "resolution" => {
            let holder = if vector.get("charter").is_some() { vector } else { context };
            let charter = Charter::read(&hex(holder, "charter")).expect("the charter under which it is read");
            let operation = Operation::verify(&bytes(vector)).map_err(|e| e.reason())?;
            let Operation::Resolution(resolution) = &operation else { panic!("expected a resolution") };
            resolution.convinces(&charter).map_err(|e| e.reason())?;
            operations::facts(&operation)
        }
        "page" => operations::page_facts(&read_page(&bytes(vector)).map_err(|e| e.reason())?),
        "charter" => charter_facts(&Charter::read(&bytes(vector)).map_err(|e| e.reason())?),
        "founding" => charter_facts(Founding::verify(&bytes(vector)).map_err(|e| e.reason())?.charter()),
        "batch" => batch_facts(&Batch::verify(&bytes(vector)).map_err(|e| e.reason())?),
        "certificate" => {
            let charter = Charter::read(&hex(context, "charter")).expect("the context's charter");
            certificate_facts(&Certificate::verify(&bytes(vector), &charter).map_err(|e| e.reason())?)
        }
        "merkle" => merkle_facts(vector),
        "state" => state_facts(vector, context),
        "judged" => judged(vector, context),
        "waiting item" => json!({ "item": HEXLOWER.encode(&waiting_item(vector)?.0) }),
        "equivocation item" => {
            let validator = text(vector, "validator").parse().map_err(|_| "key-text".to_owned())?;
            json!({ "item": HEXLOWER.encode(&Item::of_equivocation(&cid(vector, "charter"), &validator).0) })
        }
        "operation item" => {
            json!({ "item": HEXLOWER.encode(&Item::of_operation(&cid(vector, "operation")).0) })
        }
        "item" => {
            let item = Item::of(&RecordId(cid(vector, "record")), &cid(vector, "certificate"));
            json!({ "item": HEXLOWER.encode(&item.0) })
        }
        "check" => json!({ "outcome": outcome(vector, context) }),
        "receipt" => Receipt::verify(&bytes(vector)).map(|_| Value::Null).map_err(|e| e.reason())?,
        "acknowledgement" => Acknowledgement::verify(&bytes(vector)).map(|_| Value::Null).map_err(|e| e.reason())?,
        "session" => Session::verify(&bytes(vector)).map(|_| Value::Null).map_err(|e| e.reason())?,
        "statement" => Statement::verify(&bytes(vector)).map(|_| Value::Null).map_err(|e| e.reason())?,
        "gossip" => Message::read(&bytes(vector)).map(|_| Value::Null).map_err(|e| e.reason())?,
        "ask" => Ask::read(&bytes(vector)).map(|_| Value::Null).map_err(|e| e.reason())?,
        "answer" => Answer::read(&bytes(vector)).map(|_| Value::Null).map_err(|e| e.reason())?,
        "reconcile" => reconcile(vector, context)?,
        "invite" => invite_facts(&text(vector, "text").parse().map_err(|e: InviteError| e.reason())?),
        other => panic!("no vector is read as {other}"),
    };
    Ok(Read { facts })
}

fn bytes(vector: &Value) -> Vec<u8> {
    match vector.get("zeros").and_then(Value::as_u64) {
        Some(count) => vec![0; count as usize],
        None => hex(vector, "hex"),
    }
}

fn hex(value: &Value, field: &str) -> Vec<u8> {
    HEXLOWER.decode(value[field].as_str().unwrap_or_default().as_bytes()).expect("lower-case hex")
}

fn exactly<const N: usize>(value: &Value, field: &str) -> [u8; N] {
    hex(value, field).try_into().expect("the length that the field has")
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().expect("text")
}

fn cid(value: &Value, field: &str) -> Cid {
    text(value, field).parse().expect("an id")
}

fn cid_facts(cid: &Cid, block: &[u8]) -> Value {
    let codec = if cid.codec() == Codec::Raw { "raw" } else { "dag-cbor" };
    assert!(cid.matches(block), "the id is not the block's");
    json!({ "codec": codec, "block": HEXLOWER.encode(block), "binary": HEXLOWER.encode(&cid.to_bytes()) })
}

fn key(vector: &Value, context: &Value) -> Result<Value, String> {
    let Some(purpose) = vector["purpose"].as_str() else {
        let key: PublicKey = text(vector, "text").parse().map_err(|_| "key-text".to_owned())?;
        return Ok(json!({ "text": key.to_string() }));
    };
    let (seed, community) = (Seed::new(exactly(context, "seed")), cid(context, "community"));
    let key = match purpose {
        "author/named" => seed.named(&community),
        "author/pseudonym" => seed.pseudonym(&community),
        "author/anonymous" => seed.anonymous(&community, &Nonce(exactly(context, "nonce"))),
        "reader" => seed.reader(&community),
        "validator/signing" => seed.validator(),
        _ => return Ok(json!({ "public_key": HEXLOWER.encode(&seed.encryption_public()) })),
    };
    let public = key.public();
    assert_eq!(public.to_string().parse(), Ok(public));
    Ok(json!({ "public_key": HEXLOWER.encode(&public.0), "text": public.to_string() }))
}

fn signature(vector: &Value) -> Result<Value, String> {
    let all = [
        Domain::Record,
        Domain::Charter,
        Domain::Attestation,
        Domain::Receipt,
        Domain::Session,
        Domain::Statement,
        Domain::Withdrawal,
        Domain::Decision,
        Domain::Release,
        Domain::Flag,
        Domain::Support,
        Domain::Membership,
        Domain::Acknowledgement,
    ];
    let domain = all.into_iter().find(|domain| domain.name() == vector["purpose"]).expect("a purpose");
    let payload = hex(vector, "payload");
    assert_eq!(domain.message(&payload), hex(vector, "message"), "the bytes that are signed");
    let key = PublicKey(exactly(vector, "key"));
    verify(domain, &key, &payload, &exactly(vector, "signature")).map(|()| Value::Null).map_err(|e| e.reason())
}

fn preference(vector: &Value) -> Result<Value, String> {
    let raw = text(vector, "text");
    let read = match vector["canonical"] == true {
        true => raw.parse(),
        false => match vector["vocabulary"].as_str() {
            Some(version) => Preference::read_by(raw, version.parse().expect("a version of the vocabulary")),
            None => Preference::read(raw),
        },
    };
    let canonical = read.map_err(|e: PreferenceError| e.reason())?.to_string();
    assert!(canonical.parse::<Preference>().is_ok(), "the canonical form is canonical");
    Ok(json!({ "canonical": canonical }))
}

fn header_facts(signed: &SignedHeader) -> Value {
    let header = signed.header();
    json!({ "author": header.author.to_string(), "most_body_bytes": header.size_class.max_bytes() })
}

fn batch_facts(batch: &Batch) -> Value {
    let leaves: Vec<_> = batch.entries().iter().map(|entry| HEXLOWER.encode(&entry.leaf())).collect();
    json!({ "root": HEXLOWER.encode(&batch.signed().root), "leaves": leaves })
}

fn certificate_facts(certificate: &Certificate) -> Value {
    let validators: Vec<_> = certificate.validators().iter().map(ToString::to_string).collect();
    json!({ "record": certificate.record().to_string(), "validators": validators })
}

fn charter_facts(charter: &Charter) -> Value {
    json!({ "charter": charter.id().to_string(), "community": charter.community().to_string(),
        "ruleset": charter.ruleset_id().to_string() })
}

fn merkle_facts(vector: &Value) -> Value {
    let list = vector["leaves"].as_array().expect("leaves");
    let leaves: Vec<_> =
        list.iter().map(|leaf| HEXLOWER.decode(leaf.as_str().expect("hex").as_bytes()).expect("hex")).collect();
    let path = |i| merkle::proof(&leaves, i).iter().map(|hash| HEXLOWER.encode(hash)).collect::<Vec<_>>();
    let proofs: Vec<_> = (0..leaves.len()).map(path).collect();
    json!({ "root": HEXLOWER.encode(&merkle::root(&leaves)), "proofs": proofs })
}

fn state_facts(vector: &Value, context: &Value) -> Value {
    let names = vector["held"].as_array().expect("names");
    let held: Vec<_> = names.iter().map(|name| hex(&context["blocks"], name.as_str().expect("a name"))).collect();
    crate::vectors::states::state_of(&held, vector.get("pin").map(|_| cid(vector, "pin")))
}

/// What the core makes of a message with the operation. Which outcome it is shows when the operation is refused for
/// its bytes; the names of the others are the specification's, and only their kind is compared.
fn judged(vector: &Value, context: &Value) -> Value {
    let all = |list: &Value| -> Vec<_> {
        let list = list.as_array().into_iter().flatten();
        list.map(|hex| HEXLOWER.decode(hex.as_str().expect("hex").as_bytes()).expect("hex")).collect()
    };
    let operation = bytes(vector);
    let outcome = match Operation::verify(&operation) {
        Err(OperationError::UnknownKind) => "ignored:kind".to_owned(),
        Err(error) => error.reason(),
        Ok(_) => text(&vector["facts"], "outcome").to_owned(),
    };
    let operations = [all(&vector["after"]), vec![operation]].concat();
    let now_s = context["now_s"].as_i64().expect("seconds");
    let gossip =
        crate::vectors::judged::judgement(&all(&context["blocks"]), text(context, "terms"), now_s, &operations);
    json!({ "outcome": outcome, "gossip": gossip })
}

fn outcome(vector: &Value, context: &Value) -> String {
    let charter = Charter::read(&hex(context, "charter")).expect("the context's charter");
    let file = text(context, "ruleset");
    let spec = toml::from_str(file).expect("the context's ruleset");
    let base = Cid::of(Codec::Raw, file.as_bytes());
    let ruleset = Ruleset::of_community(spec, &base, &charter.patterns).expect("the context's ruleset");
    assert_eq!(base, charter.ruleset);
    let before = vector.get("before").map(|_| Charter::read(&hex(vector, "before")).expect("a charter"));
    let demands = Demands {
        charter: &charter,
        before: before.as_ref(),
        ruleset: &ruleset,
        now_s: context["now_s"].as_i64().expect("seconds"),
    };
    let header = SignedHeader::verify(&hex(vector, "header")).expect("a header");
    match check(&header, &hex(vector, "body"), &demands).map_err(|failure| failure.verdict) {
        Ok(()) | Err(Verdict::Accept) => "accept".into(),
        Err(Verdict::Reject(class)) => format!("reject:{}", class.name()),
        Err(Verdict::Quarantine(class)) => format!("quarantine:{}", class.name()),
    }
}

fn reconcile(vector: &Value, context: &Value) -> Result<Value, String> {
    let side = |name: &str| {
        let items = context[name].as_array().expect("items").iter();
        Snapshot::new(items.map(|one| (one["time"].as_i64().expect("seconds"), Item(exactly(one, "item")))))
    };
    let answer = side("answering").answer(&bytes(vector)).map_err(|e| e.reason())?;
    let progress = side("asking").read(&answer).map_err(|e| e.reason())?;
    let missing: Vec<_> = progress.missing.iter().map(|item| HEXLOWER.encode(&item.0)).collect();
    Ok(json!({ "answer": HEXLOWER.encode(&answer), "missing": missing, "ends": progress.next.is_none() }))
}

fn invite_facts(invite: &Invite) -> Value {
    let addresses: Vec<_> = invite.addresses.iter().map(|address| HEXLOWER.encode(address)).collect();
    json!({ "community": invite.community.to_string(), "charter": invite.charter.to_string(), "addresses": addresses })
}

/// The name of a reason in the specification. Each match is exhaustive, so that a new kind of
/// error cannot come without a name.
trait Reason {
    fn reason(&self) -> String;
}

impl Reason for DecodeError {
    fn reason(&self) -> String {
        let name = match self {
            DecodeError::Truncated(_) => "truncated",
            DecodeError::Trailing(_) => "trailing",
            DecodeError::Malformed(_) => "malformed",
            DecodeError::NonShortest(_) => "non-shortest",
            DecodeError::Indefinite(_) => "indefinite",
            DecodeError::Float(_) => "float",
            DecodeError::Simple(..) => "simple",
            DecodeError::IntegerRange(_) => "integer-range",
            DecodeError::Tag(..) => "tag",
            DecodeError::Link(_) => "link",
            DecodeError::Utf8(_) => "utf8",
            DecodeError::KeyType(_) => "key-type",
            DecodeError::KeyOrder(_) => "key-order",
            DecodeError::DuplicateKey(_) => "duplicate-key",
            DecodeError::Depth(_) => "depth",
        };
        format!("cbor-{name}")
    }
}

impl Reason for FieldError {
    fn reason(&self) -> String {
        match self {
            FieldError::NotAMap(_) => "field-not-a-map".into(),
            FieldError::Missing(field) => format!("field-missing:{field}"),
            FieldError::Type { field, .. } => format!("field-type:{field}"),
            FieldError::Value { field, .. } => format!("field-value:{field}"),
            FieldError::Unknown(_) => "field-unknown".into(),
        }
    }
}

/// `wrapper => named variants`, where `Bytes` and `Fields` pass on the reason inside.
macro_rules! reasons {
    ($type:ident: $($pattern:pat => $name:expr),+ $(,)?) => {
        impl Reason for $type {
            fn reason(&self) -> String {
                #[allow(unused_imports)]
                use $type::*;
                match self { $($pattern => $name.into(),)+ }
            }
        }
    };
}

reasons!(SignedError: Bytes(inner) => inner.reason(), Fields(inner) => inner.reason(), Signature => "signature");
reasons!(HeaderError: Oversized(_) => "header-oversized", Signed(inner) => inner.reason());
reasons!(BodyError: Oversized(_) => "body-oversized", Bytes(inner) => inner.reason(), Fields(inner) => inner.reason(),
    UnknownKind => "body-unknown-kind");
reasons!(CertificateError: Oversized(_) => "certificate-oversized", Signed(inner) => inner.reason(),
    OtherCharter => "certificate-other-charter", NotAValidator => "certificate-not-a-validator",
    Order => "certificate-order", Proof => "certificate-proof", Quorum { .. } => "certificate-quorum");
reasons!(OperationError: Oversized(_) => "operation-oversized", Signed(inner) => inner.reason(),
    UnknownKind => "operation-unknown-kind");
reasons!(Unconvincing: OtherCharter => "resolution-other-charter", Stranger => "resolution-stranger",
    Quorum { .. } => "resolution-quorum", Unwilling => "resolution-unwilling",
    OtherCommunity => "resolution-other-community");
reasons!(MessageError: Oversized { .. } => "message-oversized", Bytes(inner) => inner.reason(),
    Fields(inner) => inner.reason());
reasons!(ExchangeError: Oversized(_) => "frame-oversized", Bytes(inner) => inner.reason(),
    Fields(inner) => inner.reason());
reasons!(ReconcileError: Oversized(_) => "reconcile-oversized", Malformed => "reconcile-malformed");
reasons!(InviteError: Prefix => "invite-prefix", Damaged(_) => "invite-damaged", Fields(inner) => inner.reason());
reasons!(CidError: Length(_) => "cid-length", Prefix(_) => "cid-prefix", Text(_) => "cid-text");
reasons!(PreferenceError: Length(_) => "preference-length", Syntax => "preference-syntax",
    Nothing => "preference-nothing", NotCanonical => "preference-not-canonical");

fn waiting_item(vector: &Value) -> Result<Item, String> {
    let key = |value: &Value| value.as_str().unwrap_or("").parse::<PublicKey>().map_err(|_| "key-text".to_owned());
    let vouching = vector["vouching"].as_array().expect("keys").iter().map(key).collect::<Result<_, _>>()?;
    let (charter, mut said) = (cid(vector, "charter"), BTreeSet::new());
    for one in vector["said"].as_array().expect("verdicts") {
        let class = one.get(2).and_then(Value::as_str);
        let class = class.and_then(|name| Class::ALL.into_iter().map(Class::name).find(|known| *known == name));
        let verdicts = [Verdict::Accept, Verdict::Reject(Class::Schema), Verdict::Quarantine(Class::Schema)];
        let verdict = verdicts.map(Verdict::name).into_iter().find(|name| one[1] == *name).expect("a verdict");
        said.insert((charter, key(&one[0])?, verdict, class));
    }
    Ok(Item::of_waiting(&RecordId(cid(vector, "record")), &vouching, &said))
}
