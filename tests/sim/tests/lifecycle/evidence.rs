//! Validators that contradict themselves: the proof reaches everybody, once, and voids nothing.

use crate::cluster::{Cluster, terms};
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::customs::Membership as Kind;
use commonwheel_protocol::agreement::state::Standing;
use commonwheel_protocol::agreement::{Batch, Class, Entry, Verdict};
use commonwheel_protocol::core::notes::{Opinion, Review};
use commonwheel_protocol::core::{Input, Notice, Token};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::index;
use commonwheel_protocol::index::operations::equivocations;
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::operation::equivocation::Contradiction;
use commonwheel_protocol::operation::{Equivocation, Matter, Membership, Motion};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::header::HourTime;
use commonwheel_protocol::wire::exchange::Peer;
use commonwheel_protocol::wire::gossip::Message;
use sim::records;

/// The proofs that a node holds.
fn proofs(cluster: &Cluster, at: usize) -> Vec<Equivocation> {
    let store = &cluster.members[at].store;
    let held = equivocations(store).unwrap().into_iter();
    held.map(|(_, _, block)| Equivocation::verify(&store.block(Shelf::Certified, &block).unwrap().unwrap()).unwrap())
        .collect()
}

/// Tells these nodes what validator 3, which is off, has signed.
fn say(cluster: &mut Cluster, to: &[usize], batches: &[(i64, RecordId, Verdict)]) {
    let id = cluster.community.id();
    let key = cluster.community.validators[3].clone();
    let batches = batches.iter().map(|(number, record, verdict)| {
        Batch::sign(id, id, *number, &[Entry { record: *record, verdict: *verdict }], &key)
    });
    let bytes = Message { batches: batches.collect(), ..Message::default() }.to_bytes();
    for at in to {
        let input = Input::Gossip { from: Peer(vec![b'n', 3]), token: Token(0), bytes: bytes.clone() };
        let _ = cluster.give(*at, input);
    }
}

fn accused_of(cluster: &Cluster, what: Contradiction) {
    let key = cluster.community.validators[3].public();
    for at in cluster.running() {
        let held = proofs(cluster, at);
        assert_eq!(held.len(), 1, "node {at}");
        assert_eq!((held[0].validator, held[0].contradiction), (key, what), "node {at}");
    }
}

const REFUSED: Verdict = Verdict::Reject(Class::Schema);

#[test]
fn two_batches_with_one_number_are_proved_to_everybody_and_void_nothing() {
    let mut cluster = Cluster::new(2);
    cluster.stop(3);
    let header = cluster.share(0, |_| {});
    cluster.stop(5);
    say(&mut cluster, &[0, 1], &[(50, header.id(), Verdict::Accept)]);
    say(&mut cluster, &[1], &[(50, header.id(), REFUSED)]);
    cluster.settle();
    accused_of(&cluster, Contradiction::Number(50));
    cluster.start(5);
    cluster.settle();
    accused_of(&cluster, Contradiction::Number(50));
    assert!(cluster.notices.iter().any(|(_, notice)| matches!(notice, Notice::Contradicted(..))));
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
    assert!(cluster.converged());
}

#[test]
fn both_in_one_message_are_seen_too() {
    let mut cluster = Cluster::new(1);
    cluster.stop(3);
    let other = RecordId(commonwheel_protocol::bytes::Cid::of_cbor(b"unknown here"));
    say(&mut cluster, &[0], &[(50, other, REFUSED), (50, other, Verdict::Quarantine(Class::Review))]);
    cluster.settle();
    accused_of(&cluster, Contradiction::Number(50));
}

#[test]
fn an_acceptance_that_is_unsaid_is_proved_and_a_refusal_may_become_one() {
    let mut cluster = Cluster::new(1);
    cluster.stop(3);
    let header = cluster.share(0, |_| {});
    say(&mut cluster, &[0, 1, 4], &[(50, header.id(), REFUSED), (51, header.id(), Verdict::Accept)]);
    cluster.settle();
    assert!(proofs(&cluster, 0).is_empty());
    say(&mut cluster, &[1], &[(52, header.id(), REFUSED)]);
    cluster.settle();
    accused_of(&cluster, Contradiction::Verdict(header.id()));
    // A second proof of the same validator adds nothing.
    say(&mut cluster, &[0], &[(51, header.id(), REFUSED)]);
    cluster.settle();
    accused_of(&cluster, Contradiction::Verdict(header.id()));
    cluster.stop(4);
    cluster.start(4);
    say(&mut cluster, &[4], &[(51, header.id(), REFUSED)]);
    cluster.settle();
    accused_of(&cluster, Contradiction::Verdict(header.id()));
}

