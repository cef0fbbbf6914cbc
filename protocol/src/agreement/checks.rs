//! The machine checks that a validator makes before it signs. Version 3: version 1 knew no
//! classes of high risk, version 2 no duplicates and no languages.
//!
//! They may look at a body, a clock and a charter; the state function may not (see
//! [`super::state`]), which is why their outcome is a verdict and never a rule of validity.

use super::attestation::Verdict;
use super::charter::Charter;
use super::policy::Action;
use super::reason::Reason;
use crate::bytes::DecodeError;
use crate::preference::Preference;
use crate::record::header::HOUR_S;
use crate::record::{Body, BodyError, SignedHeader, body};
use crate::redact::{RiskClass, Ruleset};
use crate::similar::Match;
use std::collections::{BTreeMap, BTreeSet};

/// Why a record is not accepted: the verdict for everyone, the detail for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is attested.
    pub verdict: Verdict,
    /// Which check failed.
    pub reason: Reason,
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

/// A record that is like the one being checked, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which, and how much.
    pub found: Match,
    /// Whether one key has signed both.
    pub own: bool,
    /// Whether they are alike because one is made to change the other. Of an author's own records any revision is,
    /// since there may be several between the two.
    pub changes: bool,
}

impl Known {
    /// What a record is to the one being checked.
    pub fn of(found: Match, checked: &SignedHeader, other: &SignedHeader) -> Self {
        let (mine, others) = (checked.header(), other.header());
        let own = mine.author == others.author;
        let revision = own && (mine.revises.is_some() || others.revises.is_some());
        let correction = mine.corrects == Some(other.id()) || others.corrects == Some(checked.id());
        Known { found, own, changes: revision || correction }
    }
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
        return fail(
            Reason::Size,
            format!("expected the body that the header names, at most {most} bytes; found {}", body.len()),
        );
    }
    let parsed = Body::<String>::verify(body).map_err(|error| match error {
        BodyError::Oversized(_) => failure(Reason::Size, error.to_string()),
        _ => failure(Reason::Body, error.to_string()),
    })?;
    if !parsed.assurances.complete() {
        return fail(Reason::Assurances, "expected the three assurances given with consent".into());
    }
    if Preference::read_by(&parsed.preference_given, parsed.vocabulary).as_ref() != Ok(&header.header().preference) {
        return fail(Reason::Preference, "the preference given and the header's canonical one differ".into());
    }
    let kind_needs_link = parsed.content.kind() == "correction";
    if kind_needs_link != header.header().corrects.is_some() {
        return fail(Reason::Corrects, "a correction, and nothing else, names the record that it corrects".into());
    }
    let about_fits = match parsed.content.kind() {
        "note" => header.header().about.is_some(),
        "petition" => true,
        _ => header.header().about.is_none(),
    };
    if !about_fits {
        let why = "a note, a petition where it is about a record, and nothing else, names what it is about";
        return fail(Reason::About, why.into());
    }
    check_language(parsed.language.as_deref(), &charter.customs.languages)?;
    second_pass(body, parsed.false_alarms, demands.ruleset)?;
    high_risk(body, demands)?;
    match parsed.false_alarms {
        0 => Ok(()),
        declared => fail(Reason::FalseAlarms, format!("{declared} declared false alarm(s) wait for a person to look")),
    }
}

/// Checks a record against those that are like it: exact duplicates of the author's own are refused, and what is
/// like another author's waits for a person. Nothing is refused for being nearly the same.
///
/// The matches are those that count against this record: not itself, nor what gives way to it.
///
/// # Errors
/// The most serious of what the matches lead to.
pub fn check_matches(matches: &[Known]) -> Result<(), Failure> {
    let matches = || matches.iter().filter(|known| !known.changes);
    if let Some(Known { found, .. }) = matches().find(|known| known.own && known.found.exact) {
        return fail(
            Reason::OwnDuplicate,
            format!(
                "expected something new; found exactly what you shared as {}. Revise that record instead",
                found.record
            ),
        );
    }
    let others = matches().filter(|known| !known.own);
    let Some(Known { found, .. }) = others.max_by_key(|known| (known.found.exact, known.found.similarity)) else {
        return Ok(());
    };
    let (reason, how) = match found.exact {
        true => (Reason::SameAsAnothers, "exactly".to_owned()),
        false => (Reason::LikeAnothers, format!("{} % like", found.similarity)),
    };
    fail(
        reason,
        format!(
            "seen to be {how} what another author shared as {}: waits for a person to look. If both stay, the stricter \
             of the two records' terms holds for both",
            found.record
        ),
    )
}

