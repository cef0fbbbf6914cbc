//! Which rules are tried at a run of digits: by how many there are and what stands beside them.

use super::scan::{Start, Wanted};
use regex_automata::Anchored;
use regex_automata::hybrid::dfa::DFA;
use regex_automata::util::start::Config;
use std::ops::Range;

/// Rules that may begin at digits.
pub(super) const DIGIT_RULES: usize = 64;
/// Numbers with at least so many digits, but one, are alike.
const DIGIT_COUNTS: usize = 32;
/// How far apart digits of one number stand at most, as in "1) (2".
const GAP_BYTES: usize = 3;

/// What stands between digits of one number.
const SEPARATES: [bool; 256] = {
    let mut table = [false; 256];
    let signs = b" .-/()+,~";
    let mut index = 0;
    while index < signs.len() {
        table[signs[index] as usize] = true;
        index += 1;
    }
    table
};

/// The rules that begin at digits: sets of them by what the digits and the bytes beside them allow.
#[derive(Clone, Debug)]
pub(super) struct ByDigits {
    /// The rules, each with its bit in the sets below.
    rules: Vec<usize>,
    /// By how many digits the number has, and the most for all that have more.
    enough: [u64; DIGIT_COUNTS],
    /// By the byte before and after the run; at the ends of the text that is a zero.
    before: [u64; 256],
    after: [u64; 256],
    /// By the length of the run, and the most for all that are longer: where nothing comes behind a
    /// separator, and where other digits do.
    runs: [[u64; DIGIT_COUNTS]; 2],
    /// Those that may find something deep within letters and digits.
    deep: u64,
}

impl ByDigits {
    pub(super) fn new<'a>(rules: impl Iterator<Item = Wanted<'a>>) -> Self {
        let mut by = ByDigits {
            rules: vec![],
            enough: [0; DIGIT_COUNTS],
            before: [0; 256],
            after: [0; 256],
            runs: [[0; DIGIT_COUNTS]; 2],
            deep: 0,
        };
        let wanted = rules.enumerate().filter(|(_, rule)| rule.starts.contains(&Start::Digits));
        for (bit, (index, rule)) in wanted.enumerate() {
            let allow = |sets: &mut [u64], allows: &dyn Fn(usize) -> bool| {
                let sets = sets.iter_mut().enumerate().filter(|(place, _)| allows(*place));
                sets.for_each(|(_, set)| *set |= 1 << bit);
            };
            allow(&mut by.enough, &|digits| digits >= rule.digits.min(DIGIT_COUNTS - 1));
            allow(&mut by.before, &|byte| {
                let listed = rule.before.is_empty() || is_listed(rule.before, byte as u8);
                listed && rule.validator.may_follow(byte as u8)
            });
            let pattern = Beginning::of(rule.pattern);
            allow(&mut by.after, &|byte| {
                let listed = rule.after.is_empty() || is_listed(rule.after, byte as u8);
                listed && pattern.as_ref().is_none_or(|pattern| pattern.after[byte])
            });
            for (more, runs) in by.runs.iter_mut().enumerate() {
                let fits = |digits: usize| pattern.as_ref().is_none_or(|pattern| pattern.runs[digits]);
                allow(runs, &|digits| rule.validator.may_begin(digits, more == 1) && fits(digits));
            }
            by.deep |= u64::from(rule.validator.may_stand_deep()) << bit;
            by.rules.push(index);
        }
        by
    }

    /// Calls `rule` with each rule that is worth trying at the digits that begin at `at`, and the run of
    /// them. `deep`: they stand behind [`DEEP`](super::validate::DEEP) letters and digits.
    pub(super) fn each(
        &self,
        bytes: &[u8],
        at: usize,
        deep: bool,
        number: &mut Number,
        mut rule: impl FnMut(usize, Range<usize>),
    ) {
        let byte = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default());
        let run = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let here = self.before[byte(at.wrapping_sub(1))] & if deep { self.deep } else { u64::MAX };
        let after = byte(at + run);
        let more = matches!(after as u8, b' ' | b'-' | b'.' | b'/' | b'+' | b':')
            && (byte(at + run + 1) as u8).is_ascii_digit();
        let beside = here & self.after[after];
        let mut left = beside & self.runs[usize::from(more)][run.min(DIGIT_COUNTS - 1)];
        if left == 0 {
            return number.pass(at, run);
        }
        if left & !self.enough[run.min(DIGIT_COUNTS - 1)] == 0 {
            // This run is enough for all of them.
            number.pass(at, run);
        } else {
            left &= self.enough[number.left(bytes, at, run).min(DIGIT_COUNTS - 1)];
        }
        while left != 0 {
            rule(self.rules[left.trailing_zeros() as usize], at..at + run);
            left &= left - 1;
        }
    }
}

