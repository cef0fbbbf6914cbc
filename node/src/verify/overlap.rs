//! Benchmarks with which no row is said to overlap: what an export says of that, and what can be checked.
//!
//! Whoever has the files can check that no row overlaps. Whether the records that were left out did cannot be told by
//! anybody, since their bodies are not here; what is proved is that each of them is named.

use super::problem::Problems;
use super::{Expected, VerifyError, read};
use crate::benchmark::{self, Loaded};
use commonwheel_protocol::dataset::{Contaminated, Manifest, Overlap, names};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::similar::RUN_WORDS;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::Path;

/// The benchmarks that the caller has, if any. An export that names some must name these; of one that names none it is
/// only asked whether a row overlaps. They are read once: a copy is compared by the rule of the export beside which it
/// lies, and there may be very many copies.
///
/// # Errors
/// When they cannot be read.
pub fn load<'a>(
    expected: &Expected,
    stated: &Manifest,
    once: &'a OnceCell<Loaded>,
    problems: &mut Problems,
) -> Result<Option<&'a Loaded>, VerifyError> {
    if expected.benchmarks.is_empty() {
        return Ok(None);
    }
    let said = stated.decontaminated.as_ref();
    let loaded = match once.get() {
        Some(loaded) => loaded,
        None => {
            let run = said.filter(|said| said.is_sound()).map_or(RUN_WORDS, |said| said.words);
            let loaded = benchmark::load(&expected.benchmarks, run, &mut |_, _| {})?;
            once.get_or_init(|| loaded)
        }
    };
    if let Some(said) = said {
        for file in loaded.overlap.files.iter().filter(|file| !said.files.contains(file)) {
            let name = super::problem::shown(&file.name);
            let what = format!("it does not say that it was compared with this {name}: none, or another, is named");
            problems.add(names::MANIFEST, None, what);
        }
    }
    Ok(Some(loaded))
}

/// The records that are said to overlap with benchmarks; nothing, perhaps with problems, where that is not said.
///
/// # Errors
/// When the system refuses.
pub fn listed(dir: &Path, stated: &Manifest, problems: &mut Problems) -> Result<BTreeSet<RecordId>, VerifyError> {
    let mut listed = BTreeSet::new();
    let Some(said) = &stated.decontaminated else { return Ok(listed) };
    let text = read(dir, names::CONTAMINATED, problems)?;
    let mut last = None;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        match line.strip_suffix('\n').and_then(|line| Contaminated::read(line, said)) {
            Some((id, _)) if last.is_none_or(|last| last < id) => {
                last = Some(id);
                listed.insert(id);
            }
            _ => {
                let what = "expected a record and the items with which it overlaps, by id, each once";
                problems.add(names::CONTAMINATED, Some(number), what);
            }
        }
    }
    if listed.len() != said.left_out {
        let what = format!("it names {} records; the manifest says {}", listed.len(), said.left_out);
        problems.add(names::CONTAMINATED, None, what);
    }
    Ok(listed)
}

/// Takes the listed records from those without a row. Each must be one that would have a row but for that.
pub fn take(listed: &BTreeSet<RecordId>, without_row: &mut Vec<RecordId>, problems: &mut Problems) {
    let here: BTreeSet<_> = without_row.iter().copied().collect();
    for id in listed.difference(&here) {
        let what = format!("record {id} has a row, or has none for another reason");
        problems.add(names::CONTAMINATED, None, what);
    }
    without_row.retain(|id| !listed.contains(id));
}

/// What two exports that lie together must say alike.
pub fn rule(stated: &Manifest) -> Option<Overlap> {
    stated.decontaminated.clone().map(|said| Overlap { left_out: 0, ..said })
}
