//! Files by other versions: what holds the same is taken as such, and what does not is found.

use super::tests::{canary, judged, open, read, rows};
use super::*;
use parquet::file::reader::FileReader;
use parquet::schema::parser::parse_message_type;
use serde_json::Value as Json;
use std::fs;
use tempfile::TempDir;

/// A file as another version might write it.
struct Other {
    properties: WriterProperties,
    /// When groups of rows end.
    group_bytes: usize,
}

impl Other {
    /// With its name, other pages, nothing packed, and a group of rows for each row.
    fn version(partition: &Partition) -> Self {
        let properties = properties(partition, &canary()).unwrap().into_builder();
        let properties = properties
            .set_created_by("commonwheel version 9.0.0 (build x)".to_owned())
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_data_page_size_limit(64)
            .set_compression(Compression::UNCOMPRESSED);
        Other { properties: properties.build(), group_bytes: 1 }
    }

    fn written(&self, text: &str, quality: impl Iterator<Item = QualityRow>) -> Vec<u8> {
        let schema = Arc::new(schema::schema().unwrap());
        let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(self.properties.clone())).unwrap();
        let (mut group, mut rows) = (Group::new(), Judged::new(text.as_bytes(), quality));
        while rows.push_next(&mut group).unwrap() {
            if group.held() >= self.group_bytes {
                group.write_to(&mut file).unwrap();
            }
        }
        group.write_to(&mut file).unwrap();
        file.into_inner().unwrap()
    }
}

/// What comparing these bytes with rows gives, in words where it differs.
fn compared(bytes: &[u8], text: &str, partition: &Partition) -> Result<Vec<String>, String> {
    let temp = TempDir::new().unwrap();
    let path = temp.path().join("file");
    fs::write(&path, bytes).unwrap();
    let found = compare(text.as_bytes(), text.len() as u64, (0..).map(judged), partition, &canary(), &path);
    found.map_err(|differs| differs.to_string())
}

/// The values of a file, as a reader gives them.
fn values(file: &[u8]) -> Vec<Json> {
    let columns = |row: parquet::record::Row| row.get_column_iter().map(|(_, field)| read(field)).collect();
    open(file).get_row_iter(None).unwrap().map(|row| columns(row.unwrap())).collect()
}

#[test]
fn other_bytes_with_the_same_values_are_the_same_whatever_pages_and_groups_they_lie_in() {
    for (partition, text) in rows() {
        let other = Other::version(&partition);
        let mut files = vec![other.written(&text, (0..).map(judged))];
        for group_bytes in [4_000, usize::MAX] {
            let properties = other.properties.clone().into_builder().set_dictionary_enabled(false);
            let properties = properties
                .set_encoding(Encoding::PLAIN)
                .set_column_encoding("quality_words".into(), Encoding::DELTA_BINARY_PACKED);
            let packed = properties.set_compression(Compression::ZSTD(ZstdLevel::try_new(9).unwrap())).build();
            files.push(Other { properties: packed, group_bytes }.written(&text, (0..).map(judged)));
        }
        for file in files {
            assert_eq!(compared(&file, &text, &partition), Ok(vec![]));
        }
    }
}

#[test]
fn one_value_more_less_or_other_is_found_and_its_column_named() {
    let (partition, text) = rows().into_iter().max_by_key(|(_, text)| text.len()).unwrap();
    let other = Other::version(&partition);
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    assert!(lines.len() > 2);
    let found = |text: &str, file: &[u8]| compared(file, text, &partition).unwrap_err();
    let named = |column: &str| format!("its column {column} is not what follows from the rows");
    for (from, to, column) in [
        ("\"A title\"", "\"A tìtle\"", "title"),
        ("\"content\":\"Which", "\"content\":\"which", "messages"),
        ("\"ünïcode", "\"unicode", "tags"),
        ("\"of_age\":true", "\"of_age\":false", "assurances"),
        ("\"email\":2", "\"email\":3", "redactions"),
        ("\"false_alarms\":1", "\"false_alarms\":2", "false_alarms"),
        ("\"language\":\"pt-BR\",", "", "language"),
        ("\"ext\":{\"x\":{", "\"ext\":{\"y\":{", "more"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(found(&text, &other.written(&changed, (0..).map(judged))), named(column));
    }
    let liar = |n: u32| QualityRow { words: judged(n).words + u32::from(n == 1), ..judged(n) };
    assert_eq!(found(&text, &other.written(&text, (0..).map(liar))), named("quality_words"));
    let fewer = lines[..lines.len() - 1].concat();
    assert!(found(&text, &other.written(&fewer, (0..).map(judged))).contains("fewer rows"));
    assert!(found(&fewer, &other.written(&text, (0..).map(judged))).contains("more rows"));
    let file = other.written(&text, (0..).map(judged));
    let others = rows().into_iter().find(|(one, _)| one.licence != partition.licence).unwrap().0;
    assert!(compared(&file, &text, &others).unwrap_err().contains("the licence of its rows"));
    // What readers pass over groups of rows by, in the description at the end.
    let least = file.windows(4).rposition(|bytes| bytes == b"chat" || bytes == b"exam").unwrap();
    let mut forged = file.clone();
    forged[least] = b'z';
    assert!(found(&text, &forged).contains("kind"), "{}", found(&text, &forged));
}

#[test]
fn columns_that_this_version_does_not_know_are_named_and_those_of_rows_must_be_there() {
    let (partition, text) = rows().swap_remove(0);
    let other = Other { group_bytes: usize::MAX, ..Other::version(&partition) };
    let file = other.written(&text, (0..).map(judged));
    // The same file under the description of another: a column has another name.
    let renamed = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let (mut renamed, from) = (file.clone(), from.as_bytes());
        while let Some(at) = renamed.windows(from.len()).position(|bytes| bytes == from) {
            renamed[at..at + from.len()].copy_from_slice(to.as_bytes());
        }
        compared(&renamed, &text, &partition)
    };
    assert_eq!(renamed("quality_words", "quality_wordz"), Ok(vec!["the column \"quality_wordz\"".to_owned()]));
    assert!(renamed("asks", "askz").unwrap_err().contains("it lacks the column asks"));
    assert!(renamed("prompt", "chosen").unwrap_err().contains("two of its columns have one name"));
    // Nothing but names of columns stands in a schema.
    let schema = parse_message_type("message row { required binary id (STRING); }").unwrap();
    let empty = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(other.properties.clone())).unwrap();
    assert!(compared(&empty.into_inner().unwrap(), &text, &partition).unwrap_err().contains("it lacks the column"));
}

