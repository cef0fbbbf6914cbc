//! The certified records in the order of their ids, each with its certificates.

use super::{HeaderEntry, last_cid, prefix, read_header};
use crate::bytes::Cid;
use crate::ledger::{IndexEntry, Ledger, LedgerError};
use crate::record::RecordId;
use std::iter::Peekable;

/// Entries in one page of a scan.
const PAGE: usize = 1000;

/// The entries under a prefix, in order, read a thousand at a time.
pub struct Entries<'a, L> {
    ledger: &'a L,
    prefix: Vec<u8>,
    page: std::vec::IntoIter<IndexEntry>,
    /// The last key of the page; nothing when no page follows it.
    after: Option<Vec<u8>>,
    begun: bool,
}

impl<'a, L: Ledger> Entries<'a, L> {
    /// Those under a prefix.
    pub fn under(ledger: &'a L, prefix: &[u8]) -> Self {
        Entries { ledger, prefix: prefix.to_vec(), page: Vec::new().into_iter(), after: None, begun: false }
    }
}

impl<L: Ledger> Iterator for Entries<'_, L> {
    type Item = Result<IndexEntry, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.as_slice().is_empty() && (!self.begun || self.after.is_some()) {
            self.begun = true;
            match self.ledger.scan(&self.prefix, self.after.as_deref(), PAGE) {
                Err(error) => {
                    self.after = None;
                    return Some(Err(error));
                }
                Ok(page) => {
                    self.after = page.last().filter(|_| page.len() == PAGE).map(|last| last.key.clone());
                    self.page = page.into_iter();
                }
            }
        }
        self.page.next().map(Ok)
    }
}

/// A record whose header is on the certified shelf, as the index knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// Its id.
    pub id: RecordId,
    /// Its header.
    pub header: HeaderEntry,
    /// Its certificates, the lowest CID first, each with the charter under which it was accepted.
    pub certificates: Vec<(Cid, Cid)>,
}

/// The records whose headers are on the certified shelf, by id.
pub struct CertifiedRecords<'a, L: Ledger> {
    headers: Entries<'a, L>,
    certificates: Peekable<Entries<'a, L>>,
    /// What [`CertifiedRecords::find`] came upon beyond what it looked for.
    ahead: Option<Certified>,
}

impl<'a, L: Ledger> CertifiedRecords<'a, L> {
    /// All of them.
    pub fn of(ledger: &'a L) -> Self {
        CertifiedRecords {
            headers: Entries::under(ledger, &[prefix::CERTIFIED]),
            certificates: Entries::under(ledger, &[prefix::CERTIFICATE]).peekable(),
            ahead: None,
        }
    }

    /// The record with this id, if it is there; those before it are passed over. Ids are asked for in ascending order.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn find(&mut self, id: &RecordId) -> Result<Option<Certified>, LedgerError> {
        loop {
            match self.next().transpose()? {
                Some(found) if found.id < *id => {}
                Some(found) if found.id == *id => return Ok(Some(found)),
                beyond => {
                    self.ahead = beyond;
                    return Ok(None);
                }
            }
        }
    }

    /// The certificates of a record, after those of the records before it.
    fn certificates(&mut self, id: &Cid) -> Result<Vec<(Cid, Cid)>, LedgerError> {
        let (id, mut found) = (id.to_bytes(), Vec::new());
        let of = |entry: &IndexEntry| entry.key.get(1..1 + Cid::LEN).unwrap_or_default() <= &id[..];
        while let Some(entry) = self.certificates.next_if(|entry| entry.as_ref().is_ok_and(of)) {
            let entry = entry?;
            if entry.key.get(1..1 + Cid::LEN) == Some(&id)
                && let (Some(certificate), Ok(charter)) = (last_cid(&entry.key), Cid::from_bytes(&entry.value))
            {
                found.push((certificate, charter));
            }
        }
        // An error is taken out only here, so that it is not passed over.
        match self.certificates.next_if(Result::is_err) {
            Some(Err(error)) => Err(error),
            _ => Ok(found),
        }
    }
}

