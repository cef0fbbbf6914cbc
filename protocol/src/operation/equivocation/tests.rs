use super::*;
use crate::agreement::Class;
use crate::agreement::Succession;
use crate::agreement::charter::tests::{charter, seeds};

const REFUSED: Verdict = Verdict::Reject(Class::Schema);

fn record(name: &[u8]) -> RecordId {
    RecordId(Cid::of_cbor(name))
}

/// A batch of validator `who` with this number, in which the second entry is about the record.
fn batch(who: usize, number: i64, verdict: Verdict) -> Batch {
    let id = charter(4, 1, 3).id();
    let entries = [
        Entry { record: record(&number.to_be_bytes()), verdict: Verdict::Accept },
        Entry { record: record(b"record"), verdict },
    ];
    Batch::verify(&Batch::sign(id, id, number, &entries, &seeds(who + 1)[who].validator())).unwrap()
}

fn voice(who: usize, round: i64, name: &str) -> Statement {
    let first = charter(4, 1, 3);
    let succeeds = Succession { predecessor: first.id(), community: first.id(), round, closing: Default::default() };
    let next = Charter { name: name.into(), succeeds: Some(succeeds), ..first };
    let motion = Motion::sign(Matter::Successor(Box::new(next)), &seeds(who + 1)[who].validator());
    Statement::Voice(Box::new(motion))
}

#[test]
fn two_batches_with_one_number_are_a_proof_and_two_with_two_are_none() {
    let (first, second) = (batch(0, 7, Verdict::Accept), batch(0, 7, REFUSED));
    let proof = Equivocation::between(&first, &second).unwrap();
    assert_eq!(proof.contradiction, Contradiction::Number(7));
    assert_eq!(Equivocation::between(&second, &first).as_ref(), Some(&proof), "in whatever order they are found");
    assert!(proof.concerns(&charter(4, 1, 3)));
    assert_eq!(Equivocation::between(&first, &first), None);
    assert_eq!(Equivocation::between(&first, &batch(1, 7, REFUSED)), None, "another validator's");
    assert_eq!(Equivocation::between(&first, &batch(0, 8, Verdict::Accept)), None);
}

#[test]
fn a_refusal_may_become_an_acceptance_and_not_the_other_way_round() {
    let unsaid = Equivocation::between(&batch(0, 1, Verdict::Accept), &batch(0, 2, REFUSED)).unwrap();
    assert_eq!(unsaid.contradiction, Contradiction::Verdict(record(b"record")));
    assert_eq!(Equivocation::between(&batch(0, 1, REFUSED), &batch(0, 2, Verdict::Accept)), None);
    let held = Verdict::Quarantine(Class::Review);
    assert_eq!(Equivocation::between(&batch(0, 1, REFUSED), &batch(0, 2, held)), None);
}

#[test]
fn two_successors_in_one_round_are_a_proof_and_in_two_rounds_none() {
    let proof = Equivocation::of(&voice(2, 1, "one"), &voice(2, 1, "other")).unwrap();
    assert_eq!((proof.contradiction, proof.validator), (Contradiction::Round(1), seeds(3)[2].validator().public()));
    assert!(proof.concerns(&charter(4, 1, 3)));
    assert_eq!(Equivocation::of(&voice(2, 1, "one"), &voice(2, 1, "one")), None);
    assert_eq!(Equivocation::of(&voice(2, 1, "one"), &voice(2, 2, "other")), None);
    assert_eq!(Equivocation::of(&voice(2, 1, "one"), &voice(3, 1, "other")), None);
    let newcomer = Equivocation::of(&voice(4, 1, "one"), &voice(4, 1, "other")).unwrap();
    assert!(!newcomer.concerns(&charter(4, 1, 3)), "whom the charter does not name has promised nothing under it");
}

#[test]
fn a_proof_reads_back_and_a_changed_one_does_not() {
    let proofs = [
        Equivocation::between(&batch(0, 7, Verdict::Accept), &batch(0, 7, REFUSED)),
        Equivocation::between(&batch(0, 1, Verdict::Accept), &batch(0, 2, REFUSED)),
        Equivocation::of(&voice(2, 1, "one"), &voice(2, 1, "other")),
    ];
    for proof in proofs.map(Option::unwrap) {
        assert_eq!(Equivocation::verify(proof.bytes()), Ok(proof.clone()));
        for at in 0..proof.bytes().len() {
            let mut changed = proof.bytes().to_vec();
            changed[at] ^= 1;
            assert!(Equivocation::verify(&changed).is_err(), "byte {at}");
        }
    }
}

#[test]
fn statements_that_do_not_contradict_are_refused_with_the_reason() {
    let roots = |one: &Batch, other: &Batch| {
        let mut nodes = [one, other].map(|batch| Statement::Root(batch.signed().clone()).to_node());
        nodes.sort_by_key(encode);
        nodes
    };
    let bytes = |statements: Vec<Node>| {
        encode(&Node::map([("type", Some(Node::text("equivocation"))), ("statements", Some(Node::List(statements)))]))
    };
    let why = |statements: Vec<Node>| Equivocation::verify(&bytes(statements)).unwrap_err().to_string();
    let (first, second) = (batch(0, 7, Verdict::Accept), batch(0, 8, Verdict::Accept));
    assert!(why(roots(&first, &second).into()).contains("do not contradict"));
    let strangers = roots(&first, &batch(1, 7, REFUSED));
    assert!(why(strangers.into()).contains("one validator under one charter"));
    let [one, other] = roots(&first, &batch(0, 7, REFUSED));
    assert!(why(vec![other.clone(), one.clone()]).contains("order"));
    assert!(why(vec![one.clone(), one.clone()]).contains("order"));
    assert!(why(vec![one]).contains("two statements"));
}
