//! AI-use preferences: what a person says about uses of their record.
//!
//! The raw statement is an RFC 9651 dictionary in a version of the IETF AI Preferences vocabulary,
//! with Creative Commons signals as exceptions. It is read into a closed canonical form, which
//! headers carry. What is not understood is never read as yes.

mod slug;
mod vocabulary;

pub use vocabulary::{UnknownVocabulary, Vocabulary};

use vocabulary::Meaning;

use sfv::{BareItem, Dictionary, ListEntry, Parser};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

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
    /// Every signal.
    pub const ALL: [Exception; 4] =
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

/// A preference in canonical form: what is said of each of [`Category::ALL`]. A category of which nothing is said is unknown,
/// which is never yes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preference([Option<Choice>; Category::ALL.len()]);

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
        self.0[category as usize]
    }

    /// Whether the use is allowed outright.
    pub fn permits(&self, category: Category) -> bool {
        self.choice(category) == Some(Choice::Yes)
    }

    /// Reads a raw statement in the current version of the vocabulary.
    ///
    /// # Errors
    /// As [`Preference::read_by`].
    pub fn read(raw: &str) -> Result<Self, PreferenceError> {
        Preference::read_by(raw, Vocabulary::CURRENT)
    }

    /// Reads a raw statement as a person or an export gives it.
    ///
    /// The last of several statements of one label wins, unknown labels and parameters are
    /// ignored. Labels that are no category here, of this version or an earlier one, are read conservatively: a
    /// refusal of one refuses every category that it contains or that contains it, whatever else is said; a yes to
    /// it is not widened.
    ///
    /// # Errors
    /// When it is too long, does not parse, or says nothing of a known use.
    pub fn read_by(raw: &str, vocabulary: Vocabulary) -> Result<Self, PreferenceError> {
        if raw.len() > RAW_BYTES {
            return Err(PreferenceError::Length(raw.len()));
        }
        let dictionary: Dictionary = Parser::new(raw).parse().map_err(|_| PreferenceError::Syntax)?;
        let (mut all, mut refused) = (Preference::default(), Vec::<Category>::new());
        for (label, meaning) in vocabulary.labels() {
            let said = dictionary.get(label).and_then(choice);
            match (meaning, said) {
                (Meaning::Is(category), Some(said)) => all.0[category as usize] = Some(said),
                (Meaning::Refuses(categories), Some(Choice::No(_))) => refused.extend(categories),
                _ => {}
            }
        }
        refused.into_iter().for_each(|category| all.0[category as usize] = Some(Choice::No(None)));
        if all == Preference::default() { Err(PreferenceError::Nothing) } else { Ok(all) }
    }

    /// Several statements about one thing, as one: a refusal goes before a yes, and a refusal without exception
    /// before one with. Where exceptions differ there is none, since nothing meets both.
    #[must_use]
    pub fn combined(&self, other: &Preference) -> Preference {
        let both = |category| match (self.choice(category), other.choice(category)) {
            (None | Some(Choice::Yes), Some(said)) => Some(said),
            (one, None | Some(Choice::Yes)) => one,
            (one, said) if one == said => one,
            _ => Some(Choice::No(None)),
        };
        Preference(Category::ALL.map(both))
    }

    /// What is said, in the order of the categories.
    fn said(&self) -> impl Iterator<Item = (Category, Choice)> {
        Category::ALL.into_iter().filter_map(|category| Some((category, self.choice(category)?)))
    }

    /// What may be said of several things together: what is allowed of each is allowed, what is refused of any is
    /// refused, and the rest is unknown. A refusal keeps its exception only where each of them allows the use or refuses
    /// it with that one: whoever honours it may still not use what says nothing. `None` when there is nothing to say, or
    /// nothing to say it of.
    pub fn of_all<'a>(each: impl IntoIterator<Item = &'a Preference>) -> Option<Preference> {
        let mut each = each.into_iter();
        let mut all = each.next()?.clone();
        for other in each {
            let both = all.combined(other);
            let known = |category| all.choice(category).is_some() && other.choice(category).is_some();
            let of_both = |category| match both.choice(category)? {
                said if known(category) => Some(said),
                Choice::Yes => None,
                Choice::No(_) => Some(Choice::No(None)),
            };
            all = Preference(Category::ALL.map(of_both));
        }
        (all != Preference::default()).then_some(all)
    }

    /// Whether the use is allowed to somebody who honours these signals: outright, or by an exception that is one of
    /// them.
    pub fn permits_honouring(&self, category: Category, honoured: &[Exception]) -> bool {
        match self.choice(category) {
            Some(Choice::Yes) => true,
            Some(Choice::No(Some(exception))) => honoured.contains(&exception),
            _ => false,
        }
    }
}

impl Ord for Preference {
    fn cmp(&self, other: &Self) -> Ordering {
        self.said().cmp(other.said())
    }
}

