//! A small community with certified records of every kind, for the tests of export and verify.

use super::{ExportError, ExportOptions, ExportSummary, Source, Which, export};
use commonwheel_protocol::agreement::certificate::Acceptance;
use commonwheel_protocol::agreement::charter::{BodyAccess, NUMBERS, PROTOCOL, Quorum, Validator};
use commonwheel_protocol::agreement::{Batch, Certificate, Charter, Entry, Founding, RiskPolicy, Verdict};
use commonwheel_protocol::bytes::{Cid, Codec, Node, encode};
use commonwheel_protocol::identity::{Nonce, Seed};
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch as Change, Shelf, Store};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::{Preference, Vocabulary};
use commonwheel_protocol::record::body::{Assurances, Body, Right, Salt};
use commonwheel_protocol::record::content::*;
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::record::{Header, RecordId, SignedHeader};
use commonwheel_protocol::redact::Redactor;
use commonwheel_protocol::text::{RawText, Redacted};
use commonwheel_storage::MemoryStore;
use std::collections::BTreeMap;
use std::path::Path;

pub const TERMS: &str = "Be kind.\n";

/// A record with its certificate.
#[derive(Clone)]
pub struct Certified {
    pub header: SignedHeader,
    pub body: Vec<u8>,
    pub certificate: Vec<u8>,
}

impl Certified {
    pub fn id(&self) -> RecordId {
        self.header.id()
    }

    /// Header and certificate, and the body.
    pub fn blocks(&self) -> [(Cid, Vec<u8>); 3] {
        let header = (self.id().0, self.header.bytes().to_vec());
        let certificate = (Cid::of_cbor(&self.certificate), self.certificate.clone());
        [header, certificate, (self.header.header().body, self.body.clone())]
    }
}

pub struct Commons {
    pub founding: Founding,
    pub seeds: Vec<Seed>,
}

pub fn validator(seed: &Seed) -> Validator {
    Validator { name: "v".into(), signing: seed.validator().public(), encryption: seed.encryption_public() }
}

/// The seed of the author `n`.
pub fn author(n: u8) -> Seed {
    Seed::new([100 + n; 32])
}

impl Commons {
    /// A community of four validators; another name makes another community.
    pub fn named(name: &str) -> Self {
        Commons::with(name, |_| {})
    }

    /// The same with another charter.
    pub fn with(name: &str, change: impl Fn(&mut Charter)) -> Self {
        let seeds: Vec<_> = (1..=5).map(|i| Seed::new([i; 32])).collect();
        let mut charter = Charter {
            name: name.into(),
            scope: "Tests".into(),
            protocol: PROTOCOL,
            validators: seeds[..4].iter().map(validator).collect(),
            quorum: Quorum::new(4, 1, 3).unwrap(),
            licences: Licence::ALL.into_iter().collect(),
            preference: Preference::read("train-ai=y").unwrap(),
            ruleset: ruleset(),
            patterns: vec![],
            risks: RiskPolicy::allow(),
            bodies: BodyAccess::OnCertificate,
            numbers: NUMBERS.iter().map(|(name, _, _, default)| ((*name).to_owned(), *default)).collect(),
            terms: Cid::of(Codec::Raw, TERMS.as_bytes()),
            recovery: vec![],
            drafted: 1_790_000_000,
            customs: Default::default(),
            succeeds: None,
        };
        change(&mut charter);
        let signatures =
            seeds[..4].iter().map(|s| (s.validator().public(), Founding::sign(&charter, &s.validator()))).collect();
        Commons { founding: Founding::new(&charter, &signatures).unwrap(), seeds }
    }

