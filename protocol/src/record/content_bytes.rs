//! Content to and from the fields of a body.

use super::body::{language_opt, short, short_opt};
use super::content::*;
use crate::bytes::{FieldError, Fields, Node};
use crate::limits::{ENTRIES, MESSAGES, NOTE_BYTES};
use crate::text::Redacted;

/// Writes the fields of one kind of content.
pub(super) fn write(content: &Content<Redacted>, set: &mut dyn FnMut(&str, Option<Node>)) {
    match content {
        Content::Chat(c) => {
            set("messages", Some(messages(&c.messages)));
            set("label", Some(label(c.label)));
            set("note", opt(&c.note));
        }
        Content::Correction(c) => {
            set("message_index", c.message.map(Node::Int));
            set("corrected", Some(text(&c.corrected)));
            set("note", opt(&c.note));
        }
        Content::Preference(c) => {
            set("messages", Some(messages(&c.prompt)));
            set("chosen", Some(text(&c.chosen)));
            set("rejected", Some(text(&c.rejected)));
            set("note", opt(&c.note));
        }
        Content::Example(c) => {
            set("prompt", Some(text(&c.prompt)));
            set("ideal", Some(text(&c.ideal)));
        }
        Content::Rubric(c) => {
            set("messages", Some(messages(&c.messages)));
            set("criteria", Some(Node::List(c.criteria.iter().map(criterion).collect())));
        }
        Content::Feedback(c) => {
            set("messages", (!c.messages.is_empty()).then(|| messages(&c.messages)));
            let answers = c
                .answers
                .iter()
                .map(|a| Node::map([("question", Some(text(&a.question))), ("answer", Some(text(&a.answer)))]));
            set("answers", Some(Node::List(answers.collect())));
            set("rating", c.rating.map(Node::Int));
        }
        Content::Code(c) => {
            set("prompt", Some(text(&c.prompt)));
            set("programming_language", Some(text(&c.programming_language)));
            set("code", Some(text(&c.code)));
            set("tests", Some(text(&c.tests)));
        }
        Content::Translation(c) => {
            set("source_language", Some(Node::text(&c.source_language)));
            set("target_language", Some(Node::text(&c.target_language)));
            set("source_text", Some(text(&c.source)));
            set("target_text", Some(text(&c.target)));
            set("note", opt(&c.note));
        }
        Content::Profile(c) => {
            set("name", Some(text(&c.name)));
            set("about", opt(&c.about));
        }
        Content::Note(c) => set("text", Some(text(&c.text))),
        Content::Petition(c) => {
            set("text", Some(text(&c.text)));
            set("asks", Some(Node::text(c.asks.name())));
        }
    }
}

/// Reads the fields of one kind of content; `None` for a kind that is not known.
pub(super) fn read(kind: &str, fields: &mut Fields) -> Result<Option<Content<String>>, FieldError> {
    Ok(Some(match kind {
        "chat" => Content::Chat(Chat {
            messages: read_messages(fields, 1)?,
            label: read_label(&fields.text("label")?)?,
            note: note(fields, "note")?,
        }),
        "correction" => Content::Correction(Correction {
            message: fields
                .int_opt("message_index")?
                .map(|at| in_range("message_index", at, 0, MESSAGES as i64 - 1))
                .transpose()?,
            corrected: fields.text("corrected")?,
            note: note(fields, "note")?,
        }),
        "preference" => Content::Preference(PreferencePair {
            prompt: read_messages(fields, 1)?,
            chosen: fields.text("chosen")?,
            rejected: fields.text("rejected")?,
            note: note(fields, "note")?,
        }),
        "example" => Content::Example(Example { prompt: fields.text("prompt")?, ideal: fields.text("ideal")? }),
        "rubric" => Content::Rubric(RubricRatings {
            messages: read_messages(fields, 1)?,
            criteria: at_least_one("criteria", fields.items("criteria", ENTRIES, read_criterion)?)?,
        }),
        "feedback" => Content::Feedback(Feedback {
            messages: read_messages(fields, 0)?,
            answers: at_least_one("answers", fields.items("answers", ENTRIES, read_answer)?)?,
            rating: rating(fields)?,
        }),
        "code" => Content::Code(CodeWithTests {
            prompt: fields.text("prompt")?,
            programming_language: required_short(fields, "programming_language")?,
            code: fields.text("code")?,
            tests: fields.text("tests")?,
        }),
        "translation" => Content::Translation(TranslationPair {
            source_language: required_language(fields, "source_language")?,
            target_language: required_language(fields, "target_language")?,
            source: fields.text("source_text")?,
            target: fields.text("target_text")?,
            note: note(fields, "note")?,
        }),
        "profile" => Content::Profile(Profile { name: required_short(fields, "name")?, about: note(fields, "about")? }),
        "note" => Content::Note(Note { text: required_note(fields, "text")? }),
        "petition" => Content::Petition(Petition { text: required_note(fields, "text")?, asks: Asks::read(fields)? }),
        _ => return Ok(None),
    }))
}