#[test]
fn who_signs_two_successors_in_one_round_is_accused_and_nobody_else() {
    let mut cluster = Cluster::new(1);
    let next = cluster.successor(1, |charter| charter.scope = "Something else".into());
    assert_eq!(cluster.vote(&Matter::Successor(Box::new(next)), &terms(), &[0]), Vec::<String>::new());
    cluster.stop(3);
    let key = cluster.community.validators[3].clone();
    for scope in ["Something else", "Something else again"] {
        let matter = Matter::Successor(Box::new(cluster.successor(1, |charter| charter.scope = scope.into())));
        let motion = Motion::sign(matter, &key).to_bytes();
        let _ = cluster.give(0, Input::Operate(vec![motion]));
        cluster.settle();
    }
    accused_of(&cluster, Contradiction::Round(1));
}

#[test]
fn a_proof_about_somebody_whom_the_charter_does_not_name_is_refused() {
    let mut cluster = Cluster::new(1);
    let stranger = Seed::new([91; 32]).validator();
    let id = cluster.community.id();
    let record = RecordId(commonwheel_protocol::bytes::Cid::of_cbor(b"record"));
    let batches = [REFUSED, Verdict::Accept]
        .map(|verdict| Batch::verify(&Batch::sign(id, id, 1, &[Entry { record, verdict }], &stranger)).unwrap());
    let proof = Equivocation::between(&batches[0], &batches[1]).unwrap();
    let told = cluster.give(0, Input::Operate(vec![proof.bytes().to_vec()]));
    assert!(
        matches!(&told[..], [Notice::NotTaken(_, why)] if why.contains("nobody whom the charter names")),
        "{told:?}"
    );
    assert!(proofs(&cluster, 0).is_empty());
}

/// What a moderator says.
fn refusal(cluster: &Cluster, record: RecordId) -> Input {
    Input::Review(Review {
        record,
        opinion: Opinion::Reject,
        moderator: "m".into(),
        note: String::new(),
        time_s: cluster.now.unix_s(),
        flags: 0,
    })
}

#[test]
fn a_moderator_takes_no_acceptance_of_the_validator_back() {
    let mut cluster = Cluster::new(1);
    (2..4).for_each(|at| cluster.stop(at));
    let header = cluster.share(0, |_| {});
    let review = refusal(&cluster, header.id());
    let told = cluster.give(0, review);
    assert!(matches!(&told[..], [Notice::NotTaken(_, why)] if why.contains("propose its takedown")), "{told:?}");
    cluster.settle();
    (2..4).for_each(|at| cluster.start(at));
    cluster.settle();
    assert_eq!(cluster.agreed(&header.id()), Some(Standing::Accepted));
    assert!(cluster.running().all(|at| proofs(&cluster, at).is_empty()));
}

#[test]
fn what_a_moderator_says_goes_before_what_the_machine_would_say() {
    let mut cluster = Cluster::new(1);
    let header = cluster.submit(0, |_| {});
    let review = refusal(&cluster, header.id());
    let told = cluster.give(0, review);
    assert!(told.is_empty(), "{told:?}");
    (1..4).for_each(|at| cluster.stop(at));
    cluster.settle();
    let said = index::verdicts(&cluster.members[0].store, &header.id()).unwrap();
    let said: Vec<_> = said.iter().map(|one| one.verdict).collect();
    assert_eq!(said, [Verdict::Reject(Class::Review)]);
}

#[test]
fn a_record_that_is_judged_again_too_late_is_not_refused_by_who_accepted_it() {
    let mut cluster = Cluster::with(1, BodyAccess::OnCertificate, &|charter| {
        charter.customs.membership = Kind::Invited;
        charter.numbers.insert("past_hours".into(), 24);
    });
    let admit = |cluster: &mut Cluster, sponsor: usize| {
        let sponsor = cluster.community.validators[sponsor].clone();
        let membership = Membership {
            community: cluster.community.id(),
            sponsor: sponsor.public(),
            member: records::author(&cluster.community).public(),
            time: HourTime::hour(cluster.now.unix_s()),
        };
        let _ = cluster.give(0, Input::Operate(vec![membership.sign(&sponsor)]));
    };
    admit(&mut cluster, 0);
    cluster.settle();
    (2..4).for_each(|at| cluster.stop(at));
    let header = cluster.share(0, |_| {});
    cluster.days(3);
    admit(&mut cluster, 1);
    cluster.settle();
    let failed = |notice: &Notice| format!("{notice:?}").contains("Failed");
    assert!(cluster.notices.iter().any(|(at, notice)| *at == 0 && failed(notice)), "it was judged again");
    (2..4).for_each(|at| cluster.start(at));
    cluster.settle();
    assert!(cluster.running().all(|at| proofs(&cluster, at).is_empty()));
    let said = index::verdicts(&cluster.members[0].store, &header.id()).unwrap();
    let own = |at: usize| cluster.community.validators[at].public();
    for at in 0..2 {
        let verdicts: Vec<_> = said.iter().filter(|one| one.validator == own(at)).map(|one| one.verdict).collect();
        assert_eq!(verdicts, [Verdict::Accept], "validator {at}");
    }
}