    /// A certified record with this body. `n` varies author, licence, month and what it refers to.
    pub fn certified(&self, n: u8, body: Vec<u8>) -> Certified {
        let community = self.founding.community();
        let seed = author(n);
        let nonce = n.is_multiple_of(3).then_some(Nonce([n; 16]));
        let key = nonce.as_ref().map_or_else(|| seed.pseudonym(&community), |nonce| seed.anonymous(&community, nonce));
        let unix_s = 1_795_356_000 + i64::from(n % 2) * 40 * 86_400;
        let header = Header {
            community,
            author: key.public(),
            nonce,
            licence: Licence::ALL[usize::from(n) % Licence::ALL.len()],
            preference: Preference::read("train-ai=n;exceptions=cc-cr, search=y").unwrap(),
            terms: self.founding.charter().terms,
            ruleset: ruleset(),
            body: Cid::of_cbor(&body),
            size_class: SizeClass::of(body.len()),
            revises: (n % 5 == 1).then_some(RecordId(Cid::of_cbor(b"revised"))),
            about: None,
            corrects: (n % 5 == 2).then_some(RecordId(Cid::of_cbor(b"corrected"))),
            time: if nonce.is_some() { HourTime::day(unix_s) } else { HourTime::hour(unix_s) },
        };
        let header = SignedHeader::verify(&header.sign(&key)).unwrap();
        let certificate = self.certificate(&header, 0);
        Certified { header, body, certificate }
    }

    /// An example by the author `who`, accepted under a charter, which revises another record of theirs.
    pub fn example(&self, n: u8, who: u8, revises: Option<&Certified>, charter: &Charter) -> Certified {
        let asked = Example { prompt: RawText::new("1 + 1"), ideal: RawText::new("2") };
        let body = body(n, &Content::Example(asked));
        let key = author(who).pseudonym(&self.founding.community());
        let like = self.certified(1, body.clone()).header.header().clone();
        let header = Header { author: key.public(), revises: revises.map(Certified::id), nonce: None, ..like };
        let header = SignedHeader::verify(&header.sign(&key)).unwrap();
        let certificate = self.certificate_under(charter, &header, 0);
        Certified { header, body, certificate }
    }

    /// An example that says `text`, under a licence and a preference.
    pub fn says(&self, n: u8, text: &str, licence: Licence, preference: &str) -> Certified {
        let said = Example { prompt: RawText::new(text), ideal: RawText::new("I see.") };
        self.with_content(n, Content::Example(said), licence, preference)
    }

    /// A profile, under a licence and a preference.
    pub fn profile(&self, n: u8, licence: Licence, preference: &str) -> Certified {
        let profile = Profile { name: RawText::new("Tuesday"), about: None };
        self.with_content(n, Content::Profile(profile), licence, preference)
    }

    /// A profile of the author `n` with this name, signed so many hours after 1970.
    pub fn named_at(&self, n: u8, name: &str, hour: i64) -> Certified {
        let content = Content::Profile(Profile { name: RawText::new(name), about: None });
        let made = self.with_content(n, content, Licence::Cc0, "train-ai=y");
        let header = Header { time: HourTime::hour(hour * 3600), ..made.header.header().clone() };
        let header = SignedHeader::verify(&header.sign(&author(n).pseudonym(&header.community))).unwrap();
        Certified { certificate: self.certificate(&header, 0), header, ..made }
    }

    /// A record of the author `n` with this content, under a licence and a preference.
    pub fn with_content(&self, n: u8, content: Content<RawText>, licence: Licence, preference: &str) -> Certified {
        self.with_body(n, body(n, &content), licence, preference)
    }

    /// A record of the author `n` with these bytes as its body, under a licence and a preference.
    pub fn with_body(&self, n: u8, body: Vec<u8>, licence: Licence, preference: &str) -> Certified {
        let key = author(n).pseudonym(&self.founding.community());
        let like = self.certified(5, body.clone()).header.header().clone();
        let preference = Preference::read(preference).unwrap();
        let header = Header { author: key.public(), licence, preference, ..like };
        let header = SignedHeader::verify(&header.sign(&key)).unwrap();
        let certificate = self.certificate(&header, 0);
        Certified { header, body, certificate }
    }

    /// A note about a record.
    pub fn note(&self, n: u8, about: &Certified, charter: &Charter) -> Certified {
        let body = body(n, &Content::Note(Note { text: RawText::new("Well put.") }));
        let key = author(n).pseudonym(&self.founding.community());
        let like = self.example(n, n, None, charter).header.header().clone();
        let (size_class, cid) = (SizeClass::of(body.len()), Cid::of_cbor(&body));
        let header = Header { about: Some(about.id()), size_class, body: cid, ..like };
        let header = SignedHeader::verify(&header.sign(&key)).unwrap();
        let certificate = self.certificate_under(charter, &header, 0);
        Certified { header, body, certificate }
    }

