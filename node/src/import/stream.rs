//! Reads a file piece by piece: checked UTF-8, then lines or JSON values, each within a limit.
//!
//! JSON values are cut out of the stream by counting brackets and parsed one at a time afterwards.
//! So one that is too large, too deep or malformed costs only itself; a parser that reads the whole
//! array has to give up there.

use super::{ImportError, limits};
use std::io::{ErrorKind, Read};

/// A UTF-8 text, read in chunks, that knows where it is.
pub(super) struct Source<R> {
    inner: R,
    buffer: Vec<u8>,
    /// Where the unread text starts in `buffer`.
    start: usize,
    /// Where the text known to be UTF-8 ends; up to `end` there may be a part of a character.
    valid: usize,
    end: usize,
    /// The offset of `buffer` in the text.
    offset: u64,
    /// How many more bytes may be read.
    allowed: u64,
    /// The line of the next byte, from 1.
    pub line: u64,
    /// The column of the next byte, from 1, in bytes.
    pub column: u64,
}

/// A line or a JSON value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// All of it.
    Whole(Vec<u8>),
    /// It is larger than the limit; the source stands somewhere inside it.
    TooLarge,
}

impl<R: Read> Source<R> {
    /// A source at the start of `inner`, behind a byte order mark if there is one.
    ///
    /// More than `allowed` bytes are an [`ImportError::ZipBomb`].
    pub fn new(inner: R, allowed: u64) -> Result<Self, ImportError> {
        let buffer = vec![0; limits::CHUNK_BYTES];
        let mut source = Source { inner, buffer, start: 0, valid: 0, end: 0, offset: 0, allowed, line: 1, column: 1 };
        while source.end < 4 && source.fill()? > 0 {}
        match &source.buffer[..source.end] {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return Err(ImportError::Utf16),
            // Without a mark, a first character below U+0100 still shows: one of its bytes is zero.
            [0, b, ..] | [b, 0, ..] if *b != 0 => return Err(ImportError::Utf16),
            _ => {}
        }
        if source.chunk()?.starts_with("\u{feff}".as_bytes()) {
            source.start += 3;
        }
        Ok(source)
    }

    /// The next bytes, without consuming them; none at the end of the text.
    pub fn chunk(&mut self) -> Result<&[u8], ImportError> {
        if self.start == self.valid {
            self.buffer.copy_within(self.valid..self.end, 0);
            self.offset += self.valid as u64;
            (self.start, self.end) = (0, self.end - self.valid);
            self.valid = 0;
            while self.valid == 0 {
                let not_utf8 = ImportError::NotUtf8 { byte: self.offset };
                match std::str::from_utf8(&self.buffer[..self.end]) {
                    Ok(text) => self.valid = text.len(),
                    Err(e) if e.valid_up_to() == 0 && e.error_len().is_some() => return Err(not_utf8),
                    Err(e) => self.valid = e.valid_up_to(),
                }
                if self.valid == 0 && self.fill()? == 0 {
                    return if self.end == 0 { Ok(&[]) } else { Err(not_utf8) };
                }
            }
        }
        Ok(&self.buffer[self.start..self.valid])
    }

    /// Moves on by `n` bytes of the last [`Source::chunk`].
    pub fn consume(&mut self, n: usize) {
        let read = &self.buffer[self.start..self.start + n];
        self.line += read.iter().filter(|b| **b == b'\n').count() as u64;
        match read.iter().rposition(|b| *b == b'\n') {
            Some(at) => self.column = (n - at) as u64,
            None => self.column += n as u64,
        }
        self.start += n;
    }

