//! All rows as values between tabs.

use super::cells::{text_of, text_or_empty};
use crate::bytes::{Key, Node};
use crate::dataset::row::Row;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The first line of each file.
pub(super) const HEADING: &str = "id\tlicence\tpreference\tauthor\ttime\tkind\tlabel\tlanguage\tmodel\ttitle\ttext\n";

/// The columns that come from the header, and those that come from the body, in order.
const HEADER: [&str; 5] = ["id", "licence", "preference", "author", "time"];
const BODY: [&str; 5] = ["kind", "label", "language", "model", "title"];

/// The columns of the body whose texts are the last value, in the order of a row's columns.
const TEXTS: [&str; 20] = [
    "messages",
    "note",
    "prompt",
    "ideal",
    "chosen",
    "rejected",
    "corrected",
    "criteria",
    "answers",
    "programming_language",
    "code",
    "tests",
    "source_language",
    "source_text",
    "target_language",
    "target_text",
    "name",
    "about",
    "text",
    "asks",
];

/// The line of a row.
pub(super) fn line(row: &Row) -> String {
    let mut line = String::new();
    for column in HEADER {
        escape(&row.header_text(column).unwrap_or_default(), &mut line);
        line.push('\t');
    }
    for column in BODY {
        escape(text_or_empty(row, column), &mut line);
        line.push('\t');
    }
    escape(&said(row), &mut line);
    line.push('\n');
    line
}

/// All that is said in a row, parts separated by a blank line, each after its name.
pub(super) fn said(row: &Row) -> String {
    let columns = TEXTS.iter().filter_map(|column| Some((*column, row.body().get(*column)?)));
    let parts = columns.flat_map(|(column, node)| parts_of(column, node));
    let parts: Vec<_> = parts.map(|(name, part)| format!("{name}: {part}")).collect();
    parts.join("\n\n")
}

/// The texts of a column, each with a name: a column's own, or who speaks, what is asked, what is scored.
fn parts_of<'a>(column: &'a str, node: &'a Node) -> Vec<(&'a str, Cow<'a, str>)> {
    match node {
        Node::Text(text) => vec![(column, Cow::Borrowed(&text[..]))],
        Node::List(list) => list.iter().filter_map(|entry| part_of(column, entry)).collect(),
        _ => Vec::new(),
    }
}

fn part_of<'a>(column: &str, node: &'a Node) -> Option<(&'a str, Cow<'a, str>)> {
    let Node::Map(fields) = node else { return None };
    let of = |key: &str| fields.get(key).and_then(text_of);
    match column {
        "messages" => Some((of("role")?, Cow::Borrowed(of("content")?))),
        "answers" => Some((of("question")?, Cow::Borrowed(of("answer")?))),
        "criteria" => Some((of("name")?, Cow::Owned(score(fields)?))),
        _ => None,
    }
}

/// A score of the best one, and why, such as `3/5, clear`.
fn score(fields: &BTreeMap<Key, Node>) -> Option<String> {
    let (Node::Int(score), Node::Int(max)) = (fields.get("score")?, fields.get("max")?) else { return None };
    let note = fields.get("note").and_then(text_of).map_or_else(String::new, |note| format!(", {note}"));
    Some(format!("{score}/{max}{note}"))
}

/// Appends a value without tabs or line ends: `\t`, `\n`, `\r`, and `\\` for a backslash. One that begins as a formula
/// does, or with a quotation mark, has a backslash before it, so that no spreadsheet computes what somebody wrote, or
/// takes what follows for one value up to the next such mark.
fn escape(value: &str, to: &mut String) {
    if value.starts_with(['=', '+', '-', '@', '"']) {
        to.push('\\');
    }
    for char in value.chars() {
        match char {
            '\\' => to.push_str("\\\\"),
            '\t' => to.push_str("\\t"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            other => to.push(other),
        }
    }
}
