//! The index entries that follow from one block, and the keys to look them up by.
//!
//! Every key ends in (or is) the block's own id, so that erasing a block removes its entries and
//! never another's. Numbers are big-endian, so that byte order is number order.

use crate::agreement::{Batch, Verdict};
use crate::bytes::{Cid, Codec, Key, Node, decode, encode};
use crate::ledger::{IndexEntry, Ledger, LedgerError, Shelf};
use crate::operation::Equivocation;
use crate::record::{RecordId, SignedHeader};
use crate::sign::PublicKey;
use crate::wire::exchange::{Receipt, Statement};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

mod certified;
pub mod operations;

pub use certified::{Certified, CertifiedRecords, Entries};
pub use operations::Erasure;

/// The first byte of a key: what it leads to.
pub mod prefix {
    /// Certified headers, by record id.
    pub const CERTIFIED: u8 = b'h';
    /// Waiting headers, by record id.
    pub const WAITING: u8 = b'w';
    /// Records by author: author, shelf, record id.
    pub const AUTHOR: u8 = b'a';
    /// Verdicts: record, validator, number, batch.
    pub const VERDICT: u8 = b'v';
    /// Batches: validator, number, batch.
    pub const BATCH: u8 = b'n';
    /// Receipts: record, validator, receipt.
    pub const RECEIPT: u8 = b'r';
    /// Certificates: record, certificate.
    pub const CERTIFICATE: u8 = b'k';
    /// What is reconciled: time, item.
    pub const ITEM: u8 = b's';
    /// From a reconciled item to its record.
    pub const ITEM_RECORD: u8 = b'i';
    /// Statements of who asked for bodies: who, statement.
    pub const STATEMENT: u8 = b'q';
    /// The founding: its block.
    pub const FOUNDING: u8 = b'g';
    /// Records that revise another: the other, shelf, the revising record.
    pub const REVISION: u8 = b'x';
    /// Notes and petitions: the record that they are about, shelf, note.
    pub const ABOUT: u8 = b't';
    /// Certified bodies of petitions: body.
    pub const PETITION: u8 = b'b';
    /// Operations that erase a record: record, operation; the value is the kind of erasure.
    pub const ERASURE: u8 = b'e';
    /// Resolutions: matter, block; the value is the kind of matter.
    pub const MATTER: u8 = b'm';
    /// Motions: matter, signer, block.
    pub const MOTION: u8 = b'o';
    /// Operations that are spread but not reconciled: block.
    pub const SPREAD: u8 = b'l';
    /// Flags: record, member, block.
    pub const FLAG: u8 = b'f';
    /// Support: petition, member, block.
    pub const SUPPORT: u8 = b'p';
    /// Memberships: member, sponsor, block.
    pub const MEMBER: u8 = b'u';
    /// From a reconciled item to its operation.
    pub const ITEM_OPERATION: u8 = b'j';
    /// Acknowledgements by validators: operation, validator, block.
    pub const ACKNOWLEDGED: u8 = b'y';
    /// Proofs of equivocation: charter, validator, block.
    pub const EQUIVOCATION: u8 = b'c';
    /// Charters that were pinned here: number, block; the value is the charter.
    pub const PIN: u8 = b'z';
    /// What people said of records in the review queue: record, block.
    pub const REVIEW: u8 = b'd';
    /// Bodies that wait: body.
    pub const WAITING_BODY: u8 = b'B';
    /// Why a validator did not take one's own records: record, block.
    pub const REFUSAL: u8 = b'R';
}

/// What is reconciled for a certified record: SHA-256 of the record's and the certificate's CIDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item(pub [u8; 32]);

impl Item {
    /// The item of a record with its certificate.
    pub fn of(record: &RecordId, certificate: &Cid) -> Self {
        Item(Sha256::new().chain_update(record.0.to_bytes()).chain_update(certificate.to_bytes()).finalize().into())
    }

    /// The item of a durable operation.
    pub fn of_operation(operation: &Cid) -> Self {
        Item(Sha256::new().chain_update(b"operation").chain_update(operation.to_bytes()).finalize().into())
    }

