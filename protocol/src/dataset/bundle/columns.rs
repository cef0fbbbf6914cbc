//! Which columns rows have and what stands in them: what loaders are told, who would else guess it from a few rows.

use crate::bytes::{Key, Node};
use crate::dataset::row::{BODY_COLUMNS, PLACES};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The most columns of a file that are not among [`BODY_COLUMNS`]. No kind of body that is known has any.
pub const UNKNOWN: usize = 64;
/// The longest name of such a column, in bytes.
pub const NAME: usize = 256;

/// A value without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Text.
    Text,
    /// An integer.
    Integer,
    /// Yes or no.
    Boolean,
}

/// The form that a column of the body has in bodies of known kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One value.
    One(Plain),
    /// A list of texts.
    Texts,
    /// A map with these entries, each of which may be absent.
    Map(&'static [(&'static str, Plain)]),
    /// A list of such maps.
    Maps(&'static [(&'static str, Plain)]),
    /// Another, which is not described.
    Other,
}

use Plain::{Boolean, Integer, Text};

const MESSAGE: &[(&str, Plain)] =
    &[("role", Text), ("content", Text), ("model", Text), ("label", Text), ("rating", Integer)];
const CRITERION: &[(&str, Plain)] = &[("name", Text), ("score", Integer), ("max", Integer), ("note", Text)];
const ANSWER: &[(&str, Plain)] = &[("question", Text), ("answer", Text)];
const RIGHT: &[(&str, Plain)] = &[("by", Text), ("model", Text), ("source", Text), ("licence", Text)];
const ASSURANCES: &[(&str, Plain)] = &[("has_rights", Boolean), ("no_sensitive_data", Boolean), ("of_age", Boolean)];

/// The form of a column in bodies of known kinds.
pub fn form(column: &str) -> Form {
    match column {
        "messages" => Form::Maps(MESSAGE),
        "criteria" => Form::Maps(CRITERION),
        "answers" => Form::Maps(ANSWER),
        "rights" => Form::Maps(RIGHT),
        "assurances" => Form::Map(ASSURANCES),
        "tags" => Form::Texts,
        "rating" | "message_index" | "false_alarms" => Form::One(Integer),
        "redactions" | "ext" => Form::Other,
        _ => Form::One(Text),
    }
}

/// The forms of [`BODY_COLUMNS`].
static FORMS: LazyLock<[Form; BODY_COLUMNS.len()]> = LazyLock::new(|| BODY_COLUMNS.map(form));

/// What stood in a column, of some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Nothing but text.
    pub text: bool,
    /// Nothing but integers.
    pub integer: bool,
    /// Nothing but values of the column's [`form`].
    pub fits: bool,
}

impl Seen {
    fn of(value: &Node, form: Form, salt: bool) -> Self {
        // A row shows the salt's bytes as text.
        let text = matches!(value, Node::Text(_)) || salt;
        Seen { text, integer: matches!(value, Node::Int(_)), fits: salt || fits(value, form) }
    }

    fn and(self, other: Seen) -> Self {
        Seen { text: self.text && other.text, integer: self.integer && other.integer, fits: self.fits && other.fits }
    }
}

fn fits(value: &Node, form: Form) -> bool {
    match (form, value) {
        (Form::One(plain), value) => is(value, plain),
        (Form::Texts, Node::List(items)) => items.iter().all(|item| is(item, Text)),
        (Form::Map(entries), value) => has(value, entries),
        (Form::Maps(entries), Node::List(items)) => items.iter().all(|item| has(item, entries)),
        _ => false,
    }
}

fn is(value: &Node, plain: Plain) -> bool {
    matches!((value, plain), (Node::Text(_), Text) | (Node::Int(_), Integer) | (Node::Bool(_), Boolean))
}

fn has(value: &Node, entries: &[(&str, Plain)]) -> bool {
    let Node::Map(map) = value else { return false };
    entries.iter().all(|(key, plain)| map.get(*key).is_none_or(|value| is(value, *plain)))
}

/// The columns of the bodies of some rows.
#[derive(Clone, Debug)]
pub struct Columns {
    known: [Option<Seen>; BODY_COLUMNS.len()],
    unknown: BTreeMap<String, Seen>,
    /// There were more than are kept.
    more: bool,
}

impl Default for Columns {
    fn default() -> Self {
        Columns { known: [None; BODY_COLUMNS.len()], unknown: BTreeMap::new(), more: false }
    }
}

