//! Reads a file piece by piece: lines or JSON values, each within a limit.
//!
//! JSON values are cut out of the stream by counting brackets and parsed one at a time afterwards, and so is checked
//! that they are UTF-8. So one that is too large, too deep, malformed or in another encoding costs only itself; a parser
//! that reads the whole array has to give up there.

use super::utf16::Utf16;
use super::{ImportError, limits};
use crate::gunzip::Damage;
use memchr::{memchr, memchr_iter, memchr2, memrchr};
use std::io::{ErrorKind, Read};

/// Bytes, read in chunks, with the place of the next one.
pub(super) struct Source<R> {
    inner: Input<R>,
    buffer: Vec<u8>,
    /// Where the unread bytes are in `buffer`.
    start: usize,
    end: usize,
    /// How many more bytes may be read; none is an archive's unless that is limited.
    allowed: Option<u64>,
    /// What went wrong while looking ahead.
    failed: Option<ImportError>,
    /// The place of the next byte.
    pub place: Place,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1.
    pub line: u64,
    /// From 1, in bytes.
    pub column: u64,
    /// In bytes, from 0.
    pub byte: u64,
}

enum Input<R> {
    Plain(R),
    Utf16(Utf16<R>),
}

impl<R: Read> Input<R> {
    /// The same, of which `begun` was read before, as UTF-16.
    fn utf16(self, big_endian: bool, begun: Vec<u8>) -> Self {
        match self {
            Input::Plain(inner) => Input::Utf16(Utf16::new(inner, big_endian, begun)),
            utf16 => utf16,
        }
    }
}

/// Whether a line or a JSON value is there as a whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// All of it.
    Whole,
    /// It is larger than the limit; the source stands somewhere inside it.
    TooLarge,
}

impl<R: Read> Source<R> {
    /// A source at the start of a file, behind a byte order mark if there is one. UTF-16 is read as UTF-8.
    pub fn new(inner: R) -> Result<Self, ImportError> {
        Source::within(inner, None)
    }

    /// A source at the start of an archive's file, where more than `allowed` bytes are an [`ImportError::ZipBomb`], and
    /// what cannot be read is an [`ImportError::BrokenZip`].
    pub fn packed(inner: R, allowed: u64) -> Result<Self, ImportError> {
        Source::within(inner, Some(allowed))
    }

    fn within(inner: R, allowed: Option<u64>) -> Result<Self, ImportError> {
        let (buffer, place) = (vec![0; limits::CHUNK_BYTES], Place { line: 1, column: 1, byte: 0 });
        let mut source = Source { inner: Input::Plain(inner), buffer, start: 0, end: 0, allowed, failed: None, place };
        while source.end < 4 && source.fill()? > 0 {}
        let big_endian = match &source.buffer[..source.end] {
            [0xFF, 0xFE, ..] => Some(false),
            [0xFE, 0xFF, ..] => Some(true),
            // Without a mark, a first character below U+0100 still shows: one of its bytes is zero.
            [0, b, ..] if *b != 0 => Some(true),
            [b, 0, ..] if *b != 0 => Some(false),
            _ => None,
        };
        if let Some(big_endian) = big_endian {
            let begun = source.buffer[..source.end].to_vec();
            source = Source { inner: source.inner.utf16(big_endian, begun), end: 0, ..source };
            while source.end < 4 && source.fill()? > 0 {}
        }
        if source.buffer[..source.end].starts_with("\u{feff}".as_bytes()) {
            source.start = 3;
            source.place.byte = 3;
        }
        Ok(source)
    }

