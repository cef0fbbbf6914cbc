//! The contributor's side: keep one's own records, and push them to validators.

use super::peers::Asked;
use super::{Core, Step};
use crate::ledger::{Ledger, LedgerError, Shelf};
use crate::limits::FRAME_BYTES;
use crate::record::SignedHeader;
use crate::wire::exchange::{Ask, Parcel, Peer};

/// Records pushed in one request, and bytes.
const SUBMIT_RECORDS: usize = 128;
const SUBMIT_BYTES: usize = FRAME_BYTES / 2;

impl Core {
    /// Keeps records that were signed here, and pushes them.
    pub(super) fn contribute(
        &mut self,
        parcels: &[Parcel],
        ledger: &impl Ledger,
        step: &mut Step,
    ) -> Result<(), LedgerError> {
        for parcel in parcels {
            let Ok(header) = SignedHeader::verify(&parcel.header) else { continue };
            let id = header.id();
            let Some(body) = parcel.body.as_ref().filter(|body| header.commits_to(body)) else { continue };
            let known = self.known(&id, ledger, step)?;
            // A header may be here without its body: heard of, or left by a power cut.
            if header.header().community != self.community || (known && !self.bodiless.contains(&id)) {
                continue;
            }
            if !known && !self.has_room(&header) {
                let why = "too many of your records wait already; wait until some are accepted".to_owned();
                self.note_refusal(&id, why, ledger, step)?;
                continue;
            }
            // What was withdrawn does not come back, not even here.
            if !self.keep_header(&header, ledger, step)? && !known {
                continue;
            }
            step.batch.put(Shelf::Waiting, header.header().body, body.clone());
            self.bodiless.remove(&id);
            if self.validates() {
                self.to_check.insert(id);
                self.remember(&id, &header.header().body, body);
                self.outbox.headers.insert(id, self.now);
            } else {
                self.own.insert(id);
            }
        }
        Ok(())
    }

    /// Pushes to a validator what it has not answered for yet.
    ///
    /// Bodies leave this machine only after a quorum of validators has proved its keys and
    /// confirmed the charter, in this process's lifetime.
    pub(super) fn submit_own(&mut self, peer: &Peer, ledger: &impl Ledger, step: &mut Step) -> Result<(), LedgerError> {
        if self.validates() || self.confirmed.len() < self.charter.quorum.q() {
            return Ok(());
        }
        let Some(state) = self.peers.get(peer).filter(|state| !state.rests(self.now)) else { return Ok(()) };
        if state.validator.is_none() || self.asking(peer, |asked| matches!(asked, Asked::Submit(_))) {
            return Ok(());
        }
        let todo: Vec<_> = self.own.difference(&state.submitted).take(SUBMIT_RECORDS).copied().collect();
        let (mut records, mut parcels, mut size) = (Vec::new(), Vec::new(), 0);
        for id in todo {
            let Some(header) = self.waiting_header(&id, ledger)? else { continue };
            let Some(body) = self.body(&header.header().body, ledger)? else { continue };
            let header = header.bytes().to_vec();
            size += header.len() + body.len();
            if size > SUBMIT_BYTES && !parcels.is_empty() {
                break;
            }
            records.push(id);
            parcels.push(Parcel { header, body: Some(body), certificate: None });
        }
        if !records.is_empty() {
            self.ask(peer, Ask::Submit(parcels), Asked::Submit(records), step);
        }
        Ok(())
    }
}
