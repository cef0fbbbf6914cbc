//! Chats that people export from Claude and from LibreChat.
//!
//! Both hold every message of a chat, with those that were asked or answered anew. The branch that ends at the last
//! message is read.

use super::fields::{Messages, Why, append, field, found, model, title, tool_call, wrong};
use super::json::Json;
use super::{Format, Item};
use commonwheel_protocol::record::content::{Label, Message, Role};
use commonwheel_protocol::text::RawText;
use std::collections::BTreeMap;

/// The chat of one conversation of a Claude export.
pub(super) fn claude(conversation: &Json<'_>) -> Result<Item, Why> {
    let list = list(conversation, "chat_messages")?;
    let mut messages = Messages::default();
    for message in last_branch(list, "uuid", "parent_message_uuid")? {
        let role = match field(message, "sender").and_then(Json::as_str) {
            Some("human") => Role::User,
            Some("assistant") => Role::Assistant,
            _ => return Err("sender: expected human or assistant, found something else".into()),
        };
        let mut said = said(role, message)?;
        for files in ["attachments", "files", "files_v2"] {
            said.extend(message[files].elements().iter().map(|_| (role, "[attachment]".to_owned())));
        }
        push(&mut messages, said, None, None)?;
    }
    let mut item = messages.into_chat(Format::Claude)?;
    item.model = model(conversation, "model");
    item.title = title(conversation, "name");
    Ok(item)
}

/// The chat of one LibreChat export: a list of messages, or trees of them.
pub(super) fn librechat(export: &Json<'_>) -> Result<Item, Why> {
    let key = if field(export, "messages").is_some() { "messages" } else { "messagesTree" };
    let mut list = list(export, key)?;
    let (mut path, nested) = (Vec::new(), list.iter().any(|message| message["children"].as_array().is_some()));
    while let (true, Some(last)) = (nested, list.last()) {
        path.push(last);
        list = last["children"].elements();
    }
    if !nested {
        path = last_branch(list, "messageId", "parentMessageId")?;
    }
    let mut messages = Messages::default();
    for message in path {
        let role = match field(message, "isCreatedByUser") {
            Some(Json::Bool(true)) => Role::User,
            Some(Json::Bool(false)) => Role::Assistant,
            other => return Err(format!("isCreatedByUser: expected true or false, found {}", found(other))),
        };
        // What stands there is the interface's message and not the model's.
        if message["error"] == true {
            continue;
        }
        let label = match message["feedback"]["rating"].as_str() {
            Some("thumbsUp") => Some(Label::Good),
            Some("thumbsDown") => Some(Label::Fail),
            _ => None,
        };
        let mut said = said(role, message)?;
        let image = |file: &Json<'_>| file["type"].as_str().is_some_and(|kind| kind.starts_with("image/"));
        let shown = |file| if image(file) { "[image]" } else { "[attachment]" };
        said.extend(message["files"].elements().iter().map(|file| (role, shown(file).to_owned())));
        push(&mut messages, said, model(message, "model"), label)?;
    }
    let mut item = messages.into_chat(Format::LibreChat)?;
    item.model = item.model.or(model(&export["options"], "model"));
    item.title = title(export, "title");
    Ok(item)
}

fn list<'a>(object: &'a Json<'a>, key: &str) -> Result<&'a [Json<'a>], Why> {
    object.get(key).and_then(Json::as_array).ok_or_else(|| wrong(object, key, "a list"))
}

/// The messages from the first to the last of the list, by their parents. A parent that is not in the list is where
/// the chat begins; a list that names no parents is read in its order.
fn last_branch<'a>(list: &'a [Json<'a>], id: &str, parent: &str) -> Result<Vec<&'a Json<'a>>, Why> {
    let Some(last) = list.last().filter(|last| last[id].as_str().is_some()) else {
        return Ok(list.iter().collect());
    };
    if list.iter().all(|message| message[parent].as_str().is_none()) {
        return Ok(list.iter().collect());
    }
    let mut places = BTreeMap::new();
    for message in list {
        if let Some(own) = message[id].as_str()
            && places.insert(own, message).is_some()
        {
            return Err(format!("{id}: expected an id of its own for every message, found one used twice"));
        }
    }
    let (mut path, mut next) = (Vec::new(), Some(last));
    while let Some(message) = next {
        if path.len() == list.len() {
            return Err("expected a tree of messages, found a circle".into());
        }
        path.push(message);
        next = message[parent].as_str().and_then(|above| places.get(above).copied());
    }
    path.reverse();
    Ok(path)
}

/// What one message says, in order: its parts or else its text; calls of tools, and what the tools gave.
fn said(role: Role, message: &Json<'_>) -> Result<Vec<(Role, String)>, Why> {
    let mut said = Vec::new();
    for part in message["content"].elements() {
        part_said(role, part, &mut said);
    }
    if said.iter().all(|(_, text)| text.trim().is_empty()) {
        match field(message, "text") {
            Some(Json::Text(text)) => said = vec![(role, text.to_string())],
            None => {}
            Some(_) => return Err(wrong(message, "text", "text")),
        }
    }
    Ok(said)
}

