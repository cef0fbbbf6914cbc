//! The facts that the templates of a bundle are filled with.

use super::census::Census;
use super::columns::{Columns, Seen};
use super::croissant::Described;
use crate::agreement::Charter;
use crate::bytes::decode;
use crate::dataset::dag_json::pretty;
use crate::dataset::manifest::Manifest;
use crate::dataset::merged::unmerged;
use crate::dataset::rfc3339;
use crate::dataset::row::HEADER_COLUMNS;
use crate::dataset::split::{CANARY, Canary};
use crate::licence::Licence;
use crate::operation::Release;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The most credits of one sort that are shown to people; `attribution.jsonl` has all.
const CREDITS: usize = 500;
/// The most languages that a card names.
const LANGUAGES: usize = 100;
/// The keys of a manifest that may be absent, with what they are then.
const OPTIONAL: [&str; 8] = ["flags", "purpose", "filter", "decontaminated", "copied", "views", "merged", "copies"];
/// Which of these are lists.
const LISTS: [&str; 3] = ["views", "merged", "copies"];

/// What the texts of a bundle are told.
pub fn facts(charter: &Charter, manifest: &Manifest, census: &Census, release: Option<&Release>) -> Value {
    let mut stated = serde_json::to_value(manifest).unwrap_or_default();
    for key in OPTIONAL {
        if stated.get(key).is_none() {
            stated[key] = if LISTS.contains(&key) { json!([]) } else { Value::Null };
        }
    }
    // A charter's bytes decode: they were encoded here.
    let charter_text = decode(&charter.to_bytes()).map(|node| pretty(&node)).unwrap_or_default();
    let parquet = manifest.views.iter().any(|view| view.format == "parquet");
    let (tags, others) = languages(census);
    let mut preferences: Vec<_> = manifest.files.iter().map(|file| &file.preference[..]).collect();
    preferences.sort_unstable();
    preferences.dedup();
    let described = Described::of(manifest, census.columns());
    let release = release.map(released);
    json!({
        "charter": serde_json::from_str::<Value>(&charter_text).unwrap_or_default(),
        "manifest": stated,
        "counts": census.to_value(),
        "licences": licences(manifest, census),
        "parquet": parquet,
        "size": size(manifest.rows),
        "tasks": tasks(census),
        "languages": tags,
        "language_tags": others,
        "authors": credits(census, "author"),
        "sources": credits(census, "source"),
        "models": credits(census, "model"),
        "preferences": preferences,
        "column_files": described.columns,
        "file_sets": described.file_sets,
        "record_sets": described.record_sets,
        "described_together": described.together,
        "version": version(manifest),
        "cite": cite(charter, manifest, release.as_ref()),
        "release": release,
        "canary": Canary::of(&charter.community()).text(),
        "parts": manifest.merged.iter().map(|work| work.parts).sum::<usize>(),
        "unmerged": unmerged(manifest.rows, &manifest.merged),
        "kept_apart": manifest.files.iter().filter(|file| file.split.is_some()).map(|file| file.rows).sum::<usize>(),
    })
}

/// What is said of a release beside its number and id.
fn released(release: &Release) -> Value {
    let time = rfc3339(release.time.unix_s()).unwrap_or_default();
    json!({
        "time": time,
        "date": time.split('T').next(),
        "count": release.count,
        "previous": release.previous.map(|previous| previous.to_string()),
    })
}

/// Each licence that rows carry, with its preferences and with the columns of its rows.
fn licences(manifest: &Manifest, census: &Census) -> Vec<Value> {
    let mut columns = BTreeMap::<Licence, Columns>::new();
    census.columns().iter().for_each(|(file, one)| columns.entry(file.licence).or_default().join(one));
    let one = |(licence, columns): (Licence, Columns)| {
        let spdx = licence.spdx();
        let files = || manifest.files.iter().filter(|file| file.licence == spdx);
        let apart = files().any(|file| file.split.is_some());
        let mut preferences = BTreeMap::<&str, usize>::new();
        files().for_each(|file| *preferences.entry(&file.preference).or_default() += file.rows);
        let preferences: Vec<_> =
            preferences.into_iter().map(|(preference, rows)| json!({"value": preference, "rows": rows})).collect();
        json!({
            "licence": spdx,
            "config": spdx.to_ascii_lowercase(),
            "rows": files().map(|file| file.rows).sum::<usize>(),
            "files": files().count(),
            "preferences": preferences,
            "main": files().any(|file| file.split.is_none()),
            "apart": apart,
            "columns": columns.all().map(|columns| features(columns, apart)),
        })
    };
    columns.into_iter().map(one).collect()
}

