//! Answers that people judged, as TRL's trainer for KTO takes them: unpaired preference, conversational.

use super::cells::{Origin, Said, asked, is, json, messages, text};
use crate::dataset::row::Row;
use serde::Serialize;

/// The most judged answers that are taken of one row. Each repeats what was said before, so that without a limit
/// one record could become thousands of times its size.
pub(super) const ANSWERS: usize = 32;

#[derive(Serialize)]
struct Line<'a> {
    prompt: &'a [Said<'a>],
    completion: [Said<'a>; 1],
    label: bool,
    #[serde(flatten)]
    origin: Origin<'a>,
}

/// A line for each answer of the model that has a label of its own, and for a chat's last message the chat's label
/// where it has none. Something must have been said before, and not by the
/// system last.
pub(super) fn lines(row: &Row) -> impl Iterator<Item = String> + '_ {
    let mut said = messages(row).unwrap_or_default();
    if let Some(last) = said.last_mut().filter(|_| is(row, "chat")) {
        last.label = last.label.or(text(row, "label"));
    }
    let desirable = |said: &Said| match said.label {
        Some("good") => Some(true),
        Some("fail") => Some(false),
        _ => None,
    };
    let count = said.len();
    let judged = move |at: usize| {
        let label = desirable(&said[at]).filter(|_| said[at].is_assistant())?;
        let prompt = asked(&said[..at])?;
        Some(json(&Line { prompt, completion: [said[at]], label, origin: Origin::of(row) }))
    };
    (1..count).filter_map(judged).take(ANSWERS)
}
