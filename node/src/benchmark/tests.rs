//! What is read of benchmark files, well formed and not.

use super::*;
use crate::gunzip::tests::packed;
use std::fs;
use tempfile::TempDir;

const QUESTION: &str = "A mill turns 40 sacks of wheat into flour in five hours, so how many sacks in eight?";
const OTHER: &str = "Which of the four co-ops in the valley was the first to mend its own bridge, and in which year?";

struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn load(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<Loaded, BenchmarkError> {
        load(&[self.write(name, bytes)], 13, &mut |_, _| {})
    }
}

/// The first item with which a text overlaps.
fn item(loaded: &Loaded, text: &str) -> Option<u32> {
    let mut found = BTreeMap::new();
    loaded.benchmarks.look(text, &mut found);
    found.into_values().next()
}

fn counts(loaded: &Loaded) -> (usize, usize, usize) {
    let file = &loaded.overlap.files[0];
    (file.items, file.compared, file.unread)
}

#[test]
fn every_form_gives_its_items_however_deep_their_texts_lie() {
    let files = Files::new();
    let nested = format!(r#"{{"a": 1.5e3, "b": [{{"c": ["{QUESTION}", null, true]}}]}}"#);
    for (name, text, number, counted) in [
        ("a.jsonl", format!("\u{feff}\"few words\"\n\n{nested}\r\n"), 3, (2, 1, 0)),
        ("a.json", format!("[\"few\", {nested}]"), 2, (2, 1, 0)),
        ("b.json", format!(r#"{{"version": "x", "data": ["few", {{"d": [{nested}]}}]}}"#), 2, (2, 1, 0)),
        ("c.json", format!("\"{QUESTION}\""), 1, (1, 1, 0)),
        ("a.txt", format!("few words\n\n{QUESTION}"), 3, (2, 1, 0)),
        ("a.csv", format!("question,answer\n\"{QUESTION}\n\",64\n"), 2, (2, 1, 0)),
        ("a.TSV", format!("question\tanswer\n\"{QUESTION}\t64\n"), 2, (2, 1, 0)),
    ] {
        let loaded = files.load(name, &text).unwrap();
        assert_eq!((item(&loaded, QUESTION), item(&loaded, OTHER)), (Some(number), None), "{name}");
        assert_eq!((counts(&loaded), loaded.unread_items()), (counted, 0), "{name}");
        let file = &loaded.overlap.files[0];
        assert_eq!((&file.name[..], &file.sha256), (name, &HEXLOWER.encode(&Sha256::digest(&text))));
        assert!(loaded.overlap.is_sound());
    }
}

#[test]
fn a_packed_file_is_read_like_the_file_in_it_and_hashed_as_it_is() {
    let files = Files::new();
    let text = format!("\"few words\"\n\"{QUESTION}\"\n");
    let gzip = packed(&text);
    for name in ["a.jsonl.gz", "a.jsonl", "a.JSONL.GZ"] {
        let loaded = files.load(name, &gzip).unwrap();
        assert_eq!((item(&loaded, QUESTION), counts(&loaded)), (Some(2), (2, 1, 0)), "{name}");
        assert_eq!(loaded.overlap.files[0].sha256, HEXLOWER.encode(&Sha256::digest(&gzip)));
    }
    assert_eq!(counts(&files.load("plain.jsonl.gz", &text).unwrap()), (2, 1, 0));
}

#[test]
fn a_packed_file_that_cannot_be_read_to_its_end_is_refused_since_half_a_benchmark_is_none() {
    let files = Files::new();
    let text = format!("\"{QUESTION}\"\n\"{OTHER}\"\n");
    let gzip = packed(&text);
    let bomb = packed(text.clone() + &" ".repeat(8 << 20));
    for (name, json) in [("a.jsonl.gz", false), ("a.txt.gz", false), ("a.csv.gz", false), ("a.json.gz", true)] {
        let gzip = if json { packed(format!("[\"{QUESTION}\"]")) } else { gzip.clone() };
        let refused = |bytes: &[u8]| files.load(name, bytes).unwrap_err().to_string();
        assert!(refused(&gzip[..gzip.len() - 1]).contains("cut off"), "{name}");
        let mut damaged = gzip.clone();
        damaged[gzip.len() - 8] ^= 1;
        assert!(refused(&damaged).contains("expected a sound gzip file"), "{name}");
        assert!(json || refused(&bomb).contains("packed at most 100 times"), "{name}");
    }
}

#[test]
fn an_item_that_cannot_be_read_is_reported_and_the_rest_goes_on() {
    let files = Files::new();
    let lines =
        [format!("{{\"q\": \"{QUESTION}\"").into_bytes(), b"\"\xff\"".to_vec(), format!("\"{OTHER}\"").into_bytes()];
    let loaded = files.load("a.jsonl", lines.join(&b"\n"[..])).unwrap();
    let unread: Vec<_> = loaded.unread.iter().map(|one| (one.item, one.why)).collect();
    assert_eq!(unread, [(1, "expected a JSON value"), (2, "expected UTF-8")]);
    assert_eq!((counts(&loaded), item(&loaded, OTHER)), ((3, 1, 2), Some(3)));
    assert_eq!(item(&loaded, QUESTION), None, "nothing of a broken item is compared");
    for name in ["a.txt", "a.csv"] {
        let loaded = files.load(name, [&b"\xc3(\n"[..], OTHER.as_bytes()].concat()).unwrap();
        assert_eq!((counts(&loaded), loaded.unread[0].item), ((2, 1, 1), 1), "{name}");
    }
    let deep = format!("{}1{}\n\"{OTHER}\"", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(counts(&files.load("deep.jsonl", deep).unwrap()), (2, 1, 1));
    let many = "{\n".repeat(50) + &format!("\"{OTHER}\"");
    let loaded = files.load("many.jsonl", many).unwrap();
    assert_eq!((loaded.unread.len(), loaded.unread_items()), (REPORTED, 50));
}

#[test]
fn a_line_that_is_too_long_costs_only_itself() {
    let files = Files::new();
    let text = format!("{}\n{OTHER}\n", "a ".repeat(items::LINE_BYTES / 2 + 1));
    let loaded = files.load("a.txt", text).unwrap();
    assert_eq!((counts(&loaded), item(&loaded, OTHER)), ((2, 1, 1), Some(2)));
}

#[test]
fn what_cannot_be_compared_with_is_refused_and_the_error_says_what_to_do() {
    let files = Files::new();
    let refused = |name: &str, text: &str| files.load(name, text).unwrap_err().to_string();
    let broken = refused("a.json", &format!("[\"{OTHER}\",\n {{\"secret\" 1}}]"));
    assert!(broken.contains("line 2, column") && broken.contains(".jsonl") && !broken.contains("secret"), "{broken}");
    assert!(refused("a.json", "[1, 2").contains("it ends too early"));
    assert!(refused("a.json", "[1] 2").contains("expected a JSON value"));
    assert!(refused("a.parquet", "PAR1").contains("expected a benchmark as .jsonl"));
    assert!(refused("short.txt", "few words\n").contains("at least 8 words"));
    fs::create_dir(files.0.path().join("b")).unwrap();
    let two = [files.write("a.txt", OTHER), files.write("b/a.txt", OTHER)];
    assert!(load(&two, 13, &mut |_, _| {}).unwrap_err().to_string().contains("two files are called a.txt"));
    let none = load(&[files.0.path().join("none.txt")], 13, &mut |_, _| {}).unwrap_err().to_string();
    assert!(none.contains("could not read"), "{none}");
}

#[test]
fn files_are_told_in_the_order_of_their_names_whatever_the_order_on_the_command_line() {
    let files = Files::new();
    let paths = [files.write("b.txt", QUESTION), files.write("a.txt", OTHER)];
    let (one, two) = (
        load(&paths, 13, &mut |_, _| {}).unwrap(),
        load(&[paths[1].clone(), paths[0].clone()], 13, &mut |_, _| {}).unwrap(),
    );
    assert_eq!(one.overlap, two.overlap);
    let mut found = BTreeMap::new();
    one.benchmarks.look(QUESTION, &mut found);
    assert_eq!(found, BTreeMap::from([(1, 1)]));
}
