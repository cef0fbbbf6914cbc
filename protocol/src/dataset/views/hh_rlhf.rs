//! Preference pairs as two transcripts, as in HH-RLHF. They have two speakers, and no way to say that a text holds
//! what looks like the beginning of another turn: such pairs are left out.

use super::cells::{Origin, Said, json, pair};
use crate::dataset::row::Row;
use crate::record::content::Role;
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    chosen: String,
    rejected: String,
    #[serde(flatten)]
    origin: Origin<'a>,
}

/// The line of a row.
pub(super) fn line(row: &Row) -> Option<String> {
    let (prompt, chosen, rejected) = pair(row)?;
    let said: Option<String> = prompt.into_iter().map(turn).collect();
    let said = said?;
    let ending = |answer| Some(format!("{said}{}", turn(Said::assistant(answer))?));
    Some(json(&Line { chosen: ending(chosen)?, rejected: ending(rejected)?, origin: Origin::of(row) }))
}

fn turn(said: Said) -> Option<String> {
    let speaker = match Role::named(said.role)? {
        Role::User => "Human",
        Role::Assistant => "Assistant",
        Role::System | Role::Tool => return None,
    };
    (!looks_like_turns(said.content)).then(|| format!("\n\n{speaker}: {}", said.content))
}

/// Whether a line of a text begins as a turn does: with a speaker's name and a colon, in whatever case, maybe in
/// asterisks or with `said`.
fn looks_like_turns(text: &str) -> bool {
    let around = [' ', '\t', '*'];
    text.split(['\n', '\r']).filter_map(|line| line.split_once(':')).any(|(name, _)| {
        let name = name.trim_matches(around).to_ascii_lowercase();
        let name = name.strip_suffix(" said").unwrap_or(&name).trim_matches(around);
        ["human", "assistant"].contains(&name)
    })
}
