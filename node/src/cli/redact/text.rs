//! Plain text: everything as it was, placeholders in the place of what was found.

use super::input::{CHUNK_BYTES, Text};
use commonwheel_protocol::redact::{Piece, Redactor, Stream};
use std::io::Write;

/// Redacts a text to `out`; gives back what did it.
///
/// # Errors
/// When the input is not UTF-8. Nothing of the stretch before the fault is written, since what the
/// fault cuts off cannot be judged.
pub(super) fn filter<'a>(mut text: Text, redactor: Redactor<'a>, out: &mut dyn Write) -> anyhow::Result<Redactor<'a>> {
    let mut stream = Stream::new(redactor);
    let mut written = Vec::with_capacity(4 * CHUNK_BYTES);
    while let Some(text) = text.next()? {
        stream.push(text, &mut |piece| append(&mut written, piece));
        out.write_all(&written)?;
        written.clear();
    }
    let redactor = stream.finish(&mut |piece| append(&mut written, piece));
    out.write_all(&written)?;
    out.flush()?;
    Ok(redactor)
}

fn append(written: &mut Vec<u8>, piece: Piece) {
    written.extend_from_slice(match piece {
        Piece::Plain(text) => text.as_bytes(),
        Piece::Hidden { placeholder, .. } => placeholder.as_bytes(),
    });
}
