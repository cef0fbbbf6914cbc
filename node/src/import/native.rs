//! Commonwheel's own format: one object a record, of any kind, in the field names of a body
//! (docs/SPEC.md, section 9). Nothing is guessed or dropped: a field that is not known is an error.

use super::fields::{Messages, Why, field, found, language, note, rating, text, wrong};
use super::json::Json;
use super::{Format, Item};
use commonwheel_protocol::limits::{ENTRIES, MESSAGES, SHORT_TEXT_BYTES, TAGS};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::content::*;
use commonwheel_protocol::text::RawText;

/// Fields that every kind may have.
const COMMON: [&str; 5] = ["kind", "title", "language", "tags", "model"];
const MESSAGE: [&str; 5] = ["role", "content", "model", "label", "rating"];
const CRITERION: [&str; 4] = ["name", "score", "max", "note"];

/// Each kind with the fields of its own.
const KINDS: [(&str, &[&str]); 8] = [
    ("chat", &["messages", "label", "note"]),
    ("correction", &["corrects", "message_index", "corrected", "note"]),
    ("preference", &["messages", "chosen", "rejected", "note"]),
    ("example", &["prompt", "ideal"]),
    ("rubric", &["messages", "criteria"]),
    ("feedback", &["messages", "answers", "rating"]),
    ("code", &["prompt", "programming_language", "code", "tests"]),
    ("translation", &["source_language", "target_language", "source_text", "target_text", "note"]),
];

/// Whether the field `kind` names one of ours.
pub(super) fn is_record(row: &Json<'_>) -> bool {
    row["kind"].as_str().is_some_and(|kind| KINDS.iter().any(|(name, _)| *name == kind))
}

/// The record of one object.
pub(super) fn record(row: &Json<'_>) -> Result<Item, Why> {
    let kind = row["kind"].as_str().ok_or_else(|| wrong(row, "kind", "text"))?;
    let known = KINDS.into_iter().find(|(name, _)| *name == kind);
    let (kind, own) = known.ok_or_else(|| {
        let names = KINDS.map(|(name, _)| name).join(", ");
        format!("kind: expected one of {names}; found another")
    })?;
    only(row, &[&COMMON, own])?;
    let mut item = Item::new(Format::Commonwheel, content(kind, row)?);
    item.labelled = kind != "chat" || field(row, "label").is_some();
    item.corrects = match field(row, "corrects") {
        Some(id) => Some(id.as_str().and_then(|id| id.parse::<RecordId>().ok()).ok_or_else(|| not_an_id(row))?),
        None if kind == "correction" => return Err(not_an_id(row)),
        None => None,
    };
    item.title = short_opt(row, "title")?;
    item.language = language(row, "language")?;
    item.tags = list(row, "tags", TAGS)?.iter().map(|tag| short_text(tag, "tags")).collect::<Result<_, _>>()?;
    item.model = short_opt(row, "model")?;
    Ok(item)
}

fn not_an_id(row: &Json<'_>) -> Why {
    wrong(row, "corrects", "the id of the record that this corrects, such as bafyrei…")
}

fn content(kind: &str, row: &Json<'_>) -> Result<Content<RawText>, Why> {
    Ok(match kind {
        "chat" => {
            let label = label(row)?.unwrap_or(Label::Good);
            Content::Chat(Chat { messages: messages(row, 1)?, label, note: note(row, "note")? })
        }
        "correction" => Content::Correction(Correction {
            message: rating(row, "message_index", 0, MESSAGES as i64 - 1)?,
            corrected: text(row, "corrected")?,
            note: note(row, "note")?,
        }),
        "preference" => Content::Preference(PreferencePair {
            prompt: messages(row, 1)?,
            chosen: text(row, "chosen")?,
            rejected: text(row, "rejected")?,
            note: note(row, "note")?,
        }),
        "example" => Content::Example(Example { prompt: text(row, "prompt")?, ideal: text(row, "ideal")? }),
        "rubric" => Content::Rubric(RubricRatings {
            messages: messages(row, 1)?,
            criteria: entries(row, "criteria", criterion)?,
        }),
        "feedback" => Content::Feedback(Feedback {
            messages: messages(row, 0)?,
            answers: entries(row, "answers", answer)?,
            rating: rating(row, "rating", 1, 10)?,
        }),
        "code" => Content::Code(CodeWithTests {
            prompt: text(row, "prompt")?,
            programming_language: short(row, "programming_language")?,
            code: text(row, "code")?,
            tests: text(row, "tests")?,
        }),
        _ => Content::Translation(TranslationPair {
            source_language: required_language(row, "source_language")?,
            target_language: required_language(row, "target_language")?,
            source: text(row, "source_text")?,
            target: text(row, "target_text")?,
            note: note(row, "note")?,
        }),
    })
}

