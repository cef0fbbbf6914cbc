//! Chats in datasets that others have published: ShareGPT, WildChat, and what the first data flywheel of Public AI
//! sends to its dataset.

use super::fields::{Messages, Why, field, model, note, role, tags_of, text, title, wrong};
use super::json::Json;
use super::{Format, Item, openai};
use commonwheel_protocol::record::content::{Content, Label, Message, Role};
use commonwheel_protocol::text::RawText;

/// A row with `conversations` of `from` and `value`.
pub(super) fn sharegpt(row: &Json<'_>) -> Result<Item, Why> {
    let mut messages = Messages::default();
    if let Some(system) = field(row, "system").filter(|system| system.as_str().is_some_and(|s| !s.trim().is_empty())) {
        messages.push(Message::new(Role::System, RawText::new(system.as_str().unwrap_or_default())))?;
    }
    for (i, turn) in list(row, "conversations")?.iter().enumerate() {
        // An answer that was cut out is empty.
        if turn["value"].as_str().is_some_and(|value| value.trim().is_empty()) {
            continue;
        }
        let message = speaker(turn).and_then(|role| Ok(Message::new(role, text(turn, "value")?)));
        message.and_then(|message| messages.push(message)).map_err(|why| format!("message {}: {why}", i + 1))?;
    }
    let mut item = messages.into_chat(Format::ShareGpt)?;
    item.model = model(row, "model");
    Ok(item)
}

fn speaker(turn: &Json<'_>) -> Result<Role, Why> {
    match turn["from"].as_str() {
        Some("chatgpt" | "bing" | "bard" | "model" | "function_call") => Ok(Role::Assistant),
        Some("observation" | "function_response") => Ok(Role::Tool),
        _ => role(turn, "from"),
    }
}

/// A row with a `conversation` of `role` and `content`. Nothing else of its messages is read: they hold hashes of
/// addresses, headers of requests, places.
pub(super) fn wildchat(row: &Json<'_>) -> Result<Item, Why> {
    let mut messages = Messages::default();
    for (i, turn) in list(row, "conversation")?.iter().enumerate() {
        // An answer that failed is empty.
        if turn["content"].as_str().is_some_and(|content| content.trim().is_empty()) {
            continue;
        }
        let message = role(turn, "role").and_then(|role| Ok(Message::new(role, text(turn, "content")?)));
        message.and_then(|message| messages.push(message)).map_err(|why| format!("message {}: {why}", i + 1))?;
    }
    let mut item = messages.into_chat(Format::WildChat)?;
    item.model = model(row, "model");
    Ok(item)
}

/// A contribution as the flywheel's plug-in for Open WebUI sent it, in any of its three forms: they differ in how
/// licence and attribution are said, and those are said anew here.
pub(super) fn flywheel(payload: &Json<'_>) -> Result<Item, Why> {
    let judged = |name: &str| match name {
        "good" => Some(Label::Good),
        "bad" => Some(Label::Fail),
        _ => None,
    };
    let mut messages = Messages::default();
    for (i, said) in list(payload, "clean_content")?.iter().enumerate() {
        let mut message = openai::message(said).map_err(|why| format!("message {}: {why}", i + 1))?;
        message.label = payload["response_labels"][&*i.to_string()].as_str().and_then(judged);
        messages.push(message)?;
    }
    let mut item = messages.into_chat(Format::Flywheel)?;
    let label = match field(payload, "sharing_reason").map(Json::as_str) {
        Some(Some("good" | "bad")) => judged(payload["sharing_reason"].as_str().unwrap_or_default()),
        None | Some(Some("mixed")) => None,
        Some(_) => return Err("sharing_reason: expected good, bad or mixed, found something else".into()),
    };
    if let Content::Chat(chat) = &mut item.content {
        chat.label = label.unwrap_or(chat.label);
        chat.note = note(payload, "ai_thoughts")?;
        item.labelled = label.is_some();
    }
    item.title = title(payload, "title");
    // Its tags of this kind repeat the label.
    item.tags = tags_of(&payload["all_tags"]);
    item.tags.retain(|tag| !tag.expose().starts_with("dataset-"));
    Ok(item)
}

