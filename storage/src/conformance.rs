//! What every engine promises, as one suite: `run(|derive| Engine::new(derive))`.

use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::ledger::{Batch, Blocks, Derive, IndexEntry, Shelf, Store};
use commonwheel_protocol::limits::FRAME_BYTES;

/// Entries for tests: each line `key=value` of a block is one; other lines give none.
pub fn derive(_shelf: Shelf, _cid: &Cid, block: &[u8]) -> Vec<IndexEntry> {
    let lines = block.split(|byte| *byte == b'\n');
    let pairs = lines.filter_map(|line| {
        let at = line.iter().position(|byte| *byte == b'=')?;
        Some(IndexEntry { key: line[..at].to_vec(), value: line[at + 1..].to_vec() })
    });
    pairs.collect()
}

/// Puts an engine through every promise of [`Store`]. `make` gives an empty one each time.
///
/// # Panics
/// When the engine breaks a promise.
pub fn run<S: Store>(make: impl Fn(Derive) -> S) {
    a_put_block_is_held_on_its_shelf_alone(make(derive));
    a_block_put_twice_is_held_once(make(derive));
    a_mismatch_is_refused_and_nothing_is_written(make(derive));
    blocks_up_to_the_limit_are_taken(make(derive));
    scans_keep_order_prefix_after_and_limit(make(derive));
    an_erased_block_is_gone_from_that_shelf_with_its_entries(make(derive));
    a_block_erased_in_the_batch_that_puts_it_is_gone(make(derive));
    an_erased_block_can_be_put_again(make(derive));
    blocks_of_zeros_and_of_nothing_are_blocks_like_others(make(derive));
    where_two_blocks_contribute_one_key_the_first_is_seen(make(derive));
    a_large_batch_is_whole(make(derive));
    several_blocks_are_read_in_the_order_that_is_asked_for(make(derive));
}

fn a_put_block_is_held_on_its_shelf_alone(mut store: impl Store) {
    let cid = put(&mut store, Shelf::Waiting, b"a=1");
    assert_eq!(block(&store, Shelf::Waiting, &cid).as_deref(), Some(&b"a=1"[..]));
    assert!(holds(&store, Shelf::Waiting, &cid));
    for other in [Shelf::Certified, Shelf::Live] {
        assert_eq!(block(&store, other, &cid), None);
        assert!(!holds(&store, other, &cid));
    }
    assert_eq!(value(&store, b"a").as_deref(), Some(&b"1"[..]));
    assert_eq!(value(&store, b"b"), None);
}

fn a_block_put_twice_is_held_once(mut store: impl Store) {
    let cid = id(b"a=1");
    let mut batch = Batch::default();
    batch.put(Shelf::Live, cid, b"a=1".to_vec());
    batch.put(Shelf::Live, cid, b"a=1".to_vec());
    commit(&mut store, &batch);
    commit(&mut store, &batch);
    erase(&mut store, Shelf::Live, &cid);
    assert!(!holds(&store, Shelf::Live, &cid));
    assert_eq!(value(&store, b"a"), None);
}

fn a_mismatch_is_refused_and_nothing_is_written(mut store: impl Store) {
    let held = put(&mut store, Shelf::Certified, b"h=1");
    let mut batch = Batch::default();
    batch.put(Shelf::Certified, id(b"a=1"), b"a=1".to_vec());
    batch.put(Shelf::Certified, id(b"b=1"), b"b=2".to_vec());
    batch.erase(Shelf::Certified, held);
    assert!(store.commit(&batch).is_err(), "other bytes under an id");
    assert!(!holds(&store, Shelf::Certified, &id(b"a=1")));
    assert_eq!(value(&store, b"a"), None);
    assert!(holds(&store, Shelf::Certified, &held), "the erasure of a refused batch is not done");
    put(&mut store, Shelf::Certified, b"c=1");
}

fn blocks_up_to_the_limit_are_taken(mut store: impl Store) {
    let largest = vec![b'x'; FRAME_BYTES - Cid::LEN];
    let cid = put(&mut store, Shelf::Live, &largest);
    assert_eq!(block(&store, Shelf::Live, &cid), Some(largest));
    let larger = vec![b'x'; FRAME_BYTES - Cid::LEN + 1];
    let mut batch = Batch::default();
    batch.put(Shelf::Live, id(&larger), larger.clone());
    assert!(store.commit(&batch).is_err(), "one byte more than the limit");
    assert!(!holds(&store, Shelf::Live, &id(&larger)));
}

