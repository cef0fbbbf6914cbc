//! Chats and feedback exported from Open WebUI.
//!
//! A chat is a tree of messages in `history`; the branch that the person saw last ends at
//! `currentId`. Older files have only the list `messages`.

use super::fields::{Messages, Why, branch, field, model, note, parts, rating, role, tags, thumb, title, wrong};
use super::{Format, Item};
use commonwheel_protocol::record::content::{Content, Message};
use commonwheel_protocol::text::RawText;
use serde_json::Value;

/// The chat of one exported row.
pub(super) fn chat(row: &Value) -> Result<Item, Why> {
    let inner = field(row, "chat").unwrap_or(row);
    let mut item = messages(&seen(inner)?)?.into_chat(Format::OpenWebUi)?;
    item.title = title(row, "title").or(title(inner, "title"));
    item.tags = tags(&row["meta"], "tags");
    Ok(item)
}

/// The chat that one row of feedback is about, up to the rated message, with the rating as its label.
pub(super) fn feedback(row: &Value) -> Result<Item, Why> {
    let (data, outer) = (&row["data"], &row["snapshot"]["chat"]);
    let inner = field(outer, "chat").ok_or("snapshot.chat.chat: expected the chat, found nothing")?;
    let rated = field(&row["meta"], "message_id").and_then(Value::as_str);
    let rated = rated.ok_or_else(|| wrong(&row["meta"], "message_id", "an id"))?;
    let nodes = branch(&inner["history"]["messages"], rated, "parentId")?;
    let mut messages = messages(&nodes)?;
    let last = messages.list.last_mut().ok_or("expected messages with text, found none")?;
    let label = thumb(data, "rating")?;
    last.rating = rating(&data["details"], "rating", 1, 10)?.or(last.rating);
    let note = note(data, "comment")?;
    let mut item = messages.into_chat(Format::OpenWebUiFeedback)?;
    if let Content::Chat(chat) = &mut item.content {
        chat.note = note;
        if let Some(label) = label {
            chat.label = label;
            item.labelled = true;
        }
    }
    item.title = title(outer, "title").or(title(inner, "title"));
    item.tags = tags(data, "tags");
    Ok(item)
}

/// The branch that ends at the current message or, if the tree does not lead there, the plain list.
fn seen(chat: &Value) -> Result<Vec<&Value>, Why> {
    let history = &chat["history"];
    let current = history["currentId"].as_str().ok_or_else(|| wrong(history, "currentId", "an id"));
    let tree = current.and_then(|id| branch(&history["messages"], id, "parentId"));
    match (tree, chat["messages"].as_array()) {
        (Err(_), Some(list)) if !list.is_empty() => Ok(list.iter().collect()),
        (tree, _) => tree,
    }
}

/// The messages of these nodes that have text. An answer that failed or was stopped has none.
fn messages(nodes: &[&Value]) -> Result<Messages, Why> {
    let mut messages = Messages::default();
    for node in nodes {
        if node.get("content").is_none() {
            return Err(wrong(node, "content", "text"));
        }
        let text = RawText::new(parts(node, "content")?);
        let mut message = Message::new(role(node, "role")?, text);
        let annotation = &node["annotation"];
        message.model = model(node, "model");
        message.label = thumb(annotation, "rating")?;
        message.rating = rating(&annotation["details"], "rating", 1, 10)?;
        if !message.text.expose().trim().is_empty() {
            messages.push(message)?;
        }
    }
    Ok(messages)
}
