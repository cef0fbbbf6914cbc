use super::*;
use crate::contribute::prepare::{Rules, prepare};
use crate::import::{Format, Item};
use commonwheel_protocol::record::content::{Chat, Label};
use commonwheel_protocol::redact::Terms;
use commonwheel_protocol::text::RawText;

fn notes(user: &str, assistant: &str) -> Notes {
    let ruleset = commonwheel_config::ruleset::builtin();
    let message = |role, text: &str| Message::new(role, RawText::new(text));
    let messages = vec![message(Role::User, user), message(Role::Assistant, assistant)];
    let item = Item::new(Format::OpenAiChat, Content::Chat(Chat { messages, label: Label::Good, note: None }));
    let terms = Terms::none();
    Notes::of(&prepare(&item, Rules { ruleset: &ruleset, terms: &terms }), &ruleset)
}

#[test]
fn the_person_is_told_what_was_seen_where_and_what_is_done_about_it() {
    let notes = notes("I was diagnosed with asthma.", "I'm sorry. Here is my fingerprint template.");
    let lines = notes.lines(Some(&RiskPolicy::usual()));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("medical: ") && lines[0].contains("“I was diagnosed"), "{}", lines[0]);
    assert!(lines[0].ends_with("here: waits for a person to look"), "{}", lines[0]);
    assert!(lines[1].starts_with("biometric: ") && lines[1].ends_with("here: not taken"), "{}", lines[1]);
    assert!(!notes.lines(None)[0].contains("here:"));
    let why = blocked(notes.risks.keys().copied(), &RiskPolicy::usual()).expect("it is blocked");
    assert!(why.contains("biometric") && !why.contains("medical"), "{why}");
    assert_eq!(blocked([RiskClass::Medical], &RiskPolicy::usual()), None);
}

#[test]
fn clues_are_looked_for_in_the_persons_own_words_alone() {
    let details = "I'm 52 years old, I live in a village and I work as a beekeeper.";
    assert_eq!(notes("Hello", details).clues, BTreeMap::new());
    let own = notes(details, "Hello");
    assert_eq!(own.clues.keys().copied().collect::<Vec<_>>(), [ClueKind::Details]);
    assert!(own.lines(None)[0].starts_with("could tell who wrote it: "), "{:?}", own.lines(None));
}
