//! What people share, and what lies on a disk.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The bundled sample.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sample").join(name)
}

/// Chats in JSON Lines, no two alike, without personal data.
pub fn chats(topic: &str, count: usize) -> String {
    let chat = |n: usize| {
        let question = format!("How do I mend {topic} of the kind that is called {}?", word(n));
        let answer = format!("Take your time. With {topic} called {} it is mostly patience and glue.", word(n));
        let turn = |role: &str, content: String| json!({ "role": role, "content": content });
        json!({ "messages": [turn("user", question), turn("assistant", answer)] }).to_string() + "\n"
    };
    (0..count).map(chat).collect()
}

/// A made-up word for each number; digits would look like telephone numbers.
fn word(n: usize) -> String {
    const SYLLABLES: [&str; 10] = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru"];
    n.to_string().bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect()
}

/// Every file below a folder, by its path from there.
pub fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path().strip_prefix(root).unwrap().to_owned();
                files.insert(path, fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

/// Whether the bytes hold the text.
pub fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// The values of personal data that were planted in the sample.
pub fn planted() -> Vec<String> {
    let planted: Vec<Value> = serde_json::from_slice(&fs::read(sample("planted.json")).unwrap()).unwrap();
    let mut values: Vec<_> = planted.iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect();
    values.sort();
    values.dedup();
    values
}

/// A file's bytes as a search should see them: what it holds in base64 is opened too.
pub fn opened(bytes: &[u8]) -> Vec<u8> {
    let inner = serde_json::from_slice::<Value>(bytes).ok();
    let body = inner.and_then(|value| data_encoding::BASE64.decode(value["body"].as_str()?.as_bytes()).ok());
    [bytes, &body.unwrap_or_default()].concat()
}
