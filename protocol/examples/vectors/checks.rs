//! The machine checks: a header, its body, a charter, a ruleset and a moment give a verdict.

use super::records::some_record;
use super::tools::{file, hex, with};
use super::world::{NOW_S, RULESET, World};
use commonwheel_protocol::agreement::Action;
use commonwheel_protocol::bytes::{Cid, Codec, Node, encode};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::record::Header;
use commonwheel_protocol::record::content::{Asks, Content, Correction, Note, Petition};
use commonwheel_protocol::record::header::{HOUR_S, HourTime, SizeClass};
use commonwheel_protocol::redact::{CommunityPattern, RiskClass};
use serde_json::{Value, json};

/// `checks.json`
pub fn checks(world: &World) -> Value {
    let (_, body) = world.record();
    let correction = Content::Correction(Correction { message: None, corrected: world.clean("5"), note: None });
    let correction = world.body(3, correction).to_bytes().expect("a small body");
    let note = Content::Note(Note { text: world.clean("The unit is wrong.") });
    let note = world.body(4, note).to_bytes().expect("a small body");
    let petition = Content::Petition(Petition { text: world.clean("No new record, please."), asks: Asks::Freeze });
    let petition = world.body(5, petition).to_bytes().expect("a small body");
    let mut charter = world.charter.clone();
    charter.numbers.insert("body_bytes".into(), 1024);
    charter.patterns = vec![member_number()];
    charter.risks.set(RiskClass::Medical, Action::Review);
    charter.risks.set(RiskClass::Biometric, Action::Block);
    let header = |body: &[u8]| Header { ruleset: charter.ruleset_id(), ..world.header(body) };
    let plain = header(&body);
    let one = |name: &str, header: Header, body: &[u8], outcome: &str| {
        let header = header.sign(&world.named());
        json!({ "name": name, "header": hex(&header), "body": hex(body), "valid": true, "facts": { "outcome": outcome } })
    };
    let changed = |path: &[&str], value: Node| with(&body, path, Some(value));
    let over = |name: &str, body: &[u8], outcome: &str| one(name, header(body), body, outcome);
    let personal = changed(&["messages", "0", "content"], Node::text("Ask ana@example.org."));
    let hidden = changed(&["ext"], Node::map([("ana@example.org", Some(1.into()))]));
    let declared = with(&personal, &["false_alarms"], Some(1.into()));
    let too_many = with(&personal, &["false_alarms"], Some(2.into()));
    let says = |text: &str| changed(&["messages", "0", "content"], Node::text(text));
    let both = with(&says("My fingerprint template is at ana@example.org."), &["false_alarms"], Some(1.into()));
    let hours = |hours: i64| Header { time: HourTime::hour(NOW_S + hours * HOUR_S), ..plain.clone() };
    let corrects = |body: &[u8]| Header { corrects: Some(some_record(world)), ..header(body) };
    let about = |body: &[u8]| Header { about: Some(some_record(world)), ..header(body) };
    let large = vec![0; 2048];
    let old = Header { time: HourTime::hour(NOW_S - 9000 * HOUR_S), ..world.header(&body) };
    let since = |name: &str, header: Header, outcome: &str| {
        let mut vector = one(name, header, &body, outcome);
        vector["before"] = json!(hex(&world.charter.to_bytes()));
        vector
    };
    let vectors = vec![
        since("accepted by a predecessor long ago, by its ruleset", old.clone(), "accept"),
        since("by the new ruleset, long ago", Header { ruleset: charter.ruleset_id(), ..old.clone() }, "accept"),
        since("by no charter's terms", Header { terms: Cid::of(Codec::Raw, b"other"), ..old }, "reject:terms"),
        one("as it should be", plain.clone(), &body, "accept"),
        one("as old as allowed", hours(-744), &body, "accept"),
        one("an hour older", hours(-745), &body, "reject:time"),
        one("as early as allowed", hours(2), &body, "accept"),
        one("an hour earlier", hours(3), &body, "reject:time"),
        one(
            "a licence that the charter lacks",
            Header { licence: Licence::Mit, ..plain.clone() },
            &body,
            "reject:licence",
        ),
        one("other terms", Header { terms: Cid::of(Codec::Raw, b"other"), ..plain.clone() }, &body, "reject:terms"),
        one("the ruleset without the patterns", world.header(&body), &body, "reject:terms"),
        one(
            "another ruleset",
            Header { ruleset: Cid::of(Codec::Raw, b"other"), ..plain.clone() },
            &body,
            "reject:terms",
        ),
        one("another body", plain.clone(), &correction, "reject:size"),
        one("another size class", Header { size_class: SizeClass::of(1 << 20), ..plain.clone() }, &body, "reject:size"),
        one("larger than the charter allows", header(&large), &large, "reject:size"),
        over("not a body", &encode(&Node::Null), "reject:schema"),
        over("a kind of a later version", &changed(&["kind"], Node::text("video")), "reject:schema"),
        over("of age was not assured", &changed(&["assurances", "of_age"], false.into()), "reject:terms"),
        over(
            "another preference was given",
            &changed(&["preference_given"], Node::text("train-ai=n")),
            "reject:preference",
        ),
        one(
            "a preference that the body does not give",
            Header { preference: Preference::read("search=y").expect("known"), ..plain },
            &body,
            "reject:preference",
        ),
        over("a correction of nothing", &correction, "reject:schema"),
        one("a correction", corrects(&correction), &correction, "accept"),
        one("a chat that corrects", corrects(&body), &body, "reject:schema"),
        over("a note about nothing", &note, "reject:schema"),
        one("a note", about(&note), &note, "accept"),
        one("a note that corrects", corrects(&note), &note, "reject:schema"),
        over("a petition about nothing", &petition, "accept"),
        one("a petition about a record", about(&petition), &petition, "accept"),
        one("a chat about a record", about(&body), &body, "reject:schema"),
        over("an address", &personal, "reject:personal-data"),
        over("an address as a key in ext", &hidden, "reject:personal-data"),
        over("an address declared to be none", &declared, "quarantine:review"),
        over("more declared than found", &too_many, "reject:personal-data"),
        over("what the community's pattern finds", &says("I am RB-204881."), "reject:personal-data"),
        over("no word of its own, so not what the pattern finds", &says("It is XRB-2048811."), "accept"),
        over("a class for a person to look at", &says("I was DIAGNOSED with asthma."), "quarantine:review"),
        over("a class that is blocked", &says("This is my fingerprint template."), "reject:sensitive"),
        over("the stricter of two", &says("I was diagnosed with it. My fingerprint template:"), "reject:sensitive"),
        over("a class that is allowed, by its placeholder", &says("From [IP_1]."), "accept"),
        over("what is blocked in an address declared to be none", &both, "reject:sensitive"),
    ];
    let context = json!({ "charter": hex(&charter.to_bytes()), "ruleset": RULESET, "now_s": NOW_S });
    file("check", context, vectors)
}

/// The form of a community's member numbers.
pub fn member_number() -> CommunityPattern {
    CommunityPattern { label: "member-number".into(), pattern: "RB-[0-9]{6}".into() }
}
