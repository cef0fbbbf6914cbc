//! What the community's decisions and its membership mean for a record that a validator judges.

use super::{Core, members};
use crate::agreement::checks::Failure;
use crate::agreement::reason::Reason;
use crate::ledger::{Ledger, LedgerError};
use crate::operation::Ruling;
use crate::preference::{Category, Preference};
use crate::record::SignedHeader;
use crate::sign::PublicKey;

impl Core {
    /// The rulings that hold now.
    pub(super) fn rulings(&self) -> impl Iterator<Item = &Ruling> {
        let now_s = self.now.unix_s();
        self.counting
            .decisions
            .values()
            .filter(move |decision| decision.holds_at(now_s))
            .map(|decision| &decision.ruling)
    }

    /// Whether no new record is accepted now.
    pub(super) fn frozen(&self) -> bool {
        self.rulings().any(|ruling| *ruling == Ruling::Freeze)
    }

    /// At most so many records of one author in an hour: what the charter says, or less by decision.
    pub(super) fn hourly_most(&self) -> i64 {
        let caps = self.rulings().filter_map(|ruling| match ruling {
            Ruling::RateCap(most) => Some(*most),
            _ => None,
        });
        caps.fold(self.charter.number("records_per_author_per_hour"), i64::min)
    }

    /// Why a record's author may not contribute, or not on these terms; `None` when nothing speaks against it.
    pub(super) fn against_author(
        &self,
        header: &SignedHeader,
        ledger: &impl Ledger,
    ) -> Result<Option<Failure>, LedgerError> {
        let author = header.header().author;
        if self.rulings().any(|ruling| *ruling == Ruling::Ban(author)) {
            let why = "the community has decided that this key may not contribute";
            return Ok(Some(Failure::new(Reason::Banned, why)));
        }
        if !members::is_member(&self.charter, &author, ledger)? {
            let why = "expected a member; ask a validator, or a member where members sponsor, to admit this key";
            return Ok(Some(Failure::new(Reason::NotAdmitted, why)));
        }
        for ruling in self.rulings() {
            if let Ruling::Shift(most) = ruling
                && let Some(category) = allows_more(&header.header().preference, most)
            {
                let why = format!(
                    "for now the community accepts new records only with {most}; this one also allows {}",
                    category.label()
                );
                return Ok(Some(Failure::new(Reason::HeldBack, why)));
            }
        }
        Ok(None)
    }

    /// Looks again at waiting records of somebody who has just been admitted.
    pub(super) fn judge_again_by(&mut self, member: &PublicKey, ledger: &impl Ledger) -> Result<(), LedgerError> {
        use crate::index::{self, prefix};
        let start = index::key(prefix::AUTHOR, &[&member.0, b"w"]);
        let mut waiting = Vec::new();
        index::each(ledger, &start, |entry| {
            waiting.extend(index::last_cid(&entry.key).map(crate::record::RecordId));
            Ok(())
        })?;
        self.to_check.extend(waiting);
        Ok(())
    }
}

/// A use that one preference allows and another does not.
fn allows_more(given: &Preference, most: &Preference) -> Option<Category> {
    Category::ALL.into_iter().find(|category| given.permits(*category) && !most.permits(*category))
}
