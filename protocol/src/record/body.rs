//! The body: everything about a record that is not in its header, salted, and erasable.

use super::content::Content;
use super::content_bytes;
use crate::bytes::{DecodeError, FieldError, Fields, Key, Node, decode, encode};
use crate::limits::{BODY_BYTES, SHORT_TEXT_BYTES, TAGS};
use crate::preference::{Preference, UnknownVocabulary, Vocabulary};
use crate::text::Redacted;
use std::collections::BTreeMap;

/// 32 random bytes, erased with the body. Without them the header's hash confirms no guess.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(hidden)")
    }
}

/// By what right somebody shares a part of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right<T> {
    /// Written by the contributor.
    OwnWork,
    /// Written by a model, when known which.
    ModelOutput(Option<T>),
    /// From elsewhere: the source, and the licence it came under.
    ThirdParty {
        /// Where it is from.
        source: T,
        /// Under which licence it was.
        licence: T,
    },
}

/// What the contributor assured with their consent. A body without all three is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assurances {
    /// They are of age.
    pub of_age: bool,
    /// They may share it.
    pub has_rights: bool,
    /// It holds no sensitive data.
    pub no_sensitive_data: bool,
}

/// A body, generic over the kind of text in it (see [`super::content`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body<T> {
    /// Fresh for every body.
    pub salt: Salt,
    /// What is shared.
    pub content: Content<T>,
    /// A title.
    pub title: Option<T>,
    /// The main language, a BCP 47 tag.
    pub language: Option<String>,
    /// At most [`TAGS`].
    pub tags: Vec<T>,
    /// The model that took part.
    pub model: Option<T>,
    /// The preference as it was given; the header has the canonical form.
    pub preference_given: String,
    /// The version of the vocabulary that it was read by.
    pub vocabulary: Vocabulary,
    /// At least one.
    pub rights: Vec<Right<T>>,
    /// What was assured.
    pub assurances: Assurances,
    /// How many findings of each kind were redacted.
    pub redactions: BTreeMap<String, i64>,
    /// How many findings the contributor declared to be false alarms.
    pub false_alarms: i64,
    /// The name to credit, when the author wants credit.
    pub attribution: Option<T>,
    /// The format of the file that this came from.
    pub imported_from: Option<String>,
    /// Unknown fields, which never affect validity or state.
    pub ext: BTreeMap<Key, Node>,
}

/// Why bytes are not a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Longer than any body may be.
    #[error("a body is at most {BODY_BYTES} bytes; found {0}. Share a shorter part of it")]
    Oversized(usize),
    /// Not canonical.
    #[error("the body is not canonical DAG-CBOR: {0}")]
    Bytes(#[from] DecodeError),
    /// Not the fields of a body.
    #[error("the body is not well-formed: {0}")]
    Fields(#[from] FieldError),
    /// A kind that this version does not know.
    #[error("the body is of a kind that this version does not know; a newer version may")]
    UnknownKind,
}

impl Body<Redacted> {
    /// The body's canonical bytes.
    ///
    /// # Errors
    /// When a text or a list is longer than allowed, or the whole is longer than a body may be.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BodyError> {
        let bytes = encode(&self.to_node());
        Body::<String>::verify(&bytes)?;
        Ok(bytes)
    }

    fn to_node(&self) -> Node {
        let text = |value: &Redacted| Node::text(value.as_str());
        let mut entries = BTreeMap::new();
        let mut set = |key: &str, value: Option<Node>| {
            if let Some(value) = value {
                entries.insert(Key::new(key), value);
            }
        };
        set("salt", Some(Node::bytes(self.salt.0)));
        set("kind", Some(Node::text(self.content.kind())));
        set("title", self.title.as_ref().map(text));
        set("language", self.language.as_ref().map(Node::text));
        set("tags", (!self.tags.is_empty()).then(|| Node::List(self.tags.iter().map(text).collect())));
        set("model", self.model.as_ref().map(text));
        set("preference_given", Some(Node::text(&self.preference_given)));
        set("vocabulary", Some(Node::text(self.vocabulary.to_string())));
        set("rights", Some(Node::List(self.rights.iter().map(right_node).collect())));
        set("assurances", Some(self.assurances.to_node()));
        let counts = self.redactions.iter().map(|(kind, count)| (Key::new(kind), Node::Int(*count)));
        set("redactions", (!self.redactions.is_empty()).then(|| Node::Map(counts.collect())));
        set("false_alarms", (self.false_alarms > 0).then_some(Node::Int(self.false_alarms)));
        set("attribution", self.attribution.as_ref().map(text));
        set("imported_from", self.imported_from.as_ref().map(Node::text));
        set("ext", (!self.ext.is_empty()).then(|| Node::Map(self.ext.clone())));
        content_bytes::write(&self.content, &mut set);
        Node::Map(entries)
    }
}