    /// The next byte that is not white space, without consuming it.
    pub fn peek(&mut self) -> Result<Option<u8>, ImportError> {
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let (blank, found) = match chunk.iter().position(|b| !b.is_ascii_whitespace()) {
                Some(at) => (at, Some(chunk[at])),
                None => (chunk.len(), None),
            };
            self.consume(blank);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// The next line without its end; none at the end of the text. It is [`Piece::TooLarge`] as soon
    /// as it exceeds `limit`; then [`Source::skip_line`] leads to the next one.
    pub fn line(&mut self, limit: usize) -> Result<Option<Piece>, ImportError> {
        if self.chunk()?.is_empty() {
            return Ok(None);
        }
        let mut line = Vec::new();
        loop {
            let room = limit + 1 - line.len();
            let chunk = self.chunk()?;
            let newline = chunk.iter().take(room).position(|b| *b == b'\n');
            let text = newline.unwrap_or(chunk.len().min(room));
            line.extend_from_slice(&chunk[..text]);
            self.consume(text + usize::from(newline.is_some()));
            if line.len() > limit {
                return Ok(Some(Piece::TooLarge));
            }
            if newline.is_some() || text == 0 {
                return Ok(Some(Piece::Whole(line)));
            }
        }
    }

    /// Moves to the next line.
    pub fn skip_line(&mut self) -> Result<(), ImportError> {
        let line = self.line;
        while self.line == line {
            let chunk = self.chunk()?;
            let n = match chunk.iter().position(|b| *b == b'\n') {
                Some(at) => at + 1,
                None if chunk.is_empty() => return Ok(()),
                None => chunk.len(),
            };
            self.consume(n);
        }
        Ok(())
    }

    /// The JSON value that starts here or, if `value` is not empty, goes on here.
    ///
    /// It is [`Piece::TooLarge`] as soon as it exceeds `limit`; then [`Source::skip_value`] with the
    /// same scanner leads behind it. A text that ends inside is [`ImportError::Truncated`].
    pub fn value(&mut self, scanner: &mut Scanner, mut value: Vec<u8>, limit: usize) -> Result<Piece, ImportError> {
        while value.len() <= limit {
            let chunk = self.chunk()?;
            let end = scanner.feed(chunk);
            let n = end.unwrap_or(chunk.len());
            value.extend_from_slice(&chunk[..n]);
            self.consume(n);
            match end {
                Some(_) if value.len() <= limit => return Ok(Piece::Whole(value)),
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
        ImportError::Truncated { line: self.line, column: self.column }
    }

    /// The error that what stands here is not JSON.
    pub fn broken(&self) -> ImportError {
        ImportError::Broken { line: self.line, column: self.column }
    }

    /// Reads once more behind `end`; 0 at the end of the text.
    fn fill(&mut self) -> Result<usize, ImportError> {
        let n = loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.allowed = self.allowed.checked_sub(n as u64).ok_or(ImportError::ZipBomb)?;
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
        for (i, byte) in chunk.iter().enumerate() {
            if let Some(behind) = self.step(*byte) {
                self.done = true;
                return Some(i + behind);
            }
        }
        None
    }

    /// Whether the bytes so far end inside a string.
    pub fn in_string(&self) -> bool {
        self.in_string
    }

    /// 1 if `byte` is the value's last, 0 if the one before it was.
    fn step(&mut self, byte: u8) -> Option<usize> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    return (self.depth == 0).then_some(1);
                }
                _ => {}
            }
            return None;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 1 => self.depth -= 1,
            b'}' | b']' => return Some(self.depth),
            b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return Some(0),
            _ => {}
        }
        None
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
        Source::new(Drip(text), u64::MAX).unwrap()
    }

    #[test]
    fn characters_cut_by_a_read_are_put_together() {
        let mut source = source("\u{feff}a€𝄞\r\n€".as_bytes());
        assert_eq!(source.line(99).unwrap(), Some(Piece::Whole("a€𝄞\r".into())));
        assert_eq!(source.line(99).unwrap(), Some(Piece::Whole("€".into())));
        assert_eq!(source.line(99).unwrap(), None);
    }

    #[test]
    fn the_first_byte_that_is_not_utf8_is_named() {
        for (text, at) in [(&b"ab\xC3("[..], 2), (b"abc\xFF", 3), (b"a\xE2\x82", 1)] {
            let mut source = source(text);
            let error = loop {
                match source.line(99) {
                    Ok(Some(_)) => {}
                    other => break other.unwrap_err(),
                }
            };
            assert!(matches!(error, ImportError::NotUtf8 { byte } if byte == at), "{error}");
        }
    }

    #[test]
    fn a_line_at_the_limit_is_whole_and_one_byte_more_is_too_large() {
        let mut source = source(b"12345\n123456\n1\n");
        assert_eq!(source.line(5).unwrap(), Some(Piece::Whole(b"12345".into())));
        assert_eq!(source.line(5).unwrap(), Some(Piece::TooLarge));
        source.skip_line().unwrap();
        assert_eq!(source.line(5).unwrap(), Some(Piece::Whole(b"1".into())));
        assert_eq!((source.line, source.column), (4, 1));
    }

    #[test]
    fn a_value_ends_where_its_brackets_do() {
        for value in [r#"{"a":"]}\"\\","b":[{}]}"#, "[]", r#""a,b\"c""#, "12", "true"] {
            let text = format!("{value},1]");
            let piece = source(text.as_bytes()).value(&mut Scanner::default(), Vec::new(), 99).unwrap();
            assert_eq!(piece, Piece::Whole(value.into()));
        }
    }

    #[test]
    fn a_value_over_the_limit_can_be_skipped() {
        let (mut source, mut scanner) = (source(br#"{"a":"123456789"},2"#), Scanner::default());
        assert_eq!(source.value(&mut scanner, Vec::new(), 8).unwrap(), Piece::TooLarge);
        source.skip_value(&mut scanner).unwrap();
        assert_eq!(source.peek().unwrap(), Some(b','));
    }

    #[test]
    fn a_value_cut_off_says_where() {
        let error = source(b"{\n\"a\":").value(&mut Scanner::default(), Vec::new(), 99).unwrap_err();
        assert!(matches!(error, ImportError::Truncated { line: 2, column: 5 }), "{error}");
    }

    #[test]
    fn more_than_allowed_is_a_zip_bomb() {
        let mut source = Source::new(&b"12345"[..], 5).unwrap();
        assert!(source.line(99).is_ok());
        assert!(matches!(Source::new(&b"123456"[..], 5), Err(ImportError::ZipBomb)));
    }
}
