//! Rows in which people judged answers: TRL preference and KTO rows, and HH-RLHF transcripts.

use super::fields::{Messages, Why, field, found, text, wrong};
use super::json::Json;
use super::{Format, Item, openai, plain_text};
use commonwheel_protocol::record::content::{Content, Label, Message, PreferencePair, Role};
use commonwheel_protocol::text::RawText;

/// Who speaks in HH-RLHF.
const SPEAKERS: [(&str, Role); 2] = [("Human", Role::User), ("Assistant", Role::Assistant)];

/// The pair of a row with `chosen` and `rejected`.
///
/// These are answers to `prompt`, or whole conversations that differ in the last answer alone.
pub(super) fn pair(format: Format, row: &Json<'_>) -> Result<Item, Why> {
    let whole = |key: &str| row[key].as_array().is_some_and(|list| list.len() > 1);
    let (prompt, chosen, rejected) = if field(row, "prompt").is_none() || whole("chosen") {
        let (mut chosen, mut rejected) = (conversation(row, "chosen")?, conversation(row, "rejected")?);
        let answers = (chosen.list.pop(), rejected.list.pop());
        if chosen.list != rejected.list {
            return Err(
                "expected chosen and rejected to differ in the last answer alone, found other differences".into()
            );
        }
        (chosen, answers.0, answers.1)
    } else {
        let one = |key| conversation(row, key).map(|mut messages| messages.list.pop());
        (prompt(row)?, one("chosen")?, one("rejected")?)
    };
    let answer = |message: Option<Message<RawText>>| match message {
        Some(message) if message.role == Role::Assistant => Ok(message.text),
        _ => Err("expected the assistant's answer last in chosen and rejected, found something else"),
    };
    let (chosen, rejected) = (answer(chosen)?, answer(rejected)?);
    if prompt.list.is_empty() {
        return Err("expected a prompt before the answers, found none".into());
    }
    let prompt = prompt.list;
    Ok(Item::new(format, Content::Preference(PreferencePair { prompt, chosen, rejected, note: None })))
}

/// The labelled chat of a KTO row: `prompt`, `completion`, and whether it is desirable.
pub(super) fn kto(row: &Json<'_>) -> Result<Item, Why> {
    let label = row["label"].as_bool().ok_or_else(|| wrong(row, "label", "true or false"))?;
    let mut messages = prompt(row)?;
    for message in conversation(row, "completion")?.list {
        messages.push(message)?;
    }
    let mut item = messages.into_chat(Format::Kto)?;
    if let Content::Chat(chat) = &mut item.content {
        chat.label = if label { Label::Good } else { Label::Fail };
        item.labelled = true;
    }
    Ok(item)
}

fn prompt(row: &Json<'_>) -> Result<Messages, Why> {
    match field(row, "prompt") {
        Some(Json::List(list)) => listed(list, "prompt"),
        _ => one(Role::User, text(row, "prompt")?),
    }
}

/// The messages in a list, in a transcript, or else one answer.
fn conversation(row: &Json<'_>, key: &str) -> Result<Messages, Why> {
    match row.get(key) {
        Some(Json::List(list)) => listed(list, key),
        Some(Json::Text(transcript)) if field(row, "prompt").is_none() => {
            let mut messages = Messages::default();
            let turns = plain_text::turns(transcript, &SPEAKERS);
            for (role, turn) in
                turns.ok_or_else(|| format!("{key}: expected turns of Human and Assistant, found none"))?
            {
                if turn.trim().is_empty() {
                    return Err(format!("{key}: expected text in every turn, found none"));
                }
                messages.push(Message::new(role, RawText::new(turn.trim())))?;
            }
            Ok(messages)
        }
        Some(Json::Text(_)) => one(Role::Assistant, text(row, key)?),
        other => Err(format!("{key}: expected text or a list of messages, found {}", found(other))),
    }
}

fn listed(list: &[Json<'_>], key: &str) -> Result<Messages, Why> {
    let mut messages = Messages::default();
    for message in list {
        openai::message(message).and_then(|m| messages.push(m)).map_err(|why| format!("{key}: {why}"))?;
    }
    Ok(messages)
}

fn one(role: Role, text: RawText) -> Result<Messages, Why> {
    let mut messages = Messages::default();
    messages.push(Message::new(role, text))?;
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{chat, pair, said, sound, why};
    use commonwheel_protocol::record::content::{Label, Role};
    use serde_json::json;

    #[test]
    fn every_way_to_write_a_pair_gives_the_same() {
        let (user, good, bad) = (
            json!({"role": "user", "content": "Tea?"}),
            json!({"role": "assistant", "content": "Yes."}),
            json!({"role": "assistant", "content": "No."}),
        );
        for (format, row) in [
            (Format::Preference, json!({"prompt": "Tea?", "chosen": "Yes.", "rejected": "No."})),
            (Format::Preference, json!({"prompt": [user], "chosen": [good], "rejected": [bad]})),
            (Format::Preference, json!({"chosen": [user, good], "rejected": [user, bad]})),
            (Format::Preference, json!({"prompt": "Tea?", "chosen": [user, good], "rejected": [user, bad]})),
            (
                Format::HhRlhf,
                json!({"chosen": "\n\nHuman: Tea?\n\nAssistant: Yes.", "rejected": "\n\nHuman: Tea?\n\nAssistant: No."}),
            ),
        ] {
            let items = sound(format, json!([row]).to_string());
            let pair = pair(&items[0]);
            assert_eq!((pair.prompt.len(), pair.prompt[0].text.expose()), (1, "Tea?"));
            assert_eq!((pair.chosen.expose(), pair.rejected.expose()), ("Yes.", "No."));
        }
    }

    #[test]
    fn a_row_that_is_no_pair_is_an_error() {
        for (row, expected) in [
            (
                json!({"chosen": "Human: a\nAssistant: b", "rejected": "Human: c\nAssistant: d"}),
                "found other differences",
            ),
            (
                json!({"chosen": "Human: a\nAssistant:", "rejected": "Human: a\nAssistant: d"}),
                "in every turn, found none",
            ),
            (json!({"chosen": "Human: a\nHuman: b", "rejected": "Human: a\nHuman: c"}), "found something else"),
            (json!({"chosen": "Assistant: b", "rejected": "Assistant: c"}), "before the answers, found none"),
            (
                json!({"prompt": "a", "chosen": 7, "rejected": "c"}),
                "chosen: expected text or a list of messages, found a number",
            ),
        ] {
            let why = why(json!([row]).to_string());
            assert!(why.ends_with(expected), "{why}");
        }
    }

    #[test]
    fn kto_rows_are_labelled_chats() {
        for (desirable, label) in [(true, Label::Good), (false, Label::Fail)] {
            let row = json!({"prompt": "Tea?", "completion": "Yes.", "label": desirable});
            let items = sound(Format::Kto, row.to_string());
            assert_eq!(said(&items[0]), [(Role::User, "Tea?"), (Role::Assistant, "Yes.")]);
            assert_eq!((chat(&items[0]).label, items[0].labelled), (label, true));
        }
        let row = json!([{"prompt": "Tea?", "completion": "Yes.", "label": true}, {"prompt": "Tea?", "completion": "", "label": true}]);
        let imported = super::super::testing::import("file", row.to_string());
        assert_eq!(imported.errors[0].to_string(), "row 2: completion: expected text, found empty text");
    }
}
