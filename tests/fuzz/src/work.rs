//! Counts work, and says where it grows faster than the text.
//!
//! Work is counted, not timed: the compiler puts a call of [`__sanitizer_cov_trace_pc`] at every branch, so the counts
//! are the same on every machine.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{iter, process};

/// Bytes of the short text.
const LENGTH: usize = 2048;
/// How often the short text goes into the long one.
const TIMES: usize = 8;
/// How much more work the long text may be: a half more than in proportion. Work that grows with the square is 64.
const MOST: f64 = 12.0;

/// How many texts are shown.
const SHOWN: u32 = 20;

static BRANCHES: AtomicU64 = AtomicU64::new(0);

/// Counts one branch. Called by the code that the compiler adds.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_trace_pc() {
    // There is one thread, so nothing comes between the two.
    BRANCHES.store(BRANCHES.load(Relaxed).wrapping_add(1), Relaxed);
}

/// How the work of something grows with its text. `of` does it, and says how many bytes came out where that may be more
/// than went in: work may be in proportion to both together.
pub struct Growth<W> {
    of: W,
    texts: u32,
    failed: u32,
    steepest: f64,
}

impl<W: Fn(&str) -> usize> Growth<W> {
    /// Of nothing yet.
    pub fn new(of: W) -> Self {
        let growth = Growth { of, texts: 0, failed: 0, steepest: 0.0 };
        let (work, _) = growth.work("warm up, and see that branches are counted");
        assert!(work > 0.0, "build this with tests/fuzz/run.sh");
        growth
    }

    /// Looks at one kind of text, of which `text` makes one of about so many bytes. What looks too steep is looked at
    /// again further on, where a step, as from one algorithm to another, has no weight, and at last beyond the 16 KiB
    /// that a validator may look ahead: up to there the work of each place grows with the text.
    pub fn see(&mut self, name: &str, text: impl Fn(usize) -> String) {
        let factor = |length| {
            let ((work, bytes), (short, few)) = (self.work(&text(length * TIMES)), self.work(&text(length)));
            // How many times the work a text is that is exactly so many times as long.
            (work / bytes) / (short / few) * TIMES as f64
        };
        let lengths = [LENGTH, LENGTH * TIMES, LENGTH * TIMES * TIMES];
        let mut factors = lengths.into_iter().map(factor);
        let first = factors.next().unwrap_or_default();
        let calm = |factor: &f64| *factor <= MOST;
        let factor = if calm(&first) { first } else { factors.by_ref().find(calm).unwrap_or(first) };
        if factor > MOST {
            if self.failed < SHOWN {
                eprintln!("{TIMES} times the text is {factor:.1} times the work: {name}");
            }
            self.failed += 1;
        }
        self.steepest = self.steepest.max(factor);
        self.texts += 1;
    }

    /// Says what was found, and ends the program with 1 if something grows too fast.
    pub fn end(self) -> ! {
        println!("{TIMES} times the text is at most {:.1} times the work", self.steepest);
        println!("{} passed, {} failed", self.texts - self.failed, self.failed);
        process::exit(i32::from(self.failed > 0));
    }

    /// Branches taken for a text, and its bytes with those that came out.
    fn work(&self, text: &str) -> (f64, f64) {
        let before = BRANCHES.load(Relaxed);
        let out = (self.of)(black_box(text));
        ((BRANCHES.load(Relaxed) - before) as f64, (text.len() + out) as f64)
    }
}

/// The two words in turns.
pub fn turns(a: &str, b: &str, length: usize) -> String {
    [a, b].into_iter().cycle().scan(0, within(length)).collect()
}

/// The first word again and again, then the second.
pub fn halves(a: &str, b: &str, length: usize) -> String {
    let half = |word| iter::repeat(word).scan(0, within(length / 2));
    half(a).chain(half(b)).collect()
}

/// Takes words until there are so many bytes.
fn within<'a>(length: usize) -> impl FnMut(&mut usize, &'a str) -> Option<&'a str> {
    move |taken, word| {
        *taken += word.len();
        (*taken <= length).then_some(word)
    }
}
