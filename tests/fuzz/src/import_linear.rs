//! Whether the importers' work grows in proportion to the file, for files that are made to be hard; and what the fuzzer
//! begins with. Given a folder and a file, it writes an item of every format into the one and words into the other.
//!
//! An item of every format is made longer at each of its places; and pairs of pieces of syntax, repeated in turns and
//! one after the other, stand for a file and for each text of an item. Work is counted as in `linear.rs`.

mod work;

use fuzz::import::read_from;
use fuzz::sound::samples;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::{env, fs};
use work::{Growth, halves, turns};

/// Pieces that mean something to a reader.
const PIECES: [&str; 24] = [
    "\"", "\\", "\\\"", "\\ud83d", "\\n", "{", "[", "}", "]", ",", ":", " ", "\n", "0", "é", "tea", "{}", "[]", "User: ",
    "\\n\\nHuman: ", "\\n\\nAssistant: ", "<details type=\\\"tool_calls\\\" name=\\\"", "</details>", "&quot;",
];

fn main() {
    let folders: Vec<_> = env::args().skip(1).collect();
    if let [seeds, words] = &folders[..] {
        begin_with(seeds.as_ref(), words.as_ref());
    }
    let mut growth = Growth::new(|file: &str| {
        let mut given = 0;
        // An error is no failure here: whatever was tried has cost its work.
        let _ = read_from(Cursor::new(file), false, &mut |item| {
            if let Ok(item) = item {
                item.content.map(&mut |text| given += text.len());
            }
            ControlFlow::Continue(())
        });
        // A preference pair repeats the messages before it; limits say how much all pairs of an item may repeat.
        given
    });
    for (format, sample) in samples() {
        let mut places = Vec::new();
        find(&sample, "", &mut places);
        for place in &places {
            growth.see(&format!("{format} at {place}"), |bytes| grown(&sample, place, bytes));
        }
        let item = sample.to_string();
        growth.see(&format!("{format}, one a line"), |bytes| turns(&item, "\n", bytes));
        growth.see(&format!("{format}, in a list"), |bytes| format!("[{}", turns(&item, ",", bytes)));
    }
    for (a, b) in PIECES.iter().flat_map(|a| PIECES.iter().map(move |b| (*a, *b))) {
        for shape in [turns, halves] {
            growth.see(&format!("{a:?} and {b:?}"), |bytes| shape(a, b, bytes));
            for (format, sample) in samples() {
                let item = sample.to_string();
                let at = format!("{a:?} and {b:?} in {format}");
                growth.see(&at, |bytes| item.replacen("tea", &shape(a, b, bytes), 1));
            }
        }
    }
    growth.end();
}

/// Every list, object and text in a value, as JSON pointers.
fn find(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().enumerate().for_each(|(i, one)| find(one, &format!("{at}/{i}"), into)),
        Value::Object(object) => object.iter().for_each(|(key, one)| find(one, &format!("{at}/{key}"), into)),
        Value::String(_) => {}
        _ => return,
    }
    into.push(at.to_owned());
}

/// The item with what stands at a place again and again, until that has about so many bytes: elements of a list, texts,
/// entries of an object. A copy of an entry has names of its own, also where it speaks of another.
fn grown(sample: &Value, place: &str, bytes: usize) -> String {
    let mut item = sample.clone();
    let at = item.pointer_mut(place).expect("a place in the item");
    let times = bytes / at.to_string().len() + 1;
    match at {
        Value::Array(list) => *list = (0..times).flat_map(|_| list.clone()).collect(),
        Value::String(text) => *text = text.repeat(times),
        Value::Object(object) => {
            let names: BTreeSet<_> = object.keys().cloned().collect();
            let copies = (0..times).flat_map(|n| {
                object.iter().map(|(key, one)| (numbered(key, n), renamed(one, &names, n))).collect::<Vec<_>>()
            });
            *object = copies.collect();
        }
        _ => {}
    }
    item.to_string()
}

fn numbered(name: &str, n: usize) -> String {
    if n == 0 { name.to_owned() } else { format!("{name}.{n}") }
}

/// A value in which the names of its siblings are those of this copy. Each copy's first hangs below the one before it.
fn renamed(value: &Value, names: &BTreeSet<String>, n: usize) -> Value {
    match value {
        Value::String(text) if names.contains(text) => json!(numbered(text, n)),
        Value::Array(list) => list.iter().map(|one| renamed(one, names, n)).collect(),
        Value::Object(object) => {
            let entry = |(key, one): (&String, &Value)| match one {
                Value::Null if key.starts_with("parent") && n > 0 => {
                    (key.clone(), json!(numbered(names.last().expect("a sibling"), n - 1)))
                }
                one => (key.clone(), renamed(one, names, n)),
            };
            Value::Object(object.iter().map(entry).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Writes the fuzzer's first inputs, and its words in libFuzzer's format.
fn begin_with(seeds: &Path, words: &Path) {
    let (mut items, mut known) = (Vec::new(), BTreeSet::new());
    for (_, sample) in samples() {
        tokens(&sample, &mut known);
        items.push(format!("{sample}\n{sample}\n").into_bytes());
        items.push(format!("[{sample}, {sample}]").into_bytes());
    }
    let chat = samples().remove(3).1;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("conversations.json", zip::write::SimpleFileOptions::default()).expect("a file in memory");
    zip.write_all(json!([chat]).to_string().as_bytes()).expect("a file in memory");
    items.push(zip.finish().expect("a file in memory").into_inner());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(chat.to_string().as_bytes()).expect("a file in memory");
    items.push(gzip.finish().expect("a file in memory"));
    items.push("\u{feff}User: tea?\nAssistant: tea.\n".encode_utf16().flat_map(u16::to_le_bytes).collect());
    items.push(b"User: tea?\n\n**ChatGPT said:** tea.\n".to_vec());
    for (n, item) in items.iter().enumerate() {
        fs::write(seeds.join(format!("item-{n}")), item).expect("the folder can be written");
    }
    let escaped = known.iter().map(String::as_str).chain(PIECES).map(|word| {
        let bytes = word.bytes().map(|byte| format!("\\x{byte:02x}"));
        format!("\"{}\"\n", bytes.collect::<String>())
    });
    fs::write(words, escaped.collect::<String>()).expect("the file can be written");
}

/// Every name and text as it stands in JSON.
fn tokens(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| tokens(one, into)),
        Value::Object(object) => object.iter().for_each(|(key, one)| {
            into.insert(format!("{}:", json!(key)));
            tokens(one, into);
        }),
        other => drop(into.insert(other.to_string())),
    }
}
