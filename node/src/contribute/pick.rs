//! Which of the items found are meant: `all`, or numbers and ranges such as `1,4-7`.

use std::collections::BTreeSet;
use std::str::FromStr;

/// A choice among items counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Every item.
    All,
    /// These.
    Some(BTreeSet<usize>),
}

/// Text that chooses nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected \"all\", \"none\" or numbers and ranges such as 1,4-7; found {0:?}")]
pub struct PickError(String);

/// Ranges may not be longer than this.
const MOST: usize = 10_000_000;

impl Pick {
    /// Whether item `number`, counted from 1, is meant.
    pub fn takes(&self, number: usize) -> bool {
        match self {
            Pick::All => true,
            Pick::Some(numbers) => numbers.contains(&number),
        }
    }

    /// The highest number that is named.
    pub fn last(&self) -> Option<usize> {
        match self {
            Pick::All => None,
            Pick::Some(numbers) => numbers.last().copied(),
        }
    }
}

impl FromStr for Pick {
    type Err = PickError;

    fn from_str(text: &str) -> Result<Self, PickError> {
        let wrong = || PickError(text.to_owned());
        match text.trim() {
            "all" | "a" | "*" => return Ok(Pick::All),
            "none" | "n" => return Ok(Pick::Some(BTreeSet::new())),
            _ => {}
        }
        let mut numbers = BTreeSet::new();
        for part in text.split(',').map(str::trim) {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let from: usize = from.trim().parse().map_err(|_| wrong())?;
            let to: usize = to.trim().parse().map_err(|_| wrong())?;
            if from == 0 || from > to || to - from > MOST {
                return Err(wrong());
            }
            numbers.extend(from..=to);
        }
        Ok(Pick::Some(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_read_and_nonsense_is_not() {
        let pick: Pick = "1, 4-6".parse().unwrap();
        let taken: Vec<_> = (1..9).filter(|n| pick.takes(*n)).collect();
        assert_eq!(taken, [1, 4, 5, 6]);
        assert_eq!("all".parse(), Ok(Pick::All));
        assert!(!"none".parse::<Pick>().unwrap().takes(1));
        for wrong in ["", "0", "6-4", "1,,2", "x", "1-99999999999"] {
            assert!(wrong.parse::<Pick>().is_err(), "{wrong}");
        }
    }
}