fn scans_keep_order_prefix_after_and_limit(mut store: impl Store) {
    let keys: [&[u8]; 8] = [b"a", b"a\0", b"a\0\0", b"a\0\x01", b"a\x01", b"ab", b"b", b"\xff\xff"];
    for key in keys.iter().rev() {
        put(&mut store, Shelf::Live, &[key, &b"=1"[..]].concat());
    }
    let scan = |prefix: &[u8], after: Option<&[u8]>, limit| -> Vec<Vec<u8>> {
        let found = store.scan(prefix, after, limit).expect("scan");
        found.into_iter().map(|entry| entry.key).collect()
    };
    assert_eq!(scan(b"", None, 100), keys);
    assert_eq!(scan(b"a", None, 100), keys[..6]);
    assert_eq!(scan(b"a\0", None, 100), keys[1..4]);
    assert_eq!(scan(b"\xff", None, 100), keys[7..]);
    assert_eq!(scan(b"a", None, 2), keys[..2]);
    assert_eq!(scan(b"a", None, 0), [b""; 0]);
    assert_eq!(scan(b"c", None, 100), [b""; 0]);
    for (at, key) in keys[..6].iter().enumerate() {
        assert_eq!(scan(b"a", Some(key), 100), keys[at + 1..6], "after {key:?}");
    }
    assert_eq!(scan(b"a", Some(b"a\0\0\0"), 100), keys[3..6], "after a key that is not there");
    assert_eq!(scan(b"b", Some(b"a"), 100), keys[6..7], "after a key before the prefix");
    assert_eq!(scan(b"a", Some(b"b"), 100), [b""; 0], "after a key behind the prefix");
}

fn an_erased_block_is_gone_from_that_shelf_with_its_entries(mut store: impl Store) {
    let kept = put(&mut store, Shelf::Waiting, b"kept=1");
    let cid = put(&mut store, Shelf::Waiting, b"a=1\nb=2\n\0=3");
    put(&mut store, Shelf::Live, b"a=1\nb=2\n\0=3");
    erase(&mut store, Shelf::Waiting, &cid);
    assert_eq!(block(&store, Shelf::Waiting, &cid), None);
    assert!(!holds(&store, Shelf::Waiting, &cid));
    assert!(holds(&store, Shelf::Live, &cid), "the copy on another shelf stays");
    assert!(holds(&store, Shelf::Waiting, &kept));
    assert_eq!(value(&store, b"a").as_deref(), Some(&b"1"[..]), "and so do its entries");
    erase(&mut store, Shelf::Live, &cid);
    let left = store.scan(b"", None, 100).expect("scan");
    assert_eq!(left, [IndexEntry { key: b"kept".to_vec(), value: b"1".to_vec() }]);
    erase(&mut store, Shelf::Live, &cid);
}

fn a_block_erased_in_the_batch_that_puts_it_is_gone(mut store: impl Store) {
    let mut batch = Batch::default();
    batch.erase(Shelf::Live, id(b"a=1"));
    batch.put(Shelf::Live, id(b"a=1"), b"a=1".to_vec());
    commit(&mut store, &batch);
    assert!(!holds(&store, Shelf::Live, &id(b"a=1")));
    assert_eq!(value(&store, b"a"), None);
}

fn an_erased_block_can_be_put_again(mut store: impl Store) {
    for _ in 0..3 {
        let cid = put(&mut store, Shelf::Waiting, b"a=1");
        assert_eq!(block(&store, Shelf::Waiting, &cid).as_deref(), Some(&b"a=1"[..]));
        assert_eq!(value(&store, b"a").as_deref(), Some(&b"1"[..]));
        erase(&mut store, Shelf::Waiting, &cid);
        assert_eq!(block(&store, Shelf::Waiting, &cid), None);
        assert_eq!(value(&store, b"a"), None);
    }
}

fn blocks_of_zeros_and_of_nothing_are_blocks_like_others(mut store: impl Store) {
    for zeros in [&b""[..], b"\0\0\0"] {
        let cid = put(&mut store, Shelf::Live, zeros);
        assert_eq!(block(&store, Shelf::Live, &cid).as_deref(), Some(zeros));
        erase(&mut store, Shelf::Live, &cid);
        assert!(!holds(&store, Shelf::Live, &cid));
        put(&mut store, Shelf::Live, zeros);
        assert_eq!(block(&store, Shelf::Live, &cid).as_deref(), Some(zeros));
    }
}

