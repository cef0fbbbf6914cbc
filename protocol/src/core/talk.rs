//! What people say of records and ask of the community: notes, petitions, and who supports them.

use super::facts::{Counting, erased};
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::record::RecordId;
use crate::sign::PublicKey;
use std::collections::BTreeSet;

/// The notes and petitions about a record, the earliest first, without those that were withdrawn or taken down.
///
/// # Errors
/// When the ledger fails.
pub fn about(record: &RecordId, counting: &Counting, ledger: &impl Ledger) -> Result<Vec<RecordId>, LedgerError> {
    let mut ids = BTreeSet::new();
    index::each(ledger, &index::key(prefix::ABOUT, &[&record.0.to_bytes()]), |entry| {
        ids.extend(index::last_cid(&entry.key).map(RecordId));
        Ok(())
    })?;
    let mut found = Vec::new();
    for id in ids {
        let header = match index::header(ledger, Shelf::Live, &id)? {
            None => index::header(ledger, Shelf::Certified, &id)?,
            live => live,
        };
        if let Some(header) = header
            && erased(&id, counting, ledger)?.is_none()
        {
            found.push((header.time_s, id));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// The accepted petitions whose text is here, the earliest first.
///
/// # Errors
/// When the ledger fails.
pub fn petitions(ledger: &impl Ledger) -> Result<Vec<RecordId>, LedgerError> {
    let mut bodies = BTreeSet::new();
    index::each(ledger, &[prefix::PETITION], |entry| {
        bodies.extend(index::last_cid(&entry.key));
        Ok(())
    })?;
    let mut found = Vec::new();
    if bodies.is_empty() {
        return Ok(Vec::new());
    }
    index::each_record(ledger, prefix::CERTIFIED, |id, header| {
        if bodies.contains(&header.body) {
            found.push((header.time_s, id));
        }
    })?;
    found.sort();
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// The keys that support a petition, each once.
///
/// # Errors
/// When the ledger fails.
pub fn supporters(petition: &RecordId, ledger: &impl Ledger) -> Result<BTreeSet<PublicKey>, LedgerError> {
    let start = index::key(prefix::SUPPORT, &[&petition.0.to_bytes()]);
    let mut members = BTreeSet::new();
    index::each(ledger, &start, |entry| {
        members.extend(entry.key[start.len()..].first_chunk::<32>().map(|key| PublicKey(*key)));
        Ok(())
    })?;
    Ok(members)
}
