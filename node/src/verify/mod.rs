//! Checking an export with nothing but the export: no node, no network, no trust in its writer.
//!
//! What follows from other files (manifest, charter.json, the texts of the bundle, the list of hashes) is
//! computed again and compared; what is signed is verified; what is neither is refused.

mod apart;
mod archive;
mod copies;
mod flags;
mod left_out;
mod merged;
mod operations;
mod outcome;
mod overlap;
mod problem;
mod revoked;
mod rows;
mod summary;
mod views;

use crate::benchmark::{BenchmarkError, Loaded};
use crate::community::printable;
use crate::export::{self, folder};
use archive::Archive;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::dataset::{
    Beside, Canary, Manifest, Overlap, Partition, Sealed, Subject, Views, edition, names,
};
use commonwheel_protocol::record::Header;
use copies::Hashes;
use data_encoding::HEXLOWER;
use left_out::Asked;
use operations::Operations;
use outcome::Released;
pub use problem::{PROBLEMS, Problem};
use problem::{Problems, shown};
use rows::{Rows, Rules, Seen};
use sha2::{Digest, Sha256};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
pub use summary::{VerifySummary, thousands};
pub use views::ByAnother;
use views::Viewed;

/// What the caller knows from elsewhere, and the export must match.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The community's id.
    pub community: Option<Cid>,
    /// The charter that leads, or that of the release.
    pub charter: Option<Cid>,
    /// The state root.
    pub state_root: Option<Cid>,
    /// The edition of a release.
    pub edition: Option<Cid>,
    /// Files of benchmarks with which no row may overlap.
    pub benchmarks: Vec<PathBuf>,
}

/// Why an export was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no export.
    #[error("{} is not an export: it holds no {}; give the folder that `commonwheel export` wrote", .0.display(), names::MANIFEST)]
    NotAnExport(PathBuf),
    /// The system refused.
    #[error("could not read {}: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Benchmarks cannot be compared with.
    #[error(transparent)]
    Benchmark(#[from] BenchmarkError),
    /// Something is wrong with it.
    #[error("the check failed: {} problem(s), the first: {}", .0.len(), .0.first().map(Problem::to_string).unwrap_or_default())]
    Failed(Vec<Problem>),
}

/// The longest manifest: so much, for each file so much, and for each byte of the archives four, since each record that it
/// names stands in these with its 36 bytes at least.
const MANIFEST_BYTES: u64 = 256 << 10;
const MANIFEST_FILE_BYTES: u64 = 2 << 10;

