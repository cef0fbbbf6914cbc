//! Which records somebody asks for, by what their headers and bodies say.
//!
//! One filter for everything that selects records: `search`, `stats`, `export`. It is a function of one record alone,
//! and has one form in JSON, so that an export can state it and whoever checks the export can apply it again.

mod facts;
mod named;

pub use facts::Facts;
pub use named::{Named, plain};

use super::civil::Month;
use super::purpose::Purpose;
use crate::licence::{Licence, UnknownLicence};
use crate::limits::SHORT_TEXT_BYTES;
use crate::preference::{Category, Exception};
use crate::record::Header;
use crate::record::body::is_language_tag;
use crate::record::content::{KINDS, Label};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The most values of one sort: what a manifest states is applied to every row.
pub const FILTER_VALUES: usize = 100;

/// What records must say to be asked for. Of several values of one sort any suffices; every sort that has values must
/// hold. The empty filter matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stated", into = "Stated")]
pub struct Filter {
    /// Under one of these licences.
    pub licences: BTreeSet<Licence>,
    /// What the preference must permit. There is one: a set of records is used for what all of them permit.
    pub purpose: Option<Purpose>,
    /// With one of these labels on the whole content.
    pub labels: BTreeSet<Label>,
    /// In one of these languages.
    pub languages: BTreeSet<LanguageRange>,
    /// With one of these models, of the content or of a message in it.
    pub models: BTreeSet<Named>,
    /// With one of these tags.
    pub tags: BTreeSet<Named>,
    /// In one of these months, by the header's time.
    pub months: BTreeSet<Months>,
    /// Of one of these kinds.
    pub kinds: BTreeSet<Kind>,
}

/// Why a value is none that a filter can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// No licence.
    #[error(transparent)]
    Licence(#[from] UnknownLicence),
    /// No use.
    #[error("expected a use: train-ai, search or evaluate")]
    Usage,
    /// No signal.
    #[error("expected a signal: cc-cr, cc-cr-dc, cc-cr-ec or cc-cr-op")]
    Signal,
    /// A signal without a use.
    #[error("signals are honoured for a use; name the use too")]
    SignalAlone,
    /// No label.
    #[error("expected a label: good or fail")]
    Label,
    /// No language tag.
    #[error("expected a language as a BCP 47 tag, such as de or pt-BR; de also finds de-AT")]
    Language,
    /// No name.
    #[error("expected a name of 1 to {SHORT_TEXT_BYTES} bytes")]
    Name,
    /// No month and no range of months.
    #[error("expected a month such as 2026-11, or several such as 2026-01..2026-06, 2026-01.. or ..2026-06")]
    Months,
    /// No kind.
    #[error("expected a kind: {}", KINDS.join(", "))]
    Kind,
    /// Too many values.
    #[error("expected at most {FILTER_VALUES} values of one sort, such as tags; give fewer, or filter by fewer sorts")]
    TooMany,
    /// The same values are written otherwise.
    #[error("expected each value once, in small letters where capitals say nothing, and in the order of their bytes")]
    NotCanonical,
}

impl Filter {
    /// The same, if a manifest can state it.
    ///
    /// # Errors
    /// [`FilterError::TooMany`] where it has more than [`FILTER_VALUES`] values of one sort.
    pub fn checked(self) -> Result<Self, FilterError> {
        let Filter { licences, purpose: _, labels, languages, models, tags, months, kinds } = &self;
        let most = [licences.len(), labels.len(), languages.len(), models.len(), tags.len(), months.len(), kinds.len()];
        if most.iter().any(|count| *count > FILTER_VALUES) { Err(FilterError::TooMany) } else { Ok(self) }
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether what a header says matches. A record whose header does not match need not be read further.
    pub fn matches_header(&self, header: &Header) -> bool {
        let purpose = self.purpose.as_ref();
        any(&self.licences, |licence| *licence == header.licence)
            && purpose.is_none_or(|purpose| purpose.against(&header.preference).is_none())
            && any(&self.months, |months| Month::of(header.time.unix_s()).is_some_and(|month| months.contain(month)))
    }

    /// Whether a record matches.
    pub fn matches(&self, facts: &Facts) -> bool {
        let purpose = self.purpose.as_ref();
        any(&self.licences, |licence| *licence == facts.licence)
            && purpose.is_none_or(|purpose| purpose.against(&facts.preference).is_none())
            && any(&self.months, |months| facts.month.is_some_and(|month| months.contain(month)))
            && any(&self.kinds, |kind| facts.kind.as_deref() == Some(kind.name()))
            && any(&self.labels, |label| facts.label == Some(*label))
            && any(&self.languages, |range| facts.languages.iter().any(|tag| range.contains(tag)))
            && any(&self.models, |model| facts.models.iter().any(|name| model.is(name)))
            && any(&self.tags, |tag| facts.tags.iter().any(|name| tag.is(name)))
    }
}

/// Whether one of the values will do, or there are none.
fn any<T>(values: &BTreeSet<T>, suits: impl Fn(&T) -> bool) -> bool {
    values.is_empty() || values.iter().any(suits)
}

/// The filter in words, each sort that has values: `licence CC0-1.0 or CC-BY-4.0; language de`.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stated { licence, usage, honour, label, language, model, tag, month, kind } = self.clone().into();
        let sorts = [
            ("licence", licence),
            ("use", usage.into_iter().collect()),
            ("honouring", honour),
            ("label", label),
            ("language", language),
            ("model", model),
            ("tag", tag),
            ("month", month),
            ("kind", kind),
        ];
        let said: Vec<_> = sorts
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(sort, values)| format!("{sort} {}", values.join(if sort == "honouring" { ", " } else { " or " })))
            .collect();
        f.write_str(&said.join("; "))
    }
}

