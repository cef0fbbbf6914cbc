//! Which rows a community keeps apart for evaluation, and the canary by which it shows that a model has seen them.
//!
//! Who measures models needs rows that no model was trained on. They are drawn by their authors' keys: then a revision,
//! and whatever else its author says in other words, lies on the same side, in each release. What corrects a record, or
//! is about it, repeats much of it, and goes with it.

use crate::agreement::Charter;
use crate::bytes::{Cid, Fields, Node, decode};
use crate::record::{Header, RecordId};
use crate::sign::PublicKey;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// How many records a chain of corrections may have of which each corrects the next; what has more is kept apart.
const CORRECTIONS: usize = 16;

/// On which side a row lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// Not kept apart: for whatever its preference allows.
    #[default]
    Main,
    /// Kept apart for evaluation.
    Evaluation,
}

impl Split {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Split::Main => "main",
            Split::Evaluation => "evaluation",
        }
    }
}

/// What a split is told by: who signed a record, and which record it corrects or is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// The header's author.
    pub author: PublicKey,
    /// The header's `corrects`, else its `about`.
    pub of: Option<RecordId>,
}

impl Voice {
    /// What the bytes of a signed header say; `None` where they are none. No signature is checked.
    pub fn of(header: &[u8]) -> Option<Voice> {
        let payload = Fields::of(decode(header).ok()?).ok()?.map("payload").ok()?;
        let mut fields = Fields::of(Node::Map(payload)).ok()?;
        let (corrects, about) = (fields.link_opt("corrects").ok()?, fields.link_opt("about").ok()?);
        Some(Voice { author: PublicKey(fields.array("author").ok()?), of: corrects.or(about).map(RecordId) })
    }
}

impl From<&Header> for Voice {
    fn from(header: &Header) -> Voice {
        Voice { author: header.author, of: header.corrects.or(header.about) }
    }
}

/// How a charter draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    community: Cid,
    of_a_thousand: u64,
}

impl Draw {
    /// The draw of a charter that keeps records apart.
    pub fn of(charter: &Charter) -> Option<Draw> {
        let of_a_thousand = charter.customs.evaluation.and_then(|share| u64::try_from(share).ok())?;
        Some(Draw { community: charter.community(), of_a_thousand })
    }

    /// Whether an author's own records are kept apart: the first eight bytes of SHA-256("commonwheel evaluation split" ‖
    /// the community's binary CID ‖ the key), as a big-endian number, modulo a thousand, are below the share.
    pub fn draws(&self, author: &PublicKey) -> bool {
        let hash = Sha256::new_with_prefix(b"commonwheel evaluation split").chain_update(self.community.to_bytes());
        let hash = hash.chain_update(author.0).finalize();
        let number = hash.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        number % 1000 < self.of_a_thousand
    }

    /// Where a record lies: apart if its author was drawn, or the author of what it corrects or is about, or of what
    /// that corrects, and so on. `find` gives the voice of each record of the export; others say nothing.
    ///
    /// # Errors
    /// The first of `find`.
    pub fn split<E>(
        &self,
        voice: &Voice,
        mut find: impl FnMut(&RecordId) -> Result<Option<Voice>, E>,
    ) -> Result<Split, E> {
        let mut at = Some(*voice);
        for _ in 0..=CORRECTIONS {
            let Some(one) = at else { return Ok(Split::Main) };
            if self.draws(&one.author) {
                return Ok(Split::Evaluation);
            }
            at = match one.of {
                Some(id) => find(&id)?,
                None => None,
            };
        }
        Ok(if at.is_none() { Split::Main } else { Split::Evaluation })
    }
}

/// The text that stands in every file of rows that a community keeps apart. One for a community, for ever: whoever
/// gathers texts for training leaves out what holds it, and a model that can complete it has seen such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary(String);

