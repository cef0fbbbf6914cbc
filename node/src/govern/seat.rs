//! Where a verb about matters sits: a community with what is known of it here.

use super::{Decided, Leading, OpenMatter, words};
use crate::community::{self, Community};
use crate::home::Home;
use crate::run::member::now;
use crate::run::wire::{Base64, Request, Response};
use crate::run::{Access, Client};
use anyhow::bail;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::facts::Counting;
use commonwheel_protocol::core::matters::{self, Open};
use commonwheel_protocol::core::members;
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::operation::{Matter, Resolution, Ruling};
use serde::Serialize;
use std::collections::BTreeMap;

/// Blocks handed to the node in one message, which base64 makes a third larger.
const BLOCKS_BYTES: usize = 24 << 20;

/// A community, with the charter that leads in it and the matters that count.
pub struct Seat {
    /// The community.
    pub community: Community,
    /// Its records.
    pub access: Access,
    /// The charter that leads.
    pub leading: Leading,
    /// What counts under it.
    pub counting: Counting,
    /// Seconds since 1970.
    pub now_s: i64,
}

/// A kind of matter that a verb is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Releases.
    Release,
    /// Decisions.
    Decision,
    /// Successors of charters.
    Successor,
}

impl Wanted {
    fn is(self, matter: &Matter) -> bool {
        words::kind(matter) == self.name()
    }

    fn name(self) -> &'static str {
        match self {
            Wanted::Release => "release",
            Wanted::Decision => "decision",
            Wanted::Successor => "successor",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Wanted::Release => "commonwheel release list",
            Wanted::Decision => "commonwheel decision list",
            Wanted::Successor => "commonwheel community succession",
        }
    }
}

/// What came of signing a matter.
#[derive(Clone, Debug, Serialize)]
pub struct Came {
    /// The community's id.
    pub community: String,
    /// The matter's id.
    pub id: String,
    /// What it says.
    pub what: String,
    /// Whether it is resolved now.
    pub resolved: bool,
    /// How far it has come, while it is not.
    pub open: Option<OpenMatter>,
}

impl Came {
    /// A line for people.
    pub fn line(&self) -> String {
        match &self.open {
            _ if self.resolved => format!("Signed; it is resolved: {}.", self.what),
            Some(open) => format!("Signed: {}; {}.", self.what, open.progress()),
            None => format!("Signed: {}.", self.what),
        }
    }
}

impl Seat {
    /// Takes the seat in the community that `wanted` names.
    ///
    /// # Errors
    /// When there is none, or its records cannot be read.
    pub fn open(home: &Home, wanted: Option<&str>) -> anyhow::Result<Self> {
        Seat::of(community::chosen(home, wanted)?, home)
    }

    /// Takes the seat in a community.
    ///
    /// # Errors
    /// When its records cannot be read.
    pub fn of(community: Community, home: &Home) -> anyhow::Result<Self> {
        let access = Access::open(home, &community.id())?;
        let leading = Leading::of(&access)?;
        let counting = Counting::load(&leading.lineage, &access)?;
        Ok(Seat { community, access, leading, counting, now_s: now().unix_s() })
    }