/// A language that is named is one of the charter's, if that lists any; its regions and scripts are listed with it.
fn check_language(tag: Option<&str>, listed: &BTreeSet<String>) -> Result<(), Failure> {
    let Some(tag) = tag.filter(|_| !listed.is_empty()) else { return Ok(()) };
    let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    if listed.contains(&primary) {
        return Ok(());
    }
    let expected = listed.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    fail(Reason::Language, format!("expected one of {expected}; found {tag}"))
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
        return fail(Reason::Licence, format!("expected one of {}; found {}", allowed.join(", "), header.licence));
    }
    let known = |named: fn(&Charter) -> crate::bytes::Cid, found: crate::bytes::Cid| {
        named(charter) == found || demands.before.is_some_and(|before| named(before) == found)
    };
    if !known(|charter| charter.terms, header.terms) {
        return fail(Reason::Terms, "expected the charter's current terms; read and accept them again".into());
    }
    if !known(Charter::ruleset_id, header.ruleset) {
        return fail(Reason::Ruleset, "expected the charter's ruleset; redact the text again with it".into());
    }
    let age_hours = (demands.now_s - header.time.unix_s()).div_euclid(HOUR_S);
    let (past, future) = (charter.number("past_hours"), charter.number("future_hours"));
    if demands.before.is_none() && (age_hours > past || -age_hours > future) {
        return fail(
            Reason::Time,
            format!("expected a time at most {past} h past or {future} h ahead; found {age_hours} h past"),
        );
    }
    Ok(())
}

fn second_pass(body: &[u8], declared: i64, ruleset: &Ruleset) -> Result<(), Failure> {
    let mut found = 0i64;
    body::every_text(body, &mut |text| found += ruleset.second_pass(text) as i64)
        .map_err(|error| failure(Reason::Body, error.to_string()))?;
    match (found, declared) {
        (found, declared) if found == declared => Ok(()),
        (found, declared) => fail(
            Reason::PersonalData,
            format!(
                "the second redaction pass found {found} passage(s); {declared} declared. Preview the text and redact it again"
            ),
        ),
    }
}

/// What the charter says of the classes that the body is of.
fn high_risk(body: &[u8], demands: &Demands) -> Result<(), Failure> {
    let found = risks(body, demands.ruleset).map_err(|error| failure(Reason::Body, error.to_string()))?;
    let policy = &demands.charter.risks;
    let action = policy.strictest(found.keys().copied());
    let named = || {
        let classes = policy.that(action, found.keys().copied()).into_iter();
        classes.map(|class| format!("{class} ({})", class.meaning())).collect::<Vec<_>>().join(", ")
    };
    match action {
        Action::Allow => Ok(()),
        Action::Review => fail(Reason::HighRisk, format!("seen to be about {}: waits for a person to look", named())),
        Action::Block => fail(
            Reason::Blocked,
            format!("expected nothing of what the charter blocks; seen to be about {}. Share it without that", named()),
        ),
    }
}

impl Failure {
    /// A failure for a reason.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Failure { verdict: reason.verdict(), reason, detail: detail.into() }
    }

    /// What the author is told: the detail, and the reason's code.
    pub fn told(&self) -> String {
        format!("{} [{}]", self.detail, self.reason.code())
    }
}

fn failure(reason: Reason, detail: String) -> Failure {
    Failure::new(reason, detail)
}