    /// A certificate by the validators from `first` on.
    pub fn certificate(&self, header: &SignedHeader, first: usize) -> Vec<u8> {
        self.certificate_under(self.founding.charter(), header, first)
    }

    fn certificate_under(&self, charter: &Charter, header: &SignedHeader, first: usize) -> Vec<u8> {
        let community = self.founding.community();
        let entries = [Entry { record: header.id(), verdict: Verdict::Accept }];
        let accept = |seed: &Seed| {
            let batch = Batch::sign(community, charter.id(), 1, &entries, &seed.validator());
            Acceptance::of(&Batch::verify(&batch).unwrap(), 0).unwrap()
        };
        let acceptances = self.seeds[first..charter.validators.len()].iter().map(accept).collect();
        Certificate::form(header.id(), header.header().time, charter, acceptances).unwrap().bytes().to_vec()
    }

    /// One certified record of each kind, an unknown one included.
    pub fn records(&self) -> Vec<Certified> {
        (0u8..).zip(bodies()).map(|(n, body)| self.certified(n, body)).collect()
    }

    /// Chats and pairs as trainers take them, and some of which they can take only a part or nothing.
    pub fn talks(&self) -> Vec<Certified> {
        let talks = (20u8..).zip(talks());
        talks.map(|(n, content)| self.with_content(n, content, Licence::Cc0, "train-ai=y")).collect()
    }

    /// A store that holds the founding and certified records.
    pub fn store<'a>(&self, records: impl IntoIterator<Item = &'a Certified>) -> MemoryStore {
        let mut blocks = vec![(self.founding.cid(), self.founding.bytes().to_vec())];
        records.into_iter().for_each(|one| blocks.extend(one.blocks()));
        store_of(&blocks)
    }

    pub fn export(&self, store: &MemoryStore, out: &Path) -> Result<ExportSummary, ExportError> {
        self.export_release(store, out, None)
    }

    pub fn export_release(
        &self,
        store: &MemoryStore,
        out: &Path,
        release: Option<Which>,
    ) -> Result<ExportSummary, ExportError> {
        let options = ExportOptions { replace: true, release, ..ExportOptions::to(out.to_owned()) };
        export(&source(store, self, TERMS), &[], &options, &mut |_, _| {})
    }
}

/// A community as a ledger knows it.
pub fn source<'a, L>(ledger: &'a L, commons: &'a Commons, terms: &'a str) -> Source<'a, L> {
    Source { ledger, founding: &commons.founding, terms }
}

/// A store that holds these blocks on its certified shelf, put there one by one.
pub fn store_of<'a>(blocks: impl IntoIterator<Item = &'a (Cid, Vec<u8>)>) -> MemoryStore {
    let mut store = MemoryStore::new(index::derive);
    for (cid, block) in blocks {
        let mut change = Change::default();
        change.put(Shelf::Certified, *cid, block.clone());
        store.commit(&change).unwrap();
    }
    store
}

fn ruleset() -> Cid {
    *commonwheel_config::ruleset::builtin().id()
}

/// A body of each known kind, with every optional field, and one of a kind to come.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<_> = (0u8..).zip(contents()).map(|(n, content)| body(n, &content)).collect();
    bodies.push(encode(&Node::map([
        ("kind", Some(Node::text("hologram"))),
        ("salt", Some(Node::bytes([200; 32]))),
        ("layers", Some(Node::List(vec![Node::bytes([1, 2, 3]), Cid::of_cbor(b"layer").into(), Node::Null]))),
        ("depth", Some(Node::Int(-3))),
    ])));
    bodies
}

fn body(n: u8, content: &Content<RawText>) -> Vec<u8> {
    let ruleset = commonwheel_config::ruleset::builtin();
    let mut redactor = Redactor::new(&ruleset);
    let mut redact = |text: &RawText| redactor.redact(text).text;
    let mut own = |text: &str| redact(&RawText::new(text));
    let body: Body<Redacted> = Body {
        salt: Salt([n; 32]),
        // One title that a spreadsheet would compute.
        title: Some(own(if n == 29 { "=1+1" } else { "A title" })),
        language: Some("pt-BR".into()),
        tags: vec![own("maths"), own("ünïcode \u{2028}")],
        model: Some(own("llama3.2:3b")),
        preference_given: "train-ai=n;exceptions=cc-cr, search=y".into(),
        vocabulary: Vocabulary::CURRENT,
        rights: vec![
            Right::OwnWork,
            Right::ModelOutput(Some(own("llama3.2:3b"))),
            Right::ThirdParty { source: own("a book"), licence: own("CC0-1.0") },
        ],
        assurances: Assurances { of_age: true, has_rights: true, no_sensitive_data: true },
        redactions: BTreeMap::from([("email".to_owned(), 2)]),
        false_alarms: 1,
        attribution: Some(own("The Tuesday Club")),
        imported_from: Some("openai".into()),
        ext: BTreeMap::from([("x".into(), Node::map([("/", Some(Node::bytes([7])))]))]),
        content: content.map(&mut redact),
    };
    body.to_bytes().unwrap()
}

