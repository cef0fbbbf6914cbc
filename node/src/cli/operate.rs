//! Handing signed operations to the node, and watching which validators take them.

use crate::community::printable;
use crate::run::client::Remote;
use crate::run::wire::{Base64, Request, Response};
use crate::run::{Client, ClientError};
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::status::fate::acknowledged;
use commonwheel_protocol::ledger::LedgerError;
use commonwheel_protocol::sign::PublicKey;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Operations handed over in one message.
const AT_ONCE: usize = 256;
/// How long to stay for the rest when enough validators have answered.
const GRACE: Duration = Duration::from_secs(2);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(150);

/// Gives operations to the node, which keeps them durably and pushes them; says what it did not take, and why.
///
/// # Errors
/// When the node cannot be reached, or says no.
pub fn hand_over(client: &Client, community: &Cid, operations: &[Vec<u8>]) -> Result<Vec<String>, ClientError> {
    let mut untaken = Vec::new();
    for some in operations.chunks(AT_ONCE) {
        let some = some.iter().map(|bytes| Base64(bytes.clone())).collect();
        match client.ask(&Request::Operate(community.to_string(), some))? {
            Response::Told(problems) => untaken.extend(problems.iter().map(|why| printable(why))),
            _ => return Err(ClientError::Unexpected),
        }
    }
    untaken.sort();
    untaken.dedup();
    Ok(untaken)
}

/// Waits until so many validators have said of each group of operations that they took one of them, and then a
/// little for the others. Gives, for each group, who did: `own` counts at once, being this node's validator.
///
/// # Errors
/// When the node cannot be reached.
pub fn wait(
    (client, community): (&Client, &Cid),
    groups: &[Vec<Cid>],
    own: Option<PublicKey>,
    (enough, all): (usize, usize),
    most: Duration,
) -> Result<Vec<BTreeSet<PublicKey>>, LedgerError> {
    let remote = Remote(client, community);
    let deadline = Instant::now() + most;
    let mut grace: Option<Instant> = None;
    loop {
        let mut by = Vec::new();
        for group in groups {
            let mut validators: BTreeSet<_> = own.into_iter().collect();
            for operation in group {
                validators.extend(acknowledged(operation, &remote)?);
            }
            by.push(validators);
        }
        let least = by.iter().map(BTreeSet::len).min().unwrap_or(all);
        let now = Instant::now();
        if least >= enough && grace.is_none() {
            grace = Some(now + GRACE);
        }
        if least >= all || now >= deadline || grace.is_some_and(|end| now >= end) {
            return Ok(by);
        }
        std::thread::sleep(PAUSE);
    }
}

/// The names of validators in the charter; keys that it does not name are left out.
pub fn names<'a>(keys: impl IntoIterator<Item = &'a PublicKey>, charter: &Charter) -> Vec<String> {
    let named = keys.into_iter().filter_map(|key| charter.validator(key));
    named.map(|validator| printable(&validator.name)).collect()
}
