//! What binds whoever mixes a row with others: the row's licence, and those of the parts of third parties in it.

use super::dag_json;
use super::row::Row;
use super::views::cells::text_of;
use crate::bytes::Node;
use crate::licence::Licence;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many rows are bound by each licence; under `None` those that no work can hold.
pub type Bound = BTreeMap<Option<Licence>, usize>;

/// The licence that a work must have for a row under `licence` with this column `rights`: its own, or a stricter one of a
/// part of a third party. `None` where the licence of such a part is none that is known, or cannot be mixed with the row's.
pub fn binding(licence: Licence, rights: Option<&Node>) -> Option<Licence> {
    let Some(Node::List(rights)) = rights else { return Some(licence) };
    let mut bound = licence;
    for right in rights {
        let Node::Map(right) = right else { continue };
        let of = |key: &str| right.get(key).and_then(text_of);
        if of("by") == Some("third-party") {
            let part = of("licence").and_then(named)?;
            // What is under CC0 may go into anything.
            if part != Licence::Cc0 {
                bound = Licence::of_one_work([bound, part]).ok()??;
            }
        }
    }
    Some(bound)
}

/// The licence with this SPDX id, in which case says nothing.
fn named(text: &str) -> Option<Licence> {
    Licence::ALL.into_iter().find(|licence| licence.spdx().eq_ignore_ascii_case(text))
}

impl Row {
    /// The licence that a work must have for this row; see [`binding`].
    pub fn binding(&self) -> Option<Licence> {
        binding(self.partition().ok()?.licence, self.body().get("rights"))
    }
}

/// The same of a row's one text, with the canary's key or without it.
pub(super) fn binding_in(line: &str) -> Option<Licence> {
    #[derive(Deserialize)]
    struct Said {
        licence: String,
        rights: Option<Value>,
    }
    let said: Said = serde_json::from_str(line).ok()?;
    let rights = said.rights.and_then(|rights| dag_json::read(rights).ok());
    binding(said.licence.parse().ok()?, rights.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(licence: &str) -> Node {
        let by = [("by", "third-party"), ("source", "a book"), ("licence", licence)];
        Node::map(by.map(|(key, value)| (key, Some(Node::text(value)))))
    }

    #[test]
    fn the_strictest_licence_of_a_rows_parts_binds_and_one_that_is_not_known_keeps_it_out() {
        use Licence::{Apache2, Cc0, CcBy4, CcBySa4, Mit};
        let own = Node::map([("by", Some(Node::text("own"))), ("licence", Some(Node::text("none")))]);
        for (licence, parts, bound) in [
            (Cc0, &["CC-BY-SA-4.0"][..], Some(CcBySa4)),
            (Cc0, &["cc-by-4.0", "CC0-1.0"], Some(CcBy4)),
            (CcBySa4, &["CC-BY-4.0"], Some(CcBySa4)),
            (Mit, &["MIT", "CC0-1.0"], Some(Mit)),
            (Cc0, &["MIT"], None),
            (Apache2, &["MIT"], None),
            (Mit, &["CC-BY-4.0"], None),
            (Cc0, &["CC-BY-NC-4.0"], None),
            (Cc0, &["CC0-1.0", "all rights reserved"], None),
            (Cc0, &[], Some(Cc0)),
        ] {
            let rights = Node::List(parts.iter().map(|part_of| part(part_of)).chain([own.clone()]).collect());
            assert_eq!(binding(licence, Some(&rights)), bound, "{licence}: {parts:?}");
        }
        let unstated = Node::List(vec![Node::map([("by", Some(Node::text("third-party")))])]);
        assert_eq!(binding(Cc0, Some(&unstated)), None, "a part without a licence");
        assert_eq!(binding(Cc0, None), Some(Cc0));
    }

    #[test]
    fn a_line_says_the_same_as_its_row() {
        let line = |rights: &str| format!(r#"{{"id":"a","licence":"CC0-1.0","rights":{rights},"canary":"c"}}"#);
        let sa = r#"[{"by":"third-party","licence":"CC-BY-SA-4.0","source":"a"}]"#;
        assert_eq!(binding_in(&line(sa)), Some(Licence::CcBySa4));
        assert_eq!(binding_in(&line(r#"[{"by":"third-party","licence":"a","source":"a"}]"#)), None);
        assert_eq!(binding_in(r#"{"id":"a","licence":"MIT"}"#), Some(Licence::Mit));
    }
}
