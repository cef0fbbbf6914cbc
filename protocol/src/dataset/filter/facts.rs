//! What a record says of itself, as far as people ask for it: read from its header and body, or from its row.

use crate::bytes::{Key, Node, decode};
use crate::dataset::{Month, Row, unix_s};
use crate::licence::Licence;
use crate::preference::Preference;
use crate::record::Header;
use crate::record::content::Label;
use std::collections::BTreeMap;

/// What a record says of itself. What its body does not say is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Under which licence.
    pub licence: Licence,
    /// For which uses.
    pub preference: Preference,
    /// In which month, by the header's time; `None` outside the years 1970 to 9999.
    pub month: Option<Month>,
    /// The kind of content.
    pub kind: Option<String>,
    /// The label of the whole content, which chats have.
    pub label: Option<Label>,
    /// The languages: the main one, and both of a translation, each once, in this order.
    pub languages: Vec<String>,
    /// The models: of the whole, then of messages, then of what is declared to be a model's output, each once.
    pub models: Vec<String>,
    /// The tags.
    pub tags: Vec<String>,
}

impl Facts {
    /// Of a record, from its header and the bytes of its body. Bytes that are no body say nothing.
    pub fn of(header: &Header, body: &[u8]) -> Facts {
        let month = Month::of(header.time.unix_s());
        let body = match decode(body) {
            Ok(Node::Map(body)) => body,
            _ => BTreeMap::new(),
        };
        Facts::read(header.licence, header.preference.clone(), month, &body)
    }

    /// Of a row; `None` when its header is none that a record can have.
    pub fn of_row(row: &Row) -> Option<Facts> {
        let preference = row.header_text("preference")?.parse().ok()?;
        let month = Month::of(unix_s(&row.header_text("time")?)?);
        Some(Facts::read(row.header_text("licence")?.parse().ok()?, preference, month, row.body()))
    }

    fn read(licence: Licence, preference: Preference, month: Option<Month>, body: &BTreeMap<Key, Node>) -> Facts {
        let mut languages = Vec::new();
        for key in ["language", "source_language", "target_language"] {
            add(&mut languages, body.get(key));
        }
        let (mut models, mut tags) = (Vec::new(), Vec::new());
        add(&mut models, body.get("model"));
        for key in ["messages", "rights"] {
            for item in list(body.get(key)) {
                if let Node::Map(item) = item {
                    add(&mut models, item.get("model"));
                }
            }
        }
        list(body.get("tags")).iter().for_each(|tag| add(&mut tags, Some(tag)));
        let label = text(body.get("label")).and_then(Label::named);
        let kind = text(body.get("kind")).map(str::to_owned);
        Facts { licence, preference, month, kind, label, languages, models, tags }
    }
}

fn text(node: Option<&Node>) -> Option<&str> {
    match node {
        Some(Node::Text(text)) => Some(text),
        _ => None,
    }
}

fn list(node: Option<&Node>) -> &[Node] {
    match node {
        Some(Node::List(items)) => items,
        _ => &[],
    }
}

/// Adds a text that is not there yet.
fn add(texts: &mut Vec<String>, node: Option<&Node>) {
    if let Some(text) = text(node).filter(|text| !texts.iter().any(|one| one == text)) {
        texts.push(text.to_owned());
    }
}
