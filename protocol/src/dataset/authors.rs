//! By which names authors want to be known: what the profiles among the rows say.

use super::row::Row;
use super::views::cells::{is, json, text};
use crate::limits::SHORT_TEXT_BYTES;
use crate::record::RecordId;
use serde::Serialize;
use std::collections::BTreeMap;

/// The display names of authors, from rows that come one by one in any order. It holds a name for each author with
/// a profile among the rows, and nothing of others. A name that is longer than [`SHORT_TEXT_BYTES`] is none: it would stand
/// in each line that credits its author.
///
/// A profile that is left out of an export, by its preference or for another reason, names nobody there.
#[derive(Clone, Debug, Default)]
pub struct Authors(BTreeMap<String, (Newest, Author)>);

/// By what the newest of an author's profiles is told: the header's time as text, then the id.
type Newest = (String, RecordId);

/// An author as a line of `authors.jsonl` shows them: keys in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Author {
    /// The public key, as in the column `author` of a row.
    pub author: String,
    /// The display name. It need not be unique, and may hold any character: whoever puts it into a page escapes it.
    pub name: String,
    /// The id of the record of kind `profile` that says so.
    pub profile: String,
}

impl Authors {
    /// Takes one row more.
    pub fn add(&mut self, row: &Row) {
        let short = |name: &&str| name.len() <= SHORT_TEXT_BYTES;
        let Some(name) = text(row, "name").filter(short).filter(|_| is(row, "profile")) else { return };
        let [Some(author), Some(time)] = ["author", "time"].map(|column| row.header_text(column)) else { return };
        let newest = (time, row.id());
        if self.0.get(&author).is_none_or(|(before, _)| *before < newest) {
            let shown = Author { author: author.clone(), name: name.to_owned(), profile: row.id().to_string() };
            self.0.insert(author, (newest, shown));
        }
    }

    /// The name of the author with this key, as the column `author` writes it.
    pub fn name(&self, author: &str) -> Option<&str> {
        self.0.get(author).map(|(_, author)| &author.name[..])
    }

    /// The authors that have a name, in the order of their keys' text.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Author> {
        self.0.values().map(|(_, author)| author)
    }

    /// The text of `authors.jsonl`: a line for each author that has a name. The file exists only where there is one.
    pub fn to_text(&self) -> String {
        self.iter().map(json).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{Cid, Node, encode};
    use crate::record::header::tests::{header, key};
    use crate::record::header::{HourTime, SizeClass};
    use crate::sign::SecretKey;

    fn row(kind: &str, name: &str, hour: i64, signer: &SecretKey) -> Row {
        let fields = [("kind", kind), ("name", name)].map(|(key, value)| (key, Some(Node::text(value))));
        let body = encode(&Node::map(fields.into_iter().chain([("salt", Some(Node::bytes([7; 32])))])));
        let mut header = header();
        (header.body, header.size_class) = (Cid::of_cbor(&body), SizeClass::of(body.len()));
        (header.author, header.time) = (signer.public(), HourTime::hour(hour * 3600));
        Row::of(&header.sign(signer), &body, &header.community).unwrap()
    }

    #[test]
    fn the_newest_profile_names_its_author_in_whatever_order_rows_come() {
        let (ana, other) = (key(), SecretKey::from_seed(&[9; 32]));
        let rows = [
            row("profile", "Ana", 10, &ana),
            row("profile", "Ana \"of\"\nthe mill", 12, &ana),
            row("profile", "A.", 11, &ana),
            row("profile", "Ana", 9, &other),
            row("note", "no name", 13, &ana),
        ];
        let of = |rows: &mut dyn Iterator<Item = &Row>| {
            let mut authors = Authors::default();
            rows.for_each(|row| authors.add(row));
            authors
        };
        let (one, two) = (of(&mut rows.iter()), of(&mut rows.iter().rev()));
        assert_eq!(one.to_text(), two.to_text());
        assert_eq!(one.name(&ana.public().to_string()), Some("Ana \"of\"\nthe mill"));
        let line = format!(
            "{{\"author\":\"{}\",\"name\":\"Ana \\\"of\\\"\\nthe mill\",\"profile\":\"{}\"}}\n",
            ana.public(),
            rows[1].id()
        );
        assert!(one.to_text().contains(&line), "{}", one.to_text());
        assert!(one.iter().map(|author| &author.author).is_sorted() && one.iter().len() == 2);
    }

    #[test]
    fn a_name_that_is_longer_than_short_texts_names_nobody() {
        let ana = key();
        let named = |length: usize, hour| row("profile", &"*".repeat(length), hour, &ana);
        let mut authors = Authors::default();
        [named(SHORT_TEXT_BYTES, 10), named(SHORT_TEXT_BYTES + 1, 11)].iter().for_each(|row| authors.add(row));
        assert_eq!(authors.name(&ana.public().to_string()), Some(&*"*".repeat(SHORT_TEXT_BYTES)));
    }

    #[test]
    fn of_two_profiles_of_one_hour_the_higher_id_counts_and_who_has_none_has_no_line() {
        let ana = key();
        let rows = [row("profile", "A", 10, &ana), row("profile", "B", 10, &ana)];
        let mut authors = Authors::default();
        rows.iter().for_each(|row| authors.add(row));
        let highest = rows.iter().map(Row::id).max().unwrap();
        assert_eq!(authors.iter().next().map(|author| author.profile.clone()), Some(highest.to_string()));
        assert_eq!(Authors::default().to_text(), "");
    }
}
