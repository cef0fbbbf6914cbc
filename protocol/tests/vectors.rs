//! The committed vectors are those of the generator, the code says of each what it claims, and
//! every reason of rejection has one.

mod reading;
#[path = "../examples/vectors/mod.rs"]
mod vectors;

use commonwheel_protocol::bytes::{Cid, decode};
use data_encoding::HEXLOWER;
use reading::{REASONS, Read, read};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use vectors::tools::dag_json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The generator's files. They are made once: some of them take the core to say what it makes of them.
fn made() -> &'static BTreeMap<String, Vec<u8>> {
    static MADE: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    MADE.get_or_init(vectors::files)
}

/// The JSON files as they are committed, by name.
fn committed() -> Vec<(String, Value)> {
    let names = made().keys().filter(|name| name.ends_with(".json"));
    let read = |name: &String| {
        let bytes = std::fs::read(root().join("tests/vectors").join(name)).expect("the file is committed");
        (name.clone(), serde_json::from_slice(&bytes).expect("JSON"))
    };
    names.map(read).collect()
}

#[test]
fn committed_vectors_are_those_that_the_generator_makes() {
    let dir = root().join("tests/vectors");
    let regenerate = "run `cargo run -p commonwheel-protocol --example vectors` and look at what changed";
    for (name, made) in made() {
        let found = std::fs::read(dir.join(name)).unwrap_or_default();
        let same = match name.ends_with(".json") {
            true => serde_json::from_slice::<Value>(&found).ok() == serde_json::from_slice(made).ok(),
            false => found == *made,
        };
        assert!(same, "{name} differs; {regenerate}");
    }
    let known = made().len() + 1;
    let found = std::fs::read_dir(&dir).expect("the folder is there").count();
    assert_eq!(found, known, "expected the generator's files and README.md; {regenerate}");
}

#[test]
fn each_vector_is_accepted_or_refused_as_it_says() {
    let mut wrong = Vec::new();
    for (file, content) in committed() {
        let context = content.get("context").unwrap_or(&Value::Null);
        for vector in content.get("vectors").and_then(Value::as_array).into_iter().flatten() {
            let kind = vector.get("reads").unwrap_or(&content["reads"]).as_str().expect("what it is read as");
            if let Err(why) = check(kind, vector, context) {
                wrong.push(format!("{file}: {}: {why}", vector["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(kind: &str, vector: &Value, context: &Value) -> Result<(), String> {
    match (read(kind, vector, context), vector["valid"] == true) {
        (Ok(Read { facts }), true) => {
            for (name, expected) in vector["facts"].as_object().into_iter().flatten() {
                if facts.get(name) != Some(expected) {
                    return Err(format!("{name}: expected {expected}, found {:?}", facts.get(name)));
                }
            }
            check_block(vector)
        }
        (Err(found), false) if vector["reason"] == found => Ok(()),
        (Err(found), false) => Err(format!("expected {}, found {found}", vector["reason"])),
        (Err(found), true) => Err(format!("refused: {found}")),
        (Ok(_), false) => Err(format!("accepted; expected {}", vector["reason"])),
    }
}

/// That a block's id and value are as the vector says.
fn check_block(vector: &Value) -> Result<(), String> {
    let Some(cid) = vector.get("cid") else { return Ok(()) };
    let bytes = HEXLOWER.decode(vector["hex"].as_str().expect("hex").as_bytes()).expect("hex");
    let node = decode(&bytes).map_err(|error| error.to_string())?;
    if dag_json(&node) != vector["value"] || *cid != Cid::of_cbor(&bytes).to_string() {
        return Err("the block holds another value or has another id".into());
    }
    Ok(())
}

#[test]
fn every_reason_of_rejection_has_a_vector() {
    let mut seen = BTreeSet::new();
    let reason = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
    let outcome = |text: &str| if text.starts_with("field-") { reason(text) } else { text.to_owned() };
    for (_, content) in committed() {
        for vector in content["vectors"].as_array().into_iter().flatten() {
            seen.extend(vector["reason"].as_str().map(reason));
            seen.extend(vector["facts"]["outcome"].as_str().map(outcome));
        }
    }
    let expected: BTreeSet<_> = REASONS.into_iter().map(str::to_owned).collect();
    assert_eq!(seen, expected);
    let spec = std::fs::read_to_string(root().join("docs/SPEC.md")).expect("the specification");
    for reason in REASONS {
        assert!(spec.contains(&format!("`{reason}`")), "docs/SPEC.md does not explain {reason}");
    }
}

#[test]
fn the_sample_archive_holds_what_its_index_says() {
    let archive = std::fs::read(root().join("tests/vectors/sample.car")).expect("the archive is committed");
    let (_, index) = committed().into_iter().find(|(name, _)| name == "car.json").expect("its index");
    let mut at = index["header_bytes"].as_u64().expect("a number") as usize;
    for section in index["sections"].as_array().expect("sections") {
        assert_eq!(section["offset"], at);
        let size = section["block_bytes"].as_u64().expect("a number") as usize;
        let prefix = if size + Cid::LEN < 0x80 { 1 } else { 2 };
        let cid = Cid::from_bytes(&archive[at + prefix..at + prefix + Cid::LEN]).expect("an id");
        at += prefix + Cid::LEN + size;
        assert_eq!(section["cid"], cid.to_string());
        assert!(cid.matches(&archive[at - size..at]));
    }
    assert_eq!(at, archive.len());
}

#[test]
fn each_cddl_block_of_the_specification_stands_in_the_cddl_file() {
    let spec = std::fs::read_to_string(root().join("docs/SPEC.md")).expect("the specification");
    let cddl = std::fs::read_to_string(root().join("docs/commonwheel.cddl")).expect("the CDDL file");
    let blocks: Vec<_> = spec.split("```cddl\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(rest)).collect();
    assert!(blocks.len() > 10, "found {} blocks", blocks.len());
    for block in blocks {
        assert!(cddl.contains(block), "docs/commonwheel.cddl lacks:\n{block}");
    }
}