    /// The item of any proof that this validator has contradicted itself under this charter: which of many it is
    /// does not matter, so that none takes the place of another.
    pub fn of_equivocation(charter: &Cid, validator: &PublicKey) -> Self {
        let of = Sha256::new().chain_update(b"equivocation").chain_update(charter.to_bytes());
        Item(of.chain_update(validator.0).finalize().into())
    }

    /// The item of what is said of a waiting record: who vouches for it, and the verdicts on it.
    pub fn of_waiting(record: &RecordId, vouching: &BTreeSet<PublicKey>, said: &BTreeSet<Said>) -> Self {
        let verdict = |(charter, validator, verdict, class): &Said| {
            let mut parts = vec![(*charter).into(), Node::bytes(validator.0), Node::text(*verdict)];
            parts.extend(class.map(Node::text));
            Node::List(parts)
        };
        let all = Node::List(vec![
            record.0.into(),
            Node::List(vouching.iter().map(|key| Node::bytes(key.0)).collect()),
            Node::List(said.iter().map(verdict).collect()),
        ]);
        Item(Sha256::new().chain_update(b"waiting").chain_update(encode(&all)).finalize().into())
    }

    /// The item of a durable operation's bytes.
    pub fn of_bytes(operation: &[u8]) -> Self {
        match Equivocation::verify(operation) {
            Ok(proof) => Item::of_equivocation(&proof.charter, &proof.validator),
            Err(_) => Item::of_operation(&Cid::of_cbor(operation)),
        }
    }
}

/// A verdict on a waiting record, without the batch that it stands in: charter, validator, verdict, class.
pub type Said = (Cid, PublicKey, &'static str, Option<&'static str>);

/// The entries that a block on a shelf contributes. Blocks of other kinds contribute none.
pub fn derive(shelf: Shelf, cid: &Cid, bytes: &[u8]) -> Vec<IndexEntry> {
    if cid.codec() == Codec::Raw {
        return Vec::new();
    }
    if shelf == Shelf::Waiting {
        return vec![entry(key(prefix::WAITING_BODY, &[&cid.to_bytes()]), vec![])];
    }
    let Ok(Node::Map(block)) = decode(bytes) else { return Vec::new() };
    let kind = crate::operation::kind(&Node::Map(block.clone())).to_owned();
    match kind.as_str() {
        "" if block.get("kind") == Some(&Node::text("petition")) => {
            vec![entry(key(prefix::PETITION, &[&cid.to_bytes()]), vec![])]
        }
        "record" => header_entries(shelf, bytes),
        "batch" => batch_entries(cid, bytes),
        "certificate" => certificate_entries(cid, &block),
        "receipt" => receipt_entries(cid, bytes),
        "statement" => statement_entries(cid, bytes),
        "founding" => vec![entry(key(prefix::FOUNDING, &[&cid.to_bytes()]), vec![])],
        _ => operations::entries(shelf, cid, &kind, bytes),
    }
}

