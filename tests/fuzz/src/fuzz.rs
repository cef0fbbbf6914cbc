//! What must hold of the redactor for any bytes at all. `tests/fuzz/run.sh` builds and runs this.
#![no_main]

use commonwheel_config::ruleset::builtins;
use commonwheel_protocol::redact::{Redactor, Ruleset};
use commonwheel_protocol::text::RawText;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for ruleset in builtins() {
        found_in_order(&ruleset, &text);
        redacted_for_good(&ruleset, &text);
    }
});

/// Findings lie within the text, at boundaries of characters, in order, apart, and are the same again.
fn found_in_order(ruleset: &Ruleset, text: &str) {
    let findings = ruleset.find(text);
    let mut from = 0;
    for finding in &findings {
        let span = &finding.span;
        assert!(span.start >= from, "findings in order and apart; {span:?} begins before {from}: {text:?}");
        assert!(span.start < span.end, "no finding is empty; found {span:?}: {text:?}");
        assert!(text.get(span.clone()).is_some(), "findings between characters; found {span:?}: {text:?}");
        assert!((1..=100).contains(&finding.confidence), "confidence in percent; found {finding:?}: {text:?}");
        from = span.end;
    }
    assert_eq!(findings, ruleset.find(text), "the same text has the same findings: {text:?}");
}

/// The redacted text is the text with a placeholder for each finding, and nothing is found in it.
fn redacted_for_good(ruleset: &Ruleset, text: &str) {
    let mut redactor = Redactor::new(ruleset);
    let redaction = redactor.redact(&RawText::new(text));
    let redacted = redaction.text.as_str();
    let (mut from, mut at) = (0, 0);
    for mark in &redaction.marks {
        let kept = &text[from..mark.original.start];
        assert_eq!(Some(kept), redacted.get(at..mark.placeholder.start), "what is not found stays: {text:?}");
        let placeholder = &redacted[mark.placeholder.clone()];
        assert!(placeholder.starts_with('[') && placeholder.ends_with(']'), "found {placeholder:?}: {text:?}");
        (from, at) = (mark.original.end, mark.placeholder.end);
    }
    assert_eq!(text[from..], redacted[at..], "what is not found stays: {text:?}");
    assert_eq!(ruleset.second_pass(redacted), 0, "a second pass finds nothing in {redacted:?}: {text:?}");
    let again = Redactor::new(ruleset).redact(&RawText::new(redacted));
    assert_eq!(again.text.as_str(), redacted, "redacting again changes nothing: {text:?}");
}
