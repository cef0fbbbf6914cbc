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

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{chat, import, plain, said, sound, why};
    use commonwheel_protocol::record::content::{Label, Role};
    use serde_json::{Value, json};

    fn inner() -> Value {
        json!({"title": "Tea", "history": {"currentId": "d", "messages": {
            "a": {"id": "a", "parentId": null, "role": "user", "content": "Which tea?", "user": {"name": "Ana"}},
            "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "Coffee.", "model": "m-1"},
            "c": {"id": "c", "parentId": "a", "role": "assistant", "content": "Green.", "model": "m-2",
                  "annotation": {"rating": -1, "details": {"rating": 3}}},
            "d": {"id": "d", "parentId": "c", "role": "user", "content": "Thanks."},
        }}})
    }

    fn row() -> Value {
        json!({"id": "chat-1", "user_id": "u-1", "title": "Tea time", "chat": inner(), "meta": {"tags": ["drinks", 7, " "]}})
    }

    fn rated(rating: Value) -> Value {
        json!({"id": "f-1", "user_id": "u-1", "type": "rating", "meta": {"message_id": "c", "chat_id": "chat-1"},
               "data": {"rating": rating, "comment": "too short", "tags": ["drinks"], "details": {"rating": 4}},
               "snapshot": {"chat": row()}})
    }

    #[test]
    fn the_current_branch_is_read_with_its_judgements() {
        let items = sound(Format::OpenWebUi, json!([row()]).to_string());
        let expected = [(Role::User, "Which tea?"), (Role::Assistant, "Green."), (Role::User, "Thanks.")];
        assert_eq!(said(&items[0]), expected);
        let answer = &chat(&items[0]).messages[1];
        assert_eq!((answer.label, answer.rating), (Some(Label::Fail), Some(3)));
        assert_eq!(items[0].title.as_ref().unwrap().expose(), "Tea time");
        assert_eq!(items[0].model.as_ref().unwrap().expose(), "m-2");
        assert_eq!(plain(&items[0].tags), ["drinks"]);
        assert_eq!((chat(&items[0]).label, items[0].labelled), (Label::Good, false));
    }

    #[test]
    fn one_object_many_lines_and_bare_chats_are_read_too() {
        let pretty = serde_json::to_string_pretty(&row()).unwrap();
        assert_eq!(sound(Format::OpenWebUi, &pretty)[0].position, "chat 1");
        assert_eq!(sound(Format::OpenWebUi, format!("{pretty}\n{pretty}"))[1].position, "chat 2");
        assert_eq!(sound(Format::OpenWebUi, format!("\u{feff}{}\n\n{}\n", row(), inner()))[1].position, "line 3");
    }

    #[test]
    fn a_tree_that_leads_nowhere_falls_back_to_the_list() {
        let mut row = row();
        row["chat"]["messages"] = json!([{"role": "user", "content": "Hello"}]);
        for (field, value) in [("currentId", json!("gone")), ("currentId", json!(3)), ("messages", json!({}))] {
            let mut row = row.clone();
            row["chat"]["history"][field] = value;
            assert_eq!(said(&sound(Format::OpenWebUi, json!([row]).to_string())[0]), [(Role::User, "Hello")]);
        }
    }

    #[test]
    fn a_circle_of_parents_is_an_error() {
        let mut row = row();
        row["chat"]["history"]["messages"]["a"]["parentId"] = json!("d");
        assert_eq!(why(json!([row]).to_string()), "expected a tree of messages, found a circle");
    }

    #[test]
    fn an_empty_answer_is_left_out_and_a_missing_one_is_an_error() {
        let mut row = row();
        row["chat"]["history"]["messages"]["c"]["content"] = json!("");
        assert_eq!(said(&sound(Format::OpenWebUi, json!([row]).to_string())[0]).len(), 2);
        row["chat"]["history"]["messages"]["c"].as_object_mut().unwrap().remove("content");
        assert_eq!(why(json!([row]).to_string()), "content: expected text, found nothing");
    }

    #[test]
    fn feedback_labels_the_chat_up_to_the_rated_message() {
        for (rating, label, labelled) in
            [(json!(1), Label::Good, true), (json!(-1), Label::Fail, true), (json!(null), Label::Good, false)]
        {
            let items = sound(Format::OpenWebUiFeedback, json!([rated(rating)]).to_string());
            let chat = chat(&items[0]);
            assert_eq!(said(&items[0]), [(Role::User, "Which tea?"), (Role::Assistant, "Green.")]);
            assert_eq!((chat.label, items[0].labelled, chat.messages[1].rating), (label, labelled, Some(4)));
            assert_eq!(chat.note.as_ref().unwrap().expose(), "too short");
            assert_eq!(plain(&items[0].tags), ["drinks"]);
        }
    }

    #[test]
    fn feedback_that_cannot_be_placed_costs_only_itself() {
        let (mut lost, mut bare) = (rated(json!(1)), rated(json!(1)));
        lost["meta"]["message_id"] = json!("gone");
        bare["snapshot"] = json!(null);
        let imported = import("file", json!([lost, bare, rated(json!(5)), rated(json!(1))]).to_string());
        assert_eq!((imported.errors.len(), imported.items.len()), (3, 1));
        assert!(imported.errors[2].why.starts_with("rating: expected a whole number from -1 to 1"));
    }
}