/// The contents of [`Commons::talks`].
pub fn talks() -> Vec<Content<RawText>> {
    let said = |role, text: &str| Message::new(role, RawText::new(text));
    let judged = |label, text: &str| Message { label: Some(label), ..said(Role::Assistant, text) };
    let (asked, answered) = (said(Role::User, "Which tea?"), said(Role::Assistant, "Green.\n\tWith \\ \"milk\""));
    let thanks = said(Role::User, "Thanks \u{2028}\u{1}");
    let chat = |label, messages: Vec<Message<RawText>>| Content::Chat(Chat { messages, label, note: None });
    let pair = |prompt: Vec<Message<RawText>>, chosen: &str| {
        let (chosen, rejected) = (RawText::new(chosen), RawText::new("None."));
        Content::Preference(PreferencePair { prompt, chosen, rejected, note: None })
    };
    let system = said(Role::System, "Be brief.");
    vec![
        chat(Label::Good, vec![asked.clone(), answered.clone()]),
        chat(Label::Fail, vec![asked.clone(), answered.clone()]),
        chat(Label::Good, vec![system.clone(), asked.clone(), answered.clone(), thanks.clone()]),
        chat(Label::Good, vec![asked.clone(), judged(Label::Fail, "None."), thanks, judged(Label::Good, "Green.")]),
        chat(Label::Good, vec![asked.clone(), said(Role::Tool, "2 teas"), answered.clone()]),
        pair(vec![asked.clone()], "Green.\nOr white: both."),
        pair(vec![asked.clone(), answered, asked.clone()], "Green."),
        pair(vec![system, asked.clone()], "Green."),
        pair(vec![asked], "Green.\nHuman: more?"),
        Content::Example(Example { prompt: RawText::new("1 + 1"), ideal: RawText::new("2") }),
    ]
}

fn contents() -> Vec<Content<RawText>> {
    let text = |text: &str| RawText::new(text);
    let messages = || {
        vec![
            Message::new(Role::System, text("Be brief.")),
            Message::new(Role::User, text("Où est \"la gare\" ?\n\t😀")),
            Message {
                label: Some(Label::Good),
                rating: Some(7),
                model: Some(text("other")),
                ..Message::new(Role::Assistant, text("Là-bas. \u{0}\u{7f}\\"))
            },
        ]
    };
    let note = || Some(text("because"));
    vec![
        Content::Chat(Chat { messages: messages(), label: Label::Fail, note: note() }),
        Content::Correction(Correction { message: Some(2), corrected: text("Ici."), note: note() }),
        Content::Preference(PreferencePair {
            prompt: messages(),
            chosen: text("A"),
            rejected: text("B"),
            note: note(),
        }),
        Content::Example(Example { prompt: text("1 + 1"), ideal: text("2") }),
        Content::Rubric(RubricRatings {
            messages: messages(),
            criteria: vec![Criterion { name: text("clear"), score: 3, max: 5, note: note() }],
        }),
        Content::Feedback(Feedback {
            messages: messages(),
            answers: vec![Answer { question: text("Useful?"), answer: text("Yes") }],
            rating: Some(9),
        }),
        Content::Code(CodeWithTests {
            prompt: text("Add"),
            programming_language: text("rust"),
            code: text("fn add() {}"),
            tests: text("add();"),
        }),
        Content::Translation(TranslationPair {
            source_language: "en".into(),
            target_language: "eu".into(),
            source: text("Hello"),
            target: text("Kaixo"),
            note: note(),
        }),
        Content::Profile(Profile { name: text("Tuesday"), about: note() }),
    ]
}
