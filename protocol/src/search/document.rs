//! What of a record is found: its texts, and what it says of itself.

use crate::bytes::Cid;
use crate::dataset::{Facts, Row};
use crate::record::Body;

/// A record as an index takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its title, then every text of its content, in reading order. A phrase stands in one of them.
    pub texts: Vec<String>,
    /// What it says of itself.
    pub facts: Facts,
}

impl Document {
    /// The document of a record, from the bytes of its header and its body, which were verified when they were kept.
    /// `None` for a kind that this version does not know.
    pub fn of(header: &[u8], body: &[u8]) -> Option<Document> {
        // Which charter accepted a record says nothing of what it holds.
        let row = Row::of(header, body, &Cid::of_cbor(header)).ok()?;
        Some(Document { texts: Document::texts(body)?, facts: Facts::of_row(&row)? })
    }

    /// The texts of a body; `None` when it is none that this version knows.
    pub fn texts(body: &[u8]) -> Option<Vec<String>> {
        let body = Body::verify(body).ok()?;
        let mut texts: Vec<_> = body.title.into_iter().collect();
        body.content.map(&mut |text| texts.push(text.clone()));
        Some(texts)
    }
}
