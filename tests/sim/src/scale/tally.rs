//! What is counted: messages and bytes that a node receives, by what they are for.

use commonwheel_protocol::wire::exchange::Ask;
use commonwheel_protocol::wire::gossip::Message;
use std::collections::BTreeMap;

/// What bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Gossip heard for the first time: headers and the receipts that vouch for them.
    Headers,
    /// Gossip heard for the first time: batches of verdicts.
    Batches,
    /// Gossip heard for the first time: certificates.
    Certificates,
    /// Gossip heard before.
    Copies,
    /// Requests for records and bodies, and the answers.
    Fetch,
    /// Pages of what waits, asked for regularly.
    Live,
    /// Reconciliation.
    Reconcile,
    /// Proofs of validators' keys.
    Prove,
    /// Operations besides records: pushed, spread, asked for.
    Operations,
    /// Records pushed by their author, and receipts for them.
    Submit,
}

impl Part {
    /// Every part, in the order of the tables.
    pub const ALL: [Part; 10] = [
        Part::Headers,
        Part::Batches,
        Part::Certificates,
        Part::Copies,
        Part::Fetch,
        Part::Live,
        Part::Reconcile,
        Part::Prove,
        Part::Operations,
        Part::Submit,
    ];

    /// What a request, and so its answer, is for.
    pub(super) fn of_ask(bytes: &[u8]) -> Part {
        match Ask::read(bytes) {
            Ok((_, Ask::Live(_) | Ask::Waiting(_))) => Part::Live,
            Ok((_, Ask::Reconcile(_))) => Part::Reconcile,
            Ok((_, Ask::Submit(_))) => Part::Submit,
            Ok((_, Ask::Fetch { .. })) => Part::Fetch,
            Ok((_, Ask::Operate(_) | Ask::Spread(_) | Ask::Own { .. } | Ask::Blocks(_))) => Part::Operations,
            _ => Part::Prove,
        }
    }

    /// The parts of a gossip message; what frames them counts with the largest.
    pub(super) fn of_gossip(bytes: &[u8]) -> Vec<(Part, usize)> {
        let Ok(message) = Message::read(bytes) else { return vec![(Part::Copies, bytes.len())] };
        let size = |blocks: &[Vec<u8>]| blocks.iter().map(Vec::len).sum::<usize>();
        let headers = size(&message.headers) + size(&message.receipts);
        let mut parts = vec![
            (Part::Headers, headers),
            (Part::Batches, size(&message.batches)),
            (Part::Certificates, size(&message.certificates)),
            (Part::Operations, size(&message.operations)),
        ];
        parts.retain(|(_, bytes)| *bytes > 0);
        let rest = bytes.len() - parts.iter().map(|(_, bytes)| bytes).sum::<usize>();
        if let Some(largest) = parts.iter_mut().max_by_key(|(_, bytes)| *bytes) {
            largest.1 += rest;
        }
        parts
    }
}

/// Messages and bytes by part, of one node on average.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally(BTreeMap<Part, (f64, f64)>);

impl Tally {
    /// Counts a share of a message.
    pub(super) fn add(&mut self, part: Part, messages: f64, bytes: usize) {
        let entry = self.0.entry(part).or_default();
        entry.0 += messages;
        entry.1 += bytes as f64;
    }

    /// Together with another.
    #[must_use]
    pub(super) fn plus(mut self, other: &Tally) -> Tally {
        for (part, (messages, bytes)) in &other.0 {
            let entry = self.0.entry(*part).or_default();
            entry.0 += messages;
            entry.1 += bytes;
        }
        self
    }

    /// Less what another has.
    #[must_use]
    pub fn minus(mut self, other: &Tally) -> Tally {
        for (part, (messages, bytes)) in &other.0 {
            let entry = self.0.entry(*part).or_default();
            entry.0 -= messages;
            entry.1 -= bytes;
        }
        self
    }

    /// Divided.
    #[must_use]
    pub fn over(mut self, divisor: f64) -> Tally {
        self.0.values_mut().for_each(|entry| *entry = (entry.0 / divisor, entry.1 / divisor));
        self
    }

    /// Bytes of one part.
    pub fn bytes(&self, part: Part) -> f64 {
        self.0.get(&part).map_or(0.0, |entry| entry.1)
    }

    /// Bytes of all parts.
    pub fn all_bytes(&self) -> f64 {
        self.0.values().map(|entry| entry.1).sum()
    }

    /// Messages of all parts.
    pub fn all_messages(&self) -> f64 {
        self.0.values().map(|entry| entry.0).sum()
    }
}
