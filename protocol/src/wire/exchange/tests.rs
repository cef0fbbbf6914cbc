//! Requests, replies and signed things read back, and bad ones are refused.

use super::*;

#[test]
fn every_request_and_reply_reads_back() {
    let community = Cid::of_cbor(b"c");
    let id = RecordId(Cid::of_cbor(b"r"));
    let parcel = Parcel { header: vec![1], body: Some(vec![2]), certificate: None };
    for ask in [
        Ask::Charter,
        Ask::Prove,
        Ask::Submit(vec![parcel.clone()]),
        Ask::Waiting(vec![9]),
        Ask::Live(vec![]),
        Ask::Live(vec![[7; 32]]),
        Ask::Reconcile(vec![9]),
        Ask::Fetch { statement: vec![1], items: vec![[3; 32]], records: vec![id] },
    ] {
        assert_eq!(Ask::read(&ask.to_bytes(&community)), Ok((community, ask)));
    }
    for answer in [
        Answer::Charter { founding: vec![1], terms: vec![2], successors: vec![] },
        Answer::Charter { founding: vec![1], terms: vec![2], successors: vec![vec![3]] },
        Answer::Operated { acknowledgement: None, refused: vec![(0, "no".into())] },
        Answer::Spread { message: vec![], next: None },
        Answer::Blocks(vec![vec![1], vec![2]]),
        Answer::Session(vec![1]),
        Answer::Submitted { receipt: Some(vec![1]), refused: vec![(2, "too large".into())] },
        Answer::Live { message: vec![] },
        Answer::Reconcile(vec![]),
        Answer::Records { parcels: vec![parcel], operations: vec![vec![4]] },
        Answer::Refused(Refusal::Busy),
    ] {
        assert_eq!(Answer::read(&answer.to_bytes()), Ok(answer));
    }
}
