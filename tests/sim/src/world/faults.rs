//! Nodes that crash and start, and the network's healing.

use super::{Cause, Event, World};
use crate::node::{Node, peer};
use crate::plan::{Planted, Weather};
use crate::planted;
use commonwheel_protocol::core::Input;
use commonwheel_storage::MemoryStore;

impl World<'_> {
    pub(super) fn heal(&mut self) -> Result<(), String> {
        self.weather = Weather::CALM;
        self.network.heal();
        for node in 0..self.nodes.len() {
            self.nodes[node].doom = None;
            self.give_up(node)?;
            if !self.plan.down.iter().any(|(who, _, until)| *who == node && *until > self.now) {
                self.start(node)?;
            }
        }
        self.refresh()
    }

    pub(super) fn start(&mut self, node: usize) -> Result<(), String> {
        if self.nodes[node].is_up() {
            return Ok(());
        }
        if self.plan.planted == Some(Planted::RotTrusted) {
            self.nodes[node].store.trust_everything();
        }
        if let Err(error) = self.nodes[node].start(self.now, &self.community) {
            if self.nodes[node].store.rotten().next().is_none() {
                return Err(format!("open: {error}"));
            }
            self.give_up(node)?;
            self.nodes[node].start(self.now, &self.community).map_err(|error| format!("open: {error}"))?;
        }
        self.check(|checks, view| checks.opened(view, node))?;
        self.refresh()
    }

    pub(super) fn crash(&mut self, node: usize) -> Result<(), String> {
        if !self.nodes[node].is_up() {
            return Ok(());
        }
        self.nodes[node].crash();
        self.penalties.forget(node);
        if self.plan.planted == Some(Planted::WaitingLost) {
            planted::lose_what_waits(&mut self.nodes[node].store).map_err(|error| error.to_string())?;
        }
        let back = self.now + self.random.within(200, 8_000);
        if !self.plan.down.iter().any(|(who, from, _)| *who == node && *from == self.now) {
            self.at(back, Event::Start(node));
        }
        self.refresh()
    }

    /// The disk of a node is lost, and a backup takes its place. Whoever shared or withdrew something there since
    /// does so again.
    pub(super) fn restore(&mut self, node: usize) -> Result<(), String> {
        let Some(backup) = self.nodes[node].backup.clone() else { return Ok(()) };
        self.replace(node, backup)
    }

    /// A damaged disk is given up, if it is damaged: the last backup takes its place, or what a node has that joins
    /// anew.
    pub(super) fn give_up(&mut self, node: usize) -> Result<(), String> {
        if self.nodes[node].store.rotten().next().is_none() {
            return Ok(());
        }
        let anew = self.community.joined_store().map_err(|error| error.to_string())?;
        let store = self.nodes[node].backup.clone().unwrap_or(anew);
        self.replace(node, store)
    }

    fn replace(&mut self, node: usize, store: MemoryStore) -> Result<(), String> {
        self.crash(node)?;
        self.nodes[node].store.restore(store);
        self.check(|checks, view| checks.restored(view, node))?;
        if node == self.plan.contributor() {
            for handful in std::mem::take(&mut self.shared) {
                self.at(self.now + 500, Event::Contribute(handful));
            }
            for deed in self.doing.forget_own() {
                self.at(self.now + 600, Event::Do(deed));
            }
        }
        Ok(())
    }

    /// The connection with this number fails, if it still stands, and is made again after a while.
    pub(super) fn break_link(&mut self, a: usize, b: usize, connection: u64) -> Result<(), String> {
        if self.network.connection(a, b) != Some(connection) {
            return Ok(());
        }
        self.network.set_broken(a, b, true);
        let back = self.now + self.random.within(100, 3_000);
        self.at(back, Event::Rejoin(a, b));
        self.refresh()
    }

    pub(super) fn refresh(&mut self) -> Result<(), String> {
        let up: Vec<_> = self.nodes.iter().map(Node::is_up).collect();
        let (penalties, now) = (&self.penalties, self.now);
        for (node, other, connected) in self.network.refresh(&up, |judge, judged| penalties.bans(now, judge, judged)) {
            let input = if connected { Input::Connected(peer(other)) } else { Input::Disconnected(peer(other)) };
            self.step(node, input, Cause::Own)?;
        }
        Ok(())
    }
}
