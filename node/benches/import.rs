//! How fast Open WebUI's JSON is read into items, without redaction, and in how much memory, beside `serde_json` on the
//! same bytes: `cargo bench -p commonwheel --bench import`. Add `-- --write docs/PERFORMANCE.md` to put the figures there.
#![allow(clippy::unwrap_used)]

use commonwheel_node::import::{self, Format};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

const CHATS: &str = include_str!("../assets/sample/conversations.jsonl");
/// The file that is timed, and the largest of which memory is measured.
const MEGABYTES: usize = 100;
const LARGEST: usize = 1000;
/// Rounds, in each of which all take their turn.
const ROUNDS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match &arguments[..] {
        [_, read, file, ..] if read == "--read" => return read_once(file.as_ref()),
        _ => {}
    }
    let folder = tempfile::tempdir().unwrap();
    let figures = [speed(folder.path()), memory(folder.path())].concat();
    print!("{figures}");
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        write_into(arguments[at + 1].as_ref(), &figures);
    }
}

fn speed(folder: &Path) -> String {
    let file = folder.join("chats.json");
    let (chats, messages) = synthetic(&file, MEGABYTES);
    let bytes = std::fs::read(&file).unwrap();
    type Reader<'a> = (&'static str, Box<dyn FnMut() + 'a>);
    let mut readers: [Reader; 3] = [
        ("Commonwheel: the file into items", Box::new(|| assert_eq!(items(&file), chats))),
        ("serde_json: the bytes into nothing (`IgnoredAny`)", Box::new(|| ignore(&bytes))),
        ("serde_json: each chat into a `Value`", Box::new(|| values(&bytes, chats))),
    ];
    let mut seconds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (times, (_, read)) in seconds.iter_mut().zip(&mut readers) {
            let begun = processor_s();
            read();
            times.push(processor_s() - begun);
        }
    }
    seconds.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let rate = |seconds: f64| bytes.len() as f64 / 1e6 / seconds;
    let median = |times: &[f64]| rate(times[times.len() / 2]);
    let own = median(&seconds[0]);
    let mut table = format!(
        "{} MB of {chats} chats with {messages} messages, each message twice as Open WebUI writes it:\n\n\
         | | MB/s | range | Commonwheel is | goal |\n|---|---|---|---|---|\n",
        bytes.len() / 1_000_000
    );
    for ((name, _), times) in readers.iter().zip(&seconds) {
        let goal = if times == &seconds[0] { "≥ 100 MB/s" } else { "" };
        let (slowest, fastest) = (rate(times[times.len() - 1]), rate(times[0]));
        let median = median(times);
        writeln!(table, "| {name} | {median:.0} | {slowest:.0} to {fastest:.0} | {:.2} × | {goal} |", own / median)
            .unwrap();
    }
    table
}

/// The most memory that a process of its own holds while it reads files of growing size.
fn memory(folder: &Path) -> String {
    let mut table = "\n| file | chats | peak memory |\n|---|---|---|\n".to_owned();
    for megabytes in [1, 10, 100, LARGEST] {
        let file = folder.join("growing.json");
        let (chats, _) = synthetic(&file, megabytes);
        let peak = Command::new(std::env::current_exe().unwrap()).arg("--read").arg(&file).output().unwrap();
        let peak_kib: f64 = String::from_utf8(peak.stdout).unwrap().trim().parse().unwrap();
        writeln!(table, "| {megabytes} MB | {chats} | {:.1} MiB |", peak_kib / 1024.0).unwrap();
        std::fs::remove_file(&file).unwrap();
    }
    table
}

fn read_once(file: &Path) {
    items(file);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("{}", peak.trim().trim_end_matches(" kB"));
}

