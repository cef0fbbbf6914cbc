//! The texts that are traced.

use crate::home::read_bounded;
use anyhow::{Context as _, bail};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// The most bytes that are read.
const INPUT_BYTES: usize = 16 << 20;
/// The longest name in a path that is shown whole, and the longest path to which a name is added, in bytes: each text has
/// its own.
const NAME_BYTES: usize = 64;
const PATH_BYTES: usize = 200;

/// Texts, each with where it stood, and the lines that could not be read.
pub(super) struct Input {
    pub texts: Vec<(Option<String>, String)>,
    pub skipped: Vec<usize>,
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// When it cannot be read, is larger than is read, or is no text in UTF-8.
pub(super) fn read(path: &Path, jsonl: bool) -> anyhow::Result<Input> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(INPUT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > INPUT_BYTES {
            bail!("standard input has more than {INPUT_BYTES} bytes, the most that is read\nHint: trace it in parts");
        }
        bytes
    } else {
        read_bounded(path, INPUT_BYTES).with_context(|| format!("cannot read {}", path.display()))?
    };
    let Ok(text) = String::from_utf8(bytes) else {
        bail!("expected text in UTF-8, found other bytes in {}\nHint: convert it first", path.display());
    };
    if !jsonl {
        return Ok(Input { texts: vec![(None, text)], skipped: Vec::new() });
    }
    let (mut texts, mut skipped) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Value>(line) {
            Ok(value) => each_text(&value, &format!("line {number}"), &mut texts),
            Err(_) => skipped.push(number),
        }
    }
    Ok(Input { texts, skipped })
}

/// Adds every text in a value, with its path.
fn each_text(value: &Value, at: &str, texts: &mut Vec<(Option<String>, String)>) {
    let with = |more: String| if at.len() < PATH_BYTES { format!("{at}{more}") } else { at.to_owned() };
    match value {
        Value::String(text) => texts.push((Some(crate::cli::search::line(at)), text.clone())),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| each_text(item, &with(format!("[{place}]")), texts));
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let shown = &name[..name.floor_char_boundary(NAME_BYTES)];
                each_text(field, &with(format!(".{shown}")), texts);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_a_line_is_read_and_a_line_that_is_no_json_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outputs");
        std::fs::write(&path, "{\"a\":[\"one\",{\"b\":\"two\"}],\"n\":1}\n\nno json\n\"three\"\n").unwrap();
        let input = read(&path, true).unwrap();
        let texts: Vec<_> = input.texts.iter().map(|(at, text)| (at.as_deref().unwrap(), text.as_str())).collect();
        assert_eq!(texts, [("line 1.a[0]", "one"), ("line 1.a[1].b", "two"), ("line 4", "three")]);
        assert_eq!(input.skipped, [3]);
        assert_eq!(read(&path, false).unwrap().texts.len(), 1);
        let long = serde_json::json!({ "é".repeat(1_000): vec!["a"; 1_000] }).to_string();
        std::fs::write(&path, long).unwrap();
        let input = read(&path, true).unwrap();
        assert!(input.texts.len() == 1_000 && input.texts.iter().all(|(at, _)| at.as_ref().unwrap().len() < 100));
        std::fs::write(&path, b"\xff\xfe").unwrap();
        assert!(read(&path, false).is_err_and(|error| error.to_string().contains("UTF-8")));
    }
}