fn text(value: &Redacted) -> Node {
    Node::text(value.as_str())
}

fn opt(value: &Option<Redacted>) -> Option<Node> {
    value.as_ref().map(text)
}

fn label(label: Label) -> Node {
    Node::text(label.name())
}

fn messages(list: &[Message<Redacted>]) -> Node {
    Node::List(
        list.iter()
            .map(|m| {
                Node::map([
                    ("role", Some(Node::text(m.role.name()))),
                    ("content", Some(text(&m.text))),
                    ("model", opt(&m.model)),
                    ("label", m.label.map(label)),
                    ("rating", m.rating.map(Node::Int)),
                ])
            })
            .collect(),
    )
}

fn criterion(c: &Criterion<Redacted>) -> Node {
    Node::map([
        ("name", Some(text(&c.name))),
        ("score", Some(c.score.into())),
        ("max", Some(c.max.into())),
        ("note", opt(&c.note)),
    ])
}

fn read_messages(fields: &mut Fields, least: usize) -> Result<Vec<Message<String>>, FieldError> {
    let list = fields.items("messages", MESSAGES, |node| {
        let mut fields = Fields::of(node)?;
        let message = Message {
            role: Role::named(&fields.text("role")?)
                .ok_or_else(|| FieldError::value("role", "expected system, user, assistant or tool"))?,
            text: fields.text("content")?,
            model: short_opt(&mut fields, "model")?,
            label: fields.text_opt("label")?.map(|l| read_label(&l)).transpose()?,
            rating: rating(&mut fields)?,
        };
        fields.end()?;
        Ok(message)
    })?;
    if list.len() < least { Err(FieldError::value("messages", "expected at least one")) } else { Ok(list) }
}

fn read_criterion(node: Node) -> Result<Criterion<String>, FieldError> {
    let mut fields = Fields::of(node)?;
    let max = fields.int_in("max", 1..=100)?;
    let criterion = Criterion {
        name: required_short(&mut fields, "name")?,
        score: fields.int_in("score", 0..=max)?,
        max,
        note: note(&mut fields, "note")?,
    };
    fields.end()?;
    Ok(criterion)
}

fn read_answer(node: Node) -> Result<Answer<String>, FieldError> {
    let mut fields = Fields::of(node)?;
    let answer = Answer { question: required_short(&mut fields, "question")?, answer: fields.text("answer")? };
    fields.end()?;
    Ok(answer)
}

fn read_label(text: &str) -> Result<Label, FieldError> {
    Label::named(text).ok_or_else(|| FieldError::value("label", "expected good or fail"))
}

fn rating(fields: &mut Fields) -> Result<Option<i64>, FieldError> {
    fields.int_opt("rating")?.map(|value| in_range("rating", value, 1, 10)).transpose()
}

fn in_range(field: &'static str, value: i64, min: i64, max: i64) -> Result<i64, FieldError> {
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(FieldError::value(field, format!("expected {min} to {max}, found {value}")))
    }
}

fn note(fields: &mut Fields, field: &'static str) -> Result<Option<String>, FieldError> {
    match fields.text_opt(field)? {
        Some(text) if text.len() > NOTE_BYTES => {
            Err(FieldError::value(field, format!("expected at most {NOTE_BYTES} bytes, found {}", text.len())))
        }
        other => Ok(other),
    }
}

fn required_note(fields: &mut Fields, field: &'static str) -> Result<String, FieldError> {
    note(fields, field)?.ok_or(FieldError::Missing(field))
}

fn required_short(fields: &mut Fields, field: &'static str) -> Result<String, FieldError> {
    short(Node::text(fields.text(field)?), field)
}

fn required_language(fields: &mut Fields, field: &'static str) -> Result<String, FieldError> {
    language_opt(fields, field)?.ok_or(FieldError::Missing(field))
}

fn at_least_one<T>(field: &'static str, items: Vec<T>) -> Result<Vec<T>, FieldError> {
    if items.is_empty() { Err(FieldError::value(field, "expected at least one")) } else { Ok(items) }
}
