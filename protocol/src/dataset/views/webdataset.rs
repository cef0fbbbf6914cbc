//! All rows as WebDataset: tar archives in which the files of one row stand together under one name.
//!
//! Source: the WebDataset format, and POSIX's ustar. An archive names no owner, no machine and no time.

/// The most bytes of an archive: one that would be longer with a row ends before it.
pub(super) const SHARD_BYTES: u64 = 256 << 20;
/// How an archive ends.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
const BLOCK: usize = 512;

/// The files of a row: its one text as `<id>.json`, and what is said in it, if anything is, as `<id>.txt`.
pub(super) fn files(id: &str, line: &str, said: &str) -> Vec<u8> {
    let mut files = Vec::with_capacity(line.len() + said.len() + 4 * BLOCK);
    file(&format!("{id}.json"), line.as_bytes(), &mut files);
    if !said.is_empty() {
        file(&format!("{id}.txt"), said.as_bytes(), &mut files);
    }
    files
}

fn file(name: &str, bytes: &[u8], to: &mut Vec<u8>) {
    to.extend(header(name, bytes.len()));
    to.extend_from_slice(bytes);
    to.resize(to.len().next_multiple_of(BLOCK), 0);
}

/// The header of a file that everybody may read. The name is that of a record, which is shorter than the 100 bytes that
/// there are; the size, that of a row, is less than the eight gigabytes that can be said.
fn header(name: &str, size: usize) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut set = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    set(0, name.as_bytes());
    set(100, b"0000644\0");
    set(108, b"0000000\0");
    set(116, b"0000000\0");
    set(124, format!("{size:011o}\0").as_bytes());
    set(136, b"00000000000\0");
    // The checksum is taken as if blanks stood in its place.
    set(148, b"        ");
    set(156, b"0");
    set(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}
