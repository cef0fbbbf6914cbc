//! A JSON value that borrows its texts from the bytes it was read from, and holds no more than the importers read.
//!
//! A general tree would keep every name, id and picture of an export, and take up to thirty times its bytes. Here the
//! fields that no importer reads are skipped where they stand, a text without escapes is not copied, and an item has
//! at most so many values ([`super::limits::VALUES`]). A field that stands twice in an object is an error: readers
//! differ in which of the two they believe.

use super::limits;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::ops::Index;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object.
    Object(Object<'a>),
    /// The value of a field that no importer reads.
    Unread,
}

/// The fields of an object by their names; of those that no importer reads at most one, to know that there are some.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

/// Objects of more fields than this are sorted, and searched by halving.
const FEW: usize = 8;

/// Why a text is not a value to work with.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It is no JSON, ends too early, or nests too deep.
    Syntax(serde_json::Error),
    /// It has more values than an item may have.
    TooMany,
    /// A field stands twice in one object.
    Twice,
}

/// The value that `text` is.
pub(super) fn parse(text: &str) -> Result<Json<'_>, Trouble> {
    let state = State { left: Cell::new(limits::VALUES), twice: Cell::new(false) };
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = Seed { state: &state, scope: Scope::Known };
    seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        match (state.left.get(), state.twice.get()) {
            (0, _) => Trouble::TooMany,
            (_, true) => Trouble::Twice,
            _ => Trouble::Syntax(error),
        }
    })
}

impl<'a> Json<'a> {
    /// The field of an object.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.as_object()?.get(key)
    }

    /// The text.
    pub fn as_str(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }

    /// The list.
    pub fn as_array(&self) -> Option<&[Json<'a>]> {
        if let Json::List(list) = self { Some(list) } else { None }
    }

    /// The object.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        if let Json::Object(object) = self { Some(object) } else { None }
    }

    /// The truth value.
    pub fn as_bool(&self) -> Option<bool> {
        if let Json::Bool(bool) = self { Some(*bool) } else { None }
    }

    /// The number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Int(number) => Some(*number as f64),
            Json::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The elements, of which there are none if this is no list.
    pub fn elements(&self) -> &[Json<'a>] {
        self.as_array().unwrap_or_default()
    }
}

/// The field, or null where there is none.
impl<'a> Index<&str> for Json<'a> {
    type Output = Json<'a>;

    fn index(&self, key: &str) -> &Json<'a> {
        self.get(key).unwrap_or(&Json::Null)
    }
}

impl PartialEq<bool> for Json<'_> {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl<'a> Object<'a> {
    /// The value of a field.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        let place = match self.0.len() {
            ..=FEW => self.0.iter().position(|(name, _)| name == key)?,
            _ => self.0.binary_search_by(|(name, _)| name.as_ref().cmp(key)).ok()?,
        };
        Some(&self.0[place].1)
    }

    /// How many fields are kept.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The names of the fields that are kept.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// The values of the fields that are kept.
    pub fn values(&self) -> impl Iterator<Item = &Json<'a>> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Brings the fields into order where there are many, and says whether each is there once.
    fn settle(&mut self) -> bool {
        if self.0.len() > FEW {
            self.0.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            return self.0.windows(2).all(|pair| pair[0].0 != pair[1].0);
        }
        (1..self.0.len()).all(|i| self.0[..i].iter().all(|(name, _)| *name != self.0[i].0))
    }
}

/// As JSON: what a tool was called with is kept as a text.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null | Json::Unread => serializer.serialize_unit(),
            Json::Bool(bool) => serializer.serialize_bool(*bool),
            Json::Int(number) => serializer.serialize_i64(*number),
            Json::Float(number) => serializer.serialize_f64(*number),
            Json::Text(text) => serializer.serialize_str(text),
            Json::List(list) => {
                let mut out = serializer.serialize_seq(Some(list.len()))?;
                list.iter().try_for_each(|value| out.serialize_element(value))?;
                out.end()
            }
            Json::Object(Object(fields)) => {
                let mut out = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| out.serialize_entry(name, value))?;
                out.end()
            }
        }
    }
}

/// Which fields of an object are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Those that an importer reads.
    Known,
    /// All, since their names are ids; of what is in them those that an importer reads.
    Ids,
    /// All, and all in them.
    All,
}

impl Scope {
    /// The scope of what stands in the field `key`; none if it is not read.
    fn within(self, key: &str) -> Option<Scope> {
        match self {
            Scope::All => Some(Scope::All),
            Scope::Ids => Some(Scope::Known),
            Scope::Known if !is_read(key) => None,
            Scope::Known => Some(match key {
                "mapping" | "messages" | "response_labels" => Scope::Ids,
                "input" | "args" | "arguments" => Scope::All,
                _ => Scope::Known,
            }),
        }
    }
}

