//! Finds the conversations in the zip archive that ChatGPT sends.

use super::run::Run;
use super::stream::Source;
use super::{Format, ImportError, Sink, limits};
use std::fs::File;
use zip::ZipArchive;
use zip::result::ZipError;

/// Imports `conversations.json`, or the numbered parts that long histories come in.
pub(super) fn read(file: File, sink: &mut Sink<'_>) -> Result<Format, ImportError> {
    let mut archive = ZipArchive::new(file).map_err(broken)?;
    let names: Result<Vec<_>, _> = archive.file_names().map(|n| n.map(|n| n.into_owned())).collect();
    let mut parts: Vec<String> = names.map_err(broken)?.into_iter().filter(|n| is_conversations(n)).collect();
    parts.sort();
    if parts.is_empty() {
        return Err(ImportError::NoConversations);
    }
    let mut run = Run::new(sink);
    let mut left = limits::UNPACKED_BYTES;
    for name in parts {
        let entry = archive.by_name(&name).map_err(broken)?;
        let by_ratio = entry.compressed_size().saturating_mul(limits::UNPACKED_RATIO).max(limits::UNPACKED_FREE_BYTES);
        // What the archive declares is checked before anything is unpacked, and what comes out while it is.
        let allowed = left.min(by_ratio);
        left = left.checked_sub(entry.size()).filter(|_| entry.size() <= allowed).ok_or(ImportError::ZipBomb)?;
        Source::new(entry, allowed).and_then(|mut source| run.text(&mut source, true)).map_err(|e| match e {
            ImportError::Io(_) => ImportError::BrokenZip,
            other => other,
        })?;
    }
    run.finish()
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
