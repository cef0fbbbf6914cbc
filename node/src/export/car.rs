//! The archive of certificates: CARv1, so that other IPLD tools can read it.
//!
//! Source: the IPLD specification of CARv1: a header, then sections of `varint(length) cid block`.

use commonwheel_protocol::bytes::{Cid, Node, encode};
use commonwheel_protocol::limits::{CERTIFICATE_BYTES, CHARTER_BYTES, TERMS_BYTES};
use std::io::{self, Read, Write};

/// The longest section: the id and the largest block that an export's archive holds.
const SECTION_BYTES: usize = Cid::LEN + CERTIFICATE_BYTES;

const _: () = assert!(
    CHARTER_BYTES <= CERTIFICATE_BYTES && TERMS_BYTES <= CERTIFICATE_BYTES,
    "a founding and the terms fit in a section"
);

/// Why an archive cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum CarError {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Not the bytes of an archive.
    #[error("section {0} is not a whole section of a CARv1 archive")]
    Broken(u64),
    /// A block that is not the one that its id names.
    #[error("the block of section {0} does not match its id")]
    Mismatch(u64),
}

/// The first bytes of an archive with one root.
pub fn header(root: &Cid) -> Vec<u8> {
    let roots = Node::List(vec![(*root).into()]);
    let header = encode(&Node::map([("roots", Some(roots)), ("version", Some(Node::Int(1)))]));
    [varint(header.len()), header].concat()
}

/// Writes the section of a block.
///
/// # Errors
/// When the writer fails.
pub fn write_section(to: &mut impl Write, cid: &Cid, block: &[u8]) -> io::Result<()> {
    to.write_all(&varint(Cid::LEN + block.len()))?;
    to.write_all(&cid.to_bytes())?;
    to.write_all(block)
}

/// Reads an archive from its beginning.
pub struct CarReader<R> {
    from: R,
    section: u64,
}

impl<R: Read> CarReader<R> {
    /// A reader of an archive, and its header as it stands there.
    ///
    /// # Errors
    /// When there is no header.
    pub fn open(from: R) -> Result<(Self, Vec<u8>), CarError> {
        let mut reader = CarReader { from, section: 0 };
        let header = reader.delimited()?.ok_or(CarError::Broken(0))?;
        Ok((reader, [varint(header.len()), header].concat()))
    }

    /// The next block and its id, which it matches; `None` at the end.
    ///
    /// # Errors
    /// When what stands there is no section, or does not match its id.
    pub fn next_block(&mut self) -> Result<Option<(Cid, Vec<u8>)>, CarError> {
        self.section += 1;
        let Some(mut id) = self.delimited()? else { return Ok(None) };
        if id.len() < Cid::LEN {
            return Err(CarError::Broken(self.section));
        }
        let block = id.split_off(Cid::LEN);
        let cid = Cid::from_bytes(&id).map_err(|_| CarError::Broken(self.section))?;
        if cid.matches(&block) { Ok(Some((cid, block))) } else { Err(CarError::Mismatch(self.section)) }
    }

    /// Bytes after their length, which is the shortest varint; `None` at the end.
    fn delimited(&mut self) -> Result<Option<Vec<u8>>, CarError> {
        let broken = CarError::Broken(self.section);
        let (mut prefix, mut length) = (Vec::new(), 0usize);
        loop {
            let mut byte = [0];
            match self.from.read(&mut byte) {
                Ok(0) if prefix.is_empty() => return Ok(None),
                Ok(0) => return Err(broken),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            length |= usize::from(byte[0] & 0x7f) << (7 * prefix.len());
            prefix.push(byte[0]);
            if byte[0] & 0x80 == 0 {
                break;
            }
            if prefix.len() == 4 {
                return Err(broken);
            }
        }
        if length > SECTION_BYTES || varint(length) != prefix {
            return Err(broken);
        }
        let mut bytes = vec![0; length];
        match self.from.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(broken),
            other => Ok(other.map(|()| Some(bytes))?),
        }
    }
}

/// Unsigned LEB128.
fn varint(mut value: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(4);
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_read_back_and_a_torn_or_changed_archive_does_not() {
        let blocks = [vec![], vec![7; 91], vec![8; 92], vec![9; CERTIFICATE_BYTES]];
        let root = Cid::of_cbor(&blocks[0]);
        let mut bytes = header(&root);
        for block in &blocks {
            write_section(&mut bytes, &Cid::of_cbor(block), block).unwrap();
        }
        let read = |bytes: &[u8]| {
            let (mut reader, found) = CarReader::open(bytes)?;
            assert_eq!(found, header(&root));
            let mut read = Vec::new();
            while let Some((_, block)) = reader.next_block()? {
                read.push(block);
            }
            Ok::<_, CarError>(read)
        };
        assert_eq!(read(&bytes).unwrap(), blocks);
        assert!(matches!(read(&bytes[..bytes.len() - 1]), Err(CarError::Broken(4))));
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert!(matches!(read(&bytes), Err(CarError::Mismatch(4))));
    }

    #[test]
    fn lengths_that_are_too_long_or_not_shortest_are_refused_before_reading_on() {
        for bytes in [&[0xff, 0xff, 0xff, 0x7f][..], &[0x80, 0x00], &[0xff; 9], &[]] {
            assert!(CarReader::open(bytes).is_err(), "{bytes:02x?}");
        }
    }
}
