//! What can be said of a row by itself: how long it is, in which language, by which rights.

use super::language::{Detected, LOOKED_AT};
use crate::bytes::{Key, Node};
use crate::dataset::row::Row;
use crate::dataset::views::cells::{text, text_of};
use crate::record::content::Role;
use crate::similar::count_words;
use std::collections::BTreeMap;

/// What a text of a row is to its length and its language.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What somebody says: it counts for both.
    Said,
    /// Instructions to a model, code, and translations, of which each row has two languages: for the length alone.
    Made,
}

/// The columns of texts that count. What is said about a record (titles, notes, tags), and what many records share (a
/// form's questions, criteria), does not.
const COLUMNS: [(&str, Part); 10] = [
    ("prompt", Part::Said),
    ("ideal", Part::Said),
    ("chosen", Part::Said),
    ("rejected", Part::Said),
    ("corrected", Part::Said),
    ("text", Part::Said),
    ("code", Part::Made),
    ("tests", Part::Made),
    ("source_text", Part::Made),
    ("target_text", Part::Made),
];

/// Rights, as bits.
const OWN: u8 = 1;
const MODEL: u8 = 2;
const THIRD_PARTY: u8 = 4;

/// Of one row: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measures {
    /// Unicode scalar values.
    pub characters: u32,
    /// Words as near-duplicates are told by.
    pub words: u32,
    pub messages: u16,
    pub language: Detected,
    rights: u8,
    /// Whether the author declared false alarms, which go to a person.
    pub reviewed: bool,
}

const _: () = assert!(size_of::<Measures>() <= 16, "one for each row");

impl Measures {
    pub fn of(row: &Row) -> Self {
        let body = row.body();
        // A text is at most a body long, and so is a list.
        let (mut characters, mut words, mut said) = (0, 0, String::new());
        let mut room = LOOKED_AT;
        each_text(body, &mut |part, text| {
            characters += text.chars().count() as u32;
            words += count_words(text) as u32;
            if part == Part::Said && room > 0 {
                let end = text.char_indices().nth(room).map_or(text.len(), |(end, _)| end);
                said.push_str(&text[..end]);
                said.push('\n');
                room -= text[..end].chars().count();
            }
        });
        Measures {
            characters,
            words,
            messages: u16::try_from(entries(body, "messages").len()).unwrap_or(u16::MAX),
            language: Detected::of(&said),
            rights: rights(body),
            reviewed: matches!(body.get("false_alarms"), Some(Node::Int(1..))),
        }
    }

    pub fn own(&self) -> bool {
        self.rights & OWN != 0
    }

    pub fn model(&self) -> bool {
        self.rights & MODEL != 0
    }

    pub fn third_party(&self) -> bool {
        self.rights & THIRD_PARTY != 0
    }
}

/// The texts that count, messages and answers first.
fn each_text(body: &BTreeMap<Key, Node>, see: &mut impl FnMut(Part, &str)) {
    for message in entries(body, "messages") {
        let system = field(message, "role") == Some(Role::System.name());
        field(message, "content").iter().for_each(|text| see(if system { Part::Made } else { Part::Said }, text));
    }
    for answer in entries(body, "answers") {
        field(answer, "answer").iter().for_each(|text| see(Part::Said, text));
    }
    for (column, part) in COLUMNS {
        body.get(column).and_then(text_of).iter().for_each(|text| see(part, text));
    }
}

/// What a list holds; nothing where there is none.
fn entries<'a>(body: &'a BTreeMap<Key, Node>, column: &str) -> &'a [Node] {
    match body.get(column) {
        Some(Node::List(list)) => list,
        _ => &[],
    }
}

/// A text in a map.
fn field<'a>(entry: &'a Node, key: &str) -> Option<&'a str> {
    match entry {
        Node::Map(fields) => fields.get(key).and_then(text_of),
        _ => None,
    }
}

fn rights(body: &BTreeMap<Key, Node>) -> u8 {
    let by = |right: &Node| match field(right, "by") {
        Some("own") => OWN,
        Some("model") => MODEL,
        Some("third-party") => THIRD_PARTY,
        _ => 0,
    };
    entries(body, "rights").iter().fold(0, |all, right| all | by(right))
}

/// Which record a note or a petition is about.
pub(super) fn about(row: &Row) -> Option<String> {
    let says = matches!(text(row, "kind"), Some("note" | "petition"));
    says.then(|| row.header_text("about_record")).flatten()
}
