//! Rows of published datasets that hold one item each.

use super::fields::{Why, text, too_much_text};
use super::{Format, Item};
use commonwheel_protocol::limits;
use commonwheel_protocol::record::content::{Content, Example};
use serde_json::Value;

/// A question with its ideal answer.
pub(super) fn question_answer(row: &Value) -> Result<Item, Why> {
    let (prompt, ideal) = (text(row, "question")?, text(row, "answer")?);
    if prompt.len() + ideal.len() > limits::BODY_BYTES {
        return Err(too_much_text());
    }
    Ok(Item::new(Format::QuestionAnswer, Content::Example(Example { prompt, ideal })))
}
