//! Preference pairs as TRL's trainers for DPO and the like take them: conversational, with an explicit prompt.

use super::cells::{Origin, Said, asked, json, pair};
use crate::dataset::row::Row;
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    prompt: Vec<Said<'a>>,
    chosen: [Said<'a>; 1],
    rejected: [Said<'a>; 1],
    #[serde(flatten)]
    origin: Origin<'a>,
}

/// The line of a row.
pub(super) fn line(row: &Row) -> Option<String> {
    let (prompt, chosen, rejected) = pair(row)?;
    asked(&prompt)?;
    let (chosen, rejected) = ([Said::assistant(chosen)], [Said::assistant(rejected)]);
    Some(json(&Line { prompt, chosen, rejected, origin: Origin::of(row) }))
}