fn where_two_blocks_contribute_one_key_the_first_is_seen(mut store: impl Store) {
    let live = put(&mut store, Shelf::Live, b"a=live");
    let certified = put(&mut store, Shelf::Certified, b"a=certified");
    let waiting = put(&mut store, Shelf::Waiting, b"a=waiting");
    assert_eq!(value(&store, b"a").as_deref(), Some(&b"certified"[..]));
    assert_eq!(store.scan(b"a", None, 100).expect("scan").len(), 1, "one entry for one key");
    erase(&mut store, Shelf::Certified, &certified);
    assert_eq!(value(&store, b"a").as_deref(), Some(&b"waiting"[..]));
    erase(&mut store, Shelf::Waiting, &waiting);
    assert_eq!(value(&store, b"a").as_deref(), Some(&b"live"[..]));
    erase(&mut store, Shelf::Live, &live);
    assert_eq!(value(&store, b"a"), None);
}

fn a_large_batch_is_whole(mut store: impl Store) {
    let blocks: Vec<Vec<u8>> = (0..250).map(|n| format!("key{n:03}=1").into_bytes()).collect();
    let mut batch = Batch::default();
    for (n, block) in blocks.iter().enumerate() {
        batch.put(Shelf::ALL[n % 3], id(block), block.clone());
    }
    commit(&mut store, &batch);
    assert_eq!(store.scan(b"key", None, 1000).expect("scan").len(), 250);
    let erasures = batch.puts.iter().map(|(shelf, cid, _)| (*shelf, *cid)).collect();
    commit(&mut store, &Batch { puts: vec![], erasures });
    assert_eq!(store.scan(b"key", None, 1000).expect("scan").len(), 0);
}

fn several_blocks_are_read_in_the_order_that_is_asked_for<S: Store>(mut store: S) {
    let long = vec![b'x'; 9_000];
    let all = [&b"a=1"[..], &long, b"\0\0", b"b=1", b""].map(<[u8]>::to_vec);
    let mut batch = Batch::default();
    all.iter().for_each(|block| batch.put(Shelf::Certified, id(block), block.clone()));
    commit(&mut store, &batch);
    let mut again = Blocks::default();
    let mut read = |store: &S, order: &[usize]| {
        let cids: Vec<_> = order.iter().map(|at| id(&all[*at])).collect();
        let found = store.read_blocks(Shelf::Certified, &cids).expect("read blocks");
        store.read_into(Shelf::Certified, &cids, &mut again).expect("read blocks into the memory of others");
        assert!(again.to_vecs() == found, "{order:?}");
        found
    };
    let orders: [&[usize]; 6] = [&[], &[0, 1, 2, 3, 4], &[4, 3, 2, 1, 0], &[1, 0, 3], &[3, 3, 0, 0], &[2, 4]];
    for order in orders {
        let expected: Vec<_> = order.iter().map(|at| Some(all[*at].clone())).collect();
        assert!(read(&store, order) == expected, "{order:?}");
    }
    erase(&mut store, Shelf::Certified, &id(&long));
    erase(&mut store, Shelf::Certified, &id(b"\0\0"));
    assert_eq!(read(&store, &[0, 1, 2, 3]), [Some(all[0].clone()), None, None, Some(all[3].clone())]);
}

fn id(block: &[u8]) -> Cid {
    Cid::of(Codec::Raw, block)
}

fn put(store: &mut impl Store, shelf: Shelf, block: &[u8]) -> Cid {
    let mut batch = Batch::default();
    batch.put(shelf, id(block), block.to_vec());
    commit(store, &batch);
    id(block)
}

fn erase(store: &mut impl Store, shelf: Shelf, cid: &Cid) {
    let mut batch = Batch::default();
    batch.erase(shelf, *cid);
    commit(store, &batch);
}

fn commit(store: &mut impl Store, batch: &Batch) {
    store.commit(batch).expect("commit");
}

fn block(store: &impl Store, shelf: Shelf, cid: &Cid) -> Option<Vec<u8>> {
    store.block(shelf, cid).expect("read a block")
}

fn holds(store: &impl Store, shelf: Shelf, cid: &Cid) -> bool {
    store.holds(shelf, cid).expect("ask for a block")
}

fn value(store: &impl Store, key: &[u8]) -> Option<Vec<u8>> {
    store.value(key).expect("read a value")
}
