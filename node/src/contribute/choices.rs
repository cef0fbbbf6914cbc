//! What a contributor decides about a record: licence, preference, rights, credit, consent.

use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::identity::AuthorMode;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::{Preference, PreferenceError};
use commonwheel_protocol::record::body::is_language_tag;
use commonwheel_protocol::record::content::Label;

/// By what right a record is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RightsChoice {
    /// One's own words, and a model's answers where there are some.
    Usual,
    /// One's own words, and a model's answers.
    OwnAndModel,
    /// All of it one's own work.
    Own,
    /// From elsewhere.
    ThirdParty {
        /// Where it is from.
        source: String,
        /// Under which licence it was.
        licence: String,
    },
}

/// The decisions, checked against a charter.
#[derive(Clone, Debug)]
pub struct Choices {
    /// The record's licence.
    pub licence: Licence,
    /// The preference as it was given.
    pub preference_given: String,
    /// The same in canonical form.
    pub preference: Preference,
    /// How the author appears.
    pub mode: AuthorMode,
    /// By what right.
    pub rights: RightsChoice,
    /// The label of chats that bring none.
    pub label: Label,
    /// The language of items that name none.
    pub language: Option<String>,
    /// The model that answered in items that name none.
    pub model: Option<String>,
    /// The name to credit.
    pub credit: Option<String>,
}

/// Why decisions do not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// A licence that the charter does not allow, or that is not known.
    #[error(
        "{found:?} is not a licence of this community; it allows {allowed}\nHint: choose one of these with --licence, or in the settings under [contribute]"
    )]
    Licence {
        /// What was asked for.
        found: String,
        /// What the charter allows.
        allowed: String,
    },
    /// A preference that does not parse.
    #[error("the preference is not understood: {0}\nHint: write it as in \"train-ai=n, search=y\"")]
    Preference(PreferenceError),
    /// A language that is no tag.
    #[error("{0:?} is not a BCP 47 language tag; expected one such as en, pt-BR or sw\nHint: name it with --language")]
    Language(String),
}

/// The licence by its SPDX id, if the charter allows it.
///
/// # Errors
/// [`ChoiceError::Licence`], naming what the charter allows.
pub fn licence(text: &str, charter: &Charter) -> Result<Licence, ChoiceError> {
    let allowed = || charter.licences.iter().map(|licence| licence.spdx()).collect::<Vec<_>>().join(", ");
    text.parse::<Licence>()
        .ok()
        .filter(|licence| charter.licences.contains(licence))
        .ok_or_else(|| ChoiceError::Licence { found: text.to_owned(), allowed: allowed() })
}

/// The licence that is offered first: CC-BY-4.0 where allowed, else the charter's first.
pub fn default_licence(charter: &Charter) -> Licence {
    let first = charter.licences.first().copied().unwrap_or(Licence::CcBy4);
    if charter.licences.contains(&Licence::CcBy4) { Licence::CcBy4 } else { first }
}

/// A preference as it was given, with its canonical form.
///
/// # Errors
/// [`ChoiceError::Preference`].
pub fn preference(given: &str) -> Result<(String, Preference), ChoiceError> {
    Ok((given.to_owned(), Preference::read(given).map_err(ChoiceError::Preference)?))
}

/// A language tag.
///
/// # Errors
/// [`ChoiceError::Language`].
pub fn language(tag: &str) -> Result<String, ChoiceError> {
    if is_language_tag(tag) { Ok(tag.to_owned()) } else { Err(ChoiceError::Language(tag.to_owned())) }
}