    /// The next bytes, without consuming them; none at the end.
    pub fn chunk(&mut self) -> Result<&[u8], ImportError> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// The next bytes, without consuming them: as many as fit, however few each read of the file gives. What goes wrong
    /// behind them is said when they are consumed.
    pub fn ahead(&mut self) -> &[u8] {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        while self.end < self.buffer.len() && self.failed.is_none() {
            match self.fill() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => self.failed = Some(error),
            }
        }
        &self.buffer[..self.end]
    }

    /// Moves on by `n` bytes of the last [`Source::chunk`].
    pub fn consume(&mut self, n: usize) {
        let read = &self.buffer[self.start..self.start + n];
        self.place.byte += n as u64;
        match memrchr(b'\n', read) {
            Some(at) => {
                self.place.line += memchr_iter(b'\n', read).count() as u64;
                self.place.column = (n - at) as u64;
            }
            None => self.place.column += n as u64,
        }
        self.start += n;
    }

    /// The next byte that is not white space, without consuming it.
    pub fn peek(&mut self) -> Result<Option<u8>, ImportError> {
        self.skip(|byte| !byte.is_ascii_whitespace())
    }

    /// Moves to the next byte of this kind, and returns it without consuming it.
    pub fn skip(&mut self, to: impl Fn(u8) -> bool) -> Result<Option<u8>, ImportError> {
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let (before, found) = match chunk.iter().position(|b| to(*b)) {
                Some(at) => (at, Some(chunk[at])),
                None => (chunk.len(), None),
            };
            self.consume(before);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Reads the next line, without its end, into `line`; none at the end. It is [`Piece::TooLarge`] as soon as it
    /// exceeds `limit`; then [`Source::skip_line`] leads to the next one.
    pub fn line(&mut self, line: &mut Vec<u8>, limit: usize) -> Result<Option<Piece>, ImportError> {
        line.clear();
        if self.chunk()?.is_empty() {
            return Ok(None);
        }
        loop {
            let room = limit + 1 - line.len();
            let chunk = self.chunk()?;
            let reach = &chunk[..chunk.len().min(room)];
            let newline = memchr(b'\n', reach);
            let text = newline.unwrap_or(reach.len());
            line.extend_from_slice(&chunk[..text]);
            self.consume(text + usize::from(newline.is_some()));
            if line.len() > limit {
                return Ok(Some(Piece::TooLarge));
            }
            if newline.is_some() || text == 0 {
                return Ok(Some(Piece::Whole));
            }
        }
    }

    /// Moves to the next line.
    pub fn skip_line(&mut self) -> Result<(), ImportError> {
        if self.skip(|byte| byte == b'\n')?.is_some() {
            self.consume(1);
        }
        Ok(())
    }

    /// Reads the JSON value that starts here or, if `value` is not empty, goes on here, into `value`.
    ///
    /// It is [`Piece::TooLarge`] as soon as it exceeds `limit`; then [`Source::skip_value`] with the
    /// same scanner leads behind it. A text that ends inside is [`ImportError::Truncated`].
    pub fn value(&mut self, scanner: &mut Scanner, value: &mut Vec<u8>, limit: usize) -> Result<Piece, ImportError> {
        while value.len() <= limit {
            let chunk = self.chunk()?;
            let end = scanner.feed(chunk);
            let n = end.unwrap_or(chunk.len());
            value.extend_from_slice(&chunk[..n]);
            self.consume(n);
            match end {
                Some(_) if value.len() <= limit => return Ok(Piece::Whole),
                None if n == 0 => return Err(self.truncated()),
                _ => {}
            }
        }
        Ok(Piece::TooLarge)
    }

    /// Moves behind the JSON value that `scanner` is in.
    pub fn skip_value(&mut self, scanner: &mut Scanner) -> Result<(), ImportError> {
        while !scanner.done {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Err(self.truncated());
            }
            let n = scanner.feed(chunk).unwrap_or(chunk.len());
            self.consume(n);
        }
        Ok(())
    }

    /// The error that the text ends too early.
    pub fn truncated(&self) -> ImportError {
        ImportError::Truncated { line: self.place.line, column: self.place.column }
    }

    /// The error that what stands here is not JSON.
    pub fn broken(&self) -> ImportError {
        ImportError::Broken { line: self.place.line, column: self.place.column }
    }

    /// Reads once more behind `end`; 0 at the end.
    fn fill(&mut self) -> Result<usize, ImportError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let into = &mut self.buffer[self.end..];
        let n = loop {
            let read = match &mut self.inner {
                Input::Plain(inner) => inner.read(into),
                Input::Utf16(inner) => inner.read(into),
            };
            match read {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) if self.allowed.is_some() => return Err(ImportError::BrokenZip),
                Err(e) => return Err(e.downcast::<Damage>().map_or_else(ImportError::Io, ImportError::Gzip)),
                Ok(n) => break n,
            }
        };
        if let Some(allowed) = &mut self.allowed {
            *allowed = allowed.checked_sub(n as u64).ok_or(ImportError::ZipBomb)?;
        }
        self.end += n;
        Ok(n)
    }
}

/// Finds the end of a JSON value without parsing it.
#[derive(Default)]
pub(super) struct Scanner {
    depth: usize,
    in_string: bool,
    escaped: bool,
    done: bool,
}

