//! What must hold, a file for each rule. The rules are those of the design's last section.

mod agreement;
mod bans;
mod bounds;
mod canary;
mod convergence;
mod durability;
mod edition;
mod evidence;
mod fairness;
mod privacy;
mod progress;
mod restored;
mod rot;
mod succession;
mod withdrawal;

use crate::community::Community;
use crate::node::Node;
use crate::plan::Plan;
use crate::records::Shared;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::core::{Offence, status};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Batch, Ledger};
use commonwheel_protocol::record::RecordId;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Records that their author has withdrawn, and when that was durable where it was done.
    pub withdrawn: &'a BTreeMap<RecordId, u64>,
}

impl View<'_> {
    /// The nodes that run and follow the protocol.
    pub fn honest(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.honest && node.is_up())
    }

    /// The records that revise each other with this one.
    pub fn group(&self, record: &Shared) -> Vec<&Shared> {
        let before = |id: &RecordId| self.records.iter().find(|one| one.id == *id)?.revises;
        let first = |id: RecordId| std::iter::successors(Some(id), before).last();
        self.records.iter().filter(|other| first(other.id) == first(record.id)).collect()
    }
}

/// Whether a node knows that a record was withdrawn or taken down.
pub(crate) fn is_gone(node: &Node, id: &RecordId) -> Result<bool, String> {
    let erased = match &node.core {
        Some(core) => status::erased(id, core.counting(), &node.store),
        None => {
            let counting = status::lineage(&node.store).and_then(|of| status::Counting::load(&of, &node.store));
            counting.and_then(|counting| status::erased(id, &counting, &node.store))
        }
    };
    Ok(erased.map_err(|error| error.to_string())?.is_some())
}

/// Whether a node holds an author's withdrawal of this very record.
pub(crate) fn is_withdrawn(node: &Node, id: &RecordId) -> Result<bool, String> {
    let erasures = index::operations::erasures(&node.store, id).map_err(|error| error.to_string())?;
    Ok(erasures.iter().any(|(kind, ..)| *kind == index::Erasure::Withdrawal))
}

/// Whether a record's body may have been erased: it was withdrawn or taken down, or a revision replaced it.
pub(crate) fn may_be_gone(node: &Node, id: &RecordId) -> Result<bool, String> {
    let store = &node.store;
    // A decision may have erased it that counts no more, or does not count yet.
    let said = index::operations::erasures(store, id).map_err(|error| error.to_string())?;
    if !said.is_empty() || is_gone(node, id)? {
        return Ok(true);
    }
    // A revision that was accepted first: what it replaces is then not accepted any more.
    let revisions = store.scan(&index::key(prefix::REVISION, &[&id.0.to_bytes(), b"c"]), None, 1);
    if revisions.is_ok_and(|found| !found.is_empty()) {
        return Ok(true);
    }
    let standings = status::lineage(store).and_then(|lineage| status::standings(&lineage, store));
    let standings = standings.map_err(|error| error.to_string())?;
    Ok(standings.get(id).is_some_and(|standing| *standing != Standing::Accepted))
}

/// Whether a node may lack one of the contributor's records: it, or what it revises or is revised by, is gone.
pub(crate) fn may_be_lacking(view: &View, node: &Node, record: &Shared) -> Result<bool, String> {
    for member in view.group(record) {
        if view.withdrawn.contains_key(&member.id) || may_be_gone(node, &member.id)? {
            return Ok(true);
        }
    }
    Ok(false)
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

    /// A node disconnects another and refuses it from now on.
    fn banned(&mut self, _view: &View, _judge: usize, _judged: usize) -> Result<(), String> {
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
            Box::<succession::Succession>::default(),
            Box::<agreement::Agreement>::default(),
            Box::<privacy::Privacy>::default(),
            Box::<durability::Durability>::default(),
            Box::new(rot::Rot),
            Box::new(canary::Canary),
            Box::new(edition::Edition),
            Box::new(evidence::Evidence),
            Box::new(withdrawal::Withdrawal),
            Box::new(convergence::Convergence),
            Box::<progress::Progress>::default(),
            Box::<bounds::Bounds>::default(),
            Box::<restored::Restored>::default(),
            Box::<fairness::Fairness>::default(),
            Box::<bans::Bans>::default(),
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

    pub fn banned(&mut self, view: &View, judge: usize, judged: usize) -> Result<(), String> {
        if !view.nodes[judge].honest {
            return Ok(());
        }
        self.each(|check| check.banned(view, judge, judged))
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
