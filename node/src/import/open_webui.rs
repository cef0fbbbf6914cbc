//! Chats and feedback exported from Open WebUI.
//!
//! A chat is a tree of messages in `history`; the branch that the person saw last ends at
//! `currentId`. Older files have only the list `messages`.

use super::fields::{
    Messages, Why, append, branch, field, model, note, parts, rating, role, tags, thumb, title, wrong,
};
use super::json::Json;
use super::{Format, Item, open_webui_text};
use commonwheel_protocol::record::content::{Content, Label, Message, PreferencePair, Role};
use commonwheel_protocol::text::RawText;
use std::collections::{BTreeMap, BTreeSet};

/// The chat of one exported row.
pub(super) fn chat(row: &Json<'_>) -> Result<Item, Why> {
    let inner = field(row, "chat").unwrap_or(row);
    let mut item = messages(&seen(inner)?)?.into_chat(Format::OpenWebUi)?;
    item.title = title(row, "title").or(title(inner, "title"));
    item.tags = tags(&row["meta"], "tags");
    Ok(item)
}

/// The answers of a chat that were given to one message and judged apart: the best against the worst of each. An
/// answer is better by a thumb up against a thumb down or, where both have one, by a higher rating.
pub(super) fn pairs<'a>(row: &'a Json<'a>) -> impl Iterator<Item = Result<Item, Why>> + 'a {
    let inner = field(row, "chat").unwrap_or(row);
    let nodes = &inner["history"]["messages"];
    let mut answers: BTreeMap<&str, Vec<&Json<'_>>> = BTreeMap::new();
    for node in nodes.as_object().into_iter().flat_map(|nodes| nodes.values()) {
        if let (Some("assistant"), Some(parent)) = (node["role"].as_str(), node["parentId"].as_str()) {
            answers.entry(parent).or_default().push(node);
        }
    }
    answers.into_iter().filter_map(move |(parent, answers)| {
        let (chosen, rejected) = best_and_worst(&answers)?;
        Some(pair(Format::OpenWebUi, nodes, parent, (chosen, rejected)).map(|mut item| {
            item.title = title(row, "title").or(title(inner, "title"));
            item.tags = tags(&row["meta"], "tags");
            item
        }))
    })
}

/// The pair of two answers to the message `parent`.
fn pair(
    format: Format,
    nodes: &Json<'_>,
    parent: &str,
    (chosen, rejected): (&Json<'_>, &Json<'_>),
) -> Result<Item, Why> {
    let model = written_by(chosen);
    let prompt = messages(&branch(nodes, parent, "parentId")?)?.beside(&model);
    let (chosen, rejected) = (text_of(chosen)?, text_of(rejected)?);
    let mut item = Item::new(format, Content::Preference(PreferencePair { prompt, chosen, rejected, note: None }));
    item.model = model;
    Ok(item)
}

fn text_of(node: &Json<'_>) -> Result<RawText, Why> {
    Ok(RawText::new(open_webui_text::whole(&parts(node, "content")?)))
}

/// The model that wrote an answer: in the arena the one that was drawn.
fn written_by(node: &Json<'_>) -> Option<RawText> {
    model(node, "selectedModelId").or(model(node, "model"))
}

fn has_text(node: &Json<'_>) -> bool {
    text_of(node).is_ok_and(|text| !text.expose().trim().is_empty())
}

