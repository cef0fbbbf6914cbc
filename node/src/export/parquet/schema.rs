//! What the columns are, for Parquet.

use commonwheel_protocol::dataset::QUALITY_COLUMNS;
use commonwheel_protocol::dataset::columns::{COLUMNS, Column, Field, Form, Kind};
use parquet::errors::ParquetError;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, Type};
use std::fmt::Write;

/// The columns of a file, in order: those of the rows, and those of what can be said of them.
pub fn columns() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().chain(&QUALITY_COLUMNS)
}

/// One sequence of values: a column, or a field of the maps in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Their type.
    pub kind: Kind,
    /// How many levels may be missing: 0 where every row has a value.
    pub most: i16,
    /// Whether a row may have several.
    pub repeated: bool,
}

/// The columns in Parquet's own words. Lists are written as its specification of nested types says.
pub fn schema() -> Result<Type, ParquetError> {
    parse_message_type(&message())
}

/// The leaves of a column, in order.
pub fn leaves(column: &Column) -> Vec<Leaf> {
    let of = |most: i16, repeated: bool| {
        let leaf = move |field: &Field| Leaf { kind: field.kind, most: most + i16::from(!field.required), repeated };
        column.form.fields().iter().map(leaf).collect()
    };
    match column.form {
        Form::One(kind) => vec![Leaf { kind, most: i16::from(!column.required), repeated: false }],
        Form::Time => vec![Leaf { kind: Kind::Int, most: i16::from(!column.required), repeated: false }],
        Form::More => vec![Leaf { kind: Kind::Text, most: 1, repeated: false }],
        Form::Texts => vec![Leaf { kind: Kind::Text, most: 2, repeated: true }],
        Form::Map(_) => of(1, false),
        Form::Maps(_) | Form::Counts(_) => of(2, true),
    }
}

/// The columns of hashes, keys and signatures: values in which nothing comes again, so that little effort finds as much.
pub fn drawn() -> impl Iterator<Item = ColumnPath> {
    const COLUMNS: [&str; 10] = [
        "id",
        "nonce",
        "revises",
        "corrects",
        "about_record",
        "body",
        "signature",
        "salt",
        "quality_duplicate_cluster",
        "quality_near_duplicate_cluster",
    ];
    COLUMNS.into_iter().map(path)
}

/// The leaves whose values seldom come again, so that a dictionary of them would only cost time.
pub fn plain() -> impl Iterator<Item = ColumnPath> {
    const TEXTS: [&str; 16] = [
        "title",
        "note",
        "prompt",
        "ideal",
        "chosen",
        "rejected",
        "corrected",
        "code",
        "tests",
        "source_text",
        "target_text",
        "about",
        "text",
        "messages.list.element.content",
        "criteria.list.element.note",
        "answers.list.element.answer",
    ];
    drawn().chain(TEXTS.into_iter().map(path))
}

fn path(name: &str) -> ColumnPath {
    ColumnPath::new(name.split('.').map(str::to_owned).collect())
}

fn message() -> String {
    let mut text = "message row {\n".to_owned();
    for Column { name, required, form, .. } in columns() {
        let rule = if *required { "required" } else { "optional" };
        // Writing to memory cannot fail.
        let _ = match form {
            Form::One(kind) => writeln!(text, "{rule} {};", typed(*kind, name)),
            Form::Time => writeln!(text, "{rule} int64 {name} (TIMESTAMP(MILLIS,true));"),
            Form::More => writeln!(text, "optional {};", typed(Kind::Text, name)),
            Form::Texts => writeln!(
                text,
                "optional group {name} (LIST) {{ repeated group list {{ required {}; }} }}",
                typed(Kind::Text, "element")
            ),
            Form::Map(fields) => writeln!(text, "optional group {name} {{ {}}}", group(fields)),
            Form::Maps(_) | Form::Counts(_) => writeln!(
                text,
                "optional group {name} (LIST) {{ repeated group list {{ required group element {{ {}}} }} }}",
                group(form.fields())
            ),
        };
    }
    text + "}"
}

fn group(fields: &[Field]) -> String {
    let one = |field: &Field| {
        let rule = if field.required { "required" } else { "optional" };
        format!("{rule} {}; ", typed(field.kind, field.name))
    };
    fields.iter().map(one).collect()
}

fn typed(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Text => format!("binary {name} (STRING)"),
        Kind::Int => format!("int64 {name}"),
        Kind::Bool => format!("boolean {name}"),
    }
}
