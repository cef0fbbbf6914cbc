use super::run::{AT_ONCE, ENTRY};
use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// A table, and beside it what it should hold.
struct Model {
    dir: TempDir,
    numbers: Vec<u64>,
    table: Table,
    holders: BTreeMap<u64, BTreeSet<u64>>,
    of: BTreeMap<u64, Vec<u64>>,
}

impl Model {
    fn new() -> Model {
        let dir = tempfile::tempdir().unwrap();
        let table = Table::open(dir.path(), &[]).unwrap();
        Model { dir, numbers: Vec::new(), table, holders: BTreeMap::new(), of: BTreeMap::new() }
    }

    fn reopen(&mut self) {
        self.table = Table::open(self.dir.path(), &self.numbers).unwrap();
    }

    fn next(&self) -> u64 {
        self.numbers.iter().max().map_or(0, |last| last + 1)
    }

    fn put(&mut self, records: &[(u64, Vec<u64>)]) {
        let number = self.next();
        let entries = records.iter().flat_map(|(order, prints)| {
            prints.iter().map(|print| Entry { print: *print, order: *order }).collect::<Vec<_>>()
        });
        put(self.dir.path(), number, entries.collect()).unwrap();
        self.numbers.push(number);
        for (order, prints) in records {
            prints.iter().for_each(|print| assert!(self.holders.entry(*print).or_default().insert(*order)));
            self.of.insert(*order, prints.clone());
        }
        self.reopen();
    }

    fn erase(&mut self, orders: &[u64], known: bool) {
        let gone = orders.iter().map(|order| Gone { order: *order, prints: known.then(|| self.of[order].clone()) });
        let empty = self.table.erase(&gone.collect::<Vec<_>>()).unwrap();
        self.numbers.retain(|number| !empty.contains(number));
        empty.iter().for_each(|number| fs::remove_file(self.path(*number)).unwrap());
        for order in orders {
            for print in self.of.remove(order).unwrap() {
                self.holders.get_mut(&print).unwrap().remove(order);
            }
        }
        self.reopen();
    }

    fn merge(&mut self, from: &[u64]) {
        let into = self.next();
        assert!(merge(self.dir.path(), from, into, &AtomicBool::new(false)).unwrap());
        from.iter().for_each(|number| fs::remove_file(self.path(*number)).unwrap());
        self.numbers.retain(|number| !from.contains(number));
        self.numbers.push(into);
        self.reopen();
        let (mut entries, mut last) = (Vec::new(), None);
        each(&self.path(into), &mut |entry| entries.push(entry)).unwrap();
        assert!(entries.into_iter().all(|entry| last.replace(entry).is_none_or(|last| last < entry)), "each once");
    }

    fn path(&self, number: u64) -> std::path::PathBuf {
        self.dir.path().join(file_name(number))
    }

    /// Every entry in the folder, copies too.
    fn entries(&self) -> Vec<Entry> {
        let mut all = Vec::new();
        for file in fs::read_dir(self.dir.path()).unwrap() {
            each(&file.unwrap().path(), &mut |entry| all.push(entry)).unwrap();
        }
        all
    }

    fn check(&self, most: usize) {
        let some = self.holders.keys().copied().step_by(1 + self.holders.len() / 200);
        let common = self.holders.iter().filter(|(_, all)| all.len() > 200).map(|(print, _)| *print);
        for print in some.chain(common).chain([0, 1, u64::MAX, 1 << PRINT_BITS, (1 << PRINT_BITS) - 1]) {
            let all = self.holders.get(&print).cloned().unwrap_or_default();
            let found = self.table.holders(print, most).unwrap();
            let first: Vec<_> = all.iter().copied().take(most).collect();
            assert_eq!(found.orders, first, "the first {most} of {print:x}");
            let (least, exact) = (all.len() as u64, all.len() as u64 <= AT_ONCE / 2);
            assert!(if exact { found.all == least } else { found.all >= least }, "{} of {least}", found.all);
        }
        let mut held = self.entries();
        held.sort_unstable();
        held.dedup();
        let expected = self.holders.iter();
        let expected = expected.flat_map(|(print, all)| all.iter().map(|order| Entry { print: *print, order: *order }));
        assert!(held.into_iter().eq(expected), "nothing else is in the folder");
    }
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % end
    }

    /// Few that very many have, some that are alike in their first bits, and many that nobody else has.
    fn print(&mut self) -> u64 {
        match self.below(4) {
            0 => [0, 7, (1 << PRINT_BITS) - 1][self.below(3) as usize],
            1 => 0xab_cd00_0000 + self.below(4_000),
            _ => (self.below(1 << 20) << 20) | self.below(1 << 20),
        }
    }

    fn records(&mut self, records: u64, prints: u64) -> Vec<(u64, Vec<u64>)> {
        let one = |random: &mut Random| {
            let prints: BTreeSet<_> = (0..random.below(prints + 1)).map(|_| random.print()).collect();
            (random.below(1 << 31) << 31 | random.below(1 << 31), prints.into_iter().collect())
        };
        (0..records).map(|_| one(self)).collect()
    }
}

