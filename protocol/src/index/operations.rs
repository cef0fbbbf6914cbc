//! The entries of operations, and what a node notes for itself.

use super::{Item, entry, key, prefix};
use crate::bytes::{Cid, Fields, decode};
use crate::ledger::{IndexEntry, Ledger, LedgerError, Shelf};
use crate::operation::{Matter, Operation};
use crate::record::RecordId;
use crate::sign::PublicKey;
use crate::wire::exchange::Acknowledgement;

/// How a record came to be erased, as the first byte of an entry's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Erasure {
    /// Its author took it back.
    Withdrawal,
    /// A quorum took it down.
    Takedown,
    /// A quorum took it down, header and all.
    Purge,
}

impl Erasure {
    fn byte(self) -> u8 {
        match self {
            Erasure::Withdrawal => b'w',
            Erasure::Takedown => b't',
            Erasure::Purge => b'p',
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Erasure::Withdrawal, Erasure::Takedown, Erasure::Purge].into_iter().find(|one| one.byte() == byte)
    }
}

pub(super) fn entries(shelf: Shelf, cid: &Cid, kind: &str, bytes: &[u8]) -> Vec<IndexEntry> {
    match kind {
        "pin" | "review" | "refusal" => note_entries(cid, kind, bytes).unwrap_or_default(),
        "acknowledgement" => acknowledged(cid, bytes),
        _ => Operation::verify(bytes).map_or_else(|_| Vec::new(), |operation| of_operation(shelf, cid, &operation)),
    }
}

fn of_operation(shelf: Shelf, cid: &Cid, operation: &Operation) -> Vec<IndexEntry> {
    let id = cid.to_bytes();
    let mut entries = match operation {
        Operation::Withdrawal(one) => {
            let value = [&[Erasure::Withdrawal.byte()][..], &one.time().unix_s().to_be_bytes()].concat();
            vec![entry(key(prefix::ERASURE, &[&one.record().0.to_bytes(), &[place(shelf)], &id]), value)]
        }
        Operation::Flag(one) => vec![entry(key(prefix::FLAG, &[&one.record.0.to_bytes(), &one.member.0, &id]), vec![])],
        Operation::Support(one) => {
            vec![entry(key(prefix::SUPPORT, &[&one.petition.0.to_bytes(), &one.member.0, &id]), vec![])]
        }
        Operation::Membership(one) => {
            vec![entry(key(prefix::MEMBER, &[&one.member.0, &one.sponsor.0, &id]), vec![])]
        }
        Operation::Motion(one) => {
            vec![entry(key(prefix::MOTION, &[&one.matter.id().to_bytes(), &one.signer.0, &id]), vec![])]
        }
        Operation::Resolution(one) => {
            let matter = one.matter();
            let mut entries =
                vec![entry(key(prefix::MATTER, &[&matter.id().to_bytes(), &id]), vec![kind_byte(matter)])];
            if let Matter::Decision(decision) = matter
                && let Some(record) = decision.ruling.erases()
            {
                let kind = if decision.ruling.name() == "purge" { Erasure::Purge } else { Erasure::Takedown };
                let value = [&[kind.byte()][..], &decision.time.unix_s().to_be_bytes()].concat();
                entries.push(entry(key(prefix::ERASURE, &[&record.0.to_bytes(), &[place(shelf)], &id]), value));
            }
            entries
        }
        Operation::Equivocation(one) => {
            vec![entry(key(prefix::EQUIVOCATION, &[&one.charter.to_bytes(), &one.validator.0, &id]), vec![])]
        }
    };
    let item = Item::of_operation(cid);
    match (shelf, operation) {
        (Shelf::Certified, Operation::Resolution(one)) => entries.extend(reconciled(cid, item, one.matter().time_s())),
        (Shelf::Certified, Operation::Withdrawal(one)) => entries.extend(reconciled(cid, item, one.time().unix_s())),
        // It says nothing of when: the first of all times will do.
        (_, Operation::Equivocation(one)) => {
            entries.extend(reconciled(cid, Item::of_equivocation(&one.charter, &one.validator), 0))
        }
        _ => entries.push(entry(key(prefix::SPREAD, &[&id]), vec![])),
    }
    entries
}