/// Checks a folder that `export` wrote.
///
/// It proves that each row is what its author signed and what a quorum of a charter's validators
/// accepted, that each record without a row is gone for a signed reason, and that both are those of the
/// state root or of the release. That the state root is the community's newest, and that the community is
/// the one meant, only its caller can know: see [`Expected`].
///
/// `progress` is called with the number of rows done and of all.
///
/// # Errors
/// [`VerifyError::Failed`] with at most [`PROBLEMS`] problems, or when it cannot be read.
pub fn verify(
    dir: &Path,
    expected: &Expected,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<VerifySummary, VerifyError> {
    let manifest_path = dir.join(names::MANIFEST);
    if !manifest_path.is_file() {
        return Err(VerifyError::NotAnExport(dir.to_owned()));
    }
    let mut problems = Problems::default();
    let files = match folder::files(dir) {
        Ok(files) => files,
        Err(source) if dir.read_dir().is_err() => return Err(VerifyError::Io { path: dir.to_owned(), source }),
        // Something in it is no part of an export, or lies too deep to be read.
        Err(error) => {
            problems.add(".", None, error);
            return Err(VerifyError::Failed(problems.into_list()));
        }
    };
    let mut hashes = Hashes::new();
    for path in files {
        match hash_of(&dir.join(&path)) {
            Ok(hash) => drop(hashes.insert(path, hash)),
            Err(error) => problems.add(&path, None, format!("it cannot be read: {error}")),
        }
    }
    if problems.count() > 0 {
        return Err(VerifyError::Failed(problems.into_list()));
    }
    check_sums(dir, &hashes, &mut problems)?;
    let (own, copies) = copies::split(&hashes);
    let beside: Vec<_> = copies.keys().copied().collect();
    let benchmarks = OnceCell::new();
    let place =
        Place { dir, hashes: &own, beside: &beside, to: None, asked: None, overlap: None, benchmarks: &benchmarks };
    let mut summary = check_content(&place, expected, &mut problems, progress)?;
    let text = match copies.is_empty() {
        true => String::new(),
        false => manifest_text(dir, &own, &mut problems)?,
    };
    let community = Manifest::community_in(&text);
    let asked = Manifest::read(&text).map(|stated| left_out::asked(&stated));
    let overlap = Manifest::read(&text).and_then(|stated| overlap::rule(&stated));
    for (origin, hashes) in &copies {
        let folder = format!("{}/{origin}", names::COPIES);
        problems.within(&folder);
        let (dir, to, asked) = (&dir.join(&folder), community.as_deref(), asked.as_ref());
        let overlap = overlap.as_ref();
        let place = Place { dir, hashes, beside: &[], to, asked, overlap, benchmarks: &benchmarks };
        check_sums(place.dir, hashes, &mut problems)?;
        let expected =
            Expected { community: Some(*origin), benchmarks: expected.benchmarks.clone(), ..Expected::default() };
        let copy = check_content(&place, &expected, &mut problems, progress)?;
        summary.iter_mut().for_each(|summary| summary.copies.extend(copy.clone()));
    }
    match summary {
        Some(summary) if problems.count() == 0 => Ok(summary),
        _ => Err(VerifyError::Failed(problems.into_list())),
    }
}

/// One export: a community's, or a copy from another.
struct Place<'a> {
    /// Where it lies.
    dir: &'a Path,
    /// Its files.
    hashes: &'a Hashes,
    /// The communities of which copies lie in it.
    beside: &'a [Cid],
    /// The community beside whose export it lies as a copy.
    to: Option<&'a str>,
    /// What that export was asked for.
    asked: Option<&'a Asked>,
    /// With which benchmarks that export was compared.
    overlap: Option<&'a Overlap>,
    /// The caller's benchmarks, once they are read.
    benchmarks: &'a OnceCell<Loaded>,
}

/// That the list of hashes names every file with its hash, and no other.
fn check_sums(dir: &Path, hashes: &Hashes, problems: &mut Problems) -> Result<(), VerifyError> {
    let text = read(dir, names::SUMS, problems)?;
    let Some(sums) = export::folder::read_sums(&text) else {
        problems.add(names::SUMS, None, "expected lines of a SHA-256, two spaces and a path");
        return Ok(());
    };
    if !sums.is_sorted_by(|(_, a), (_, b)| a < b) {
        problems.add(names::SUMS, None, "expected each path once, in order");
    }
    for (at, (hash, path)) in sums.iter().enumerate() {
        match hashes.get(*path) {
            None => problems.add(names::SUMS, Some(at + 1), format!("{} is listed and not here", shown(path))),
            Some(found) if HEXLOWER.encode(found) != *hash => {
                let what = format!("its SHA-256 is not the one in {}: the file was changed", names::SUMS);
                problems.add(path, None, what);
            }
            Some(_) => {}
        }
    }
    let listed: BTreeSet<_> = sums.iter().map(|(_, path)| *path).chain([names::SUMS]).collect();
    for path in hashes.keys().filter(|path| !listed.contains(path.as_str())) {
        problems.add(path, None, format!("it is not listed in {}", names::SUMS));
    }
    Ok(())
}