fn messages(row: &Json<'_>, least: usize) -> Result<Vec<Message<RawText>>, Why> {
    let mut messages = Messages::default();
    for (i, one) in list(row, "messages", MESSAGES)?.iter().enumerate() {
        message(one).and_then(|m| messages.push(m)).map_err(|why| format!("message {}: {why}", i + 1))?;
    }
    if messages.list.len() < least {
        return Err("messages: expected at least one message, found none".into());
    }
    Ok(messages.list)
}

fn message(one: &Json<'_>) -> Result<Message<RawText>, Why> {
    only(one, &[&MESSAGE])?;
    let role = one["role"].as_str().and_then(Role::named);
    let role = role.ok_or_else(|| "role: expected system, user, assistant or tool, found something else".to_owned())?;
    let mut message = Message::new(role, text(one, "content")?);
    message.model = short_opt(one, "model")?;
    message.label = label(one)?;
    message.rating = rating(one, "rating", 1, 10)?;
    Ok(message)
}

fn criterion(one: &Json<'_>) -> Result<Criterion<RawText>, Why> {
    only(one, &[&CRITERION])?;
    let max = rating(one, "max", 1, 100)?.ok_or_else(|| wrong(one, "max", "a whole number from 1 to 100"))?;
    let score = rating(one, "score", 0, max)?.ok_or_else(|| wrong(one, "score", "a whole number from 0 to max"))?;
    Ok(Criterion { name: short(one, "name")?, score, max, note: note(one, "note")? })
}

fn answer(one: &Json<'_>) -> Result<Answer<RawText>, Why> {
    only(one, &[&["question", "answer"]])?;
    Ok(Answer { question: short(one, "question")?, answer: text(one, "answer")? })
}

/// At least one entry, each read by `read`.
fn entries<T>(row: &Json<'_>, key: &'static str, read: fn(&Json<'_>) -> Result<T, Why>) -> Result<Vec<T>, Why> {
    let list = list(row, key, ENTRIES)?;
    if list.is_empty() {
        return Err(format!("{key}: expected at least one entry, found none"));
    }
    let entry = |(i, one)| read(one).map_err(|why| format!("{key}, entry {}: {why}", i + 1));
    list.iter().enumerate().map(entry).collect()
}

/// The list at `key`; an absent one is empty.
fn list<'a>(row: &'a Json<'a>, key: &str, most: usize) -> Result<&'a [Json<'a>], Why> {
    match field(row, key) {
        None => Ok(&[]),
        Some(Json::List(list)) if list.len() <= most => Ok(list),
        Some(Json::List(list)) => Err(format!("{key}: expected at most {most}, found {}", list.len())),
        Some(_) => Err(wrong(row, key, "a list")),
    }
}

/// That an object has no fields but these.
///
/// A field's name may be anything, so that only one that looks like a field's name is repeated.
fn only(object: &Json<'_>, known: &[&[&str]]) -> Result<(), Why> {
    let fields = object.as_object().ok_or_else(|| format!("expected an object, found {}", found(Some(object))))?;
    let Some(unknown) = fields.keys().find(|key| !known.iter().any(|some| some.contains(key))) else {
        return Ok(());
    };
    let plain = unknown.len() <= 32 && unknown.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let name = if plain { unknown } else { "(a name that is not shown here)" };
    Err(format!("{name}: unknown field; known here are {}", known.concat().join(", ")))
}

fn label(object: &Json<'_>) -> Result<Option<Label>, Why> {
    match field(object, "label").map(Json::as_str) {
        None => Ok(None),
        Some(Some("good")) => Ok(Some(Label::Good)),
        Some(Some("fail")) => Ok(Some(Label::Fail)),
        Some(_) => Err("label: expected good or fail, found something else".into()),
    }
}

fn required_language(row: &Json<'_>, key: &str) -> Result<String, Why> {
    language(row, key)?.ok_or_else(|| wrong(row, key, "a language tag such as en or pt-BR"))
}

fn short(object: &Json<'_>, key: &str) -> Result<RawText, Why> {
    short_text(object.get(key).unwrap_or(&Json::Null), key)
}

fn short_opt(object: &Json<'_>, key: &str) -> Result<Option<RawText>, Why> {
    field(object, key).map(|value| short_text(value, key)).transpose()
}

fn short_text(value: &Json<'_>, key: &str) -> Result<RawText, Why> {
    match value.as_str() {
        Some(text) if text.len() > SHORT_TEXT_BYTES => {
            Err(format!("{key}: expected at most {SHORT_TEXT_BYTES} bytes, found {}", text.len()))
        }
        Some(text) if !text.trim().is_empty() => Ok(RawText::new(text)),
        _ => Err(format!("{key}: expected text, found {}", found(Some(value)))),
    }
}

#[cfg(test)]
mod tests;
