//! The archive of flags: what people asked a person to look at, as far as the writer had heard of it.
//!
//! Flags are live and free to make, and no two replicas need hold the same: so an edition has none, and nothing
//! follows from them. What is here must be signed, and about a record that has a row.

use super::VerifyError;
use super::operations::Operations;
use super::problem::Problems;
use crate::export::car::{self, CarError, CarReader};
use commonwheel_protocol::agreement::state::Fact;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::names;
use commonwheel_protocol::operation::Flag;
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// How many there are of each record that has any.
pub type Flags = BTreeMap<RecordId, u32>;

/// How many flags are here of each record that has any; nothing where there is no archive.
///
/// # Errors
/// When the system refuses.
pub fn check(
    dir: &Path,
    allowed: bool,
    operations: &Operations,
    rows: &BTreeMap<RecordId, Fact>,
    problems: &mut Problems,
) -> Result<Option<Flags>, VerifyError> {
    let path = dir.join(names::FLAGS);
    if !path.is_file() {
        return Ok(None);
    }
    if !allowed {
        problems.add(names::FLAGS, None, "an edition, a copy, and a charter that exports no notes have none");
        return Ok(None);
    }
    let read = File::open(&path).map_err(CarError::Io).and_then(|file| {
        let mut flags = Flags::new();
        read(BufReader::new(file), operations, rows, &mut flags).map(|wrong| (flags, wrong))
    });
    match read {
        Ok((flags, None)) => Ok(Some(flags)),
        Ok((_, Some(wrong))) => {
            problems.add(names::FLAGS, None, wrong);
            Ok(None)
        }
        Err(CarError::Io(source)) => Err(VerifyError::Io { path, source }),
        Err(broken) => {
            problems.add(names::FLAGS, None, broken);
            Ok(None)
        }
    }
}

/// Counts flags up to the first that is wrong, and says why that is.
fn read(
    file: BufReader<File>,
    operations: &Operations,
    rows: &BTreeMap<RecordId, Fact>,
    flags: &mut Flags,
) -> Result<Option<String>, CarError> {
    let (mut reader, header) = CarReader::open(file)?;
    let founding = operations.founding.cid();
    let first = reader.next_block()?.map(|(cid, _)| cid);
    if header != car::header(&founding) || first != Some(founding) {
        return Ok(Some("it does not begin with the founding as the one root".to_owned()));
    }
    let (mut before, mut count) = (None, 0);
    while let Some((cid, block)) = reader.next_block()? {
        let wrong = |what: &str| Ok(Some(format!("flag {}: {what}", count + 1)));
        let flag = match Flag::verify(&block) {
            Ok(flag) if Cid::of_cbor(&block) == cid => flag,
            _ => return wrong("it is no signed flag, or not filed as one"),
        };
        let place = (flag.record, flag.member);
        if flag.community != operations.founding.community() {
            return wrong("it is of another community");
        }
        if !rows.contains_key(&flag.record) {
            return wrong("the record that it is about has no row");
        }
        if before.is_some_and(|before| before >= place) {
            return wrong("it is out of order: by record and then by who flags it, each once");
        }
        before = Some(place);
        *flags.entry(flag.record).or_default() += 1;
        count += 1;
    }
    Ok(match count {
        0 => Some("it is empty; it is left out when there are none".to_owned()),
        _ => None,
    })
}