/// Everything that the hashes do not show. `None` when it could not be read to the end.
fn check_content(
    place: &Place,
    expected: &Expected,
    problems: &mut Problems,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Option<VerifySummary>, VerifyError> {
    let (before, Place { dir, hashes, .. }) = (problems.count(), place);
    let Some(operations) = Operations::read(dir, problems)? else { return Ok(None) };
    let Some(archive) = Archive::read(dir, &operations, problems)? else { return Ok(None) };
    let text = manifest_text(dir, hashes, problems)?;
    let Some(stated) = Manifest::read(&text) else {
        problems.add(names::MANIFEST, None, "it is not a manifest of a format that this program knows");
        return Ok(None);
    };
    let copying = copies::copying(&stated, place, &operations, problems);
    let mut released = None;
    if let Some(name) = &stated.release {
        released = name.id.parse().ok().and_then(|id| Released::find(id, &operations, problems));
        if released.is_none() {
            problems.add(names::MANIFEST, None, "the release that it names cannot be had");
            return Ok(None);
        }
    }
    let purpose = match &stated.purpose {
        None => None,
        Some(said) => match said.purpose() {
            None => {
                problems.add(
                    names::MANIFEST,
                    None,
                    "it is for a use, or honours signals, that this program does not know",
                );
                return Ok(None);
            }
            some => some,
        },
    };
    if stated.filter.as_ref().is_some_and(|chosen| !chosen.is_sound()) {
        problems.add(names::MANIFEST, None, "its filter is not stated as one is: it asks for nothing, or for a use");
        return Ok(None);
    }
    if place.to.is_some() && place.asked != Some(&left_out::asked(&stated)) {
        let what = "it is for another use, or by another filter, than the export beside which it lies";
        problems.add(names::MANIFEST, None, what);
    }
    if stated.decontaminated.as_ref().is_some_and(|said| !said.is_sound()) {
        problems.add(
            names::MANIFEST,
            None,
            "it was compared with benchmarks by a rule that this program does not know",
        );
        return Ok(None);
    }
    if place.to.is_some() && place.overlap != overlap::rule(&stated).as_ref() {
        problems.add(
            names::MANIFEST,
            None,
            "it was compared with other benchmarks than the export beside which it lies",
        );
        return Ok(None);
    }
    let loaded = overlap::load(expected, &stated, place.benchmarks, problems)?;
    let contaminated = overlap::listed(dir, &stated, problems)?;
    let Some(views) = Views::stated_in(&stated.views, Canary::of(&operations.founding.community())) else {
        problems.add(
            names::MANIFEST,
            None,
            "it names views that this program does not know, or not once each and in order",
        );
        return Ok(None);
    };
    if stated.copied.is_some() && !stated.views.is_empty() {
        problems.add(names::MANIFEST, None, "it is a copy, and copies have no views");
    }
    let rules = Rules {
        copying: copying.as_ref(),
        purpose: purpose.as_ref(),
        chosen: stated.filter.as_ref(),
        benchmarks: loaded,
    };
    let mut rows = Rows::new(&operations, &archive, released.as_ref(), rules, Viewed::new(views));
    let data: Vec<_> = hashes.keys().filter(|path| path.starts_with("data/")).collect();
    for path in &data {
        rows.check_file(dir, path, problems, progress)?;
    }
    if problems.count() > before {
        // What follows from operations, certificates and rows cannot be computed from wrong ones.
        return Ok(None);
    }
    let Seen { counts, facts, mut purpose, census, views, apart } = rows.finish();
    apart.check(&facts, &operations, problems);
    let Some(mut outcome) = outcome::judge(&operations, &archive, released.as_ref(), &facts, problems) else {
        return Ok(None);
    };
    let copying = copying.as_ref();
    let lies = |header: &Header| apart.of_header(header, &facts, &operations);
    left_out::unfit(copying, &mut purpose, &lies, &operations, &mut outcome.incomplete);
    let filter = left_out::unasked(copying, &stated, &operations, &mut outcome.incomplete, problems);
    let copied =
        copying.map(|copying| copies::account(copying, &stated, &operations, &mut outcome.incomplete, problems));
    overlap::take(&contaminated, &mut outcome.incomplete, problems);
    let left_out_by_body = left_out::by_body(&stated, &mut outcome.incomplete, problems);
    let path = &operations.path[..=outcome.leading];
    let charter = &operations.path[outcome.leading];
    let may_be_flagged = charter.customs.export_notes && released.is_none() && stated.copied.is_none();
    let no_flags = flags::Flags::new();
    let flags = flags::check(dir, may_be_flagged, &operations, &facts, problems)?;
    if !charter.understood() {
        let what = "the charter's protocol version is not known here; a newer program may know it";
        problems.add(names::OPERATIONS, None, what);
    }
    let subject = match (&outcome.root, &released, &outcome.contents) {
        (Some(root), _, _) => Subject::State(root),
        (None, Some(released), Some(contents)) => {
            let files = data.iter().map(|path| ((*path).clone(), hashes[*path])).collect();
            let edition = outcome.incomplete.is_empty().then(|| edition(&released.id, contents, &files));
            Subject::Edition { id: &released.id, number: released.release.number, contents, edition }
        }
        _ => return Ok(None),
    };
    let sealed = |(one, (rows, bytes)): (Partition, (usize, u64))| {
        let sha256 = *hashes.get(&one.path())?;
        Some((one, (rows, Sealed { bytes, sha256 })))
    };
    let files: BTreeMap<_, _> = counts.into_iter().filter_map(sealed).collect();
    let merged = merged::check(dir, &stated, census.bound(), hashes, problems)?;
    let manifest = Manifest::new(path, &subject, &outcome.tally, &files, &outcome.incomplete);
    let beside = Beside { path: &operations.path, flags: flags.as_ref().unwrap_or(&no_flags) };
    let rows_here = manifest.rows;
    let checked = views.finish(dir, beside, hashes, problems, &mut |done| progress(done, rows_here))?;
    let flags = flags.as_ref().map(|flags| flags.values().map(|count| *count as usize).sum());
    let manifest = manifest.copied(copied).beside(place.beside).for_use(purpose).filtered(filter);
    let manifest = manifest.decontaminated(stated.decontaminated.clone()).viewed(checked.stated);
    let manifest = manifest.merged(merged).flagged(flags);
    check_stated(&stated, &manifest, problems);
    revoked::check(dir, &outcome, problems)?;
    let release = released.as_ref().and_then(|released| operations.releases.get(&released.id));
    let derived = export::derived(charter, archive.terms(charter), &manifest, &census, release);
    check_derived(dir, hashes, derived, &manifest, problems)?;
    check_expected(expected, &manifest, problems);
    let used: BTreeSet<_> = facts.keys().filter_map(|id| archive.find(id)).map(|(_, one)| one.charter).collect();
    let quorums = used.iter().map(|place| operations.path[*place].quorum).map(|quorum| (quorum.q(), quorum.n()));
    Ok(Some(VerifySummary {
        compared: loaded.map(|loaded| loaded.overlap.files.clone()).unwrap_or_default(),
        by_others: checked.by_others,
        left_out_by_body,
        ..VerifySummary::new(manifest, printable(&charter.name), quorums)
    }))
}

/// What the manifest states of completeness, apart from its text, to say clearly what is wrong.
fn check_stated(stated: &Manifest, found: &Manifest, problems: &mut Problems) {
    let named: BTreeSet<_> = stated.incomplete.iter().collect();
    for id in found.incomplete.iter().filter(|id| !named.contains(id)) {
        problems.add(names::DATA, None, format!("record {id} is accepted and has no row"));
    }
    let pairs = [
        ("state root", &stated.state_root, &found.state_root),
        ("edition", &stated.edition, &found.edition),
        ("charter", &Some(stated.charter.clone()), &Some(found.charter.clone())),
    ];
    if stated.copies != found.copies {
        problems.add(names::MANIFEST, None, format!("it names other copies than those in {}/", names::COPIES));
    }
    for (what, stated, found) in pairs {
        if stated != found {
            let found = found.as_deref().unwrap_or("none");
            problems.add(names::MANIFEST, None, format!("the {what} is {found}; it states another"));
        }
    }
}

/// The files that follow from the others, and that there are no more files than these.
fn check_derived(
    dir: &Path,
    files: &Hashes,
    derived: Vec<(String, String)>,
    manifest: &Manifest,
    problems: &mut Problems,
) -> Result<(), VerifyError> {
    let mut wanted =
        BTreeSet::from([names::CERTIFICATES, names::OPERATIONS, names::REVOCATIONS, names::SUMS].map(str::to_owned));
    wanted.extend(manifest.decontaminated.iter().map(|_| names::CONTAMINATED.to_owned()));
    wanted.extend(manifest.flags.map(|_| names::FLAGS.to_owned()));
    let views = manifest.views.iter().flat_map(|view| &view.files);
    let merged = manifest.merged.iter().flat_map(|work| &work.files);
    wanted.extend(manifest.files.iter().chain(views).chain(merged).map(|file| file.path.clone()));
    for (name, text) in derived {
        wanted.insert(name.clone());
        if files.contains_key(&name) && read(dir, &name, problems)? != text {
            problems.add(&name, None, "it is not what follows from the operations, certificates and rows");
        }
    }
    let here: BTreeSet<_> = files.keys().cloned().collect();
    for path in wanted.symmetric_difference(&here) {
        let what = if here.contains(path) { "it is no part of an export" } else { "it is missing" };
        problems.add(path, None, what);
    }
    Ok(())
}

fn check_expected(expected: &Expected, found: &Manifest, problems: &mut Problems) {
    let pairs = [
        ("community", &expected.community, Some(&found.community)),
        ("charter", &expected.charter, Some(&found.charter)),
        ("state root", &expected.state_root, found.state_root.as_ref()),
        ("edition", &expected.edition, found.edition.as_ref()),
    ];
    for (what, expected, found) in pairs {
        if expected.is_some_and(|expected| Some(&expected.to_string()) != found) {
            let found = found.map_or("none", String::as_str);
            problems.add(names::MANIFEST, None, format!("the {what} is {found}, not the one that was asked for"));
        }
    }
}

/// The manifest's text, unless it is longer than what is beside it can need: to read a list of very many empty names
/// takes many times its length.
fn manifest_text(dir: &Path, hashes: &Hashes, problems: &mut Problems) -> Result<String, VerifyError> {
    let text = read(dir, names::MANIFEST, problems)?;
    let archives = [names::OPERATIONS, names::CERTIFICATES];
    let archives: u64 = archives.iter().map(|name| dir.join(name).metadata().map_or(0, |found| found.len())).sum();
    let most = MANIFEST_BYTES + MANIFEST_FILE_BYTES * hashes.len() as u64 + 4 * archives;
    if text.len() as u64 <= most {
        return Ok(text);
    }
    let what = format!("expected at most {most} bytes, by what lies beside it; found {}", text.len());
    problems.add(names::MANIFEST, None, what);
    Ok(String::new())
}

/// A small file's text; empty, with a problem, when it is not there or is no text.
fn read(dir: &Path, name: &str, problems: &mut Problems) -> Result<String, VerifyError> {
    match folder::text(&dir.join(name)) {
        Ok(text) => Ok(text),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            problems.add(name, None, "it is missing, too long or not UTF-8");
            Ok(String::new())
        }
        Err(source) => Err(VerifyError::Io { path: dir.join(name), source }),
    }
}

fn hash_of(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod apart_tests;
#[cfg(test)]
mod bundle_tests;
#[cfg(test)]
mod changing_tests;
#[cfg(test)]
mod copy_tests;
#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod filter_tests;
#[cfg(test)]
mod flag_tests;
#[cfg(test)]
mod merge_tests;
#[cfg(test)]
mod overlap_tests;
#[cfg(test)]
mod purpose_tests;
#[cfg(test)]
mod revoked_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod view_tests;
