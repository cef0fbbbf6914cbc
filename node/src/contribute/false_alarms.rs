//! Findings that a person calls false alarms, by item and placeholder: `3:PHONE_1,EMAIL_2`.

use commonwheel_protocol::redact::PlaceholderName;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// The false alarms in one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InItem {
    /// The item, counted from 1.
    pub item: usize,
    /// The names that its findings have when all are hidden.
    pub names: BTreeSet<PlaceholderName>,
}

/// Text that names no false alarms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an item and names of its placeholders, such as 3:PHONE_1 or 3:PHONE_1,EMAIL_2")]
pub struct FalseAlarmsError;

impl FromStr for InItem {
    type Err = FalseAlarmsError;

    fn from_str(text: &str) -> Result<Self, FalseAlarmsError> {
        let (item, list) = text.split_once(':').ok_or(FalseAlarmsError)?;
        let item = item.trim().parse().ok().filter(|item| *item > 0).ok_or(FalseAlarmsError)?;
        Ok(InItem { item, names: names(list).ok_or(FalseAlarmsError)? })
    }
}

/// The names in a list such as `PHONE_1, EMAIL_2`; none when something else stands there, or nothing.
pub fn names(list: &str) -> Option<BTreeSet<PlaceholderName>> {
    let words = list.split([',', ' ']).filter(|word| !word.is_empty());
    let names: BTreeSet<_> = words.map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(names).filter(|names| !names.is_empty())
}

/// All that were named, by item.
pub fn by_item(given: &[InItem]) -> BTreeMap<usize, BTreeSet<PlaceholderName>> {
    let mut all: BTreeMap<usize, BTreeSet<_>> = BTreeMap::new();
    for one in given {
        all.entry(one.item).or_default().extend(&one.names);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_findings_of_several_items_can_be_named() {
        let given: Vec<InItem> =
            ["3:PHONE_1", "1:[EMAIL_2], name_1", "3:EMAIL_1"].iter().map(|text| text.parse().unwrap()).collect();
        let all = by_item(&given);
        let shown = |item: usize| all[&item].iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            (shown(1), shown(3)),
            (vec!["EMAIL_2".into(), "NAME_1".into()], vec!["EMAIL_1".into(), "PHONE_1".into()])
        );
        for wrong in ["", "PHONE_1", "0:PHONE_1", "1:", "1:PHONE", "x:PHONE_1", "1:PHONE_1;EMAIL_1"] {
            assert_eq!(wrong.parse::<InItem>(), Err(FalseAlarmsError), "{wrong}");
        }
    }
}
