//! What is said to be erased: that it is, why, and by what follows from the operations; in which releases it was is
//! compared with those whose pages are here, and else believed of releases that are here.

use super::VerifyError;
use super::outcome::Outcome;
use super::problem::Problems;
use commonwheel_protocol::dataset::{Revocation, Revocations, names};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Checks the file.
///
/// # Errors
/// When the system refuses.
pub fn check(dir: &Path, outcome: &Outcome, problems: &mut Problems) -> Result<(), VerifyError> {
    let path = dir.join(names::REVOCATIONS);
    let mut wrong = |what: String| problems.add(names::REVOCATIONS, None, what);
    let read = File::open(&path)
        .and_then(|file| as_stated(BufReader::new(file), &outcome.revocations, outcome.releases.len()));
    let found = match read {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            wrong("it is missing".to_owned());
            return Ok(());
        }
        Err(source) => return Err(VerifyError::Io { path, source }),
    };
    let Some(found) = found else {
        wrong("it is not what follows from the operations: what is erased, by id, why, and by what".to_owned());
        return Ok(());
    };
    for (id, one) in found.iter() {
        if let Some(number) = one.releases.iter().find(|number| !outcome.releases.contains_key(number)) {
            wrong(format!("record {id} is said to have been in release {number}, which is not here"));
        }
        let proved = outcome.releases.iter().filter_map(|(number, rows)| Some((number, rows.as_ref()?)));
        for (number, rows) in proved {
            if rows.contains(id) != one.releases.contains(number) {
                wrong(format!("whether record {id} was in release {number} is not as the release says"));
            }
        }
    }
    if outcome.contents.is_some() {
        // Of each group one at least was released: nothing else has a part in an edition.
        let mut released = BTreeMap::<_, BTreeSet<i64>>::new();
        found.iter().for_each(|(_, one)| released.entry(one.by).or_default().extend(&one.releases));
        for (by, _) in released.iter().filter(|(_, releases)| releases.is_empty()) {
            wrong(format!("what {by} erases is said to have been in no release"));
        }
    }
    Ok(())
}

/// What is erased, with the releases that the file states; `None` where it says anything else. It is compared line by
/// line, and no line is read further than one can be that names so many releases: a number in it takes some times its
/// length in memory.
pub(super) fn as_stated(
    mut file: impl BufRead,
    revocations: &Revocations,
    releases: usize,
) -> io::Result<Option<Revocations>> {
    let longest = Revocation::longest_line(releases) as u64;
    let (mut found, mut line) = (revocations.clone(), String::new());
    for (id, revocation) in revocations.iter() {
        line.clear();
        file.by_ref().take(longest).read_line(&mut line)?;
        let text = line.strip_suffix('\n').unwrap_or_default();
        let Some((_, releases)) = Revocation::stated(text).filter(|(stated, _)| stated == id) else { return Ok(None) };
        let stated = Revocation { releases, ..revocation.clone() };
        if stated.line(id) != text {
            return Ok(None);
        }
        stated.releases.iter().for_each(|number| found.hold(id, *number));
    }
    Ok(file.fill_buf()?.is_empty().then_some(found))
}
