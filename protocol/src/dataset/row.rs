//! One record as one line of JSON, from which its header's and its body's bytes can be rebuilt.

use super::civil;
use super::dag_json;
use super::partition::{Partition, Partitions};
use super::split::CANARY;
use crate::bytes::{Cid, FieldError, Fields, Key, Node, decode, decode_entries, encode};
use crate::limits::BODY_BYTES;
use crate::record::RecordId;
use crate::sign::{Domain, PublicKey, SignedError};
use data_encoding::HEXLOWER;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

mod names;
mod text;

pub(super) use names::Names;

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

/// The names of [`BODY_COLUMNS`].
pub(super) static PLACES: LazyLock<Names> = LazyLock::new(|| Names::of(BODY_COLUMNS));

/// The fields of a header that have a column.
static FIELDS: LazyLock<Names> =
    LazyLock::new(|| Names::of(COLUMNS.into_iter().filter(|(_, form)| form.is_field()).map(|(name, _)| field(name))));

/// The keys that no body may have.
static TAKEN: LazyLock<Names> = LazyLock::new(|| Names::of(HEADER_COLUMNS.into_iter().chain(RESERVED)));

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
    /// The fields that have a column, in the order of [`FIELDS`].
    header: Vec<Option<Node>>,
    signature: [u8; 64],
    body: BTreeMap<Key, Node>,
}

impl Row {
    /// The row of a record, from the bytes of its signed header and of its body.
    ///
    /// # Errors
    /// When they do not fit in a row.
    pub fn of(header: &[u8], body: &[u8], charter: &Cid) -> Result<Row, RowError> {
        Row::of_record(RecordId(Cid::of_cbor(header)), header, body, charter)
    }

    /// The same, of a record whose header was checked against its id already.
    ///
    /// # Errors
    /// As [`Row::of`].
    pub fn of_record(id: RecordId, header: &[u8], body: &[u8], charter: &Cid) -> Result<Row, RowError> {
        let (payload, signature) = envelope(header)?;
        let (mut fields, mut fixed) = (vec![None; FIELDS.all.len()], 0);
        for (key, value) in decode_entries(payload).map_err(SignedError::from)? {
            match FIELDS.place(key) {
                Some(at) => fields[at] = Some(value),
                None if is_fixed(key, &value) => fixed += 1,
                None => return Err(RowError::HeaderField),
            }
        }
        if fixed < FIXED {
            return Err(RowError::HeaderField);
        }
        let Ok(Node::Map(body)) = decode(body) else { return Err(RowError::Body) };
        let row = Row { id, charter: *charter, header: fields, signature, body };
        row.check_body()?;
        Ok(row)
    }

    /// Reads one line, without its newline, and only the one text that the row has.
    ///
    /// # Errors
    /// The first rule that the line breaks.
    pub fn read(line: &str) -> Result<Row, RowError> {
        let Ok(Value::Object(mut object)) = serde_json::from_str(line) else { return Err(RowError::Json) };
        let mut header = vec![None; FIELDS.all.len()];
        let mut derived = BTreeMap::new();
        for (name, form) in COLUMNS {
            match object.remove(name).ok_or(RowError::Column(name))? {
                Value::Null => {}
                value if form.is_field() => {
                    let value = form.read(value).ok_or(RowError::Column(name))?;
                    if let Some(at) = FIELDS.place(field(name)) {
                        header[at] = Some(value);
                    }
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
        let shown = FIELDS.all.iter().zip(&self.header).filter_map(|(name, value)| Some((*name, value.clone()?)));
        let fields = shown.chain(fixed_fields());
        let payload = fields.map(|(name, value)| (Key::new(name), value)).collect();
        let signature = Node::bytes(self.signature);
        encode(&Node::map([("payload", Some(Node::Map(payload))), ("signature", Some(signature))]))
    }

    /// The bytes of the body.
    pub fn body_bytes(&self) -> Vec<u8> {
        encode(&Node::Map(self.body.clone()))
    }

    /// A field of the header, by its own name.
    pub(super) fn field(&self, name: &str) -> Option<&Node> {
        self.header[FIELDS.place(name)?].as_ref()
    }

    /// The columns of the body, as the values that they show.
    pub(super) fn body(&self) -> &BTreeMap<Key, Node> {
        &self.body
    }

    fn check_body(&self) -> Result<(), RowError> {
        if let Some(at) = self.body.keys().find_map(|key| TAKEN.place(key)) {
            return Err(RowError::Collision(TAKEN.all[at]));
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
fn fixed_fields() -> [(&'static str, Node); FIXED] {
    [("type", Node::text(Domain::Record.name())), ("v", Node::Int(1))]
}

/// How many these are.
const FIXED: usize = 2;

fn is_fixed(key: &str, value: &Node) -> bool {
    match value {
        Node::Text(name) => key == "type" && name == Domain::Record.name(),
        value => key == "v" && *value == Node::Int(1),
    }
}

/// The payload and the signature of a signed header.
fn envelope(header: &[u8]) -> Result<(&[u8], [u8; 64]), RowError> {
    // There is one encoding only, so that both stand where they must.
    let parts = header.strip_prefix(b"\xa2\x67payload").and_then(|rest| {
        let (rest, signature) = rest.split_last_chunk::<64>()?;
        Some((rest.strip_suffix(b"\x69signature\x58\x40")?, *signature))
    });
    let Some(parts) = parts else {
        let mut envelope = Fields::of(decode(header).map_err(SignedError::from)?)?;
        envelope.map("payload")?;
        envelope.array::<64>("signature")?;
        envelope.end()?;
        return Err(RowError::HeaderField);
    };
    Ok(parts)
}

impl Form {
    /// Whether the column is a field of the header's payload.
    fn is_field(self) -> bool {
        !matches!(self, Form::Id | Form::Charter | Form::AuthorMode | Form::Signature)
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

fn read_body(object: serde_json::Map<String, Value>) -> Result<BTreeMap<Key, Node>, RowError> {
    let read = |(name, value): (String, Value)| {
        let node = match value {
            Value::String(text) if name == "salt" => hex(&text).map(Node::Bytes).ok_or(RowError::Column("salt"))?,
            _ if name == "salt" => return Err(RowError::Column("salt")),
            value => dag_json::read(value).map_err(|_| RowError::Value)?,
        };
        Ok((Key::from(name), node))
    };
    object.into_iter().map(read).collect()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests;
