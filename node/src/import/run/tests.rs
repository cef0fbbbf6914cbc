//! What becomes of files that are whole, cut off, mixed or not what they seem.

use super::super::testing::{import, import_from, said, sound};
use super::super::{Format, ImportError, limits, read};
use commonwheel_protocol::record::content::Content;
use serde_json::json;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

fn row(text: &str) -> String {
    json!({"question": text, "answer": "4"}).to_string()
}

#[test]
fn every_whole_file_error_is_told_apart() {
    assert!(matches!(read("/nowhere/at/all".as_ref(), &mut |_| ControlFlow::Continue(())), Err(ImportError::NotFound)));
    assert!(matches!(
        read(std::env::temp_dir().as_path(), &mut |_| ControlFlow::Continue(())),
        Err(ImportError::Directory)
    ));
    for (text, expected) in [
        (&b""[..], "nothing in the file"),
        (b" \n\t\n", "nothing in the file"),
        (b"\xEF\xBB\xBF", "nothing in the file"),
        (b"[]", "nothing in the file"),
        (b"{\0\"\0", "the end at line 1, column 2"),
        (b"\xFF\xFE\0\xD8", "at byte 3 "),
        (b"caf\xE9 au lait", "at byte 3 "),
        (b"{\"secret\":1}", "expected one of: Commonwheel records, "),
        (b"[\"secret\"]", "expected one of: Commonwheel records, "),
        (b"[{\"question\":\"1\",\n\"ans", "the end at line 2, column 5"),
        (b"{\"question\":\"1", "the end at line 1, column 14"),
        (b"{\n\"question\":\"1", "the end at line 2, column 14"),
        (b"[{\"question\" 1}]", "a mistake (or over 127 levels of nesting) at line 1, column 14"),
    ] {
        let error = import("file", text).format.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("secret"));
    }
}

#[test]
fn items_before_the_end_of_a_cut_off_file_are_kept() {
    let imported = import("file", format!("[{},\n{}", row("2+2?"), &row("3+1?")[..20]));
    assert_eq!(imported.format.unwrap(), Format::QuestionAnswer);
    let cut_off = "row 2: expected more JSON, found the end at line 2, column 21; the file is cut off: fetch it again";
    assert_eq!((imported.items.len(), imported.errors[0].to_string().as_str()), (1, cut_off));
}

#[test]
fn malformed_items_cost_only_themselves() {
    let no_character = r#"{"question":"\u12","answer":"4"}"#;
    let imported = import("file", format!("[{},{no_character},{{\"secret\" 1}},7,{}]", row("1"), row("2")));
    assert_eq!(imported.format.unwrap(), Format::QuestionAnswer);
    assert_eq!((imported.items.len(), imported.errors.len()), (2, 3));
    let imported = import("file", format!("{{\"broken\n{}\n{{\"question\":\n{}", row("1"), row("2")));
    let lines: Vec<_> = imported.errors.iter().map(|e| e.position.as_str()).collect();
    assert_eq!((lines, imported.items.len()), (vec!["line 1", "line 3"], 2));
}

#[test]
fn half_an_emoji_costs_itself_alone() {
    let items = sound(Format::QuestionAnswer, r#"{"question":"Tea \ud83d?","answer":"4"}"#);
    let Content::Example(example) = &items[0].content else { panic!("expected an example") };
    assert_eq!(example.prompt.expose(), "Tea \u{fffd}?");
}

#[test]
fn a_line_over_the_limit_costs_only_itself_unless_it_is_the_first() {
    let huge = row(&"x".repeat(limits::LINE_BYTES));
    let imported = import("file", format!("{}\n{huge}\n{}", row("1"), row("2")));
    assert_eq!(imported.errors[0].to_string(), "line 2: expected at most 16 MiB in one line, found more; split it");
    assert_eq!(imported.items[1].position, "line 3");
    assert!(matches!(import("file", huge).format, Err(ImportError::TooLarge { .. })));
}

#[test]
fn an_element_over_the_limit_costs_only_itself() {
    let huge = row(&"x".repeat(limits::ELEMENT_BYTES));
    let imported = import("file", format!("[{},{huge},{}]", row("1"), row("2")));
    assert_eq!(imported.errors[0].to_string(), "row 2: expected at most 32 MiB in one item, found more; split it");
    assert_eq!(imported.items[1].position, "row 3");
}

#[test]
fn a_byte_order_mark_is_no_content() {
    assert_eq!(sound(Format::QuestionAnswer, format!("\u{feff}{}", row("1"))).len(), 1);
    assert_eq!(said(&sound(Format::PlainText, "\u{feff}Hello")[0])[0].1, "Hello");
}

/// A file that gives one byte a read.
struct Drip<'a>(Cursor<&'a [u8]>);

impl Read for Drip<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let room = into.len().min(1);
        self.0.read(&mut into[..room])
    }
}

impl Seek for Drip<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn what_a_file_is_does_not_depend_on_how_much_one_read_of_it_gives() {
    for (text, format) in [
        ("[\n\nSmile :) ] and go on", Some(Format::PlainText)),
        ("{ \n note to self }", Some(Format::PlainText)),
        ("<html><p>Tea</p>", None),
        ("[ \n {\"question\":\"1\",\"answer\":\"4\"}]", Some(Format::QuestionAnswer)),
    ] {
        for imported in [import("file", text), import_from("file", Drip(Cursor::new(text.as_bytes())))] {
            assert_eq!(imported.format.ok(), format, "{text}");
        }
    }
}

#[test]
fn breaking_off_stops_the_import() {
    let (dir, mut seen) = (tempfile::tempdir().unwrap(), 0);
    let path = dir.path().join("rows.jsonl");
    std::fs::write(&path, [row("1"), row("2"), "{".into()].join("\n")).unwrap();
    let format = read(&path, &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert_eq!((format.unwrap(), seen), (Format::QuestionAnswer, 1));
}
