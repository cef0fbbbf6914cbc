//! Reads fields of a parsed item. An error says what was expected and found, never the content.

use super::json::Json;
use super::{Format, Item};
use commonwheel_protocol::limits;
use commonwheel_protocol::record::content::{Chat, Content, Label, Message, Role};
use commonwheel_protocol::text::RawText;

/// Why an item cannot be read.
pub(super) type Why = String;

/// Messages of one item, checked against the limits as they come.
#[derive(Default)]
pub(super) struct Messages {
    /// The messages so far.
    pub list: Vec<Message<RawText>>,
    bytes: usize,
}

impl Messages {
    /// Adds a message. Too many or too much text is an error.
    pub fn push(&mut self, message: Message<RawText>) -> Result<(), Why> {
        self.bytes += message.text.len();
        if self.list.len() == limits::MESSAGES {
            return Err(format!("expected at most {} messages, found more", limits::MESSAGES));
        }
        if self.bytes > limits::BODY_BYTES {
            return Err(too_much_text());
        }
        self.list.push(message);
        Ok(())
    }

    /// The messages, with their models named only where they differ from the record's.
    pub fn beside(mut self, model: &Option<RawText>) -> Vec<Message<RawText>> {
        for message in self.list.iter_mut().filter(|m| m.model == *model) {
            message.model = None;
        }
        self.list
    }

    /// A chat item of these messages, good until somebody says otherwise.
    pub fn into_chat(self, format: Format) -> Result<Item, Why> {
        if self.list.is_empty() {
            return Err("expected messages with text, found none".into());
        }
        let model = self.list.iter().rev().find_map(|m| m.model.clone());
        let messages = self.beside(&model);
        let mut item = Item::new(format, Content::Chat(Chat { messages, label: Label::Good, note: None }));
        item.model = model;
        Ok(item)
    }
}

/// The error for an item whose text does not fit in a body.
pub(super) fn too_much_text() -> Why {
    format!("expected at most {} KiB of text, found more; split it", limits::BODY_BYTES / 1024)
}

/// What `value` is, in a word.
pub(super) fn found(value: Option<&Json<'_>>) -> &'static str {
    match value {
        None => "nothing",
        Some(Json::Null) => "null",
        Some(Json::Bool(_)) => "true or false",
        Some(Json::Int(_) | Json::Float(_)) => "a number",
        Some(Json::Text(s)) if s.trim().is_empty() => "empty text",
        Some(Json::Text(_)) => "text",
        Some(Json::List(_)) => "a list",
        Some(Json::Object(_)) => "an object",
        Some(Json::Unread) => "something",
    }
}

/// The error that `key` holds something else than `expected`.
pub(super) fn wrong(object: &Json<'_>, key: &str, expected: &str) -> Why {
    format!("{key}: expected {expected}, found {}", found(object.get(key)))
}

/// The field unless it is missing or null.
pub(super) fn field<'a>(object: &'a Json<'a>, key: &str) -> Option<&'a Json<'a>> {
    object.get(key).filter(|v| !matches!(v, Json::Null))
}

/// The text of a field that has to be there and not be blank.
pub(super) fn text(object: &Json<'_>, key: &str) -> Result<RawText, Why> {
    match object.get(key) {
        Some(Json::Text(s)) if !s.trim().is_empty() => Ok(RawText::new(s.as_ref())),
        _ => Err(wrong(object, key, "text")),
    }
}

/// The text of a field that may be missing, null or blank.
pub(super) fn optional_text(object: &Json<'_>, key: &str) -> Result<Option<RawText>, Why> {
    match field(object, key) {
        Some(Json::Text(s)) if s.trim().is_empty() => Ok(None),
        None => Ok(None),
        Some(_) => text(object, key).map(Some),
    }
}

/// A note, which has a limit of its own.
pub(super) fn note(object: &Json<'_>, key: &str) -> Result<Option<RawText>, Why> {
    match optional_text(object, key)? {
        Some(note) if note.len() > limits::NOTE_BYTES => {
            Err(format!("{key}: expected at most {} KiB, found more", limits::NOTE_BYTES / 1024))
        }
        note => Ok(note),
    }
}

