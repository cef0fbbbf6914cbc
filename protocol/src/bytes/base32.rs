//! Bytes as text in the multibase `b`: base32 of RFC 4648 in lower case, without padding.

use data_encoding::{BASE32_NOPAD, Encoding};
use std::fmt;
use std::sync::LazyLock;

static LOWER: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = BASE32_NOPAD.specification();
    specification.symbols.make_ascii_lowercase();
    specification.encoding().expect("letters in lower case are as different as in upper case")
});

/// Writes bytes, after the letter `b`.
pub fn show(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // An id or a key is written in one piece, so that a text which becomes one asks for memory once.
    let (mut room, length) = ([b'b'; 64], 1 + LOWER.encode_len(bytes.len()));
    match room.get_mut(..length) {
        Some(text) => {
            LOWER.encode_mut(bytes, &mut text[1..]);
            f.write_str(std::str::from_utf8(text).map_err(|_| fmt::Error)?)
        }
        None => {
            f.write_str("b")?;
            LOWER.encode_write(bytes, f)
        }
    }
}

/// The bytes of a text; `None` when it is no such text.
pub fn read(text: &str) -> Option<Vec<u8>> {
    LOWER.decode(text.strip_prefix('b')?.as_bytes()).ok()
}