impl Body<String> {
    /// Checks received bytes: size, canonical form, the fields and their limits.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, BodyError> {
        if bytes.len() > BODY_BYTES {
            return Err(BodyError::Oversized(bytes.len()));
        }
        let mut fields = Fields::of(decode(bytes)?)?;
        fields.none_empty(&["messages", "tags", "redactions", "ext"])?;
        let kind = fields.text("kind")?;
        let body = Body {
            salt: Salt(fields.array("salt")?),
            content: content_bytes::read(&kind, &mut fields)?.ok_or(BodyError::UnknownKind)?,
            title: short_opt(&mut fields, "title")?,
            language: language_opt(&mut fields, "language")?,
            tags: fields.items("tags", TAGS, |node| short(node, "tags"))?,
            model: short_opt(&mut fields, "model")?,
            preference_given: fields.text("preference_given")?,
            vocabulary: read_vocabulary(&fields.text("vocabulary")?)?,
            rights: fields.items("rights", 8, read_right)?,
            assurances: Assurances::read(fields.map("assurances")?)?,
            redactions: read_counts(fields.map_opt("redactions")?.unwrap_or_default())?,
            false_alarms: read_false_alarms(&mut fields)?,
            attribution: short_opt(&mut fields, "attribution")?,
            imported_from: short_opt(&mut fields, "imported_from")?,
            ext: fields.map_opt("ext")?.unwrap_or_default(),
        };
        fields.end()?;
        body.check()?;
        Ok(body)
    }

    fn check(&self) -> Result<(), FieldError> {
        if self.rights.is_empty() {
            return Err(FieldError::value("rights", "expected at least one"));
        }
        Preference::read_by(&self.preference_given, self.vocabulary)
            .map(|_| ())
            .map_err(|error| FieldError::value("preference_given", error.to_string()))
    }
}

fn read_vocabulary(name: &str) -> Result<Vocabulary, FieldError> {
    name.parse().map_err(|error: UnknownVocabulary| FieldError::value("vocabulary", error.to_string()))
}

/// Every text in a body's bytes, for the second redaction pass: `ext` and keys included.
///
/// # Errors
/// When the bytes are not canonical.
pub fn every_text(bytes: &[u8], see: &mut dyn FnMut(&str)) -> Result<(), DecodeError> {
    fn walk(node: &Node, see: &mut dyn FnMut(&str)) {
        match node {
            Node::Text(text) => see(text),
            Node::List(items) => items.iter().for_each(|item| walk(item, see)),
            Node::Map(entries) => entries.iter().for_each(|(key, value)| {
                see(key);
                walk(value, see);
            }),
            _ => {}
        }
    }
    walk(&decode(bytes)?, see);
    Ok(())
}

impl Assurances {
    /// Whether everything was assured.
    pub fn complete(&self) -> bool {
        self.of_age && self.has_rights && self.no_sensitive_data
    }

    fn to_node(self) -> Node {
        Node::map([
            ("of_age", Some(self.of_age.into())),
            ("has_rights", Some(self.has_rights.into())),
            ("no_sensitive_data", Some(self.no_sensitive_data.into())),
        ])
    }

