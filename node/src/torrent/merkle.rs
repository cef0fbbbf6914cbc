//! The hash tree of one file, as BitTorrent v2 has it: SHA-256 over blocks of 16 KiB.
//!
//! Source: BEP 52, *pieces root* and *piece layers*. A file's tree has a power of two of leaves; those that the file
//! does not fill are zeros. The layer whose hashes stand for whole pieces is what clients check pieces by.

use sha2::{Digest, Sha256};

/// A hash in a tree.
pub type Hash = [u8; 32];

/// The bytes of a leaf.
pub const BLOCK_BYTES: usize = 16 * 1024;

/// What is known of a file while it is read. Of all its blocks only a hash for each level and one for each piece are
/// kept.
pub struct FileTree {
    /// How many blocks a piece has, as a power of two.
    piece_level: usize,
    block: Sha256,
    in_block: usize,
    length: u64,
    /// For each level the hash of a whole left subtree that waits for its right one.
    waiting: Vec<Option<Hash>>,
    layer: Vec<Hash>,
}

/// A file's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// How many bytes the file has.
    pub length: u64,
    /// The root; none of an empty file.
    pub root: Option<Hash>,
    /// The hash of each piece, where there are several.
    pub layer: Vec<Hash>,
}

impl FileTree {
    /// Of a file in a torrent with pieces of so many bytes, which is a power of two of blocks.
    pub fn new(piece_bytes: u64) -> Self {
        let piece_level = (piece_bytes / BLOCK_BYTES as u64).trailing_zeros() as usize;
        FileTree { piece_level, block: Sha256::new(), in_block: 0, length: 0, waiting: Vec::new(), layer: Vec::new() }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.in_block));
            self.block.update(now);
            self.in_block += now.len();
            bytes = later;
            if self.in_block == BLOCK_BYTES {
                self.end_block();
            }
        }
    }

    /// The tree, once the file is at its end.
    pub fn finish(mut self) -> Tree {
        if self.in_block > 0 {
            self.end_block();
        }
        let several = self.length > (BLOCK_BYTES as u64) << self.piece_level;
        let (mut level, mut zero, mut root) = (0, Hash::default(), None::<Hash>);
        // From below: what waits on a level is joined with what came after it, or that with zeros.
        while level < self.waiting.len() {
            root = match (self.waiting[level], root) {
                (Some(left), Some(right)) => Some(joined(&left, &right)),
                (Some(left), None) if level + 1 == self.waiting.len() => Some(left),
                (Some(left), None) => Some(joined(&left, &zero)),
                (None, Some(right)) => Some(joined(&right, &zero)),
                (None, None) => None,
            };
            // On its level the last piece, filled up with zeros, is whole.
            if several && level + 1 == self.piece_level {
                self.layer.extend(root);
            }
            zero = joined(&zero, &zero);
            level += 1;
        }
        let layer = if several { self.layer } else { Vec::new() };
        Tree { length: self.length, root, layer }
    }

    fn end_block(&mut self) {
        let mut hash: Hash = std::mem::take(&mut self.block).finalize().into();
        self.in_block = 0;
        let mut level = 0;
        loop {
            if level == self.piece_level {
                self.layer.push(hash);
            }
            if self.waiting.len() == level {
                self.waiting.push(None);
            }
            match self.waiting[level].take() {
                None => {
                    self.waiting[level] = Some(hash);
                    return;
                }
                Some(left) => hash = joined(&left, &hash),
            }
            level += 1;
        }
    }
}

fn joined(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the specification says it: all leaves at once.
    fn plain(bytes: &[u8], piece_bytes: usize) -> Tree {
        let length = bytes.len() as u64;
        let mut level: Vec<Hash> = bytes.chunks(BLOCK_BYTES).map(|block| Sha256::digest(block).into()).collect();
        let (blocks, in_piece) = (level.len(), piece_bytes / BLOCK_BYTES);
        if blocks == 0 {
            return Tree { length, root: None, layer: vec![] };
        }
        level.resize(blocks.next_power_of_two(), Hash::default());
        let (mut width, mut layer) = (1, vec![]);
        loop {
            if width == in_piece && bytes.len() > piece_bytes {
                layer = level[..blocks.div_ceil(in_piece)].to_vec();
            }
            if let [root] = level[..] {
                return Tree { length, root: Some(root), layer };
            }
            level = level.chunks(2).map(|pair| joined(&pair[0], &pair[1])).collect();
            width *= 2;
        }
    }

    #[test]
    fn a_file_read_in_parts_has_the_tree_of_the_specification() {
        let bytes: Vec<u8> = (0..BLOCK_BYTES * 19).map(|at| (at / 7 % 251) as u8).collect();
        for piece_bytes in [1, 2, 4, 8].map(|blocks| blocks * BLOCK_BYTES) {
            for blocks in 0..=18 {
                for more in [0, 1, BLOCK_BYTES - 1] {
                    let file = &bytes[..blocks * BLOCK_BYTES + more];
                    for part in [1000, BLOCK_BYTES, 100_000] {
                        let mut tree = FileTree::new(piece_bytes as u64);
                        file.chunks(part).for_each(|part| tree.update(part));
                        assert_eq!(tree.finish(), plain(file, piece_bytes), "{piece_bytes} {} {part}", file.len());
                    }
                }
            }
        }
    }
}