/// A key: its prefix, then the parts.
pub fn key(prefix: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![prefix];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

fn entry(key: Vec<u8>, value: Vec<u8>) -> IndexEntry {
    IndexEntry { key, value }
}

fn header_entries(shelf: Shelf, bytes: &[u8]) -> Vec<IndexEntry> {
    let Ok(signed) = SignedHeader::verify(bytes) else { return Vec::new() };
    let (header, id) = (signed.header(), signed.id().0.to_bytes());
    let (prefix, shelf_byte) = match shelf {
        Shelf::Certified => (prefix::CERTIFIED, b'c'),
        _ => (prefix::WAITING, b'w'),
    };
    let revises = header.revises.map_or(vec![], |revised| revised.0.to_bytes().to_vec());
    let value = [&header.time.unix_s().to_be_bytes()[..], &header.body.to_bytes(), &header.author.0, &revises].concat();
    let mut entries = vec![
        entry(key(prefix, &[&id]), value),
        entry(key(self::prefix::AUTHOR, &[&header.author.0, &[shelf_byte], &id]), vec![]),
    ];
    if let Some(revised) = header.revises {
        entries.push(entry(key(self::prefix::REVISION, &[&revised.0.to_bytes(), &[shelf_byte], &id]), vec![]));
    }
    if let Some(about) = header.about {
        entries.push(entry(key(self::prefix::ABOUT, &[&about.0.to_bytes(), &[shelf_byte], &id]), vec![]));
    }
    entries
}

fn batch_entries(cid: &Cid, bytes: &[u8]) -> Vec<IndexEntry> {
    let Ok(batch) = Batch::verify(bytes) else { return Vec::new() };
    let (validator, number) = (batch.signed().validator.0, batch.signed().number.to_be_bytes());
    let charter = batch.signed().charter.to_bytes();
    let mut entries: Vec<_> = batch
        .entries()
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let parts: [&[u8]; 4] = [&one.record.0.to_bytes(), &validator, &number, &cid.to_bytes()];
            let class = one.verdict.class().map_or(0, |class| class as u8);
            let verdict = one.verdict.name().as_bytes()[0];
            let value = [&[verdict, class][..], &(index as u16).to_be_bytes(), &charter].concat();
            entry(key(prefix::VERDICT, &parts), value)
        })
        .collect();
    entries.push(entry(key(prefix::BATCH, &[&validator, &number, &cid.to_bytes()]), vec![]));
    entries
}

fn certificate_entries(cid: &Cid, block: &std::collections::BTreeMap<Key, Node>) -> Vec<IndexEntry> {
    let (Some(Node::Link(record)), Some(Node::Int(time)), Some(Node::Link(charter))) =
        (block.get("record"), block.get("time"), block.get("charter"))
    else {
        return Vec::new();
    };
    let record = RecordId(*record);
    let item = Item::of(&record, cid);
    let id = record.0.to_bytes();
    vec![
        entry(key(prefix::CERTIFICATE, &[&id, &cid.to_bytes()]), charter.to_bytes().to_vec()),
        entry(key(prefix::ITEM, &[&time.to_be_bytes(), &item.0]), vec![]),
        entry(key(prefix::ITEM_RECORD, &[&item.0]), id.to_vec()),
    ]
}

fn receipt_entries(cid: &Cid, bytes: &[u8]) -> Vec<IndexEntry> {
    let Ok(receipt) = Receipt::verify(bytes) else { return Vec::new() };
    let of = |record: &RecordId| {
        let parts: [&[u8]; 3] = [&record.0.to_bytes(), &receipt.validator.0, &cid.to_bytes()];
        entry(key(prefix::RECEIPT, &parts), vec![])
    };
    receipt.records.iter().map(of).collect()
}

fn statement_entries(cid: &Cid, bytes: &[u8]) -> Vec<IndexEntry> {
    let Ok(statement) = Statement::verify(bytes) else { return Vec::new() };
    vec![entry(key(prefix::STATEMENT, &[&statement.who.0, &cid.to_bytes()]), vec![])]
}

/// What the index knows of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderEntry {
    /// The header's time, seconds since 1970.
    pub time_s: i64,
    /// The body.
    pub body: Cid,
    /// Who signed it.
    pub author: PublicKey,
    /// The record that it replaces.
    pub revises: Option<RecordId>,
}

/// The header of a record on one shelf ([`Shelf::Certified`] or [`Shelf::Live`]).
///
/// # Errors
/// When the ledger fails.
pub fn header(ledger: &impl Ledger, shelf: Shelf, record: &RecordId) -> Result<Option<HeaderEntry>, LedgerError> {
    let prefix = if shelf == Shelf::Certified { prefix::CERTIFIED } else { prefix::WAITING };
    ledger.value(&key(prefix, &[&record.0.to_bytes()]))?.map(|value| read_header(&value)).transpose()
}

