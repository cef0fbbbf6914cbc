//! What a node notes for itself: the charter that it has pinned, what people said in review, why a validator did
//! not take one's own record.
//!
//! Notes lie on the live shelf, are never sent, and are not signed: they are this node's own.

use super::{Core, Effect, Notice, Step};
use crate::agreement::{Class, Verdict};
use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::{NOTE_BYTES, SHORT_TEXT_BYTES};
use crate::record::RecordId;
use crate::sign::SignedError;

/// What a person decides in review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// It may be accepted.
    Accept,
    /// It is refused.
    Reject,
    /// It stays where it is; somebody else should look too.
    Quarantine,
}

impl Opinion {
    /// Every opinion.
    pub const ALL: [Opinion; 3] = [Opinion::Accept, Opinion::Reject, Opinion::Quarantine];

    /// The name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Opinion::Accept => "accept",
            Opinion::Reject => "reject",
            Opinion::Quarantine => "quarantine",
        }
    }

    /// The opinion with this name.
    pub fn named(name: &str) -> Option<Self> {
        Opinion::ALL.into_iter().find(|one| one.name() == name)
    }

    /// What a validator says to the others on its account.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Opinion::Accept => Verdict::Accept,
            Opinion::Reject => Verdict::Reject(Class::Review),
            Opinion::Quarantine => Verdict::Quarantine(Class::Review),
        }
    }
}

/// What a moderator said of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Which record.
    pub record: RecordId,
    /// What was decided.
    pub opinion: Opinion,
    /// Who decided, as they call themselves behind this validator.
    pub moderator: String,
    /// Why, for the author and the other moderators.
    pub note: String,
    /// When, in seconds since 1970.
    pub time_s: i64,
    /// How many flags the record had then: more of them ask for another look. The core fills it in.
    pub flags: i64,
}

impl Review {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&Node::map([
            ("type", Some(Node::text("review"))),
            ("record", Some(self.record.0.into())),
            ("opinion", Some(Node::text(self.opinion.name()))),
            ("moderator", Some(Node::text(&self.moderator))),
            ("note", Some(Node::text(&self.note))),
            ("time", Some(self.time_s.into())),
            ("flags", Some(self.flags.into())),
        ]))
    }

    /// Reads them.
    ///
    /// # Errors
    /// When they are not a review's.
    pub fn read(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = Fields::of(decode(bytes)?)?;
        fields.constant("type", "review")?;
        let (record, opinion) = (RecordId::linked(fields.link("record")?, "record")?, fields.text("opinion")?);
        let review = Review {
            record,
            opinion: Opinion::named(&opinion)
                .ok_or_else(|| FieldError::value("opinion", "expected accept, reject or quarantine"))?,
            moderator: fields.text("moderator")?,
            note: fields.text("note")?,
            time_s: fields.int("time")?,
            flags: fields.int("flags")?,
        };
        fields.end()?;
        Ok(review)
    }

    /// Whether its texts are within their limits.
    pub fn fits(&self) -> bool {
        self.moderator.len() <= SHORT_TEXT_BYTES && self.note.len() <= NOTE_BYTES
    }
}

/// What people said of a record, the earliest first.
///
/// # Errors
/// When the ledger fails.
pub fn reviews(record: &RecordId, ledger: &impl Ledger) -> Result<Vec<Review>, LedgerError> {
    let mut found = Vec::new();
    index::each(ledger, &index::key(prefix::REVIEW, &[&record.0.to_bytes()]), |entry| {
        if let Some(cid) = index::last_cid(&entry.key)
            && let Some(bytes) = ledger.block(Shelf::Live, &cid)?
        {
            found.extend(Review::read(&bytes).ok());
        }
        Ok(())
    })?;
    found.sort_by_key(|review| review.time_s);
    Ok(found)
}

/// Why a validator did not take a record that was signed here, or holds it back; the last to say so.
///
/// # Errors
/// When the ledger fails.
pub fn refusal(record: &RecordId, ledger: &impl Ledger) -> Result<Option<String>, LedgerError> {
    let entries = ledger.scan(&index::key(prefix::REFUSAL, &[&record.0.to_bytes()]), None, 1)?;
    let Some(cid) = entries.first().and_then(|entry| index::last_cid(&entry.key)) else { return Ok(None) };
    let bytes = ledger.block(Shelf::Live, &cid)?;
    Ok(bytes.and_then(|bytes| Fields::of(decode(&bytes).ok()?).ok()?.text("why").ok()))
}

/// The note of a pinned charter; the one with the highest number holds.
pub fn pin(number: i64, charter: Cid) -> Vec<u8> {
    encode(&Node::map([
        ("type", Some(Node::text("pin"))),
        ("number", Some(number.into())),
        ("charter", Some(charter.into())),
    ]))
}

/// The charter that was pinned last, with the note's number.
///
/// # Errors
/// When the ledger fails.
pub fn pinned(ledger: &impl Ledger) -> Result<Option<(i64, Cid)>, LedgerError> {
    let mut last = None;
    index::each(ledger, &[prefix::PIN], |entry| {
        let number = entry.key.get(1..9).and_then(|bytes| bytes.first_chunk::<8>()).map(|b| i64::from_be_bytes(*b));
        last = number.zip(Cid::from_bytes(&entry.value).ok()).or(last);
        Ok(())
    })?;
    Ok(last)
}

impl Core {
    /// Tells the author why a record is not taken or held back, and notes it in place of what was said before.
    pub(super) fn note_refusal(
        &self,
        record: &RecordId,
        why: String,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        let note = encode(&Node::map([
            ("type", Some(Node::text("refusal"))),
            ("record", Some(record.0.into())),
            ("why", Some(Node::text(&why))),
        ]));
        step.effects.push(Effect::Notice(Notice::Refused(*record, why)));
        let cid = Cid::of_cbor(&note);
        if !ledger.holds(Shelf::Live, &cid)? {
            self.drop_refusals(record, ledger, step)?;
            step.batch.put(Shelf::Live, cid, note);
        }
        Ok(())
    }

    /// Erases what was noted about a record that waits no more.
    pub(super) fn drop_refusals(
        &self,
        record: &RecordId,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        index::each(ledger, &index::key(prefix::REFUSAL, &[&record.0.to_bytes()]), |entry| {
            index::last_cid(&entry.key).into_iter().for_each(|cid| step.batch.erase(Shelf::Live, cid));
            Ok(())
        })
    }

    /// What people here said of a record last, if it is about refusing it: for its author.
    pub(super) fn refused_by_a_person(
        &self,
        record: &RecordId,
        ledger: &impl Ledger,
    ) -> Result<Option<String>, LedgerError> {
        let last = reviews(record, ledger)?.pop().filter(|review| review.opinion == Opinion::Reject);
        Ok(last.map(|review| match review.note.is_empty() {
            true => "a person who looked at it refused it".to_owned(),
            false => format!("a person who looked at it refused it: {}", review.note),
        }))
    }
}