    /// What the community has decided, or asks for, that may hold back the records of a contributor: for them to
    /// know before they sign.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn warnings(&self, seed: &Seed) -> anyhow::Result<Vec<String>> {
        let (mut warnings, id) = (Vec::new(), self.community.id());
        if !self.leading.forks().is_empty() {
            let why = "two successor charters are certified in one round; until that is settled nothing is accepted";
            warnings.push(why.to_owned());
        }
        let own = [seed.named(&id).public(), seed.pseudonym(&id).public()];
        for (id, decision) in self.counting.decisions.iter().filter(|(_, one)| one.holds_at(self.now_s)) {
            match &decision.ruling {
                Ruling::Embargo(_) | Ruling::Freeze | Ruling::Shift(_) | Ruling::RateCap(_) => {
                    let decided = Decided::of(id.to_string(), decision).line();
                    warnings.push(format!("the community has decided to {decided}"));
                }
                Ruling::Ban(key) if own.contains(key) => {
                    warnings.push(format!("the community has decided to take no more records of your key {key}"));
                }
                _ => {}
            }
        }
        let mut admitted = false;
        for key in &own {
            admitted |= members::is_member(&self.leading.charter, key, &self.access)?;
        }
        if !admitted {
            let why = "only members may contribute here, and nobody is known here to have admitted you; send a \
                       validator the key that `commonwheel identity show` prints";
            warnings.push(why.to_owned());
        }
        Ok(warnings)
    }

    /// The running node.
    ///
    /// # Errors
    /// When none runs.
    pub fn node(&self) -> anyhow::Result<&Client> {
        match &self.access {
            Access::Node(client, _) => Ok(client),
            Access::Store(_) => bail!(
                "no node runs with this home, and a matter is signed through the running node\nHint: start it with `commonwheel run`"
            ),
        }
    }

    /// The open matters of a kind.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn open_matters(&self, wanted: Wanted) -> anyhow::Result<Vec<Open>> {
        let open = matters::open(&self.leading.lineage, &self.counting, self.now_s, &self.access)?;
        Ok(open.into_iter().filter(|one| wanted.is(&one.matter)).collect())
    }

    /// The resolved matters of a kind, by id.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn resolved(&self, wanted: Wanted) -> anyhow::Result<BTreeMap<Cid, Resolution>> {
        let mut resolved = matters::resolved(&self.leading.lineage, &self.access)?;
        resolved.retain(|_, resolution| wanted.is(resolution.matter()));
        Ok(resolved)
    }

    /// The open matter with this id, or with the only id that begins so; without an id the only open one.
    ///
    /// # Errors
    /// When none or several fit.
    pub fn one_open(&self, wanted: Wanted, id: Option<&str>) -> anyhow::Result<Open> {
        let open = self.open_matters(wanted)?;
        let mut fit: Vec<_> =
            open.into_iter().filter(|one| id.is_none_or(|id| one.id.to_string().starts_with(id))).collect();
        let (what, list) = (wanted.name(), wanted.list());
        match (fit.len(), id) {
            (1, _) => Ok(fit.remove(0)),
            (0, Some(id)) => {
                if self.resolved(wanted)?.keys().any(|resolved| resolved.to_string().starts_with(id)) {
                    bail!("the {what} {id} is resolved already\nHint: `{list}` shows what is open");
                }
                bail!(
                    "no open {what} here has the id {id}\nHint: `{list}` shows ids; a new one takes some seconds to come"
                )
            }
            (0, None) => bail!("no {what} is open here\nHint: `{list}` shows what there is"),
            (several, _) => {
                let ids: Vec<_> = fit.iter().map(|one| one.id.to_string()).collect();
                bail!("expected one open {what}, found {several}\nHint: name one by its id: {}", ids.join(", "))
            }
        }
    }

    /// Hands blocks of a matter to the node in messages that it takes, and has it sign a motion.
    ///
    /// # Errors
    /// When no node runs, or it does not sign; the error says why.
    pub fn vote(&self, matter: &Matter, blocks: &[Vec<u8>]) -> anyhow::Result<Came> {
        let client = self.node()?;
        let mut told = Vec::new();
        for part in parts(blocks) {
            let blocks = part.iter().map(|block| Base64(block.clone())).collect();
            let vote = Request::Vote(self.community.id().to_string(), Base64(matter.payload()), blocks);
            // What it says before it has all blocks does not count.
            match client.ask(&vote)? {
                Response::Told(problems) => told = problems,
                _ => bail!("the running node answered with something unexpected\nHint: restart it"),
            }
        }
        if let Some(why) = told.first() {
            bail!(
                "the node did not sign: {}\nHint: `commonwheel status` shows how the node is",
                community::printable(why)
            );
        }
        self.came(matter)
    }

    /// How far a matter has come that was just signed.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn came(&self, matter: &Matter) -> anyhow::Result<Came> {
        let id = matter.id();
        let counting = Counting::load(&self.leading.lineage, &self.access)?;
        let open = matters::open(&self.leading.lineage, &counting, self.now_s, &self.access)?;
        let open = open.iter().find(|one| one.id == id).map(|one| OpenMatter::of(one, &self.leading.lineage, None));
        let resolved = matters::resolved(&self.leading.lineage, &self.access)?.contains_key(&id);
        let (community, what) = (self.community.id().to_string(), words::matter(matter));
        Ok(Came { community, id: id.to_string(), what, resolved, open })
    }
}

/// Blocks in parts of which each fits into a message; one part when there are none.
fn parts(blocks: &[Vec<u8>]) -> Vec<&[Vec<u8>]> {
    let (mut parts, mut start, mut size) = (Vec::new(), 0, 0);
    for (at, block) in blocks.iter().enumerate() {
        if at > start && size + block.len() > BLOCKS_BYTES {
            parts.push(&blocks[start..at]);
            (start, size) = (at, 0);
        }
        size += block.len();
    }
    parts.push(&blocks[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_in_parts_that_fit_in_order_and_none_is_one_part() {
        assert_eq!(parts(&[]), [&[] as &[Vec<u8>]]);
        let blocks: Vec<_> = (0..5u8).map(|i| vec![i; BLOCKS_BYTES / 2]).collect();
        let parts = parts(&blocks);
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(parts.concat(), blocks);
    }
}
