//! Whether the redactor's work grows in proportion to the text, for texts that are made to be hard.
//!
//! Every pair of the fuzzer's words, repeated in turns and one after the other, at two lengths. Work is counted, not
//! timed: the compiler puts a call of [`__sanitizer_cov_trace_pc`] at every branch, so the counts are the same on every
//! machine. `tests/fuzz/run.sh` builds and runs this.

use commonwheel_config::ruleset::builtin;
use commonwheel_protocol::redact::{Redactor, Ruleset};
use commonwheel_protocol::text::RawText;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{env, fs, hint, iter, process};

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

fn main() {
    let dictionary = env::args().nth(1).expect("the path of the dictionary");
    let words = words(&fs::read_to_string(dictionary).expect("the dictionary can be read"));
    let ruleset = builtin();
    assert!(work(&ruleset, "warm up, and see that branches are counted") > 0.0, "build this with tests/fuzz/run.sh");
    let (mut texts, mut failed, mut steepest) = (0_u32, 0_u32, 0.0_f64);
    for (a, b) in words.iter().flat_map(|a| words.iter().map(move |b| (&a[..], &b[..]))) {
        for shape in [turns, halves] {
            let factor = growth(&ruleset, |length| shape(a, b, length));
            if factor > MOST {
                if failed < SHOWN {
                    eprintln!("{TIMES} times the text is {factor:.1} times the work: {:?}", shape(a, b, 120));
                }
                failed += 1;
            }
            steepest = steepest.max(factor);
            texts += 1;
        }
    }
    println!("{TIMES} times the text is at most {steepest:.1} times the work");
    println!("{} passed, {failed} failed", texts - failed);
    process::exit(i32::from(failed > 0));
}

/// How many times the work a text is that is so many times as long. What looks too steep is looked at again further on,
/// where a step, as from one algorithm to another, has no weight, and at last beyond the 16 KiB that a validator may
/// look ahead: up to there the work of each place grows with the text.
fn growth(ruleset: &Ruleset, text: impl Fn(usize) -> String) -> f64 {
    let factor = |length| work(ruleset, &text(length * TIMES)) / work(ruleset, &text(length));
    let lengths = [LENGTH, LENGTH * TIMES, LENGTH * TIMES * TIMES];
    let mut factors = lengths.into_iter().map(factor);
    let first = factors.next().unwrap_or_default();
    let calm = |factor: &f64| *factor <= MOST;
    if calm(&first) { first } else { factors.by_ref().find(calm).unwrap_or(first) }
}

/// Branches taken while a text is redacted.
fn work(ruleset: &Ruleset, text: &str) -> f64 {
    let raw = RawText::new(text);
    let before = BRANCHES.load(Relaxed);
    hint::black_box(Redactor::new(ruleset).redact(hint::black_box(&raw)));
    (BRANCHES.load(Relaxed) - before) as f64
}

/// The two words in turns.
fn turns(a: &str, b: &str, length: usize) -> String {
    [a, b].into_iter().cycle().scan(0, within(length)).collect()
}

/// The first word again and again, then the second.
fn halves(a: &str, b: &str, length: usize) -> String {
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

/// The words of a dictionary in libFuzzer's format: one in quotation marks a line, with \" and \xNN.
fn words(dictionary: &str) -> Vec<String> {
    let quoted = dictionary.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted.map(|word| String::from_utf8(unescaped(word)).expect("a word is UTF-8")).collect()
}

fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word.bytes();
    while let Some(byte) = rest.next() {
        match (byte, rest.clone().next()) {
            (b'\\', Some(b'x')) => {
                let digits: String = rest.by_ref().skip(1).take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 16).expect("two digits in base 16"));
            }
            (b'\\', _) => bytes.extend(rest.next()),
            (byte, _) => bytes.push(byte),
        }
    }
    bytes
}
