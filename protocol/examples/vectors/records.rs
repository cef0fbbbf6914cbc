//! Bodies of every kind, and headers.

use super::tools::{Break, broken, file, invalid, oversized, resealed, valid_with, with};
use super::world::{NOW_S, World};
use commonwheel_protocol::bytes::{Cid, Codec, Node};
use commonwheel_protocol::limits::{BODY_BYTES, HEADER_BYTES, NOTE_BYTES, SHORT_TEXT_BYTES, TAGS};
use commonwheel_protocol::record::body::Right;
use commonwheel_protocol::record::content::*;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::record::{Header, RecordId, SignedHeader};
use commonwheel_protocol::sign::Domain;
use commonwheel_protocol::text::Redacted;
use serde_json::{Value, json};

/// One content of every kind.
pub fn contents(world: &World) -> Vec<Content<Redacted>> {
    let text = |text: &str| world.clean(text);
    let ask = || Message::new(Role::User, text("Soma 2 e 3."));
    vec![
        world.chat(),
        Content::Correction(Correction { message: Some(1), corrected: text("5"), note: Some(text("It said 6.")) }),
        Content::Preference(PreferencePair {
            prompt: vec![ask()],
            chosen: text("5"),
            rejected: text("6"),
            note: Some(text("The sum is 5.")),
        }),
        Content::Example(Example { prompt: text("2 + 3?"), ideal: text("5") }),
        Content::Rubric(RubricRatings {
            messages: vec![ask(), Message::new(Role::Assistant, text("5"))],
            criteria: vec![
                Criterion { name: text("correct"), score: 4, max: 4, note: None },
                Criterion { name: text("polite"), score: 0, max: 100, note: Some(text("Curt.")) },
            ],
        }),
        Content::Feedback(Feedback {
            messages: vec![],
            answers: vec![Answer { question: text("What was missing?"), answer: text("Sources.") }],
            rating: Some(7),
        }),
        Content::Code(CodeWithTests {
            prompt: text("Add two numbers."),
            programming_language: text("python"),
            code: text("def add(a, b):\n    return a + b\n"),
            tests: text("assert add(2, 3) == 5\n"),
        }),
        Content::Translation(TranslationPair {
            source_language: "en".into(),
            target_language: "pt-BR".into(),
            source: text("A commons."),
            target: text("Um bem comum."),
            note: None,
        }),
        Content::Profile(Profile { name: text("Ana of the bakery"), about: Some(text("Bakes.")) }),
        Content::Note(Note { text: text("The sum is right, the unit is not.") }),
        Content::Petition(Petition { text: text("For evaluation alone, please."), asks: Asks::EvaluationOnly }),
    ]
}

/// A body in which everything that may be there is.
fn full(world: &World) -> Vec<u8> {
    let text = |text: &str| world.clean(text);
    let content = Content::Chat(Chat {
        messages: vec![
            Message::new(Role::System, text("Be brief.")),
            Message::new(Role::User, text("Write to ana@example.org.")),
            Message {
                role: Role::Assistant,
                text: text("Done."),
                model: Some(text("open-model-2")),
                label: Some(Label::Fail),
                rating: Some(1),
            },
            Message { rating: Some(10), ..Message::new(Role::Tool, text("")) },
        ],
        label: Label::Fail,
        note: Some(text("It did not write.")),
    });
    let mut body = world.body(2, content);
    body.title = Some(text("A letter"));
    body.language = Some("en-GB".into());
    body.tags = vec![text("mail"), text("short")];
    body.model = Some(text("open-model-1"));
    body.rights = vec![
        Right::OwnWork,
        Right::ModelOutput(None),
        Right::ModelOutput(Some(text("open-model-1"))),
        Right::ThirdParty { source: text("https://example.org/"), licence: text("CC0-1.0") },
    ];
    body.redactions = [("email".to_owned(), 1)].into();
    body.false_alarms = 1;
    body.attribution = Some(text("Ana"));
    body.imported_from = Some("open-webui".into());
    body.ext = [("anything".into(), Node::List(vec![Node::Null, 1.into()]))].into();
    body.to_bytes().expect("a small body")
}

