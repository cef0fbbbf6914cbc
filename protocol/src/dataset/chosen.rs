//! What an export that was asked for only some records says of that.
//!
//! What headers show of a record that was left out can be checked for ever. What its body showed cannot, since the body
//! is not there: of those an export says how many there are.

use super::filter::{Facts, Filter};
use super::row::Row;
use crate::record::Header;
use serde::{Deserialize, Serialize};

/// Which records were asked for, and how many others there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// What records must say; a use is not in it, since [`super::ForUse`] says that.
    pub asks: Filter,
    /// Records that would have a row and have none, since their headers do not match.
    pub by_header: usize,
    /// Since their bodies do not.
    pub by_body: usize,
}

impl Chosen {
    /// What an export by this filter says when nothing is counted yet; `None` when it asks for nothing but a use.
    pub fn counting(filter: &Filter) -> Option<Chosen> {
        let asks = Filter { purpose: None, ..filter.clone() };
        (!asks.is_empty()).then_some(Chosen { asks, by_header: 0, by_body: 0 })
    }

    /// Whether it is written as [`Chosen::counting`] writes it.
    pub fn is_sound(&self) -> bool {
        self.asks.purpose.is_none() && !self.asks.is_empty()
    }

    /// Whether a header does not match.
    pub fn refuses_header(&self, header: &Header) -> bool {
        !self.asks.matches_header(header)
    }

    /// Whether a record with this body does not match.
    pub fn refuses(&self, header: &Header, body: &[u8]) -> bool {
        self.refuses_header(header) || self.reads_bodies() && !self.asks.matches(&Facts::of(header, body))
    }

    /// Whether a row does not match.
    pub fn refuses_row(&self, row: &Row) -> bool {
        !Facts::of_row(row).is_some_and(|facts| self.asks.matches(&facts))
    }

    /// Whether a record can be left out for what only its body shows.
    pub fn reads_bodies(&self) -> bool {
        let Filter { licences: _, purpose: _, labels, languages, models, tags, months: _, kinds } = &self.asks;
        !(labels.is_empty() && languages.is_empty() && models.is_empty() && tags.is_empty() && kinds.is_empty())
    }

    /// How many records are left out.
    pub fn left_out(&self) -> usize {
        self.by_header.saturating_add(self.by_body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_stated_without_its_use_and_only_where_it_asks_for_more() {
        let filter = |text: &str| serde_json::from_str::<Filter>(text).unwrap();
        assert_eq!(Chosen::counting(&Filter::default()), None);
        assert_eq!(Chosen::counting(&filter(r#"{"use":"train-ai"}"#)), None);
        let chosen = Chosen::counting(&filter(r#"{"use":"train-ai","label":["good"]}"#)).unwrap();
        assert!(chosen.is_sound() && chosen.reads_bodies());
        assert_eq!(serde_json::to_string(&chosen).unwrap(), r#"{"asks":{"label":["good"]},"by_header":0,"by_body":0}"#);
        let headers = Chosen::counting(&filter(r#"{"licence":["MIT"],"month":["2026-03..2026-06"]}"#)).unwrap();
        assert!(headers.is_sound() && !headers.reads_bodies());
        for unsound in [r#"{}"#, r#"{"use":"train-ai","label":["good"]}"#] {
            assert!(!Chosen { asks: filter(unsound), ..headers.clone() }.is_sound(), "{unsound}");
        }
    }
}
