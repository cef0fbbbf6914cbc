//! What must hold of the importers for any bytes at all. `tests/fuzz/run.sh` builds and runs this.
#![no_main]

use commonwheel_protocol::limits;
use commonwheel_protocol::text::RawText;
use flate2::Compression;
use flate2::write::GzEncoder;
use fuzz::import::{Item, ItemError, read_from};
use libfuzzer_sys::fuzz_target;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;

fuzz_target!(|bytes: &[u8]| {
    for named_json in [false, true] {
        let imported = import(Cursor::new(bytes), named_json, usize::MAX);
        bounded(&imported, bytes);
        let first = import(Cursor::new(bytes), named_json, 1);
        assert_eq!(first.found, imported.found[..imported.found.len().min(1)], "and nothing after a break");
        // How much is lost before damage in an archive depends on how much of it is unpacked at once.
        if !archive(bytes) {
            assert_eq!(imported, import(Drip(Cursor::new(bytes)), named_json, usize::MAX), "however it is read");
            let packed = import(Cursor::new(packed(bytes)), named_json, usize::MAX);
            assert_eq!(imported, packed, "packed or not");
        }
    }
});

/// What an import gave.
#[derive(Debug, PartialEq)]
struct Imported {
    /// The name of the format, or the file's error.
    format: Result<&'static str, String>,
    found: Vec<Result<Item, ItemError>>,
}

/// Imports until `most` items or errors are there.
fn import<F: Read + Seek>(file: F, named_json: bool, most: usize) -> Imported {
    let mut found = Vec::new();
    let format = read_from(file, named_json, &mut |item| {
        found.push(item);
        if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    Imported { format: format.map(|format| format.name()).map_err(|error| error.to_string()), found }
}

/// Items fit in a body, and are no more than the file can hold; errors have a place, and are text.
fn bounded(imported: &Imported, bytes: &[u8]) {
    // A packed file may be a hundred times as large, and this is the least that is allowed to any.
    let content = if archive(bytes) { bytes.len().max(1 << 20) * 100 } else { bytes.len() };
    assert!(imported.found.len() <= content, "{} of {content} bytes", imported.found.len());
    assert!(imported.format.is_ok() || imported.found.is_empty(), "nothing comes out of a file without a format");
    let told = |error: &str| assert!(error.contains("expected") || error.contains("unknown field"), "{error:?}");
    imported.format.as_ref().err().into_iter().for_each(|error| told(error));
    for found in &imported.found {
        match found {
            Ok(item) => fits(item),
            Err(error) => {
                assert!(!error.position.is_empty() && !error.why.contains(char::is_control), "{error:?}");
                told(&error.why);
            }
        }
    }
}

fn fits(item: &Item) {
    let (mut texts, mut length) = (0, 0);
    item.content.map(&mut |text| {
        texts += 1;
        length += text.len();
    });
    assert!(!item.position.is_empty() && length <= limits::BODY_BYTES, "{} bytes at {}", length, item.position);
    // Beside the messages, an answer or two and a note.
    assert!(texts <= limits::MESSAGES + 4 * limits::ENTRIES, "{texts} texts at {}", item.position);
    let short = |text: &RawText| !text.is_empty() && text.len() <= limits::SHORT_TEXT_BYTES;
    assert!(item.tags.len() <= limits::TAGS && item.tags.iter().all(short), "tags at {}", item.position);
    assert!(item.title.iter().chain(&item.model).all(short), "title and model at {}", item.position);
    assert!(item.language.iter().all(|tag| tag.len() <= 35 && tag.is_ascii()), "language at {}", item.position);
}

/// Whether it starts like an archive.
fn archive(bytes: &[u8]) -> bool {
    let tar = bytes.get(257..262).is_some_and(|magic| magic == b"ustar");
    tar || bytes.starts_with(b"PK") || fuzz::gunzip::is_gzip(bytes)
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(bytes).expect("memory takes everything");
    gzip.finish().expect("memory takes everything")
}

/// A file that gives a few bytes at a time, so that what belongs together is cut.
struct Drip<'a>(Cursor<&'a [u8]>);

impl Read for Drip<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.0.position() % 7).expect("a small number") + 1;
        let room = into.len().min(most);
        self.0.read(&mut into[..room])
    }
}

impl Seek for Drip<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
