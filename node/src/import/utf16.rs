//! UTF-16 as UTF-8, while it is read.

use std::io::Read;

/// The text of `inner` as UTF-8. What is no character becomes a byte that UTF-8 never has, so that whoever reads the item
/// around it finds out, and no other item suffers.
pub(super) struct Utf16<R> {
    inner: R,
    big_endian: bool,
    /// What was read and is not yet translated: never more than a few bytes after a read.
    raw: Vec<u8>,
    /// What is translated, and how much of it was handed out.
    text: Vec<u8>,
    given: usize,
}

/// Stands for half a pair, and for half a unit at the end.
const NO_CHARACTER: u8 = 0xFF;

impl<R: Read> Utf16<R> {
    /// The text of which `begun` was read before.
    pub fn new(inner: R, big_endian: bool, begun: Vec<u8>) -> Self {
        Utf16 { inner, big_endian, raw: begun, text: Vec::new(), given: 0 }
    }

    /// Translates what is there; at the end also what is left over.
    fn translate(&mut self, ended: bool) {
        let unit = |pair: &[u8]| match (self.big_endian, pair) {
            (true, [a, b]) => u16::from_be_bytes([*a, *b]),
            (_, [a, b]) => u16::from_le_bytes([*a, *b]),
            _ => 0,
        };
        let mut whole = self.raw.len() / 2 * 2;
        // The first half of a pair waits for the second.
        if !ended && whole > 0 && (0xD800..0xDC00).contains(&unit(&self.raw[whole - 2..whole])) {
            whole -= 2;
        }
        let mut utf8 = [0; 4];
        for decoded in char::decode_utf16(self.raw[..whole].chunks_exact(2).map(unit)) {
            match decoded {
                Ok(c) => self.text.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes()),
                Err(_) => self.text.push(NO_CHARACTER),
            }
        }
        self.raw.drain(..whole);
        if ended && !self.raw.is_empty() {
            self.raw.clear();
            self.text.push(NO_CHARACTER);
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let mut chunk = [0; 8192];
        while self.given == self.text.len() {
            self.text.clear();
            self.given = 0;
            let n = self.inner.read(&mut chunk)?;
            self.raw.extend_from_slice(&chunk[..n]);
            self.translate(n == 0);
            if n == 0 && self.text.is_empty() {
                return Ok(0);
            }
        }
        let n = into.len().min(self.text.len() - self.given);
        into[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], begun: usize) -> Vec<u8> {
        let mut text = Vec::new();
        Utf16::new(&bytes[begun..], false, bytes[..begun].to_vec()).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn characters_of_every_length_are_translated_wherever_reading_began() {
        let text = "aé€𝄞".repeat(5000);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for begun in 0..=9 {
            assert_eq!(read(&bytes, begun), text.as_bytes());
        }
    }

    #[test]
    fn what_is_no_character_is_no_utf8() {
        for bytes in [&[b'a', 0, 0x00, 0xD8, b'b', 0][..], &[b'a', 0, 0x00, 0xD8], &[b'a', 0, b'b'], &[0x00, 0xDC]] {
            let text = read(bytes, 0);
            assert_eq!(text.iter().filter(|byte| **byte == NO_CHARACTER).count(), 1);
        }
    }
}