/// A language, with every language tag that begins with it: `de` contains `de-AT`, as RFC 4647 filters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LanguageRange(String);

impl LanguageRange {
    /// Whether a language tag lies in it.
    pub fn contains(&self, tag: &str) -> bool {
        let (head, rest) = tag.split_at_checked(self.0.len()).unwrap_or_default();
        head.eq_ignore_ascii_case(&self.0) && (rest.is_empty() || rest.starts_with('-'))
    }
}

impl FromStr for LanguageRange {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        if is_language_tag(text) { Ok(LanguageRange(text.to_ascii_lowercase())) } else { Err(FilterError::Language) }
    }
}

impl fmt::Display for LanguageRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A month, or every month from one to another, both included; without one of them, all before or after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Months {
    first: Option<Month>,
    last: Option<Month>,
}

impl Months {
    /// Whether a month lies in them.
    pub fn contain(&self, month: Month) -> bool {
        self.first.is_none_or(|first| first <= month) && self.last.is_none_or(|last| month <= last)
    }
}

impl FromStr for Months {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let month = |text: &str| match text {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| FilterError::Months),
        };
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let months = Months { first: month(first)?, last: month(last)? };
        match (months.first, months.last) {
            (None, None) => Err(FilterError::Months),
            (Some(first), Some(last)) if last < first => Err(FilterError::Months),
            _ => Ok(months),
        }
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |month: Option<Month>| month.map(|month| month.to_string()).unwrap_or_default();
        match self.first == self.last {
            true => f.write_str(&show(self.first)),
            false => write!(f, "{}..{}", show(self.first), show(self.last)),
        }
    }
}

/// A kind of content, by its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind(&'static str);

impl Kind {
    /// The kind's name.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl FromStr for Kind {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        KINDS.into_iter().find(|kind| *kind == text).map(Kind).ok_or(FilterError::Kind)
    }
}

/// The label that a filter's value names.
///
/// # Errors
/// When it names none.
pub fn label(text: &str) -> Result<Label, FilterError> {
    Label::named(text).ok_or(FilterError::Label)
}

/// The use that a filter's value names.
///
/// # Errors
/// When it names none.
pub fn usage(text: &str) -> Result<Category, FilterError> {
    Category::labelled(text).ok_or(FilterError::Usage)
}

/// The signal that a filter's value names.
///
/// # Errors
/// When it names none.
pub fn signal(text: &str) -> Result<Exception, FilterError> {
    Exception::ALL.into_iter().find(|signal| signal.label() == text).ok_or(FilterError::Signal)
}

/// A filter as it is written: each sort that has values, each value once, in the order of their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Stated {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licence: Vec<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    honour: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    label: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    language: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    model: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tag: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    month: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kind: Vec<String>,
}

impl From<Filter> for Stated {
    fn from(filter: Filter) -> Stated {
        fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
            let mut texts: Vec<_> = values.into_iter().map(|value| value.to_string()).collect();
            texts.sort();
            texts
        }
        let purpose = filter.purpose.as_ref();
        Stated {
            licence: texts(filter.licences),
            usage: purpose.map(|purpose| purpose.category().label().to_owned()),
            honour: texts(purpose.iter().flat_map(|purpose| purpose.honours()).map(|signal| signal.label())),
            label: texts(filter.labels.into_iter().map(Label::name)),
            language: texts(filter.languages),
            model: texts(filter.models),
            tag: texts(filter.tags),
            month: texts(filter.months),
            kind: texts(filter.kinds.into_iter().map(Kind::name)),
        }
    }
}

impl TryFrom<Stated> for Filter {
    type Error = FilterError;

    fn try_from(stated: Stated) -> Result<Filter, FilterError> {
        fn each<T, E: Into<FilterError>, C: FromIterator<T>>(
            texts: &[String],
            read: impl Fn(&str) -> Result<T, E>,
        ) -> Result<C, FilterError> {
            match texts.len() > FILTER_VALUES {
                true => Err(FilterError::TooMany),
                false => texts.iter().map(|text| read(text).map_err(Into::into)).collect(),
            }
        }
        let honours: Vec<_> = each(&stated.honour, signal)?;
        let purpose = match &stated.usage {
            Some(text) => Some(Purpose::new(usage(text)?, honours)),
            None if honours.is_empty() => None,
            None => return Err(FilterError::SignalAlone),
        };
        let filter = Filter {
            licences: each(&stated.licence, Licence::from_str)?,
            purpose,
            labels: each(&stated.label, label)?,
            languages: each(&stated.language, LanguageRange::from_str)?,
            models: each(&stated.model, Named::from_str)?,
            tags: each(&stated.tag, Named::from_str)?,
            months: each(&stated.month, Months::from_str)?,
            kinds: each(&stated.kind, Kind::from_str)?,
        };
        if Stated::from(filter.clone()) == stated { Ok(filter) } else { Err(FilterError::NotCanonical) }
    }
}

#[cfg(test)]
mod tests;
