use super::schema::columns;
use super::*;
use crate::export::fixture::Commons;
use commonwheel_protocol::dataset::columns::{COLUMNS, Cell, Column, Field as MapField, Form, Kind, Value};
use commonwheel_protocol::dataset::{Month, Row, Split};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Preference;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::fs;
use tempfile::TempDir;

/// The rows of some community, file by file.
pub(super) fn rows() -> Vec<(Partition, String)> {
    let commons = Commons::named("columns");
    let (records, temp) = ([commons.records(), commons.talks()].concat(), TempDir::new().unwrap());
    let summary = commons.export(&commons.store(&records), &temp.path().join("out")).unwrap();
    let read = |path: &String| {
        let text = fs::read_to_string(summary.dir.join(path)).unwrap();
        (Row::read(text.lines().next().unwrap()).unwrap().partition().unwrap(), text)
    };
    summary.files.keys().map(read).collect()
}

fn written(partition: &Partition, rows: impl BufRead) -> Vec<u8> {
    let mut to = Vec::new();
    encode(rows, (0..).map(judged), partition, &canary(), &mut to, &mut || {}).unwrap();
    to
}

/// What could be said of a row, of each n something else.
pub(super) fn judged(n: u32) -> QualityRow {
    QualityRow {
        id: String::new(),
        licence: String::new(),
        preference: String::new(),
        duplicate_cluster: format!("bafyreiduplicate{n}"),
        duplicate_cluster_size: n % 3 + 1,
        near_duplicate_cluster: format!("bafyreinear{n}"),
        near_duplicate_cluster_size: n % 5 + 1,
        flags: n % 2,
        notes: n % 7,
        accepted_by: 3,
        validators: 4,
        reviewed: n.is_multiple_of(11),
        characters: n * 3,
        words: n,
        messages: n % 13,
        detected_language: ["en", "", "uk"][n as usize % 3].to_owned(),
        language_confidence: n % 101,
        rights_own: n.is_multiple_of(2),
        rights_model: n.is_multiple_of(3),
        rights_third_party: n.is_multiple_of(5),
    }
}

pub(super) fn open(file: &[u8]) -> SerializedFileReader<bytes::Bytes> {
    SerializedFileReader::new(bytes::Bytes::copy_from_slice(file)).unwrap()
}

/// A value as it was read, `null` where there is none.
pub(super) fn read(field: &Field) -> Json {
    match field {
        Field::Null => Json::Null,
        Field::Bool(value) => (*value).into(),
        Field::Long(value) | Field::TimestampMillis(value) => (*value).into(),
        Field::Str(text) => text.clone().into(),
        Field::Group(group) => group.get_column_iter().map(|(name, field)| (name.clone(), read(field))).collect(),
        Field::ListInternal(list) => list.elements().iter().map(read).collect(),
        other => panic!("no column has {other:?}"),
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.clone().into_owned().into(),
        Value::Int(value) => (*value).into(),
        Value::Bool(value) => (*value).into(),
    }
}

/// The same, from what was written.
fn wanted(form: Form, cell: &Cell) -> Json {
    let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, json);
    let map = |values: &[Option<Value>]| -> Json {
        form.fields()
            .iter()
            .zip(values)
            .map(|(field, one)| (field.name.to_owned(), value(one)))
            .collect::<Map<_, _>>()
            .into()
    };
    match (form, cell) {
        (_, Cell::None) => Json::Null,
        (_, Cell::One(value)) => json(value),
        (Form::Texts, Cell::Many(values)) => values.iter().map(value).collect(),
        (Form::Map(_), Cell::Many(values)) => map(values),
        (form, Cell::Many(values)) => values.chunks(form.fields().len()).map(map).collect(),
    }
}

pub(super) fn canary() -> Canary {
    Canary::of(&commonwheel_protocol::bytes::Cid::of_cbor(b"community"))
}

#[test]
fn every_value_reads_back_and_the_file_says_its_licence_and_its_preference() {
    let mut seen = 0;
    for (partition, text) in rows() {
        let reader = open(&written(&partition, text.as_bytes()));
        let about = reader.metadata().file_metadata();
        assert_eq!(about.created_by(), Some(WRITER));
        let said: Vec<_> =
            about.key_value_metadata().unwrap().iter().map(|one| (&one.key[..], one.value.clone().unwrap())).collect();
        let (licence, preference) = (partition.licence.to_string(), partition.preference.to_string());
        assert_eq!(said, [("format", FORMAT.to_owned()), ("licence", licence), ("preference", preference)]);
        for ((line, n), row) in text.lines().zip(0..).zip(reader.get_row_iter(None).unwrap()) {
            let row = row.unwrap();
            let found: Vec<_> = row.get_column_iter().map(|(name, field)| (name.clone(), read(field))).collect();
            let (cells, judged) = (cells(line).unwrap(), judged(n));
            let judged = judged.cells();
            let both = columns().zip(cells.iter().chain(&judged));
            let wanted = both.map(|(column, cell)| (column.name.to_owned(), wanted(column.form, cell)));
            assert_eq!(found, wanted.collect::<Vec<_>>());
            seen += 1;
        }
        assert_eq!(about.num_rows() as usize, text.lines().count());
    }
    assert_eq!(seen, 20);
}

