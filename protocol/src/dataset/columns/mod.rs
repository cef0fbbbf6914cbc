//! A row as typed columns: what the binary views hold, and how it follows from the row's one text.
//!
//! Nothing is lost: what has no column of its own, or is not of its column's form, stands in the last column as JSON.
//! docs/DATASET.md, *Columns*, says the same for others. [`COLUMNS`] names them; `read` tells the values apart.

mod read;

use super::civil::unix_s;
use super::row::{HEADER_COLUMNS, RowError};
use read::{Taken, taken};
use std::borrow::Cow;

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The name of the row's column that it shows; empty for the last. Two have another name here, since the folders
    /// of a dataset are columns too for whoever reads them as one table, with other values.
    pub of: &'static str,
    /// Whether every row has it.
    pub required: bool,
    /// What stands in it.
    pub form: Form,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One value.
    One(Kind),
    /// A moment: text in the row, here milliseconds since 1970 in UTC.
    Time,
    /// A list of texts.
    Texts,
    /// A map with these entries and no others.
    Map(&'static [Field]),
    /// A list of such maps.
    Maps(&'static [Field]),
    /// A map from names to integers, here a list of maps with these two fields, in the order of the names.
    Counts(&'static [Field; 2]),
    /// A JSON object of all that has no other column.
    More,
}

impl Form {
    /// The fields of a form that has some.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Form::Map(fields) | Form::Maps(fields) => fields,
            Form::Counts(fields) => fields,
            Form::One(_) | Form::Time | Form::Texts | Form::More => &[],
        }
    }
}

/// An entry of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What stands there.
    pub kind: Kind,
    /// Whether every such map has it.
    pub required: bool,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// An integer.
    Int,
    /// True or false.
    Bool,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// An integer.
    Int(i64),
    /// True or false.
    Bool(bool),
}

/// What a row has in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    None,
    /// One value.
    One(Value<'a>),
    /// Maps, or texts as maps of one field: the values of each, in the order of the form's fields, one map after the
    /// other.
    Many(Vec<Option<Value<'a>>>),
}

/// The last column.
pub const MORE: &str = "more";

const fn header(name: &'static str, of: &'static str, required: bool) -> Column {
    Column { name, of, required, form: Form::One(Kind::Text) }
}

const fn body(name: &'static str, form: Form) -> Column {
    Column { name, of: name, required: false, form }
}

const fn field(name: &'static str, kind: Kind, required: bool) -> Field {
    Field { name, kind, required }
}

const TEXT: Form = Form::One(Kind::Text);
const INT: Form = Form::One(Kind::Int);
const MESSAGES: Form = Form::Maps(&[
    field("role", Kind::Text, true),
    field("content", Kind::Text, true),
    field("model", Kind::Text, false),
    field("label", Kind::Text, false),
    field("rating", Kind::Int, false),
]);
const CRITERIA: Form = Form::Maps(&[
    field("name", Kind::Text, true),
    field("score", Kind::Int, true),
    field("max", Kind::Int, true),
    field("note", Kind::Text, false),
]);
const ANSWERS: Form = Form::Maps(&[field("question", Kind::Text, true), field("answer", Kind::Text, true)]);
const RIGHTS: Form = Form::Maps(&[
    field("by", Kind::Text, true),
    field("model", Kind::Text, false),
    field("source", Kind::Text, false),
    field("licence", Kind::Text, false),
]);
const ASSURANCES: Form = Form::Map(&[
    field("of_age", Kind::Bool, true),
    field("has_rights", Kind::Bool, true),
    field("no_sensitive_data", Kind::Bool, true),
]);
const COUNTS: Form = Form::Counts(&[field("kind", Kind::Text, true), field("count", Kind::Int, true)]);

/// Every column, in order: those of the header, those of the body, and the rest.
pub const COLUMNS: [Column; 55] = [
    header("id", "id", true),
    header("community", "community", true),
    header("charter", "charter", true),
    header("author", "author", true),
    header("author_mode", "author_mode", true),
    header("nonce", "nonce", false),
    Column { name: "time", of: "time", required: true, form: Form::Time },
    header("licence_id", "licence", true),
    header("ai_preference", "preference", true),
    header("terms", "terms", true),
    header("ruleset", "ruleset", true),
    header("revises", "revises", false),
    header("corrects", "corrects", false),
    header("about_record", "about_record", false),
    header("body", "body", true),
    Column { name: "size_class", of: "size_class", required: true, form: INT },
    header("signature", "signature", true),
    body("kind", TEXT),
    body("title", TEXT),
    body("language", TEXT),
    body("tags", Form::Texts),
    body("model", TEXT),
    body("messages", MESSAGES),
    body("label", TEXT),
    body("rating", INT),
    body("note", TEXT),
    body("prompt", TEXT),
    body("ideal", TEXT),
    body("chosen", TEXT),
    body("rejected", TEXT),
    body("message_index", INT),
    body("corrected", TEXT),
    body("criteria", CRITERIA),
    body("answers", ANSWERS),
    body("programming_language", TEXT),
    body("code", TEXT),
    body("tests", TEXT),
    body("source_language", TEXT),
    body("source_text", TEXT),
    body("target_language", TEXT),
    body("target_text", TEXT),
    body("name", TEXT),
    body("about", TEXT),
    body("text", TEXT),
    body("asks", TEXT),
    body("attribution", TEXT),
    body("rights", RIGHTS),
    body("assurances", ASSURANCES),
    body("preference_given", TEXT),
    body("vocabulary", TEXT),
    body("redactions", COUNTS),
    body("false_alarms", INT),
    body("imported_from", TEXT),
    body("salt", TEXT),
    Column { name: MORE, of: "", required: false, form: Form::More },
];

/// The values of a row in each of [`COLUMNS`], from its one text, which [`super::Row::read`] has accepted or
/// [`super::Row::line`] has given. Texts without escapes are borrowed from it.
///
/// # Errors
/// When the line is not a row.
pub fn cells(line: &str) -> Result<[Cell<'_>; COLUMNS.len()], RowError> {
    let Taken { mut cells, mut misfits, others } = taken(line).ok_or(RowError::Json)?;
    let lacks = |(column, cell): &(&Column, &Cell)| column.required && **cell == Cell::None;
    if let Some((column, _)) = COLUMNS.iter().zip(&cells).find(lacks) {
        return Err(RowError::Column(column.name));
    }
    misfits.sort_unstable_by_key(|(at, _)| *at);
    let misfits = misfits.into_iter().map(|(at, raw)| (Cow::Borrowed(COLUMNS[at].of), raw));
    if let (Some(last), Some(more)) = (cells.last_mut(), more(misfits.chain(others))) {
        *last = Cell::One(Value::Text(Cow::Owned(more)));
    }
    Ok(cells)
}

/// What has no column, as one object, in the order of the row.
fn more<'a>(rest: impl Iterator<Item = (Cow<'a, str>, &'a str)>) -> Option<String> {
    let mut text = String::new();
    for (key, raw) in rest {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&serde_json::to_string(&key).expect("writing JSON to memory cannot fail"));
        text.push(':');
        text.push_str(raw);
    }
    (!text.is_empty()).then(|| text + "}")
}

#[cfg(test)]
mod tests;
