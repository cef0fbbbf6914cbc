//! What a model may imitate, as TRL's trainer for supervised fine-tuning takes it: conversational language modelling.
//!
//! TRL refuses rows that have a `label` beside `messages`, so that there is none.

use super::cells::{Origin, Said, imitable, json};
use crate::dataset::row::Row;
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    messages: Vec<Said<'a>>,
    #[serde(flatten)]
    origin: Origin<'a>,
}

/// The line of a row.
pub(super) fn line(row: &Row) -> Option<String> {
    Some(json(&Line { messages: imitable(row)?, origin: Origin::of(row) }))
}