fn items(file: &Path) -> usize {
    let mut count = 0;
    let format = import::read(file, &mut |item| {
        black_box(item.unwrap());
        count += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(format.unwrap(), Format::OpenWebUi);
    count
}

fn ignore(bytes: &[u8]) {
    serde_json::from_slice::<IgnoredAny>(black_box(bytes)).unwrap();
}

/// Each chat by itself, so that no more than one is held at a time: the file is one chat a line, between brackets.
fn values(bytes: &[u8], chats: usize) {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{"));
    let read =
        lines.map(|line| black_box(serde_json::from_slice::<Value>(line.strip_suffix(b",").unwrap_or(line)).unwrap()));
    assert_eq!(read.count(), chats);
}

/// Writes chats in the shape that Open WebUI 0.12 exports, at least so many megabytes, of the texts of the bundled
/// sample. Returns how many chats and messages there are.
fn synthetic(file: &Path, megabytes: usize) -> (usize, usize) {
    let mut file = BufWriter::new(std::fs::File::create(file).unwrap());
    let sample: Vec<Value> = CHATS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let talks: Vec<&Vec<Value>> = sample.iter().filter_map(|chat| chat["messages"].as_array()).collect();
    let (mut written, mut chats, mut messages) = (0, 0, 0);
    while written < megabytes * 1_000_000 {
        // Some chats are long: of one, two, four or eight conversations of the sample.
        let said = (0..1 << (chats % 4)).flat_map(|more| talks[(chats + more) % talks.len()].iter());
        let row = exported(chats, &said.collect::<Vec<_>>());
        let line = format!("{}{row}", if chats == 0 { "[\n" } else { ",\n" });
        file.write_all(line.as_bytes()).unwrap();
        (written, chats) = (written + line.len(), chats + 1);
        messages += row["chat"]["messages"].as_array().unwrap().len();
    }
    file.write_all(b"\n]\n").unwrap();
    file.flush().unwrap();
    (chats, messages)
}

fn exported(chat: usize, said: &[&Value]) -> Value {
    let id = |kind: u32, n: usize| format!("{kind:08x}-6e47-4dad-b29f-{chat:06x}{n:06x}");
    let message = |(n, one): (usize, &&Value)| {
        let mut message = json!({
            "id": id(1, n), "role": one["role"], "content": one["content"], "timestamp": 1_795_308_967,
            "parentId": n.checked_sub(1).map(|n| id(1, n)),
            "childrenIds": (n + 1 < said.len()).then(|| id(1, n + 1)).into_iter().collect::<Vec<_>>(),
            "user_id": id(2, 0),
        });
        if one["role"] == "user" {
            message["models"] = json!(["stub-1"]);
            message["user"] = json!({"id": id(2, 0), "name": "Ana"});
        } else {
            for (key, value) in [("model", json!("stub-1")), ("modelName", json!("stub-1")), ("modelIdx", json!(0))] {
                message[key] = value;
            }
            message["done"] = json!(true);
        }
        message
    };
    let list: Vec<Value> = said.iter().enumerate().map(message).collect();
    let tree: serde_json::Map<_, _> = list.iter().map(|m| (m["id"].as_str().unwrap().to_owned(), m.clone())).collect();
    json!({
        "id": id(3, 0), "user_id": id(2, 0), "title": "Sum", "updated_at": 1_795_308_967, "created_at": 1_795_308_967,
        "share_id": null, "archived": false, "pinned": false, "meta": {"tags": ["sums"]}, "folder_id": null,
        "current_message_id": id(1, said.len() - 1),
        "chat": {
            "id": "", "title": "Sum", "models": ["stub-1"], "params": {}, "tags": [], "timestamp": 1_795_308_967_000_i64,
            "history": {"messages": tree, "currentId": id(1, said.len() - 1)}, "messages": list,
        },
    })
}

/// Seconds that this thread has had a processor: other work on the machine does not count.
fn processor_s() -> f64 {
    let ran = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    ran.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// Puts the figures between the marks of a document.
fn write_into(document: &Path, figures: &str) {
    const MARKS: [&str; 2] = ["<!-- import -->\n", "<!-- /import -->\n"];
    let text = std::fs::read_to_string(document).unwrap();
    let (before, rest) = text.split_once(MARKS[0]).expect("a mark where the figures begin");
    let (_, behind) = rest.split_once(MARKS[1]).expect("a mark where they end");
    std::fs::write(document, [before, MARKS[0], "\n", figures, "\n", MARKS[1], behind].concat()).unwrap();
}
