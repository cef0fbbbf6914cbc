//! By which name the author of a record wants to be known.

use crate::cli::search::{Accepted, line};
use commonwheel_protocol::dataset::Author;
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::body::Body;
use commonwheel_protocol::record::content::Content;
use commonwheel_protocol::record::{RecordId, SignedHeader};
use std::cmp::Reverse;

/// Records of one author that are looked through, those with the lowest ids: of somebody with more the newest profile may
/// not be found.
pub const LOOKED_AT: usize = 10_000;
/// The largest body that is read to see whether it is a profile: a name and some words about oneself fit in a quarter.
const PROFILE_BYTES: u64 = 64 << 10;

/// By which name an author wants to be known.
#[derive(Debug, Default)]
pub struct Known {
    /// What the newest accepted profile says, made harmless for a terminal, if one is on this machine.
    pub name: Option<Author>,
    /// Whether there are records that were not looked at, so that a newer profile may be among them.
    pub in_part: bool,
}

/// By which name the author of a record wants to be known. A key that is used for one record alone has none.
///
/// # Errors
/// When the ledger fails.
pub fn of(header: &SignedHeader, ledger: &impl Ledger) -> Result<Known, LedgerError> {
    among(LOOKED_AT, header, ledger)
}

/// The same, among so many records of the author at most.
fn among(most: usize, header: &SignedHeader, ledger: &impl Ledger) -> Result<Known, LedgerError> {
    let header = header.header();
    if header.nonce.is_some() {
        return Ok(Known::default());
    }
    let (mut found, mut in_part, author) = (Vec::new(), false, &header.author);
    index::each(ledger, &index::key(prefix::AUTHOR, &[&author.0]), |entry| {
        let Some(record) = index::last_cid(&entry.key).map(RecordId) else { return Ok(()) };
        if found.len() < most {
            found.extend(index::header(ledger, Shelf::Certified, &record)?.map(|entry| (entry.time_s, record)));
        } else {
            in_part = in_part || index::header(ledger, Shelf::Certified, &record)?.is_some();
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
            let name = Some(Author { author, name, profile: record.header.id().to_string() });
            return Ok(Known { name, in_part });
        }
    }
    Ok(Known { name: None, in_part })
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
        let name_of =
            |records: &[Certified]| of(&said.header, &commons.store(records)).unwrap().name.map(|one| one.name);
        let (old, new) =
            (commons.named_at(1, "Ana", 490_000), commons.named_at(1, "Ana \u{1b}[2J\nof the mill", 490_001));
        let of_another = commons.profile(2, Licence::Cc0, "train-ai=y");
        assert_eq!(name_of(&[said.clone(), of_another]), None);
        assert_eq!(name_of(&[said.clone(), old.clone()]).as_deref(), Some("Ana"));
        let shown = of(&said.header, &commons.store(&[new.clone(), said.clone(), old])).unwrap().name.unwrap();
        assert_eq!(shown.name, "Ana \u{fffd}[2J of the mill");
        assert_eq!((shown.author, shown.profile), (said.header.header().author.to_string(), new.id().to_string()));
    }
    #[test]
    fn where_an_author_has_more_records_than_are_looked_at_that_is_said() {
        let commons = Commons::named("a");
        let said = commons.says(1, "What is a weir?", Licence::Cc0, "train-ai=y");
        let (old, new) = (commons.named_at(1, "Ana", 490_000), commons.named_at(1, "Ana of the mill", 490_001));
        let of_another = commons.profile(2, Licence::Cc0, "train-ai=y");
        let store = commons.store(&[said.clone(), old.clone(), new.clone(), of_another]);
        let known = |most| among(most, &said.header, &store).unwrap();
        assert!(!known(3).in_part && known(3).name.is_some_and(|one| one.name == "Ana of the mill"));
        assert!(known(2).in_part && known(0).in_part && known(0).name.is_none());
    }
}
