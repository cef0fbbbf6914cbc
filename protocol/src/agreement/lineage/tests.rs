use super::super::charter::tests::{charter, seeds};
use super::super::charter::{Quorum, Validator};
use super::super::succession::Succession;
use super::*;
use crate::identity::Seed;
use crate::operation::Motion;

fn found(charter: &Charter, n: usize) -> Founding {
    let keys = seeds(n);
    let signed = keys.iter().map(|s| (s.validator().public(), Founding::sign(charter, &s.validator())));
    Founding::new(charter, &signed.collect()).unwrap()
}

fn successor(of: &Charter, round: i64, drafted: i64) -> Charter {
    let (community, predecessor) = (of.community(), of.id());
    let succeeds = Some(Succession { community, predecessor, round, closing: BTreeSet::new() });
    Charter { succeeds, drafted, ..of.clone() }
}

fn resolve(successor: &Charter, under: &Charter, signers: &[Seed]) -> Result<Resolution, Unconvincing> {
    let matter = Matter::Successor(Box::new(successor.clone()));
    let voices = signers.iter().map(|seed| Motion::sign(matter.clone(), &seed.validator()));
    Resolution::form(&matter, &voices.map(|motion| (motion.signer, motion.signature)).collect(), under)
}

#[test]
fn the_highest_round_leads_and_two_in_one_round_are_a_fork() {
    let first = charter(4, 1, 3);
    let mut lineage = Lineage::new(found(&first, 4));
    let one = successor(&first, 1, 5);
    assert_eq!(lineage.add(&resolve(&one, &first, &seeds(3)).unwrap()), Ok(true));
    assert_eq!(lineage.add(&resolve(&one, &first, &seeds(4)).unwrap()), Ok(false));
    assert_eq!(lineage.head().charter, &one);
    assert_eq!(lineage.path(), [&first, &one]);
    let other = successor(&first, 1, 6);
    lineage.add(&resolve(&other, &first, &seeds(3)).unwrap()).unwrap();
    assert_eq!(lineage.head().charter, &first);
    assert_eq!(lineage.head().fork, [one.id(), other.id()].into());
    let second = successor(&first, 2, 7);
    lineage.add(&resolve(&second, &first, &seeds(3)).unwrap()).unwrap();
    assert_eq!(lineage.head(), Head { charter: &second, fork: BTreeSet::new() });
}

#[test]
fn what_branches_off_below_the_pin_changes_nothing() {
    let first = charter(4, 1, 3);
    let mut lineage = Lineage::new(found(&first, 4));
    let one = successor(&first, 1, 5);
    lineage.add(&resolve(&one, &first, &seeds(3)).unwrap()).unwrap();
    assert!(lineage.pin(&one.id()));
    let late = successor(&first, 9, 6);
    lineage.add(&resolve(&late, &first, &seeds(3)).unwrap()).unwrap();
    assert_eq!(lineage.head().charter, &one);
    assert!(!lineage.pin(&Cid::of_cbor(b"unknown")));
}

#[test]
fn the_order_in_which_successors_come_does_not_matter() {
    let first = charter(4, 1, 3);
    let one = successor(&first, 1, 5);
    let two = successor(&one, 1, 6);
    let (a, b) = (resolve(&one, &first, &seeds(3)).unwrap(), resolve(&two, &one, &seeds(3)).unwrap());
    let mut lineage = Lineage::new(found(&first, 4));
    assert_eq!(lineage.add(&b), Err(SuccessionError::UnknownPredecessor));
    lineage.add(&a).unwrap();
    lineage.add(&b).unwrap();
    assert_eq!(lineage.head().charter, &two);
}

#[test]
fn a_quorum_of_the_predecessor_and_every_newcomer_must_sign() {
    let first = charter(4, 1, 3);
    let seed = Seed::new([9; 32]);
    let mut next = successor(&first, 1, 5);
    next.validators[3] =
        Validator { name: "newcomer".into(), signing: seed.validator().public(), encryption: seed.encryption_public() };
    assert_eq!(resolve(&next, &first, &seeds(3)), Err(Unconvincing::Unwilling));
    let mut willing = seeds(3);
    willing.push(seed.clone());
    assert!(resolve(&next, &first, &willing).is_ok());
    let few = [seeds(2), vec![seed]].concat();
    assert_eq!(resolve(&next, &first, &few), Err(Unconvincing::Quorum { expected: 3, found: 2 }));
}

#[test]
fn recovery_keys_sign_a_successor_and_nothing_else() {
    let recovery: Vec<_> = (50..53).map(|i| Seed::new([i; 32])).collect();
    let mut first = charter(4, 1, 3);
    first.recovery = recovery.iter().map(|seed| seed.validator().public()).collect();
    let next = successor(&first, 1, 5);
    assert!(resolve(&next, &first, &recovery[..2]).is_ok(), "most of them");
    assert!(resolve(&next, &first, &recovery[..1]).is_err());
    assert!(resolve(&next, &first, &[]).is_err());
    let mixed = [seeds(2), recovery[..1].to_vec()].concat();
    assert!(resolve(&next, &first, &mixed).is_err(), "neither a quorum nor most of the recovery keys");
    first.quorum = Quorum::new(4, 1, 3).unwrap();
}

#[test]
fn another_communitys_successor_is_none() {
    let first = charter(4, 1, 3);
    let mut lineage = Lineage::new(found(&first, 4));
    let mut foreign = successor(&first, 1, 5);
    foreign.succeeds.as_mut().unwrap().community = Cid::of_cbor(b"another");
    assert_eq!(resolve(&foreign, &first, &seeds(3)), Err(Unconvincing::OtherCommunity));
    let of = Charter { name: "Another".into(), ..first.clone() };
    let resolution = resolve(&successor(&of, 1, 5), &of, &seeds(3)).unwrap();
    assert_eq!(lineage.add(&resolution), Err(SuccessionError::UnknownPredecessor));
}