impl<L: Ledger> Iterator for CertifiedRecords<'_, L> {
    type Item = Result<Certified, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(found) = self.ahead.take() {
            return Some(Ok(found));
        }
        loop {
            let entry = match self.headers.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(error)),
            };
            let Ok(id) = Cid::from_bytes(&entry.key[1..]) else { continue };
            return Some(
                read_header(&entry.value).and_then(|header| {
                    Ok(Certified { id: RecordId(id), header, certificates: self.certificates(&id)? })
                }),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index;
    use crate::ledger::Shelf;
    use std::cell::Cell;
    use std::collections::BTreeMap;

    /// A ledger of entries alone, one of whose scans fails.
    struct Listed {
        entries: BTreeMap<Vec<u8>, Vec<u8>>,
        until_failure: Cell<usize>,
    }

    impl Ledger for Listed {
        fn block(&self, _: Shelf, _: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
            Ok(None)
        }

        fn holds(&self, _: Shelf, _: &Cid) -> Result<bool, LedgerError> {
            Ok(false)
        }

        fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
            Ok(self.entries.get(key).cloned())
        }

        fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
            match self.until_failure.get() {
                0 => return Err(LedgerError("the disk is gone".into())),
                left => self.until_failure.set(left - 1),
            }
            let entries = self.entries.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
            let beyond = entries.filter(|(key, _)| after.is_none_or(|after| &key[..] > after));
            Ok(beyond.take(limit).map(|(key, value)| IndexEntry { key: key.clone(), value: value.clone() }).collect())
        }
    }

    fn id(n: u32) -> RecordId {
        RecordId(Cid::of_cbor(&n.to_be_bytes()))
    }

    /// So many records, of which every fifth has no header here, with none to three certificates.
    fn listed(records: u32) -> Listed {
        let charter = Cid::of_cbor(b"charter").to_bytes();
        let mut entries = BTreeMap::new();
        for n in 0..records {
            let record = id(n).0.to_bytes();
            if n % 5 > 0 {
                let value = [&i64::from(n).to_be_bytes()[..], &Cid::of_cbor(b"body").to_bytes(), &[7; 32]].concat();
                entries.insert(index::key(prefix::CERTIFIED, &[&record]), value);
            }
            for other in 0..n % 4 {
                let certificate = id(records + 4 * n + other).0.to_bytes();
                entries.insert(index::key(prefix::CERTIFICATE, &[&record, &certificate]), charter.to_vec());
            }
        }
        Listed { entries, until_failure: Cell::new(usize::MAX) }
    }

    #[test]
    fn each_certified_record_comes_once_in_order_with_all_its_certificates() {
        for records in [0, 1, 5, 1250, 1251, 3000] {
            let ledger = listed(records);
            let found: Vec<_> = CertifiedRecords::of(&ledger).collect::<Result<_, _>>().unwrap();
            assert!(found.is_sorted_by_key(|one| one.id));
            assert_eq!(found.len() as u32, (0..records).filter(|n| n % 5 > 0).count() as u32);
            for one in found {
                assert_eq!(index::header(&ledger, Shelf::Certified, &one.id).unwrap(), Some(one.header));
                assert_eq!(index::certificates(&ledger, &one.id).unwrap(), one.certificates);
            }
        }
    }

    #[test]
    fn records_are_found_among_others_and_those_that_are_missing_are_not() {
        let ledger = listed(3000);
        let mut wanted: Vec<_> = (0..4000).step_by(3).map(|n| (id(n), n < 3000 && n % 5 > 0)).collect();
        wanted.sort();
        let mut records = CertifiedRecords::of(&ledger);
        for (id, here) in wanted {
            let found = records.find(&id).unwrap();
            assert_eq!(found.as_ref().map(|found| found.id), here.then_some(id));
            let held = index::certificates(&ledger, &id).unwrap();
            assert!(found.is_none_or(|found| found.certificates == held));
        }
    }

    #[test]
    fn a_scan_that_fails_is_never_taken_for_the_end() {
        let ledger = listed(3000);
        for scans in 0..7 {
            ledger.until_failure.set(scans);
            assert!(CertifiedRecords::of(&ledger).collect::<Result<Vec<_>, _>>().is_err(), "after {scans}");
        }
        ledger.until_failure.set(usize::MAX);
        CertifiedRecords::of(&ledger).collect::<Result<Vec<_>, _>>().unwrap();
    }
}
