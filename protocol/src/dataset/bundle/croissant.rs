//! What `croissant.json` says of rows: in which files they are, and what stands in these.
//!
//! Source: the Croissant format specification 1.1. A file of rows is a file object with its hash. As long as there are
//! few, each has a record set of its own: a reader checks the hash of a file object when it loads a record set from it,
//! and those of a set of files never; and only of one file it is known which columns are there. Where there are more, and
//! of files of columns, which are alike, a record set is of all files under one licence.

use super::columns::{self, Columns, Plain, form};
use crate::dataset::columns::{COLUMNS, Column, Field, Form, Kind};
use crate::dataset::manifest::{FileRows, Manifest, names};
use crate::dataset::partition::Partition;
use crate::dataset::quality::QUALITY_COLUMNS;
use crate::dataset::row::HEADER_COLUMNS;
use crate::dataset::split::CANARY;
use crate::dataset::views::View;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The most files of rows that have a record set each: such a set takes some 10 KB, and a reader in Python some 0.1 s.
const RECORD_SETS: usize = 256;

/// What is described besides single files.
#[derive(Debug, Default)]
pub struct Described {
    /// Files of columns, which have hashes too.
    pub columns: Vec<FileRows>,
    /// Sets of files by a pattern of their paths.
    pub file_sets: Vec<Value>,
    /// Rows, each set with the fields that they have.
    pub record_sets: Vec<Value>,
    /// Whether there are too many files of rows for a record set each.
    pub together: bool,
}

/// The files under one licence and on one side of the split: what is kept apart is no part of any other set.
#[derive(Debug, Default)]
struct Group {
    rows: usize,
    columns: Columns,
}

impl Described {
    /// What is said of the rows of an export, with the columns of those in each file.
    pub fn of(manifest: &Manifest, columns: &BTreeMap<Partition, Columns>) -> Described {
        let columns: BTreeMap<_, _> = columns.iter().map(|(one, columns)| (one.path(), columns)).collect();
        let view = manifest.views.iter().find(|view| view.format == View::Parquet.name());
        let mut described = Described {
            columns: view.map(|view| view.files.clone()).unwrap_or_default(),
            together: manifest.files.len() > RECORD_SETS,
            ..Described::default()
        };
        match described.together {
            true => {
                let fields = |group: &Group| fields(&group.columns);
                described.sets("", names::DATA, "jsonl", &manifest.files, &columns, &fields);
            }
            false => described.record_sets.extend(manifest.files.iter().filter_map(|file| of_file(file, &columns))),
        }
        let folder = format!("{}/{}", names::VIEWS, View::Parquet);
        let files = described.columns.clone();
        described.sets("parquet/", &folder, "parquet", &files, &columns, &|_| typed());
        described
    }

    /// Describes these files of a folder by a set for each licence, and one for what of it is kept apart.
    fn sets(
        &mut self,
        begin: &str,
        folder: &str,
        ending: &str,
        files: &[FileRows],
        columns: &BTreeMap<String, &Columns>,
        fields: &dyn Fn(&Group) -> Vec<Value>,
    ) {
        let mut groups = BTreeMap::<(&str, bool), Group>::new();
        for file in files {
            let group = groups.entry((&file.licence, file.split.is_some())).or_default();
            group.rows += file.rows;
            columns.get(&file.path).iter().for_each(|columns| group.columns.join(columns));
        }
        for ((licence, apart), group) in groups {
            let (side, month) = if apart { ("/evaluation", "????-??-evaluation") } else { ("", "????-??") };
            let id = format!("{folder}/licence={licence}{side}");
            let mut fields = fields(&group);
            fields.extend((apart && ending == "jsonl").then(canary));
            let includes = format!("{folder}/licence={licence}/*/{month}.{ending}");
            self.file_sets
                .push(json!({"id": id, "includes": includes, "ending": ending, "licence": licence, "apart": apart}));
            self.record_sets.push(json!({
                "id": format!("{begin}licence={licence}{side}"),
                "source": {"kind": "fileSet", "id": id},
                "rows": group.rows,
                "licence": licence,
                "preference": null,
                "apart": apart,
                "fields": fields,
            }));
        }
    }
}

/// The record set of one file of rows.
fn of_file(file: &FileRows, columns: &BTreeMap<String, &Columns>) -> Option<Value> {
    let path = file.path.strip_prefix("data/").unwrap_or(&file.path);
    let mut fields = fields(columns.get(&file.path)?);
    fields.extend(file.split.is_some().then(canary));
    Some(json!({
        "id": path.strip_suffix(".jsonl").unwrap_or(path),
        "source": {"kind": "fileObject", "id": file.path},
        "rows": file.rows,
        "licence": file.licence,
        "preference": file.preference,
        "apart": file.split.is_some(),
        "fields": fields,
    }))
}

/// The fields of rows: the columns of a header, and those of their bodies that are as in bodies of known kinds.
fn fields(columns: &Columns) -> Vec<Value> {
    let header = HEADER_COLUMNS.into_iter().map(|column| match column {
        "size_class" => field(column, "sc:Integer", false),
        "time" => field(column, "sc:DateTime", false),
        _ => field(column, "sc:Text", false),
    });
    let body = columns.known().filter(|(_, seen)| seen.fits).filter_map(|(column, _)| match form(column) {
        columns::Form::One(plain) => Some(field(column, data_type(plain), false)),
        columns::Form::Texts => Some(field(column, "sc:Text", true)),
        columns::Form::Map(entries) => Some(parts(column, entries.iter().map(of_plain), false)),
        columns::Form::Maps(entries) => Some(parts(column, entries.iter().map(of_plain), true)),
        columns::Form::Other => None,
    });
    header.chain(body).collect()
}

/// The fields of files of columns, which are the same in each.
fn typed() -> Vec<Value> {
    let one = |Column { name, form, .. }: &Column| match form {
        Form::One(kind) => field(name, kind_type(*kind), false),
        Form::Time => field(name, "sc:DateTime", false),
        Form::More => field(name, "sc:Text", false),
        Form::Texts => field(name, "sc:Text", true),
        Form::Map(_) => parts(name, form.fields().iter().map(of_kind), false),
        Form::Maps(_) | Form::Counts(_) => parts(name, form.fields().iter().map(of_kind), true),
    };
    COLUMNS.iter().chain(&QUALITY_COLUMNS).map(one).collect()
}

fn canary() -> Value {
    field(CANARY, "sc:Text", false)
}

fn field(name: &str, data_type: &str, list: bool) -> Value {
    json!({"name": name, "type": data_type, "list": list, "parts": []})
}

fn parts(name: &str, entries: impl Iterator<Item = (&'static str, &'static str)>, list: bool) -> Value {
    let parts: Vec<_> = entries.map(|(key, data_type)| json!({"name": key, "type": data_type})).collect();
    json!({"name": name, "type": null, "list": list, "parts": parts})
}

fn of_plain((key, plain): &(&'static str, Plain)) -> (&'static str, &'static str) {
    (key, data_type(*plain))
}

fn of_kind(field: &Field) -> (&'static str, &'static str) {
    (field.name, kind_type(field.kind))
}

fn data_type(plain: Plain) -> &'static str {
    match plain {
        Plain::Text => "sc:Text",
        Plain::Integer => "sc:Integer",
        Plain::Boolean => "sc:Boolean",
    }
}

fn kind_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "sc:Text",
        Kind::Int => "sc:Integer",
        Kind::Bool => "sc:Boolean",
    }
}
