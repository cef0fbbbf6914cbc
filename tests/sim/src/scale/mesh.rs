//! Who gossips with whom, and who else is connected.

use crate::random::Random;
use std::collections::BTreeSet;

/// The graph. Validators come first among the nodes; the author is the last.
pub(super) struct Mesh {
    /// Whom each node forwards gossip to.
    pub gossip: Vec<BTreeSet<usize>>,
    /// Whom each node is connected with: the same, validators with each other, and the author with
    /// every validator. What a node publishes itself goes to all of them, as the real node's does.
    pub connected: Vec<BTreeSet<usize>>,
}

impl Mesh {
    /// Six or seven neighbours for each node: three random rings through all, and random pairs. The
    /// diameter of such a graph grows with the logarithm of its size, as that of a gossip mesh.
    pub fn new(nodes: usize, validators: usize, random: &mut Random) -> Self {
        let mut gossip = vec![BTreeSet::new(); nodes + 1];
        let join = |graph: &mut Vec<BTreeSet<usize>>, a: usize, b: usize| {
            if a != b {
                graph[a].insert(b);
                graph[b].insert(a);
            }
        };
        for _ in 0..3 {
            let ring = shuffled(nodes, random);
            (0..nodes).for_each(|at| join(&mut gossip, ring[at], ring[(at + 1) % nodes]));
        }
        shuffled(nodes, random).chunks_exact(2).for_each(|pair| join(&mut gossip, pair[0], pair[1]));
        let mut connected = gossip.clone();
        for a in 0..validators {
            (0..a).for_each(|b| join(&mut connected, a, b));
            join(&mut connected, a, nodes);
        }
        Mesh { gossip, connected }
    }
}

fn shuffled(len: usize, random: &mut Random) -> Vec<usize> {
    let mut list: Vec<_> = (0..len).collect();
    (1..len).rev().for_each(|at| list.swap(at, random.index(at + 1)));
    list
}
