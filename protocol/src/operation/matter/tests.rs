use super::super::decision::{Condition, Reason, Ruling};
use super::*;
use crate::agreement::charter::tests::{charter, seeds};
use crate::record::RecordId;

fn takedown(charter: &Charter) -> Matter {
    Matter::Decision(Decision {
        community: charter.community(),
        charter: charter.id(),
        ruling: Ruling::Takedown(RecordId(Cid::of_cbor(b"record"))),
        reason: Reason::Consent,
        condition: Condition::Lifted,
        until: None,
        explained: None,
        time: HourTime::hour(1_800_000_000),
    })
}

fn voices(matter: &Matter, who: std::ops::Range<usize>) -> BTreeMap<PublicKey, [u8; 64]> {
    let seeds = seeds(who.end);
    let signed = seeds[who].iter().map(|seed| Motion::sign(matter.clone(), &seed.validator()));
    signed.map(|motion| (motion.signer, motion.signature)).collect()
}

#[test]
fn a_motion_reads_back_and_a_changed_one_does_not() {
    let motion = Motion::sign(takedown(&charter(4, 1, 3)), &seeds(1)[0].validator());
    let bytes = motion.to_bytes();
    assert_eq!(Motion::verify(&bytes), Ok(motion));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Motion::verify(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn a_quorum_convinces_and_fewer_or_strangers_do_not() {
    let charter = charter(4, 1, 3);
    let matter = takedown(&charter);
    let resolution = Resolution::form(&matter, &voices(&matter, 0..4), &charter).unwrap();
    assert_eq!(resolution.signers().count(), 3, "no more than it takes");
    assert_eq!(Resolution::verify(resolution.bytes()), Ok(resolution.clone()));
    assert_eq!(resolution.matter().id(), matter.id());
    let few = Resolution::form(&matter, &voices(&matter, 0..2), &charter);
    assert_eq!(few, Err(Unconvincing::Quorum { expected: 3, found: 2 }));
    let stranger = Resolution::of(matter.clone(), voices(&matter, 2..6));
    assert_eq!(stranger.convinces(&charter), Err(Unconvincing::Stranger));
    let other = super::super::super::agreement::charter::tests::charter(7, 2, 5);
    assert_eq!(resolution.convinces(&other), Err(Unconvincing::OtherCharter));
}

#[test]
fn signatures_stand_in_the_order_of_their_keys_each_once() {
    let charter = charter(4, 1, 3);
    let matter = takedown(&charter);
    let Node::Map(mut block) = decode(Resolution::of(matter.clone(), voices(&matter, 0..3)).bytes()).unwrap() else {
        unreachable!()
    };
    let Some(Node::List(signatures)) = block.get_mut("signatures") else { unreachable!() };
    signatures.swap(0, 1);
    assert!(Resolution::verify(&encode(&Node::Map(block.clone()))).is_err());
    let Some(Node::List(signatures)) = block.get_mut("signatures") else { unreachable!() };
    signatures.swap(0, 1);
    signatures[1] = signatures[0].clone();
    assert!(Resolution::verify(&encode(&Node::Map(block))).is_err());
}
