//! Files packed with gzip, sound and not: read like the file in them, and what is wrong costs what it hides.

use super::hostile_tests::{discreet, errors};
use super::samples::samples;
use super::testing::{import, sound};
use super::{Format, ImportError};
use crate::gunzip::{Damage, FREE_BYTES, tests::packed};
use serde_json::json;

/// Rows of questions and answers, one a line.
fn rows(count: u32) -> String {
    (0..count).map(|n| json!({"question": format!("{n} of tea?"), "answer": "4"}).to_string() + "\n").collect()
}

#[test]
fn a_packed_file_gives_what_the_file_in_it_gives_whatever_its_name() {
    for (format, sample) in samples() {
        for file in [format!("[{sample},{sample}]"), format!("{sample}\n{sample}\n")] {
            let plain = import("file.json", &file).items;
            assert_eq!(sound(format, packed(&file)), plain);
            assert_eq!(import("file.json.gz", packed(&file)).items, plain);
        }
    }
    let utf16: Vec<u8> = rows(2).encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(sound(Format::QuestionAnswer, packed(utf16)).len(), 2);
    assert_eq!(sound(Format::QuestionAnswer, [packed(rows(2)), packed(rows(3))].concat()).len(), 5);
}

#[test]
fn the_name_of_what_is_packed_promises_json() {
    for (name, json) in
        [("a.jsonl.gz", true), ("a.JSON.GZ", true), ("a.txt.gz", false), ("a.gz", false), ("a.json.zip", false)]
    {
        assert_eq!(super::named_json(name.as_ref()), json, "{name}");
        let refused = import(name, packed("tea")).format.is_err();
        assert_eq!(refused, json, "{name}");
    }
}

#[test]
fn a_packed_file_cut_at_any_byte_gives_what_is_there_and_says_that_it_is_cut_off() {
    let (text, whole) = (rows(9), packed(rows(9)));
    let lines = import("rows.jsonl", &text).items;
    let mut most = 0;
    for end in 2..whole.len() {
        let imported = import("rows.jsonl.gz", &whole[..end]);
        discreet(&imported);
        assert!(lines.starts_with(&imported.items), "{end}");
        most = imported.items.len().max(most);
        match &imported.format {
            Ok(_) => assert!(imported.errors[0].why.contains("cut off"), "{end}: {:?}", errors(&imported)),
            Err(error) => assert!(matches!(error, ImportError::Gzip(Damage::Cut)), "{end}: {error}"),
        }
    }
    assert_eq!(most, 9, "without the checksum alone nothing is lost");
}

#[test]
fn a_packed_file_damaged_at_any_byte_is_reported_unless_the_same_comes_out() {
    let (whole, items) = (packed(rows(3)), import("rows.jsonl", rows(3)).items);
    // Of the ten bytes before the first block some may be anything: the time, the system.
    for at in 10..whole.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            let imported = import("rows.jsonl.gz", damaged);
            discreet(&imported);
            // Text that repeats itself may be copied from elsewhere in it.
            let same = imported.items == items;
            assert!(same || imported.format.is_err() || !imported.errors.is_empty(), "{at} {flip}");
        }
    }
}

#[test]
fn a_packed_file_that_unpacks_to_far_more_costs_what_is_behind_its_limit() {
    let spaces = " ".repeat(usize::try_from(8 * FREE_BYTES).unwrap());
    let imported = import("rows.jsonl.gz", packed(rows(2) + &spaces + &rows(1)));
    assert_eq!((imported.items.len(), imported.errors.len()), (2, 1));
    assert!(imported.errors[0].to_string().starts_with("line 3: expected a gzip file packed at most 100 times"));
    assert!(matches!(import("file", packed(spaces)).format, Err(ImportError::Gzip(Damage::Bomb))));
}

#[test]
fn an_archive_in_a_packed_file_is_not_taken_for_text() {
    let mut tar = b"conversations.json".to_vec();
    tar.resize(257, 0);
    tar.extend(b"ustar\x0000");
    for archive in [tar, b"PK\x03\x04\x14".to_vec(), packed(rows(1))] {
        assert!(matches!(import("file", packed(archive)).format, Err(ImportError::ArchiveInGzip)));
    }
    assert!(matches!(import("file", packed("")).format, Err(ImportError::Empty)));
}
