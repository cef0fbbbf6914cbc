//! What a copy says of itself: for whom it was made, under which charter, and what was left out.

use crate::agreement::federation::Why;
use crate::bytes::Cid;
use serde::{Deserialize, Serialize};

/// For which community an export was copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// The community.
    pub to: String,
    /// The charter that lets it copy: the one that led when the copy was made.
    pub charter: String,
    /// How many records that would have a row have none, since they may not be copied.
    pub left_out: LeftOut,
}

impl Copied {
    /// A copy for `to` under a charter.
    pub fn new(to: &Cid, charter: &Cid, left_out: LeftOut) -> Self {
        Copied { to: to.to_string(), charter: charter.to_string(), left_out }
    }
}

/// How many records were left out, by the first reason against each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// For their licence, which the header shows.
    pub licence: usize,
    /// Since their preference does not allow a use, which the header shows.
    #[serde(rename = "use")]
    pub usage: usize,
    /// For their kind, which only the body shows.
    pub kind: usize,
    /// For a class of high risk, which only the body shows.
    pub class: usize,
}

impl LeftOut {
    /// Counts one more. Reasons that speak of the whole community, not of a record, are not counted.
    pub fn add(&mut self, why: &Why) {
        match why {
            Why::Licence(_) => self.licence += 1,
            Why::Use(_) => self.usage += 1,
            Why::Kind(_) => self.kind += 1,
            Why::Class(_) => self.class += 1,
            Why::OtherCommunity | Why::NotNamed(_) => {}
        }
    }

    /// How many, for a reason that only the body shows.
    pub fn by_body(&self) -> usize {
        self.kind.saturating_add(self.class)
    }

    /// How many in all.
    pub fn all(&self) -> usize {
        self.licence.saturating_add(self.usage).saturating_add(self.by_body())
    }

    /// Each count above 0, with the reason in words that follow "left out".
    pub fn reasons(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let all = [
            (self.licence, "for the licence"),
            (self.usage, "for the AI-use preference"),
            (self.kind, "for the kind of record"),
            (self.class, "for a class of high risk"),
        ];
        all.into_iter().filter(|(count, _)| *count > 0)
    }
}
