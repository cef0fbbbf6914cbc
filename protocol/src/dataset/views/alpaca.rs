//! Examples, and chats of one question and one answer that may be imitated, as Alpaca has them.

use super::cells::{Origin, imitable, json};
use crate::dataset::row::Row;
use crate::record::content::Role;
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    instruction: &'a str,
    input: &'a str,
    output: &'a str,
    #[serde(flatten)]
    origin: Origin<'a>,
}

/// The line of a row.
pub(super) fn line(row: &Row) -> Option<String> {
    match imitable(row)?[..] {
        [asked, answered] if asked.role == Role::User.name() && answered.is_assistant() => Some(json(&Line {
            instruction: asked.content,
            input: "",
            output: answered.content,
            origin: Origin::of(row),
        })),
        _ => None,
    }
}
