//! Tells the format of a file by its first item.

use super::fields::field;
use super::json::Json;
use super::{Format, native};

/// The format that an item shows by its fields.
pub(super) fn detect(value: &Json<'_>) -> Option<Format> {
    let has = |key| field(value, key).is_some();
    let object = |key| value[key].as_object().is_some();
    let list = |key| value[key].as_array().is_some();
    if native::is_record(value) {
        Some(Format::Commonwheel)
    } else if object("mapping") {
        Some(Format::ChatGpt)
    } else if object("data") && (has("snapshot") || object("meta")) {
        Some(Format::OpenWebUiFeedback)
    } else if list("chat_messages") {
        Some(Format::Claude)
    } else if (list("messages") || list("messagesTree")) && has("conversationId") {
        Some(Format::LibreChat)
    } else if list("clean_content") {
        Some(Format::Flywheel)
    } else if list("conversations") {
        Some(Format::ShareGpt)
    } else if list("conversation") {
        Some(Format::WildChat)
    } else if object("chat") || object("history") {
        Some(Format::OpenWebUi)
    } else if object("prompt") && has("message_tree_id") || has("message_id") && has("text") {
        Some(Format::Oasst)
    } else if has("messages") || has("role") && value.get("content").is_some() {
        Some(Format::OpenAiChat)
    } else if has("question") && has("answer") {
        Some(Format::QuestionAnswer)
    } else if has("problem") && has("solution") {
        Some(Format::Math)
    } else if has("prompt") && has("response") && has("helpfulness") {
        Some(Format::HelpSteer)
    } else if has("chosen") && has("rejected") {
        let transcript = !has("prompt") && value["chosen"].as_str().is_some();
        Some(if transcript { Format::HhRlhf } else { Format::Preference })
    } else if has("completion") && has("label") {
        Some(Format::Kto)
    } else if has("instruction") && has("output") {
        Some(Format::Alpaca)
    } else if has("instruction") && has("response") {
        Some(Format::Dolly)
    } else if value["kind"].as_str().is_some() {
        Some(Format::Commonwheel)
    } else {
        None
    }
}