    fn read(map: BTreeMap<Key, Node>) -> Result<Self, FieldError> {
        let mut fields = Fields::of(Node::Map(map))?;
        let assurances = Assurances {
            of_age: fields.bool("of_age")?,
            has_rights: fields.bool("has_rights")?,
            no_sensitive_data: fields.bool("no_sensitive_data")?,
        };
        fields.end()?;
        Ok(assurances)
    }
}

fn right_node(right: &Right<Redacted>) -> Node {
    let text = |value: &Redacted| Node::text(value.as_str());
    match right {
        Right::OwnWork => Node::map([("by", Some(Node::text("own")))]),
        Right::ModelOutput(model) => {
            Node::map([("by", Some(Node::text("model"))), ("model", model.as_ref().map(text))])
        }
        Right::ThirdParty { source, licence } => Node::map([
            ("by", Some(Node::text("third-party"))),
            ("source", Some(text(source))),
            ("licence", Some(text(licence))),
        ]),
    }
}

fn read_right(node: Node) -> Result<Right<String>, FieldError> {
    let mut fields = Fields::of(node)?;
    let right = match fields.text("by")?.as_str() {
        "own" => Right::OwnWork,
        "model" => Right::ModelOutput(short_opt(&mut fields, "model")?),
        "third-party" => Right::ThirdParty {
            source: short_opt(&mut fields, "source")?.ok_or(FieldError::Missing("source"))?,
            licence: short_opt(&mut fields, "licence")?.ok_or(FieldError::Missing("licence"))?,
        },
        _ => return Err(FieldError::value("by", "expected own, model or third-party")),
    };
    fields.end()?;
    Ok(right)
}

fn read_counts(map: BTreeMap<Key, Node>) -> Result<BTreeMap<String, i64>, FieldError> {
    let wrong = || FieldError::value("redactions", "expected at most 64 counts by kind");
    if map.len() > 64 {
        return Err(wrong());
    }
    map.into_iter()
        .map(|(kind, count)| match count {
            Node::Int(count) if count > 0 && kind.len() <= 32 => Ok((kind.into(), count)),
            _ => Err(wrong()),
        })
        .collect()
}

fn read_false_alarms(fields: &mut Fields) -> Result<i64, FieldError> {
    match fields.int_opt("false_alarms")? {
        Some(count) if count < 1 => {
            Err(FieldError::value("false_alarms", "expected a count; leave it out when it is 0"))
        }
        count => Ok(count.unwrap_or(0)),
    }
}

pub(super) fn short(node: Node, field: &'static str) -> Result<String, FieldError> {
    match node {
        Node::Text(text) if text.len() <= SHORT_TEXT_BYTES => Ok(text.into()),
        Node::Text(text) => {
            Err(FieldError::value(field, format!("expected at most {SHORT_TEXT_BYTES} bytes, found {}", text.len())))
        }
        other => Err(FieldError::Type { field, expected: "a text string", found: other.kind() }),
    }
}

pub(super) fn short_opt(fields: &mut Fields, field: &'static str) -> Result<Option<String>, FieldError> {
    fields.text_opt(field)?.map(|text| short(Node::text(text), field)).transpose()
}

pub(super) fn language_opt(fields: &mut Fields, field: &'static str) -> Result<Option<String>, FieldError> {
    let Some(tag) = fields.text_opt(field)? else { return Ok(None) };
    if is_language_tag(&tag) { Ok(Some(tag)) } else { Err(FieldError::value(field, "expected a BCP 47 language tag")) }
}

/// Whether text has the form of a BCP 47 tag: subtags of 1 to 8 letters or digits, 35 bytes at most.
pub fn is_language_tag(tag: &str) -> bool {
    let subtag = |s: &str| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric());
    let primary = tag.split('-').next().unwrap_or_default();
    tag.len() <= 35
        && tag.split('-').all(subtag)
        && primary.len() >= 2
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
}