fn list<'a>(row: &'a Json<'a>, key: &str) -> Result<&'a [Json<'a>], Why> {
    row.get(key).and_then(Json::as_array).ok_or_else(|| wrong(row, key, "a list"))
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{chat, import, plain, said, sound, why};
    use commonwheel_protocol::record::content::{Label, Role};
    use serde_json::{Value, json};

    const TEA: [(Role, &str); 2] = [(Role::User, "Which tea?"), (Role::Assistant, "Green.")];

    #[test]
    fn sharegpt_rows_are_read_under_every_name_of_the_speakers() {
        let row = |user: &str, model: &str| json!({"id": "x_0", "conversations": [{"from": user, "value": "Which tea?"}, {"from": model, "value": "Green."}]});
        for (user, model) in [("human", "gpt"), ("user", "assistant"), ("human", "chatgpt")] {
            let items = sound(Format::ShareGpt, row(user, model).to_string());
            assert_eq!(said(&items[0]), TEA);
            assert!(items[0].third_party);
        }
        let mut cut = row("human", "gpt");
        cut["conversations"].as_array_mut().unwrap().push(json!({"from": "gpt", "value": ""}));
        assert_eq!(said(&sound(Format::ShareGpt, cut.to_string())[0]), TEA);
        assert_eq!(
            why(row("human", "secret").to_string()),
            "message 2: from: expected system, user, assistant or tool, found another role"
        );
    }

    #[test]
    fn of_wildchat_rows_nothing_but_the_words_is_read() {
        let row = json!({"conversation_hash": "h", "model": "m-1", "timestamp": "t", "hashed_ip": "secret", "conversation": [
            {"role": "user", "content": "Which tea?", "hashed_ip": "secret", "header": {"user-agent": "secret"}, "country": "secret"},
            {"role": "assistant", "content": "Green.", "state": "secret"}]});
        let items = sound(Format::WildChat, row.to_string());
        assert_eq!(said(&items[0]), TEA);
        assert_eq!(items[0].model.as_ref().unwrap().expose(), "m-1");
        assert!(!format!("{:?}", items[0].position).contains("secret"));
    }

    fn payload(reason: &str) -> Value {
        json!({"id": "1", "title": "Tea", "sharing_reason": reason, "sharing_tag": format!("dataset-{reason}"),
               "clean_content": [{"role": "user", "content": "Which tea?"},
                                 {"role": "assistant", "content": "Green.", "model": "m-1"}],
               "all_tags": ["drinks", "dataset-good"], "attribution": "swift-otter-001", "content_hash": "h",
               "verification": {"type": "pseudonym"}, "contributed_at": "t", "version": "0.5",
               "feedback_counts": {"good": 1, "bad": 0}, "response_labels": {"1": "good"}})
    }

    #[test]
    fn the_flywheels_three_payloads_are_read_alike() {
        let (mut licensed, mut intended, mut linked) = (payload("good"), payload("good"), payload("good"));
        licensed["license"] = json!("CC-BY-4.0");
        licensed["ai_preference"] = json!("train-genai=n;exceptions=cc-cr");
        licensed["attribution_mode"] = json!("pseudonym");
        intended["license_intent"] = json!("Public bodies only");
        intended["attribution_mode"] = json!("manual_hf");
        linked["license_intent"] = json!("Public bodies only");
        linked["attribution_mode"] = json!("huggingface");
        for payload in [licensed, intended, linked] {
            let item = &sound(Format::Flywheel, payload.to_string())[0];
            assert_eq!(said(item), TEA);
            assert_eq!((chat(item).label, item.labelled), (Label::Good, true));
            assert_eq!(chat(item).messages[1].label, Some(Label::Good));
            assert_eq!(plain(&item.tags), ["drinks"]);
            assert_eq!(item.model.as_ref().unwrap().expose(), "m-1");
        }
        let mut bad = payload("bad");
        bad["ai_thoughts"] = json!("It guessed.");
        let item = &sound(Format::Flywheel, bad.to_string())[0];
        assert_eq!((chat(item).label, chat(item).note.as_ref().unwrap().expose()), (Label::Fail, "It guessed."));
        assert!(!sound(Format::Flywheel, payload("mixed").to_string())[0].labelled);
    }

    #[test]
    fn a_bad_payload_costs_only_itself() {
        let mut wrong = payload("good");
        wrong["sharing_reason"] = json!("secret");
        let lines = format!("{wrong}\n{}", payload("good"));
        let imported = import("file.jsonl", lines);
        let expected = "line 1: sharing_reason: expected good, bad or mixed, found something else";
        assert_eq!(imported.errors[0].to_string(), expected);
        assert_eq!(imported.items.len(), 1);
    }
}
