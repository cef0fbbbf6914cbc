//! Whether the redactor's work grows in proportion to the text, for texts that are made to be hard.
//!
//! Every pair of the fuzzer's words, repeated in turns and one after the other, at two lengths. `tests/fuzz/run.sh`
//! builds and runs this.

mod work;

use commonwheel_config::ruleset::builtin;
use commonwheel_protocol::redact::Redactor;
use commonwheel_protocol::text::RawText;
use std::{env, fs, hint};
use work::{Growth, halves, turns};

fn main() {
    let dictionary = env::args().nth(1).expect("the path of the dictionary");
    let words = words(&fs::read_to_string(dictionary).expect("the dictionary can be read"));
    let ruleset = builtin();
    let mut growth = Growth::new(|text: &str| {
        hint::black_box(Redactor::new(&ruleset).redact(&RawText::new(text)));
        // What comes out is about as long as what goes in.
        0
    });
    let mut see = |shape: fn(&str, &str, usize) -> String, a: &str, b: &str| {
        growth.see(&format!("{:?}", shape(a, b, 120)), |length| shape(a, b, length));
    };
    for (place, a) in words.iter().enumerate() {
        // In turns, it makes no difference but at the ends which of the two is the first.
        words[place..].iter().for_each(|b| see(turns, a, b));
        words.iter().for_each(|b| see(halves, a, b));
    }
    growth.end();
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
