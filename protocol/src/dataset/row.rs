//! One record as one line of JSON, from which its header's and its body's bytes can be rebuilt.

use super::civil;
use super::dag_json::{self, DagJson};
use super::partition::{Partition, Partitions};
use super::split::CANARY;
use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use crate::limits::BODY_BYTES;
use crate::record::RecordId;
use crate::sign::{Domain, PublicKey, SignedError};
use data_encoding::HEXLOWER;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The longest line a row may need, its newline included.
///
/// The most that one byte of a body becomes is 19 bytes of JSON: an empty byte string in a list,
/// `{"/":{"bytes":""}},`. The rest is room for the header's columns.
pub const ROW_BYTES: usize = 20 * BODY_BYTES;

/// The columns that every row begins with, in order. No body may have a key of these names, nor of those in [`RESERVED`].
pub const HEADER_COLUMNS: [&str; 17] = {
    let mut names = [""; 17];
    let mut at = 0;
    while at < names.len() {
        names[at] = COLUMNS[at].0;
        at += 1;
    }
    names
};

/// Keys that lines of an export have beside those of the record: the licence and the preference of a work, and the mark
/// of what is kept apart for evaluation. Of two keys of one name many readers take the last, which would be the body's.
pub const RESERVED: [&str; 3] = [WORK_LICENCE, WORK_PREFERENCE, CANARY];

/// The key of a work's licence, in its lines.
pub(super) const WORK_LICENCE: &str = "work_licence";
/// The key of a work's preference, in its lines.
pub(super) const WORK_PREFERENCE: &str = "work_preference";

/// How a column follows from the signed header. A field that the header lacks is `null`.
#[derive(Clone, Copy)]
enum Form {
    /// The CID of the signed header.
    Id,
    /// The charter under which the record was accepted.
    Charter,
    /// `anonymous` when the header has a nonce, else `key`.
    AuthorMode,
    /// The header's signature, in hexadecimal.
    Signature,
    /// A field of the header: a link, as the text of its CID.
    Link,
    /// A field of the header: a public key, as its text.
    Key,
    /// A field of the header: bytes, in hexadecimal.
    Hex,
    /// A field of the header: text or an integer, as it is.
    Plain,
    /// A field of the header: seconds since 1970, in RFC 3339.
    Time,
}

const COLUMNS: [(&str, Form); 17] = [
    ("id", Form::Id),
    ("community", Form::Link),
    ("charter", Form::Charter),
    ("author", Form::Key),
    ("author_mode", Form::AuthorMode),
    ("nonce", Form::Hex),
    ("time", Form::Time),
    ("licence", Form::Plain),
    ("preference", Form::Plain),
    ("terms", Form::Link),
    ("ruleset", Form::Link),
    ("revises", Form::Link),
    ("corrects", Form::Link),
    ("about_record", Form::Link),
    ("body", Form::Link),
    ("size_class", Form::Plain),
    ("signature", Form::Signature),
];

/// The order of a body's columns. Keys that are not here follow in the order of their bytes.
pub(super) const BODY_COLUMNS: [&str; 38] = [
    "kind",
    "title",
    "language",
    "tags",
    "model",
    "messages",
    "label",
    "rating",
    "note",
    "prompt",
    "ideal",
    "chosen",
    "rejected",
    "message_index",
    "corrected",
    "criteria",
    "answers",
    "programming_language",
    "code",
    "tests",
    "source_language",
    "source_text",
    "target_language",
    "target_text",
    "name",
    "about",
    "text",
    "asks",
    "attribution",
    "rights",
    "assurances",
    "preference_given",
    "vocabulary",
    "redactions",
    "false_alarms",
    "imported_from",
    "ext",
    "salt",
];

