//! Rows of published datasets that hold a prompt and an answer each: the ideal one, or one with ratings.

use super::fields::{Messages, Why, optional_text, rating, tags, tags_of, text};
use super::json::Json;
use super::{Format, Item};
use commonwheel_protocol::record::content::{Content, Criterion, Example, Message, Role, RubricRatings};
use commonwheel_protocol::text::RawText;

/// A question with its answer, as in GSM8K.
pub(super) fn question_answer(row: &Json<'_>) -> Result<Item, Why> {
    example(Format::QuestionAnswer, text(row, "question")?, None, text(row, "answer")?)
}

/// A problem with its solution, as in MATH. Subject and level become tags.
pub(super) fn math(row: &Json<'_>) -> Result<Item, Why> {
    let mut item = example(Format::Math, text(row, "problem")?, None, text(row, "solution")?)?;
    item.tags = [tags(row, "type"), tags(row, "level")].concat();
    Ok(item)
}

/// What people rate in HelpSteer, from 0 to 4.
const RATED: [&str; 5] = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"];

/// A prompt and a response with ratings, as in HelpSteer.
pub(super) fn helpsteer(row: &Json<'_>) -> Result<Item, Why> {
    let mut criteria = Vec::new();
    for name in RATED {
        if let Some(score) = rating(row, name, 0, 4)? {
            criteria.push(Criterion { name: RawText::new(name), score, max: 4, note: None });
        }
    }
    let mut messages = Messages::default();
    for (role, turn) in turns(text(row, "prompt")?) {
        messages.push(Message::new(role, turn))?;
    }
    messages.push(Message::new(Role::Assistant, text(row, "response")?))?;
    Ok(Item::new(Format::HelpSteer, Content::Rubric(RubricRatings { messages: messages.list, criteria })))
}

/// The turns of a prompt: HelpSteer2 parts longer talks by `<extra_id_1>` and the name of who speaks next.
fn turns(prompt: RawText) -> Vec<(Role, RawText)> {
    let turn = |(at, piece): (usize, &str)| {
        let (role, said) = match (at, piece.split_once('\n')) {
            (0, _) => (Role::User, piece),
            (_, Some(("User", said))) => (Role::User, said),
            (_, Some(("Assistant", said))) => (Role::Assistant, said),
            _ => return None,
        };
        (!said.trim().is_empty()).then(|| (role, RawText::new(said.trim())))
    };
    let turns: Option<Vec<_>> = prompt.expose().split("<extra_id_1>").enumerate().map(turn).collect();
    turns.filter(|turns| turns.len() > 1).unwrap_or_else(|| vec![(Role::User, prompt)])
}

/// An instruction with its output and, maybe, an input.
pub(super) fn alpaca(row: &Json<'_>) -> Result<Item, Why> {
    example(Format::Alpaca, text(row, "instruction")?, optional_text(row, "input")?, text(row, "output")?)
}

/// An instruction with its response and, maybe, a context. The category becomes a tag.
pub(super) fn dolly(row: &Json<'_>) -> Result<Item, Why> {
    let context = optional_text(row, "context")?;
    let mut item = example(Format::Dolly, text(row, "instruction")?, context, text(row, "response")?)?;
    item.tags = tags_of(&row["category"]);
    Ok(item)
}

/// An example whose prompt is `prompt` and, after a blank line, `more`.
fn example(format: Format, prompt: RawText, more: Option<RawText>, ideal: RawText) -> Result<Item, Why> {
    let prompt = match more {
        Some(more) => RawText::new([prompt.expose(), more.expose()].join("\n\n")),
        None => prompt,
    };
    Ok(Item::new(format, Content::Example(Example { prompt, ideal })))
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{import, plain, sound, why};
    use commonwheel_protocol::limits;
    use commonwheel_protocol::record::content::{Content, Role};

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

    #[test]
    fn problems_and_rated_answers_are_read() {
        let math = r#"{"problem":"1+1?","level":"Level 1","type":"Algebra","solution":"$\\boxed{2}$"}"#;
        let items = sound(Format::Math, math);
        assert_eq!(plain(&items[0].tags), ["Algebra", "Level 1"]);
        let steer = r#"{"prompt":"1+1?","response":"2","helpfulness":4,"correctness":3,"coherence":4,"complexity":0,"verbosity":1}"#;
        let items = sound(Format::HelpSteer, steer);
        let Content::Rubric(rubric) = &items[0].content else { panic!("expected ratings") };
        let scores: Vec<_> = rubric.criteria.iter().map(|c| (c.name.expose(), c.score, c.max)).collect();
        assert_eq!(scores[..2], [("helpfulness", 4, 4), ("correctness", 3, 4)]);
        assert_eq!((rubric.messages.len(), scores.len()), (2, 5));
        let talk = steer.replace("1+1?", r"1+1?\n<extra_id_1>Assistant\n2\n<extra_id_1>User\nSure?");
        let items = sound(Format::HelpSteer, talk);
        let Content::Rubric(rubric) = &items[0].content else { panic!("expected ratings") };
        let said: Vec<_> = rubric.messages.iter().map(|m| (m.role, m.text.expose())).collect();
        let expected = [(Role::User, "1+1?"), (Role::Assistant, "2"), (Role::User, "Sure?"), (Role::Assistant, "2")];
        assert_eq!(said, expected);
        let over = steer.replace("\"helpfulness\":4", "\"helpfulness\":5");
        assert_eq!(why(over), "helpfulness: expected a whole number from 0 to 4, found something else");
    }

    #[test]
    fn texts_that_only_together_exceed_a_body_are_an_error() {
        let row =
            |bytes| serde_json::json!({"question": "q".repeat(bytes), "answer": "a".repeat(limits::BODY_BYTES / 2)});
        assert_eq!(sound(Format::QuestionAnswer, row(limits::BODY_BYTES / 2).to_string()).len(), 1);
        assert!(why(row(limits::BODY_BYTES / 2 + 1).to_string()).contains("at most 1024 KiB"));
    }

    #[test]
    fn instructions_are_joined_with_what_they_are_about() {
        let alpaca =
            r#"[{"instruction":"Add.","input":"1 and 2","output":"3"},{"instruction":"Hi","input":"","output":"Ho"}]"#;
        let dolly = r#"{"instruction":"Add.","context":"1 and 2","response":"3","category":"maths"}"#;
        for (format, text) in [(Format::Alpaca, alpaca), (Format::Dolly, dolly)] {
            let items = sound(format, text);
            let Content::Example(example) = &items[0].content else { panic!("expected an example") };
            assert_eq!((example.prompt.expose(), example.ideal.expose()), ("Add.\n\n1 and 2", "3"));
        }
        assert_eq!(plain(&sound(Format::Dolly, dolly)[0].tags), ["maths"]);
    }
}