#[test]
fn a_table_names_who_holds_a_fingerprint_and_nothing_else_whatever_was_added_erased_and_merged() {
    for seed in 0..4 {
        let (mut model, mut random) = (Model::new(), Random(seed));
        for round in 0..24 {
            match random.below(6) {
                0..=2 => {
                    let (records, prints) = [(3, 12), (40, 12), (1_500, 4)][(round + seed as usize) % 3];
                    let records = random.records(records, prints);
                    model.put(&records);
                }
                3 => {
                    let share = [2, 20, 200, 400][random.below(4) as usize];
                    let known = share > 20 || random.below(4) == 0;
                    let gone: Vec<_> = model.of.keys().copied().filter(|_| random.below(share) == 0).collect();
                    model.erase(&gone, known);
                }
                4 => {
                    while let Some(from) = model.table.to_merge() {
                        model.merge(&from);
                    }
                }
                _ => {
                    let (from, into) = (model.numbers.clone(), model.next());
                    assert!(from.is_empty() || !merge(model.dir.path(), &from, into, &AtomicBool::new(true)).unwrap());
                    assert!(!model.path(into).exists(), "a merge that gives up leaves nothing");
                }
            }
            model.check([1, 64, 3_000][round % 3]);
        }
        let all: Vec<_> = model.of.keys().copied().collect();
        model.erase(&all, true);
        assert_eq!(model.numbers.iter().map(|number| fs::metadata(model.path(*number)).unwrap().len()).max(), None);
    }
}

#[test]
fn what_was_erased_is_in_no_byte_of_a_run_and_copies_of_the_one_beside_it_go_with_that() {
    let mut model = Model::new();
    let order = |number: u64| 0x1122_3344_5566_0000 + number;
    // Far apart, so that the directory leads elsewhere for each.
    let prints = |number: u64| vec![0x7e_0000_0000 + number * 0x1_0000_0000, 0x01_0203_0000 + number];
    let records: Vec<_> = (0..100).map(|number| (order(number), prints(number))).collect();
    model.put(&records);
    let size = fs::metadata(model.path(0)).unwrap().len();
    for first in [40, 70, 10] {
        for number in (first..first + 10).rev().chain([first + 10, first + 20, first + 15]) {
            model.erase(&[order(number)], true);
            model.check(64);
            let bytes = fs::read(model.path(0)).unwrap();
            assert_eq!(bytes.len() as u64, size);
            for print in prints(number) {
                let entry = Entry { print, order: order(number) }.to_bytes();
                for part in [&entry[..5], &entry[5..]] {
                    assert!(!bytes.windows(part.len()).any(|window| window == part), "{number}");
                }
            }
        }
    }
}

#[test]
fn copies_that_stand_where_the_directory_leads_for_others_go_with_what_they_are_copies_of() {
    let (low, high) = (0..2_000, 2_000..4_000);
    let print = |order: u64| if order < 2_000 { order } else { (1 << (PRINT_BITS - 1)) + order };
    for (gone, beside) in [(low.clone(), 2_000), (high, 1_999)] {
        let mut model = Model::new();
        model.put(&(0..4_000).map(|order| (order, vec![print(order)])).collect::<Vec<_>>());
        model.erase(&gone.collect::<Vec<_>>(), false);
        model.erase(&[beside], true);
        model.check(64);
    }
}

