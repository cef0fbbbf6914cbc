//! Who is connected to whom, and what is on its way between them.

use crate::plan::Plan;
use crate::random::Random;
use commonwheel_protocol::core::AskId;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A message on its way.
#[derive(Clone)]
pub struct Delivery {
    pub from: usize,
    pub to: usize,
    /// The connection's number: what is on its way when a connection breaks is lost.
    pub connection: u64,
    pub what: What,
}

#[derive(Clone)]
pub enum What {
    Gossip(Rc<[u8]>),
    Request(AskId, Vec<u8>),
    Reply(AskId, Option<Vec<u8>>),
}

/// Two nodes that are configured to connect.
pub struct Link {
    pub nodes: (usize, usize),
    /// The connection's number while there is one.
    pub connection: Option<u64>,
}

/// The graph and its connections.
pub struct Network {
    pub links: Vec<Link>,
    /// Which side of a partition each node is on, while there is one.
    pub sides: Option<Vec<bool>>,
    next_connection: u64,
}

impl Network {
    /// Validators with each other; the contributor with all of them; each replica with an honest
    /// node before it, and by chance with others.
    pub fn new(plan: &Plan, random: &mut Random) -> Self {
        let n = plan.quorum.0;
        let mut wanted = BTreeSet::new();
        for a in 0..n {
            wanted.extend((a + 1..n).map(|b| (a, b)));
            wanted.insert((a, plan.nodes() - 1));
        }
        for replica in n..n + plan.replicas {
            let honest: Vec<_> = (0..replica).filter(|node| plan.liar != Some(*node)).collect();
            wanted.insert((honest[random.index(honest.len())], replica));
            for other in 0..replica {
                if random.percent(20) {
                    wanted.insert((other, replica));
                }
            }
        }
        let links = wanted.into_iter().map(|nodes| Link { nodes, connection: None }).collect();
        Network { links, sides: None, next_connection: 0 }
    }

    /// Connects and disconnects what should be; says who notices: (node, other, connected).
    pub fn refresh(&mut self, up: &[bool]) -> Vec<(usize, usize, bool)> {
        let mut changes = Vec::new();
        for link in &mut self.links {
            let (a, b) = link.nodes;
            let apart = self.sides.as_ref().is_some_and(|sides| sides[a] != sides[b]);
            let wanted = up[a] && up[b] && !apart;
            if wanted == link.connection.is_some() {
                continue;
            }
            link.connection = wanted.then_some(self.next_connection);
            self.next_connection += 1;
            changes.extend([(a, b, wanted), (b, a, wanted)]);
        }
        changes
    }

    /// The connection between two nodes.
    pub fn connection(&self, a: usize, b: usize) -> Option<u64> {
        let nodes = (a.min(b), a.max(b));
        self.links.iter().find(|link| link.nodes == nodes).and_then(|link| link.connection)
    }

    /// Whom a node is connected with.
    pub fn neighbours(&self, node: usize) -> Vec<usize> {
        let connected = self.links.iter().filter(|link| link.connection.is_some());
        connected
            .filter_map(|link| match link.nodes {
                (a, b) if a == node => Some(b),
                (a, b) if b == node => Some(a),
                _ => None,
            })
            .collect()
    }
}
