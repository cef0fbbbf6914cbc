//! Finds the conversations in the zip archive that ChatGPT or Claude sends.
//!
//! Nothing is unpacked to the disk and no name in the archive is shown, so that names may be whatever they like.

use super::run::Run;
use super::stream::Source;
use super::{Format, ImportError, Sink, limits};
use std::io::{BufReader, Read, Seek};
use zip::ZipArchive;
use zip::read::{ZipFile, read_zipfile_from_stream};
use zip::result::ZipError;

/// Imports `conversations.json`, or the numbered parts that long histories come in. Of an archive that lost its end what
/// is there is read.
pub(super) fn read<F: Read + Seek>(mut file: F, sink: &mut Sink<'_>) -> Result<Format, ImportError> {
    let (mut run, mut left) = (Run::new(sink), limits::UNPACKED_BYTES);
    let mut archive = match ZipArchive::new(&mut file) {
        Ok(archive) => archive,
        Err(error) => {
            file.rewind()?;
            without_directory(file, &mut run, &mut left);
            run.ends(broken(error));
            return run.finish();
        }
    };
    let names = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()));
    let mut parts: Vec<String> = names.filter(|name| is_conversations(name)).collect();
    parts.sort();
    if parts.is_empty() {
        return Err(ImportError::NoConversations);
    }
    for name in parts {
        match archive.by_name(&name) {
            Ok(entry) => part(entry, &mut run, &mut left),
            Err(error) => run.ends(broken(error)),
        }
    }
    run.finish()
}

/// Reads the parts one after the other, by what stands before each.
fn without_directory(file: impl Read, run: &mut Run<'_, '_>, left: &mut u64) {
    let mut file = BufReader::new(file);
    while let Ok(Some(entry)) = read_zipfile_from_stream(&mut file) {
        if entry.name().is_ok_and(|name| is_conversations(&name)) {
            part(entry, run, left);
        }
    }
}

fn part<R: Read>(entry: ZipFile<'_, R>, run: &mut Run<'_, '_>, left: &mut u64) {
    let by_ratio = entry.compressed_size().saturating_mul(limits::UNPACKED_RATIO).max(limits::UNPACKED_FREE_BYTES);
    // What the archive declares is checked before anything is unpacked, and what comes out while it is.
    let allowed = by_ratio.min(*left);
    match left.checked_sub(entry.size()).filter(|_| entry.size() <= allowed) {
        Some(rest) => {
            *left = rest;
            run.text(Source::packed(entry, allowed), true);
        }
        None => run.ends(ImportError::ZipBomb),
    }
}

fn is_conversations(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    let middle = file.strip_prefix("conversations").and_then(|rest| rest.strip_suffix(".json"));
    middle.is_some_and(|m| m.is_empty() || m.starts_with('-') && m[1..].bytes().all(|b| b.is_ascii_digit()))
}

fn broken(error: ZipError) -> ImportError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            ImportError::EncryptedZip
        }
        _ => ImportError::BrokenZip,
    }
}
