//! Operations other than records: which are kept, where, and what they lead to.

use super::{Core, Effect, Notice, Offence, Step, members};
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::{MOTIONS_PER_SIGNER, SPREAD_OPERATIONS, SPREAD_PER_MEMBER};
use crate::operation::{Flag, Matter, Membership, Motion, Operation, OperationError, Resolution, Support, Withdrawal};
use crate::record::RecordId;
use crate::record::header::{HOUR_S, HourTime};
use crate::sign::PublicKey;

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, and says something new.
    New,
    /// It, or what says the same, was held already.
    Known,
    /// It means nothing here, or not yet. Nobody is at fault.
    Ignored(&'static str),
}

/// Why an operation is not taken: its sender is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What the sender did.
    pub offence: Offence,
    /// What is wrong, for whoever signed it.
    pub why: String,
}

pub(super) type Outcome = Result<Taken, Refused>;

pub(super) fn refuse(why: &str) -> Outcome {
    Err(Refused { offence: Offence::False, why: why.to_owned() })
}

impl Core {
    /// Checks an operation, keeps it, and does what it asks.
    pub(super) fn take_operation(
        &mut self,
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Outcome, LedgerError> {
        let cid = Cid::of_cbor(bytes);
        let in_step = step.batch.puts.iter().any(|(_, put, _)| *put == cid);
        if in_step || ledger.holds(Shelf::Live, &cid)? || ledger.holds(Shelf::Certified, &cid)? {
            return Ok(Ok(Taken::Known));
        }
        let operation = match Operation::verify(bytes) {
            Ok(operation) => operation,
            Err(OperationError::UnknownKind) => {
                return Ok(Ok(Taken::Ignored("of a kind that this version does not know")));
            }
            Err(OperationError::Oversized(_)) => {
                let why = "an operation is larger than allowed".to_owned();
                return Ok(Err(Refused { offence: Offence::Oversized, why }));
            }
            Err(error) => return Ok(refuse(&error.to_string())),
        };
        if operation.community() != self.community {
            return Ok(Err(Refused { offence: Offence::Unwanted, why: "it is for another community".into() }));
        }
        let taken = match &operation {
            Operation::Withdrawal(one) => self.take_withdrawal(one, ledger, step)?,
            Operation::Flag(one) => self.take_flag(one, bytes, ledger, step)?,
            Operation::Support(one) => self.take_support(one, bytes, ledger, step)?,
            Operation::Membership(one) => self.take_membership(one, bytes, ledger, step)?,
            Operation::Motion(one) => self.take_motion(one, bytes, ledger, step)?,
            Operation::Resolution(one) => self.take_resolution(one, ledger, step)?,
            Operation::Equivocation(one) => self.take_equivocation(one, step),
        };
        Ok(taken)
    }

    /// A withdrawal is kept for a record that is known: durably once that is certified, live before.
    fn take_withdrawal(
        &mut self,
        withdrawal: &Withdrawal,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Outcome, LedgerError> {
        let id = withdrawal.record();
        if !self.known(&id, ledger, step)? {
            return Ok(Ok(Taken::Ignored("it withdraws a record that is not known here")));
        }
        let cid = Cid::of_cbor(withdrawal.bytes());
        let certified = ledger.holds(Shelf::Certified, &id.0)? || self.just_certified(&id, step);
        let shelf = if certified { Shelf::Certified } else { Shelf::Live };
        // Of several on one record every replica keeps the one with the lowest CID.
        for (kind, durable, held) in index::operations::erasures(ledger, &id)? {
            if kind == index::Erasure::Withdrawal && durable == certified {
                if held <= cid {
                    return Ok(Ok(Taken::Known));
                }
                step.batch.erase(shelf, held);
            }
        }
        step.batch.put(shelf, cid, withdrawal.bytes().to_vec());
        if !certified {
            self.withdrawn_now.insert(id, cid);
        }
        match certified {
            true => {
                self.withdrawn_last.insert(id);
                self.erase_group_with(withdrawal.header(), ledger, step)?;
            }
            // What is not accepted covers nothing else.
            false => self.erase_alone(&id, ledger, step)?,
        }
        step.effects.push(Effect::Notice(Notice::Erased(id)));
        Ok(Ok(Taken::New))
    }

    fn take_flag(
        &mut self,
        flag: &Flag,
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Outcome, LedgerError> {
        let by = (prefix::FLAG, flag.member, flag.record, flag.time);
        self.take_from_member(by, bytes, ledger, step)
    }

    fn take_support(
        &mut self,
        support: &Support,
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Outcome, LedgerError> {
        let by = (prefix::SUPPORT, support.member, support.petition, support.time);
        self.take_from_member(by, bytes, ledger, step)
    }

    /// What a member says about a record is kept once for each member and record, within the limits.
    fn take_from_member(
        &mut self,
        (prefix, member, record, time): (u8, PublicKey, RecordId, HourTime),
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Outcome, LedgerError> {
        if !self.known(&record, ledger, step)? {
            return Ok(Ok(Taken::Ignored("it is about a record that is not known here")));
        }
        let said = index::key(prefix, &[&record.0.to_bytes(), &member.0]);
        if !ledger.scan(&said, None, 1)?.is_empty() {
            return Ok(Ok(Taken::Known));
        }
        if let Some(why) = self.no_room_for(&member, time) {
            return Ok(Ok(Taken::Ignored(why)));
        }
        self.spread(member, bytes, step);
        Ok(Ok(Taken::New))
    }

    fn take_membership(
        &mut self,
        membership: &Membership,
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Outcome, LedgerError> {
        if !members::may_sponsor(&self.charter, &membership.sponsor, ledger)? {
            return Ok(Ok(Taken::Ignored("its sponsor may not admit members, as far as is known here")));
        }
        let given = index::key(prefix::MEMBER, &[&membership.member.0, &membership.sponsor.0]);
        if !ledger.scan(&given, None, 1)?.is_empty() {
            return Ok(Ok(Taken::Known));
        }
        if let Some(why) = self.no_room_for(&membership.sponsor, membership.time) {
            return Ok(Ok(Taken::Ignored(why)));
        }
        self.spread(membership.sponsor, bytes, step);
        if self.validates() {
            self.judge_again_by(&membership.member, ledger)?;
        }
        Ok(Ok(Taken::New))
    }

    /// Why there is no room for an operation of a member now; `None` when there is. Keys cost nothing, so
    /// that there is a limit for all of them together.
    fn no_room_for(&self, member: &PublicKey, time: HourTime) -> Option<&'static str> {
        let age_hours = (self.now.unix_s() - time.unix_s()).div_euclid(HOUR_S);
        let (past, future) = (self.charter.number("past_hours"), self.charter.number("future_hours"));
        if age_hours > past || -age_hours > future {
            return Some("its time is outside the charter's window");
        }
        let by_member = self.spread_by.get(member).copied().unwrap_or(0);
        let all: usize = self.spread_by.values().sum();
        match by_member >= SPREAD_PER_MEMBER || all >= SPREAD_OPERATIONS {
            true => Some("there are too many operations of members already"),
            false => None,
        }
    }

    fn spread(&mut self, member: PublicKey, bytes: &[u8], step: &mut Step) {
        *self.spread_by.entry(member).or_default() += 1;
        step.batch.put(Shelf::Live, Cid::of_cbor(bytes), bytes.to_vec());
    }

    fn take_motion(
        &mut self,
        motion: &Motion,
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Outcome, LedgerError> {
        let (matter, signer) = (&motion.matter, motion.signer);
        let path: Vec<_> = self.lineage.path().iter().map(|charter| charter.id()).collect();
        let Some(charter) = self.lineage.charter(&matter.charter()).filter(|charter| path.contains(&charter.id()))
        else {
            return Ok(Ok(Taken::Ignored("it is put to the validators of a charter that does not lead here")));
        };
        if matter.charter() != self.charter.id() && !matches!(matter, Matter::Successor(_)) {
            return Ok(Ok(Taken::Ignored("the charter that it is under has been succeeded")));
        }
        let has_voice = charter.validator(&signer).is_some()
            || matches!(matter, Matter::Successor(new) if charter.recovery.contains(&signer) || new.validator(&signer).is_some());
        if !has_voice {
            return Ok(refuse("it is signed by nobody who has a voice under the charter"));
        }
        let id = matter.id();
        let resolved = !ledger.scan(&index::key(prefix::MATTER, &[&id.to_bytes()]), None, 1)?.is_empty();
        if resolved || !ledger.scan(&index::key(prefix::MOTION, &[&id.to_bytes(), &signer.0]), None, 1)?.is_empty() {
            return Ok(Ok(Taken::Known));
        }
        // Its own motions stay here when they are resolved, and no stranger can make them more.
        let own = self.role.validator.as_ref().is_some_and(|key| key.public() == signer);
        let motions = self.motions_by.entry(signer).or_default();
        if *motions >= MOTIONS_PER_SIGNER && !own {
            return Ok(Ok(Taken::Ignored("its signer has too many motions open")));
        }
        *motions += 1;
        self.compare_voices(matter, std::slice::from_ref(motion), ledger, step)?;
        step.batch.put(Shelf::Live, Cid::of_cbor(bytes), bytes.to_vec());
        self.matters.insert(id);
        self.want_blocks(matter, ledger)?;
        step.effects.push(Effect::Notice(Notice::Proposed(id, signer)));
        Ok(Ok(Taken::New))
    }

    /// Of two resolutions on one matter every replica keeps the one with the lower CID.
    pub(super) fn take_resolution(
        &mut self,
        resolution: &Resolution,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Outcome, LedgerError> {
        let (matter, cid) = (resolution.matter(), resolution.cid());
        let Some(charter) = self.lineage.charter(&matter.charter()) else {
            return Ok(Ok(Taken::Ignored("it is put to the validators of a charter that is not known here")));
        };
        if let Err(error) = resolution.convinces(charter) {
            return Ok(refuse(&error.to_string()));
        }
        let start = index::key(prefix::MATTER, &[&matter.id().to_bytes()]);
        if let Some(held) = ledger.scan(&start, None, 1)?.first().and_then(|entry| index::last_cid(&entry.key)) {
            if held <= cid {
                return Ok(Ok(Taken::Known));
            }
            step.batch.erase(Shelf::Certified, held);
        }
        let voices: Vec<_> = resolution.signers().filter_map(|signer| resolution.voice(signer)).collect();
        self.compare_voices(matter, &voices, ledger, step)?;
        step.batch.put(Shelf::Certified, cid, resolution.bytes().to_vec());
        self.changed = true;
        match matter {
            Matter::Successor(_) => drop(self.lineage.add(resolution)),
            Matter::Decision(decision) => {
                // Under a charter that was succeeded it may count for nothing: what does is done when that is known.
                if let Some(record) = decision.ruling.erases().filter(|_| matter.charter() == self.charter.id()) {
                    self.erase_by(&decision.ruling, &record, ledger, step)?;
                }
            }
            Matter::Release(_) => self.want_blocks(matter, ledger)?,
        }
        self.drop_motions(&matter.id(), ledger, step)?;
        step.effects.push(Effect::Notice(Notice::Resolved(matter.id())));
        Ok(Ok(Taken::New))
    }

    fn drop_motions(&mut self, matter: &Cid, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        self.matters.remove(matter);
        for (signer, block) in motions_on(matter, ledger)? {
            // This validator's own stay: they say what it may not sign any more.
            if Some(signer) == self.role.validator.as_ref().map(|key| key.public()) {
                continue;
            }
            step.batch.erase(Shelf::Live, block);
            if let Some(count) = self.motions_by.get_mut(&signer) {
                *count = count.saturating_sub(1);
            }
        }
        Ok(())
    }
}

/// Who has moved a matter, and in which block.
pub(super) fn motions_on(matter: &Cid, ledger: &impl Ledger) -> Result<Vec<(PublicKey, Cid)>, LedgerError> {
    let start = index::key(prefix::MOTION, &[&matter.to_bytes()]);
    let mut motions = Vec::new();
    index::each(ledger, &start, |entry| {
        let signer = entry.key[start.len()..].first_chunk::<32>().map(|key| PublicKey(*key));
        motions.extend(signer.zip(index::last_cid(&entry.key)));
        Ok(())
    })?;
    Ok(motions)
}
