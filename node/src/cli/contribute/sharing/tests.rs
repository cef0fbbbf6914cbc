//! What leaves, and what does not, before consent.

use super::super::decide::{ChoiceArgs, decide};
use super::super::release;
use super::*;
use crate::cli::output::Output;
use crate::community;
use crate::contribute::Rules;
use crate::contribute::prepare::prepare;
use crate::home::Home;
use crate::import::{Format, Item};
use commonwheel_protocol::record::content::{Content, Example, Label};
use commonwheel_protocol::redact::Terms;
use commonwheel_protocol::text::RawText;

#[test]
fn a_full_batch_waits_for_consent_before_it_leaves() {
    let (folder, community) = community::testing::founded();
    let context = Context { home: Home::at(folder.path()), out: Output { json: true } };
    let seed = keys::create(&context.home, None).unwrap();
    let ruleset = commonwheel_config::ruleset::builtin();
    let charter = community.founding.charter();
    let choices = decide(&ChoiceArgs::default(), charter, &community.id(), &context).unwrap().choices;
    let args = ShareArgs { again: false, yes: false, until: deliver::Until::Signed, timeout: 0, later: None };
    let run = Run { context: &context, args: &args, community: &community, charter, seed: &seed, ruleset: &ruleset };
    let terms = Terms::none();
    let rules = Rules { ruleset: &ruleset, terms: &terms };
    let interview = Interview::of_all(rules, Label::Good, context.out);
    let mut sharing = Sharing::begin(run, choices, Some(interview), 1000).unwrap();
    let mut take = |number: usize| {
        let text = || RawText::new(format!("number {number}"));
        let item = Item::new(Format::Commonwheel, Content::Example(Example { prompt: text(), ideal: text() }));
        sharing.take(number, prepare(&item, rules), Origin { file: 0, name: "file", position: "line" })
    };
    assert!((1..BATCH_RECORDS).all(|number| take(number).is_ok_and(|flow| flow.is_continue())));
    // There is nobody to consent here.
    let error = take(BATCH_RECORDS).unwrap_err().to_string();
    assert!(error.contains("Sign and share?"), "{error}");
    assert!(sharing.session.is_none() && sharing.ready.len() == BATCH_RECORDS);
    assert!(!community.folder.join("shared.txt").exists(), "nothing counts as shared");
}

#[test]
fn what_the_community_blocks_is_not_signed_and_counts_as_not_shared() {
    let (folder, community) = community::testing::founded();
    let context = Context { home: Home::at(folder.path()), out: Output { json: true } };
    let seed = keys::create(&context.home, None).unwrap();
    let mut charter = community.founding.charter().clone();
    charter.risks = RiskPolicy::usual();
    let ruleset = commonwheel_config::ruleset::builtin();
    let choices = decide(&ChoiceArgs::default(), &charter, &community.id(), &context).unwrap().choices;
    let args = ShareArgs { again: false, yes: false, until: deliver::Until::Signed, timeout: 0, later: None };
    let run = Run {
        context: &context,
        args: &args,
        community: &community,
        charter: &charter,
        seed: &seed,
        ruleset: &ruleset,
    };
    let terms = Terms::none();
    let rules = Rules { ruleset: &ruleset, terms: &terms };
    let interview = Interview::of_all(rules, Label::Good, context.out);
    let mut sharing = Sharing::begin(run, choices, Some(interview), 3).unwrap();
    for text in ["Here is my fingerprint template.", "I was diagnosed with asthma.", "Tea with milk."] {
        let item = Item::new(
            Format::Commonwheel,
            Content::Example(Example { prompt: RawText::new(text), ideal: RawText::new("So") }),
        );
        let origin = Origin { file: 0, name: "file", position: text };
        assert!(sharing.take(1, prepare(&item, rules), origin).is_ok_and(|flow| flow.is_continue()));
    }
    assert_eq!(sharing.ready.len(), 2, "what waits for a person is signed");
    assert_eq!(sharing.outcome.failed.len(), 1);
    let failed = &sharing.outcome.failed[0];
    assert!(failed.contains("biometric") && failed.contains("nothing of it was signed"), "{failed}");
    assert_eq!(sharing.said, [RiskClass::Medical, RiskClass::Biometric].into());
}

#[test]
fn an_item_in_quarantine_is_not_released_without_consent() {
    let (folder, community) = community::testing::founded();
    let context = Context { home: Home::at(folder.path()), out: Output { json: true } };
    let seed = keys::create(&context.home, None).unwrap();
    community.accept_terms(&community.founding.charter().terms, 0).unwrap();
    let held = Held {
        community: community.id().to_string(),
        origin: "file, line 1".into(),
        format: "commonwheel".into(),
        findings: 6,
        body: String::new(),
        licence: "CC-BY-4.0".into(),
        preference: "train-ai=n".into(),
        mode: "pseudonym".into(),
        corrects: None,
        about: None,
        revises: None,
        due: None,
        digest: String::new(),
    };
    // There is nobody to consent here.
    let error = release(&context, &held, (Vec::new(), 0), false, &seed).unwrap_err().to_string();
    assert!(error.contains("Sign and share?"), "{error}");
}

#[test]
fn a_run_of_which_validators_refuse_something_does_not_end_as_done() {
    let record = |state, reason: Option<&str>| SharedRecord {
        id: String::new(),
        origin: String::new(),
        held_by: vec!["Ada".into()],
        state,
        reason: reason.map(str::to_owned),
        false_alarms: 0,
    };
    let code = |shared| Outcome { shared, ..Outcome::default() }.exit_code(deliver::Until::Signed);
    assert_eq!(code(vec![record("accepted", None), record("waiting", Some("one validator says no"))]), 0);
    assert_eq!(code(vec![record("accepted", None), record("refused", Some("the licence"))]), 3);
    assert_eq!(code(vec![record("refused", Some("the licence"))]), 1);
    let held_back = |shared| {
        Outcome { shared, quarantined: vec!["an item".into()], ..Outcome::default() }.exit_code(deliver::Until::Signed)
    };
    assert_eq!((held_back(vec![]), held_back(vec![record("accepted", None)])), (3, 3));
}
