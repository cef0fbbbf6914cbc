//! Unpacks gzip (RFC 1952) while it is read: in memory that does not grow with the file, and never to the disk.

use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufReader, ErrorKind, Read};

/// How many times larger than its packed form a file may be. Chats and datasets of text pack 3 to 20 times, and what is
/// made to be large up to 1,032 times.
pub const RATIO: u64 = 100;
/// What may be unpacked whatever the ratio, so that a tiny file is not called a bomb.
pub const FREE_BYTES: u64 = 1 << 20;

/// What is wrong with a packed file. It is inside of the [`io::Error`] that reading gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It ends too early.
    #[error("expected more of the gzip file, found its end; the file is cut off: fetch it again")]
    Cut,
    /// It is no gzip from some place on, or what was unpacked has another checksum than it should.
    #[error("expected a sound gzip file, found a damaged one; fetch it again")]
    Broken,
    /// It unpacks to far more than such a file would.
    #[error(
        "expected a gzip file packed at most {RATIO} times, found more; unpack it and give the file if you trust it"
    )]
    Bomb,
}

/// Whether a file that starts like this is packed. No text in UTF-8 or UTF-16 starts so.
pub fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1F, 0x8B])
}

/// What is packed in a file, one member after the other.
pub struct Gunzip<R> {
    members: MultiGzDecoder<BufReader<R>>,
    /// How many more bytes may come out.
    allowed: u64,
}

impl<R: Read> Gunzip<R> {
    /// The content of `inner`, which has `packed` bytes and is at its start.
    pub fn new(inner: R, packed: u64) -> Self {
        let allowed = packed.saturating_mul(RATIO).max(FREE_BYTES);
        Gunzip { members: MultiGzDecoder::new(BufReader::new(inner)), allowed }
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.members.read(into).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => io::Error::new(ErrorKind::UnexpectedEof, Damage::Cut),
            ErrorKind::InvalidInput | ErrorKind::InvalidData => io::Error::new(ErrorKind::InvalidData, Damage::Broken),
            _ => error,
        })?;
        let left = self.allowed.checked_sub(read as u64);
        self.allowed = left.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, Damage::Bomb))?;
        Ok(read)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    /// These bytes, packed.
    #[allow(clippy::unwrap_used)]
    pub fn packed(bytes: impl AsRef<[u8]>) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes.as_ref()).unwrap();
        gzip.finish().unwrap()
    }

    /// What comes out, and what is wrong.
    fn read(packed: &[u8]) -> (Vec<u8>, Option<Damage>) {
        let mut text = Vec::new();
        let error = Gunzip::new(packed, packed.len() as u64).read_to_end(&mut text).err();
        (text, error.map(|error| error.downcast::<Damage>().expect("an error of our own")))
    }

    #[test]
    fn members_are_read_one_after_the_other() {
        assert_eq!(read(&[packed("tea"), packed(""), packed("pot")].concat()), (b"teapot".to_vec(), None));
    }

    #[test]
    fn a_file_cut_anywhere_gives_what_is_there_and_is_called_cut() {
        let text: Vec<u8> = (0..3000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let whole = packed(&text);
        let mut most = 0;
        for end in 2..whole.len() {
            let (read, damage) = read(&whole[..end]);
            assert_eq!(damage, Some(Damage::Cut), "{end}");
            assert!(text.starts_with(&read), "{end}");
            most = most.max(read.len());
        }
        assert_eq!(most, text.len(), "without the checksum alone nothing is lost");
    }

    #[test]
    fn a_wrong_checksum_and_what_is_no_member_are_damage() {
        let mut damaged = packed("tea");
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        assert_eq!(read(&damaged), (b"tea".to_vec(), Some(Damage::Broken)));
        assert_eq!(read(&[&packed("tea")[..], b"no member of gzip"].concat()).1, Some(Damage::Broken));
    }

    #[test]
    fn what_unpacks_to_more_than_it_may_is_a_bomb_and_never_read_whole() {
        let sized = |bytes: u64| packed(vec![b' '; usize::try_from(bytes).expect("a few MiB")]);
        assert_eq!(read(&sized(FREE_BYTES)).1, None);
        let (read, damage) = read(&sized(64 * FREE_BYTES));
        assert_eq!(damage, Some(Damage::Bomb));
        assert!((read.len() as u64) < 16 * FREE_BYTES, "{}", read.len());
    }
}