/// The same operation may lie on two shelves for a moment: the place keeps their entries apart.
fn place(shelf: Shelf) -> u8 {
    if shelf == Shelf::Certified { b'c' } else { b'w' }
}

fn reconciled(cid: &Cid, item: Item, time_s: i64) -> [IndexEntry; 2] {
    [
        entry(key(prefix::ITEM, &[&time_s.to_be_bytes(), &item.0]), vec![]),
        entry(key(prefix::ITEM_OPERATION, &[&item.0]), cid.to_bytes().to_vec()),
    ]
}

fn kind_byte(matter: &Matter) -> u8 {
    match matter {
        Matter::Successor(_) => b's',
        Matter::Decision(_) => b'd',
        Matter::Release(_) => b'r',
    }
}

fn acknowledged(cid: &Cid, bytes: &[u8]) -> Vec<IndexEntry> {
    let Ok(one) = Acknowledgement::verify(bytes) else { return Vec::new() };
    let of = |operation: &Cid| {
        entry(key(prefix::ACKNOWLEDGED, &[&operation.to_bytes(), &one.validator.0, &cid.to_bytes()]), vec![])
    };
    one.operations.iter().map(of).collect()
}

/// What a node notes for itself (see [`crate::core::notes`]).
fn note_entries(cid: &Cid, kind: &str, bytes: &[u8]) -> Option<Vec<IndexEntry>> {
    let mut fields = Fields::of(decode(bytes).ok()?).ok()?;
    let id = cid.to_bytes();
    Some(vec![match kind {
        "pin" => {
            let (number, charter) = (fields.int("number").ok()?, fields.link("charter").ok()?);
            entry(key(prefix::PIN, &[&number.to_be_bytes(), &id]), charter.to_bytes().to_vec())
        }
        _ => {
            let prefix = if kind == "review" { prefix::REVIEW } else { prefix::REFUSAL };
            let record = fields.link("record").ok()?;
            entry(key(prefix, &[&record.to_bytes(), &id]), vec![])
        }
    }])
}

/// The resolutions that are held: matter and block, of one kind (`s`, `d` or `r`) or of every kind.
///
/// # Errors
/// When the ledger fails.
pub fn resolutions(ledger: &impl Ledger, kind: Option<u8>) -> Result<Vec<(Cid, Cid)>, LedgerError> {
    let mut found = Vec::new();
    super::each(ledger, &[prefix::MATTER], |entry| {
        let matter = entry.key.get(1..1 + Cid::LEN).and_then(|bytes| Cid::from_bytes(bytes).ok());
        if let (Some(matter), Some(block)) = (matter, super::last_cid(&entry.key))
            && kind.is_none_or(|kind| entry.value == [kind])
        {
            found.push((matter, block));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The proofs of equivocation that are held: charter, validator, block.
///
/// # Errors
/// When the ledger fails.
pub fn equivocations(ledger: &impl Ledger) -> Result<Vec<(Cid, PublicKey, Cid)>, LedgerError> {
    let mut found = Vec::new();
    super::each(ledger, &[prefix::EQUIVOCATION], |entry| {
        let (charter, rest) = entry.key[1..].split_at_checked(Cid::LEN).unwrap_or_default();
        if let (Ok(charter), Some(key), Some(block)) =
            (Cid::from_bytes(charter), rest.first_chunk::<32>(), super::last_cid(&entry.key))
        {
            found.push((charter, PublicKey(*key), block));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The operations that erase a record: how, whether they are durable, and which block.
///
/// # Errors
/// When the ledger fails.
pub fn erasures(ledger: &impl Ledger, record: &RecordId) -> Result<Vec<(Erasure, bool, Cid)>, LedgerError> {
    let start = key(prefix::ERASURE, &[&record.0.to_bytes()]);
    let mut found = Vec::new();
    super::each(ledger, &start, |entry| {
        let durable = entry.key.get(start.len()) == Some(&b'c');
        let kind = entry.value.first().and_then(|byte| Erasure::of(*byte));
        found.extend(kind.zip(super::last_cid(&entry.key)).map(|(kind, block)| (kind, durable, block)));
        Ok(())
    })?;
    Ok(found)
}