/// A title, cut to what fits in a record; none if it is no text.
pub(super) fn title(object: &Json<'_>, key: &str) -> Option<RawText> {
    let text = object.get(key)?.as_str()?.trim();
    let end = (0..=text.len().min(limits::SHORT_TEXT_BYTES)).rev().find(|end| text.is_char_boundary(*end));
    let cut = &text[..end.unwrap_or(0)];
    (!cut.is_empty()).then(|| RawText::new(cut))
}

/// The name of a model, if there is one of a usable length.
pub(super) fn model(object: &Json<'_>, key: &str) -> Option<RawText> {
    let name = object.get(key)?.as_str()?.trim();
    (!name.is_empty() && name.len() <= limits::SHORT_TEXT_BYTES).then(|| RawText::new(name))
}

/// The tags at `key`.
pub(super) fn tags(object: &Json<'_>, key: &str) -> Vec<RawText> {
    tags_of(&object[key])
}

/// Every usable text in a list, or the only one, as many as fit in a record.
pub(super) fn tags_of(value: &Json<'_>) -> Vec<RawText> {
    let list = value.as_array().unwrap_or(std::slice::from_ref(value));
    let usable = |tag: &&str| !tag.is_empty() && tag.len() <= limits::SHORT_TEXT_BYTES;
    list.iter().filter_map(|t| t.as_str().map(str::trim)).filter(usable).take(limits::TAGS).map(RawText::new).collect()
}

/// The language, if the field is there and not empty: the shape of a BCP 47 tag (RFC 5646, section 2.1).
pub(super) fn language(object: &Json<'_>, key: &str) -> Result<Option<String>, Why> {
    let subtag = |s: &str| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric());
    let tag = |s: &str| {
        let first = s.split('-').next().unwrap_or_default();
        (2..=8).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic()) && s.split('-').all(subtag)
    };
    match field(object, key) {
        None => Ok(None),
        Some(Json::Text(s)) if s.is_empty() => Ok(None),
        Some(Json::Text(s)) if s.len() <= 35 && tag(s) => Ok(Some(s.to_string())),
        Some(_) => Err(format!("{key}: expected a language tag such as en or pt-BR, found something else")),
    }
}

/// The role that a name stands for.
pub(super) fn role(object: &Json<'_>, key: &str) -> Result<Role, Why> {
    match object.get(key).and_then(Json::as_str) {
        Some("system" | "developer") => Ok(Role::System),
        Some("user" | "human" | "prompter") => Ok(Role::User),
        Some("assistant" | "gpt") => Ok(Role::Assistant),
        Some("tool" | "function") => Ok(Role::Tool),
        Some(_) => Err(format!("{key}: expected system, user, assistant or tool, found another role")),
        None => Err(wrong(object, key, "a role")),
    }
}

/// A whole number between `min` and `max`, if the field is there.
pub(super) fn rating(object: &Json<'_>, key: &str, min: i64, max: i64) -> Result<Option<i64>, Why> {
    // Open WebUI allows a rating to be a text.
    let number = |v: &Json<'_>| v.as_f64().or_else(|| v.as_str()?.parse().ok());
    let whole = |v: &Json<'_>| number(v).filter(|f| f.fract() == 0.0).map(|f| f as i64);
    match field(object, key) {
        None => Ok(None),
        Some(v) => match whole(v).filter(|n| (min..=max).contains(n)) {
            Some(n) => Ok(Some(n)),
            None => Err(format!("{key}: expected a whole number from {min} to {max}, found something else")),
        },
    }
}

/// A thumb up (1) or down (-1), if the field is there.
pub(super) fn thumb(object: &Json<'_>, key: &str) -> Result<Option<Label>, Why> {
    match rating(object, key, -1, 1)? {
        Some(1) => Ok(Some(Label::Good)),
        Some(-1) => Ok(Some(Label::Fail)),
        Some(_) => Err(format!("{key}: expected 1 or -1, found 0")),
        None => Ok(None),
    }
}

/// The text of a message: a string, or a list of parts joined by line ends.
///
/// A part without text becomes `[image]`, `[audio]`, `[video]` or `[attachment]`, so that a reader
/// sees that something was there. Nothing at all is an empty text.
pub(super) fn parts(object: &Json<'_>, key: &str) -> Result<String, Why> {
    match field(object, key) {
        None => Ok(String::new()),
        Some(Json::Text(s)) => Ok(s.to_string()),
        Some(Json::List(list)) => {
            let parts: Result<Vec<&str>, Why> = list.iter().map(|p| part(p, key)).collect();
            Ok(parts?.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("\n"))
        }
        Some(_) => Err(wrong(object, key, "text or a list of parts")),
    }
}

