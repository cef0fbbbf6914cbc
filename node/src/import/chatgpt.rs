//! Conversations of a ChatGPT export.
//!
//! A conversation is a tree of nodes in `mapping`; the branch that the person saw ends at
//! `current_node`. Only that branch is read.

use super::fields::{Messages, Why, append, branch, field, found, model, optional_text, parts, role, title, wrong};
use super::json::Json;
use super::{Format, Item};
use commonwheel_protocol::record::content::{Message, Role};
use commonwheel_protocol::text::RawText;

/// What a person wrote about themselves, what was remembered about them, and the model's notes to itself.
const PRIVATE_TYPES: [&str; 4] = ["user_editable_context", "model_editable_context", "thoughts", "reasoning_recap"];
/// The tool to which the model says what it should remember about the person.
const MEMORY: &str = "bio";
/// Tools that give what is in the person's own files.
const FILE_TOOLS: [&str; 2] = ["file_search", "myfiles_browser"];

/// The chat of one conversation.
pub(super) fn chat(conversation: &Json<'_>) -> Result<Item, Why> {
    let nodes = conversation.get("mapping").filter(|m| m.as_object().is_some());
    let nodes = nodes.ok_or_else(|| wrong(conversation, "mapping", "an object"))?;
    let leaf = conversation.get("current_node").and_then(Json::as_str);
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

/// The message unless the person did not see it, it is about the person, or there is no text in it.
fn message(message: &Json<'_>) -> Result<Option<Message<RawText>>, Why> {
    let (metadata, author) = (&message["metadata"], &message["author"]);
    let hidden = metadata["is_visually_hidden_from_conversation"] == true
        || metadata["is_user_system_message"] == true
        || message["weight"].as_f64() == Some(0.0);
    let content = match field(message, "content") {
        _ if hidden => return Ok(None),
        Some(content) if content.as_object().is_some() => content,
        other => return Err(format!("content: expected an object, found {}", found(other))),
    };
    let (recipient, name) = (message["recipient"].as_str(), author["name"].as_str());
    let remembers = recipient == Some(MEMORY) || name == Some(MEMORY);
    if remembers || content["content_type"].as_str().is_some_and(|t| PRIVATE_TYPES.contains(&t)) {
        return Ok(None);
    }
    let text = match field(content, "parts") {
        Some(_) => Some(parts(content, "parts")?),
        None => ["text", "result"]
            .iter()
            .find_map(|key| optional_text(content, key).transpose())
            .transpose()?
            .map(|t| t.expose().to_owned()),
    };
    let mut text = text.unwrap_or_default();
    let role = role(author, "role")?;
    if role == Role::Tool && name.is_some_and(|name| FILE_TOOLS.contains(&name)) {
        text = "[attachment]".to_owned();
    } else if let (Role::Assistant, Some(tool)) = (role, recipient.filter(|to| *to != "all"))
        && !text.trim().is_empty()
    {
        text = format!("[tool call] {tool} {text}");
    }
    // Pictures stand among the parts already.
    let image = |file: &Json<'_>| file["mime_type"].as_str().is_some_and(|kind| kind.starts_with("image/"));
    for _ in metadata["attachments"].elements().iter().filter(|file| !image(file)) {
        append(&mut text, "[attachment]");
    }
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut seen = Message::new(role, RawText::new(text));
    seen.model = model(metadata, "model_slug");
    Ok(Some(seen))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{chat, import, said, sound, why};
    use super::super::{Format, ImportError};
    use commonwheel_protocol::record::content::Role;
    use serde_json::{Value, json};
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    fn node(parent: Option<&str>, role: &str, content: Value, metadata: Value) -> Value {
        json!({"parent": parent, "message": {"author": {"role": role, "name": "Ana"}, "content": content,
               "metadata": metadata, "weight": 1.0}})
    }

    fn text(text: &str) -> Value {
        json!({"content_type": "text", "parts": [text]})
    }

    fn conversation() -> Value {
        json!({"title": "Tea", "conversation_id": "c-1", "current_node": "f", "mapping": {
            "root": {"parent": null, "message": null},
            "a": node(Some("root"), "system", text(""), json!({})),
            "b": node(Some("a"), "user", json!({"content_type": "user_editable_context", "user_profile": "I am Ana"}), json!({})),
            "c": node(Some("b"), "system", text("secret"), json!({"is_visually_hidden_from_conversation": true})),
            "d": node(Some("c"), "user", json!({"content_type": "multimodal_text",
                 "parts": [{"content_type": "image_asset_pointer", "asset_pointer": "x"}, "Which tea?"]}), json!({})),
            "other": node(Some("d"), "assistant", text("Coffee."), json!({"model_slug": "m-1"})),
            "e": node(Some("d"), "assistant", json!({"content_type": "code", "language": "python", "text": "look()"}), json!({"model_slug": "m-1"})),
            "f": node(Some("e"), "assistant", text("Green."), json!({"model_slug": "m-2"})),
        }})
    }

    fn archive(files: &[(&str, String)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn the_branch_that_was_seen_is_read_without_what_was_hidden() {
        let items = sound(Format::ChatGpt, json!([conversation()]).to_string());
        let expected = [(Role::User, "[image]\nWhich tea?"), (Role::Assistant, "look()"), (Role::Assistant, "Green.")];
        assert_eq!(said(&items[0]), expected);
        assert_eq!(items[0].title.as_ref().unwrap().expose(), "Tea");
        assert_eq!(items[0].model.as_ref().unwrap().expose(), "m-2");
        assert_eq!(chat(&items[0]).messages[1].model.as_ref().unwrap().expose(), "m-1");
        assert!(!items[0].labelled && !items[0].third_party);
    }

    #[test]
    fn what_was_remembered_about_the_person_and_what_is_in_their_files_is_left_out() {
        let mut conversation = conversation();
        let with = |mut node: Value, recipient: &str, name: &str| {
            node["message"]["recipient"] = json!(recipient);
            node["message"]["author"]["name"] = json!(name);
            node
        };
        let system =
            json!({"is_user_system_message": true, "user_context_message_data": {"about_user_message": "secret"}});
        let attached =
            json!({"attachments": [{"name": "ana.pdf", "mime_type": "application/pdf"}, {"mime_type": "image/png"}]});
        let search = json!({"content_type": "code", "text": "msearch()"});
        for (id, node) in [
            ("g", node(Some("f"), "system", text("secret"), system)),
            ("h", with(node(Some("g"), "assistant", text("secret"), json!({})), "bio", "")),
            ("i", with(node(Some("h"), "tool", text("secret"), json!({})), "assistant", "bio")),
            ("j", node(Some("i"), "user", text("And this?"), attached)),
            ("k", with(node(Some("j"), "assistant", search, json!({})), "file_search", "")),
            ("l", with(node(Some("k"), "tool", text("secret"), json!({})), "all", "file_search")),
        ] {
            conversation["mapping"][id] = node;
        }
        conversation["current_node"] = json!("l");
        let items = sound(Format::ChatGpt, json!([conversation]).to_string());
        let expected = [
            (Role::User, "And this?\n[attachment]"),
            (Role::Assistant, "[tool call] file_search msearch()"),
            (Role::Tool, "[attachment]"),
        ];
        assert_eq!(said(&items[0])[3..], expected);
    }

    #[test]
    fn messages_of_no_weight_are_left_out() {
        let mut conversation = conversation();
        conversation["mapping"]["e"]["message"]["weight"] = json!(0.0);
        assert_eq!(said(&sound(Format::ChatGpt, json!([conversation]).to_string())[0]).len(), 2);
    }

    #[test]
    fn a_circle_a_missing_parent_and_a_wrong_type_cost_only_their_chat() {
        let (mut circle, mut orphan, mut typed) = (conversation(), conversation(), conversation());
        circle["mapping"]["a"]["parent"] = json!("f");
        orphan["mapping"]["d"]["parent"] = json!("nowhere");
        typed["mapping"]["f"]["message"]["content"] = json!("secret");
        let imported = import("file", json!([circle, orphan, typed, conversation()]).to_string());
        let errors: Vec<String> = imported.errors.iter().map(|e| e.to_string()).collect();
        assert!(errors[0].starts_with("chat 1: ") && errors[0].ends_with("found a circle"), "{errors:?}");
        assert!(errors[1].starts_with("chat 2: ") && errors[1].ends_with("found one missing"), "{errors:?}");
        assert_eq!(errors[2], "chat 3: content: expected an object, found text");
        assert_eq!(imported.items[0].position, "chat 4");
    }

    #[test]
    fn an_unknown_role_is_an_error_that_does_not_repeat_it() {
        let mut conversation = conversation();
        conversation["mapping"]["f"]["message"]["author"]["role"] = json!("ana@example.org");
        assert!(!why(json!([conversation]).to_string()).contains("ana"));
    }

    #[test]
    fn an_archive_gives_the_conversations_in_all_its_parts() {
        let part = json!([conversation()]).to_string();
        let zip = archive(&[
            ("user.json", "{}".into()),
            ("export/conversations-001.json", part.clone()),
            ("export/conversations-000.json", part),
        ]);
        let positions: Vec<_> = sound(Format::ChatGpt, zip).into_iter().map(|i| i.position).collect();
        assert_eq!(positions, ["chat 1", "chat 2"]);
    }

    #[test]
    fn an_archive_without_conversations_says_so() {
        for zip in [archive(&[("chat.html", "<html>".into())]), archive(&[])] {
            assert!(matches!(import("file", zip).format, Err(ImportError::NoConversations)));
        }
    }

    #[test]
    fn an_archive_that_unpacks_to_far_more_is_refused() {
        let zip = archive(&[("conversations.json", format!("[{}]", " ".repeat(4 << 20)))]);
        assert!(matches!(import("file", zip).format, Err(ImportError::ZipBomb)));
    }

    #[test]
    fn a_damaged_or_encrypted_archive_says_which() {
        let zip = archive(&[("conversations.json", json!([conversation()]).to_string())]);
        assert!(matches!(import("file", &zip[..zip.len() / 2]).format, Err(ImportError::BrokenZip)));
        let mut damaged = zip.clone();
        damaged[60] ^= 0xFF;
        assert!(import("file", damaged).format.is_err());
        // Bit 0 of the flags says that the entry is encrypted (APPNOTE.TXT 4.4.4), here and in the directory.
        let directory = zip.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        let mut encrypted = zip.clone();
        (encrypted[6], encrypted[directory + 8]) = (zip[6] | 1, zip[directory + 8] | 1);
        assert!(matches!(import("file", encrypted).format, Err(ImportError::EncryptedZip)));
    }
}
