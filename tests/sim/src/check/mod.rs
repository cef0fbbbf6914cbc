//! What must hold, a file for each rule. The rules are those of the design's last section.

mod agreement;
mod bounds;
mod canary;
mod convergence;
mod durability;
mod fairness;
mod privacy;
mod progress;
mod restored;

use crate::community::Community;
use crate::node::Node;
use crate::plan::Plan;
use crate::records::Shared;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::core::{Offence, status};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Batch, Ledger};
use commonwheel_protocol::record::RecordId;
use std::collections::BTreeSet;

/// The world as the checkers see it.
pub struct View<'a> {
    /// What is simulated.
    pub plan: &'a Plan,
    /// The community.
    pub community: &'a Community,
    /// What the contributor shares.
    pub records: &'a [Shared],
    /// Everybody.
    pub nodes: &'a [Node],
    /// Milliseconds from the start.
    pub now_ms: u64,
    /// Records whose author has learned why they are refused.
    pub told: &'a BTreeSet<RecordId>,
}

impl View<'_> {
    /// The nodes that run and follow the protocol.
    pub fn honest(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.honest && node.is_up())
    }
}

/// Whether a record's body may have been erased: it was withdrawn or taken down, or a revision replaced it.
pub(crate) fn may_be_gone(node: &Node, id: &RecordId) -> Result<bool, String> {
    let store = &node.store;
    let standings = status::lineage(store).and_then(|lineage| status::standings(&lineage, store));
    let standings = standings.map_err(|error| error.to_string())?;
    let counting = status::lineage(store).and_then(|lineage| status::Counting::load(&lineage, store));
    let erased =
        counting.and_then(|counting| status::erased(id, &counting, store)).map_err(|error| error.to_string())?;
    let erased = erased.is_some();
    // A revision that was accepted first: what it replaces is then not accepted any more.
    let revisions = store.scan(&index::key(prefix::REVISION, &[&id.0.to_bytes(), b"c"]), None, 1);
    let replaced = revisions.is_ok_and(|found| !found.is_empty());
    Ok(erased || replaced || standings.get(id).is_some_and(|standing| *standing != Standing::Accepted))
}

/// Bytes that a node sends.
pub enum Sent<'a> {
    /// To anyone.
    Gossip {
        /// Who sends.
        from: usize,
        /// What.
        bytes: &'a [u8],
    },
    /// To one node.
    Ask {
        /// Who asks.
        from: usize,
        /// Whom.
        to: usize,
        /// What.
        bytes: &'a [u8],
    },
    /// To one node.
    Reply {
        /// Who answers.
        from: usize,
        /// Whom.
        to: usize,
        /// What.
        bytes: &'a [u8],
    },
}

impl Sent<'_> {
    /// Who sends.
    pub fn from(&self) -> usize {
        match self {
            Sent::Gossip { from, .. } | Sent::Ask { from, .. } | Sent::Reply { from, .. } => *from,
        }
    }

    /// What.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Sent::Gossip { bytes, .. } | Sent::Ask { bytes, .. } | Sent::Reply { bytes, .. } => bytes,
        }
    }
}

/// A rule. What a misbehaving node itself stores and sends is not judged.
trait Check {
    /// The rule's name, with which a violation begins.
    fn name(&self) -> &'static str;

    /// A node is about to send.
    fn sent(&mut self, _view: &View, _sent: &Sent) -> Result<(), String> {
        Ok(())
    }

    /// A node has committed a batch.
    fn committed(&mut self, _view: &View, _node: &Node, _batch: &Batch) -> Result<(), String> {
        Ok(())
    }

    /// A node has started, perhaps after a crash.
    fn opened(&mut self, _view: &View, _node: &Node) -> Result<(), String> {
        Ok(())
    }

    /// A node's disk was replaced by an old backup: what it held since is gone, and no longer asked of it.
    fn restored(&mut self, _view: &View, _node: &Node) -> Result<(), String> {
        Ok(())
    }

    /// A node says that another is at fault.
    fn penalised(&mut self, _view: &View, _judge: usize, _judged: usize, _offence: Offence) -> Result<(), String> {
        Ok(())
    }

    /// The simulation has ended.
    fn end(&mut self, _view: &View) -> Result<(), String> {
        Ok(())
    }
}

/// All the rules.
pub(crate) struct Checks(Vec<Box<dyn Check>>);

impl Checks {
    pub fn all() -> Self {
        Checks(vec![
            Box::<agreement::Agreement>::default(),
            Box::<privacy::Privacy>::default(),
            Box::<durability::Durability>::default(),
            Box::new(canary::Canary),
            Box::new(convergence::Convergence),
            Box::<progress::Progress>::default(),
            Box::<bounds::Bounds>::default(),
            Box::<restored::Restored>::default(),
            Box::<fairness::Fairness>::default(),
        ])
    }

    pub fn sent(&mut self, view: &View, sent: &Sent) -> Result<(), String> {
        if !view.nodes[sent.from()].honest {
            return Ok(());
        }
        self.each(|check| check.sent(view, sent))
    }

    pub fn committed(&mut self, view: &View, node: usize, batch: &Batch) -> Result<(), String> {
        let node = &view.nodes[node];
        if !node.honest || batch.is_empty() {
            return Ok(());
        }
        self.each(|check| check.committed(view, node, batch))
    }

    pub fn opened(&mut self, view: &View, node: usize) -> Result<(), String> {
        let node = &view.nodes[node];
        if !node.honest {
            return Ok(());
        }
        self.each(|check| check.opened(view, node))
    }

    pub fn restored(&mut self, view: &View, node: usize) -> Result<(), String> {
        self.each(|check| check.restored(view, &view.nodes[node]))
    }

    pub fn penalised(&mut self, view: &View, judge: usize, judged: usize, offence: Offence) -> Result<(), String> {
        if !view.nodes[judge].honest {
            return Ok(());
        }
        self.each(|check| check.penalised(view, judge, judged, offence))
    }

    pub fn end(&mut self, view: &View) -> Result<(), String> {
        self.each(|check| check.end(view))
    }

    fn each(&mut self, mut look: impl FnMut(&mut dyn Check) -> Result<(), String>) -> Result<(), String> {
        for check in &mut self.0 {
            look(check.as_mut()).map_err(|what| format!("{}: {what}", check.name()))?;
        }
        Ok(())
    }
}
