//! Who wrote a file of Parquet, told from its last bytes without decoding it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of a file's end is read. The name of the writer stands behind all that grows with the rows.
const END_BYTES: u64 = 4096;
/// What every version of this program begins its name with.
const OURS: &[u8] = b"commonwheel version ";

/// What a file says of its writer, if that is a version of this program. It is a claim and no proof.
///
/// # Errors
/// When the file cannot be read.
pub fn written_by(path: &Path) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES)))?;
    let mut end = Vec::new();
    file.take(END_BYTES).read_to_end(&mut end)?;
    Ok(named_in(&end))
}

/// A text in the footer stands behind its length, which is below 128 and so one byte.
fn named_in(end: &[u8]) -> Option<String> {
    let at = end.windows(OURS.len()).rposition(|window| window == OURS)?;
    let length = usize::from(*end.get(at.checked_sub(1)?)?);
    let name = std::str::from_utf8(end.get(at..at + length)?).ok()?;
    name.chars().all(|char| char.is_ascii_graphic() || char == ' ').then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_is_told_from_the_end_of_any_bytes() {
        let name = "commonwheel version 9.0.0 (build x)";
        let named = |length: u8, text: &str| [b"PAR1\x28", &[length][..], text.as_bytes(), b"\x1cPAR1"].concat();
        assert_eq!(named_in(&named(name.len() as u8, name)).as_deref(), Some(name));
        for wrong in [&b""[..], b"PAR1", OURS, &named(255, name), &named(24, "commonwheel version \u{1b}[2J")] {
            assert_eq!(named_in(wrong), None);
        }
    }
}
