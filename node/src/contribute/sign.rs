//! Signing: a prepared item and the contributor's decisions become a header and a body.

use super::choices::{Choices, RightsChoice};
use super::prepare::{Marked, Prepared};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::{AuthorMode, Nonce, Seed};
use commonwheel_protocol::preference::Vocabulary;
use commonwheel_protocol::record::body::{self, Assurances, Right, Salt};
use commonwheel_protocol::record::content::{Chat, Content, Profile};
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::record::{Body, BodyError, Header, RecordId};
use commonwheel_protocol::redact::{Redactor, Ruleset};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::text::{RawText, Redacted};
use commonwheel_protocol::wire::exchange::Parcel;

/// Who signs, for which community, and when.
pub struct Signer<'a> {
    /// The contributor's seed.
    pub seed: &'a Seed,
    /// The community's charter.
    pub charter: &'a Charter,
    /// The community.
    pub community: Cid,
    /// The charter's ruleset.
    pub ruleset: &'a Ruleset,
    /// Seconds since 1970.
    pub now_s: i64,
}

/// The other records that a header names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The record that a correction corrects.
    pub corrects: Option<RecordId>,
    /// The record that a note or a petition is about.
    pub about: Option<RecordId>,
    /// The person's own record that it replaces.
    pub revises: Option<Revised>,
}

/// A record that is replaced, by the key that signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revised {
    /// Which.
    pub record: RecordId,
    /// The nonce of its key, if it is anonymous.
    pub nonce: Option<Nonce>,
}

/// A body ready for its header.
pub struct NewBody {
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// How many false alarms it declares.
    pub false_alarms: i64,
}

/// Why a record could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The body breaks a rule, such as a limit.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The system gave no randomness.
    #[error("the system gave no randomness: {0}")]
    Randomness(String),
}

impl Signer<'_> {
    /// The body of an item, with a fresh salt.
    ///
    /// Where the person has called findings false alarms, it declares how many the validators' second
    /// pass finds in all its texts: the one number that they take.
    ///
    /// # Errors
    /// When the body breaks a rule.
    pub fn body(&self, item: &Prepared, choices: &Choices) -> Result<NewBody, SignError> {
        let text = |marked: &Marked| marked.text.clone();
        let content = match item.redacted() {
            Content::Chat(chat) if !item.labelled => Content::Chat(Chat { label: choices.label, ..chat }),
            other => other,
        };
        let mut body = Body {
            salt: Salt(random()?),
            content,
            title: item.title.as_ref().map(text),
            language: item.language.clone().or_else(|| choices.language.clone()),
            tags: item.tags.iter().map(text).collect(),
            model: self.model(item, choices),
            preference_given: choices.preference_given.clone(),
            vocabulary: Vocabulary::CURRENT,
            rights: self.rights(item, choices),
            assurances: Assurances { of_age: true, has_rights: true, no_sensitive_data: true },
            redactions: item.redactions.clone(),
            false_alarms: 0,
            attribution: choices.credit.as_ref().map(|name| self.redact(name)),
            imported_from: Some(item.format.to_owned()),
            ext: Default::default(),
        };
        let bytes = body.to_bytes()?;
        if item.false_alarms.is_empty() {
            return Ok(NewBody { bytes, false_alarms: 0 });
        }
        body::every_text(&bytes, &mut |text| body.false_alarms += self.ruleset.second_pass(text) as i64)
            .map_err(BodyError::from)?;
        Ok(NewBody { bytes: body.to_bytes()?, false_alarms: body.false_alarms })
    }

    /// The body of a profile.
    ///
    /// # Errors
    /// When a text is too long.
    pub fn profile(&self, name: &str, about: Option<&str>, choices: &Choices) -> Result<Vec<u8>, SignError> {
        let profile = Profile { name: self.redact(name), about: about.map(|about| self.redact(about)) };
        let body = Body {
            salt: Salt(random()?),
            content: Content::Profile(profile),
            title: None,
            language: None,
            tags: Vec::new(),
            model: None,
            preference_given: choices.preference_given.clone(),
            vocabulary: Vocabulary::CURRENT,
            rights: vec![Right::OwnWork],
            assurances: Assurances { of_age: true, has_rights: true, no_sensitive_data: true },
            redactions: Default::default(),
            false_alarms: 0,
            attribution: None,
            imported_from: None,
            ext: Default::default(),
        };
        Ok(body.to_bytes()?)
    }

    /// Signs a header over a body.
    ///
    /// # Errors
    /// When the system gives no randomness for an anonymous author's nonce.
    pub fn sign(&self, body: Vec<u8>, choices: &Choices, links: Links) -> Result<Parcel, SignError> {
        let (key, nonce) = self.author(choices.mode, links.revises.and_then(|revised| revised.nonce))?;
        let time = if nonce.is_some() { HourTime::day(self.now_s) } else { HourTime::hour(self.now_s) };
        let header = Header {
            community: self.community,
            author: key.public(),
            nonce,
            licence: choices.licence,
            preference: choices.preference.clone(),
            terms: self.charter.terms,
            ruleset: self.charter.ruleset_id(),
            body: Cid::of_cbor(&body),
            size_class: SizeClass::of(body.len()),
            revises: links.revises.map(|revised| revised.record),
            corrects: links.corrects,
            about: links.about,
            time,
        };
        Ok(Parcel { header: header.sign(&key), body: Some(body), certificate: None })
    }

    fn author(&self, mode: AuthorMode, nonce: Option<Nonce>) -> Result<(SecretKey, Option<Nonce>), SignError> {
        Ok(match mode {
            AuthorMode::Named => (self.seed.named(&self.community), None),
            AuthorMode::Pseudonym => (self.seed.pseudonym(&self.community), None),
            AuthorMode::Anonymous => {
                let nonce = nonce.map_or_else(|| random().map(Nonce), Ok)?;
                (self.seed.anonymous(&self.community, &nonce), Some(nonce))
            }
        })
    }

    /// The model that the file names, else the one that the contributor names if a model took part.
    fn model(&self, item: &Prepared, choices: &Choices) -> Option<Redacted> {
        let named = item.model.as_ref().map(|model| model.text.clone());
        let typed = choices.model.as_ref().filter(|_| item.has_model_output());
        named.or_else(|| typed.map(|model| self.redact(model)))
    }

    fn rights(&self, item: &Prepared, choices: &Choices) -> Vec<Right<Redacted>> {
        let with_model = || vec![Right::OwnWork, Right::ModelOutput(self.model(item, choices))];
        match &choices.rights {
            RightsChoice::Usual if item.has_model_output() => with_model(),
            RightsChoice::Usual | RightsChoice::Own => vec![Right::OwnWork],
            RightsChoice::OwnAndModel => with_model(),
            RightsChoice::ThirdParty { source, licence } => {
                vec![Right::ThirdParty { source: self.redact(source), licence: self.redact(licence) }]
            }
        }
    }

    /// What a person typed goes through the redactor like everything else.
    fn redact(&self, typed: &str) -> Redacted {
        redacted(typed, self.ruleset)
    }
}

/// What a person typed, redacted: for what is kept or sent in a few words.
pub fn redacted(typed: &str, ruleset: &Ruleset) -> Redacted {
    Redactor::new(ruleset).redact(&RawText::new(typed)).text
}

fn random<const N: usize>() -> Result<[u8; N], SignError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| SignError::Randomness(error.to_string()))?;
    Ok(bytes)
}