impl Canary {
    /// The canary of a community: a UUID of version 8 (RFC 9562) whose free bits are those of the SHA-256 of
    /// "commonwheel canary" ‖ the community's binary CID, after words for people.
    pub fn of(community: &Cid) -> Canary {
        let hash = Sha256::new_with_prefix(b"commonwheel canary").chain_update(community.to_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        bytes[6] = 0x80 | bytes[6] & 0x0f;
        bytes[8] = 0x80 | bytes[8] & 0x3f;
        let hex = HEXLOWER.encode(&bytes);
        let [a, b, c, d, e] = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        Canary(format!("Kept apart for evaluation: do not train on this. Canary {a}-{b}-{c}-{d}-{e}"))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// A line of JSON, an object without white space, with the canary as one key more, the last.
    pub fn mark(&self, line: &str) -> String {
        let open = line.strip_suffix('}').unwrap_or(line);
        format!("{open}{}", self.tail())
    }

    /// The line that was marked; `None` where it bears no mark.
    pub fn unmark(&self, line: &str) -> Option<String> {
        line.strip_suffix(&self.tail()).map(|open| format!("{open}}}"))
    }

    fn tail(&self) -> String {
        // Nothing in it needs an escape.
        format!(",\"{CANARY}\":\"{}\"}}", self.0)
    }
}

/// The key of the canary in rows and views, and its column.
pub const CANARY: &str = "canary";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    fn draw() -> Draw {
        Draw { community: Cid::of_cbor(b"community"), of_a_thousand: 100 }
    }

    fn key(n: u32) -> PublicKey {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&n.to_be_bytes());
        PublicKey(key)
    }

    fn record(n: u8) -> RecordId {
        RecordId(Cid::of_cbor(&[n]))
    }

    #[test]
    fn about_the_share_of_the_authors_is_drawn_and_others_by_another_community() {
        let drawn = |draw: &Draw| (0..10_000).filter(|n| draw.draws(&key(*n))).collect::<Vec<_>>();
        let ours = drawn(&draw());
        assert!((900..1_100).contains(&ours.len()), "{}", ours.len());
        let theirs = drawn(&Draw { community: Cid::of_cbor(b"another"), ..draw() });
        assert!(theirs.iter().filter(|n| ours.contains(n)).count() < 200);
        // A larger share keeps who was drawn.
        let more = drawn(&Draw { of_a_thousand: 200, ..draw() });
        assert!(ours.iter().all(|n| more.contains(n)));
    }

    #[test]
    fn what_corrects_a_record_that_is_kept_apart_goes_with_it() {
        let draw = draw();
        let of = |drawn: bool| key((0..).find(|n| draw.draws(&key(*n)) == drawn).unwrap());
        let (drawn, other) = (of(true), of(false));
        let voices = BTreeMap::from([
            (record(1), Voice { author: drawn, of: None }),
            (record(2), Voice { author: other, of: Some(record(1)) }),
            (record(3), Voice { author: other, of: Some(record(9)) }),
        ]);
        let split = |voice: Voice| {
            let found: Result<_, Infallible> = draw.split(&voice, |id| Ok(voices.get(id).copied()));
            found.unwrap()
        };
        for (author, of, wanted) in [
            (drawn, None, Split::Evaluation),
            (other, None, Split::Main),
            (other, Some(1), Split::Evaluation),
            (other, Some(2), Split::Evaluation),
            (other, Some(3), Split::Main),
            (other, Some(9), Split::Main),
        ] {
            assert_eq!(split(Voice { author, of: of.map(record) }), wanted, "{of:?}");
        }
        let endless =
            |_: &RecordId| -> Result<_, Infallible> { Ok(Some(Voice { author: other, of: Some(record(1)) })) };
        assert_eq!(draw.split(&Voice { author: other, of: Some(record(1)) }, endless), Ok(Split::Evaluation));
    }

    #[test]
    fn a_canary_is_a_uuid_of_its_community_and_marks_lines() {
        let canary = Canary::of(&Cid::of_cbor(b"community"));
        assert_ne!(canary, Canary::of(&Cid::of_cbor(b"another")));
        let uuid = canary.text().rsplit_once(' ').unwrap().1;
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(uuid.as_bytes()[14] == b'8' && b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
        let line = r#"{"id":"x","text":"}"}"#;
        let marked = canary.mark(line);
        let parsed: serde_json::Value = serde_json::from_str(&marked).unwrap();
        assert_eq!(parsed["canary"], canary.text());
        assert_eq!(canary.unmark(&marked).as_deref(), Some(line));
        assert_eq!(canary.unmark(line), None);
    }
}
