//! Chats, and whatever else has messages, in the form of OpenAI's chat interface; examples as two messages.

use super::cells::{Origin, Said, example, is, json, messages, text_or_empty};
use crate::dataset::row::Row;
use serde::Serialize;

/// The kinds whose messages are a conversation with its answers.
const KINDS: [&str; 3] = ["chat", "rubric", "feedback"];

#[derive(Serialize)]
struct Line<'a> {
    messages: Vec<Said<'a>>,
    label: &'a str,
    note: &'a str,
    title: &'a str,
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
    Some(json(&Line {
        messages,
        label: text_or_empty(row, "label"),
        note: text_or_empty(row, "note"),
        title: text_or_empty(row, "title"),
        origin: Origin::of(row),
    }))
}
