//! The archive of certificates: the terms, and by whom each record was accepted.

use super::VerifyError;
use super::operations::Operations;
use super::problem::Problems;
use crate::export::car::{self, CarError, CarReader};
use commonwheel_protocol::agreement::certificate::CertificateError;
use commonwheel_protocol::agreement::{Certificate, Charter};
use commonwheel_protocol::bytes::{Cid, Node, decode};
use commonwheel_protocol::dataset::names;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::HourTime;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What a certificate says.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// Which record.
    pub record: RecordId,
    /// The time that its header must have.
    pub time: HourTime,
    /// The place of its charter on the path.
    pub charter: usize,
}

/// What an archive holds, verified.
pub struct Archive {
    terms: BTreeMap<Cid, String>,
    /// In the order of their ids.
    accepted: Vec<Accepted>,
}

impl Archive {
    /// Reads and verifies an export's archive; `None`, with a problem, when it is not one of this founding
    /// with the terms of every charter.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn read(dir: &Path, operations: &Operations, problems: &mut Problems) -> Result<Option<Self>, VerifyError> {
        let path = dir.join(names::CERTIFICATES);
        if !path.is_file() {
            problems.add(names::CERTIFICATES, None, "it is missing");
            return Ok(None);
        }
        let read = File::open(&path).map_err(CarError::Io).and_then(|file| Sections::open(BufReader::new(file)));
        let checked = read.and_then(|mut sections| {
            let Some(mut archive) = sections.texts(operations, problems)? else { return Ok(None) };
            sections.certificates(&mut archive, operations, problems)?;
            Ok(Some(archive))
        });
        checked.or_else(|error| match error {
            CarError::Io(source) => Err(VerifyError::Io { path, source }),
            broken => {
                problems.add(names::CERTIFICATES, None, broken);
                Ok(None)
            }
        })
    }

    /// The terms that a charter names.
    pub fn terms(&self, charter: &Charter) -> &str {
        self.terms.get(&charter.terms).map_or("", String::as_str)
    }

    /// The certificates, by their records.
    pub fn accepted(&self) -> &[Accepted] {
        &self.accepted
    }

    /// The place of a record in the order of ids, and what its certificate says.
    pub fn find(&self, id: &RecordId) -> Option<(usize, Accepted)> {
        let at = self.accepted.binary_search_by_key(id, |one| one.record).ok()?;
        Some((at, self.accepted[at]))
    }
}

struct Sections {
    reader: CarReader<BufReader<File>>,
    header: Vec<u8>,
    block_number: usize,
}

impl Sections {
    fn open(file: BufReader<File>) -> Result<Self, CarError> {
        let (reader, header) = CarReader::open(file)?;
        Ok(Sections { reader, header, block_number: 0 })
    }

    fn next(&mut self) -> Result<Option<(Cid, Vec<u8>)>, CarError> {
        self.block_number += 1;
        self.reader.next_block()
    }

    /// The first blocks: the founding, then the terms of each charter of the path, each text once.
    fn texts(&mut self, operations: &Operations, problems: &mut Problems) -> Result<Option<Archive>, CarError> {
        let mut wrong = |what: &str| {
            problems.add(names::CERTIFICATES, None, what);
            Ok(None)
        };
        let founding = operations.founding.cid();
        if self.header != car::header(&founding) {
            return wrong("its header does not name the founding as the one root");
        }
        match self.next()? {
            Some((cid, _)) if cid == founding => {}
            Some(_) => return wrong("its first block is no founding, or another than in operations.car"),
            None => return wrong("it is empty"),
        }
        let mut terms = BTreeMap::new();
        for charter in &operations.path {
            if terms.contains_key(&charter.terms) {
                continue;
            }
            match self.next()? {
                Some((cid, text)) if cid == charter.terms => match String::from_utf8(text) {
                    Ok(text) => drop(terms.insert(cid, text)),
                    Err(_) => return wrong("the terms are not UTF-8"),
                },
                _ => return wrong("after the founding it does not hold the terms that each charter names"),
            }
        }
        Ok(Some(Archive { terms, accepted: Vec::new() }))
    }

    /// The other blocks: one valid certificate for each record, by id.
    fn certificates(
        &mut self,
        archive: &mut Archive,
        operations: &Operations,
        problems: &mut Problems,
    ) -> Result<(), CarError> {
        while let Some((cid, block)) = self.next()? {
            let number = self.block_number;
            let mut wrong = |what: &dyn std::fmt::Display| {
                problems.add(names::CERTIFICATES, None, format!("block {number}: {what}"));
            };
            match verify(&block, operations) {
                Ok(_) if Cid::of_cbor(&block) != cid => wrong(&"it is not filed as DAG-CBOR"),
                Ok(one) if archive.accepted.last().is_some_and(|last| last.record >= one.record) => {
                    wrong(&"its record is out of order: each record once, by id");
                }
                Ok(one) => archive.accepted.push(one),
                Err(error) => wrong(&error),
            }
        }
        Ok(())
    }
}

/// Checks a certificate under the charter of the path that it names.
fn verify(block: &[u8], operations: &Operations) -> Result<Accepted, CertificateError> {
    let named = match decode(block) {
        Ok(Node::Map(said)) => match said.get("charter") {
            Some(Node::Link(charter)) => operations.place(charter),
            _ => None,
        },
        _ => None,
    };
    // One that names none of them is none under the last one either, which says what is wrong with it.
    let charter = named.unwrap_or(operations.path.len() - 1);
    let one = Certificate::verify(block, &operations.path[charter])?;
    Ok(Accepted { record: one.record(), time: one.time(), charter })
}
