//! By which name the author of a record wants to be known.

use crate::cli::search::{Accepted, line};
use commonwheel_protocol::dataset::Author;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::body::Body;
use commonwheel_protocol::record::content::Content;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use std::cmp::Reverse;

/// Records of one author that are looked through: a profile of somebody with more may not be found.
const LOOKED_AT: usize = 10_000;
/// The largest body that is read to see whether it is a profile: a name and some words about oneself fit in a quarter.
const PROFILE_BYTES: u64 = 64 << 10;

/// What the newest accepted profile of a record's author says, made harmless for a terminal, if it is on this machine.
/// A key that is used for one record alone has none.
///
/// # Errors
/// When the ledger fails.
pub fn of(header: &SignedHeader, ledger: &impl Ledger) -> Result<Option<Author>, LedgerError> {
    let header = header.header();
    if header.nonce.is_some() {
        return Ok(None);
    }
    let (mut found, author) = (Vec::new(), &header.author);
    index::each(ledger, &index::key(prefix::AUTHOR, &[&author.0]), |entry| {
        let record = index::last_cid(&entry.key).map(RecordId);
        if let Some(record) = record.filter(|_| found.len() < LOOKED_AT)
            && let Some(entry) = index::header(ledger, Shelf::Certified, &record)?
        {
            found.push((entry.time_s, record));
        }
        Ok(())
    })?;
    found.sort_by_key(|newest| Reverse(*newest));
    let accepted = Accepted::load(ledger)?;
    for (_, record) in found {
        let bytes = ledger.block(Shelf::Certified, &record.0)?;
        let small = |header: &SignedHeader| header.header().size_class.max_bytes() <= PROFILE_BYTES;
        if bytes.and_then(|bytes| SignedHeader::verify(&bytes).ok()).is_some_and(|header| small(&header))
            && let Some(record) = accepted.read(&record, ledger)?
            && let Ok(Body { content: Content::Profile(profile), .. }) = Body::verify(&record.body)
        {
            let (author, name) = (author.to_string(), line(&profile.name));
            return Ok(Some(Author { author, name, profile: record.header.id().to_string() }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::fixture::{Certified, Commons};
    use commonwheel_protocol::licence::Licence;

    #[test]
    fn the_newest_accepted_profile_names_an_author_and_cannot_drive_a_terminal() {
        let commons = Commons::named("a");
        let said = commons.says(1, "What is a weir?", Licence::Cc0, "train-ai=y");
        let name_of = |records: &[Certified]| of(&said.header, &commons.store(records)).unwrap().map(|one| one.name);
        let (old, new) =
            (commons.named_at(1, "Ana", 490_000), commons.named_at(1, "Ana \u{1b}[2J\nof the mill", 490_001));
        let of_another = commons.profile(2, Licence::Cc0, "train-ai=y");
        assert_eq!(name_of(&[said.clone(), of_another]), None);
        assert_eq!(name_of(&[said.clone(), old.clone()]).as_deref(), Some("Ana"));
        let shown = of(&said.header, &commons.store(&[new.clone(), said.clone(), old])).unwrap().unwrap();
        assert_eq!(shown.name, "Ana \u{fffd}[2J of the mill");
        assert_eq!((shown.author, shown.profile), (said.header.header().author.to_string(), new.id().to_string()));
    }
}
