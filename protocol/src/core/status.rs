//! What the ledger knows about a record, for people to look at.

use crate::agreement::state::{self, StateRoot};
use crate::agreement::{Certificate, Charter, Verdict};
use crate::index::{self, VerdictEntry, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::record::{RecordId, SignedHeader};
use crate::sign::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// Each step of a record's way.
#[derive(Clone, Debug)]
pub struct RecordStatus {
    /// The header.
    pub header: SignedHeader,
    /// Whether the body is here.
    pub body_here: bool,
    /// Validators that have given a receipt, as far as is known here.
    pub held_by: BTreeSet<PublicKey>,
    /// Every verdict known here, by validator and number.
    pub verdicts: Vec<VerdictEntry>,
    /// The certificate, once there is one.
    pub certificate: Option<Certificate>,
}

impl RecordStatus {
    /// Validators that accept.
    pub fn accepting(&self) -> BTreeSet<PublicKey> {
        let accepts = self.verdicts.iter().filter(|verdict| verdict.verdict == Verdict::Accept);
        let certified = self.certificate.iter().flat_map(|certificate| certificate.validators().iter().copied());
        accepts.map(|verdict| verdict.validator).chain(certified).collect()
    }

    /// The last verdict of each validator that does not accept.
    pub fn objections(&self) -> BTreeMap<PublicKey, Verdict> {
        let accepting = self.accepting();
        let others = self.verdicts.iter().filter(|verdict| !accepting.contains(&verdict.validator));
        others.map(|verdict| (verdict.validator, verdict.verdict)).collect()
    }

    /// Validators that took back an acceptance or signed two batches under one number. Their
    /// acceptance counts all the same; the contradiction is evidence against them.
    pub fn contradictions(&self) -> BTreeSet<PublicKey> {
        let mut first_accept: BTreeMap<PublicKey, i64> = BTreeMap::new();
        let mut batches: BTreeMap<(PublicKey, i64), crate::bytes::Cid> = BTreeMap::new();
        let mut contradicting = BTreeSet::new();
        for verdict in &self.verdicts {
            let accepted = first_accept.get(&verdict.validator).is_some_and(|number| *number <= verdict.number);
            if accepted && verdict.verdict != Verdict::Accept {
                contradicting.insert(verdict.validator);
            }
            if verdict.verdict == Verdict::Accept {
                first_accept.entry(verdict.validator).or_insert(verdict.number);
            }
            let batch = *batches.entry((verdict.validator, verdict.number)).or_insert(verdict.batch);
            if batch != verdict.batch {
                contradicting.insert(verdict.validator);
            }
        }
        contradicting
    }
}

/// What is known of a record; `None` when its header is not here.
///
/// # Errors
/// When the ledger fails.
pub fn of(record: &RecordId, charter: &Charter, ledger: &impl Ledger) -> Result<Option<RecordStatus>, LedgerError> {
    let mut found = None;
    for (shelf, bodies) in [(Shelf::Certified, Shelf::Certified), (Shelf::Live, Shelf::Waiting)] {
        if let Some(bytes) = ledger.block(shelf, &record.0)?
            && let Ok(header) = SignedHeader::verify(&bytes)
        {
            let body_here = ledger.holds(bodies, &header.header().body)?;
            found = Some((header, body_here));
            break;
        }
    }
    let Some((header, body_here)) = found else { return Ok(None) };
    let mut held_by = BTreeSet::new();
    let start = index::key(prefix::RECEIPT, &[&record.0.to_bytes()]);
    index::each(ledger, &start, |entry| {
        held_by.extend(entry.key[start.len()..].first_chunk::<32>().map(|key| PublicKey(*key)));
        Ok(())
    })?;
    let certificate = match index::certificate(ledger, record)? {
        Some(cid) => ledger.block(Shelf::Certified, &cid)?,
        None => None,
    };
    Ok(Some(RecordStatus {
        header,
        body_here,
        held_by,
        verdicts: index::verdicts(ledger, record)?,
        certificate: certificate.and_then(|bytes| Certificate::verify(&bytes, charter).ok()),
    }))
}

/// The ids of all accepted records, in order.
///
/// # Errors
/// When the ledger fails.
pub fn accepted(ledger: &impl Ledger) -> Result<Vec<RecordId>, LedgerError> {
    let mut ids = Vec::new();
    index::each_record(ledger, prefix::CERTIFIED, |id, _| ids.push(id))?;
    Ok(ids)
}

/// The state root; `None` under a protocol version that this code does not understand.
///
/// # Errors
/// When the ledger fails.
pub fn state_root(charter: &Charter, ledger: &impl Ledger) -> Result<Option<StateRoot>, LedgerError> {
    if !charter.understood() {
        return Ok(None);
    }
    Ok(Some(state::root(&charter.id(), &accepted(ledger)?)))
}