/// `bodies.json`
pub fn bodies(world: &World) -> Value {
    let all: Vec<_> = contents(world)
        .into_iter()
        .map(|content| (content.kind(), world.body(1, content).to_bytes().expect("a small body")))
        .collect();
    let of = |kind: &str| &all.iter().find(|(name, _)| *name == kind).expect("every kind is there").1[..];
    let mut vectors: Vec<_> =
        all.iter().map(|(kind, bytes)| valid_with(kind, bytes, json!({ "kind": kind }))).collect();
    let full = full(world);
    vectors.push(valid_with("a chat with everything that may be there", &full, json!({ "kind": "chat" })));
    let text = |length: usize| Some(Node::text("x".repeat(length)));
    let int = |value: i64| Some(Node::Int(value));
    let list = |items: Vec<Node>| Some(Node::List(items));
    let empty = || Some(Node::map([]));
    let cases: Vec<Break> = vec![
        ("not a map", of("chat"), &[], int(1), "field-not-a-map"),
        ("a kind of a later version", of("chat"), &["kind"], Some(Node::text("video")), "body-unknown-kind"),
        ("without salt", of("chat"), &["salt"], None, "field-missing:salt"),
        ("a short salt", of("chat"), &["salt"], Some(Node::bytes([0; 31])), "field-value:salt"),
        ("a salt in text", of("chat"), &["salt"], text(32), "field-type:salt"),
        ("an unknown field", of("chat"), &["colour"], int(1), "field-unknown"),
        ("an unknown field in a message", of("chat"), &["messages", "0", "name"], text(3), "field-unknown"),
        ("ext that is no map", of("chat"), &["ext"], list(vec![int(1).expect("a node")]), "field-type:ext"),
        ("ext that is empty", of("chat"), &["ext"], empty(), "field-value:ext"),
        ("tags that are empty", of("chat"), &["tags"], list(vec![]), "field-value:tags"),
        ("one tag too many", of("chat"), &["tags"], list(vec![Node::text("t"); TAGS + 1]), "field-value:tags"),
        ("a title too long", of("chat"), &["title"], text(SHORT_TEXT_BYTES + 1), "field-value:title"),
        ("no language tag", of("chat"), &["language"], Some(Node::text("english_uk")), "field-value:language"),
        ("no messages", of("chat"), &["messages"], None, "field-value:messages"),
        ("messages that are empty", of("feedback"), &["messages"], list(vec![]), "field-value:messages"),
        ("a label that is not known", of("chat"), &["label"], Some(Node::text("bad")), "field-value:label"),
        (
            "a role that is not known",
            of("chat"),
            &["messages", "0", "role"],
            Some(Node::text("bot")),
            "field-value:role",
        ),
        ("a rating of 0", &full, &["messages", "2", "rating"], int(0), "field-value:rating"),
        ("a rating of 11", of("feedback"), &["rating"], int(11), "field-value:rating"),
        ("a note too long", of("correction"), &["note"], text(NOTE_BYTES + 1), "field-value:note"),
        (
            "a message index past any message",
            of("correction"),
            &["message_index"],
            int(4096),
            "field-value:message_index",
        ),
        ("without the better answer", of("preference"), &["chosen"], None, "field-missing:chosen"),
        ("an ideal answer that is a list", of("example"), &["ideal"], list(vec![]), "field-type:ideal"),
        ("a score above its maximum", of("rubric"), &["criteria", "0", "score"], int(5), "field-value:score"),
        ("a maximum of 101", of("rubric"), &["criteria", "0", "max"], int(101), "field-value:max"),
        ("no criteria", of("rubric"), &["criteria"], list(vec![]), "field-value:criteria"),
        ("no answers", of("feedback"), &["answers"], list(vec![]), "field-value:answers"),
        ("without tests", of("code"), &["tests"], None, "field-missing:tests"),
        ("without a target language", of("translation"), &["target_language"], None, "field-missing:target_language"),
        ("a name too long", of("profile"), &["name"], text(SHORT_TEXT_BYTES + 1), "field-value:name"),
        ("a text of a note too long", of("note"), &["text"], text(NOTE_BYTES + 1), "field-value:text"),
        ("a note without text", of("note"), &["text"], None, "field-missing:text"),
        ("a petition for what is not on the list", of("petition"), &["asks"], text(3), "field-value:asks"),
        ("a note that asks", of("note"), &["asks"], Some(Node::text("freeze")), "field-unknown"),
        ("no rights", of("chat"), &["rights"], list(vec![]), "field-value:rights"),
        ("a right of nobody", of("chat"), &["rights", "0", "by"], Some(Node::text("them")), "field-value:by"),
        ("third-party work without licence", &full, &["rights", "3", "licence"], None, "field-missing:licence"),
        ("without one of the assurances", of("chat"), &["assurances", "of_age"], None, "field-missing:of_age"),
        ("an assurance that is a number", of("chat"), &["assurances", "of_age"], int(1), "field-type:of_age"),
        ("a redaction counted 0 times", &full, &["redactions", "email"], int(0), "field-value:redactions"),
        ("redactions that are empty", of("chat"), &["redactions"], empty(), "field-value:redactions"),
        ("no false alarms, written out", of("chat"), &["false_alarms"], int(0), "field-value:false_alarms"),
        (
            "another vocabulary",
            of("chat"),
            &["vocabulary"],
            Some(Node::text("ietf-aipref-99")),
            "field-value:vocabulary",
        ),
        ("a preference that names nothing", of("chat"), &["preference_given"], text(3), "field-value:preference_given"),
    ];
    vectors.extend(broken(cases));
    vectors.push(invalid("a byte follows", &[of("chat"), &[0]].concat(), "cbor-trailing"));
    vectors.push(oversized("larger than any body", BODY_BYTES + 1, "body-oversized"));
    file("body", Value::Null, vectors)
}

