//! Merkle trees over lists of byte strings, with proofs of inclusion.
//!
//! The tree hash is that of RFC 6962 §2.1: leaves are hashed with the prefix 00, inner nodes with
//! 01, and a list splits at the largest power of two below its length.

use sha2::{Digest, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// The tree of a list that is seen leaf by leaf. Of it one hash is kept for each bit of the count.
#[derive(Clone, Debug, Default)]
pub struct Growing {
    /// The roots of whole trees, each with its height; the highest first.
    whole: Vec<(u32, Hash)>,
}

impl Growing {
    /// Appends a leaf.
    pub fn push(&mut self, leaf: &[u8]) {
        let (mut height, mut hash) = (0, leaf_hash(leaf));
        while let Some((_, left)) = self.whole.pop_if(|(other, _)| *other == height) {
            (height, hash) = (height + 1, node_hash(&left, &hash));
        }
        self.whole.push((height, hash));
    }

    /// The hash of the list so far. The empty list hashes to SHA-256 of nothing.
    pub fn root(&self) -> Hash {
        let hashes = self.whole.iter().rev().map(|(_, hash)| *hash);
        hashes.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(|| Sha256::digest([]).into())
    }
}

/// The hash of a list. The empty list hashes to SHA-256 of nothing.
pub fn root<T: AsRef<[u8]>>(leaves: &[T]) -> Hash {
    let mut tree = Growing::default();
    leaves.iter().for_each(|leaf| tree.push(leaf.as_ref()));
    tree.root()
}

/// The hashes beside the path from leaf `index` to the root, from the leaf upwards.
///
/// # Panics
/// When there is no such leaf.
pub fn proof<T: AsRef<[u8]>>(leaves: &[T], index: usize) -> Vec<Hash> {
    assert!(index < leaves.len(), "the leaf to prove is in the list");
    if leaves.len() == 1 {
        return Vec::new();
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut path, sibling) =
        if index < at { (proof(left, index), root(right)) } else { (proof(right, index - at), root(left)) };
    path.push(sibling);
    path
}

/// The root that a leaf and its path lead to; `None` when the path has the wrong length.
pub fn root_from_proof(leaf: &[u8], index: usize, count: usize, path: &[Hash]) -> Option<Hash> {
    if index >= count {
        return None;
    }
    if count == 1 {
        return path.is_empty().then(|| leaf_hash(leaf));
    }
    let (sibling, below) = path.split_last()?;
    let at = split(count);
    if index < at {
        Some(node_hash(&root_from_proof(leaf, index, at, below)?, sibling))
    } else {
        Some(node_hash(sibling, &root_from_proof(leaf, index - at, count - at, below)?))
    }
}

fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_proves_itself_and_nothing_else() {
        for count in 1..=33usize {
            let leaves: Vec<_> = (0..count).map(|i| vec![i as u8; i]).collect();
            let root = root(&leaves);
            for index in 0..count {
                let path = proof(&leaves, index);
                assert_eq!(root_from_proof(&leaves[index], index, count, &path), Some(root));
                assert_ne!(root_from_proof(b"other", index, count, &path), Some(root));
                let other = (index + 1) % count;
                if other != index {
                    assert_ne!(root_from_proof(&leaves[index], other, count, &path), Some(root));
                }
            }
        }
    }

    #[test]
    fn the_tree_hash_is_that_of_rfc_6962() {
        // Test values of RFC 6962's reference: the empty tree and the tree of one empty leaf.
        let hex = |hash: Hash| data_encoding::HEXLOWER.encode(&hash);
        assert_eq!(hex(root::<&[u8]>(&[])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(root(&[b""])), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn a_path_that_is_too_long_or_short_proves_nothing() {
        let leaves = [b"a", b"b", b"c"];
        let path = proof(&leaves, 0);
        assert_eq!(root_from_proof(b"a", 0, 3, &path[..1]), None);
        assert_eq!(root_from_proof(b"a", 0, 3, &[path.clone(), vec![[0; 32]]].concat()), None);
        assert_eq!(root_from_proof(b"a", 3, 3, &path), None);
    }
}
