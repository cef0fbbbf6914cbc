//! Files that are damaged, mixed up or made to do harm: each item is reported by itself, the others are read, and
//! nothing of what it said is repeated.

use super::samples::samples;
use super::testing::{Imported, import, said, sound};
use super::{Format, ImportError, limits};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use zip::write::SimpleFileOptions;

/// What stands where something else is expected. It is never repeated.
const SECRET: &str = "ana@example.org";

pub(super) fn errors(imported: &Imported) -> Vec<String> {
    imported.errors.iter().map(ToString::to_string).collect()
}

/// That no error repeats what was in the file, nor sends the terminal anything but text.
pub(super) fn discreet(imported: &Imported) {
    let all = errors(imported).into_iter().chain(imported.format.as_ref().err().map(ToString::to_string));
    for error in all {
        assert!(!error.contains(SECRET) && !error.contains("tea"), "{error}");
        assert!(!error.contains(|c: char| c.is_control()), "{error:?}");
        assert!(tells(&error), "{error}");
    }
}

/// That an error says what was expected.
fn tells(error: &str) -> bool {
    error.contains("expected") || error.contains("unknown field; known here are")
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(list) => list.iter().enumerate().for_each(|(i, one)| places(one, &format!("{at}/{i}"), into)),
        Value::Object(object) => object.iter().for_each(|(key, one)| places(one, &format!("{at}/{key}"), into)),
        _ => {}
    }
}

/// A file of one item between two sound ones.
fn between(sound: &Value, item: &str) -> String {
    format!("[{sound},\n{item},\n{sound}]")
}

#[test]
fn a_wrong_type_in_any_field_costs_at_most_its_item() {
    let wrong = [
        json!(null),
        json!(true),
        json!(-7),
        json!(1.5),
        json!(SECRET),
        json!([]),
        json!({}),
        json!([SECRET]),
        json!({SECRET: SECRET}),
        json!([[{"role": SECRET, "type": SECRET, "text": 7}]]),
        json!(1e300),
    ];
    for (format, sample) in samples() {
        let alone = sound(format, sample.to_string()).len();
        let mut all = Vec::new();
        places(&sample, "", &mut all);
        for place in all {
            for value in &wrong {
                let mut item = sample.clone();
                *item.pointer_mut(&place).unwrap() = value.clone();
                let imported = import("file", between(&sample, &item.to_string()));
                assert_eq!(imported.format.as_ref().unwrap(), &format);
                assert!(imported.items.len() >= 2 * alone, "{format} with {value} at {place}");
                assert!(imported.errors.iter().all(|e| e.position.ends_with(" 2")), "{:?}", errors(&imported));
                discreet(&imported);
            }
        }
    }
}

#[test]
fn a_file_cut_anywhere_keeps_what_is_whole_and_names_the_item_that_is_not() {
    for (format, sample) in samples() {
        let (text, alone) = (sample.to_string(), sound(format, sample.to_string()).len());
        let (whole, lines) = (format!("[{text},\n{text}]"), format!("{text}\n{text}"));
        for behind in [1, 2, 3, text.len() / 2, text.len() - 1] {
            let imported = import("file", &whole[..whole.len() - behind]);
            // Without the last bracket both items are there.
            assert_eq!(imported.items.len(), if behind == 1 { 2 * alone } else { alone }, "{format}");
            assert_eq!(imported.errors.len(), 1);
            assert!(imported.errors[0].why.contains("the file is cut off: fetch it again"), "{:?}", errors(&imported));
            discreet(&imported);
            let imported = import("file", &lines[..lines.len() - behind]);
            assert_eq!((imported.items.len(), imported.errors.len()), (alone, 1), "{format}");
            assert_eq!(imported.errors[0].position, "line 2");
        }
    }
}

