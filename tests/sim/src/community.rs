//! The community that is simulated: keys, charter, founding, terms.

use crate::Failed;
use commonwheel_protocol::agreement::charter::{BodyAccess, NUMBERS, PROTOCOL, Quorum, Validator};
use commonwheel_protocol::agreement::{Charter, Founding, Lineage, RiskPolicy};
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::core::Rulesets;
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Batch, LedgerError, Shelf, Store};
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::redact::Ruleset;
use commonwheel_protocol::sign::SecretKey;
use commonwheel_storage::MemoryStore;
use std::sync::Arc;

/// When a simulation begins, in seconds since 1970.
pub const START_S: u64 = 1_800_000_000;

/// The text of the terms.
pub const TERMS: &[u8] = b"Terms of the simulated commons.";

/// The seed of the keys of the validator at a place, or of another node that may become one.
pub fn seed(node: usize) -> Seed {
    Seed::new([node as u8 + 1; 32])
}

/// The recovery keys of a charter that names some.
pub fn recovery() -> [SecretKey; 3] {
    [251, 252, 253].map(|place| Seed::new([place; 32]).validator())
}

/// A founded community and its validators' secrets.
pub struct Community {
    /// The founding block.
    pub founding: Founding,
    /// By which bodies are redacted.
    pub ruleset: Arc<Ruleset>,
    /// The validators' keys, in the charter's order.
    pub validators: Vec<SecretKey>,
}

impl Community {
    /// Founds a community with these numbers, which must make a quorum.
    pub fn found(n: usize, f: usize, q: usize, bodies: BodyAccess) -> Result<Self, Failed> {
        Community::found_with(n, f, q, bodies, &|_| {})
    }

    /// The same, with a change to the charter before it is signed.
    ///
    /// # Errors
    /// When the numbers make no quorum.
    pub fn found_with(
        n: usize,
        f: usize,
        q: usize,
        bodies: BodyAccess,
        change: &dyn Fn(&mut Charter),
    ) -> Result<Self, Failed> {
        let ruleset = commonwheel_config::ruleset::builtin();
        let seeds: Vec<_> = (0..n).map(seed).collect();
        let mut charter = Charter {
            name: "Simulated commons".into(),
            scope: "Simulation".into(),
            protocol: PROTOCOL,
            validators: seeds
                .iter()
                .enumerate()
                .map(|(i, seed)| Validator {
                    name: format!("validator {i}"),
                    signing: seed.validator().public(),
                    encryption: seed.encryption_public(),
                })
                .collect(),
            quorum: Quorum::new(n, f, q)?,
            licences: Licence::ALL.into_iter().collect(),
            preference: Preference::read("train-ai=y, search=y")?,
            ruleset: *ruleset.id(),
            patterns: vec![],
            risks: RiskPolicy::allow(),
            bodies,
            numbers: NUMBERS.iter().map(|(name, _, _, usual)| ((*name).to_owned(), *usual)).collect(),
            terms: Cid::of(Codec::Raw, TERMS),
            recovery: vec![],
            drafted: START_S as i64,
            customs: Default::default(),
            succeeds: None,
        };
        change(&mut charter);
        let validators: Vec<_> = seeds.iter().map(Seed::validator).collect();
        let signatures = validators.iter().map(|key| (key.public(), Founding::sign(&charter, key))).collect();
        Ok(Community { founding: Founding::new(&charter, &signatures)?, ruleset, validators })
    }

    /// The rules of redaction of any charter of the simulation: they all name the same.
    pub fn rulesets(&self) -> Rulesets {
        let ruleset = self.ruleset.clone();
        Arc::new(move |charter: &Charter| (charter.ruleset_id() == *ruleset.id()).then(|| ruleset.clone()))
    }

    /// The lineage of the founding alone.
    pub fn lineage(&self) -> Lineage {
        Lineage::new(self.founding.clone())
    }

    /// The charter.
    pub fn charter(&self) -> &Charter {
        self.founding.charter()
    }

    /// The community's id.
    pub fn id(&self) -> Cid {
        self.founding.community()
    }

    /// A store that holds what a node has after joining.
    ///
    /// # Errors
    /// When the store fails.
    pub fn joined_store(&self) -> Result<MemoryStore, LedgerError> {
        let mut store = MemoryStore::new(index::derive);
        let mut batch = Batch::default();
        batch.put(Shelf::Certified, self.founding.cid(), self.founding.bytes().to_vec());
        batch.put(Shelf::Certified, self.charter().terms, TERMS.to_vec());
        store.commit(&batch)?;
        Ok(store)
    }
}