/// Why a record is no row, or a line is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The header's bytes are not a signed header of this version.
    #[error("the header is {0}")]
    Header(#[from] SignedError),
    /// The header has a field that rows have no column for.
    #[error("the header has a field that this version of the dataset has no column for")]
    HeaderField,
    /// The body is not a map in canonical bytes, or its salt is not bytes.
    #[error("the body is not a map in canonical DAG-CBOR with a salt of bytes")]
    Body,
    /// A body has a key that names a header's column, or what an export says of a line.
    #[error("the body has the key {0:?}, which no body may have: an export says something else under that name")]
    Collision(&'static str),
    /// The time cannot be written.
    #[error("the header's time is not in the years 1970 to 9999")]
    Time,
    /// Not JSON, or not an object.
    #[error("expected one JSON object; the line does not parse as one")]
    Json,
    /// A column is missing or holds what it should not.
    #[error("the column {0:?} is missing or does not hold what it should")]
    Column(&'static str),
    /// A column of the body holds what no body can.
    #[error("a column of the body holds a value that no body can hold")]
    Value,
    /// The rebuilt header has another id.
    #[error("the column \"id\" does not name the header that the row's other columns give")]
    Id,
    /// The same values in another text.
    #[error("the line is not the one text that this row has: order, spaces, escapes or numbers differ")]
    NotCanonical,
}

impl From<FieldError> for RowError {
    fn from(error: FieldError) -> Self {
        RowError::Header(error.into())
    }
}

/// A record as a row. It says nothing of signatures or hashes: whoever needs them checked gives
/// [`Row::header_bytes`] to [`crate::record::SignedHeader::verify`], and then
/// [`Row::body_bytes`] to [`crate::record::SignedHeader::commits_to`].
///
/// Invariant: no key of `body` is one of [`HEADER_COLUMNS`] or [`RESERVED`], and the fields of `header` are those
/// that have a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    id: RecordId,
    charter: Cid,
    header: BTreeMap<String, Node>,
    signature: [u8; 64],
    body: BTreeMap<String, Node>,
}

impl Row {
    /// The row of a record, from the bytes of its signed header and of its body.
    ///
    /// # Errors
    /// When they do not fit in a row.
    pub fn of(header: &[u8], body: &[u8], charter: &Cid) -> Result<Row, RowError> {
        let mut envelope = Fields::of(decode(header).map_err(SignedError::from)?)?;
        let (mut payload, signature) = (envelope.map("payload")?, envelope.array("signature")?);
        envelope.end()?;
        let known = |map: &mut BTreeMap<String, Node>, (key, value): (&str, Node)| map.remove(key) == Some(value);
        if !fixed_fields().into_iter().all(|field| known(&mut payload, field)) {
            return Err(RowError::HeaderField);
        }
        if payload.keys().any(|key| !COLUMNS.iter().any(|(name, form)| field(name) == key && form.is_field())) {
            return Err(RowError::HeaderField);
        }
        let Ok(Node::Map(body)) = decode(body) else { return Err(RowError::Body) };
        let row = Row { id: RecordId(Cid::of_cbor(header)), charter: *charter, header: payload, signature, body };
        row.check_body()?;
        Ok(row)
    }

    /// Reads one line, without its newline, and only the one text that the row has.
    ///
    /// # Errors
    /// The first rule that the line breaks.
    pub fn read(line: &str) -> Result<Row, RowError> {
        let Ok(Value::Object(mut object)) = serde_json::from_str(line) else { return Err(RowError::Json) };
        let mut header = BTreeMap::new();
        let mut derived = BTreeMap::new();
        for (name, form) in COLUMNS {
            match object.remove(name).ok_or(RowError::Column(name))? {
                Value::Null => {}
                value if form.is_field() => {
                    header.insert(field(name).to_owned(), form.read(value).ok_or(RowError::Column(name))?);
                }
                value => {
                    derived.insert(name, value);
                }
            }
        }
        let derived = |name| derived.get(name).and_then(Value::as_str).ok_or(RowError::Column(name));
        let mut row = Row {
            id: derived("id")?.parse().map_err(|_| RowError::Column("id"))?,
            charter: derived("charter")?.parse().map_err(|_| RowError::Column("charter"))?,
            signature: hex(derived("signature")?)
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(RowError::Column("signature"))?,
            header,
            body: read_body(object)?,
        };
        row.check_body()?;
        let id = RecordId(Cid::of_cbor(&row.header_bytes()));
        if std::mem::replace(&mut row.id, id) != id {
            return Err(RowError::Id);
        }
        if row.line()? == line { Ok(row) } else { Err(RowError::NotCanonical) }
    }

    /// The row's one text: an object on one line, without a newline.
    ///
    /// # Errors
    /// When a value of the header has no text form.
    pub fn line(&self) -> Result<String, RowError> {
        let columns = self.columns()?;
        Ok(serde_json::to_string(&Columns(&columns)).expect("writing JSON to memory cannot fail"))
    }

    /// The record's id.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The charter under which the record was accepted.
    pub fn charter(&self) -> Cid {
        self.charter
    }

    /// In which file of a dataset the row belongs, unless it is kept apart for evaluation.
    ///
    /// # Errors
    /// When the licence, the preference or the time is none that a header can have.
    pub fn partition(&self) -> Result<Partition, RowError> {
        Partitions::default().of(self)
    }

    /// The bytes of the signed header.
    pub fn header_bytes(&self) -> Vec<u8> {
        let mut payload = self.header.clone();
        payload.extend(fixed_fields().map(|(key, value)| (key.to_owned(), value)));
        let signature = Node::bytes(self.signature);
        encode(&Node::map([("payload", Some(Node::Map(payload))), ("signature", Some(signature))]))
    }

    /// The bytes of the body.
    pub fn body_bytes(&self) -> Vec<u8> {
        encode(&Node::Map(self.body.clone()))
    }

    fn columns(&self) -> Result<Vec<(&str, Cow<'_, Node>)>, RowError> {
        let mut columns = Vec::with_capacity(COLUMNS.len() + self.body.len());
        for (name, form) in COLUMNS {
            columns.push((name, Cow::Owned(self.header_value(name, form)?)));
        }
        let known = BODY_COLUMNS.iter().filter_map(|name| self.body.get_key_value(*name));
        let unknown = self.body.iter().filter(|(name, _)| !BODY_COLUMNS.contains(&name.as_str()));
        columns.extend(known.chain(unknown).map(|(name, value)| match value {
            Node::Bytes(salt) if name == "salt" => (&name[..], Cow::Owned(Node::text(HEXLOWER.encode(salt)))),
            value => (&name[..], Cow::Borrowed(value)),
        }));
        Ok(columns)
    }

    fn header_value(&self, name: &'static str, form: Form) -> Result<Node, RowError> {
        Ok(match form {
            Form::Id => Node::text(self.id.to_string()),
            Form::Charter => Node::text(self.charter.to_string()),
            Form::AuthorMode => Node::text(if self.header.contains_key("nonce") { "anonymous" } else { "key" }),
            Form::Signature => Node::text(HEXLOWER.encode(&self.signature)),
            _ => self.header.get(field(name)).map_or(Ok(Node::Null), |value| form.show(name, value))?,
        })
    }

    /// The text in a column of the header; none where it is `null` or a number.
    pub(super) fn header_text(&self, column: &str) -> Option<String> {
        let (name, form) = COLUMNS.into_iter().find(|(name, _)| *name == column)?;
        match self.header_value(name, form) {
            Ok(Node::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A field of the header, by its own name.
    pub(super) fn field(&self, name: &str) -> Option<&Node> {
        self.header.get(name)
    }

    /// The columns of the body, as the values that they show.
    pub(super) fn body(&self) -> &BTreeMap<String, Node> {
        &self.body
    }

    fn check_body(&self) -> Result<(), RowError> {
        let mut taken = HEADER_COLUMNS.into_iter().chain(RESERVED);
        if let Some(name) = taken.find(|name| self.body.contains_key(*name)) {
            return Err(RowError::Collision(name));
        }
        match self.body.get("salt") {
            None | Some(Node::Bytes(_)) => Ok(()),
            Some(_) => Err(RowError::Body),
        }
    }
}

/// The header's field that a column shows: of its own name, but that a profile's body has an `about` too.
fn field(column: &'static str) -> &'static str {
    if column == "about_record" { "about" } else { column }
}

/// What every header of this version holds, so that no column repeats it.
fn fixed_fields() -> [(&'static str, Node); 2] {
    [("type", Node::text(Domain::Record.name())), ("v", Node::Int(1))]
}

impl Form {
    /// Whether the column is a field of the header's payload.
    fn is_field(self) -> bool {
        !matches!(self, Form::Id | Form::Charter | Form::AuthorMode | Form::Signature)
    }

    fn show(self, name: &'static str, value: &Node) -> Result<Node, RowError> {
        match (self, value) {
            (Form::Link, Node::Link(cid)) => Ok(Node::text(cid.to_string())),
            (Form::Key, Node::Bytes(bytes)) => <[u8; 32]>::try_from(&bytes[..])
                .map(|key| Node::text(PublicKey(key).to_string()))
                .map_err(|_| RowError::Column(name)),
            (Form::Hex, Node::Bytes(bytes)) => Ok(Node::text(HEXLOWER.encode(bytes))),
            (Form::Plain, Node::Text(_) | Node::Int(_)) => Ok(value.clone()),
            (Form::Time, Node::Int(time)) => civil::rfc3339(*time).map(Node::text).ok_or(RowError::Time),
            _ => Err(RowError::Column(name)),
        }
    }

    fn read(self, value: Value) -> Option<Node> {
        let node = dag_json::read(value).ok()?;
        match (self, &node) {
            (Form::Link, Node::Text(text)) => text.parse().ok().map(Node::Link),
            (Form::Key, Node::Text(text)) => text.parse().ok().map(|key: PublicKey| Node::bytes(key.0)),
            (Form::Hex, Node::Text(text)) => hex(text).map(Node::Bytes),
            (Form::Plain, Node::Text(_) | Node::Int(_)) => Some(node),
            (Form::Time, Node::Text(text)) => civil::unix_s(text).map(Node::Int),
            _ => None,
        }
    }
}

fn read_body(object: serde_json::Map<String, Value>) -> Result<BTreeMap<String, Node>, RowError> {
    let read = |(name, value): (String, Value)| {
        let node = match value {
            Value::String(text) if name == "salt" => hex(&text).map(Node::Bytes).ok_or(RowError::Column("salt"))?,
            _ if name == "salt" => return Err(RowError::Column("salt")),
            value => dag_json::read(value).map_err(|_| RowError::Value)?,
        };
        Ok((name, node))
    };
    object.into_iter().map(read).collect()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(text.as_bytes()).ok()
}

struct Columns<'a>(&'a [(&'a str, Cow<'a, Node>)]);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, &DagJson(value))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