fn part_said(role: Role, part: &Json<'_>, said: &mut Vec<(Role, String)>) {
    match part["type"].as_str().unwrap_or_default() {
        // Text, or as LibreChat has it from OpenAI's assistants, text with annotations. What was said aloud is text too.
        "text" | "voice_note" => said.push((role, text_of(&part["text"]).to_owned())),
        "tool_use" => said.push((role, tool_call(&part["name"], &part["input"]))),
        "tool_result" => said.push((Role::Tool, joined(&part["content"]))),
        "tool_call" => {
            let call = &part["tool_call"];
            let function = field(call, "function").unwrap_or(call);
            let arguments = field(function, "args").unwrap_or(&function["arguments"]);
            said.push((role, tool_call(&function["name"], arguments)));
            said.push((Role::Tool, text_of(&function["output"]).to_owned()));
        }
        // The model's thoughts are not read, nor what the interface says.
        "thinking" | "redacted_thinking" | "think" | "token_budget" | "error" | "flag" => {}
        kind if kind.contains("image") => said.push((role, "[image]".to_owned())),
        _ => said.push((role, "[attachment]".to_owned())),
    }
}

fn text_of<'a>(value: &'a Json<'a>) -> &'a str {
    value.as_str().or_else(|| value["value"].as_str()).unwrap_or_default()
}

/// The texts of a list of parts, or the only one.
fn joined(value: &Json<'_>) -> String {
    let list = value.as_array().unwrap_or(std::slice::from_ref(value));
    let texts = list.iter().map(|part| part.as_str().unwrap_or_else(|| text_of(&part["text"])));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Adds what was said: pieces of one speaker in a row are one message. The last that is no tool's has the label.
fn push(
    messages: &mut Messages,
    said: Vec<(Role, String)>,
    model: Option<RawText>,
    label: Option<Label>,
) -> Result<(), Why> {
    let mut pieces: Vec<(Role, String)> = Vec::new();
    for (role, text) in said.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
        match pieces.last_mut().filter(|(last, _)| *last == role) {
            Some((_, before)) => {
                append(before, &text);
            }
            None => pieces.push((role, text)),
        }
    }
    let judged = pieces.iter().rposition(|(role, _)| *role != Role::Tool);
    for (at, (role, text)) in pieces.into_iter().enumerate() {
        let mut message = Message::new(role, RawText::new(text));
        message.model = model.clone().filter(|_| role == Role::Assistant);
        message.label = label.filter(|_| Some(at) == judged);
        messages.push(message)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{chat, import, said, sound, why};
    use commonwheel_protocol::record::content::{Label, Role};
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
    fn thumbs_and_files_of_librechat_are_read_and_what_went_wrong_is_not() {
        let mut export = librechat();
        export["messagesTree"] = export["messages"].take();
        export.as_object_mut().unwrap().remove("messages");
        let list = export["messagesTree"].as_array_mut().unwrap();
        list[0]["files"] = json!([{"type": "image/png", "filename": "ana.png"}, {"type": "text/plain"}]);
        list[2]["feedback"] = json!({"rating": "thumbsDown", "text": "secret"});
        list.push(json!({"messageId": "4", "parentMessageId": "3", "isCreatedByUser": false, "error": true, "text": "secret"}));
        let function = json!({"function": {"name": "look", "arguments": {"q": "tea"}, "output": ""}});
        list.push(json!({"messageId": "5", "parentMessageId": "4", "isCreatedByUser": false, "text": "", "content": [
            {"type": "error", "error": "secret"}, {"type": "tool_call", "tool_call": function}]}));
        let items = sound(Format::LibreChat, export.to_string());
        let expected = [
            (Role::User, "Which tea?\n[image]\n[attachment]"),
            (Role::Assistant, "Green.\n[tool call] look {}"),
            (Role::Tool, "leaf"),
            (Role::Assistant, "[tool call] look {\"q\":\"tea\"}"),
        ];
        assert_eq!(said(&items[0]), expected);
        let labels: Vec<_> = chat(&items[0]).messages.iter().map(|message| message.label).collect();
        assert_eq!(labels, [None, Some(Label::Fail), None, None], "what was judged is the model's answer");
    }

    #[test]
    fn what_was_said_aloud_is_text() {
        let mut conversation = conversation();
        conversation["chat_messages"][0]["content"] =
            json!([{"type": "voice_note", "title": "x", "text": "Which tea?"}]);
        assert_eq!(said(&sound(Format::Claude, json!([conversation]).to_string())[0])[0].1, "Which tea?\n[attachment]");
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
