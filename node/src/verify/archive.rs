//! The archive of certificates: who may accept, and what was accepted.

use super::VerifyError;
use super::problem::Problems;
use crate::export::car::{self, CarError, CarReader};
use commonwheel_protocol::agreement::{Certificate, Founding};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::names;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::HourTime;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What an archive holds, verified.
pub struct Archive {
    founding: Founding,
    terms: String,
    /// In the order of their ids.
    accepted: Vec<(RecordId, HourTime)>,
}

impl Archive {
    /// Reads and verifies an export's archive; `None`, with a problem, when its founding or its
    /// terms cannot be had.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn read(dir: &Path, problems: &mut Problems) -> Result<Option<Self>, VerifyError> {
        let path = dir.join(names::CERTIFICATES);
        if !path.is_file() {
            problems.add(names::CERTIFICATES, None, "it is missing");
            return Ok(None);
        }
        let read = File::open(&path).map_err(CarError::Io).and_then(|file| Sections::open(BufReader::new(file)));
        let checked = read.and_then(|mut sections| {
            let Some(mut archive) = sections.founding(problems)? else { return Ok(None) };
            sections.certificates(&mut archive, problems)?;
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

    /// The founding, whose signatures hold.
    pub fn founding(&self) -> &Founding {
        &self.founding
    }

    /// The terms that the charter names.
    pub fn terms(&self) -> &str {
        &self.terms
    }

    /// The ids of the certified records, in order.
    pub fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.accepted.iter().map(|(id, _)| *id)
    }

    /// The place of a record in the order of ids, and the time in its certificate.
    pub fn find(&self, id: &RecordId) -> Option<(usize, HourTime)> {
        let at = self.accepted.binary_search_by_key(id, |(id, _)| *id).ok()?;
        Some((at, self.accepted[at].1))
    }
}

struct Sections {
    reader: CarReader<BufReader<File>>,
    header: Vec<u8>,
}

impl Sections {
    fn open(file: BufReader<File>) -> Result<Self, CarError> {
        let (reader, header) = CarReader::open(file)?;
        Ok(Sections { reader, header })
    }

    /// The first two blocks: the founding and the terms that it names.
    fn founding(&mut self, problems: &mut Problems) -> Result<Option<Archive>, CarError> {
        let mut wrong = |what: String| {
            problems.add(names::CERTIFICATES, None, what);
            Ok(None)
        };
        let Some((cid, block)) = self.reader.next_block()? else { return wrong("it is empty".into()) };
        let founding = match Founding::verify(&block) {
            Ok(founding) if Cid::of_cbor(&block) == cid => founding,
            Ok(_) => return wrong("its first block is not filed as DAG-CBOR".into()),
            Err(error) => return wrong(format!("its first block is no founding: {error}")),
        };
        if !founding.charter().understood() {
            return wrong("the charter's protocol version is not known here; a newer program may know it".into());
        }
        if self.header != car::header(&founding.cid()) {
            return wrong("its header does not name the founding as the one root".into());
        }
        match self.reader.next_block()? {
            Some((cid, terms)) if cid == founding.charter().terms => match String::from_utf8(terms) {
                Ok(terms) => Ok(Some(Archive { founding, terms, accepted: Vec::new() })),
                Err(_) => wrong("the terms are not UTF-8".into()),
            },
            _ => wrong("its second block is not the terms that the charter names".into()),
        }
    }

    /// The other blocks: one valid certificate for each record, by id.
    fn certificates(&mut self, archive: &mut Archive, problems: &mut Problems) -> Result<(), CarError> {
        let mut block_number = 2;
        while let Some((cid, block)) = self.reader.next_block()? {
            block_number += 1;
            let mut wrong = |what: &dyn std::fmt::Display| {
                problems.add(names::CERTIFICATES, None, format!("block {block_number}: {what}"));
            };
            match Certificate::verify(&block, archive.founding.charter()) {
                Ok(_) if Cid::of_cbor(&block) != cid => wrong(&"it is not filed as DAG-CBOR"),
                Ok(one) if archive.accepted.last().is_some_and(|(last, _)| *last >= one.record()) => {
                    wrong(&"its record is out of order: each record once, by id");
                }
                Ok(one) => archive.accepted.push((one.record(), one.time())),
                Err(error) => wrong(&error),
            }
        }
        Ok(())
    }
}
