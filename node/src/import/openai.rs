//! Chats as lists of messages with a role and a content, the form of OpenAI's chat interface and of
//! most fine-tuning files. The fields `label`, `note`, `language`, `model`, `tags` and `title` beside
//! the messages are ours, and optional; what is empty is not there.

use super::fields::{
    Messages, Why, append, field, language, model, note, optional_text, parts, role, tags, title, tool_call, wrong,
};
use super::json::Json;
use super::{Format, Item};
use commonwheel_protocol::record::content::{Content, Label, Message};
use commonwheel_protocol::text::RawText;

/// The chat of an object with `messages`.
pub(super) fn chat(object: &Json<'_>) -> Result<Item, Why> {
    let list = object.get("messages").and_then(Json::as_array);
    let mut messages = Messages::default();
    for (i, one) in list.ok_or_else(|| wrong(object, "messages", "a list"))?.iter().enumerate() {
        message(one).and_then(|m| messages.push(m)).map_err(|why| format!("message {}: {why}", i + 1))?;
    }
    let mut item = messages.into_chat(Format::OpenAiChat)?;
    let label = match field(object, "label").map(Json::as_str) {
        None | Some(Some("")) => None,
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

/// One message. An assistant that only calls a tool says `[tool call] name arguments`; one that declines says why.
pub(super) fn message(object: &Json<'_>) -> Result<Message<RawText>, Why> {
    let role = role(object, "role")?;
    let mut text = parts(object, "content")?;
    if let (true, Some(refusal)) = (text.trim().is_empty(), optional_text(object, "refusal")?) {
        refusal.expose().clone_into(&mut text);
    }
    let calls = object["tool_calls"].elements().iter().map(|call| field(call, "function").unwrap_or(call));
    for call in calls.chain(field(object, "function_call").filter(|call| call.as_object().is_some())) {
        append(&mut text, &tool_call(&call["name"], &call["arguments"]));
    }
    if text.trim().is_empty() {
        return Err(wrong(object, "content", "text"));
    }
    let mut message = Message::new(role, RawText::new(text));
    message.model = model(object, "model");
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{chat, import, plain, said, sound, why};
    use commonwheel_protocol::limits;
    use commonwheel_protocol::record::content::{Label, Role};
    use serde_json::{Value, json};

    fn simple() -> Value {
        json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
    }

    #[test]
    fn every_way_to_write_a_list_of_messages_is_read() {
        let one = json!({"messages": simple()});
        let expected = [(Role::User, "Hi"), (Role::Assistant, "Hello")];
        for (text, chats) in [
            (one.to_string(), 1),
            (json!([one, one]).to_string(), 2),
            (format!("{one}\r\n{one}\r\n{one}"), 3),
            (simple().to_string(), 1),
            (format!("{}\n{}", simple()[0], simple()[1]), 1),
        ] {
            let items = sound(Format::OpenAiChat, &text);
            assert_eq!(items.len(), chats, "{text}");
            assert!(items.iter().all(|item| said(item) == expected && !item.labelled), "{text}");
        }
    }

    #[test]
    fn roles_parts_and_tool_calls_become_text() {
        let text = json!({"messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "u"}}]},
            {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}]},
            {"role": "function", "content": "blue"},
            {"role": "assistant", "content": "Hm.", "function_call": {"name": "look", "arguments": "{}"}},
            {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "function": {"name": "look", "arguments": {"at": [1, {"x": null}]}}}]},
            {"role": "assistant", "content": null, "refusal": "No."},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}], "tools": [{"type": "function"}]});
        let expected = [
            (Role::System, "Be brief."),
            (Role::User, "See\n[image]"),
            (Role::Assistant, "[tool call] look {}"),
            (Role::Tool, "blue"),
            (Role::Assistant, "Hm.\n[tool call] look {}"),
            (Role::Assistant, "[tool call] look {\"at\":[1,{\"x\":null}]}"),
            (Role::Assistant, "No."),
            (Role::Assistant, "No."),
        ];
        assert_eq!(said(&sound(Format::OpenAiChat, text.to_string())[0]), expected);
    }

    #[test]
    fn our_own_fields_are_read() {
        let text = json!({"messages": simple(), "label": "fail", "note": "rude", "language": "pt-BR", "model": "m-1",
                          "tags": ["a", "b"], "title": "Greeting"});
        let item = &sound(Format::OpenAiChat, text.to_string())[0];
        assert_eq!((chat(item).label, item.labelled), (Label::Fail, true));
        assert_eq!(chat(item).note.as_ref().unwrap().expose(), "rude");
        assert_eq!(item.language.as_deref(), Some("pt-BR"));
        assert_eq!(item.model.as_ref().unwrap().expose(), "m-1");
        assert_eq!(plain(&item.tags), ["a", "b"]);
        assert_eq!(item.title.as_ref().unwrap().expose(), "Greeting");
    }

    #[test]
    fn a_field_of_ours_that_is_empty_is_not_there() {
        let text = json!({"messages": simple(), "label": "", "note": "", "language": "", "model": "", "title": ""});
        let item = &sound(Format::OpenAiChat, text.to_string())[0];
        assert_eq!((chat(item).label, item.labelled, &chat(item).note), (Label::Good, false, &None));
        assert_eq!((&item.language, &item.model, &item.title), (&None, &None, &None));
    }

    #[test]
    fn what_is_wrong_is_said_without_repeating_it() {
        for (field, value, expected) in [
            ("messages", json!("secret"), "messages: expected a list, found text"),
            ("messages", json!([]), "expected messages with text, found none"),
            ("messages", json!([{"role": "user"}]), "message 1: content: expected text, found nothing"),
            (
                "messages",
                json!([{"role": "user", "content": 7}]),
                "message 1: content: expected text or a list of parts, found a number",
            ),
            (
                "messages",
                json!([{"role": "secret", "content": "x"}]),
                "message 1: role: expected system, user, assistant or tool, found another role",
            ),
            ("label", json!("secret"), "label: expected good or fail, found something else"),
            (
                "language",
                json!("secret text"),
                "language: expected a language tag such as en or pt-BR, found something else",
            ),
        ] {
            let mut object = json!({"messages": simple()});
            object[field] = value;
            assert_eq!(why(object.to_string()), expected);
        }
    }

    #[test]
    fn limits_hold_at_their_value_and_not_above() {
        let of = |messages, bytes| json!({"messages": vec![json!({"role": "user", "content": "x".repeat(bytes)}); messages]});
        assert_eq!(sound(Format::OpenAiChat, of(limits::MESSAGES, 1).to_string()).len(), 1);
        assert!(why(of(limits::MESSAGES + 1, 1).to_string()).contains("at most 4096 messages"));
        assert_eq!(sound(Format::OpenAiChat, of(1, limits::BODY_BYTES).to_string()).len(), 1);
        assert!(why(of(1, limits::BODY_BYTES + 1).to_string()).contains("at most 1024 KiB"));
    }

    #[test]
    fn a_bad_message_in_a_bare_list_costs_the_chat() {
        let imported = import("file", r#"[{"role":"user","content":"a"},{"role":"user","content":""}]"#);
        assert_eq!(imported.errors[0].to_string(), "chat 1: message 2: content: expected text, found empty text");
    }
}
