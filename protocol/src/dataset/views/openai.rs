//! Chats, and whatever else has messages, in the form of OpenAI's chat interface; examples as two messages.

use super::cells::{Origin, Said, example, is, json, messages, text};
use crate::bytes::Node;
use crate::dataset::row::Row;
use serde::Serialize;

/// The kinds whose messages are a conversation with its answers.
const KINDS: [&str; 3] = ["chat", "rubric", "feedback"];

#[derive(Serialize)]
struct Line<'a> {
    messages: Vec<Said<'a>>,
    label: Option<&'a str>,
    note: Option<&'a str>,
    title: Option<&'a str>,
    tags: Vec<&'a str>,
    #[serde(flatten)]
    origin: Origin<'a>,
}

/// The line of a row.
pub(super) fn line(row: &Row) -> Option<String> {
    let messages = match example(row) {
        Some((prompt, ideal)) => vec![Said::user(prompt), Said::assistant(ideal)],
        None if KINDS.iter().any(|kind| is(row, kind)) => messages(row)?,
        None => return None,
    };
    let tags = match row.body().get("tags") {
        Some(Node::List(tags)) => tags.iter().filter_map(super::cells::text_of).collect(),
        _ => Vec::new(),
    };
    Some(json(&Line {
        messages,
        label: text(row, "label"),
        note: text(row, "note"),
        title: text(row, "title"),
        tags,
        origin: Origin::of(row),
    }))
}
