//! The archive of operations: the founding and its successors, what was resolved, and why records have
//! no row.

use super::VerifyError;
use super::problem::Problems;
use crate::export::car::{self, CarError, CarReader};
use commonwheel_protocol::agreement::{Charter, Founding, Lineage};
use commonwheel_protocol::bytes::{Cid, Key, Node, decode};
use commonwheel_protocol::dataset::names;
use commonwheel_protocol::operation::release::{ReleaseRow, read_page};
use commonwheel_protocol::operation::{Matter, Resolution, Ruling, Withdrawal};
use commonwheel_protocol::record::{Header, RecordId, SignedHeader};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What the archive holds, each part verified by itself: every signature, and under which charter.
pub struct Operations {
    /// The founding, whose signatures hold.
    pub founding: Founding,
    /// The succession, pinned at the founding.
    pub lineage: Lineage,
    /// The charters from the first to the last that is here.
    pub path: Vec<Charter>,
    /// Their ids, in the same order: an id is the hash of all that a charter says.
    pub ids: Vec<Cid>,
    /// Decisions and releases, by matter.
    pub matters: BTreeMap<Cid, Matter>,
    /// The resolutions on the releases among them.
    pub releases: BTreeMap<Cid, Resolution>,
    /// Pages, in the order in which they stand.
    pub pages: Vec<(Cid, Vec<ReleaseRow>)>,
    /// Records that their authors have withdrawn.
    pub withdrawn: BTreeSet<RecordId>,
    /// Headers of records without a row.
    pub headers: BTreeMap<RecordId, Header>,
}

impl Operations {
    /// Reads and verifies an export's operations; `None`, with a problem, when its founding cannot be had.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn read(dir: &Path, problems: &mut Problems) -> Result<Option<Self>, VerifyError> {
        let path = dir.join(names::OPERATIONS);
        if !path.is_file() {
            problems.add(names::OPERATIONS, None, "it is missing");
            return Ok(None);
        }
        let checked = File::open(&path).map_err(CarError::Io).and_then(|file| read(BufReader::new(file), problems));
        checked.or_else(|error| match error {
            CarError::Io(source) => Err(VerifyError::Io { path, source }),
            broken => {
                problems.add(names::OPERATIONS, None, broken);
                Ok(None)
            }
        })
    }

    /// The place of a charter on the path.
    pub fn place(&self, charter: &Cid) -> Option<usize> {
        self.ids.iter().position(|one| one == charter)
    }

    /// Records that are purged.
    pub fn purged(&self) -> BTreeSet<RecordId> {
        let purged = self.matters.values().filter_map(|matter| match matter {
            Matter::Decision(decision) => match decision.ruling {
                Ruling::Purge(record) => Some(record),
                _ => None,
            },
            _ => None,
        });
        purged.collect()
    }

    fn take(&mut self, cid: Cid, block: &[u8], order: &mut Order) -> Result<(), String> {
        if Cid::of_cbor(block) != cid {
            return Err("it is not filed as DAG-CBOR".into());
        }
        match kind(block).as_str() {
            "resolution" => {
                let resolution = Resolution::verify(block).map_err(|error| error.to_string())?;
                let id = resolution.matter().id();
                match resolution.matter() {
                    Matter::Successor(charter) => {
                        order.next(1, &[])?;
                        self.succeed(&resolution, charter)
                    }
                    matter => {
                        order.next(2, &id.to_bytes())?;
                        let under = self.place(&matter.charter()).map(|place| &self.path[place]);
                        let under =
                            under.ok_or("it is under a charter that is not on the path to the last one here")?;
                        resolution.convinces(under).map_err(|error| error.to_string())?;
                        self.matters.insert(id, matter.clone());
                        if let Matter::Release(_) = matter {
                            self.releases.insert(id, resolution.clone());
                        }
                        Ok(())
                    }
                }
            }
            "page" => {
                order.next(3, &[])?;
                let rows = read_page(block).map_err(|error| error.to_string())?;
                self.pages.push((cid, rows));
                Ok(())
            }
            "withdrawal" => {
                let withdrawal = Withdrawal::verify(block).map_err(|error| error.to_string())?;
                order.next(4, &withdrawal.record().0.to_bytes())?;
                self.ours(&withdrawal.community())?;
                self.withdrawn.insert(withdrawal.record());
                Ok(())
            }
            "record" => {
                let header = SignedHeader::verify(block).map_err(|error| error.to_string())?;
                order.next(5, &header.id().0.to_bytes())?;
                self.ours(&header.header().community)?;
                self.headers.insert(header.id(), header.header().clone());
                Ok(())
            }
            _ => Err("expected a resolution, a page, a withdrawal or a header".into()),
        }
    }

    fn succeed(&mut self, resolution: &Resolution, charter: &Charter) -> Result<(), String> {
        if charter.succeeds.as_ref().map(|succeeds| &succeeds.predecessor) != self.ids.last() {
            return Err("it does not succeed the charter before it".into());
        }
        self.lineage.add(resolution).map_err(|error| error.to_string())?;
        self.ids.push(charter.id());
        self.path.push(charter.clone());
        Ok(())
    }

    fn ours(&self, community: &Cid) -> Result<(), String> {
        match *community == self.founding.community() {
            true => Ok(()),
            false => Err("it is of another community".into()),
        }
    }
}

