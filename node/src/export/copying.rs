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
use std::sync::Arc;

/// Who copies from whom, and by what a body is judged.
pub struct Copying {
    /// The community that copies.
    to: Cid,
    /// The origin's charter that decides: the one that leads.
    charter: Charter,
    /// The origin's rulesets that this program has, by the ids that headers name.
    rulesets: BTreeMap<Cid, Arc<Ruleset>>,
}

/// A body that cannot be judged here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unjudged {
    /// The ruleset that the header names is none that a charter names and this program has.
    #[error(
        "its redaction ruleset {0} is not known here, so that its classes of high risk are not; install a newer program"
    )]
    Ruleset(Cid),
    /// The bytes are no body.
    #[error("its body is not canonical DAG-CBOR")]
    Body,
}

impl Copying {
    /// Copying for `to` from the community whose charters these are, from the first to the one that leads.
    pub fn new(to: Cid, path: &[Charter]) -> Option<Self> {
        let charter = path.last()?.clone();
        let known = path.iter().filter_map(|one| Some((one.ruleset_id(), ruleset::of_charter(one).ok()?)));
        Some(Copying { to, charter, rulesets: known.collect() })
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
        let ruleset = self.rulesets.get(&header.ruleset).ok_or(Unjudged::Ruleset(header.ruleset))?;
        let shown = Shown::of(body, ruleset).map_err(|_| Unjudged::Body)?;
        Ok(may_copy(&self.charter, &self.to, header, &shown).err())
    }
}
