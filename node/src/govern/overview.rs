//! How a community is governed now, in short: for `status`, `community show` and the running node's answers.

use super::words;
use commonwheel_protocol::agreement::Lineage;
use commonwheel_protocol::core::facts::Counting;
use commonwheel_protocol::core::matters;
use commonwheel_protocol::index;
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::operation::{Decision, Equivocation, Matter};
use commonwheel_protocol::sign::PublicKey;
use serde::{Deserialize, Serialize};

/// Which charter leads, what is decided and what is open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Governance {
    /// The id of the charter that leads.
    pub charter: String,
    /// How many charters led before it.
    pub predecessors: usize,
    /// Certified successors in one round, among which nothing decides yet: acceptance stands still.
    pub forks: Vec<String>,
    /// Decisions in force that are about what is new.
    pub decisions: Vec<Decided>,
    /// How many records decisions have taken down.
    pub taken_down: usize,
    /// The newest release.
    pub release: Option<LastRelease>,
    /// What is put to the validators and not resolved.
    pub open: Vec<OpenMatter>,
    /// Validators of whom there is proof that they have contradicted themselves.
    pub evidence: Vec<Evidence>,
}

/// A proof that a validator has contradicted itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The proof's block, which is among the certified ones of the data folder.
    pub id: String,
    /// Its key.
    pub validator: String,
    /// Its name under that charter.
    pub name: String,
    /// The charter under which it spoke.
    pub charter: String,
    /// In what, in words.
    pub what: String,
}

/// A decision in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decided {
    /// Its id.
    pub id: String,
    /// The kind of ruling.
    pub rule: String,
    /// What is decided.
    pub what: String,
    /// Why.
    pub reason: String,
    /// What would end it before its time.
    pub condition: String,
    /// When it ends, in seconds since 1970.
    pub until_s: Option<i64>,
    /// A note that says more.
    pub explained: Option<String>,
}

/// A release, in short.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastRelease {
    /// Its id.
    pub id: String,
    /// Its number.
    pub number: i64,
    /// Its cut, in seconds since 1970.
    pub time_s: i64,
    /// How many records it holds.
    pub count: i64,
}

/// An open matter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenMatter {
    /// Its id.
    pub id: String,
    /// `release`, `decision` or `successor`.
    pub kind: String,
    /// What is proposed.
    pub what: String,
    /// When it was proposed, in seconds since 1970.
    pub time_s: i64,
    /// How many validators are for it.
    pub voices: usize,
    /// How many it takes.
    pub needed: usize,
    /// Recovery keys that are for it.
    pub recovery: Option<usize>,
    /// Who is for it, by name.
    pub signers: Vec<String>,
    /// Whom it names as a validator for the first time, and who has not agreed yet.
    pub awaited: Vec<String>,
    /// Whether this node has signed it; absent where that is not known.
    pub signed_here: Option<bool>,
}

impl Governance {
    /// What a ledger says; `me` is this node's validator key.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn of(
        lineage: &Lineage,
        counting: &Counting,
        now_s: i64,
        me: Option<&PublicKey>,
        ledger: &impl Ledger,
    ) -> Result<Self, LedgerError> {
        let head = lineage.head();
        let holding = counting.decisions.iter().filter(|(_, decision)| {
            let standing = decision.ruling.erases().is_none() && decision.ruling.name() != "lift";
            standing && decision.holds_at(now_s)
        });
        let open = matters::open(lineage, counting, now_s, ledger)?;
        Ok(Governance {
            charter: head.charter.id().to_string(),
            predecessors: lineage.path().len() - 1,
            forks: words::ids(&head.fork),
            decisions: holding.map(|(id, decision)| Decided::of(id.to_string(), decision)).collect(),
            taken_down: counting.taken_down().len(),
            release: counting.newest().map(|(id, release)| LastRelease {
                id: id.to_string(),
                number: release.number,
                time_s: release.time.unix_s(),
                count: release.count,
            }),
            open: open.iter().map(|one| OpenMatter::of(one, lineage, me)).collect(),
            evidence: evidence(lineage, ledger)?,
        })
    }
}

fn evidence(lineage: &Lineage, ledger: &impl Ledger) -> Result<Vec<Evidence>, LedgerError> {
    let mut found = Vec::new();
    for (_, _, block) in index::operations::equivocations(ledger)? {
        let bytes = ledger.block(Shelf::Certified, &block)?;
        let Some(proof) = bytes.and_then(|bytes| Equivocation::verify(&bytes).ok()) else { continue };
        found.push(Evidence {
            id: block.to_string(),
            validator: proof.validator.to_string(),
            name: words::name(&proof.validator, lineage.charter(&proof.charter)),
            charter: proof.charter.to_string(),
            what: words::contradiction(&proof.contradiction),
        });
    }
    Ok(found)
}

impl Decided {
    /// A decision, for printing.
    pub fn of(id: String, decision: &Decision) -> Self {
        Decided {
            id,
            rule: decision.ruling.name().to_owned(),
            what: words::ruling(&decision.ruling),
            reason: decision.reason.name().to_owned(),
            condition: decision.condition.name().to_owned(),
            until_s: decision.until.map(|until| until.unix_s()),
            explained: decision.explained.map(|record| record.to_string()),
        }
    }

    /// What is decided, why, and until when, in one line.
    pub fn line(&self) -> String {
        let until = self.until_s.map(|until| format!(", until {}", words::date(until))).unwrap_or_default();
        format!("{}{until} (reason: {}; ends early: {})", self.what, self.reason, self.condition)
    }
}

impl OpenMatter {
    /// An open matter, for printing.
    pub fn of(open: &matters::Open, lineage: &Lineage, me: Option<&PublicKey>) -> Self {
        let charter = lineage.head().charter;
        let progress = open.progress(charter);
        let new = match &open.matter {
            Matter::Successor(new) => Some(&**new),
            _ => None,
        };
        let name = |key: &PublicKey| words::name(key, [charter].into_iter().chain(new));
        OpenMatter {
            id: open.id.to_string(),
            kind: words::kind(&open.matter).to_owned(),
            what: words::matter(&open.matter),
            time_s: open.matter.time_s(),
            voices: progress.voices,
            needed: progress.needed,
            recovery: progress.recovery.map(|(voices, _)| voices).filter(|voices| *voices > 0),
            signers: open.voices.iter().map(name).collect(),
            awaited: progress.awaited.iter().map(name).collect(),
            signed_here: me.map(|me| open.voices.contains(me)),
        }
    }

    /// How far it has come: `2 of 3 voices; waits for Orchard to agree`.
    pub fn progress(&self) -> String {
        let mut text = format!("{} of {} voices", self.voices, self.needed);
        if let Some(keys) = self.recovery {
            text += &format!(" and {keys} recovery key(s)");
        }
        if !self.awaited.is_empty() {
            text += &format!("; waits for {} to agree", self.awaited.join(", "));
        }
        text
    }
}
