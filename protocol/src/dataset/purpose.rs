//! For which use an export was written: it holds only records whose preference allows that.

use super::row::Row;
use super::split::Split;
use crate::bytes::Node;
use crate::preference::{Category, Choice, Exception, Preference};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A use, and the signals that whoever exports undertakes to honour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    category: Category,
    /// In ascending order, each once.
    honours: Vec<Exception>,
}

/// Why a record's preference does not let it be used so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfit {
    /// It says nothing of the use.
    Unknown,
    /// It refuses the use.
    Refused,
    /// It refuses the use but for a signal that is not honoured.
    Unhonoured,
    /// It may be used so, and the community keeps it apart for evaluation.
    KeptApart,
}

/// What an export for a use says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForUse {
    /// The label of the use.
    #[serde(rename = "use")]
    pub usage: String,
    /// The signals, in the order of their labels.
    pub honours: Vec<String>,
    /// Records that would have a row and have none, since they say nothing of the use.
    pub unknown: usize,
    /// Since they refuse it.
    pub refused: usize,
    /// Since they refuse it but for a signal that is not honoured.
    pub unhonoured: usize,
    /// Since the community keeps them apart for evaluation, and this is for training.
    pub kept_apart: usize,
    /// How many rows refuse the use but for a signal, and so are here by a promise to honour it, by the signal.
    pub relied_on: BTreeMap<String, usize>,
    /// Rows that are chats labelled *fail*: they show what not to do.
    pub failed_chats: usize,
}

impl Purpose {
    /// A use with the signals that are honoured.
    pub fn new(category: Category, honours: impl IntoIterator<Item = Exception>) -> Self {
        let mut honours: Vec<_> = honours.into_iter().collect();
        honours.sort();
        honours.dedup();
        Purpose { category, honours }
    }

    /// The use.
    pub fn category(&self) -> Category {
        self.category
    }

    /// The signals that are honoured, in order.
    pub fn honours(&self) -> &[Exception] {
        &self.honours
    }

    /// Why a record with this preference is left out, if it is. What is not known is not allowed.
    pub fn against(&self, preference: &Preference) -> Option<Unfit> {
        match preference.choice(self.category) {
            _ if preference.permits_honouring(self.category, &self.honours) => None,
            None => Some(Unfit::Unknown),
            Some(Choice::No(Some(_))) => Some(Unfit::Unhonoured),
            Some(_) => Some(Unfit::Refused),
        }
    }

    /// Why a record that lies on this side is left out, if it is: nothing that is kept apart for evaluation is for
    /// training.
    pub fn against_split(&self, split: Split) -> Option<Unfit> {
        (self.category == Category::TrainAi && split == Split::Evaluation).then_some(Unfit::KeptApart)
    }

    /// What an export for this use says when nothing is counted yet.
    pub fn counting(&self) -> ForUse {
        ForUse {
            usage: self.category.label().to_owned(),
            honours: self.honours.iter().map(|signal| signal.label().to_owned()).collect(),
            unknown: 0,
            refused: 0,
            unhonoured: 0,
            kept_apart: 0,
            relied_on: BTreeMap::new(),
            failed_chats: 0,
        }
    }
}

impl ForUse {
    /// The purpose, when its labels are known and stand as they are written.
    pub fn purpose(&self) -> Option<Purpose> {
        let signal = |label: &String| Exception::ALL.into_iter().find(|signal| signal.label() == label);
        let honours: Option<Vec<_>> = self.honours.iter().map(signal).collect();
        let purpose = Purpose::new(Category::labelled(&self.usage)?, honours?);
        (purpose.counting().honours == self.honours).then_some(purpose)
    }

    /// Counts one record more that is left out.
    pub fn add(&mut self, why: Unfit) {
        *match why {
            Unfit::Unknown => &mut self.unknown,
            Unfit::Refused => &mut self.refused,
            Unfit::Unhonoured => &mut self.unhonoured,
            Unfit::KeptApart => &mut self.kept_apart,
        } += 1;
    }

    /// Counts a row, which may be used so.
    pub fn see(&mut self, row: &Row) {
        let says = |key: &str, value: &str| row.body().get(key) == Some(&Node::text(value));
        self.failed_chats += usize::from(says("kind", "chat") && says("label", "fail"));
        let preference = row.header_text("preference").and_then(|text| text.parse::<Preference>().ok());
        let said = Category::labelled(&self.usage).and_then(|category| preference?.choice(category));
        if let Some(Choice::No(Some(signal))) = said {
            *self.relied_on.entry(signal.label().to_owned()).or_default() += 1;
        }
    }

    /// Each count of what is left out that is above 0, with the reason in words that follow "left out".
    pub fn reasons(&self) -> impl Iterator<Item = (usize, String)> {
        let usage = &self.usage;
        let all = [
            (self.refused, format!("since they refuse {usage}")),
            (self.unhonoured, format!("since they refuse {usage} but for a signal that is not honoured")),
            (self.unknown, format!("since they say nothing of {usage}")),
            (self.kept_apart, "since the community keeps them apart for evaluation".to_owned()),
        ];
        all.into_iter().filter(|(count, _)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_allowed_and_a_signal_must_be_honoured() {
        let of = |raw: &str| Preference::read(raw).unwrap();
        let plain = Purpose::new(Category::TrainAi, []);
        let credit = Purpose::new(Category::TrainAi, [Exception::Credit, Exception::Credit]);
        for (raw, without, with) in [
            ("train-ai=y", None, None),
            ("train-ai=n", Some(Unfit::Refused), Some(Unfit::Refused)),
            ("search=y", Some(Unfit::Unknown), Some(Unfit::Unknown)),
            ("train-ai=n;exceptions=cc-cr", Some(Unfit::Unhonoured), None),
            ("train-ai=n;exceptions=cc-cr-op", Some(Unfit::Unhonoured), Some(Unfit::Unhonoured)),
        ] {
            assert_eq!((plain.against(&of(raw)), credit.against(&of(raw))), (without, with), "{raw}");
        }
        assert_eq!(credit.counting().purpose(), Some(credit));
        let unknown = ForUse { usage: "everything".into(), ..plain.counting() };
        assert_eq!(unknown.purpose(), None);
        let twice = ForUse { honours: vec!["cc-cr".into(), "cc-cr".into()], ..plain.counting() };
        assert_eq!(twice.purpose(), None, "one way to say it");
    }
}