/// How a pattern that begins with digits can go on.
struct Beginning {
    /// How many digits there can be.
    runs: [bool; DIGIT_COUNTS],
    /// Which byte can follow them; 0 at the end of the text.
    after: [bool; 256],
}

impl Beginning {
    /// None when a pattern does not say.
    fn of(pattern: &str) -> Option<Beginning> {
        let dfa =
            DFA::new(pattern).ok().filter(|dfa| !pattern.is_empty() && dfa.get_nfa().look_set_any().is_empty())?;
        let mut cache = dfa.create_cache();
        let mut state = dfa.start_state(&mut cache, &Config::new().anchored(Anchored::Yes)).ok()?;
        let mut beginning = Beginning { runs: [false; DIGIT_COUNTS], after: [false; 256] };
        for digits in 1..DIGIT_COUNTS {
            let next = dfa.next_state(&mut cache, state, b'0').ok()?;
            // Where a match may end within the digits, or some digit leads elsewhere, anything may follow.
            for digit in b'1'..=b'9' {
                (dfa.next_state(&mut cache, state, digit).ok()? == next).then_some(())?;
            }
            (!next.is_match()).then_some(())?;
            if next.is_dead() {
                return Some(beginning);
            }
            state = next;
            for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                if !dfa.next_state(&mut cache, state, byte).ok()?.is_dead() {
                    (beginning.runs[digits], beginning.after[usize::from(byte)]) = (true, true);
                }
            }
            if dfa.next_eoi_state(&mut cache, state).ok()?.is_match() {
                (beginning.runs[digits], beginning.after[0]) = (true, true);
            }
        }
        None
    }
}

/// Whether a list of bytes such as "a-z°-" holds this one: a hyphen between two is a range.
fn is_listed(list: &str, byte: u8) -> bool {
    let mut rest = list.as_bytes();
    while let [first, more @ ..] = rest {
        let (range, next) = match more {
            [b'-', last, next @ ..] => (*first..=*last, next),
            _ => (*first..=*first, more),
        };
        if range.contains(&byte) {
            return true;
        }
        rest = next;
    }
    false
}

/// The number that digits belong to: runs of digits with little between them.
#[derive(Default)]
pub(super) struct Number {
    end: usize,
    digits: usize,
}

impl Number {
    /// How many digits the number has from the run of `run` digits at `at` on.
    fn left(&mut self, bytes: &[u8], at: usize, run: usize) -> usize {
        if at >= self.end {
            (self.end, self.digits) = (at + run, run);
            let (mut next, mut gap) = (at + run, 0);
            while let Some(byte) = bytes.get(next) {
                next += 1;
                if byte.is_ascii_digit() {
                    (self.end, self.digits, gap) = (next, self.digits + 1, 0);
                } else if gap < GAP_BYTES && SEPARATES[usize::from(*byte)] {
                    gap += 1;
                } else {
                    break;
                }
            }
        }
        let left = self.digits;
        self.digits -= run;
        left
    }

    /// Goes on behind a run at which nothing is tried.
    fn pass(&mut self, at: usize, run: usize) {
        if at < self.end {
            self.digits -= run;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_says_how_many_digits_it_wants_and_what_follows() {
        let beginning = Beginning::of("[0-9]{3,4}:x|[0-9]{2}(?:/|-)").expect("it says so");
        let runs: Vec<usize> = (0..DIGIT_COUNTS).filter(|digits| beginning.runs[*digits]).collect();
        let after: Vec<usize> = (0..256).filter(|byte| beginning.after[*byte]).collect();
        assert_eq!((runs, after), (vec![2, 3, 4], [b'-', b'/', b':'].map(usize::from).to_vec()));
        for open in ["", "[0-9]+x", "[0-9]{3}", "1[0-9]x", "[0-9]$"] {
            assert!(Beginning::of(open).is_none_or(|beginning| beginning.after[0]), "{open}");
        }
    }
}