#[test]
fn an_item_in_another_encoding_costs_only_itself() {
    let row = |text: &str| format!(r#"{{"question":"{text}","answer":"4"}}"#).into_bytes();
    let mut latin1 = row("caf?");
    *latin1.iter_mut().find(|byte| **byte == b'?').unwrap() = 0xE9;
    for (separator, name, position) in [(&b"\n"[..], "file.jsonl", "line 2"), (b",", "file.json", "row 2")] {
        let mut file = [row("1"), latin1.clone(), row("é€")].join(separator);
        if separator == b"," {
            file = [b"[".as_slice(), &file, b"]"].concat();
        }
        let at = file.iter().position(|byte| *byte == 0xE9).unwrap();
        let imported = import(name, file);
        let expected = format!(
            "{position}: expected UTF-8, found something else at byte {at} (counted from 0); save or convert it as UTF-8"
        );
        assert_eq!((errors(&imported), imported.items.len()), (vec![expected], 2));
    }
}

#[test]
fn utf16_is_read_with_and_without_a_mark_and_half_a_pair_costs_its_item() {
    let row = |text: &str| json!({"question": text, "answer": "4"}).to_string();
    let text = [row("1 €"), row("X"), row("2 𝄞")].join("\n");
    for (mark, big) in [("\u{feff}", true), ("\u{feff}", false), ("", true), ("", false)] {
        let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
        let bytes = |units: &[u16]| {
            units.iter().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect::<Vec<_>>()
        };
        assert_eq!(sound(Format::QuestionAnswer, bytes(&units)).len(), 3);
        let halved: Vec<u16> = units.iter().map(|unit| if *unit == u16::from(b'X') { 0xD83D } else { *unit }).collect();
        let imported = import("file", bytes(&halved));
        assert_eq!(
            (imported.items.len(), imported.errors.len(), imported.errors[0].position.as_str()),
            (2, 1, "line 2")
        );
    }
}

#[test]
fn what_stands_between_items_is_reported_and_the_next_item_is_read() {
    let row = json!({"question": "1", "answer": "4"});
    for junk in [",,", " ", ", ana@example.org ,", "}", ",]", ": ,"] {
        let imported = import("file", format!("[{row}{junk}{row}]"));
        discreet(&imported);
        assert!(!imported.errors.is_empty(), "{junk}");
        assert_eq!(imported.items.len(), if junk == ",]" { 1 } else { 2 }, "{junk}: {:?}", errors(&imported));
    }
}

#[test]
fn an_item_that_is_huge_deep_or_of_too_many_values_costs_only_itself() {
    let row = json!({"question": "1", "answer": "4"});
    let deep = format!(r#"{{"question":{}"{SECRET}"{}}}"#, "[".repeat(1 << 20), "]".repeat(1 << 20));
    let wide = format!(r#"{{"question":[{}0]}}"#, "0,".repeat(limits::VALUES));
    let twice = format!(r#"{{"question":"1","question":"{SECRET}","answer":"4"}}"#);
    let huge = format!(r#"{{"question":"{}"}}"#, "x".repeat(limits::ELEMENT_BYTES));
    for (item, expected) in [
        (deep, "expected JSON, found a mistake (or over 127 levels of nesting) at line 2, column 139"),
        (wide, "expected at most 1048576 values in one item, found more; split the file"),
        (
            twice,
            "expected every field and every id once in its object, found one twice; readers differ in which they believe",
        ),
        (huge, "expected at most 32 MiB in one item, found more; split it"),
    ] {
        let imported = import("file", between(&row, &item));
        assert_eq!((errors(&imported), imported.items.len()), (vec![format!("row 2: {expected}")], 2));
        // As the first item it hides nothing of what follows.
        let first = import("file", format!("[{item},{row}]"));
        assert_eq!((first.errors.len(), first.items.len(), first.format.unwrap()), (1, 1, Format::QuestionAnswer));
    }
}

#[test]
fn a_circle_or_a_message_too_many_costs_only_its_chat() {
    // A branch of a million messages is larger than an item may be; this one is as long as fits.
    let mut long = r#"{"title":"x","current_node":"0","mapping":{"#.to_owned();
    let messages = 200_000;
    for n in 0..messages {
        let parent = if n + 1 < messages { format!("\"{}\"", n + 1) } else { "null".to_owned() };
        write!(long, r#""{n}":{{"parent":{parent},"message":null}}{}"#, if n + 1 < messages { "," } else { "}}" })
            .unwrap();
    }
    let (_, sample) = samples().remove(3);
    let mut circle = sample.clone();
    circle["mapping"]["root"]["parent"] = json!("b");
    let imported = import("file", format!("[{sample},{long},{circle},{sample}]"));
    let expected = [
        "chat 2: expected at most 65536 messages from the first to one of the last",
        "chat 3: expected a tree of messages, found a circle",
    ];
    assert_eq!((errors(&imported), imported.items.len()), (expected.map(str::to_owned).to_vec(), 2));
}

#[test]
fn a_million_single_messages_are_read_as_far_as_memory_is_meant_for() {
    let mut file = String::new();
    for n in 0..1_000_000 {
        let parent = if n % 2 == 0 { "null".to_owned() } else { format!("\"{}\"", n - 1) };
        let role = if n % 2 == 0 { "prompter" } else { "assistant" };
        writeln!(file, r#"{{"message_id":"{n}","parent_id":{parent},"role":"{role}","text":"tea"}}"#).unwrap();
    }
    let imported = import("file", file);
    assert_eq!(imported.items.len(), limits::FLAT_MESSAGES / 2);
    let expected = "line 500001: expected at most 500000 single messages in one file, found more; split the file";
    assert_eq!(errors(&imported).last().map(String::as_str), Some(expected));
    assert!(said(&imported.items[7]).len() == 2 && imported.errors.len() <= 2);
}

#[test]
fn ids_that_stand_twice_cost_their_item() {
    for (format, sample) in samples() {
        let text = sample.to_string();
        let twice = match format {
            Format::Claude => text.replacen(r#""uuid":"2""#, r#""uuid":"1""#, 1),
            Format::LibreChat => text.replacen(r#""messageId":"2""#, r#""messageId":"1""#, 1),
            Format::ChatGpt => text.replacen(r#""a":{"#, r#""b":{"#, 1),
            Format::OpenWebUi | Format::OpenWebUiFeedback => text.replacen(r#""3":{"#, r#""2":{"#, 1),
            _ => continue,
        };
        assert_ne!(twice, text);
        let imported = import("file", between(&sample, &twice));
        assert_eq!(imported.errors.len(), 1, "{format}: {:?}", errors(&imported));
        assert!(imported.errors[0].why.contains("twice"), "{format}: {:?}", errors(&imported));
    }
}

/// A chat of Open WebUI in which `answers` messages in a row are answered twice, and judged.
fn judged_at_every_step(answers: usize, text: &str) -> String {
    let mut messages = serde_json::Map::new();
    for n in 0..answers {
        let parent = if n > 0 { json!(format!("a{}", n - 1)) } else { json!("q") };
        for (id, rating) in [(format!("a{n}"), 1), (format!("b{n}"), -1)] {
            let answer =
                json!({"parentId": parent, "role": "assistant", "content": text, "annotation": {"rating": rating}});
            messages.insert(id, answer);
        }
    }
    messages.insert("q".to_owned(), json!({"parentId": null, "role": "user", "content": text}));
    json!({"title": "x", "history": {"currentId": format!("a{}", answers - 1), "messages": messages}}).to_string()
}

#[test]
fn one_item_gives_no_more_pairs_than_it_may() {
    // A chat of half a MiB, whose pairs repeat what came before: together they would be 500 MiB.
    let chat = judged_at_every_step(2000, &"x".repeat(256));
    let imported = import("file", format!("[{chat},{chat}]"));
    let expected = "expected at most 1024 preference pairs, of 16 MiB together, found more; the first ones are read";
    assert_eq!(errors(&imported), [format!("chat 1: {expected}"), format!("chat 2: {expected}")]);
    let bytes: usize = imported
        .items
        .iter()
        .map(|item| {
            let mut bytes = 0;
            item.content.map(&mut |text| bytes += text.len());
            bytes
        })
        .sum();
    assert!(bytes < 2 * (limits::PAIRS_BYTES + (1 << 20)), "{bytes}");
    assert_eq!(sound(Format::OpenWebUi, judged_at_every_step(1000, "x")).len(), 1001);
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn an_archive_cut_at_any_byte_gives_what_is_there_and_says_that_it_is_damaged() {
    let (_, chat) = samples().remove(3);
    let part = json!([chat, chat]).to_string();
    let zip = archive(&[
        ("user.json", b"{}"),
        ("conversations-000.json", part.as_bytes()),
        ("conversations-001.json", part.as_bytes()),
    ]);
    let mut most = 0;
    for end in 4..zip.len() {
        let imported = import("file.zip", &zip[..end]);
        discreet(&imported);
        most = imported.items.len().max(most);
        match &imported.format {
            Ok(_) => assert!(errors(&imported).iter().any(|e| e.contains("damaged")), "{end}: {:?}", errors(&imported)),
            Err(error) => {
                assert!(imported.items.is_empty() && matches!(error, ImportError::BrokenZip), "{end}: {error}")
            }
        }
    }
    assert_eq!(most, 4, "without the directory alone nothing is lost");
}

#[test]
fn an_archive_damaged_at_any_byte_is_no_crash_and_repeats_nothing() {
    let (_, chat) = samples().remove(3);
    let part = json!([chat]).to_string();
    let zip = archive(&[("conversations.json", part.as_bytes())]);
    for at in 0..zip.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut damaged = zip.clone();
            damaged[at] ^= flip;
            discreet(&import("file.zip", damaged));
        }
    }
}

#[test]
fn names_in_an_archive_may_be_anything_and_nothing_is_written() {
    let (_, chat) = samples().remove(3);
    let part = json!([chat]).to_string();
    let part = part.as_bytes();
    let zip = archive(&[
        ("../../conversations.json", part),
        ("/etc/conversations.json", part),
        ("\u{1b}[2J\u{202e}/conversations.json", part),
        ("conversations-\u{1b}[2J.json", part),
        ("conversations.json/", b""),
    ]);
    let imported = import("file.zip", zip);
    discreet(&imported);
    assert_eq!((imported.items.len(), imported.errors.len()), (3, 0));
}

#[test]
fn an_archive_that_unpacks_to_far_more_costs_only_that_part() {
    let (_, chat) = samples().remove(3);
    let part = json!([chat]).to_string();
    let bomb = format!("[{}", " ".repeat(8 << 20));
    let zip = archive(&[
        ("conversations-000.json", part.as_bytes()),
        ("conversations-001.json", bomb.as_bytes()),
        ("conversations-002.json", part.as_bytes()),
    ]);
    let imported = import("file.zip", zip);
    assert_eq!((imported.items.len(), imported.errors.len()), (2, 1));
    assert!(imported.errors[0].why.contains("packed at most 100 times"), "{:?}", errors(&imported));
}

#[test]
fn hostile_titles_and_texts_are_content_and_reach_no_error() {
    let hostile = serde_json::to_string("\u{1b}[2J\u{202e}../../etc/passwd\u{0}\u{7}").unwrap();
    for (format, sample) in samples() {
        let text = sample.to_string().replace("tea", hostile.trim_matches('"'));
        discreet(&import("file", &text));
        let imported = import("file", between(&sample, &text));
        assert_eq!(imported.format.as_ref().unwrap(), &format);
        discreet(&imported);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Bytes of every format changed, taken out, doubled: no crash, nothing repeated, and every item or error has a place.
    #[test]
    fn damage_of_any_kind_is_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..6)) {
        for (_, sample) in samples() {
            let pretty = serde_json::to_string_pretty(&sample).unwrap();
            for file in [format!("[{sample},{sample}]"), format!("{sample}\n{sample}\n"), pretty] {
                let mut bytes = file.into_bytes();
                for (at, byte, kind) in &changes {
                    let at = at.index(bytes.len());
                    match kind {
                        0 => bytes[at] = *byte,
                        1 => drop(bytes.drain(at..(at + 1 + usize::from(*byte)).min(bytes.len()))),
                        2 => bytes.insert(at, *byte),
                        _ => bytes.extend_from_within(at..),
                    }
                    if bytes.is_empty() {
                        bytes.push(*byte);
                    }
                }
                let imported = import("file", bytes);
                prop_assert!(imported.items.iter().all(|item| !item.position.is_empty()));
                for error in errors(&imported) {
                    prop_assert!(!error.contains("tea") && tells(&error), "{}", error);
                }
            }
        }
    }

    /// Any bytes at all.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), json in "[\\[{]\"?[\\[\\]{}\",:a-z0-9\\\\ \\n]{0,200}") {
        import("file", bytes);
        import("file.json", json);
    }
}
