//! Blocks as a node would hold them, on shelves with an index, without a store.

use commonwheel_protocol::agreement::{Certificate, Lineage};
use commonwheel_protocol::bytes::{Cid, Codec, Node, decode};
use commonwheel_protocol::core::facts;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch, IndexEntry, Ledger, LedgerError, Shelf};
use commonwheel_protocol::operation::Operation;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks, and the index entries that follow from them.
#[derive(Default)]
pub struct Held {
    blocks: BTreeMap<(u8, Cid), Vec<u8>>,
    index: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Held {
    /// Puts blocks of one community, in any order, where a node would keep them: certificates only when they hold,
    /// and what belongs to certified records beside them.
    pub fn of(blocks: &[Vec<u8>]) -> Held {
        let mut held = Held::default();
        let of =
            |kinds: &[&str]| blocks.iter().filter(|block| kinds.contains(&kind(block).as_str())).collect::<Vec<_>>();
        for block in of(&["founding", "resolution", "page"]) {
            held.put(Shelf::Certified, block);
        }
        let lineage = held.lineage();
        let times: BTreeMap<_, _> = of(&["record"])
            .into_iter()
            .filter_map(|block| SignedHeader::verify(block).ok())
            .map(|header| (header.id(), header.header().time))
            .collect();
        let mut certified = BTreeSet::new();
        for block in of(&["certificate"]) {
            let charters = lineage.path();
            let good = charters.into_iter().find_map(|charter| Certificate::verify(block, charter).ok());
            if let Some(good) = good.filter(|good| times.get(&good.record()) == Some(&good.time())) {
                certified.insert(good.record());
                held.put(Shelf::Certified, block);
            }
        }
        let shelf = |id: RecordId| if certified.contains(&id) { Shelf::Certified } else { Shelf::Live };
        for block in of(&["record"]) {
            held.put(shelf(RecordId(Cid::of_cbor(block))), block);
        }
        for block in of(&["withdrawal"]) {
            if let Ok(Operation::Withdrawal(one)) = Operation::verify(block) {
                held.put(shelf(one.record()), block);
            }
        }
        held
    }

    /// The charters that are held, with the first one pinned.
    pub fn lineage(&self) -> Lineage {
        facts::lineage(self).expect("there is a founding")
    }

    /// A text that is held with the certified blocks.
    pub fn text(&mut self, text: &str) {
        self.blocks.insert((0, Cid::of(Codec::Raw, text.as_bytes())), text.into());
    }

    /// What a step of the core puts and erases.
    pub fn commit(&mut self, batch: &Batch) {
        for (shelf, cid, bytes) in &batch.puts {
            self.add(*shelf, *cid, bytes);
        }
        for (shelf, cid) in &batch.erasures {
            if let Some(bytes) = self.blocks.remove(&(place(*shelf), *cid)) {
                for entry in index::derive(*shelf, cid, &bytes) {
                    self.index.remove(&entry.key);
                }
            }
        }
    }

    fn put(&mut self, shelf: Shelf, block: &[u8]) {
        self.add(shelf, Cid::of_cbor(block), block);
    }

    fn add(&mut self, shelf: Shelf, cid: Cid, block: &[u8]) {
        for entry in index::derive(shelf, &cid, block) {
            self.index.insert(entry.key, entry.value);
        }
        self.blocks.insert((place(shelf), cid), block.to_vec());
    }
}

fn place(shelf: Shelf) -> u8 {
    match shelf {
        Shelf::Certified => 0,
        Shelf::Waiting => 1,
        Shelf::Live => 2,
    }
}

/// The `type` of a block, or of its payload when it has none.
fn kind(block: &[u8]) -> String {
    let Ok(Node::Map(fields)) = decode(block) else { return String::new() };
    match (fields.get("type"), fields.get("payload")) {
        (Some(Node::Text(kind)), _) => kind.to_string(),
        (None, Some(Node::Map(payload))) => match payload.get("type") {
            Some(Node::Text(kind)) => kind.to_string(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

impl Ledger for Held {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.blocks.get(&(place(shelf), *cid)).cloned())
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        Ok(self.blocks.contains_key(&(place(shelf), *cid)))
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.index.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        let entries = self.index.iter().filter(|(key, _)| key.starts_with(prefix));
        let entries = entries.filter(|(key, _)| after.is_none_or(|after| &key[..] > after)).take(limit);
        Ok(entries.map(|(key, value)| IndexEntry { key: key.clone(), value: value.clone() }).collect())
    }
}
