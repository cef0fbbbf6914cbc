//! A small community for tests: four validators whose seeds are 1, 2, 3, 4.

use super::{Community, Draft};
use crate::home::Home;
use commonwheel_protocol::agreement::charter::{BodyAccess, NUMBERS, PROTOCOL, Quorum, Validator};
use commonwheel_protocol::agreement::{Charter, Founding, RiskPolicy};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::licence::Licence;
use commonwheel_protocol::preference::Preference;

pub(crate) const TERMS: &str = "Terms";

pub(crate) fn seeds(n: u8) -> impl Iterator<Item = Seed> {
    (1..=n).map(|i| Seed::new([i; 32]))
}

pub(crate) fn charter() -> Charter {
    named("Test commons", 1_800_000_000)
}

pub(crate) fn named(name: &str, drafted: i64) -> Charter {
    let validator = |(i, seed): (usize, Seed)| Validator {
        name: format!("validator {i}"),
        signing: seed.validator().public(),
        encryption: seed.encryption_public(),
    };
    Charter {
        name: name.into(),
        scope: "Tests".into(),
        protocol: PROTOCOL,
        validators: seeds(4).enumerate().map(validator).collect(),
        quorum: Quorum::new(4, 1, 3).unwrap(),
        licences: Licence::ALL.into(),
        preference: Preference::read("train-ai=y").unwrap(),
        ruleset: *commonwheel_config::ruleset::builtin().id(),
        patterns: vec![],
        risks: RiskPolicy::allow(),
        bodies: BodyAccess::OnCertificate,
        numbers: NUMBERS.iter().map(|(name, _, _, default)| ((*name).to_owned(), *default)).collect(),
        terms: commonwheel_config::terms::id(TERMS),
        recovery: vec![],
        drafted,
        customs: Default::default(),
        succeeds: None,
    }
}

pub(crate) fn draft() -> Draft {
    Draft::new(charter(), TERMS.into()).unwrap()
}

pub(crate) fn founding(charter: &Charter) -> Founding {
    let mut draft = Draft::new(charter.clone(), TERMS.into()).unwrap();
    seeds(4).for_each(|seed| draft.sign(&seed).unwrap());
    draft.founding().unwrap()
}

pub(crate) fn found_in(home: &Home, charter: &Charter) -> Community {
    Community::save(home, &founding(charter), TERMS).unwrap()
}

/// A community in a home folder of its own.
pub(crate) fn founded() -> (tempfile::TempDir, Community) {
    let folder = tempfile::tempdir().unwrap();
    let community = found_in(&Home::at(folder.path()), &charter());
    (folder, community)
}
