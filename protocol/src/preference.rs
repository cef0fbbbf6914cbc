//! AI-use preferences: what a person says about uses of their record.
//!
//! The raw statement is an RFC 9651 dictionary in the IETF AI Preferences vocabulary (draft 07),
//! with Creative Commons signals as exceptions. It is read into a closed canonical form, which
//! headers carry. What is not understood is never read as yes.

use sfv::{BareItem, Dictionary, ListEntry, Parser};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The version of the vocabulary that statements are read by.
pub const VOCABULARY: &str = "ietf-aipref-07";

/// A raw statement is refused above this many bytes.
pub const RAW_BYTES: usize = 256;

/// A use that a preference speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// `evaluate`: measuring a model, without training on the record. Commonwheel's own extension.
    Evaluate,
    /// `search`: finding and showing the record.
    Search,
    /// `train-ai`: training a model on the record.
    TrainAi,
}

impl Category {
    /// Every category, in canonical order.
    pub const ALL: [Category; 3] = [Category::Evaluate, Category::Search, Category::TrainAi];

    /// The label in statements.
    pub fn label(self) -> &'static str {
        match self {
            Category::Evaluate => "evaluate",
            Category::Search => "search",
            Category::TrainAi => "train-ai",
        }
    }

    /// The category with this label.
    pub fn labelled(label: &str) -> Option<Self> {
        Category::ALL.into_iter().find(|category| category.label() == label)
    }
}

/// Under which condition a refusal does not hold: Creative Commons signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exception {
    /// `cc-cr`: credit.
    Credit,
    /// `cc-cr-dc`: credit and direct contribution.
    DirectContribution,
    /// `cc-cr-ec`: credit and ecosystem contribution.
    EcosystemContribution,
    /// `cc-cr-op`: credit and openness.
    Openness,
}

impl Exception {
    const ALL: [Exception; 4] =
        [Exception::Credit, Exception::DirectContribution, Exception::EcosystemContribution, Exception::Openness];

    /// The signal's name.
    pub fn label(self) -> &'static str {
        match self {
            Exception::Credit => "cc-cr",
            Exception::DirectContribution => "cc-cr-dc",
            Exception::EcosystemContribution => "cc-cr-ec",
            Exception::Openness => "cc-cr-op",
        }
    }
}

/// What is said about one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// Allowed.
    Yes,
    /// Refused, except under the condition when there is one.
    No(Option<Exception>),
}

/// A preference in canonical form. A category that is not there is unknown, which is never yes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preference(BTreeMap<Category, Choice>);

/// Why a statement was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreferenceError {
    /// Too long.
    #[error("a preference is at most {RAW_BYTES} bytes; found {0}")]
    Length(usize),
    /// Not an RFC 9651 dictionary.
    #[error("expected a preference like \"train-ai=n, search=y\" (an RFC 9651 dictionary); it does not parse")]
    Syntax,
    /// Nothing in it is known.
    #[error("the preference names no known use; known are train-ai, search and evaluate, each =y or =n")]
    Nothing,
    /// A canonical form was expected.
    #[error("the preference is not in canonical form")]
    NotCanonical,
}

impl Preference {
    /// What is said about one use.
    pub fn choice(&self, category: Category) -> Option<Choice> {
        self.0.get(&category).copied()
    }

    /// Whether the use is allowed outright.
    pub fn permits(&self, category: Category) -> bool {
        self.choice(category) == Some(Choice::Yes)
    }