/// The fields that importers read, in order. Whoever reads another one adds it here; its test fails until then.
#[rustfmt::skip]
const READ: [&str; 118] = [
    "ai_thoughts", "all_tags", "annotation", "answer", "answers", "args", "arguments", "attachments", "author",
    "category", "chat", "chat_messages", "children", "chosen", "clean_content", "code", "coherence", "comment",
    "completion", "complexity", "content", "content_type", "context", "conversation", "conversationId",
    "conversations", "corrected", "correctness", "corrects", "criteria", "currentId", "current_node", "data",
    "deleted", "details", "error", "feedback", "files", "files_v2", "from", "function", "function_call",
    "helpfulness", "history", "ideal", "input", "instruction", "isCreatedByUser", "is_user_system_message",
    "is_visually_hidden_from_conversation", "kind", "label", "lang", "language", "level", "mapping", "max", "message",
    "messageId", "message_id", "message_index", "message_tree_id", "messages", "messagesTree", "meta", "metadata",
    "mime_type", "model", "model_name", "model_slug", "name", "note", "options", "output", "parent", "parentId",
    "parentMessageId", "parent_id", "parent_message_uuid", "parts", "problem", "programming_language", "prompt",
    "question", "rank", "rating", "recipient", "refusal", "rejected", "replies", "response", "response_labels",
    "result", "review_result", "role", "score", "selectedModelId", "sender", "sharing_reason", "sibling_model_ids",
    "snapshot", "solution", "source_language", "source_text", "system", "tags", "target_language", "target_text",
    "tests", "text", "title", "tool_call", "tool_calls", "type", "uuid", "value", "verbosity", "weight",
];

fn is_read(key: &str) -> bool {
    READ.binary_search(&key).is_ok()
}

/// What is counted and noticed while a value is read.
struct State {
    /// Values that may still come.
    left: Cell<usize>,
    /// Whether a field stood twice in an object.
    twice: Cell<bool>,
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Seed<'s> {
    state: &'s State,
    scope: Scope,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        match self.state.left.get() {
            0 => Err(D::Error::custom("too many values")),
            left => {
                self.state.left.set(left - 1);
                deserializer.deserialize_any(self)
            }
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(bool))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(number).map_or(Json::Float(number as f64), Json::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Json::Float(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        // The names in a list's objects are never ids.
        let scope = if self.scope == Scope::Ids { Scope::Known } else { self.scope };
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Seed { scope, ..self })? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let (mut fields, mut unread) = (Vec::new(), false);
        while let Some(Key(key)) = map.next_key()? {
            match self.scope.within(&key) {
                Some(scope) => fields.push((key, map.next_value_seed(Seed { scope, ..self })?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                    if !std::mem::replace(&mut unread, true) {
                        fields.push((key, Json::Unread));
                    }
                }
            }
        }
        let mut object = Object(fields);
        if !object.settle() {
            self.state.twice.set(true);
            return Err(A::Error::custom("a field stands twice"));
        }
        Ok(Json::Object(object))
    }
}

/// The name of a field, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_read_are_in_order() {
        assert!(READ.is_sorted());
    }

    #[test]
    fn what_no_importer_reads_is_not_kept() {
        let text =
            r#"{"title":"Tea","user":{"name":"Ana"},"user_id":["secret"],"messages":{"1":{"role":"user","secret":1}}}"#;
        let value = parse(text).unwrap();
        assert_eq!(value["title"].as_str(), Some("Tea"));
        assert_eq!((&value["user"], &value["user_id"]), (&Json::Unread, &Json::Null), "one shows that there are some");
        assert_eq!(value["messages"]["1"]["role"].as_str(), Some("user"));
        assert!(!format!("{value:?}").contains("Ana"));
    }

    #[test]
    fn what_a_tool_was_called_with_is_kept_whole() {
        let input = r#"{"b":[1,2.5,null],"a":{"any":"é\"","thing":true}}"#;
        assert_eq!(parse(&format!(r#"{{"input":{input}}}"#)).unwrap()["input"].to_string(), input);
    }

    #[test]
    fn a_field_twice_is_an_error_wherever_it_is_read() {
        let many: String = (0..20).map(|i| format!(r#""{i}":0,"#)).collect();
        for (text, twice) in [
            (r#"{"role":"user","role":"system"}"#.to_owned(), true),
            (r#"[{"messages":{"a":{"role":"user"},"\u0061":{}}}]"#.to_owned(), true),
            (format!(r#"{{"messages":{{{many}"7":1}}}}"#), true),
            (format!(r#"{{"messages":{{{many}"77":1}}}}"#), false),
            (r#"{"role":"user","secret":1,"secret":2}"#.to_owned(), false),
        ] {
            assert_eq!(matches!(parse(&text), Err(Trouble::Twice)), twice, "{text}");
        }
    }

    #[test]
    fn values_are_counted_and_those_that_are_not_read_are_not() {
        let list = |n: usize| format!("[{}0]", "0,".repeat(n - 1));
        assert!(parse(&list(limits::VALUES - 1)).is_ok());
        assert!(matches!(parse(&list(limits::VALUES)), Err(Trouble::TooMany)));
        assert!(parse(&format!(r#"{{"secret":{}}}"#, list(limits::VALUES))).is_ok());
    }

    #[test]
    fn nesting_has_a_limit_where_it_is_read_and_costs_nothing_where_it_is_not() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(&deep(127)).is_ok());
        assert!(matches!(parse(&deep(128)), Err(Trouble::Syntax(_))));
        assert!(parse(&format!(r#"{{"secret":{}}}"#, deep(1_000_000))).is_ok());
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in ["", "{", "[1] 2", r#"{"role" 1}"#, "\"\u{1}\"", r#""\ud800""#, "01"] {
            assert!(matches!(parse(text), Err(Trouble::Syntax(_))), "{text}");
        }
    }
}
