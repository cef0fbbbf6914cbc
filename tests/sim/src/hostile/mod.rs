//! Nodes that misbehave, a file for each way. Each runs a real core, so that it knows what an honest
//! node would; what that is about to do can be changed, and more can be done beside it.

mod attests;
mod claims;
mod contradicts;
mod floods;
mod forks;
mod liar;
mod oversizes;
mod removed;
mod replays;
mod silent;
mod withholds;

use crate::community::{Community, START_S};
use crate::disk::Disk;
use crate::random::Random;
use commonwheel_protocol::agreement::{Batch, Entry, Verdict};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{Step, status};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::record::header::{HourTime, SizeClass};
use commonwheel_protocol::record::{Header, RecordId};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::Receipt;
use commonwheel_protocol::wire::gossip::Message;

/// In which way a node misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A validator that does everything that one key can sign, and sends junk.
    Liar,
    /// A validator that tells each side another verdict, under one number.
    Contradicts,
    /// A validator that takes everything and says nothing.
    Silent,
    /// A validator that accepts whatever there is, seen or not, sound or not.
    Attests,
    /// A validator that goes on signing under the charter that named it, after another has taken its place.
    Removed,
    /// A validator that signs two successors in one round.
    Forks,
    /// A stranger that sends old gossip again, whole and taken apart.
    Replays,
    /// A stranger that asks one node without end.
    Floods,
    /// A stranger whose messages are over the limits.
    Oversizes,
    /// A stranger that gives records without their bodies, or nothing.
    Withholds,
    /// A stranger that lies about what it holds when others reconcile with it.
    Claims,
}

impl Kind {
    /// What only the holder of a validator's key can do.
    pub const VALIDATORS: [Kind; 6] =
        [Kind::Liar, Kind::Contradicts, Kind::Silent, Kind::Attests, Kind::Removed, Kind::Forks];
    /// What anyone can do.
    pub const STRANGERS: [Kind; 5] = [Kind::Replays, Kind::Floods, Kind::Oversizes, Kind::Withholds, Kind::Claims];

    /// Whether what it does is provably its own fault, so that honest nodes must penalise it.
    pub fn offends(self) -> bool {
        matches!(self, Kind::Liar | Kind::Floods | Kind::Oversizes)
    }
}

/// Headers that a validator makes up, in all: the limits on waiting records are larger than a
/// simulation should be.
pub(crate) const MOST_MADE_UP: u64 = 12;

/// What a misbehaving node sees.
pub(crate) struct Around<'a> {
    pub store: &'a Disk,
    pub community: &'a Community,
    /// Whom it is connected with.
    pub neighbours: &'a [usize],
    /// Whether the network has healed.
    pub healed: bool,
}

impl Around<'_> {
    /// Every record that the node has heard of.
    pub fn known(&self) -> Vec<RecordId> {
        let mut known =
            status::lineage(self.store).and_then(|lineage| status::accepted(&lineage, self.store)).unwrap_or_default();
        let _ = index::each_record(self.store, prefix::WAITING, |id, _| known.push(id));
        known
    }

    /// A batch signed by this key, as it would be gossiped.
    pub fn batch(&self, key: &SecretKey, number: i64, said: &[(RecordId, Verdict)]) -> Vec<u8> {
        let entries: Vec<_> =
            said.iter().map(|(record, verdict)| Entry { record: *record, verdict: *verdict }).collect();
        let batch = Batch::sign(self.community.id(), self.community.charter().id(), number, &entries, key);
        Message { batches: vec![batch], ..Message::default() }.to_bytes()
    }

    /// A header of its own making, and a receipt for a body that does not exist.
    pub fn vouch_for_nothing(&self, key: &SecretKey, which: u64) -> Vec<u8> {
        let community = self.community;
        let author = Seed::new([201; 32]).pseudonym(&community.id());
        let header = Header {
            community: community.id(),
            author: author.public(),
            nonce: None,
            licence: Licence::CcBy4,
            preference: community.charter().preference.clone(),
            terms: community.charter().terms,
            ruleset: *community.ruleset.id(),
            body: Cid::of_cbor(&which.to_be_bytes()),
            size_class: SizeClass::of(8),
            revises: None,
            corrects: None,
            about: None,
            time: HourTime::hour(START_S as i64),
        };
        let bytes = header.sign(&author);
        let receipt = Receipt::sign(community.id(), &[RecordId(Cid::of_cbor(&bytes))], key);
        Message { headers: vec![bytes], receipts: vec![receipt], ..Message::default() }.to_bytes()
    }
}

/// What a misbehaving node does of its own accord.
pub(crate) enum Act {
    /// Sends gossip to all neighbours.
    Gossip(Vec<u8>),
    /// Sends gossip to one.
    Tell(usize, Vec<u8>),
    /// Sends a request.
    Ask(usize, Vec<u8>),
}

/// One way to misbehave.
pub(crate) trait Hostile {
    /// Changes what the core was about to do; `asked` is the request that it answers, if it does.
    fn twist(&mut self, _step: &mut Step, _asked: Option<&[u8]>, _random: &mut Random) {}

    /// Listens to gossip.
    fn hear(&mut self, _bytes: &[u8]) {}

    /// Acts, every second or so.
    fn act(&mut self, _around: &Around, _random: &mut Random) -> Vec<Act> {
        vec![]
    }
}

/// A misbehaving node's mind. Validators have a key.
pub(crate) fn mind(kind: Kind, key: Option<&SecretKey>) -> Box<dyn Hostile> {
    match (kind, key.cloned()) {
        (Kind::Liar, Some(key)) => Box::new(liar::Liar::new(key)),
        (Kind::Contradicts, Some(key)) => Box::new(contradicts::Contradicts::new(key)),
        (Kind::Attests, Some(key)) => Box::new(attests::Attests::new(key)),
        (Kind::Removed, Some(key)) => Box::new(removed::Removed::new(key)),
        (Kind::Forks, Some(key)) => Box::new(forks::Forks::new(key)),
        (Kind::Replays, _) => Box::<replays::Replays>::default(),
        (Kind::Floods, _) => Box::<floods::Floods>::default(),
        (Kind::Oversizes, _) => Box::new(oversizes::Oversizes),
        (Kind::Withholds, _) => Box::new(withholds::Withholds),
        (Kind::Claims, _) => Box::<claims::Claims>::default(),
        // What takes a key, without one.
        _ => Box::new(silent::Silent),
    }
}
