//! The rule by which one community copies records of another, for whoever writes a copy and whoever checks one.
//!
//! Nothing is kept twice: a copy is made when a dataset is written, from this node's own replica of the
//! origin, so that what is erased there is in no later copy (docs/adr/0016).

use commonwheel_config::ruleset;
use commonwheel_protocol::agreement::federation::{Shown, Why};
use commonwheel_protocol::agreement::{Charter, may_copy, may_copy_header};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::record::Header;
use commonwheel_protocol::redact::Ruleset;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

/// Rulesets with patterns of their own that are made for one origin, each some 4 MiB: a hostile export may hold as many
/// charters as it likes.
const RULESETS: usize = 64;

/// Who copies from whom, and by what a body is judged.
pub struct Copying {
    /// The community that copies.
    to: Cid,
    /// The origin's charter that decides: the one that leads.
    charter: Charter,
    /// The origin's rulesets, by the ids that headers name: each is made when a body is first judged by it.
    rulesets: BTreeMap<Cid, (Charter, OnceLock<Made>)>,
    /// How many more with patterns may be made.
    room: AtomicUsize,
}

/// A ruleset, or why it is none.
type Made = Result<Arc<Ruleset>, Unjudged>;

/// A body that cannot be judged here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unjudged {
    /// The ruleset that the header names is none that a charter names and this program has.
    #[error(
        "its redaction ruleset {0} is not known here, so that its classes of high risk are not; install a newer program"
    )]
    Ruleset(Cid),
    /// More rulesets than one community can need.
    #[error("its community has had more than {RULESETS} rulesets with patterns of its own, and no more are made here")]
    Rulesets,
    /// The bytes are no body.
    #[error("its body is not canonical DAG-CBOR")]
    Body,
}

impl Copying {
    /// Copying for `to` from the community whose charters these are, from the first to the one that leads.
    pub fn new(to: Cid, path: &[Charter]) -> Option<Self> {
        Self::with_room(to, path, RULESETS)
    }

    fn with_room(to: Cid, path: &[Charter], room: usize) -> Option<Self> {
        let charter = path.last()?.clone();
        let rulesets = path.iter().map(|one| (one.ruleset_id(), (one.clone(), OnceLock::new()))).collect();
        Some(Copying { to, charter, rulesets, room: AtomicUsize::new(room) })
    }

    /// The community that copies.
    pub fn to(&self) -> &Cid {
        &self.to
    }

    /// The charter that decides.
    pub fn charter(&self) -> &Charter {
        &self.charter
    }

    /// Whether the charter lets that community copy anything.
    pub fn is_named(&self) -> bool {
        self.charter.customs.federation.contains_key(&self.to)
    }

    /// Why a record may not be copied, as far as its header shows.
    pub fn against_header(&self, header: &Header) -> Option<Why> {
        may_copy_header(&self.charter, &self.to, header).err()
    }

    /// Why a record may not be copied.
    ///
    /// # Errors
    /// When that cannot be told here.
    pub fn against(&self, header: &Header, body: &[u8]) -> Result<Option<Why>, Unjudged> {
        if let Some(why) = self.against_header(header) {
            return Ok(Some(why));
        }
        let shown = Shown::of(body, self.ruleset(&header.ruleset)?.as_ref()).map_err(|_| Unjudged::Body)?;
        Ok(may_copy(&self.charter, &self.to, header, &shown).err())
    }
    /// The ruleset with this id.
    fn ruleset(&self, id: &Cid) -> Made {
        let (charter, made) = self.rulesets.get(id).ok_or(Unjudged::Ruleset(*id))?;
        let make = || {
            let one_less = |room: usize| room.checked_sub(1);
            // Those without patterns are shared by all that name them.
            if !charter.patterns.is_empty() && self.room.fetch_update(Relaxed, Relaxed, one_less).is_err() {
                return Err(Unjudged::Rulesets);
            }
            ruleset::of_charter(charter).map_err(|_| Unjudged::Ruleset(*id))
        };
        made.get_or_init(make).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::fixture::Commons;
    use commonwheel_protocol::agreement::customs::Federated;
    use commonwheel_protocol::licence::Licence;
    use commonwheel_protocol::redact::CommunityPattern;

    #[test]
    fn rulesets_are_made_when_a_body_needs_them_and_no_more_than_a_community_can_need() {
        let to = Cid::of_cbor(b"to");
        let open = |community| Federated {
            community,
            licences: [Licence::Cc0].into(),
            uses: [].into(),
            kinds: [].into(),
            classes: [].into(),
        };
        let commons = Commons::with("Health", |charter| drop(charter.customs.federation.insert(to, open(to))));
        let first = commons.founding.charter();
        let with_pattern = |n: usize| {
            let pattern = CommunityPattern { label: format!("m{n}"), pattern: format!("RB-{n}[0-9]{{6}}") };
            Charter { patterns: vec![pattern], ..first.clone() }
        };
        let path: Vec<_> = (0..4).map(with_pattern).chain([first.clone()]).collect();
        let copying = Copying::with_room(to, &path, 2).unwrap();
        let said = commons.says(1, "Rest helps.", Licence::Cc0, "train-ai=y");
        let judged = |ruleset| {
            let header = Header { ruleset, ..said.header.header().clone() };
            copying.against(&header, &said.body)
        };
        let by = |place: usize| judged(path[place].ruleset_id());
        assert_eq!([by(3), by(3), by(1), by(4)], [Ok(None), Ok(None), Ok(None), Ok(None)]);
        assert_eq!([by(0), by(2), by(3)], [Err(Unjudged::Rulesets), Err(Unjudged::Rulesets), Ok(None)]);
        assert_eq!(judged(to), Err(Unjudged::Ruleset(to)));
    }
}
