use super::*;
use crate::identity::Seed;
use crate::limits::PATTERNS;

pub(crate) fn seeds(n: usize) -> Vec<Seed> {
    (0..n).map(|i| Seed::new([i as u8 + 1; 32])).collect()
}

pub(crate) fn charter(n: usize, f: usize, q: usize) -> Charter {
    Charter {
        name: "Test commons".into(),
        scope: "Tests".into(),
        protocol: PROTOCOL,
        validators: seeds(n)
            .iter()
            .enumerate()
            .map(|(i, seed)| Validator {
                name: format!("validator {i}"),
                signing: seed.validator().public(),
                encryption: seed.encryption_public(),
            })
            .collect(),
        quorum: Quorum::new(n, f, q).unwrap(),
        licences: Licence::ALL.into_iter().collect(),
        preference: Preference::read("train-ai=y, search=y").unwrap(),
        ruleset: Cid::of(Codec::Raw, b"ruleset"),
        patterns: vec![],
        risks: RiskPolicy::allow(),
        bodies: BodyAccess::OnCertificate,
        numbers: NUMBERS.iter().map(|(name, _, _, default)| ((*name).to_owned(), *default)).collect(),
        terms: Cid::of(Codec::Raw, b"terms"),
        recovery: vec![],
        drafted: 1_800_000_000,
        customs: Default::default(),
        succeeds: None,
    }
}

#[test]
fn quorums_intersect_in_an_honest_validator_and_the_honest_suffice() {
    for n in 1..=31usize {
        for f in 0..n {
            for q in 1..=n {
                let sound = 2 * q > n + f && q <= n - f;
                assert_eq!(Quorum::new(n, f, q).is_ok(), sound, "n {n} f {f} q {q}");
            }
        }
    }
    assert_eq!(Quorum::new(4, 1, 3).unwrap().meaning(), "4 validators: 1 may lie, 1 may be silent");
    assert_eq!(Quorum::new(3, 0, 2).unwrap().meaning(), "3 validators: 0 may lie, 1 may be silent");
    assert!(Quorum::new(1, 0, 1).unwrap().meaning().contains("single-steward"));
}

#[test]
fn a_list_that_is_left_out_is_named() {
    for list in ["validators", "licences", "recovery"] {
        let Node::Map(mut map) = decode(&charter(4, 1, 3).to_bytes()).unwrap() else { unreachable!() };
        map.remove(list);
        assert_eq!(Charter::read(&encode(&Node::Map(map))), Err(FieldError::Missing(list).into()));
    }
}

#[test]
fn a_charter_reads_back_from_its_bytes() {
    let charter = charter(4, 1, 3);
    assert_eq!(Charter::read(&charter.to_bytes()), Ok(charter));
}

#[test]
fn patterns_and_risks_stand_in_a_charter_only_when_they_say_something() {
    let plain = charter(4, 1, 3);
    let pattern = |label: &str| CommunityPattern { label: label.into(), pattern: "RB-[0-9]{6}".into() };
    let mut rich = Charter { patterns: vec![pattern("member-number")], risks: RiskPolicy::usual(), ..plain.clone() };
    assert_eq!(Charter::read(&rich.to_bytes()), Ok(rich.clone()));
    assert_eq!(plain.ruleset_id(), plain.ruleset);
    assert_ne!(rich.ruleset_id(), rich.ruleset);
    rich.patterns.push(pattern("member-number"));
    assert!(Charter::read(&rich.to_bytes()).is_err(), "a label twice");
    rich.patterns = (0..=PATTERNS).map(|i| pattern(&format!("p{i}"))).collect();
    assert!(Charter::read(&rich.to_bytes()).is_err(), "one too many");
    rich.patterns.pop();
    assert_eq!(Charter::read(&rich.to_bytes()), Ok(rich.clone()));
    for (label, text) in [("", "x"), ("Member", "x"), ("m", ""), ("m", &*"x".repeat(257)), (&*"m".repeat(33), "x")] {
        rich.patterns = vec![CommunityPattern { label: label.into(), pattern: text.into() }];
        assert!(Charter::read(&rich.to_bytes()).is_err(), "{label:?} {text:?}");
    }
}
