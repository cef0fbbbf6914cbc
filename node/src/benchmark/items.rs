//! The items of a benchmark file, one by one, with the texts in each.

use super::texts::{Text, Texts};
use commonwheel_protocol::similar::Full;
use serde::de::DeserializeSeed;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// The longest line, in bytes.
pub const LINE_BYTES: usize = 64 << 20;

/// The sort of a file, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON value a line: an item each.
    Lines,
    /// One JSON value: each element of an array that lies in no other is an item.
    Json,
    /// A text a line: an item each.
    Text,
    /// Rows of fields between commas, quoted where need be, or between tabs, never quoted: an item each.
    Fields(u8),
}

/// What is found in a file.
pub enum Place<'a> {
    /// An item, before its texts or after.
    Item,
    /// A text of the item with this number.
    Text(u32, &'a str),
    /// An item that cannot be read, and why.
    Unread(u32, &'static str),
}

/// Why the rest of a file is not read.
#[derive(Debug)]
pub enum Stopped {
    /// There is no room for more.
    Full(Full),
    /// The system refused.
    Io(io::Error),
    /// One JSON value that is broken.
    Json { why: &'static str, line: usize, column: usize },
}

impl From<Full> for Stopped {
    fn from(full: Full) -> Self {
        Stopped::Full(full)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Stopped::Io(error)
    }
}

type Take<'a> = dyn FnMut(Place<'_>) -> Result<(), Full> + 'a;

impl Form {
    /// The form of a file with this name, or with this name without the end that a packed file has.
    pub fn of(path: &Path) -> Option<Form> {
        let path = match path.extension() {
            Some(end) if end.eq_ignore_ascii_case("gz") => Path::new(path.file_stem()?),
            _ => path,
        };
        match &path.extension()?.to_str()?.to_ascii_lowercase()[..] {
            "jsonl" | "ndjson" => Some(Form::Lines),
            "json" => Some(Form::Json),
            "txt" => Some(Form::Text),
            "csv" => Some(Form::Fields(b',')),
            "tsv" => Some(Form::Fields(b'\t')),
            _ => None,
        }
    }

    /// Hands out what is in a file, in order. Memory grows with its longest item, and with a longest text of one JSON
    /// value.
    ///
    /// # Errors
    /// What `take` says, or why the rest cannot be read.
    pub fn read(self, file: impl BufRead, take: &mut Take<'_>) -> Result<(), Stopped> {
        match self {
            Form::Lines => lines(file, take, &mut |number, line, take| {
                let mut texts = Vec::new();
                let mut parser = serde_json::Deserializer::from_str(line);
                let mut see = |text: Text<'_>| {
                    texts.extend(text.said().map(str::to_owned));
                    Ok(())
                };
                if Texts(&mut see).deserialize(&mut parser).and_then(|()| parser.end()).is_err() {
                    return take(Place::Unread(number, "expected a JSON value"));
                }
                take(Place::Item)?;
                texts.iter().try_for_each(|text| take(Place::Text(number, text)))
            }),
            Form::Text => lines(file, take, &mut |number, line, take| {
                take(Place::Item)?;
                take(Place::Text(number, line))
            }),
            Form::Json => value(file, take),
            Form::Fields(delimiter) => fields(file, delimiter, take),
        }
    }
}

/// Reads lines, numbered from 1. Blank ones are no items.
fn lines(
    mut file: impl BufRead,
    take: &mut Take<'_>,
    item: &mut dyn FnMut(u32, &str, &mut Take<'_>) -> Result<(), Full>,
) -> Result<(), Stopped> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if file.by_ref().take(LINE_BYTES as u64 + 1).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.len() > LINE_BYTES {
            take(Place::Unread(number, "expected a line of at most 64 MiB"))?;
            skip_line(&mut file)?;
            continue;
        }
        let text = if number == 1 { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line) } else { &line };
        match std::str::from_utf8(text) {
            Err(_) => take(Place::Unread(number, "expected UTF-8"))?,
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => item(number, text, take)?,
        }
    }
    Ok(())
}

fn skip_line(file: &mut impl BufRead) -> io::Result<()> {
    loop {
        let chunk = file.fill_buf()?;
        let (end, found) = match chunk.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (chunk.len(), chunk.is_empty()),
        };
        file.consume(end);
        if found {
            return Ok(());
        }
    }
}

/// Reads one JSON value to its end.
fn value(mut file: impl BufRead, take: &mut Take<'_>) -> Result<(), Stopped> {
    if file.fill_buf()?.starts_with("\u{feff}".as_bytes()) {
        file.consume(3);
    }
    let (mut number, mut full) = (0u32, None);
    let mut see = |text: Text<'_>| {
        let taken = match text {
            Text::Item => {
                number += 1;
                take(Place::Item)
            }
            // What stands in no array belongs to the item before it, or to the first.
            Text::Said(text) => take(Place::Text(number.max(1), text)),
        };
        taken.map_err(|error| full = Some(error))
    };
    let mut parser = serde_json::Deserializer::from_reader(file);
    let read = Texts(&mut see).deserialize(&mut parser).and_then(|()| parser.end());
    match (read, full) {
        (_, Some(full)) => Err(Stopped::Full(full)),
        (Ok(()), None) if number == 0 => Ok(take(Place::Item)?),
        (Ok(()), None) => Ok(()),
        (Err(error), None) => Err(match error.classify() {
            serde_json::error::Category::Io => Stopped::Io(error.into()),
            category => Stopped::Json {
                why: match category {
                    serde_json::error::Category::Eof => "it ends too early",
                    _ => "expected a JSON value, at most 128 deep and in UTF-8,",
                },
                line: error.line(),
                column: error.column(),
            },
        }),
    }
}

/// Reads rows of fields.
fn fields(file: impl BufRead, delimiter: u8, take: &mut Take<'_>) -> Result<(), Stopped> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(delimiter).quoting(delimiter == b',');
    let mut reader = reader.from_reader(file);
    let mut record = csv::ByteRecord::new();
    for number in 1.. {
        if !reader.read_byte_record(&mut record).map_err(io::Error::from)? {
            return Ok(());
        }
        let texts: Result<Vec<_>, _> = record.iter().map(std::str::from_utf8).collect();
        match texts {
            Err(_) => take(Place::Unread(number, "expected UTF-8"))?,
            Ok(texts) => {
                take(Place::Item)?;
                texts.into_iter().try_for_each(|text| take(Place::Text(number, text)))?;
            }
        }
    }
    Ok(())
}
