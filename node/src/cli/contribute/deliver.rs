//! Handing signed records to the node, and watching where they arrive.

use super::interview::WAITS;
use super::sharing::{Outcome, Sent, SharedRecord};
use crate::cli::output::Output;
use crate::cli::{progress, status};
use crate::community::printable;
use crate::contribute::sign::Signer;
use crate::run::Client;
use crate::run::client::Remote;
use crate::run::wire::{Base64, Request};
use anyhow::Context as _;
use clap::ValueEnum;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::{notes, status as records};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::wire::exchange::Parcel;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long `contribute` stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// Only until they are durable on this machine.
    Signed,
    /// Until a validator holds each.
    Held,
    /// Until each has a certificate.
    Accepted,
}

impl Until {
    /// Whether a record has come so far. One that the validators refuse has not; what a single
    /// validator says against it does not count. Those who hold one back for a person have it.
    pub(super) fn reached(self, record: &SharedRecord) -> bool {
        let accepted = record.state == "accepted";
        let held = !record.held_by.is_empty() || record.state == "quarantined";
        match self {
            Until::Signed => record.state != "refused",
            Until::Held => accepted || (record.state != "refused" && held),
            Until::Accepted => accepted,
        }
    }
}

/// Gives records to the node, and says of each whether it was taken: then it is durable there. The
/// node takes none that it has no room for.
pub(super) fn hand_over(client: &Client, community: &Cid, parcels: Vec<Parcel>) -> anyhow::Result<Vec<bool>> {
    let ids: Vec<_> = parcels.iter().map(|parcel| Cid::of_cbor(&parcel.header)).collect();
    let records =
        parcels.into_iter().map(|parcel| (Base64(parcel.header), Base64(parcel.body.unwrap_or_default()))).collect();
    client.tell(&Request::Contribute(community.to_string(), records)).context("the node did not take the records")?;
    let access = Remote(client, community);
    let taken = |id| Ok(access.holds(Shelf::Live, id)? || access.holds(Shelf::Certified, id)?);
    ids.iter().map(taken).collect()
}

/// What was seen while waiting.
pub(super) struct Waited {
    pub records: Vec<SharedRecord>,
    pub validators: Vec<String>,
}

