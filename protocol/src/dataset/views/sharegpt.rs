//! What a model may imitate, as ShareGPT has it: `conversations` of `from` and `value`.

use super::cells::{Origin, Said, imitable, json};
use crate::dataset::row::Row;
use serde::Serialize;

#[derive(Serialize)]
struct Turn<'a> {
    from: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    conversations: Vec<Turn<'a>>,
    #[serde(flatten)]
    origin: Origin<'a>,
}

/// The line of a row.
pub(super) fn line(row: &Row) -> Option<String> {
    let conversations = imitable(row)?.into_iter().map(turn).collect();
    Some(json(&Line { conversations, origin: Origin::of(row) }))
}

fn turn(said: Said<'_>) -> Turn<'_> {
    Turn { from: speaker(said.role), value: said.content }
}

/// The name of a speaker whose role is known; `system` and `tool` have their own.
fn speaker(role: &str) -> &str {
    match role {
        "user" => "human",
        "assistant" => "gpt",
        other => other,
    }
}