    /// Reads a raw statement as a person or an export gives it.
    ///
    /// The last of several statements of one label wins, unknown labels and parameters are
    /// ignored, and older labels are read conservatively: a refusal of `train-genai`, `ai-use`,
    /// `genai`, `tdm`, `bots` or `all` refuses `train-ai` (and `bots` and `all` also `search`);
    /// a yes to them is not widened.
    ///
    /// # Errors
    /// When it is too long, does not parse, or names no known use.
    pub fn read(raw: &str) -> Result<Self, PreferenceError> {
        if raw.len() > RAW_BYTES {
            return Err(PreferenceError::Length(raw.len()));
        }
        let dictionary: Dictionary = Parser::new(raw).parse().map_err(|_| PreferenceError::Syntax)?;
        let mut choices = BTreeMap::new();
        for category in Category::ALL {
            if let Some(choice) = dictionary.get(category.label()).and_then(choice) {
                choices.insert(category, choice);
            }
        }
        for older in ["train-genai", "ai-use", "genai", "tdm", "bots", "all"] {
            if let Some(Choice::No(_)) = dictionary.get(older).and_then(choice) {
                choices.insert(Category::TrainAi, Choice::No(None));
                if matches!(older, "bots" | "all") {
                    choices.insert(Category::Search, Choice::No(None));
                }
            }
        }
        if choices.is_empty() { Err(PreferenceError::Nothing) } else { Ok(Preference(choices)) }
    }
}

fn choice(entry: &ListEntry) -> Option<Choice> {
    let ListEntry::Item(item) = entry else { return None };
    let BareItem::Token(token) = &item.bare_item else { return None };
    match token.as_str() {
        "y" => Some(Choice::Yes),
        "n" => Some(Choice::No(item.params.get("exceptions").and_then(|value| {
            let BareItem::Token(name) = value else { return None };
            Exception::ALL.into_iter().find(|exception| exception.label() == name.as_str())
        }))),
        _ => None,
    }
}

impl fmt::Display for Preference {
    /// The canonical form, such as `search=y, train-ai=n;exceptions=cc-cr`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (category, choice)) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match choice {
                Choice::Yes => write!(f, "{}=y", category.label())?,
                Choice::No(None) => write!(f, "{}=n", category.label())?,
                Choice::No(Some(signal)) => write!(f, "{}=n;exceptions={}", category.label(), signal.label())?,
            }
        }
        Ok(())
    }
}

impl FromStr for Preference {
    type Err = PreferenceError;

    /// Reads the canonical form, and only that.
    fn from_str(text: &str) -> Result<Self, PreferenceError> {
        let preference = Preference::read(text)?;
        if preference.to_string() == text { Ok(preference) } else { Err(PreferenceError::NotCanonical) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(raw: &str) -> String {
        Preference::read(raw).map(|p| p.to_string()).unwrap_or_else(|e| format!("{e:?}"))
    }

    #[test]
    fn statements_become_canonical() {
        assert_eq!(canonical("train-ai=y,search=y"), "search=y, train-ai=y");
        assert_eq!(canonical("train-ai=n;exceptions=cc-cr"), "train-ai=n;exceptions=cc-cr");
        assert_eq!(canonical("train-ai=y, train-ai=n"), "train-ai=n");
        assert_eq!(canonical("train-ai=n;exceptions=other, search=maybe"), "train-ai=n");
        assert_eq!(canonical("future=y, search=n"), "search=n");
    }

    #[test]
    fn unknown_values_are_never_yes() {
        for raw in ["train-ai", "train-ai=1", "train-ai=\"y\"", "train-ai=Y", "train-ai=(y)", "yes=y"] {
            assert_eq!(canonical(raw), "Nothing", "{raw}");
        }
        assert_eq!(canonical("train-ai=y;;"), "Syntax");
        assert_eq!(canonical("Train=y"), "Syntax");
    }

    #[test]
    fn older_labels_refuse_but_never_allow() {
        assert_eq!(canonical("train-genai=n, search=y"), "search=y, train-ai=n");
        assert_eq!(canonical("bots=n, train-ai=y"), "search=n, train-ai=n");
        assert_eq!(canonical("ai-use=y"), "Nothing");
    }

    proptest! {
        #[test]
        fn the_canonical_form_reads_as_itself(raw in "((train-ai|search|evaluate|all)=(y|n)(;exceptions=cc-cr)?, ?){0,3}(search|evaluate)=(y|n)") {
            let read = Preference::read(&raw).unwrap();
            prop_assert_eq!(read.to_string().parse(), Ok(read));
        }
    }
}