fn read_header(value: &[u8]) -> Result<HeaderEntry, LedgerError> {
    let broken = || LedgerError("a header's index entry is broken; run `commonwheel store rebuild-index`".into());
    let (time, rest) = value.split_first_chunk::<8>().ok_or_else(broken)?;
    let (body, rest) = rest.split_first_chunk::<{ Cid::LEN }>().ok_or_else(broken)?;
    let (author, revised) = rest.split_first_chunk::<32>().ok_or_else(broken)?;
    let revises = (!revised.is_empty()).then(|| Cid::from_bytes(revised).map_err(|_| broken())).transpose()?;
    Ok(HeaderEntry {
        time_s: i64::from_be_bytes(*time),
        body: Cid::from_bytes(body).map_err(|_| broken())?,
        author: PublicKey(*author),
        revises: revises.map(RecordId),
    })
}

/// Calls `see` with every record id under a prefix whose key is that prefix and the id, in order.
///
/// # Errors
/// When the ledger fails.
pub fn each_record(
    ledger: &impl Ledger,
    prefix: u8,
    mut see: impl FnMut(RecordId, HeaderEntry),
) -> Result<(), LedgerError> {
    each(ledger, &[prefix], |found| {
        if let Ok(id) = Cid::from_bytes(&found.key[1..]) {
            see(RecordId(id), read_header(&found.value)?);
        }
        Ok(())
    })
}

/// Calls `see` with every entry under a prefix, in order, a thousand at a time.
///
/// # Errors
/// When the ledger or `see` fails.
pub fn each(
    ledger: &impl Ledger,
    prefix: &[u8],
    mut see: impl FnMut(&IndexEntry) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    Entries::under(ledger, prefix).try_for_each(|entry| see(&entry?))
}

/// The CID that a key ends in.
pub fn last_cid(key: &[u8]) -> Option<Cid> {
    key.len().checked_sub(Cid::LEN).and_then(|at| Cid::from_bytes(&key[at..]).ok())
}

/// One verdict on a record, as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictEntry {
    /// Who.
    pub validator: PublicKey,
    /// Under which charter.
    pub charter: Cid,
    /// In which of the validator's batches.
    pub number: i64,
    /// What.
    pub verdict: Verdict,
    /// The batch.
    pub batch: Cid,
    /// Where in the batch.
    pub index: usize,
}

/// Every verdict on a record, by validator and number.
///
/// # Errors
/// When the ledger fails.
pub fn verdicts(ledger: &impl Ledger, record: &RecordId) -> Result<Vec<VerdictEntry>, LedgerError> {
    let start = key(prefix::VERDICT, &[&record.0.to_bytes()]);
    let mut found = Vec::new();
    each(ledger, &start, |entry| {
        found.extend(read_verdict(&entry.key[start.len()..], &entry.value));
        Ok(())
    })?;
    Ok(found)
}

fn read_verdict(rest: &[u8], value: &[u8]) -> Option<VerdictEntry> {
    let (validator, rest) = rest.split_first_chunk::<32>()?;
    let (number, batch) = rest.split_first_chunk::<8>()?;
    let ([verdict, class, high, low], charter) = value.split_first_chunk::<4>()?;
    let class = || crate::agreement::Class::ALL.into_iter().find(|known| *known as u8 == *class);
    Some(VerdictEntry {
        charter: Cid::from_bytes(charter).ok()?,
        validator: PublicKey(*validator),
        number: i64::from_be_bytes(*number),
        verdict: match verdict {
            b'a' => Verdict::Accept,
            b'r' => Verdict::Reject(class()?),
            _ => Verdict::Quarantine(class()?),
        },
        batch: Cid::from_bytes(batch).ok()?,
        index: usize::from(u16::from_be_bytes([*high, *low])),
    })
}

/// The certificates of a record: each with the charter under which it was accepted, the lowest CID first.
///
/// # Errors
/// When the ledger fails.
pub fn certificates(ledger: &impl Ledger, record: &RecordId) -> Result<Vec<(Cid, Cid)>, LedgerError> {
    let mut found = Vec::new();
    each(ledger, &key(prefix::CERTIFICATE, &[&record.0.to_bytes()]), |entry| {
        if let (Some(certificate), Ok(charter)) = (last_cid(&entry.key), Cid::from_bytes(&entry.value)) {
            found.push((certificate, charter));
        }
        Ok(())
    })?;
    Ok(found)
}
