//! Who has been admitted, and whether that counts under a charter.

use crate::agreement::Charter;
use crate::agreement::customs::Membership;
use crate::index::{self, prefix};
use crate::ledger::{Ledger, LedgerError};
use crate::sign::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// Who has admitted a key.
///
/// # Errors
/// When the ledger fails.
pub fn sponsors(member: &PublicKey, ledger: &impl Ledger) -> Result<Vec<PublicKey>, LedgerError> {
    let start = index::key(prefix::MEMBER, &[&member.0]);
    let mut sponsors = Vec::new();
    index::each(ledger, &start, |entry| {
        sponsors.extend(entry.key[start.len()..].first_chunk::<32>().map(|key| PublicKey(*key)));
        Ok(())
    })?;
    Ok(sponsors)
}

/// Whether a key may admit members: a validator may, and where members sponsor, those whom one admitted.
///
/// # Errors
/// When the ledger fails.
pub fn may_sponsor(charter: &Charter, sponsor: &PublicKey, ledger: &impl Ledger) -> Result<bool, LedgerError> {
    if charter.validator(sponsor).is_some() {
        return Ok(true);
    }
    Ok(charter.customs.membership == Membership::Sponsored
        && sponsors(sponsor, ledger)?.iter().any(|by| charter.validator(by).is_some()))
}

/// Whether a key may contribute, as far as membership goes.
///
/// # Errors
/// When the ledger fails.
pub fn is_member(charter: &Charter, author: &PublicKey, ledger: &impl Ledger) -> Result<bool, LedgerError> {
    if charter.customs.membership == Membership::Open {
        return Ok(true);
    }
    for sponsor in sponsors(author, ledger)? {
        if may_sponsor(charter, &sponsor, ledger)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Every key that somebody has admitted, with who has.
///
/// # Errors
/// When the ledger fails.
pub fn all(ledger: &impl Ledger) -> Result<BTreeMap<PublicKey, BTreeSet<PublicKey>>, LedgerError> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    index::each(ledger, &[prefix::MEMBER], |entry| {
        let key = |from: usize| entry.key.get(from..)?.first_chunk::<32>().map(|key| PublicKey(*key));
        if let (Some(member), Some(sponsor)) = (key(1), key(33)) {
            found.entry(member).or_default().insert(sponsor);
        }
        Ok(())
    })?;
    Ok(found)
}
