//! Erasing a block: a durable tombstone first, then zeros in place of its section.
//!
//! Tombstones stand in a series of their own, where nothing that a peer sends can be mistaken for
//! one. A tombstone names the place of the section, so that it never touches a later copy.

use crate::StoreError;
use crate::car::{self, Next};
use crate::index::{Changes, Index, Owner, SeriesId};
use crate::series::{Location, Position, Series};
use commonwheel_protocol::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use commonwheel_protocol::ledger::{Derive, IndexEntry, Shelf};
use std::collections::BTreeSet;

/// That one copy of a block is to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub shelf: Shelf,
    pub block: Cid,
    pub location: Location,
}

impl Tombstone {
    /// The block that says so, in DAG-CBOR.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let Location { at, size } = self.location;
        encode(&Node::map([
            ("type", Some(Node::text("tombstone"))),
            ("shelf", Some(Node::text(self.shelf.name()))),
            ("block", Some(Node::from(self.block))),
            ("file", Some(Node::Int(i64::from(at.file)))),
            ("offset", Some(Node::Int(at.offset as i64))),
            ("size", Some(Node::Int(i64::from(size)))),
        ]))
    }

    /// Reads that block.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Tombstone> {
        let read = || -> Result<Tombstone, FieldError> {
            let mut fields = Fields::of(decode(bytes).map_err(|_| FieldError::NotAMap("other bytes"))?)?;
            fields.constant("type", "tombstone")?;
            let name = fields.text("shelf")?;
            let shelf = Shelf::ALL.into_iter().find(|shelf| shelf.name() == name);
            let shelf = shelf.ok_or_else(|| FieldError::value("shelf", "expected the name of a shelf"))?;
            let block = fields.link("block")?;
            let file = fields.int_in("file", 1..=i64::from(u32::MAX))? as u32;
            let offset = fields.int_in("offset", car::HEADER_BYTES as i64..=i64::MAX)? as u64;
            let size = fields.int_in("size", 0..=car::BLOCK_BYTES as i64)? as u32;
            fields.end()?;
            Ok(Tombstone { shelf, block, location: Location { at: Position { file, offset }, size } })
        };
        read().ok()
    }
}

/// What stands where a tombstone points.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The block, which contributes these entries.
    Block(Vec<IndexEntry>),
    /// Zeros: it was erased.
    Erased,
    /// A section that was being erased when the power went.
    Torn,
    /// Something else; files were replaced since. It is left alone.
    Other,
}

/// Looks where a tombstone points.
///
/// # Errors
/// When the system refuses.
pub(crate) fn target(series: &Series, tombstone: &Tombstone, derive: Derive) -> Result<Target, StoreError> {
    let Tombstone { shelf, block, location } = tombstone;
    let size = location.size as usize;
    if location.end() > series.end() {
        return Ok(Target::Other);
    }
    Ok(match series.read(location.at)? {
        Next::Section(cid, bytes) if cid == *block => Target::Block(derive(*shelf, &cid, &bytes)),
        Next::Section(cid, bytes) if bytes.len() == size && car::looks_erased(&cid, &bytes) => Target::Erased,
        Next::Mismatch(found) if found == size => Target::Torn,
        _ => Target::Other,
    })
}

/// Does what durable tombstones say: in the files first, durably, then in the index, which is
/// marked as having read the tombstones' series up to `last`. Doing it twice changes nothing.
/// Returns those that point at something else, which is left alone.
///
/// # Errors
/// When the system or sled refuses.
pub(crate) fn carry_out(
    shelves: &[Series; 3],
    index: &mut Index,
    derive: Derive,
    tombstones: &[Tombstone],
    last: Location,
) -> Result<Vec<Tombstone>, StoreError> {
    let mut changes = Changes::default();
    let mut left_alone = Vec::new();
    let mut unknown: BTreeSet<Owner> = BTreeSet::new();
    for (shelf, series) in Shelf::ALL.into_iter().zip(shelves) {
        let mut overwrite = Vec::new();
        for tombstone in tombstones.iter().filter(|tombstone| tombstone.shelf == shelf) {
            let Tombstone { block, location, .. } = tombstone;
            let target = target(series, tombstone, derive)?;
            if target == Target::Other {
                left_alone.push(*tombstone);
                continue;
            }
            if matches!(target, Target::Block(_) | Target::Torn) {
                overwrite.push(*location);
            }
            changes.erased(shelf, location.at);
            if index.location(shelf, block)? == Some(*location) {
                match target {
                    Target::Block(entries) => changes.remove(shelf, block, &entries),
                    _ => {
                        unknown.insert((shelf, *block));
                        changes.remove(shelf, block, &[]);
                    }
                }
            }
        }
        series.erase(&overwrite)?;
    }
    if !unknown.is_empty() {
        index.remove_contributed(&unknown)?;
    }
    changes.mark(SeriesId::Erasures, last);
    index.apply(changes)?;
    Ok(left_alone)
}