impl Columns {
    /// Takes one body more.
    pub fn add(&mut self, body: &BTreeMap<Key, Node>) {
        let mut unknown = false;
        for (name, value) in body {
            match PLACES.place(name) {
                Some(at) => {
                    let seen = Seen::of(value, FORMS[at], name == "salt");
                    self.known[at] = Some(self.known[at].map_or(seen, |before| before.and(seen)));
                }
                None => unknown = true,
            }
        }
        if unknown {
            self.add_unknown(body);
        }
    }

    fn add_unknown(&mut self, body: &BTreeMap<Key, Node>) {
        for (name, value) in body.iter().filter(|(name, _)| !BODY_COLUMNS.contains(&name.as_str())) {
            let seen = Seen::of(value, Form::Other, false);
            match self.unknown.get_mut(name.as_str()) {
                Some(before) => *before = before.and(seen),
                None if name.len() > NAME || self.more => self.more = true,
                None => drop(self.unknown.insert(name.to_string(), seen)),
            }
        }
        // Which columns would be kept then depends on the order of the rows: so none is.
        if self.more || self.unknown.len() > UNKNOWN {
            self.more = true;
            self.unknown.clear();
        }
    }

    /// The columns of both.
    pub fn join(&mut self, other: &Columns) {
        for (mine, theirs) in self.known.iter_mut().zip(other.known) {
            *mine = match (*mine, theirs) {
                (Some(one), Some(two)) => Some(one.and(two)),
                (one, two) => one.or(two),
            };
        }
        for (name, seen) in &other.unknown {
            let joined = self.unknown.get(name).map_or(*seen, |before| before.and(*seen));
            self.unknown.insert(name.clone(), joined);
        }
        self.more |= other.more;
        if self.more || self.unknown.len() > UNKNOWN {
            self.more = true;
            self.unknown.clear();
        }
    }

    /// The columns that are known, in the order of a row.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, Seen)> {
        BODY_COLUMNS.into_iter().zip(self.known).filter_map(|(name, seen)| Some((name, seen?)))
    }

    /// Every column in the order of a row; `None` when there are more than are kept.
    pub fn all(&self) -> Option<Vec<(&str, Seen)>> {
        let known = self.known().map(|(name, seen)| -> (&str, Seen) { (name, seen) });
        let unknown = self.unknown.iter().map(|(name, seen)| (&name[..], *seen));
        (!self.more).then(|| known.chain(unknown).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(entries: &[(&str, Node)]) -> BTreeMap<Key, Node> {
        entries.iter().map(|(key, value)| (Key::new(key), value.clone())).collect()
    }

    fn columns(bodies: &[BTreeMap<Key, Node>]) -> Columns {
        let mut columns = Columns::default();
        bodies.iter().for_each(|body| columns.add(body));
        columns
    }

    #[test]
    fn a_column_is_what_all_of_its_values_are() {
        let message =
            |role: Node| Node::List(vec![Node::map([("role", Some(role)), ("content", Some(Node::text("?")))])]);
        let one =
            body(&[("label", Node::text("good")), ("messages", message(Node::text("user"))), ("depth", 1.into())]);
        let two = body(&[("label", 3.into()), ("messages", message(7.into())), ("depth", 2.into())]);
        let both = columns(&[one.clone(), two.clone()]);
        let (text, fits) = (|seen: &Seen| seen.text, |seen: &Seen| seen.fits);
        let of =
            |columns: &Columns, name: &str| columns.all().unwrap().into_iter().find(|(one, _)| *one == name).unwrap().1;
        assert!(
            text(&of(&columns(std::slice::from_ref(&one)), "label"))
                && fits(&of(&columns(std::slice::from_ref(&one)), "messages"))
        );
        assert!(!text(&of(&both, "label")) && !of(&both, "label").integer && !fits(&of(&both, "messages")));
        assert!(of(&both, "depth").integer);
        let mut joined = columns(&[one]);
        joined.join(&columns(&[two]));
        assert_eq!(joined.all(), both.all());
    }

    #[test]
    fn more_columns_than_are_kept_are_none_in_whatever_order_they_come() {
        let many: Vec<_> = (0..=UNKNOWN).map(|n| body(&[(&format!("column {n}"), Node::Null)])).collect();
        assert!(columns(&many[1..]).all().is_some_and(|all| all.len() == UNKNOWN));
        let reversed: Vec<_> = many.iter().rev().cloned().collect();
        for all in [columns(&many), columns(&reversed)] {
            assert_eq!((all.all(), all.unknown.len()), (None, 0));
        }
        assert_eq!(columns(&[body(&[(&"n".repeat(NAME + 1), Node::Null)])]).all(), None);
    }
}
