//! What waits for a person behind a validator: records held back, and records that somebody has flagged.

use super::facts::{Counting, erased};
use super::notes::{Opinion, reviews};
use crate::agreement::{Class, Lineage, Verdict};
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::operation::Flag;
use crate::operation::member::FlagReason;
use crate::record::RecordId;
use crate::sign::PublicKey;
use std::collections::BTreeSet;

/// A record that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Which.
    pub record: RecordId,
    /// Whether it is certified: then a refusal no longer helps, and a takedown does.
    pub certified: bool,
    /// The class of this validator's own newest verdict, if that holds the record back.
    pub held_back: Option<Class>,
    /// All its flags, if any came since somebody here decided last; else none.
    pub flags: Vec<Flag>,
    /// Since when it waits for a person, in seconds since 1970: when the verdict was signed, or the first flag.
    pub since_s: i64,
}

impl Queued {
    /// Whether somebody who is concerned and not the author asks for it.
    pub fn concerns_somebody(&self) -> bool {
        self.flags.iter().any(|flag| flag.reason == FlagReason::AboutMe)
    }
}

/// What a person behind the validator `me` should look at: requests by people concerned first, then the rest, the
/// longest waiting first. What was withdrawn or taken down is in no queue.
///
/// # Errors
/// When the ledger fails.
pub fn queue(lineage: &Lineage, me: &PublicKey, ledger: &impl Ledger) -> Result<Vec<Queued>, LedgerError> {
    let (charter, counting) = (lineage.head().charter.id(), Counting::load(lineage, ledger)?);
    let mut candidates = BTreeSet::new();
    index::each_record(ledger, prefix::WAITING, |id, _| {
        candidates.insert(id);
    })?;
    index::each(ledger, &[prefix::FLAG], |entry| {
        let id = entry.key.get(1..1 + Cid::LEN).and_then(|bytes| Cid::from_bytes(bytes).ok());
        candidates.extend(id.map(RecordId));
        Ok(())
    })?;
    let mut queue = Vec::new();
    for record in candidates {
        queue.extend(look(record, (&charter, &counting), me, ledger)?);
    }
    queue.sort_by_key(|one: &Queued| (!one.concerns_somebody(), one.since_s, one.record));
    Ok(queue)
}

fn look(
    record: RecordId,
    (charter, counting): (&Cid, &Counting),
    me: &PublicKey,
    ledger: &impl Ledger,
) -> Result<Option<Queued>, LedgerError> {
    let certified = ledger.holds(Shelf::Certified, &record.0)?;
    let verdict = index::verdicts(ledger, &record)?
        .into_iter()
        .filter(|verdict| verdict.validator == *me && verdict.charter == *charter)
        .max_by_key(|verdict| verdict.number);
    let held_back = verdict.and_then(|verdict| match verdict.verdict {
        Verdict::Quarantine(class) if !certified => Some((class, verdict.number)),
        _ => None,
    });
    let flags = unseen(&record, ledger)?;
    let since_s = held_back.iter().map(|(_, at)| *at).chain(flags.iter().map(|flag| flag.time.unix_s())).min();
    match since_s {
        Some(since_s) if erased(&record, counting, ledger)?.is_none() => {
            Ok(Some(Queued { record, certified, held_back: held_back.map(|(class, _)| class), flags, since_s }))
        }
        _ => Ok(None),
    }
}

/// All flags, if any came since somebody here decided last. Who only puts it off has not decided.
fn unseen(record: &RecordId, ledger: &impl Ledger) -> Result<Vec<Flag>, LedgerError> {
    let flags = flags(record, ledger)?;
    let decided = reviews(record, ledger)?.into_iter().filter(|review| review.opinion != Opinion::Quarantine);
    let seen = decided.map(|review| review.flags).max().unwrap_or(0);
    Ok(if flags.len() as i64 > seen { flags } else { Vec::new() })
}

/// What people ask for a look at a record for, the earliest first.
///
/// # Errors
/// When the ledger fails.
pub fn flags(record: &RecordId, ledger: &impl Ledger) -> Result<Vec<Flag>, LedgerError> {
    let mut found = Vec::new();
    index::each(ledger, &index::key(prefix::FLAG, &[&record.0.to_bytes()]), |entry| {
        if let Some(block) = index::last_cid(&entry.key)
            && let Some(bytes) = ledger.block(Shelf::Live, &block)?
        {
            found.extend(Flag::verify(&bytes).ok());
        }
        Ok(())
    })?;
    found.sort_by_key(|flag| flag.time);
    Ok(found)
}

#[cfg(test)]
mod tests;
