//! The small community that all vectors are about.

use commonwheel_protocol::agreement::attestation::{Entry, Verdict};
use commonwheel_protocol::agreement::certificate::Acceptance;
use commonwheel_protocol::agreement::charter::{BodyAccess, NUMBERS, Quorum, Validator};
use commonwheel_protocol::agreement::{Batch, Certificate, Charter, Founding, RiskPolicy};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::identity::{Nonce, Seed};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::{Preference, Vocabulary};
use commonwheel_protocol::record::body::{Assurances, Right, Salt};
use commonwheel_protocol::record::content::{Chat, Content, Label, Message, Role};
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::record::{Body, Header, SignedHeader};
use commonwheel_protocol::redact::{Redactor, Ruleset};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::text::{RawText, Redacted};
use std::collections::BTreeMap;

/// 2027-01-15T08:00:00Z, a whole hour.
pub const NOW_S: i64 = 1_800_000_000;
/// The terms of the community.
pub const TERMS: &str = "Share only what is yours to share. You can withdraw it at any time.\n";
/// The ruleset of the community, in the form in which rulesets are published.
pub const RULESET: &str = r#"name = "vectors"
version = 1

[[rules]]
kind = "email"
pattern = '''@'''
validator = "email"
needs = ["at"]
confidence = 97
core = true

[[risks]]
class = "medical"
threshold = 75

[[risks.signals]]
weight = 90
terms = ["i was diagnosed with"]

[[risks]]
class = "biometric"
threshold = 75

[[risks.signals]]
weight = 90
terms = ["my fingerprint template"]

[[risks]]
class = "location"
threshold = 75

[[risks.signals]]
weight = 90
terms = ["[ip]"]
"#;

/// A community of four validators, and an author.
pub struct World {
    pub validators: Vec<Seed>,
    pub author: Seed,
    pub ruleset: Ruleset,
    pub charter: Charter,
    pub founding: Founding,
    pub community: Cid,
}

impl World {
    pub fn new() -> World {
        let validators: Vec<_> = (1..=5).map(|i| Seed::new([i; 32])).collect();
        let charter = charter(&validators[..4]);
        let signatures: BTreeMap<_, _> = validators[..4]
            .iter()
            .map(|seed| (seed.validator().public(), Founding::sign(&charter, &seed.validator())))
            .collect();
        let founding = Founding::new(&charter, &signatures).expect("all four have signed");
        let community = founding.community();
        World { validators, author: Seed::new([0x11; 32]), ruleset: ruleset(), charter, founding, community }
    }

    /// The signing key of a validator; the fifth is none of the charter's.
    pub fn validator(&self, i: usize) -> SecretKey {
        self.validators[i].validator()
    }

    /// The key of the named author.
    pub fn named(&self) -> SecretKey {
        self.author.named(&self.community)
    }

    /// Text as the redactor lets it through.
    pub fn clean(&self, text: &str) -> Redacted {
        Redactor::new(&self.ruleset).redact(&RawText::new(text)).text
    }

    /// A body with nothing but what every body has.
    pub fn body(&self, salt: u8, content: Content<Redacted>) -> Body<Redacted> {
        Body {
            salt: Salt([salt; 32]),
            content,
            title: None,
            language: None,
            tags: vec![],
            model: None,
            preference_given: "train-ai=y, search=y".into(),
            vocabulary: Vocabulary::CURRENT,
            rights: vec![Right::OwnWork],
            assurances: Assurances { of_age: true, has_rights: true, no_sensitive_data: true },
            redactions: BTreeMap::new(),
            false_alarms: 0,
            attribution: None,
            imported_from: None,
            ext: BTreeMap::new(),
        }
    }

    /// A short chat.
    pub fn chat(&self) -> Content<Redacted> {
        Content::Chat(Chat {
            messages: vec![
                Message::new(Role::User, self.clean("What is a commons?")),
                Message::new(Role::Assistant, self.clean("Something that a community holds and tends together.")),
            ],
            label: Label::Good,
            note: None,
        })
    }

    /// The header of the named author for a body.
    pub fn header(&self, body: &[u8]) -> Header {
        Header {
            community: self.community,
            author: self.named().public(),
            nonce: None,
            licence: Licence::CcBy4,
            preference: Preference::read("train-ai=y, search=y").expect("it names known uses"),
            terms: self.charter.terms,
            ruleset: self.charter.ruleset_id(),
            body: Cid::of_cbor(body),
            size_class: SizeClass::of(body.len()),
            revises: None,
            corrects: None,
            about: None,
            time: HourTime::hour(NOW_S),
        }
    }

    /// The anonymous author's key and nonce for one record.
    pub fn anonymous(&self) -> (SecretKey, Nonce) {
        let nonce = Nonce([0xa5; 16]);
        (self.author.anonymous(&self.community, &nonce), nonce)
    }

    /// A chat's body, and its header's signed bytes.
    pub fn record(&self) -> (Vec<u8>, Vec<u8>) {
        let body = self.body(1, self.chat()).to_bytes().expect("a small body");
        let header = self.header(&body).sign(&self.named());
        (header, body)
    }

    /// A validator's batch in which the record stands second of three.
    pub fn batch(&self, validator: usize, header: &SignedHeader) -> Batch {
        let other = |name: &[u8]| commonwheel_protocol::record::RecordId(Cid::of_cbor(name));
        let accept = |record| Entry { record, verdict: Verdict::Accept };
        let entries = [accept(other(b"before")), accept(header.id()), accept(other(b"after"))];
        let bytes = Batch::sign(self.community, self.community, 1, &entries, &self.validator(validator));
        Batch::verify(&bytes).expect("the generator's own batch")
    }

    /// The certificate of three validators.
    pub fn certificate(&self, header: &SignedHeader) -> Certificate {
        let accepts = (0..3).filter_map(|i| Acceptance::of(&self.batch(i, header), 1)).collect();
        Certificate::form(header.id(), header.header().time, &self.charter, accepts).expect("a quorum")
    }
}

/// The vectors' charter for these validators: of four, one may lie.
pub fn charter(validators: &[Seed]) -> Charter {
    let quorum = if validators.len() == 4 { Quorum::new(4, 1, 3) } else { Quorum::new(1, 0, 1) };
    let of = |(i, seed): (usize, &Seed)| Validator {
        name: format!("validator {}", i + 1),
        signing: seed.validator().public(),
        encryption: seed.encryption_public(),
    };
    Charter {
        name: "Vector commons".into(),
        scope: "Made up for test vectors.".into(),
        protocol: 1,
        validators: validators.iter().enumerate().map(of).collect(),
        quorum: quorum.expect("the numbers hold"),
        licences: [Licence::Cc0, Licence::CcBy4].into_iter().collect(),
        preference: Preference::read("train-ai=y, search=y").expect("it names known uses"),
        ruleset: Cid::of(Codec::Raw, RULESET.as_bytes()),
        patterns: vec![],
        risks: RiskPolicy::allow(),
        bodies: BodyAccess::OnCertificate,
        numbers: NUMBERS.iter().map(|(name, _, _, usual)| ((*name).to_owned(), *usual)).collect(),
        terms: Cid::of(Codec::Raw, TERMS.as_bytes()),
        recovery: vec![Seed::new([0x77; 32]).validator().public()],
        drafted: NOW_S,
        customs: Default::default(),
        succeeds: None,
    }
}

fn ruleset() -> Ruleset {
    let spec = toml::from_str(RULESET).expect("a ruleset's file");
    Ruleset::compile(spec, Cid::of(Codec::Raw, RULESET.as_bytes())).expect("a ruleset within the limits")
}
