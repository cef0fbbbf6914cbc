//! The archive of certificates: CARv1, so that other IPLD tools can read it.
//!
//! Source: the IPLD specification of CARv1: a header, then sections of `varint(length) cid block`.

use commonwheel_protocol::bytes::Cid;
use commonwheel_storage::car::{self, Next};
pub use commonwheel_storage::car::{section, section_head};
use std::io::{self, Read};

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
    car::header(&[*root])
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
    pub fn open(mut from: R) -> Result<(Self, Vec<u8>), CarError> {
        // Every header with one root has the same length.
        let mut found = header(&Cid::of_cbor(&[]));
        match from.read_exact(&mut found) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(CarError::Broken(0)),
            other => Ok(other.map(|()| (CarReader { from, section: 0 }, found))?),
        }
    }

    /// The next block and its id, which it matches; `None` at the end.
    ///
    /// # Errors
    /// When what stands there is no section, or does not match its id.
    pub fn next_block(&mut self) -> Result<Option<(Cid, Vec<u8>)>, CarError> {
        self.section += 1;
        match car::next_section(&mut self.from)? {
            Next::Section(cid, block) => Ok(Some((cid, block))),
            Next::Mismatch(_) => Err(CarError::Mismatch(self.section)),
            Next::Broken(_) => Err(CarError::Broken(self.section)),
            Next::End => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_read_back_and_a_torn_or_changed_archive_does_not() {
        let blocks = [vec![], vec![7; 91], vec![8; 92], vec![9; 70_000]];
        let root = Cid::of_cbor(&blocks[0]);
        let mut bytes = header(&root);
        for block in &blocks {
            bytes.extend(section(&Cid::of_cbor(block), block));
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
}
