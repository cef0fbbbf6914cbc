//! Chats that people export from Claude and from LibreChat.
//!
//! Both hold every message of a chat, with those that were asked or answered anew. The branch that ends at the last
//! message is read.

use super::fields::{Messages, Why, branch, field, found, model, title, wrong};
use super::{Format, Item};
use commonwheel_protocol::record::content::{Message, Role};
use commonwheel_protocol::text::RawText;
use serde_json::{Map, Value};

/// The chat of one conversation of a Claude export.
pub(super) fn claude(conversation: &Value) -> Result<Item, Why> {
    let list = list(conversation, "chat_messages")?;
    let mut messages = Messages::default();
    for message in last_branch(list, "uuid", "parent_message_uuid")? {
        let role = match field(message, "sender").and_then(Value::as_str) {
            Some("human") => Role::User,
            Some("assistant") => Role::Assistant,
            _ => return Err("sender: expected human or assistant, found something else".into()),
        };
        let mut said = said(role, message, "content", "text")?;
        for files in ["attachments", "files", "files_v2"] {
            for _ in message[files].as_array().map_or(&[][..], Vec::as_slice) {
                said.push((role, "[attachment]".to_owned()));
            }
        }
        push(&mut messages, said, None)?;
    }
    let mut item = messages.into_chat(Format::Claude)?;
    item.model = model(conversation, "model");
    item.title = title(conversation, "name");
    Ok(item)
}

/// The chat of one LibreChat export: a list of messages, or trees of them.
pub(super) fn librechat(export: &Value) -> Result<Item, Why> {
    let mut list = list(export, "messages")?;
    let (mut path, nested) = (Vec::new(), list.iter().any(|message| message["children"].is_array()));
    while let (true, Some(last)) = (nested, list.last()) {
        path.push(last);
        list = last["children"].as_array().map_or(&[][..], Vec::as_slice);
    }
    if !nested {
        path = last_branch(list, "messageId", "parentMessageId")?;
    }
    let mut messages = Messages::default();
    for message in path {
        let role = match field(message, "isCreatedByUser") {
            Some(Value::Bool(true)) => Role::User,
            Some(Value::Bool(false)) => Role::Assistant,
            other => return Err(format!("isCreatedByUser: expected true or false, found {}", found(other))),
        };
        push(&mut messages, said(role, message, "content", "text")?, model(message, "model"))?;
    }
    let mut item = messages.into_chat(Format::LibreChat)?;
    item.model = item.model.or(model(&export["options"], "model"));
    item.title = title(export, "title");
    Ok(item)
}

fn list<'a>(object: &'a Value, key: &str) -> Result<&'a [Value], Why> {
    object.get(key).and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| wrong(object, key, "a list"))
}

/// The messages from the first to the last of the list, by their parents. A parent that is not in the list is where
/// the chat begins; a list that names no parents is read in its order.
fn last_branch<'a>(list: &'a [Value], id: &str, parent: &str) -> Result<Vec<&'a Value>, Why> {
    let last = list.last().and_then(|message| message.get(id)).and_then(Value::as_str);
    let (Some(last), true) = (last, list.iter().any(|message| message[parent].is_string())) else {
        return Ok(list.iter().collect());
    };
    let places: Map<String, Value> = list
        .iter()
        .enumerate()
        .filter_map(|(place, message)| Some((message.get(id)?.as_str()?.to_owned(), place, message.get(parent))))
        .map(|(own, place, above)| (own, serde_json::json!({ "place": place, "parent": above })))
        .collect();
    let here = |above: &Value| above.as_str().is_some_and(|above| places.contains_key(above));
    let mut nodes = places.clone();
    nodes.values_mut().filter(|node| !here(&node["parent"])).for_each(|node| node["parent"] = Value::Null);
    let nodes = Value::Object(nodes);
    let path = branch(&nodes, last, "parent")?;
    Ok(path.iter().filter_map(|node| list.get(node["place"].as_u64()? as usize)).collect())
}

/// What one message says, in order: its parts or else its text; calls of tools, and what the tools gave.
fn said(role: Role, message: &Value, parts: &str, text: &str) -> Result<Vec<(Role, String)>, Why> {
    let list = match field(message, parts) {
        Some(Value::Array(list)) => list.as_slice(),
        _ => &[],
    };
    let mut said = Vec::new();
    for part in list {
        part_said(role, part, &mut said);
    }
    if said.iter().all(|(_, text)| text.trim().is_empty()) {
        match field(message, text) {
            Some(Value::String(text)) => said = vec![(role, text.clone())],
            None => {}
            Some(_) => return Err(wrong(message, text, "text")),
        }
    }
    Ok(said)
}