#[test]
fn of_very_many_that_hold_a_fingerprint_the_first_are_named_though_as_many_were_erased_before_them() {
    let mut model = Model::new();
    let all: Vec<_> = (0..3_000).map(|order| (order, vec![7])).collect();
    model.put(&all);
    model.erase(&(1..1_500).collect::<Vec<_>>(), false);
    let found = model.table.holders(7, 3).unwrap();
    assert_eq!(found, Found { orders: vec![0, 1_500, 1_501], all: 3_000 }, "those that were erased are counted");
    assert!(model.table.holders(7, 0).unwrap().orders.is_empty());
    model.merge(&[0]);
    assert_eq!(model.table.holders(7, 3).unwrap().all, 1_501, "until the run is written again");
    model.erase(&(1_500..2_500).collect::<Vec<_>>(), false);
    assert_eq!(model.table.holders(7, 3).unwrap(), Found { orders: vec![0, 2_500, 2_501], all: 1_501 });
    model.erase(&(2_500..2_990).collect::<Vec<_>>(), false);
    model.merge(&[1]);
    assert_eq!(model.table.holders(7, 0).unwrap(), Found { orders: vec![], all: 11 });
}

#[test]
fn a_record_whose_entries_are_not_where_they_should_be_is_looked_for_everywhere() {
    let mut model = Model::new();
    model.put(&[(5, vec![10, 20, 30]), (6, vec![10])]);
    // As if its text had been another, by which it is not found.
    let empty = model.table.erase(&[Gone { order: 5, prints: Some(vec![10, 11]) }]).unwrap();
    assert!(empty.is_empty());
    assert_eq!(model.entries(), [Entry { print: 10, order: 6 }; 4]);
}

#[test]
fn runs_stay_few_and_each_entry_is_written_a_few_times_whatever_slices_come() {
    for sizes in [&[8][..], &[1, 8, 2, 64, 64, 1, 8, 8, 64]] {
        let (mut model, mut put, mut written) = (Model::new(), 0, 0);
        for (slice, size) in (0..300).zip(sizes.iter().cycle()) {
            model.put(&[(slice, (put..put + size).collect())]);
            put += size;
            written += size;
            while let Some(from) = model.table.to_merge() {
                model.merge(&from);
                written += Run::open(&model.path(*model.numbers.last().unwrap()), 0).unwrap().entries();
            }
            assert!(model.numbers.len() as u32 <= put.ilog(APART + 1) + 1, "{:?}", model.numbers);
        }
        assert!(written < 10 * put, "{written} for {put}");
        assert_eq!(model.entries().len() as u64, put, "each once");
        model.check(64);
    }
    let mut model = Model::new();
    model.put(&[(1, vec![1, 2, 3, 4])]);
    model.put(&[(2, vec![])]);
    model.put(&[(3, vec![])]);
    assert_eq!(model.table.to_merge(), Some(vec![1, 2, 0]), "runs without an entry do not stay");
}

#[test]
fn a_run_that_is_not_as_it_was_written_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(file_name(0));
    put(dir.path(), 0, (0..1_000).map(|print| Entry { print: print << 30, order: print }).collect()).unwrap();
    let whole = fs::read(&path).unwrap();
    let last = whole.len() - ENTRY;
    let harms: [(&str, Vec<u8>); 5] = [
        ("it is cut off", whole[..last].to_vec()),
        ("it is longer", [&whole[..], &[0; ENTRY]].concat()),
        ("it is none", [b"another", &whole[7..]].concat()),
        ("its directory is too large", [&whole[..7], &[41], &whole[8..]].concat()),
        ("it is empty", Vec::new()),
    ];
    for (harm, bytes) in harms {
        fs::write(&path, bytes).unwrap();
        assert!(Table::open(dir.path(), &[0]).is_err(), "{harm}");
    }
    let swapped = [&whole[..last - ENTRY], &whole[last..], &whole[last - ENTRY..last]].concat();
    fs::write(&path, swapped).unwrap();
    let error = merge(dir.path(), &[0], 1, &AtomicBool::new(false)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData, "entries are not in order");
    // The first place but one leads past the end.
    let mut astray = whole.clone();
    astray[8 + 8..8 + 16].copy_from_slice(&u64::MAX.to_be_bytes());
    fs::write(&path, astray).unwrap();
    assert!(Table::open(dir.path(), &[0]).unwrap().holders(0, 64).is_err());
}