fn fail(reason: Reason, detail: String) -> Result<(), Failure> {
    Err(failure(reason, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{Cid, Codec};
    use crate::identity::Seed;
    use crate::licence::Licence;
    use crate::record::header::{HourTime, SizeClass};
    use crate::record::{Header, RecordId};

    fn id(n: u8) -> RecordId {
        RecordId(Cid::of_cbor(&[n]))
    }

    fn header(author: u8, revises: Option<RecordId>, corrects: Option<RecordId>) -> SignedHeader {
        let key = Seed::new([author; 32]).pseudonym(&id(0).0);
        let header = Header {
            community: id(0).0,
            author: key.public(),
            nonce: None,
            licence: Licence::CcBy4,
            preference: Preference::read("train-ai=y").expect("known"),
            terms: Cid::of(Codec::Raw, b"terms"),
            ruleset: Cid::of(Codec::Raw, b"ruleset"),
            body: id(0).0,
            size_class: SizeClass::of(8),
            revises,
            corrects,
            about: None,
            time: HourTime::hour(0),
        };
        SignedHeader::verify(&header.sign(&key)).expect("a header")
    }

    /// A match with a record, in percent; at 101 an exact one.
    fn known(record: u8, own: bool, percent: u8) -> Known {
        let found = Match { record: id(record), similarity: percent.min(100), exact: percent > 100 };
        Known { found, own, changes: false }
    }

    fn reason(matches: &[Known]) -> Option<Reason> {
        check_matches(matches).err().map(|failure| {
            assert_eq!(failure.verdict, failure.reason.verdict());
            failure.reason
        })
    }

    #[test]
    fn only_an_authors_own_exact_duplicate_is_refused() {
        assert_eq!(reason(&[]), None);
        assert_eq!(reason(&[known(1, true, 100)]), None, "nearly the same as one's own");
        assert_eq!(reason(&[known(1, true, 101)]), Some(Reason::OwnDuplicate));
        assert_eq!(reason(&[known(1, false, 80)]), Some(Reason::LikeAnothers));
        assert_eq!(reason(&[known(1, false, 101)]), Some(Reason::SameAsAnothers));
        let both = [known(1, false, 101), known(2, true, 101)];
        assert_eq!(reason(&both), Some(Reason::OwnDuplicate), "the most serious");
    }

    #[test]
    fn what_changes_a_record_may_be_like_it_and_the_other_way_round() {
        let exact = |mine: &SignedHeader, other: &SignedHeader| {
            let found = Match { record: other.id(), similarity: 100, exact: true };
            reason(&[Known::of(found, mine, other)])
        };
        let (own, others) = (header(1, None, None), header(2, None, None));
        let revision = header(1, Some(own.id()), None);
        let later = header(1, Some(revision.id()), None);
        let correction = header(2, None, Some(own.id()));
        for (one, other) in [(&own, &revision), (&own, &later), (&revision, &later), (&own, &correction)] {
            assert_eq!((exact(one, other), exact(other, one)), (None, None));
        }
        assert_eq!(exact(&header(1, None, Some(id(9))), &own), Some(Reason::OwnDuplicate));
        assert_eq!(exact(&revision, &others), Some(Reason::SameAsAnothers));
        assert_eq!(exact(&others, &revision), Some(Reason::SameAsAnothers));
        assert_eq!(exact(&correction, &header(3, None, None)), Some(Reason::SameAsAnothers));
    }

    #[test]
    fn the_author_learns_which_record_it_is_like() {
        let found = [known(1, false, 70), known(2, false, 93), known(3, true, 99)];
        let failure = check_matches(&found).expect_err("like another's");
        assert!(failure.detail.contains(&id(2).to_string()) && failure.detail.contains("93 %"), "{}", failure.detail);
        assert!(failure.detail.contains("the stricter"), "{}", failure.detail);
        let failure = check_matches(&[known(4, true, 101)]).expect_err("shared before");
        assert!(failure.detail.contains(&id(4).to_string()), "{}", failure.detail);
    }

    #[test]
    fn a_listed_language_covers_its_regions() {
        let listed = BTreeSet::from(["en".to_owned(), "pt".to_owned()]);
        for (tag, listed, good) in [
            (Some("en"), &listed, true),
            (Some("EN-gb"), &listed, true),
            (Some("eng"), &listed, false),
            (Some("sl"), &listed, false),
            (Some("sl"), &BTreeSet::new(), true),
            (None, &listed, true),
        ] {
            let found = check_language(tag, listed);
            assert_eq!(found.is_ok(), good, "{tag:?}");
            assert!(found.err().is_none_or(|failure| failure.reason == Reason::Language));
        }
    }
}