fn part_said(role: Role, part: &Value, said: &mut Vec<(Role, String)>) {
    let call = |name: &Value, arguments: &Value| {
        let arguments = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
        (role, format!("[tool call] {} {arguments}", name.as_str().unwrap_or_default()))
    };
    match part["type"].as_str().unwrap_or_default() {
        // Text, or as LibreChat has it from OpenAI's assistants, text with annotations.
        "text" => said.push((role, text_of(&part["text"]).to_owned())),
        "tool_use" => said.push(call(&part["name"], &part["input"])),
        "tool_result" => said.push((Role::Tool, joined(&part["content"]))),
        "tool_call" => {
            let of = &part["tool_call"];
            said.push(call(&of["name"], &of["args"]));
            said.push((Role::Tool, text_of(&of["output"]).to_owned()));
        }
        // The model's thoughts are not read.
        "thinking" | "redacted_thinking" | "think" | "token_budget" => {}
        kind if kind.contains("image") => said.push((role, "[image]".to_owned())),
        _ => said.push((role, "[attachment]".to_owned())),
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().or_else(|| value["value"].as_str()).unwrap_or_default()
}

/// The texts of a list of parts, or the only one.
fn joined(value: &Value) -> String {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let texts = list.iter().map(|part| part.as_str().unwrap_or_else(|| text_of(&part["text"])));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Adds what was said: pieces of one speaker in a row are one message.
fn push(messages: &mut Messages, said: Vec<(Role, String)>, model: Option<RawText>) -> Result<(), Why> {
    let mut pieces: Vec<(Role, String)> = Vec::new();
    for (role, text) in said.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
        match pieces.last_mut().filter(|(last, _)| *last == role) {
            Some((_, before)) => *before = [before.as_str(), &text].join("\n"),
            None => pieces.push((role, text)),
        }
    }
    for (role, text) in pieces {
        let mut message = Message::new(role, RawText::new(text));
        message.model = model.clone().filter(|_| role == Role::Assistant);
        messages.push(message)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{import, said, sound, why};
    use commonwheel_protocol::record::content::Role;
    use serde_json::{Value, json};

    fn conversation() -> Value {
        json!({"uuid": "c-1", "name": "Tea", "account": {"uuid": "a-1"}, "chat_messages": [
            {"uuid": "1", "sender": "human", "text": "Which tea?", "attachments": [{"file_name": "ana.pdf", "extracted_content": "secret"}],
             "content": [{"type": "text", "text": "Which tea?"}]},
            {"uuid": "2", "sender": "assistant", "text": "", "content": [
                {"type": "thinking", "thinking": "secret"}, {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "name": "look", "input": {"q": "tea"}},
                {"type": "tool_result", "content": [{"type": "text", "text": "green"}]},
                {"type": "text", "text": "Green."}]}]})
    }

    #[test]
    fn a_claude_chat_keeps_tools_and_drops_thoughts_and_files() {
        let items = sound(Format::Claude, json!([conversation()]).to_string());
        let expected = [
            (Role::User, "Which tea?\n[attachment]"),
            (Role::Assistant, "Let me look.\n[tool call] look {\"q\":\"tea\"}"),
            (Role::Tool, "green"),
            (Role::Assistant, "Green."),
        ];
        assert_eq!(said(&items[0]), expected);
        assert_eq!(items[0].title.as_ref().unwrap().expose(), "Tea");
        assert!(!items[0].third_party && !items[0].labelled);
    }

    #[test]
    fn of_a_claude_chat_that_branches_the_last_branch_is_read() {
        let message = |id: &str, parent: &str, sender: &str, text: &str| json!({"uuid": id, "parent_message_uuid": parent, "sender": sender, "text": text});
        let chat = |last: Value| {
            json!([{"uuid": "c", "name": "", "chat_messages": [
                message("1", "root", "human", "First try"), message("2", "1", "assistant", "No."),
                message("3", "root", "human", "Second try"), last]}])
        };
        let read = sound(Format::Claude, chat(message("4", "3", "assistant", "Yes.")).to_string());
        assert_eq!(said(&read[0]), [(Role::User, "Second try"), (Role::Assistant, "Yes.")]);
        let circle = json!([{"uuid": "c", "name": "", "chat_messages": [
            message("1", "2", "human", "a"), message("2", "1", "assistant", "b")]}]);
        assert!(why(circle.to_string()).contains("circle"));
    }

    fn librechat() -> Value {
        json!({"conversationId": "c-1", "endpoint": "openAI", "title": "Tea", "options": {"model": "m-1"}, "messages": [
            {"messageId": "1", "parentMessageId": "0", "sender": "Ana", "isCreatedByUser": true, "text": "Which tea?"},
            {"messageId": "2", "parentMessageId": "1", "sender": "GPT", "isCreatedByUser": false, "text": "Coffee."},
            {"messageId": "3", "parentMessageId": "1", "sender": "GPT", "isCreatedByUser": false, "model": "m-2", "text": "",
             "content": [{"type": "think", "think": "secret"}, {"type": "text", "text": {"value": "Green."}},
                         {"type": "tool_call", "tool_call": {"name": "look", "args": "{}", "output": "leaf"}}]}]})
    }

    #[test]
    fn a_librechat_export_is_read_flat_and_nested_without_names() {
        let expected =
            [(Role::User, "Which tea?"), (Role::Assistant, "Green.\n[tool call] look {}"), (Role::Tool, "leaf")];
        let flat = librechat();
        let mut nested = librechat();
        let mut list = nested["messages"].as_array().unwrap().clone();
        let answers = list.split_off(1);
        list[0]["children"] = json!(answers);
        nested["messages"] = json!(list);
        for export in [flat, nested] {
            let items = sound(Format::LibreChat, export.to_string());
            assert_eq!(said(&items[0]), expected);
            assert_eq!(items[0].model.as_ref().unwrap().expose(), "m-2");
        }
    }

    #[test]
    fn what_is_wrong_costs_its_chat_and_is_not_repeated() {
        let mut wrong = conversation();
        wrong["chat_messages"][0]["sender"] = json!("ana@example.org");
        let imported = import("file", json!([wrong, conversation()]).to_string());
        assert_eq!(imported.errors[0].to_string(), "chat 1: sender: expected human or assistant, found something else");
        assert_eq!(imported.items.len(), 1);
        let mut wrong = librechat();
        wrong["messages"][0]["isCreatedByUser"] = json!("secret");
        assert_eq!(why(wrong.to_string()), "isCreatedByUser: expected true or false, found text");
    }
}
