//! What is said to be erased: that it is, why, and by what follows from the operations; in which releases it was is
//! compared with those whose pages are here, and else believed of releases that are here.

use super::outcome::Outcome;
use super::problem::Problems;
use super::{VerifyError, read};
use commonwheel_protocol::dataset::{Revocations, names};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Checks the file; gives what is erased, with the releases that it states.
pub fn check(dir: &Path, outcome: &Outcome, problems: &mut Problems) -> Result<Revocations, VerifyError> {
    let text = read(dir, names::REVOCATIONS, problems)?;
    let stated = Revocations::stated(&text);
    let mut found = outcome.revocations.clone();
    for (id, releases) in &stated {
        releases.iter().for_each(|number| found.hold(id, *number));
    }
    let mut wrong = |what: String| problems.add(names::REVOCATIONS, None, what);
    if found.to_text() != text {
        wrong("it is not what follows from the operations: what is erased, by id, why, and by what".to_owned());
        return Ok(found);
    }
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
    Ok(found)
}