impl Scanner {
    /// How many bytes of `chunk` belong to the value, once its end is there.
    pub fn feed(&mut self, chunk: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = chunk.get(at) {
            if self.escaped {
                (self.escaped, at) = (false, at + 1);
            } else if self.in_string {
                at += memchr2(b'"', b'\\', &chunk[at..])? + 1;
                self.escaped = chunk[at - 1] == b'\\';
                self.in_string = self.escaped;
                if !self.in_string && self.depth == 0 {
                    return self.end(at);
                }
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' if self.depth > 1 => self.depth -= 1,
                    // Without one before it, the bracket is somebody else's.
                    b'}' | b']' => return self.end(at + self.depth),
                    b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return self.end(at),
                    _ => {}
                }
                at += 1;
            }
        }
        None
    }

    /// Whether the bytes so far end inside a string.
    pub fn in_string(&self) -> bool {
        self.in_string
    }

    fn end(&mut self, at: usize) -> Option<usize> {
        self.done = true;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out `1` byte per read, so that every character is cut.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let n = buffer.len().min(self.0.len()).min(1);
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn source(text: &[u8]) -> Source<Drip<'_>> {
        Source::new(Drip(text)).unwrap()
    }

    /// The next line.
    fn line(source: &mut Source<Drip<'_>>, limit: usize) -> Option<Result<String, Piece>> {
        let mut line = Vec::new();
        match source.line(&mut line, limit).unwrap()? {
            Piece::Whole => Some(Ok(String::from_utf8(line).unwrap())),
            large => Some(Err(large)),
        }
    }

    #[test]
    fn characters_cut_by_a_read_are_put_together_in_every_encoding() {
        let text = "\u{feff}a€𝄞\r\n€";
        let (low, high): (Vec<_>, Vec<_>) =
            text.encode_utf16().map(|unit| (unit.to_le_bytes(), unit.to_be_bytes())).unzip();
        for bytes in [text.as_bytes(), &low.concat(), &high.concat()] {
            let mut source = source(bytes);
            assert_eq!(line(&mut source, 99), Some(Ok("a€𝄞\r".into())));
            assert_eq!(line(&mut source, 99), Some(Ok("€".into())));
            assert_eq!(line(&mut source, 99), None);
        }
    }

    #[test]
    fn a_line_at_the_limit_is_whole_and_one_byte_more_is_too_large() {
        let mut source = source(b"12345\n123456\n1\n");
        assert_eq!(line(&mut source, 5), Some(Ok("12345".into())));
        assert_eq!(line(&mut source, 5), Some(Err(Piece::TooLarge)));
        source.skip_line().unwrap();
        assert_eq!(line(&mut source, 5), Some(Ok("1".into())));
        assert_eq!(source.place, Place { line: 4, column: 1, byte: 15 });
    }

    #[test]
    fn a_value_ends_where_its_brackets_do() {
        for value in [r#"{"a":"]}\"\\","b":[{}]}"#, "[]", r#""a,b\"c""#, "12", "true"] {
            let text = format!("{value},1]");
            let mut read = Vec::new();
            let piece = source(text.as_bytes()).value(&mut Scanner::default(), &mut read, 99).unwrap();
            assert_eq!((piece, read.as_slice()), (Piece::Whole, value.as_bytes()));
        }
    }

    #[test]
    fn a_value_over_the_limit_can_be_skipped() {
        let (mut source, mut scanner) = (source(br#"{"a":"123456789"},2"#), Scanner::default());
        assert_eq!(source.value(&mut scanner, &mut Vec::new(), 8).unwrap(), Piece::TooLarge);
        source.skip_value(&mut scanner).unwrap();
        assert_eq!(source.peek().unwrap(), Some(b','));
    }

    #[test]
    fn a_value_cut_off_says_where() {
        let error = source(b"{\n\"a\":").value(&mut Scanner::default(), &mut Vec::new(), 99).unwrap_err();
        assert!(matches!(error, ImportError::Truncated { line: 2, column: 5 }), "{error}");
    }

    #[test]
    fn more_than_allowed_is_a_zip_bomb() {
        let mut source = Source::packed(&b"12345"[..], 5).unwrap();
        assert!(source.line(&mut Vec::new(), 99).is_ok());
        assert!(matches!(Source::packed(&b"123456"[..], 5), Err(ImportError::ZipBomb)));
    }
}