impl PartialOrd for Preference {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
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
        for (i, (category, choice)) in self.said().enumerate() {
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
        assert_eq!(canonical("tdm=n"), "search=n, train-ai=n");
        assert_eq!(canonical("ai-output=n, train-ai=y"), "search=n, train-ai=y");
        assert_eq!(canonical("inference=n"), "Nothing");
    }

    #[test]
    fn a_version_knows_its_labels_and_those_before_it() {
        let by = |raw: &str, version: &str| {
            Preference::read_by(raw, version.parse().unwrap()).map(|p| p.to_string()).unwrap_or_default()
        };
        assert_eq!(by("train-ai=y, search=y", "ietf-aipref-01"), "search=y", "train-ai came with 02");
        assert_eq!(by("bots=n", "ietf-aipref-02"), "");
        assert_eq!(by("bots=n", "ietf-aipref-03"), "search=n, train-ai=n");
        assert_eq!(by("ai-output=n", "ietf-aipref-03"), "");
        assert_eq!(by("ai=n", "ietf-aipref-01"), "train-ai=n");
        for version in Vocabulary::all().skip(1) {
            assert_eq!(by("ai-use=n, search=y", &version.to_string()), "search=y, train-ai=n");
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        for unknown in ["ietf-aipref-00", "ietf-aipref-09", "ietf-aipref-7", ""] {
            assert!(unknown.parse::<Vocabulary>().is_err(), "{unknown}");
        }
    }

    fn of(raw: &str) -> Preference {
        Preference::read(raw).unwrap()
    }

    #[test]
    fn statements_combine_to_the_most_restrictive() {
        for (one, other, both) in [
            ("train-ai=y", "train-ai=n", "train-ai=n"),
            ("train-ai=y", "search=n", "search=n, train-ai=y"),
            ("train-ai=n;exceptions=cc-cr", "train-ai=y", "train-ai=n;exceptions=cc-cr"),
            ("train-ai=n;exceptions=cc-cr", "train-ai=n", "train-ai=n"),
            ("train-ai=n;exceptions=cc-cr", "train-ai=n;exceptions=cc-cr-op", "train-ai=n"),
        ] {
            assert_eq!(of(one).combined(&of(other)).to_string(), both);
            assert_eq!(of(other).combined(&of(one)).to_string(), both);
        }
    }

    #[test]
    fn of_several_things_is_said_what_holds_for_each() {
        let all = |each: &[&str]| {
            let each: Vec<_> = each.iter().map(|raw| of(raw)).collect();
            Preference::of_all(&each).map(|said| said.to_string())
        };
        assert_eq!(all(&["search=y, train-ai=y", "train-ai=y"]).as_deref(), Some("train-ai=y"));
        assert_eq!(all(&["train-ai=y", "search=n"]).as_deref(), Some("search=n"));
        assert_eq!(all(&["train-ai=y", "search=y"]), None);
        assert_eq!(all(&["train-ai=y", "search=y", "train-ai=y"]), None, "what is unknown stays so");
        assert_eq!(all(&["train-ai=y", "train-ai=n;exceptions=cc-cr"]).as_deref(), Some("train-ai=n;exceptions=cc-cr"));
        assert_eq!(all(&[]), None);
    }

    #[test]
    fn what_several_things_say_together_permits_nobody_a_use_that_one_of_them_does_not() {
        let each = ["search=y", "search=n", "train-ai=n;exceptions=cc-cr", "train-ai=y", "search=y, train-ai=y"];
        let each = each.map(of);
        for [a, b, c] in (0..125).map(|n| [n / 25, n / 5 % 5, n % 5]) {
            let some = [a, b, c].map(|at: usize| &each[at]);
            let all = Preference::of_all(some).unwrap_or_default();
            for category in Category::ALL {
                for honoured in [&[][..], &[Exception::Credit]] {
                    let permits = |one: &Preference| one.permits_honouring(category, honoured);
                    assert!(!permits(&all) || some.iter().all(|one| permits(one)), "{all} of {some:?}");
                }
            }
        }
    }

    #[test]
    fn an_exception_permits_whoever_honours_it() {
        let credit = of("train-ai=n;exceptions=cc-cr");
        assert!(credit.permits_honouring(Category::TrainAi, &[Exception::Credit]));
        assert!(!credit.permits_honouring(Category::TrainAi, &[Exception::Openness]));
        assert!(!credit.permits_honouring(Category::Search, &Exception::ALL));
        assert!(!of("train-ai=n").permits_honouring(Category::TrainAi, &Exception::ALL));
        assert!(of("train-ai=y").permits_honouring(Category::TrainAi, &[]));
    }

    proptest! {
        #[test]
        fn the_canonical_form_reads_as_itself(raw in "((train-ai|search|evaluate|all)=(y|n)(;exceptions=cc-cr)?, ?){0,3}(search|evaluate)=(y|n)") {
            let read = Preference::read(&raw).unwrap();
            prop_assert_eq!(read.to_string().parse(), Ok(read));
        }
    }
}
