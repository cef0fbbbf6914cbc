//! Reading text: in UTF-8, in bounded memory, from files or standard input.

use anyhow::bail;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes read at a time.
pub(super) const CHUNK_BYTES: usize = 256 * 1024;

/// Something to read, with the name by which errors call it.
pub(super) struct Input {
    pub name: String,
    pub reader: Box<dyn Read>,
}

/// Each input in turn; standard input when no file is named, and where `-` is.
pub(super) fn each(files: &[PathBuf]) -> impl Iterator<Item = anyhow::Result<Input>> {
    let files = if files.is_empty() { vec![PathBuf::from("-")] } else { files.to_vec() };
    files.into_iter().map(|path| {
        if path == Path::new("-") {
            let reader = Box::new(std::io::stdin().lock());
            return Ok(Input { name: "standard input".to_owned(), reader });
        }
        let name = path.display().to_string();
        match File::open(&path) {
            Ok(file) => Ok(Input { name, reader: Box::new(file) }),
            Err(error) => bail!("cannot read {name}: {error}\nHint: check the path"),
        }
    })
}

/// An input as text, chunk by chunk.
pub(super) struct Text {
    input: Input,
    buffer: Zeroizing<Vec<u8>>,
    /// How much of the buffer is text that was handed out, and how much was read.
    used: usize,
    read: usize,
    /// Bytes and line breaks before the buffer.
    offset: u64,
    lines: u64,
}

impl Text {
    pub fn of(input: Input) -> Text {
        Text { input, buffer: Zeroizing::new(vec![0; CHUNK_BYTES]), used: 0, read: 0, offset: 0, lines: 0 }
    }

    /// The next stretch of text, which may be empty; none at the end.
    ///
    /// # Errors
    /// When the input cannot be read, or is not UTF-8: that names the place, never what is there.
    pub fn next(&mut self) -> anyhow::Result<Option<&str>> {
        self.lines += line_breaks(&self.buffer[..self.used]);
        self.offset += self.used as u64;
        self.buffer.copy_within(self.used..self.read, 0);
        self.read -= self.used;
        self.used = 0;
        let more = self.fill()?;
        match str::from_utf8(&self.buffer[..self.read]) {
            Ok("") if !more => Ok(None),
            Ok(text) => {
                self.used = text.len();
                Ok(Some(text))
            }
            // A character may go on in what is read next: at most three bytes of one are kept.
            Err(error) if error.error_len().is_none() && more => {
                self.used = error.valid_up_to();
                Ok(str::from_utf8(&self.buffer[..self.used]).ok())
            }
            Err(error) => self.not_text(error.valid_up_to()),
        }
    }

    /// Reads on; false at the end of the input.
    fn fill(&mut self) -> anyhow::Result<bool> {
        loop {
            match self.input.reader.read(&mut self.buffer[self.read..]) {
                Ok(read) => {
                    self.read += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => bail!("cannot read {}: {error}\nHint: check the path", self.input.name),
            }
        }
    }

    fn not_text<T>(&self, at: usize) -> anyhow::Result<T> {
        let name = &self.input.name;
        let marked = matches!(self.buffer[..self.read], [0xff] | [0xfe] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        if self.offset == 0 && marked {
            bail!("{name}: expected UTF-8, found UTF-16\nHint: convert it first: iconv -f UTF-16 -t UTF-8");
        }
        let line = self.lines + line_breaks(&self.buffer[..at]) + 1;
        bail!(
            "{name}: expected UTF-8, found another byte at offset {} (line {line}); nothing near it is written\n\
             Hint: convert it first, for example with iconv -f WINDOWS-1252 -t UTF-8",
            self.offset + at as u64
        )
    }
}

fn line_breaks(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out its bytes a few at a time.
    struct Drops(Vec<u8>, usize);

    impl Read for Drops {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let some = self.1.min(self.0.len()).min(to.len());
            to[..some].copy_from_slice(&self.0[..some]);
            self.0.drain(..some);
            Ok(some)
        }
    }

    fn read(bytes: &[u8], at_a_time: usize) -> (String, Option<String>) {
        let input = Input { name: "f".into(), reader: Box::new(Drops(bytes.to_vec(), at_a_time)) };
        let (mut text, mut all) = (Text::of(input), String::new());
        loop {
            match text.next() {
                Ok(Some(more)) => all.push_str(more),
                Ok(None) => return (all, None),
                Err(error) => return (all, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn characters_are_put_together_wherever_a_read_ends() {
        let text = "aé€😀\n".repeat(30_000);
        for at_a_time in [1, 3, 7, 1 << 20] {
            assert_eq!(read(text.as_bytes(), at_a_time), (text.clone(), None));
        }
    }

    #[test]
    fn the_place_of_a_byte_that_is_no_text_is_named() {
        for (bytes, place) in [
            (&b"ab\nc\xffd"[..], "offset 4 (line 2)"),
            (b"\xc3", "offset 0 (line 1)"),
            (b"a\n\n\xe2\x82", "offset 3 (line 3)"),
            (b"\xff\xfea\0", "UTF-16"),
        ] {
            for at_a_time in [1, 2, 100] {
                let error = read(bytes, at_a_time).1.unwrap();
                assert!(error.contains(place), "{error}");
            }
        }
    }
}
