//! What travels between nodes, and how it is lost.

use super::{Cause, Event, World};
use crate::check::Sent;
use crate::network::{Delivery, What};
use crate::node::peer;
use crate::plan::Phase;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{AskId, Input, Token};
use std::rc::Rc;

/// After this long the driver reports a lost request, as the real one does.
const ASK_TIMEOUT_MS: u64 = 10_000;

/// How long a node remembers that it has seen a message, as the real one does.
const SEEN_MS: u64 = 60_000;

impl World<'_> {
    pub(super) fn deliver(&mut self, delivery: Delivery) -> Result<(), String> {
        let Delivery { from, to, connection, what } = delivery;
        if self.network.connection(from, to) != Some(connection) {
            return Ok(());
        }
        match what {
            What::Gossip(bytes) => {
                let id = Cid::of_cbor(&bytes);
                let seen = self.nodes[to].seen.insert(id, self.now);
                if seen.is_some_and(|seen| self.now < seen + SEEN_MS) {
                    return Ok(());
                }
                if let Some(mind) = self.minds.get_mut(&to) {
                    mind.hear(&bytes);
                }
                let input = Input::Gossip { from: peer(from), token: Token(self.steps), bytes: bytes.to_vec() };
                self.step(to, input, Cause::Gossip(from, bytes))
            }
            What::Request(ask, bytes) => {
                let input = Input::Request { from: peer(from), token: Token(self.steps), bytes };
                self.step(to, input, Cause::Request(from, ask))
            }
            What::Reply(ask, bytes) => self.step(to, Input::Reply { ask, bytes }, Cause::Own),
        }
    }

    /// While things go wrong, now and then nobody ever says that a request was lost.
    pub(super) fn time_out(&mut self, answerer: usize, asker: usize, ask: AskId) {
        let Some(connection) = self.network.connection(answerer, asker) else { return };
        if self.random.percent(80) || self.plan.phase(self.now) != Phase::Safety {
            let delivery = Delivery { from: answerer, to: asker, connection, what: What::Reply(ask, None) };
            self.at(self.now + ASK_TIMEOUT_MS, Event::Deliver(delivery));
        }
    }

    pub(super) fn flood(&mut self, from: usize, except: Option<usize>, bytes: Rc<[u8]>) {
        self.nodes[from].seen.insert(Cid::of_cbor(&bytes), self.now);
        if self.plan.without_gossip {
            return;
        }
        for to in self.network.neighbours(from) {
            if Some(to) != except && !self.random.percent(self.weather.gossip_loss) {
                self.send(from, to, What::Gossip(bytes.clone()));
            }
        }
    }

    /// Puts a message on its way, now and then twice, each with a delay of its own: so messages of
    /// every kind overtake each other.
    pub(super) fn send(&mut self, from: usize, to: usize, what: What) {
        if self.network.unheard.contains(&(from, to)) {
            match what {
                What::Gossip(_) => {}
                What::Request(ask, _) => self.time_out(to, from, ask),
                What::Reply(ask, _) => self.time_out(from, to, ask),
            }
            return;
        }
        if self.random.percent(self.weather.duplicates) {
            self.carry(from, to, what.clone());
        }
        self.carry(from, to, what);
    }

    fn carry(&mut self, from: usize, to: usize, mut what: What) {
        let Some(connection) = self.network.connection(from, to) else { return };
        let arrives = self.now + self.random.within(1, self.weather.delay_ms);
        if self.random.per_mille(self.weather.flips) {
            if self.nodes[from].honest {
                return self.at(arrives, Event::Break(from, to, connection));
            }
            what.flip(&mut self.random);
        }
        self.at(arrives, Event::Deliver(Delivery { from, to, connection, what }));
    }

    pub(super) fn sent(&mut self, sent: Sent) -> Result<(), String> {
        self.check(|checks, view| checks.sent(view, &sent))
    }
}
