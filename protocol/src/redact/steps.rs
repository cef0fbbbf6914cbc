//! Patterns that need no automaton: one way or several, each of steps that take bytes of one set.
//!
//! Most tokens are of this form: a beginning, and so many letters and digits. A step takes as much as it
//! can. That is what the expression says too, where the next step takes none of the same bytes: then no
//! match comes from taking less.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Ways of one pattern.
const WAYS: usize = 64;

/// A pattern as its ways; the first that leads to a match decides.
#[derive(Clone, Debug)]
pub(super) struct Steps(Vec<Way>);

type Way = Vec<Step>;

/// Some bytes of a set in a row.
#[derive(Clone, Debug)]
struct Step {
    set: [u64; 4],
    least: usize,
    most: usize,
}

impl Steps {
    /// The steps of a pattern, if it is of this form.
    pub(super) fn of(pattern: &str) -> Option<Steps> {
        let ways = ways(&regex_syntax::parse(pattern).ok()?)?;
        ways.iter().all(|way| is_certain(way)).then_some(Steps(ways))
    }

    /// How long the match is that begins where `bytes` do.
    pub(super) fn at(&self, bytes: &[u8]) -> Option<usize> {
        self.0.iter().find_map(|way| {
            way.iter().try_fold(0, |at, step| {
                let taken = bytes[at..].iter().take(step.most).take_while(|byte| step.takes(**byte)).count();
                (taken >= step.least).then_some(at + taken)
            })
        })
    }
}

impl Step {
    fn takes(&self, byte: u8) -> bool {
        self.set[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }
}

/// The ways of an expression in the order in which it prefers them.
fn ways(hir: &Hir) -> Option<Vec<Way>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![vec![]]),
        HirKind::Literal(literal) => Some(vec![literal.0.iter().map(|byte| step([(*byte, *byte)], 1, 1)).collect()]),
        HirKind::Class(class) => Some(vec![vec![step(ranges(class)?, 1, 1)]]),
        HirKind::Repetition(repetition) if repetition.greedy => {
            let (least, most) = (repetition.min as usize, repetition.max.map_or(usize::MAX, |most| most as usize));
            match &ways(&repetition.sub)?[..] {
                [way] => match &way[..] {
                    [one] if (one.least, one.most) == (1, 1) => Some(vec![vec![Step { least, most, ..one.clone() }]]),
                    _ => None,
                },
                _ => None,
            }
        }
        HirKind::Concat(parts) => parts.iter().try_fold(vec![vec![]], |before, part| {
            let next = ways(part)?;
            let joined = before.iter().flat_map(|first| next.iter().map(|second| [&first[..], second].concat()));
            (before.len() * next.len() <= WAYS).then(|| joined.collect())
        }),
        HirKind::Alternation(parts) => {
            let all: Vec<Way> = parts.iter().map(ways).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
            (all.len() <= WAYS).then_some(all)
        }
        _ => None,
    }
}

/// The ranges of a class of ASCII characters.
fn ranges(class: &Class) -> Option<Vec<(u8, u8)>> {
    let class = match class {
        Class::Bytes(class) => class.clone(),
        Class::Unicode(class) => class.to_byte_class()?,
    };
    class.is_ascii().then(|| class.ranges().iter().map(|range| (range.start(), range.end())).collect())
}

fn step(ranges: impl IntoIterator<Item = (u8, u8)>, least: usize, most: usize) -> Step {
    let mut set = [0; 4];
    for (first, last) in ranges {
        (first..=last).for_each(|byte| set[usize::from(byte >> 6)] |= 1 << (byte & 63));
    }
    Step { set, least, most }
}

/// Whether no step can take what the next would, so that each takes as much as it can.
fn is_certain(way: &[Step]) -> bool {
    way.iter().enumerate().filter(|(_, step)| step.least < step.most).all(|(index, step)| {
        // What may be left out lets the one behind it come next.
        let rest = &way[index + 1..];
        let next = rest.iter().position(|step| step.least > 0).map_or(rest.len(), |last| last + 1);
        rest[..next].iter().all(|next| step.set.iter().zip(next.set).all(|(mine, other)| mine & other == 0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex_automata::meta::Regex;
    use regex_automata::{Anchored, Input};

    const PATTERNS: [&str; 7] = [
        "ab[bc]{2,3}|b{1,2}a?",
        "(?:a|bc)-[ab]{2,}",
        "a[bc]?-?a{2}",
        "(?i-u:ab)c+",
        "[a-c]{3}-b|[ab]{2}",
        "a{2,4}",
        "(?:ab|a)(?:-|c)",
    ];

    #[test]
    fn what_needs_more_than_steps_is_left_to_others() {
        for pattern in ["a+ab", "a?ab", "(?:ab)+", "a+?b", "(a)b", "[^a]b", "\\Aab", "a{1,2}[ab]"] {
            assert!(Steps::of(pattern).is_none(), "{pattern}");
        }
        assert!(PATTERNS.iter().all(|pattern| Steps::of(pattern).is_some()));
    }

    proptest! {
        #[test]
        fn steps_lead_where_the_expression_does(text in "[abcA-]{0,8}") {
            for pattern in PATTERNS {
                let input = Input::new(&text).anchored(Anchored::Yes);
                let expected = Regex::new(pattern).unwrap().search(&input).map(|found| found.end());
                prop_assert_eq!(Steps::of(pattern).unwrap().at(text.as_bytes()), expected, "{} in {}", pattern, text);
            }
        }
    }
}
