//! The machine checks that a validator makes before it signs. Version 2: version 1 knew no
//! classes of high risk.
//!
//! They may look at a body, a clock and a charter; the state function may not (see
//! [`super::state`]), which is why their outcome is a verdict and never a rule of validity.

use super::attestation::{Class, Verdict};
use super::charter::Charter;
use super::policy::Action;
use crate::bytes::DecodeError;
use crate::preference::Preference;
use crate::record::header::HOUR_S;
use crate::record::{Body, BodyError, SignedHeader, body};
use crate::redact::{RiskClass, Ruleset};
use std::collections::BTreeMap;

/// Why a record is not accepted: the verdict for everyone, the detail for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is attested.
    pub verdict: Verdict,
    /// What was expected, what was found, what to do. Holds no text of the record.
    pub detail: String,
}

/// The charter's and the moment's demands on a record.
pub struct Demands<'a> {
    /// The charter under which the validator signs.
    pub charter: &'a Charter,
    /// The charter before it under which the record was accepted already: its terms, its ruleset and its time
    /// are as they were then.
    pub before: Option<&'a Charter>,
    /// The charter's ruleset, with its patterns.
    pub ruleset: &'a Ruleset,
    /// Seconds since 1970.
    pub now_s: i64,
}

/// Checks a header with its body.
///
/// # Errors
/// The first demand that is not met.
pub fn check(header: &SignedHeader, body: &[u8], demands: &Demands) -> Result<(), Failure> {
    let charter = demands.charter;
    check_header(header, demands)?;
    if body.len() as i64 > charter.number("body_bytes") || !header.commits_to(body) {
        let most = charter.number("body_bytes");
        return reject(
            Class::Size,
            format!("expected the body that the header names, at most {most} bytes; found {}", body.len()),
        );
    }
    let parsed = Body::<String>::verify(body).map_err(|error| match error {
        BodyError::Oversized(_) => failure(Class::Size, error.to_string()),
        _ => failure(Class::Schema, error.to_string()),
    })?;
    if !parsed.assurances.complete() {
        return reject(Class::Terms, "expected the three assurances given with consent".into());
    }
    if Preference::read(&parsed.preference_given).as_ref() != Ok(&header.header().preference) {
        return reject(Class::Preference, "the preference given and the header's canonical one differ".into());
    }
    let kind_needs_link = parsed.content.kind() == "correction";
    if kind_needs_link != header.header().corrects.is_some() {
        return reject(Class::Schema, "a correction, and nothing else, names the record that it corrects".into());
    }
    second_pass(body, parsed.false_alarms, demands.ruleset)?;
    high_risk(body, demands)?;
    match parsed.false_alarms {
        0 => Ok(()),
        declared => quarantine(format!("{declared} declared false alarm(s) wait for a person to look")),
    }
}

/// The classes of high risk that the texts of a body are of, each with how sure that is, in percent. What
/// validators go by: a contributor who looks before signing sees the same.
///
/// # Errors
/// When the bytes are not canonical.
pub fn risks(body: &[u8], ruleset: &Ruleset) -> Result<BTreeMap<RiskClass, u8>, DecodeError> {
    let mut found = BTreeMap::new();
    body::every_text(body, &mut |text| {
        for risk in ruleset.risks(text) {
            let sure: &mut u8 = found.entry(risk.class).or_default();
            *sure = risk.confidence.max(*sure);
        }
    })?;
    Ok(found)
}

fn check_header(header: &SignedHeader, demands: &Demands) -> Result<(), Failure> {
    let (header, charter) = (header.header(), demands.charter);
    if !charter.licences.contains(&header.licence) {
        let allowed: Vec<_> = charter.licences.iter().map(|licence| licence.spdx()).collect();
        return reject(Class::Licence, format!("expected one of {}; found {}", allowed.join(", "), header.licence));
    }
    let known = |named: fn(&Charter) -> crate::bytes::Cid, found: crate::bytes::Cid| {
        named(charter) == found || demands.before.is_some_and(|before| named(before) == found)
    };
    if !known(|charter| charter.terms, header.terms) {
        return reject(Class::Terms, "expected the charter's current terms; read and accept them again".into());
    }
    if !known(Charter::ruleset_id, header.ruleset) {
        return reject(Class::Terms, "expected the charter's ruleset; redact the text again with it".into());
    }
    let age_hours = (demands.now_s - header.time.unix_s()).div_euclid(HOUR_S);
    let (past, future) = (charter.number("past_hours"), charter.number("future_hours"));
    if demands.before.is_none() && (age_hours > past || -age_hours > future) {
        return reject(
            Class::Time,
            format!("expected a time at most {past} h past or {future} h ahead; found {age_hours} h past"),
        );
    }
    Ok(())
}

fn second_pass(body: &[u8], declared: i64, ruleset: &Ruleset) -> Result<(), Failure> {
    let mut found = 0i64;
    body::every_text(body, &mut |text| found += ruleset.second_pass(text) as i64)
        .map_err(|error| failure(Class::Schema, error.to_string()))?;
    match (found, declared) {
        (found, declared) if found == declared => Ok(()),
        (found, declared) => reject(
            Class::PersonalData,
            format!(
                "the second redaction pass found {found} passage(s); {declared} declared. Preview the text and redact it again"
            ),
        ),
    }
}

/// What the charter says of the classes that the body is of.
fn high_risk(body: &[u8], demands: &Demands) -> Result<(), Failure> {
    let found = risks(body, demands.ruleset).map_err(|error| failure(Class::Schema, error.to_string()))?;
    let policy = &demands.charter.risks;
    let action = policy.strictest(found.keys().copied());
    let named = || {
        let classes = policy.that(action, found.keys().copied()).into_iter();
        classes.map(|class| format!("{class} ({})", class.meaning())).collect::<Vec<_>>().join(", ")
    };
    match action {
        Action::Allow => Ok(()),
        Action::Review => quarantine(format!("seen to be about {}: waits for a person to look", named())),
        Action::Block => reject(
            Class::Sensitive,
            format!("expected nothing of what the charter blocks; seen to be about {}. Share it without that", named()),
        ),
    }
}

fn quarantine(detail: String) -> Result<(), Failure> {
    Err(Failure { verdict: Verdict::Quarantine(Class::Review), detail })
}

fn failure(class: Class, detail: String) -> Failure {
    Failure { verdict: Verdict::Reject(class), detail }
}

fn reject(class: Class, detail: String) -> Result<(), Failure> {
    Err(failure(class, detail))
}