/// Waits until the records have come far enough, or the time is over; then says how far they are.
pub(super) fn wait(
    client: &Client,
    signer: &Signer,
    sent: &[Sent],
    until: Until,
    timeout_s: u64,
    out: Output,
) -> anyhow::Result<Waited> {
    let deadline = Instant::now() + Duration::from_secs(timeout_s);
    let bar = progress::items("records on their way");
    bar.set_length(sent.len() as u64);
    if out.json {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let mut open: BTreeMap<RecordId, i64> = sent.iter().map(|sent| (sent.id, sent.false_alarms)).collect();
    while until != Until::Signed && !open.is_empty() && Instant::now() < deadline {
        let access = Remote(client, &signer.community);
        let mut far = Vec::new();
        for (id, false_alarms) in &open {
            // Our own validator tells nobody why it holds one back.
            let refused = || match *false_alarms > 0 || notes::refusal(id, &access)?.is_some() {
                true => is_settled(client, signer, id),
                false => Ok(false),
            };
            if arrived(client, &signer.community, id, until)? || refused()? {
                far.push(*id);
            }
        }
        far.iter().for_each(|id| {
            open.remove(id);
        });
        bar.set_position((sent.len() - open.len()) as u64);
        if far.is_empty() {
            std::thread::sleep(Duration::from_millis(150));
        }
    }
    bar.finish_and_clear();
    let info = client.info()?;
    let present = info.communities.into_iter().find(|community| community.id == signer.community.to_string());
    let named = |key: &String| {
        let validator = key.parse().ok().and_then(|key| signer.charter.validator(&key));
        validator.map_or_else(|| key.clone(), |validator| printable(&validator.name))
    };
    Ok(Waited {
        records: reports(client, signer, sent)?,
        validators: present.iter().flat_map(|community| community.validators_present.iter().map(named)).collect(),
    })
}

/// Whether a record that somebody refused will come no further. One validator's word does not
/// settle it: the others may make a quorum all the same.
fn is_settled(client: &Client, signer: &Signer, id: &RecordId) -> Result<bool, LedgerError> {
    let remote = Remote(client, &signer.community);
    let found = records::of(id, &records::lineage(&remote)?, &remote)?;
    Ok(found.is_none_or(|found| status::state(&found, signer.charter) != "waiting"))
}

fn arrived(client: &Client, community: &Cid, id: &RecordId, until: Until) -> Result<bool, LedgerError> {
    let access = Remote(client, community);
    let certified = access.holds(Shelf::Certified, &id.0)?;
    let held = || -> Result<bool, LedgerError> {
        Ok(!access.scan(&index::key(prefix::RECEIPT, &[&id.0.to_bytes()]), None, 1)?.is_empty())
    };
    Ok(certified || (until == Until::Held && held()?))
}

fn reports(client: &Client, signer: &Signer, sent: &[Sent]) -> anyhow::Result<Vec<SharedRecord>> {
    let access = Remote(client, &signer.community);
    let lineage = records::lineage(&access)?;
    let mut reports = Vec::new();
    for Sent { id, origin, false_alarms } in sent {
        let found = records::of(id, &lineage, &access)?;
        let report = found.map(|found| status::report(&found, signer.charter));
        let state = report.as_ref().map_or("waiting", |report| report.state);
        let reason = notes::refusal(id, &access)?.filter(|_| state != "accepted");
        reports.push(SharedRecord {
            id: id.to_string(),
            origin: origin.clone(),
            held_by: report.map(|report| report.held_by).unwrap_or_default(),
            state,
            reason: reason.map(|why| printable(&why)),
            false_alarms: *false_alarms,
        });
    }
    Ok(reports)
}

/// Prints what came of it.
pub(super) fn print(outcome: &Outcome, out: Output) -> anyhow::Result<()> {
    const SHOWN: usize = 20;
    out.print(outcome, |out| {
        let (shared, (validators, hourly)) = (&outcome.shared, outcome.charter);
        if !shared.is_empty() {
            let waiting = shared.iter().filter(|record| !Until::Held.reached(record)).count();
            match waiting {
                0 => writeln!(out, "Shared {} record(s) with {}.", shared.len(), printable(&outcome.community))?,
                _ => writeln!(
                    out,
                    "Signed {} record(s) for {}; {waiting} of them no validator holds yet.",
                    shared.len(),
                    printable(&outcome.community)
                )?,
            }
            writeln!(out, "Validators present: {}", some_or_all(&outcome.validators, validators))?;
        }
        for record in shared.iter().take(SHOWN) {
            let held = match record.held_by.len() {
                0 if record.state == "accepted" => String::new(),
                0 => ", on this machine only so far".to_owned(),
                _ => format!(", held by {}", some_or_all(&record.held_by, validators)),
            };
            writeln!(out, "  {} {}{held}  ({})", record.id, record.state, record.origin)?;
            match &record.reason {
                Some(reason) if record.false_alarms > 0 => writeln!(out, "    a validator says: {reason}")?,
                Some(reason) => writeln!(out, "    refused: {reason}")?,
                None => {}
            }
        }
        if shared.iter().any(|record| record.false_alarms > 0) {
            writeln!(out, "False alarms stay in the text of some: {WAITS}.")?;
        }
        if shared.len() > SHOWN {
            writeln!(out, "  … and {} more: see `commonwheel mine`", shared.len() - SHOWN)?;
        }
        if shared.iter().any(|record| record.state == "waiting" && !record.held_by.is_empty()) {
            writeln!(out, "Watch them being accepted with `commonwheel mine`, or one with `commonwheel status ID`.")?;
        }
        if i64::try_from(shared.len()).is_ok_and(|count| count > hourly) {
            writeln!(
                out,
                "The charter lets validators accept {hourly} records of an author in an hour: the rest take longer."
            )?;
        }
        section(out, &outcome.quarantined, "held in quarantine on this machine (see `commonwheel quarantine list`)")?;
        section(
            out,
            &outcome.later,
            "to be shared later by `contribute --due` or your running node (see `commonwheel later list`)",
        )?;
        section(out, &outcome.duplicates, "shared before, left out (share again with --again)")?;
        section(out, &outcome.failed, "left out")?;
        if shared.iter().any(|record| record.held_by.is_empty() && record.state == "waiting") {
            writeln!(
                out,
                "Hint: what no validator holds yet is sent when your node next meets them: `commonwheel run`"
            )?;
        }
        Ok(())
    })
}

fn section(out: &mut dyn std::io::Write, lines: &[String], what: &str) -> std::io::Result<()> {
    const SHOWN: usize = 10;
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{} item(s) {what}:", lines.len())?;
    lines.iter().take(SHOWN).try_for_each(|line| writeln!(out, "  {line}"))?;
    if lines.len() > SHOWN { writeln!(out, "  … and {} more", lines.len() - SHOWN) } else { Ok(()) }
}

fn some_or_all(names: &[String], all: usize) -> String {
    match names.len() {
        0 => "none".to_owned(),
        found if found == all && all > 1 => format!("all {all}"),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Home;
    use crate::run::wire::Response;
    use std::io::{Read, Write};

    #[test]
    fn a_record_counts_as_shared_only_when_it_came_as_far_as_was_asked() {
        let record = |state, held: &[&str], reason: Option<&str>| SharedRecord {
            id: String::new(),
            origin: String::new(),
            held_by: held.iter().map(ToString::to_string).collect(),
            state,
            reason: reason.map(str::to_owned),
            false_alarms: 0,
        };
        let alone = record("waiting", &[], None);
        assert_eq!(
            [Until::Signed, Until::Held, Until::Accepted].map(|until| until.reached(&alone)),
            [true, false, false]
        );
        let held = record("waiting", &["one"], None);
        assert!(Until::Held.reached(&held) && !Until::Accepted.reached(&held));
        assert!(Until::Accepted.reached(&record("accepted", &[], None)));
        let for_a_person = record("quarantined", &[], Some("one false alarm"));
        assert!(Until::Held.reached(&for_a_person) && !Until::Accepted.reached(&for_a_person));
        assert!(!Until::Held.reached(&record("refused", &["one"], Some("too long"))));
    }

    /// A node that takes the first record alone.
    fn answer(stream: &mut std::os::unix::net::UnixStream, first: &str) -> std::io::Result<()> {
        loop {
            let mut len = [0; 4];
            stream.read_exact(&mut len)?;
            let mut bytes = vec![0; u32::from_be_bytes(len) as usize];
            stream.read_exact(&mut bytes)?;
            let response = match serde_json::from_slice(&bytes)? {
                Request::Holds(_, _, id) => Response::Yes(id == first),
                _ => Response::Done,
            };
            let bytes = serde_json::to_vec(&response)?;
            stream.write_all(&(bytes.len() as u32).to_be_bytes())?;
            stream.write_all(&bytes)?;
        }
    }

    #[test]
    fn a_record_that_the_node_has_no_room_for_does_not_count_as_taken() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let listener = std::os::unix::net::UnixListener::bind(home.socket()).unwrap();
        let parcel = |header: &[u8]| Parcel { header: header.to_vec(), ..Parcel::default() };
        let first = Cid::of_cbor(b"first").to_string();
        std::thread::spawn(move || answer(&mut listener.accept().unwrap().0, &first));
        let client = Client::connect(&home).unwrap();
        let parcels = vec![parcel(b"first"), parcel(b"second")];
        assert_eq!(hand_over(&client, &Cid::of_cbor(b"community"), parcels).unwrap(), [true, false]);
    }
}