#[test]
fn what_takes_unknown_room_to_decode_is_named_and_not_compared() {
    let (partition, text) = rows().swap_remove(0);
    let other = Other { group_bytes: usize::MAX, ..Other::version(&partition) };
    let written = |properties: parquet::file::properties::WriterPropertiesBuilder| {
        let other = Other { properties: properties.build(), ..other };
        compared(&other.written(&text, (0..).map(judged)), &text, &partition)
    };
    let properties = || other.properties.clone().into_builder();
    let laid_out = |encoding: &str| Ok(vec![format!("what is laid out as {encoding}")]);
    assert_eq!(written(properties().set_dictionary_enabled(false)), laid_out("DELTA_BYTE_ARRAY"));
    let lengths = properties().set_column_dictionary_enabled("kind".into(), false);
    let lengths = lengths.set_column_encoding("kind".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY);
    assert_eq!(written(lengths), laid_out("DELTA_LENGTH_BYTE_ARRAY"));
    // The other columns are compared all the same.
    let liar = |n: u32| QualityRow { words: judged(n).words + u32::from(n == 0), ..judged(n) };
    let other = Other { properties: properties().set_dictionary_enabled(false).build(), ..other };
    let found = compared(&other.written(&text, (0..).map(liar)), &text, &partition);
    assert!(found.unwrap_err().contains("quality_words"));
}

#[test]
fn very_many_names_or_long_ones_are_not_all_told() {
    let (partition, text) = rows().swap_remove(0);
    let other = Other { group_bytes: usize::MAX, ..Other::version(&partition) };
    let mut said = other.properties.key_value_metadata().unwrap().clone();
    said.extend((0..1_000).map(|n| KeyValue::new(format!("{n}{}", "\u{202e}".repeat(5_000)), None)));
    let properties = other.properties.clone().into_builder().set_key_value_metadata(Some(said)).build();
    let file = Other { properties, ..other }.written(&text, (0..).map(judged));
    let temp = TempDir::new().unwrap();
    let path = temp.path().join("file");
    fs::write(&path, &file).unwrap();
    // As if the rows were so long that such a description could be needed.
    let found = compare(text.as_bytes(), 64 * file.len() as u64, (0..).map(judged), &partition, &canary(), &path);
    let found = found.unwrap();
    assert_eq!((found.len(), found.last().unwrap().as_str()), (101, "\u{2026} and more"));
    assert!(found.iter().all(|what| what.len() < 1_000 && !what.contains('\u{202e}')), "{:?}", found[0]);
}

#[test]
fn a_writer_named_at_the_end_and_another_in_the_description_are_found() {
    let (partition, text) = rows().swap_remove(0);
    let file = Other::version(&partition).written(&text, (0..).map(judged));
    // The same name behind the description's end, where whoever looks for a writer finds it first.
    let name = b"commonwheel version 9.0.0 (build x)";
    let at = file.windows(name.len()).rposition(|window| window == name).unwrap();
    let mut forged = file.clone();
    forged[at] = b'C';
    assert!(compared(&forged, &text, &partition).unwrap_err().contains("another writer"));
}

#[test]
fn whatever_byte_is_another_it_is_found_or_no_reader_sees_it() {
    let (partition, text) = rows().into_iter().min_by_key(|(_, text)| text.len()).unwrap();
    let file = Other { group_bytes: usize::MAX, ..Other::version(&partition) }.written(&text, (0..).map(judged));
    let good = values(&file);
    let (mut found, mut unseen) = (0, 0);
    for at in (0..file.len()).step_by(7) {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 8);
        match compared(&changed, &text, &partition) {
            Err(_) => found += 1,
            Ok(unknown) if !unknown.is_empty() => found += 1,
            Ok(_) => {
                assert_eq!(values(&changed), good, "byte {at}");
                unseen += 1;
            }
        }
    }
    assert!(found > unseen, "{found} found, {unseen} unseen");
}