fn part<'a>(part: &'a Json<'a>, key: &str) -> Result<&'a str, Why> {
    let said = ["text", "refusal"].iter().find_map(|key| part[*key].as_str());
    if let Some(text) = part.as_str().or(said) {
        return Ok(text);
    }
    let kind = part.get("type").or_else(|| part.get("content_type")).and_then(Json::as_str);
    let is = |word| kind.is_some_and(|k| k.contains(word));
    match part {
        Json::Object(_) if is("video") => Ok("[video]"),
        Json::Object(_) if is("audio") => Ok("[audio]"),
        Json::Object(_) if is("image") => Ok("[image]"),
        Json::Object(_) => Ok("[attachment]"),
        other => Err(format!("{key}: expected parts of text, found {}", found(Some(other)))),
    }
}

/// Goes on with a text, on a line of its own, if there is something to add.
pub(super) fn append(text: &mut String, more: &str) {
    if !more.trim().is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(more);
    }
}

/// A call of a tool as text: `[tool call] name arguments`.
pub(super) fn tool_call(name: &Json<'_>, arguments: &Json<'_>) -> String {
    let name = name.as_str().unwrap_or_default();
    match arguments {
        Json::Null => format!("[tool call] {name}"),
        Json::Text(arguments) => format!("[tool call] {name} {arguments}"),
        arguments => format!("[tool call] {name} {arguments}"),
    }
}

/// The most messages of a branch, the empty ones included, which no record has.
const BRANCH: usize = 16 * limits::MESSAGES;

/// The messages from the root to `leaf`, following the field `parent` in a map of nodes by id.
pub(super) fn branch<'a>(nodes: &'a Json<'a>, leaf: &str, parent: &str) -> Result<Vec<&'a Json<'a>>, Why> {
    let size = nodes.as_object().map_or(0, |m| m.len());
    let mut path = Vec::new();
    let mut id = Some(leaf);
    while let Some(key) = id {
        let node = nodes.get(key).ok_or("expected every message's parent in the chat, found one missing")?;
        path.push(node);
        if path.len() > size {
            return Err("expected a tree of messages, found a circle".into());
        }
        if path.len() > BRANCH {
            // It is walked again for each pair of answers.
            return Err(format!("expected at most {BRANCH} messages from the first to one of the last"));
        }
        id = match node.get(parent) {
            None | Some(Json::Null) => None,
            Some(Json::Text(s)) => Some(s.as_ref()),
            Some(_) => return Err(wrong(node, parent, "an id")),
        };
    }
    path.reverse();
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::super::json::parse;
    use super::*;
    use serde_json::json;

    #[test]
    fn titles_are_cut_between_characters_and_tags_are_as_many_as_fit() {
        let title_of = format!("x{}", "é".repeat(limits::SHORT_TEXT_BYTES));
        let text = json!({"title": title_of, "tags": vec!["a"; limits::TAGS + 1]}).to_string();
        let object = parse(&text).unwrap();
        assert_eq!(title(&object, "title").unwrap().len(), limits::SHORT_TEXT_BYTES - 1);
        assert_eq!(tags(&object, "tags").len(), limits::TAGS);
    }

    #[test]
    fn a_note_over_the_limit_is_an_error() {
        let of = |bytes| note(&parse(&json!({"note": "x".repeat(bytes)}).to_string()).unwrap(), "note");
        assert!(of(limits::NOTE_BYTES).unwrap().is_some());
        assert_eq!(of(limits::NOTE_BYTES + 1).unwrap_err(), "note: expected at most 16 KiB, found more");
    }

    #[test]
    fn language_tags_have_the_shape_of_rfc_5646() {
        for (tag, sound) in [
            ("en", true),
            ("pt-BR", true),
            ("zh-Hant-TW", true),
            ("e", false),
            ("en_US", false),
            ("en-", false),
            ("12", false),
        ] {
            let text = json!({"lang": tag}).to_string();
            assert_eq!(language(&parse(&text).unwrap(), "lang").is_ok(), sound, "{tag}");
        }
    }
}
