//! Serving peers: who gets what.

use super::{Core, Effect, Notice, Offence, Step};
use crate::agreement::checks::Failure;
use crate::agreement::{Reason, Verdict};
use crate::bytes::Cid;
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::FRAME_BYTES;
use crate::reconcile::Snapshot;
use crate::record::header::HOUR_S;
use crate::record::{RecordId, SignedHeader};
use crate::wire::exchange::{Answer, Ask, Parcel, Peer, Purpose, Receipt, Refusal, Session, Statement};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Requests of one peer in one window, and how long that is. Copying a hundred thousand records
/// takes some hundred requests.
const ASKS_PER_WINDOW: u32 = 1_000;
const ASKS_WINDOW_MS: u64 = 10_000;
/// Different statements of one peer in an hour.
const STATEMENTS_PER_HOUR: usize = 4;

impl Core {
    pub(super) fn answer(
        &mut self,
        from: &Peer,
        bytes: &[u8],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Answer, LedgerError> {
        let ask = match Ask::read(bytes) {
            Ok((community, ask)) if community == self.community => ask,
            Ok(_) => return Ok(Answer::Refused(Refusal::UnknownCommunity)),
            Err(_) => {
                self.penalise(from, Offence::Malformed, step);
                return Ok(Answer::Refused(Refusal::Malformed));
            }
        };
        if self.asks_too_much(from) {
            self.penalise(from, Offence::Unwanted, step);
            return Ok(Answer::Refused(Refusal::Busy));
        }
        match ask {
            Ask::Charter => Ok(unless_damaged(self.charters(ledger), step)),
            Ask::Prove => Ok(self.prove(from)),
            Ask::Submit(parcels) => self.take_submission(from, &parcels, ledger, step),
            Ask::Operate(operations) => self.take_operations(from, &operations, ledger, step),
            Ask::Spread(after) => Ok(unless_damaged(self.spread_page(after, ledger), step)),
            Ask::Own { validator, after } => Ok(unless_damaged(self.signed_by(&validator, after, ledger), step)),
            Ask::Blocks(cids) => Ok(unless_damaged(self.public(&cids, ledger), step)),
            Ask::Live(items) => Ok(unless_damaged(self.live(&items, ledger), step)),
            Ask::Waiting(message) => Ok(self.answer_waiting(&message).unwrap_or_else(|| {
                self.penalise(from, Offence::Malformed, step);
                Answer::Refused(Refusal::Malformed)
            })),
            Ask::Reconcile(message) => match self.snapshot(ledger)?.answer(&message) {
                Ok(answer) => Ok(Answer::Reconcile(answer)),
                Err(_) => {
                    self.penalise(from, Offence::Malformed, step);
                    Ok(Answer::Refused(Refusal::Malformed))
                }
            },
            Ask::Fetch { statement, items, records } => {
                let Some(entitled) = self.read_statement(from, &statement, step) else {
                    return Ok(Answer::Refused(Refusal::Statement));
                };
                if !self.may_state(from, Cid::of_cbor(&statement)) {
                    self.penalise(from, Offence::Unwanted, step);
                    return Ok(Answer::Refused(Refusal::Busy));
                }
                step.batch.put(Shelf::Live, Cid::of_cbor(&statement), statement);
                let served = self.serve(entitled, &items, &records, ledger);
                Ok(unless_damaged(served, step))
            }
        }
    }

    /// Whether a peer has asked more often than any honest one would.
    fn asks_too_much(&mut self, from: &Peer) -> bool {
        let now = self.now;
        let Some(state) = self.peers.get_mut(from) else { return false };
        if state.asked_since.plus(ASKS_WINDOW_MS) <= now {
            (state.asked_since, state.asked) = (now, 0);
        }
        state.asked += 1;
        state.asked > ASKS_PER_WINDOW
    }

    /// Whether a peer may make this statement: every statement is kept, and keys cost nothing, so
    /// that a peer has only a few different ones an hour. One key needs one an hour.
    fn may_state(&mut self, from: &Peer, statement: Cid) -> bool {
        let hour = self.now.unix_s() / HOUR_S;
        let Some(state) = self.peers.get_mut(from) else { return true };
        if state.stated.0 != hour {
            state.stated = (hour, BTreeSet::new());
        }
        state.stated.1.contains(&statement)
            || (state.stated.1.len() < STATEMENTS_PER_HOUR && state.stated.1.insert(statement))
    }

    fn prove(&self, asker: &Peer) -> Answer {
        let Some(key) = self.role.validator.as_ref().filter(|_| self.validates()) else {
            return Answer::Refused(Refusal::NotAValidator);
        };
        let session = Session {
            community: self.community,
            charter: self.charter.id(),
            validator: key.public(),
            asker: asker.clone(),
            answerer: self.role.peer.clone(),
        };
        Answer::Session(session.sign(key))
    }

    /// Takes bodies into the waiting room, and gives one receipt for all that are held.
    fn take_submission(
        &mut self,
        from: &Peer,
        parcels: &[Parcel],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Answer, LedgerError> {
        let Some(key) = self.role.validator.clone().filter(|_| self.validates()) else {
            return Ok(Answer::Refused(Refusal::NotAValidator));
        };
        let (mut held, mut refused, mut full) = (Vec::new(), Vec::new(), false);
        for (at, parcel) in parcels.iter().enumerate() {
            match self.take_one(parcel, ledger, step)? {
                Ok((id, waits_because)) => {
                    held.push(id);
                    refused.extend(waits_because.map(|why| (at, why)));
                }
                Err(Trouble::Theirs(why)) => {
                    self.penalise(from, Offence::False, step);
                    refused.push((at, why));
                }
                Err(Trouble::Ours(why)) => refused.push((at, why)),
                Err(Trouble::NoRoom) => full = true,
            }
        }
        if full && held.is_empty() && refused.is_empty() {
            return Ok(Answer::Refused(Refusal::Busy));
        }
        let receipt = (!held.is_empty()).then(|| Receipt::sign(self.community, &held, &key));
        // The same promise again is not kept: records can be submitted in very many selections.
        let mut promised = Vec::new();
        for id in &held {
            let given = index::key(prefix::RECEIPT, &[&id.0.to_bytes(), &key.public().0]);
            if ledger.scan(&given, None, 1)?.is_empty() {
                promised.push(*id);
            }
        }
        if !promised.is_empty() {
            let bytes = Receipt::sign(self.community, &promised, &key);
            self.hearsay.changed(promised);
            step.batch.put(Shelf::Live, Cid::of_cbor(&bytes), bytes);
        }
        Ok(Answer::Submitted { receipt, refused })
    }

    fn take_one(
        &mut self,
        parcel: &Parcel,
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<Result<(RecordId, Option<String>), Trouble>, LedgerError> {
        let header = match SignedHeader::verify(&parcel.header) {
            Ok(header) if header.header().community == self.community => header,
            Ok(_) => return Ok(Err(Trouble::Theirs("the header is for another community".into()))),
            Err(error) => return Ok(Err(Trouble::Theirs(error.to_string()))),
        };
        let Some(body) = parcel.body.as_ref().filter(|body| header.commits_to(body)) else {
            return Ok(Err(Trouble::Theirs("the body is not the one that the header commits to".into())));
        };
        let id = header.id();
        if self.is_gone(&header, ledger)?.is_some() {
            return Ok(Err(Trouble::Ours("it was withdrawn or taken down, or a newer revision is accepted".into())));
        }
        if !self.known(&id, ledger, step)? && !self.has_room(&header) {
            return Ok(Err(Trouble::NoRoom));
        }
        if self.keep_header(&header, ledger, step)? || !self.holds_body(&header.header().body, ledger)? {
            self.keep_body(&header, body, false, ledger, step)?;
            self.announce(id);
        }
        if ledger.holds(Shelf::Certified, &id.0)? {
            return Ok(Ok((id, None)));
        }
        // The author learns at once what this validator will say; everyone else only the class. An
        // author who asks again, because the answer was lost, learns the same.
        if let Some(why) = self.refused_by_a_person(&id, ledger)? {
            return Ok(Err(Trouble::Ours(why)));
        }
        if let Some(failure) = self.against_author(&header, ledger)? {
            return Ok(Err(Trouble::Ours(failure.told())));
        }
        match self.check_all(&header, body, None, ledger)? {
            Some(Err(failure)) if matches!(failure.verdict, Verdict::Reject(_)) => {
                if self.to_check.contains(&id) {
                    self.forget(&id);
                }
                Ok(Err(Trouble::Ours(failure.told())))
            }
            // What waits for a person is held like what is accepted, so the author may leave.
            Some(Err(failure)) => Ok(Ok((id, Some(waits_because(&failure))))),
            _ => Ok(Ok((id, None))),
        }
    }

    /// What a statement that holds in this session entitles to; `None` when it does not hold.
    fn read_statement(&mut self, from: &Peer, bytes: &[u8], step: &mut Step) -> Option<Entitled> {
        let Ok(statement) = Statement::verify(bytes) else {
            self.penalise(from, Offence::False, step);
            return None;
        };
        let age_s = self.now.unix_s() - statement.time.unix_s();
        let here = statement.community == self.community
            && statement.asker == *from
            && statement.answerer == self.role.peer
            && (-2 * 3600..24 * 3600).contains(&age_s);
        if !here {
            self.penalise(from, Offence::Unwanted, step);
            return None;
        }
        // Who goes by an older charter than this node, or by a newer one, asks under other terms, or as a validator
        // that it no longer is. It is not at fault, and must be able to learn what succeeded its charter: it gets
        // what is public, and no text.
        let validates = statement.purpose == Purpose::Validate && self.charter.validator(&statement.who).is_some();
        Some(match statement.terms == self.charter.terms {
            true if validates => Entitled::Validator,
            true => Entitled::Reader,
            false => Entitled::Stranger,
        })
    }

    /// As many of the records as fit in a frame. A waiting body goes to validators alone.
    fn serve(
        &self,
        entitled: Entitled,
        items: &[[u8; 32]],
        records: &[RecordId],
        ledger: &impl Ledger,
    ) -> Result<Answer, LedgerError> {
        let (mut wanted, mut operations, mut size) = (Vec::new(), Vec::new(), 0);
        let cid_at = |key: Vec<u8>| -> Result<Option<Cid>, LedgerError> {
            Ok(ledger.value(&key)?.and_then(|bytes| Cid::from_bytes(&bytes).ok()))
        };
        for item in items {
            if let Some(record) = cid_at(index::key(prefix::ITEM_RECORD, &[item]))?.map(RecordId) {
                // A record may have a certificate under each of several charters: the one that was asked for.
                let held = index::certificates(ledger, &record)?.into_iter().map(|(cid, _)| cid);
                let certificate = held.into_iter().find(|cid| index::Item::of(&record, cid).0 == *item);
                wanted.push((record, certificate));
            } else if let Some(operation) = cid_at(index::key(prefix::ITEM_OPERATION, &[item]))?
                && let Some(bytes) = ledger.block(Shelf::Certified, &operation)?
                && size + bytes.len() + 256 <= FRAME_BYTES - 4096
            {
                size += bytes.len() + 256;
                operations.push(bytes);
            }
        }
        wanted.extend(records.iter().map(|id| (*id, None)));
        let mut parcels = Vec::new();
        for (id, certificate) in wanted {
            let Some(parcel) = self.parcel(&id, certificate, entitled, ledger)? else { continue };
            // Who asks by id has the header and the certificate, and lacks the body.
            if certificate.is_none() && parcel.body.is_none() {
                continue;
            }
            let bytes = parcel.header.len()
                + parcel.body.as_ref().map_or(0, Vec::len)
                + parcel.certificate.as_ref().map_or(0, Vec::len);
            if size + bytes + 256 > FRAME_BYTES - 4096 {
                break;
            }
            size += bytes + 256;
            parcels.push(parcel);
        }
        Ok(Answer::Records { parcels, operations })
    }

    /// A record, with this certificate of it when one was asked for.
    fn parcel(
        &self,
        id: &RecordId,
        certificate: Option<Cid>,
        entitled: Entitled,
        ledger: &impl Ledger,
    ) -> Result<Option<Parcel>, LedgerError> {
        if let Some(header) = index::header(ledger, Shelf::Certified, id)? {
            let certificate = certificate.map(|cid| ledger.block(Shelf::Certified, &cid)).transpose()?.flatten();
            let open = self.caught_up
                && match entitled {
                    Entitled::Validator => true,
                    Entitled::Reader => self.body_is_open(id, ledger)?,
                    Entitled::Stranger => false,
                };
            let body = if open { ledger.block(Shelf::Certified, &header.body)? } else { None };
            let Some(bytes) = ledger.block(Shelf::Certified, &id.0)? else { return Ok(None) };
            return Ok(Some(Parcel { header: bytes, body, certificate }));
        }
        if entitled != Entitled::Validator {
            return Ok(None);
        }
        let Some(header) = index::header(ledger, Shelf::Live, id)? else { return Ok(None) };
        let Some(body) = self.body(&header.body, ledger)? else { return Ok(None) };
        let header = ledger.block(Shelf::Live, &id.0)?.unwrap_or_default();
        Ok(Some(Parcel { header, body: Some(body), certificate: None }))
    }

    /// The certified items, as they stand.
    pub(super) fn snapshot(&mut self, ledger: &impl Ledger) -> Result<Arc<Snapshot>, LedgerError> {
        if let Some(snapshot) = &self.snapshot {
            return Ok(snapshot.clone());
        }
        let mut items = Vec::new();
        index::each(ledger, &[prefix::ITEM], |entry| {
            let parts = entry.key[1..].split_first_chunk::<8>();
            if let Some((time, item)) = parts
                && let Ok(item) = item.try_into()
            {
                items.push((i64::from_be_bytes(*time), index::Item(item)));
            }
            Ok(())
        })?;
        let snapshot = Arc::new(Snapshot::new(items));
        self.snapshot = Some(snapshot.clone());
        Ok(snapshot)
    }
}

pub(super) fn add(list: &mut Vec<Vec<u8>>, block: Vec<u8>) {
    if !list.contains(&block) {
        list.push(block);
    }
}

/// Why a record waits for a person, for its author. Which record it is like stays here: that one may wait too, and
/// whoever guessed its text would learn so.
fn waits_because(failure: &Failure) -> String {
    match failure.reason {
        Reason::SameAsAnothers | Reason::LikeAnothers => {
            let why = "it is much like another author's record, and waits for a person to look";
            Failure::new(failure.reason, why).told()
        }
        _ => failure.told(),
    }
}

/// What is served; a block that cannot be read is this node's own trouble, and not a peer's way to
/// stop it.
fn unless_damaged(served: Result<Answer, LedgerError>, step: &mut Step) -> Answer {
    served.unwrap_or_else(|error| {
        step.effects.push(Effect::Notice(Notice::Damaged(error.0)));
        Answer::Refused(Refusal::Busy)
    })
}

/// What somebody who asks for records may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entitled {
    /// Bodies of waiting records too.
    Validator,
    /// Bodies that are open.
    Reader,
    /// No body.
    Stranger,
}

/// Why a submitted record is not taken.
enum Trouble {
    /// The sender is at fault.
    Theirs(String),
    /// The record does not meet the community's demands.
    Ours(String),
    /// Too many records wait: the answer passes over this one, and its author tries again.
    NoRoom,
}
