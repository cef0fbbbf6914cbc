//! Conversations of a ChatGPT export.
//!
//! A conversation is a tree of nodes in `mapping`; the branch that the person saw ends at
//! `current_node`. Only that branch is read.

use super::fields::{Messages, Why, branch, field, found, model, optional_text, parts, role, title, wrong};
use super::{Format, Item};
use commonwheel_protocol::record::content::Message;
use commonwheel_protocol::text::RawText;
use serde_json::Value;

/// What a person wrote about themselves, what was remembered about them, and the model's notes to itself.
const PRIVATE_TYPES: [&str; 4] = ["user_editable_context", "model_editable_context", "thoughts", "reasoning_recap"];

/// The chat of one conversation.
pub(super) fn chat(conversation: &Value) -> Result<Item, Why> {
    let nodes = conversation.get("mapping").filter(|m| m.is_object());
    let nodes = nodes.ok_or_else(|| wrong(conversation, "mapping", "an object"))?;
    let leaf = conversation.get("current_node").and_then(Value::as_str);
    let leaf = leaf.ok_or_else(|| wrong(conversation, "current_node", "an id"))?;
    let mut messages = Messages::default();
    for node in branch(nodes, leaf, "parent")? {
        // The root has no message.
        if let Some(seen) = field(node, "message").map(message).transpose()?.flatten() {
            messages.push(seen)?;
        }
    }
    let mut item = messages.into_chat(Format::ChatGpt)?;
    item.title = title(conversation, "title");
    Ok(item)
}

/// The message unless the person did not see it, or there is no text in it.
fn message(message: &Value) -> Result<Option<Message<RawText>>, Why> {
    let metadata = &message["metadata"];
    let hidden = metadata["is_visually_hidden_from_conversation"] == true || message["weight"].as_f64() == Some(0.0);
    let content = match field(message, "content") {
        _ if hidden => return Ok(None),
        Some(content) if content.is_object() => content,
        other => return Err(format!("content: expected an object, found {}", found(other))),
    };
    if content["content_type"].as_str().is_some_and(|t| PRIVATE_TYPES.contains(&t)) {
        return Ok(None);
    }
    let text = match field(content, "parts") {
        Some(_) => Some(RawText::new(parts(content, "parts")?)),
        None => optional_text(content, "text")?.or(optional_text(content, "result")?),
    };
    let Some(text) = text.filter(|t| !t.expose().trim().is_empty()) else { return Ok(None) };
    let mut seen = Message::new(role(&message["author"], "role")?, text);
    seen.model = model(metadata, "model_slug");
    Ok(Some(seen))
}
