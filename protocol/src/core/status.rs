//! What the ledger knows about a record, for people to look at.

pub use super::facts::{Counting, accepted, erased, facts, group, lineage, standing, standings, state_root};
pub use super::fate::{self, Fate};
use crate::agreement::{Certificate, Lineage, Verdict};
use crate::bytes::Cid;
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
        let mut batches: BTreeMap<(PublicKey, i64), Cid> = BTreeMap::new();
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

/// What is known of a record; `None` when its header is not here, and no withdrawal that carries it.
///
/// # Errors
/// When the ledger fails.
pub fn of(record: &RecordId, lineage: &Lineage, ledger: &impl Ledger) -> Result<Option<RecordStatus>, LedgerError> {
    let held = match header(record, ledger)? {
        None => fate::withdrawal(record, ledger)?.map(|withdrawal| withdrawal.header().clone()),
        held => held,
    };
    let Some(header) = held else { return Ok(None) };
    let body = header.header().body;
    let body_here = ledger.holds(Shelf::Waiting, &body)? || ledger.holds(Shelf::Certified, &body)?;
    let mut held_by = BTreeSet::new();
    let start = index::key(prefix::RECEIPT, &[&record.0.to_bytes()]);
    index::each(ledger, &start, |entry| {
        held_by.extend(entry.key[start.len()..].first_chunk::<32>().map(|key| PublicKey(*key)));
        Ok(())
    })?;
    let certificate = certificate(record, lineage, ledger)?;
    Ok(Some(RecordStatus { header, body_here, held_by, verdicts: index::verdicts(ledger, record)?, certificate }))
}

/// The certificate that counts for a record: that under the newest charter of the path, and of several under
/// one charter the one with the lowest CID.
///
/// # Errors
/// When the ledger fails.
pub fn certificate(
    record: &RecordId,
    lineage: &Lineage,
    ledger: &impl Ledger,
) -> Result<Option<Certificate>, LedgerError> {
    let held = index::certificates(ledger, record)?;
    for charter in lineage.path().into_iter().rev() {
        let id = charter.id();
        for (cid, _) in held.iter().filter(|(_, under)| *under == id) {
            let bytes = ledger.block(Shelf::Certified, cid)?;
            if let Some(certificate) = bytes.and_then(|bytes| Certificate::verify(&bytes, charter).ok()) {
                return Ok(Some(certificate));
            }
        }
    }
    Ok(None)
}

/// A record's header, certified or not; `None` when it is not here.
///
/// The ledger may change between two reads, and a record goes from *live* to *certified*: read in that order, it
/// cannot be missed on its way.
///
/// # Errors
/// When the ledger fails.
pub fn header(record: &RecordId, ledger: &impl Ledger) -> Result<Option<SignedHeader>, LedgerError> {
    let bytes = first_held(&record.0, [Shelf::Live, Shelf::Certified], ledger)?;
    Ok(bytes.and_then(|bytes| SignedHeader::verify(&bytes).ok()))
}

/// A body, wherever it lies: two records may share one, and one of them be certified first. As with
/// [`header`], a body that is certified between two reads is found.
///
/// # Errors
/// When the ledger fails.
pub fn body(body: &Cid, ledger: &impl Ledger) -> Result<Option<Vec<u8>>, LedgerError> {
    first_held(body, [Shelf::Waiting, Shelf::Certified], ledger)
}

fn first_held(cid: &Cid, shelves: [Shelf; 2], ledger: &impl Ledger) -> Result<Option<Vec<u8>>, LedgerError> {
    match ledger.block(shelves[0], cid)? {
        None => ledger.block(shelves[1], cid),
        held => Ok(held),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::founding::tests::founded;
    use crate::ledger::IndexEntry;
    use crate::record::header::tests as headers;
    use std::cell::Cell;

    /// A ledger whose only record is certified after so many reads.
    struct Moving {
        header: Vec<u8>,
        body: Cid,
        reads_before: Cell<usize>,
    }

    impl Moving {
        fn after(reads: usize) -> Moving {
            let header = headers::header();
            Moving { header: header.sign(&headers::key()), body: header.body, reads_before: Cell::new(reads) }
        }

        fn certified_at_this_read(&self) -> bool {
            self.reads_before.replace(self.reads_before.get().saturating_sub(1)) == 0
        }
    }

    impl Ledger for Moving {
        fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
            let (before, bytes) = match *cid == self.body {
                true => (Shelf::Waiting, b"body".to_vec()),
                false => (Shelf::Live, self.header.clone()),
            };
            let now = if self.certified_at_this_read() { Shelf::Certified } else { before };
            Ok((shelf == now).then_some(bytes))
        }

        fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
            Ok(self.block(shelf, cid)?.is_some())
        }

        fn value(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
            Ok(None)
        }

        fn scan(&self, _: &[u8], _: Option<&[u8]>, _: usize) -> Result<Vec<IndexEntry>, LedgerError> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_record_that_is_certified_between_two_reads_is_known_with_its_body() {
        let id = RecordId(Cid::of_cbor(&Moving::after(0).header));
        for reads in 0..6 {
            let known = of(&id, &Lineage::new(founded(4, 1, 3)), &Moving::after(reads)).expect("the ledger answers");
            assert!(known.is_some_and(|known| known.body_here), "certified after {reads} reads");
            let ledger = Moving::after(reads);
            let body = body(&ledger.body, &ledger).expect("the ledger answers");
            assert_eq!(body.as_deref(), Some(&b"body"[..]), "certified after {reads} reads");
        }
    }
}
