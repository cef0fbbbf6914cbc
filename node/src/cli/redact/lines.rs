//! JSON Lines: a text in, its redaction out, line by line.

use super::input::{CHUNK_BYTES, Input};
use super::summary::Summary;
use crate::import::limits::LINE_BYTES;
use anyhow::bail;
use commonwheel_protocol::redact::{Mark, Redactor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::error::Category;
use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read, Write};
use zeroize::Zeroizing;

/// A line that is read. Other fields are passed over.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

/// A line that is written.
#[derive(Serialize)]
struct Redacted<'a> {
    redacted: &'a str,
    #[serde(serialize_with = "spans")]
    spans: &'a [Mark],
    quarantine: bool,
}

#[derive(Serialize)]
struct Span {
    start: usize,
    end: usize,
    kind: &'static str,
    confidence: u8,
}

/// Redacts each line of an input, in order, each as a record of its own with a `new` redactor.
///
/// # Errors
/// At the first line that holds no text; what comes before it has been written.
pub(super) fn filter<'a>(
    Input { name, reader }: Input,
    new: &dyn Fn() -> Redactor<'a>,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let mut input = BufReader::with_capacity(CHUNK_BYTES, reader);
    let mut out = io::stdout().lock();
    let (mut written, mut redacted, mut marks) = (Vec::new(), String::new(), Vec::new());
    let mut line = Zeroizing::new(Vec::new());
    let mut number = 0;
    let ended = loop {
        // Whoever waits for an answer before the next question gets it.
        if written.len() >= CHUNK_BYTES || input.buffer().is_empty() {
            out.write_all(&written)?;
            out.flush()?;
            written.clear();
        }
        line.clear();
        number += 1;
        match next_line(&mut input, &mut line) {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
        let text = match text_of(&line) {
            Ok(text) => text,
            Err(error) => break Err(error),
        };
        let mut redactor = new();
        redacted.clear();
        marks.clear();
        redactor.redact_into(&text, &mut redacted, &mut marks);
        let row = Redacted { redacted: &redacted, spans: &marks, quarantine: redactor.quarantine() };
        serde_json::to_writer(&mut written, &row)?;
        written.push(b'\n');
        summary.add(&redactor);
    };
    out.write_all(&written)?;
    out.flush()?;
    match ended {
        Ok(()) => Ok(()),
        Err(error) => bail!(
            "{name}, line {number}: {error}\nHint: mend that line; what comes before it is written, and nothing else"
        ),
    }
}

/// Reads a line; false at the end of the input.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool, String> {
    let read = input.take(LINE_BYTES as u64 + 1).read_until(b'\n', line).map_err(|error| error.to_string())?;
    if line.len() > LINE_BYTES {
        return Err(format!("expected a line of at most {} MiB, found a longer one", LINE_BYTES >> 20));
    }
    Ok(read > 0)
}

/// The text in a line; else what is wrong with it, without a word of what it says.
fn text_of(line: &[u8]) -> Result<Cow<'_, str>, String> {
    let expected = |found: String| Err(format!("expected {{\"text\": \"…\"}} in UTF-8, found {found}"));
    match (serde_json::from_slice::<Line>(line), line.trim_ascii().first()) {
        (_, None) => expected("an empty line".to_owned()),
        (Ok(line), Some(b'{')) => Ok(line.text),
        (Err(error), Some(b'{')) => match error.classify() {
            Category::Eof => expected("an object that does not end".to_owned()),
            Category::Data => expected(format!("no single string named \"text\", at column {}", error.column())),
            _ => expected(format!("what is no JSON at column {}", error.column())),
        },
        _ => expected("no object".to_owned()),
    }
}

fn spans<S: Serializer>(marks: &[Mark], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(marks.iter().map(|mark| Span {
        start: mark.original.start,
        end: mark.original.end,
        kind: mark.kind.as_str(),
        confidence: mark.confidence,
    }))
}