/// `headers.json`
pub fn headers(world: &World) -> Value {
    let (named, body) = world.record();
    let id = SignedHeader::verify(&named).expect("the generator's own header").id();
    let pseudonym = world.author.pseudonym(&world.community);
    let (anonymous_key, nonce) = world.anonymous();
    let plain = world.header(&body);
    let as_pseudonym = Header { author: pseudonym.public(), ..plain.clone() };
    let anonymous =
        Header { author: anonymous_key.public(), nonce: Some(nonce), time: HourTime::day(NOW_S), ..plain.clone() };
    let by_hour = Header { time: HourTime::hour(NOW_S), ..anonymous.clone() };
    let revision = Header { revises: Some(id), ..plain.clone() };
    let correction = Header { corrects: Some(id), ..as_pseudonym.clone() };
    let about = Header { about: Some(id), ..as_pseudonym.clone() };
    let good = |name: &str, bytes: &[u8], author: &Header| {
        let facts = json!({ "author": author.author.to_string(), "most_body_bytes": author.size_class.max_bytes() });
        valid_with(name, bytes, facts)
    };
    let key = world.named();
    let mut vectors = vec![
        good("named", &named, &plain),
        good("pseudonym", &as_pseudonym.sign(&pseudonym), &as_pseudonym),
        good("anonymous", &anonymous.sign(&anonymous_key), &anonymous),
        good("a revision", &revision.sign(&key), &revision),
        good("a correction of another's record", &correction.sign(&pseudonym), &correction),
        good("about another's record", &about.sign(&pseudonym), &about),
    ];
    let int = |value: i64| Some(Node::Int(value));
    let text = |text: &str| Some(Node::text(text));
    let cbor = Some(Node::Link(Cid::of_cbor(b"terms")));
    let raw = Some(Node::Link(Cid::of(Codec::Raw, b"no record")));
    let cases: Vec<(&str, &[&str], Option<Node>, &str)> = vec![
        ("ext is not for headers", &["ext"], Some(Node::map([("a", int(1))])), "field-unknown"),
        ("an unknown field", &["title"], text("x"), "field-unknown"),
        ("another format version", &["v"], int(2), "field-value:v"),
        ("without a body", &["body"], None, "field-missing:body"),
        ("a body that is raw", &["body"], raw.clone(), "field-value:body"),
        ("a body that is no link", &["body"], Some(Node::bytes(Cid::of_cbor(b"b").to_bytes())), "field-type:body"),
        ("a community that is raw", &["community"], raw.clone(), "field-value:community"),
        ("terms that are dag-cbor", &["terms"], cbor.clone(), "field-value:terms"),
        ("a ruleset that is dag-cbor", &["ruleset"], cbor, "field-value:ruleset"),
        ("revises what cannot be a record", &["revises"], raw.clone(), "field-value:revises"),
        ("corrects what cannot be a record", &["corrects"], raw.clone(), "field-value:corrects"),
        ("is about what cannot be a record", &["about"], raw, "field-value:about"),
        ("a licence that is not on the list", &["licence"], text("GPL-3.0-only"), "field-value:licence"),
        ("a licence in another case", &["licence"], text("cc0-1.0"), "field-value:licence"),
        ("a preference that is not canonical", &["preference"], text("train-ai=y, search=y"), "field-value:preference"),
        ("a size class of 21", &["size_class"], int(21), "field-value:size_class"),
        ("a time within the hour", &["time"], int(NOW_S + 1), "field-value:time"),
        ("a time before 1970", &["time"], int(-3600), "field-value:time"),
        ("a short nonce", &["nonce"], Some(Node::bytes([0; 15])), "field-value:nonce"),
        ("another type", &["type"], text("receipt"), "field-value:type"),
    ];
    vectors.extend(
        cases
            .into_iter()
            .map(|(name, path, value, why)| invalid(name, &resealed(&named, Domain::Record, &key, path, value), why)),
    );
    vectors.extend([
        invalid("anonymous, by the hour", &by_hour.sign(&anonymous_key), "field-value:time"),
        invalid("changed after signing", &with(&named, &["payload", "time"], int(0)), "signature"),
        invalid(
            "signed by another key",
            &with(&named, &["payload", "author"], Some(Node::bytes(pseudonym.public().0))),
            "signature",
        ),
        invalid("a field beside the envelope's", &with(&named, &["ext"], int(1)), "field-unknown"),
        invalid(
            "a short signature",
            &with(&named, &["signature"], Some(Node::bytes([0; 63]))),
            "field-value:signature",
        ),
        invalid("without signature", &with(&named, &["signature"], None), "field-missing:signature"),
        invalid("cut off", &named[..named.len() - 1], "cbor-truncated"),
        oversized("larger than any header", HEADER_BYTES + 1, "header-oversized"),
    ]);
    file("header", Value::Null, vectors)
}

/// The same record id for every file that needs one.
pub fn some_record(world: &World) -> RecordId {
    SignedHeader::verify(&world.record().0).expect("the generator's own header").id()
}
