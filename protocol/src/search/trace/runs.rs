//! Every run of words of some texts, in a form that finds the longest of them at each word of another text.

use crate::search::words::each_word;
use std::collections::BTreeMap;

/// An automaton (a suffix automaton of the texts): of n words it has 2n states and 3n steps at most, and finds the longest
/// run that ends at each word of another text in one pass, whatever is repeated in either.
pub(super) struct Runs {
    states: Vec<State>,
    /// Where a word leads from a state.
    next: BTreeMap<(u32, u32), u32>,
    last: u32,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// The longest run that leads here.
    length: u32,
    /// The state of the longest end of it that stands elsewhere too.
    shorter: Option<u32>,
}

impl Runs {
    /// The runs of these texts, of words that are known, where they are long enough to matter.
    pub(super) fn of<S: AsRef<str>>(texts: &[S], known: &BTreeMap<String, u32>, least: usize) -> Runs {
        let mut runs = Runs { states: vec![State::default()], next: BTreeMap::new(), last: 0 };
        for text in texts {
            let mut run = Vec::new();
            each_word(text.as_ref(), &mut |word, _| match known.get(word) {
                Some(number) => run.push(*number),
                None => runs.add(&mut run, least),
            });
            runs.add(&mut run, least);
        }
        runs
    }

    /// Calls `see` with every span of at least so many words that is a run too, by its first word and with its length.
    /// None lies in another.
    pub(super) fn spans(&self, words: &[u32], least: usize, see: &mut impl FnMut(usize, usize)) {
        let (mut state, mut length) = (0, 0);
        for (at, word) in words.iter().map(Some).chain([None]).enumerate() {
            let before = length;
            match word {
                Some(word) => self.step(&mut state, &mut length, *word),
                None => length = 0,
            }
            // What the last word ended is as long as it gets, if this one does not continue it.
            if before >= least && length != before + 1 {
                see(at - before, before);
            }
        }
    }

    fn add(&mut self, run: &mut Vec<u32>, least: usize) {
        if run.len() >= least {
            // Nothing continues from the run before: another beginning of the same automaton.
            self.last = 0;
            run.iter().for_each(|word| self.push(*word));
        }
        run.clear();
    }

    fn next(&self, state: u32, word: u32) -> Option<u32> {
        self.next.get(&(state, word)).copied()
    }

    fn length(&self, state: u32) -> u32 {
        self.states[state as usize].length
    }

    fn make(&mut self, state: State) -> u32 {
        self.states.push(state);
        self.states.len() as u32 - 1
    }

    fn push(&mut self, word: u32) {
        // Another text may have led here before.
        if let Some(there) = self.next(self.last, word) {
            self.last = self.whole(self.last, word, there);
            return;
        }
        let new = self.make(State { length: self.length(self.last) + 1, shorter: None });
        let mut at = Some(self.last);
        let mut shorter = 0;
        while let Some(state) = at {
            if let Some(there) = self.next(state, word) {
                shorter = self.whole(state, word, there);
                break;
            }
            self.next.insert((state, word), new);
            at = self.states[state as usize].shorter;
        }
        self.states[new as usize].shorter = Some(shorter);
        self.last = new;
    }

    /// The state for the runs through `from` alone, of those that led to `there`: it itself, when there are no others.
    fn whole(&mut self, from: u32, word: u32, there: u32) -> u32 {
        let length = self.length(from) + 1;
        if self.length(there) == length {
            return there;
        }
        let copy = self.make(State { length, ..self.states[there as usize] });
        let steps: Vec<_> =
            self.next.range((there, 0)..=(there, u32::MAX)).map(|((_, word), to)| (*word, *to)).collect();
        self.next.extend(steps.into_iter().map(|(word, to)| ((copy, word), to)));
        self.states[there as usize].shorter = Some(copy);
        let mut at = Some(from);
        while let Some(state) = at
            && self.next(state, word) == Some(there)
        {
            self.next.insert((state, word), copy);
            at = self.states[state as usize].shorter;
        }
        copy
    }

    /// Follows another text by a word: `length` words before and with it are a run.
    fn step(&self, state: &mut u32, length: &mut usize, word: u32) {
        loop {
            if let Some(next) = self.next(*state, word) {
                (*state, *length) = (next, *length + 1);
                return;
            }
            match self.states[*state as usize].shorter {
                Some(shorter) => (*state, *length) = (shorter, self.length(shorter) as usize),
                None => {
                    *length = 0;
                    return;
                }
            }
        }
    }
}