/// The order of blocks: by kind, and within most kinds by an id.
#[derive(Default)]
struct Order(u8, Vec<u8>);

impl Order {
    fn next(&mut self, rank: u8, id: &[u8]) -> Result<(), String> {
        let follows = rank > self.0 || (rank == self.0 && (id.is_empty() || id > &self.1[..]));
        (self.0, self.1) = (rank.max(self.0), id.to_vec());
        match follows {
            true => Ok(()),
            false => Err("it is out of order".into()),
        }
    }
}

fn read(file: BufReader<File>, problems: &mut Problems) -> Result<Option<Operations>, CarError> {
    let (mut reader, header) = CarReader::open(file)?;
    let founding = match reader.next_block()?.map(|(cid, block)| (cid, Founding::verify(&block))) {
        Some((cid, Ok(founding))) if cid == founding.cid() && header == car::header(&cid) => founding,
        Some((_, Ok(_))) => {
            problems.add(names::OPERATIONS, None, "its header does not name the founding as the one root");
            return Ok(None);
        }
        Some((_, Err(error))) => {
            problems.add(names::OPERATIONS, None, format!("its first block is no founding: {error}"));
            return Ok(None);
        }
        None => {
            problems.add(names::OPERATIONS, None, "it is empty");
            return Ok(None);
        }
    };
    let mut operations = Operations {
        path: vec![founding.charter().clone()],
        ids: vec![founding.charter().id()],
        lineage: Lineage::new(founding.clone()),
        founding,
        matters: BTreeMap::new(),
        releases: BTreeMap::new(),
        pages: Vec::new(),
        withdrawn: BTreeSet::new(),
        headers: BTreeMap::new(),
    };
    let (mut number, mut order) = (1, Order::default());
    while let Some((cid, block)) = reader.next_block()? {
        number += 1;
        if let Err(what) = operations.take(cid, &block, &mut order) {
            problems.add(names::OPERATIONS, None, format!("block {number}: {what}"));
        }
    }
    Ok(Some(operations))
}

/// The `type` of a block, or of its payload when it is an envelope of one.
fn kind(block: &[u8]) -> String {
    let Ok(Node::Map(block)) = decode(block) else { return String::new() };
    let of = |map: &BTreeMap<Key, Node>| match map.get("type") {
        Some(Node::Text(kind)) => Some(kind.to_string()),
        _ => None,
    };
    let payload = || match block.get("payload") {
        Some(Node::Map(payload)) => of(payload),
        _ => None,
    };
    of(&block).or_else(payload).unwrap_or_default()
}
