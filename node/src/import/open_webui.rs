//! Chats and feedback exported from Open WebUI.
//!
//! A chat is a tree of messages in `history`; the branch that the person saw last ends at
//! `currentId`. Older files have only the list `messages`.

use super::fields::{Messages, Why, branch, field, model, note, parts, rating, role, tags, thumb, title, wrong};
use super::{Format, Item};
use commonwheel_protocol::record::content::{Content, Label, Message, PreferencePair};
use commonwheel_protocol::text::RawText;
use serde_json::Value;
use std::collections::BTreeMap;

/// The chat of one exported row.
pub(super) fn chat(row: &Value) -> Result<Item, Why> {
    let inner = field(row, "chat").unwrap_or(row);
    let mut item = messages(&seen(inner)?)?.into_chat(Format::OpenWebUi)?;
    item.title = title(row, "title").or(title(inner, "title"));
    item.tags = tags(&row["meta"], "tags");
    Ok(item)
}

/// The answers of a chat that were given to one message and judged apart: the best against the worst of each. An
/// answer is better by a thumb up against a thumb down or, where both have one, by a higher rating.
pub(super) fn pairs(row: &Value) -> Vec<Result<Item, Why>> {
    let inner = field(row, "chat").unwrap_or(row);
    let nodes = &inner["history"]["messages"];
    let mut answers: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for node in nodes.as_object().into_iter().flat_map(|nodes| nodes.values()) {
        if let (Some("assistant"), Some(parent)) = (node["role"].as_str(), node["parentId"].as_str()) {
            answers.entry(parent).or_default().push(node);
        }
    }
    let pair = |(parent, answers): (&str, &[&Value])| {
        let (chosen, rejected) = best_and_worst(answers)?;
        let read = || -> Result<Item, Why> {
            let prompt = messages(&branch(nodes, parent, "parentId")?)?.list;
            let (chosen, rejected) = (text_of(chosen)?, text_of(rejected)?);
            let pair = PreferencePair { prompt, chosen, rejected, note: None };
            let mut item = Item::new(Format::OpenWebUi, Content::Preference(pair));
            item.title = title(row, "title").or(title(inner, "title"));
            item.tags = tags(&row["meta"], "tags");
            Ok(item)
        };
        Some(read())
    };
    answers.iter().filter_map(|(parent, answers)| pair((parent, answers))).collect()
}

fn text_of(node: &Value) -> Result<RawText, Why> {
    Ok(RawText::new(parts(node, "content")?))
}

/// Two answers that people judged differently, as far apart as there are.
fn best_and_worst<'a>(answers: &[&'a Value]) -> Option<(&'a Value, &'a Value)> {
    let mut judged = Vec::new();
    for node in answers {
        let annotation = &node["annotation"];
        let thumb = thumb(annotation, "rating").ok()?;
        let rating = rating(&annotation["details"], "rating", 1, 10).ok()?;
        let said = parts(node, "content").is_ok_and(|text| !text.trim().is_empty());
        if said && (thumb.is_some() || rating.is_some()) {
            judged.push((thumb, rating, *node));
        }
    }
    let thumbs = |label| judged.iter().find(|(thumb, ..)| *thumb == Some(label)).map(|(_, _, node)| *node);
    let by_thumb = thumbs(Label::Good).zip(thumbs(Label::Fail));
    let rated = || judged.iter().filter_map(|(_, rating, node)| Some(((*rating)?, *node)));
    let (best, worst) = (rated().max_by_key(|(rating, _)| *rating), rated().min_by_key(|(rating, _)| *rating));
    by_thumb.or_else(|| best.zip(worst).filter(|(best, worst)| best.0 > worst.0).map(|(b, w)| (b.1, w.1)))
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
    use super::super::testing::{chat, import, pair, plain, said, sound, why};
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
    fn answers_to_one_message_that_were_judged_apart_are_a_pair() {
        let judged = |coffee: Value, green: Value| {
            let mut row = row();
            row["chat"]["history"]["messages"]["b"]["annotation"] = coffee;
            row["chat"]["history"]["messages"]["c"]["annotation"] = green;
            sound(Format::OpenWebUi, row.to_string())
        };
        let up = || json!({"rating": 1});
        let rated = |rating| json!({"rating": 1, "details": {"rating": rating}});
        for (coffee, green) in [(json!({"rating": -1}), up()), (rated(3), rated(8))] {
            let items = judged(coffee, green);
            assert_eq!(items.len(), 2, "the chat, and the pair");
            let pair = pair(&items[1]);
            assert_eq!((pair.chosen.expose(), pair.rejected.expose()), ("Green.", "Coffee."));
            assert_eq!(pair.prompt[0].text.expose(), "Which tea?");
            assert_eq!(items[1].position, items[0].position);
        }
        for same in [(up(), up()), (Value::Null, up()), (rated(5), rated(5))] {
            assert_eq!(judged(same.0, same.1).len(), 1, "nobody said which is better");
        }
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
