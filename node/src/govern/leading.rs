//! The charter that leads in a community, as far as is known here.

use crate::community::Community;
use crate::home::Home;
use crate::run::Access;
use anyhow::Context as _;
use commonwheel_protocol::agreement::{Charter, Lineage};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};

/// The charter that leads, how it came to, and the text of its terms.
#[derive(Clone, Debug)]
pub struct Leading {
    /// Every certified charter.
    pub lineage: Lineage,
    /// The one that leads.
    pub charter: Charter,
    terms: Option<String>,
}

impl Leading {
    /// What a ledger says.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn of(ledger: &impl Ledger) -> Result<Self, LedgerError> {
        let lineage = status::lineage(ledger)?;
        let charter = lineage.head().charter.clone();
        let terms = ledger.block(Shelf::Certified, &charter.terms)?;
        let terms = terms.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Leading { lineage, charter, terms })
    }

    /// What the running node, or the store itself, says. The store is closed again.
    ///
    /// # Errors
    /// When neither can be read.
    pub fn open(home: &Home, community: &Community) -> anyhow::Result<Self> {
        Ok(Leading::of(&Access::open(home, &community.id())?)?)
    }

    /// The text of its terms.
    ///
    /// # Errors
    /// When it has not come yet.
    pub fn terms(&self) -> anyhow::Result<&str> {
        self.terms.as_deref().with_context(|| {
            format!(
                "the text of the terms {} of the charter that leads now has not come yet\nHint: let the node fetch it with `commonwheel run`",
                self.charter.terms
            )
        })
    }

    /// The certified successors among which nothing decides yet.
    pub fn forks(&self) -> Vec<Cid> {
        self.lineage.head().fork.into_iter().collect()
    }
}
