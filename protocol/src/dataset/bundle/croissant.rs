//! What `croissant.json` says of each file of rows: its record set.
//!
//! Source: the Croissant format specification 1.1. Every file of rows is a file object with its hash and has a record
//! set of its own: a reader checks the hash of a file object when it loads a record set from it, and those of a set of
//! files never; and only of one file it is known which columns are there.

use super::columns::{Columns, Form, Plain, form};
use crate::dataset::manifest::FileRows;
use crate::dataset::row::HEADER_COLUMNS;
use crate::dataset::split::CANARY;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The most files of rows that have a record set: each takes some 10 KB, and a reader in Python some 0.1 s.
const RECORD_SETS: usize = 256;

/// The record sets of the first files, with the fields of each: the columns of a header, and those of its bodies that
/// are as in bodies of known kinds.
pub fn record_sets(files: &[FileRows], columns: &BTreeMap<String, &Columns>) -> Vec<Value> {
    let set = |file: &FileRows| {
        let path = file.path.strip_prefix("data/").unwrap_or(&file.path);
        let mut fields = fields(columns.get(&file.path)?);
        fields.extend(file.split.is_some().then(|| field(CANARY, "sc:Text", false)));
        Some(json!({"id": path.strip_suffix(".jsonl").unwrap_or(path), "file": file, "fields": fields}))
    };
    files.iter().take(RECORD_SETS).filter_map(set).collect()
}

fn fields(columns: &Columns) -> Vec<Value> {
    let header = HEADER_COLUMNS.into_iter().map(|column| match column {
        "size_class" => field(column, "sc:Integer", false),
        "time" => field(column, "sc:DateTime", false),
        _ => field(column, "sc:Text", false),
    });
    let body = columns.known().filter(|(_, seen)| seen.fits).filter_map(|(column, _)| match form(column) {
        Form::One(plain) => Some(field(column, data_type(plain), false)),
        Form::Texts => Some(field(column, "sc:Text", true)),
        Form::Map(entries) => Some(parts(column, entries, false)),
        Form::Maps(entries) => Some(parts(column, entries, true)),
        Form::Other => None,
    });
    header.chain(body).collect()
}

fn field(name: &str, data_type: &str, list: bool) -> Value {
    json!({"name": name, "type": data_type, "list": list, "parts": []})
}

fn parts(name: &str, entries: &[(&str, Plain)], list: bool) -> Value {
    let parts: Vec<_> = entries.iter().map(|(key, plain)| json!({"name": key, "type": data_type(*plain)})).collect();
    json!({"name": name, "type": null, "list": list, "parts": parts})
}

fn data_type(plain: Plain) -> &'static str {
    match plain {
        Plain::Text => "sc:Text",
        Plain::Integer => "sc:Integer",
        Plain::Boolean => "sc:Boolean",
    }
}