/// A row of every column that there is, each n with other values.
fn full_row(n: usize) -> String {
    let one = |column: &Column| {
        let text = |name: &str| format!("{name} {n} \u{e9}\\n\\\"{}", "x".repeat(n % 50));
        let json = |kind: Kind, name: &str| match kind {
            Kind::Text => format!("\"{}\"", text(name)),
            Kind::Int => (n * 7).to_string(),
            Kind::Bool => n.is_multiple_of(2).to_string(),
        };
        let map = |fields: &[MapField]| {
            let entries = fields.iter().map(|field| format!("\"{}\":{}", field.name, json(field.kind, field.name)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        };
        let list = |one: String| format!("[{}]", vec![one; n % 3].join(","));
        let value = match column.form {
            Form::One(kind) => json(kind, column.of),
            Form::Time => format!("\"2027-01-15T{:02}:00:00Z\"", n % 24),
            Form::Texts => list(json(Kind::Text, column.of)),
            Form::Map(fields) => map(fields),
            Form::Maps(fields) => list(map(fields)),
            Form::Counts(_) => format!("{{\"email\":{n}}}"),
            Form::More => return format!("\"ext\":{{\"n\":{n}}}"),
        };
        format!("\"{}\":{value}", column.of)
    };
    format!("{{{}}}\n", COLUMNS.iter().map(one).collect::<Vec<_>>().join(","))
}

/// Whatever changes these bytes must change [`WRITER`] too, since exports that are out there say who wrote them; but the
/// format's name is in them, and a new one needs no new writer.
#[test]
fn the_bytes_of_a_version_are_what_they_were() {
    let (licence, preference) = (Licence::Cc0, Preference::read("train-ai=y").unwrap());
    let month = Month::of(1_800_000_000).unwrap();
    let partition = Partition { licence, preference, month, split: Split::Main };
    let text: String = (0..20_000).map(full_row).collect();
    let file = written(&partition, text.as_bytes());
    assert!(open(&file).num_row_groups() > 1);
    let found = data_encoding::HEXLOWER.encode(&Sha256::digest(&file));
    let writer = "commonwheel version 0.1.0 (build columns-3-parquet-60.1.0-zstd-1.5.7)";
    assert_eq!(
        (WRITER, FORMAT, &found[..]),
        (writer, "commonwheel-export/3", "98fe6ce87296ce33e670ca0c89ec58a2e08c6dd9c5b4ed0519f46f55afaeb192")
    );
}

#[test]
fn the_writer_names_the_versions_that_decide_about_its_bytes() {
    let lock: toml::Table = include_str!("../../../../Cargo.lock").parse().unwrap();
    let version = |name: &str| {
        let packages = lock["package"].as_array().unwrap();
        let found = packages.iter().find(|package| package["name"].as_str() == Some(name)).unwrap();
        found["version"].as_str().unwrap().to_owned()
    };
    let (ours, parquet, zstd) = (version("commonwheel"), version("parquet"), version("zstd-sys"));
    let zstd = zstd.split_once("+zstd.").unwrap().1;
    assert_eq!(WRITER, format!("commonwheel version {ours} (build columns-3-parquet-{parquet}-zstd-{zstd})"));
}

#[test]
fn groups_of_rows_are_bounded_and_follow_from_the_rows_alone() {
    let (partition, text) = rows().swap_remove(0);
    let many = text.repeat(50_000 / text.lines().count());
    let one = written(&partition, many.as_bytes());
    let other = written(&partition, io::BufReader::with_capacity(7, many.as_bytes()));
    assert!(one == other, "how much is read at once changes nothing");
    let reader = open(&one);
    let sizes: Vec<_> = reader.metadata().row_groups().iter().map(|group| group.total_byte_size()).collect();
    assert!(sizes.len() > 2 && sizes.iter().all(|size| *size <= GROUP_BYTES as i64), "{sizes:?}");
}

#[test]
fn memory_of_texts_is_used_by_the_next_group_and_not_kept_where_that_has_none() {
    let partition = rows().swap_remove(0).0;
    let properties = Arc::new(properties(&partition, &canary()).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema::schema().unwrap()), properties).unwrap();
    let (many, mut group) = ((0..2_000).map(full_row).collect::<String>(), Group::new());
    let mut take = |text: &str| {
        let mut rows = Judged::new(text.as_bytes(), (0..).map(judged));
        while rows.push_next(&mut group).unwrap() {}
        let room = group.room();
        group.write_to(&mut writer).unwrap();
        (room, group.room())
    };
    let (room, kept) = take(&many);
    assert!(kept > room / 2 && take(&many) == (kept, kept), "{kept} of {room}");
    take(&full_row(0));
    let (_, kept) = take(&full_row(0));
    assert!(kept < room / 100, "{kept} of {room}");
}

#[test]
fn what_is_no_row_is_told_with_its_line() {
    let (partition, text) = rows().swap_remove(0);
    for wrong in [&b"{}\n"[..], b"\n", b"\xff\n", text.trim_end().as_bytes()] {
        let all = [text.as_bytes(), wrong].concat();
        let error = encode(&all[..], (0..).map(judged), &partition, &canary(), Vec::new(), &mut || {}).unwrap_err();
        assert!(error.to_string().starts_with(&format!("line {} is not a row", text.lines().count() + 1)), "{error}");
    }
    let short = (0..).map(judged).take(text.lines().count() - 1);
    let error = encode(text.as_bytes(), short, &partition, &canary(), Vec::new(), &mut || {}).unwrap_err();
    assert!(matches!(error, EncodeError::Unjudged(line) if line == text.lines().count()), "{error}");
}
