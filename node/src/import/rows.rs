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

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::import;
    use commonwheel_protocol::record::content::Content;

    #[test]
    fn every_row_is_an_example_and_a_bad_one_costs_only_itself() {
        let rows = "{\"question\":\"1+1?\",\"answer\":\"2\"}\n{\"question\":\"secret\"}\n{\"question\":\"2+2?\",\"answer\":\"4\"}";
        let imported = import("rows.jsonl", rows);
        assert_eq!(imported.format.unwrap(), Format::QuestionAnswer);
        assert_eq!(imported.errors[0].to_string(), "line 2: answer: expected text, found nothing");
        assert_eq!((imported.items.len(), imported.items[1].position.as_str()), (2, "line 3"));
        assert!(imported.items[1].third_party && imported.items[1].labelled);
        let Content::Example(example) = &imported.items[1].content else { panic!("expected an example") };
        assert_eq!((example.prompt.expose(), example.ideal.expose()), ("2+2?", "4"));
    }
}
