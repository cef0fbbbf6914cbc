//! What became of one record, as far as is known here: for people to look at, one record at a time.

use super::counted::fact;
use super::facts::{Counting, erased_in, group};
use crate::agreement::state::{Facts, Standing};
use crate::bytes::Cid;
use crate::index::{self, Erasure, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::operation::decision::Reason;
use crate::operation::{Decision, Ruling, Withdrawal};
use crate::record::{RecordId, SignedHeader};
use crate::sign::PublicKey;
use std::collections::BTreeSet;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has no certificate.
    Waiting,
    /// It is certified, and the newest of its revisions.
    Accepted,
    /// A newer revision is certified.
    Superseded(RecordId),
    /// Its author took it back.
    Withdrawn {
        /// The validators that have said that they carried it out, as far as they said it to this node.
        acknowledged: BTreeSet<PublicKey>,
    },
    /// A quorum took it down.
    TakenDown {
        /// The matter that decided it.
        matter: Cid,
        /// Why.
        reason: Reason,
        /// A record that says more.
        explained: Option<RecordId>,
    },
}

/// What became of a record that is known here.
///
/// # Errors
/// When the ledger fails.
pub fn fate(record: &RecordId, counting: &Counting, ledger: &impl Ledger) -> Result<Fate, LedgerError> {
    let members = group(record, ledger)?;
    match erased_in(record, &members, counting, ledger)? {
        Some(Erasure::Withdrawal) => {
            let mut by = BTreeSet::new();
            for member in &members {
                for (kind, _, operation) in index::operations::erasures(ledger, member)? {
                    if kind == Erasure::Withdrawal {
                        by.extend(acknowledged(&operation, ledger)?);
                    }
                }
            }
            return Ok(Fate::Withdrawn { acknowledged: by });
        }
        Some(Erasure::Takedown | Erasure::Purge) => {
            let of = |decision: &Decision| match decision.ruling {
                Ruling::Takedown(erased) => members.contains(&erased),
                Ruling::Purge(erased) => erased == *record,
                _ => false,
            };
            if let Some((matter, decision)) = counting.decisions.iter().find(|(_, decision)| of(decision)) {
                let (reason, explained) = (decision.reason, decision.explained);
                return Ok(Fate::TakenDown { matter: *matter, reason, explained });
            }
        }
        None => {}
    }
    let mut facts = Facts::default();
    for member in members {
        if let Some(header) = index::header(ledger, Shelf::Certified, &member)? {
            facts.records.insert(member, fact(&header));
        }
    }
    let standings = facts.standings();
    let newest = standings.iter().find(|(_, standing)| **standing == Standing::Accepted).map(|(id, _)| *id);
    Ok(match (standings.get(record), newest) {
        (None, _) => Fate::Waiting,
        (Some(Standing::Superseded), Some(by)) => Fate::Superseded(by),
        _ => Fate::Accepted,
    })
}

/// The validators that have said to this node that they took an operation.
///
/// # Errors
/// When the ledger fails.
pub fn acknowledged(operation: &Cid, ledger: &impl Ledger) -> Result<BTreeSet<PublicKey>, LedgerError> {
    let start = index::key(prefix::ACKNOWLEDGED, &[&operation.to_bytes()]);
    let mut by = BTreeSet::new();
    index::each(ledger, &start, |entry| {
        by.extend(entry.key[start.len()..].first_chunk::<32>().map(|key| PublicKey(*key)));
        Ok(())
    })?;
    Ok(by)
}

/// The withdrawal of a record that is held here: it carries the header, which is gone from the shelves when the
/// record was waiting.
///
/// # Errors
/// When the ledger fails.
pub fn withdrawal(record: &RecordId, ledger: &impl Ledger) -> Result<Option<Withdrawal>, LedgerError> {
    for (kind, durable, block) in index::operations::erasures(ledger, record)? {
        let shelf = if durable { Shelf::Certified } else { Shelf::Live };
        if kind == Erasure::Withdrawal
            && let Some(bytes) = ledger.block(shelf, &block)?
            && let Ok(withdrawal) = Withdrawal::verify(&bytes)
        {
            return Ok(Some(withdrawal));
        }
    }
    Ok(None)
}

/// The headers of waiting records that were withdrawn: nothing else is left of them here.
///
/// # Errors
/// When the ledger fails.
pub fn withdrawn_while_waiting(ledger: &impl Ledger) -> Result<Vec<SignedHeader>, LedgerError> {
    Ok(withdrawals(&[Shelf::Live], ledger)?.into_iter().map(|withdrawal| withdrawal.header().clone()).collect())
}

/// The withdrawals that are held on these shelves.
///
/// # Errors
/// When the ledger fails.
pub fn withdrawals(shelves: &[Shelf], ledger: &impl Ledger) -> Result<Vec<Withdrawal>, LedgerError> {
    let mut found = Vec::new();
    index::each(ledger, &[prefix::ERASURE], |entry| {
        let shelf = if entry.key.get(1 + Cid::LEN) == Some(&b'c') { Shelf::Certified } else { Shelf::Live };
        if entry.value.first() == Some(&b'w')
            && shelves.contains(&shelf)
            && let Some(block) = index::last_cid(&entry.key)
            && let Some(bytes) = ledger.block(shelf, &block)?
        {
            found.extend(Withdrawal::verify(&bytes).ok());
        }
        Ok(())
    })?;
    Ok(found)
}
