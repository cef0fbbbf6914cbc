//! Counts of how many rows have each of many values, in bounded memory and in whatever order the rows come.

use std::collections::BTreeMap;

/// How much room a value takes in [`Counts`].
pub trait Weight {
    /// In bytes, as text.
    fn bytes(&self) -> usize;
}

impl Weight for String {
    fn bytes(&self) -> usize {
        self.len()
    }
}

/// What each value costs besides its text.
const EACH: usize = 16;

/// How many rows have each value: the first values in their order, as many as fit into a number of bytes. What does
/// not fit is counted together.
///
/// Invariant: `values` are the longest beginning of all values seen, in order, whose weights together are at most
/// `most`. So the result does not depend on the order in which rows come: a value that has once been put out is
/// never taken in again, since those before it only grow in number.
#[derive(Clone, Debug)]
pub struct Counts<K> {
    values: BTreeMap<K, u64>,
    weight: usize,
    most: usize,
    /// The first value that was put out. No value from it on is taken.
    end: Option<K>,
    others: u64,
}

impl<K: Ord + Weight> Counts<K> {
    /// No rows yet; values of so many bytes in all may be kept.
    pub fn within(most: usize) -> Self {
        Counts { values: BTreeMap::new(), weight: 0, most, end: None, others: 0 }
    }

    /// Counts a row with this value.
    pub fn add(&mut self, value: K) {
        if let Some(rows) = self.values.get_mut(&value) {
            *rows += 1;
            return;
        }
        if self.end.as_ref().is_some_and(|end| value >= *end) {
            self.others += 1;
            return;
        }
        self.weight += value.bytes() + EACH;
        self.values.insert(value, 1);
        while self.weight > self.most
            && let Some((last, rows)) = self.values.pop_last()
        {
            self.weight -= last.bytes() + EACH;
            self.others += rows;
            self.end = Some(last);
        }
    }

    /// Counts a row with this value, which is copied only when it is not known.
    pub fn count(&mut self, value: &K)
    where
        K: Clone,
    {
        match self.values.get_mut(value) {
            Some(rows) => *rows += 1,
            None => self.add(value.clone()),
        }
    }

    /// The values with how many rows have each, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, u64)> {
        self.values.iter().map(|(value, rows)| (value, *rows))
    }

    /// How many times a value was seen for which there was no room.
    pub fn others(&self) -> u64 {
        self.others
    }
}

impl Counts<String> {
    /// Counts a row with this text, without copying one that is known.
    pub fn see(&mut self, text: &str) {
        match self.values.get_mut(text) {
            Some(rows) => *rows += 1,
            None => self.add(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_do_not_depend_on_the_order_and_are_exact_for_what_is_kept(
            (texts, shuffled) in prop::collection::vec("[a-f]{0,9}", 0..60)
                .prop_flat_map(|texts| (Just(texts.clone()), Just(texts).prop_shuffle())),
            most in 0usize..300,
        ) {
            let of = |texts: &[String]| {
                let mut counts = Counts::within(most);
                for (at, text) in texts.iter().enumerate() {
                    if at % 2 == 0 { counts.see(text) } else { counts.count(text) }
                    assert!(counts.weight <= most, "bounded at every moment");
                }
                counts
            };
            let (one, two) = (of(&texts), of(&shuffled));
            prop_assert!(one.iter().eq(two.iter()));
            prop_assert_eq!(one.others(), two.others());
            for (text, rows) in one.iter() {
                prop_assert_eq!(texts.iter().filter(|one| *one == text).count() as u64, rows);
            }
            let kept: u64 = one.iter().map(|(_, rows)| rows).sum();
            prop_assert_eq!(kept + one.others(), texts.len() as u64);
        }
    }

    #[test]
    fn what_was_put_out_stays_out_even_when_something_shorter_would_fit() {
        let mut counts = Counts::within(3 * EACH);
        for text in ["bbbbbbbbbbbbbbbb", "aaaaaaaaaaaaaaaa", "c"] {
            counts.see(text);
        }
        assert_eq!(counts.iter().map(|(text, _)| &text[..]).collect::<Vec<_>>(), ["aaaaaaaaaaaaaaaa"]);
        assert_eq!(counts.others(), 2);
    }
}