/// The columns as `datasets` names their types; text that is always a moment is one, as the loader itself would guess.
/// In what is kept apart there is one more.
fn features(columns: Vec<(&str, Seen)>, apart: bool) -> Vec<Value> {
    let header = HEADER_COLUMNS.into_iter().map(|name| match name {
        "size_class" => (name, "int64"),
        "time" => (name, "timestamp[s]"),
        _ => (name, "string"),
    });
    let body = columns.into_iter().map(|(name, seen)| match seen {
        Seen { text: true, .. } => (name, "string"),
        Seen { integer: true, .. } => (name, "int64"),
        _ => (name, "json"),
    });
    let canary = apart.then_some((CANARY, "string"));
    header.chain(body).chain(canary).map(|(name, dtype)| json!({"name": name, "dtype": dtype})).collect()
}

/// How many rows, as cards say it.
fn size(rows: usize) -> &'static str {
    const SIZES: [(usize, &str); 8] = [
        (1_000, "n<1K"),
        (10_000, "1K<n<10K"),
        (100_000, "10K<n<100K"),
        (1_000_000, "100K<n<1M"),
        (10_000_000, "1M<n<10M"),
        (100_000_000, "10M<n<100M"),
        (1_000_000_000, "100M<n<1B"),
        (10_000_000_000, "1B<n<10B"),
    ];
    SIZES.into_iter().find(|(most, _)| rows < *most).map_or("10B<n<100B", |(_, size)| size)
}

/// What models can be taught with the rows, as cards say it.
fn tasks(census: &Census) -> Vec<&'static str> {
    let has = |kinds: &[&str]| census.kinds().any(|kind| kinds.contains(&kind));
    let all = [
        ("question-answering", has(&["example"])),
        ("text-generation", has(&["chat", "code", "correction", "example", "preference"])),
        ("translation", has(&["translation"])),
    ];
    all.into_iter().filter(|(_, fits)| *fits).map(|(task, _)| task).collect()
}

/// The languages of rows: those that are named by an ISO 639 code, which is what cards want, and the others.
fn languages(census: &Census) -> (Vec<&str>, Vec<&str>) {
    let plain = |tag: &str| (2..=3).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase());
    let formed = |tag: &str| tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let mut codes: Vec<_> =
        census.languages().filter_map(|tag| tag.split('-').next()).filter(|code| plain(code)).collect();
    codes.dedup();
    let tags = census.languages().filter(|tag| !plain(tag) && formed(tag) && tag.contains('-'));
    codes.truncate(LANGUAGES);
    (codes, tags.take(LANGUAGES).collect())
}

/// Credits of one sort, by licence, as many as are shown, and how many there are.
fn credits(census: &Census, what: &str) -> Value {
    let (mut shown, mut all) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for credit in census.credits().iter(census.names()).filter(|credit| credit.what == what) {
        let so_far = all.entry(credit.licence).or_default();
        *so_far += 1;
        if *so_far <= CREDITS {
            shown.push(serde_json::to_value(credit).unwrap_or_default());
        }
    }
    json!({"shown": shown, "all": all})
}

/// What tells the export from others of the community, in a word: the number of the release, or the state root.
fn version(manifest: &Manifest) -> String {
    let number = manifest.release.as_ref().map(|release| release.number.to_string());
    number.or_else(|| manifest.state_root.clone()).unwrap_or_default()
}

/// How the export is cited, in a line.
fn cite(charter: &Charter, manifest: &Manifest, release: Option<&Value>) -> String {
    let what = match (&manifest.release, release.and_then(|release| release["date"].as_str())) {
        (Some(release), Some(day)) => format!("release {} of {day}", release.number),
        _ => format!("state {}", version(manifest)),
    };
    let edition = manifest.edition.as_ref().map_or_else(String::new, |edition| format!(", edition {edition}"));
    format!("{}: {what}{edition}. Commonwheel dataset of the community {}.", charter.name, manifest.community)
}
