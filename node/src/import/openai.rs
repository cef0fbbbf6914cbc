//! Chats as lists of messages with a role and a content, the form of OpenAI's chat interface and of
//! most fine-tuning files. The fields `label`, `note`, `language`, `model`, `tags` and `title` beside
//! the messages are ours, and optional.

use super::fields::{Messages, Why, field, language, model, note, parts, role, tags, title, wrong};
use super::{Format, Item};
use commonwheel_protocol::record::content::{Content, Label, Message};
use commonwheel_protocol::text::RawText;
use serde_json::Value;

/// The chat of an object with `messages`.
pub(super) fn chat(object: &Value) -> Result<Item, Why> {
    let list = object.get("messages").and_then(Value::as_array);
    let mut messages = Messages::default();
    for (i, one) in list.ok_or_else(|| wrong(object, "messages", "a list"))?.iter().enumerate() {
        message(one).and_then(|m| messages.push(m)).map_err(|why| format!("message {}: {why}", i + 1))?;
    }
    let mut item = messages.into_chat(Format::OpenAiChat)?;
    let label = match field(object, "label").map(Value::as_str) {
        None => None,
        Some(Some("good")) => Some(Label::Good),
        Some(Some("fail")) => Some(Label::Fail),
        Some(_) => return Err("label: expected good or fail, found something else".into()),
    };
    if let Content::Chat(chat) = &mut item.content {
        chat.note = note(object, "note")?;
        chat.label = label.unwrap_or(chat.label);
        item.labelled = label.is_some();
    }
    item.language = language(object, "language")?;
    item.model = item.model.or(model(object, "model"));
    item.tags = tags(object, "tags");
    item.title = title(object, "title");
    Ok(item)
}

/// One message. An assistant that only calls a tool says `[tool call] name arguments`.
pub(super) fn message(object: &Value) -> Result<Message<RawText>, Why> {
    let role = role(object, "role")?;
    let mut text = parts(object, "content")?;
    for call in object["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let (name, arguments) = (call["function"]["name"].as_str(), call["function"]["arguments"].as_str());
        let line = format!("[tool call] {} {}", name.unwrap_or_default(), arguments.unwrap_or_default());
        text = if text.is_empty() { line } else { [text, line].join("\n") };
    }
    if text.trim().is_empty() {
        return Err(wrong(object, "content", "text"));
    }
    let mut message = Message::new(role, RawText::new(text));
    message.model = model(object, "model");
    Ok(message)
}