/// Two answers that people judged differently, as far apart as there are.
fn best_and_worst<'a>(answers: &[&'a Json<'a>]) -> Option<(&'a Json<'a>, &'a Json<'a>)> {
    let mut judged = Vec::new();
    for node in answers {
        let annotation = &node["annotation"];
        let thumb = thumb(annotation, "rating").ok()?;
        let rating = rating(&annotation["details"], "rating", 1, 10).ok()?;
        if (thumb.is_some() || rating.is_some()) && has_text(node) {
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
pub(super) fn feedback(row: &Json<'_>) -> Result<Item, Why> {
    let (data, outer) = (&row["data"], &row["snapshot"]["chat"]);
    let inner = field(outer, "chat").ok_or("snapshot.chat.chat: expected the chat, found nothing")?;
    let rated = field(&row["meta"], "message_id").and_then(Json::as_str);
    let rated = rated.ok_or_else(|| wrong(&row["meta"], "message_id", "an id"))?;
    let nodes = branch(&inner["history"]["messages"], rated, "parentId")?;
    if let Some(rated) = nodes.last().filter(|rated| !has_text(rated)) {
        return Err(format!("the rated message: {}", wrong(rated, "content", "text")));
    }
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

/// The pairs of one row of feedback: the rated answer against each of another model that it was shown beside
/// (`sibling_model_ids`), as Open WebUI's own leaderboard counts it.
pub(super) fn compared<'a>(row: &'a Json<'a>) -> impl Iterator<Item = Result<Item, Why>> + 'a {
    let (data, outer) = (&row["data"], &row["snapshot"]["chat"]);
    let nodes = &outer["chat"]["history"]["messages"];
    let rated = row["meta"]["message_id"].as_str().and_then(|id| nodes.get(id)).filter(|rated| has_text(rated));
    let judged = thumb(data, "rating").ok().flatten().zip(rated);
    let beside: BTreeSet<_> = data["sibling_model_ids"].elements().iter().filter_map(Json::as_str).collect();
    let siblings = judged.into_iter().flat_map(move |(label, rated)| {
        let own = written_by(rated);
        let all = nodes.as_object().into_iter().flat_map(|nodes| nodes.values());
        let others: Vec<_> = all
            .filter(|node| node["parentId"] == rated["parentId"] && node["role"].as_str() == Some("assistant"))
            // Another try of the same model was not shown beside the first.
            .filter(|node| written_by(node).is_some_and(|by| Some(&by) != own.as_ref() && beside.contains(by.expose())))
            .filter(|node| has_text(node))
            .collect();
        others.into_iter().map(move |sibling| (label, rated, sibling))
    });
    siblings.filter_map(move |(label, rated, sibling)| {
        let answers = if label == Label::Good { (rated, sibling) } else { (sibling, rated) };
        let read = pair(Format::OpenWebUiFeedback, nodes, rated["parentId"].as_str()?, answers);
        Some(read.and_then(|mut item| {
            if let Content::Preference(pair) = &mut item.content {
                pair.note = note(data, "comment")?;
            }
            item.title = title(outer, "title").or(title(&outer["chat"], "title"));
            item.tags = tags(data, "tags");
            Ok(item)
        }))
    })
}

/// The branch that ends at the current message or, if the tree does not lead there, the plain list.
fn seen<'a>(chat: &'a Json<'a>) -> Result<Vec<&'a Json<'a>>, Why> {
    let history = &chat["history"];
    let current = history["currentId"].as_str().ok_or_else(|| wrong(history, "currentId", "an id"));
    let tree = current.and_then(|id| branch(&history["messages"], id, "parentId"));
    match (tree, chat["messages"].as_array()) {
        (Err(_), Some(list)) if !list.is_empty() => Ok(list.iter().collect()),
        (tree, _) => tree,
    }
}

/// The messages of these nodes that have text or files. An answer that failed or was stopped has neither.
fn messages(nodes: &[&Json<'_>]) -> Result<Messages, Why> {
    let mut messages = Messages::default();
    for node in nodes {
        if node.get("content").is_none() {
            return Err(wrong(node, "content", "text"));
        }
        let (role, mut text) = (role(node, "role")?, parts(node, "content")?);
        for file in node["files"].elements() {
            let shown = if file["type"].as_str() == Some("image") { "[image]" } else { "[attachment]" };
            append(&mut text, shown);
        }
        let mut said = if role == Role::Assistant { open_webui_text::said(&text) } else { vec![(role, text)] };
        said.retain(|(_, text)| !text.trim().is_empty());
        let annotation = &node["annotation"];
        let (label, rating) = (thumb(annotation, "rating")?, rating(&annotation["details"], "rating", 1, 10)?);
        // What was judged is the whole answer, which ends with its last part.
        let last = said.iter().rposition(|(by, _)| *by == role);
        for (at, (by, text)) in said.into_iter().enumerate() {
            let mut message = Message::new(by, RawText::new(text));
            message.model = written_by(node).filter(|_| by == role);
            if Some(at) == last {
                (message.label, message.rating) = (label, rating);
            }
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
    fn feedback_on_an_answer_beside_others_gives_pairs() {
        for (rating, chosen, rejected, model) in [(1, "Green.", "Coffee.", "m-2"), (-1, "Coffee.", "Green.", "m-1")] {
            let mut feedback = rated(json!(rating));
            feedback["data"]["sibling_model_ids"] = json!(["m-1", "m-9"]);
            let items = sound(Format::OpenWebUiFeedback, json!([feedback]).to_string());
            let pair = pair(&items[1]);
            assert_eq!((items.len(), pair.chosen.expose(), pair.rejected.expose()), (2, chosen, rejected));
            let told = (pair.prompt[0].text.expose(), pair.note.as_ref().unwrap().expose());
            assert_eq!(told, ("Which tea?", "too short"));
            assert_eq!(items[1].model.as_ref().unwrap().expose(), model);
            // In the arena, the model that was drawn counts.
            let answer = "/snapshot/chat/chat/history/messages/b";
            feedback.pointer_mut(answer).unwrap()["model"] = json!("arena-model");
            feedback.pointer_mut(answer).unwrap()["selectedModelId"] = json!("m-9");
            assert_eq!(sound(Format::OpenWebUiFeedback, json!([feedback]).to_string()).len(), 2);
            // Another try of the same model was not shown beside it.
            feedback.pointer_mut(answer).unwrap()["selectedModelId"] = json!("m-2");
            feedback["data"]["sibling_model_ids"] = json!(["m-2"]);
            assert_eq!(sound(Format::OpenWebUiFeedback, json!([feedback]).to_string()).len(), 1);
        }
    }

    #[test]
    fn files_show_that_they_were_there_and_an_answers_blocks_are_told_apart() {
        let mut row = row();
        let messages = &mut row["chat"]["history"]["messages"];
        messages["a"]["files"] = json!([{"type": "image", "url": "data:secret"}, {"type": "file", "name": "secret"}]);
        let call = "<details type=\"tool_calls\" done=\"true\" name=\"look\" arguments=\"&quot;{}&quot;\" result=\"&quot;leaf&quot;\">\n</details>";
        messages["c"]["content"] = json!(format!("<details type=\"reasoning\">secret</details>\n{call}\nGreen."));
        let items = sound(Format::OpenWebUi, row.to_string());
        let expected = [
            (Role::User, "Which tea?\n[image]\n[attachment]"),
            (Role::Assistant, "[tool call] look {}"),
            (Role::Tool, "leaf"),
            (Role::Assistant, "Green."),
            (Role::User, "Thanks."),
        ];
        assert_eq!(said(&items[0]), expected);
        let labels: Vec<_> = chat(&items[0]).messages.iter().map(|message| message.label).collect();
        assert_eq!(labels, [None, None, None, Some(Label::Fail), None]);
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
