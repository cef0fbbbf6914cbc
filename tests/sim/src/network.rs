//! Who is connected to whom, and what is on its way between them.
//!
//! Of a bit that turns over on the way: every transport of a real node authenticates what it
//! carries, so between two nodes that follow the protocol a changed message never arrives. It breaks
//! the connection, and with it all that was on its way. Only what a misbehaving node sends arrives
//! changed, as if it had changed it itself. So it stays true that whoever sends false bytes is at
//! fault, and a node that blames an honest one is still noticed. A store that rots is another matter:
//! it notices by its hashes, and serves nothing false.

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

impl What {
    /// Turns one bit of it over.
    pub fn flip(&mut self, random: &mut Random) {
        match self {
            What::Gossip(bytes) => {
                let mut flipped = bytes.to_vec();
                random.flip(&mut flipped);
                *bytes = flipped.into();
            }
            What::Request(_, bytes) | What::Reply(_, Some(bytes)) => random.flip(bytes),
            What::Reply(_, None) => {}
        }
    }
}

/// Two nodes that are configured to connect.
pub struct Link {
    pub nodes: (usize, usize),
    /// The connection's number while there is one.
    pub connection: Option<u64>,
    /// Whether it has just failed and is not yet made again.
    pub broken: bool,
}

/// The graph and its connections.
pub struct Network {
    pub links: Vec<Link>,
    /// Which side of a partition each node is on, while there is one.
    pub sides: Option<Vec<bool>>,
    /// Who is not heard by whom, though they are connected: (from, to).
    pub unheard: BTreeSet<(usize, usize)>,
    next_connection: u64,
}

impl Network {
    /// Validators with each other; the contributor with all of them; each replica with an honest
    /// node before it, and by chance with others, or with all if it may become a validator; each
    /// stranger with some.
    pub fn new(plan: &Plan, random: &mut Random) -> Self {
        let n = plan.quorum.0;
        let mut wanted = BTreeSet::new();
        for a in 0..n {
            wanted.extend((a + 1..n).map(|b| (a, b)));
            wanted.insert((a, plan.nodes() - 1));
        }
        for replica in n..n + plan.replicas {
            let gone = |node| plan.down.iter().any(|(who, _, until)| *who == node && *until > plan.end_ms);
            let honest = (0..replica).filter(|node| plan.kind_of(*node).is_none() && !gone(*node));
            let honest: Vec<_> = honest.collect();
            wanted.insert((honest[random.index(honest.len())], replica));
            if plan.is_newcomer(replica) {
                wanted.insert((replica, plan.nodes() - 1));
            }
            for other in 0..replica {
                if random.percent(20) || plan.is_newcomer(replica) {
                    wanted.insert((other, replica));
                }
            }
        }
        for stranger in n + plan.replicas..plan.nodes() - 1 {
            for other in (0..plan.nodes()).filter(|other| *other < stranger || *other == plan.nodes() - 1) {
                if plan.kind_of(other).is_none() && random.percent(60) {
                    wanted.insert((stranger.min(other), stranger.max(other)));
                }
            }
            let honest: Vec<_> = (0..n).filter(|node| plan.kind_of(*node).is_none()).collect();
            wanted.insert((honest[random.index(honest.len())], stranger));
        }
        let links = wanted.into_iter().map(|nodes| Link { nodes, connection: None, broken: false }).collect();
        Network { links, sides: None, unheard: BTreeSet::new(), next_connection: 0 }
    }

    /// Connects and disconnects what should be; says who notices: (node, other, connected).
    pub fn refresh(&mut self, up: &[bool], bans: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize, bool)> {
        let mut changes = Vec::new();
        for link in &mut self.links {
            let (a, b) = link.nodes;
            let apart = self.sides.as_ref().is_some_and(|sides| sides[a] != sides[b]);
            let refused = bans(a, b) || bans(b, a);
            let wanted = up[a] && up[b] && !apart && !link.broken && !refused;
            if wanted == link.connection.is_some() {
                continue;
            }
            link.connection = wanted.then_some(self.next_connection);
            self.next_connection += 1;
            changes.extend([(a, b, wanted), (b, a, wanted)]);
        }
        changes
    }

    /// Breaks or mends the link between two nodes; takes effect with [`Network::refresh`].
    pub fn set_broken(&mut self, a: usize, b: usize, broken: bool) {
        let nodes = (a.min(b), a.max(b));
        self.links.iter_mut().filter(|link| link.nodes == nodes).for_each(|link| link.broken = broken);
    }

    /// Ends every partition and every break.
    pub fn heal(&mut self) {
        self.sides = None;
        self.unheard.clear();
        self.links.iter_mut().for_each(|link| link.broken = false);
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
