//! A piece of a record's text with what was looked for in it, read from the record itself.

use super::Query;
use super::words::{Word, each_word};
use std::collections::BTreeSet;
use std::ops::Range;

/// A part of a snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether it was looked for.
    pub hit: bool,
}

/// The piece of some texts, of some `width` characters, that shows the most of what was looked for, the earliest of
/// equals; where it is cut there is `…`. Empty when nothing of it is there.
pub fn snippet(texts: &[String], query: &Query, width: usize) -> Vec<Part> {
    let mut best: Option<(usize, &String, Vec<Range<usize>>)> = None;
    for text in texts {
        let mut words = Vec::new();
        each_word(text, &mut |folded, at| words.push(Word { folded: folded.to_owned(), at }));
        let hits = hits(&words, query);
        for first in 0..hits.len() {
            let start = hits[first].1.start;
            let near = hits[first..].iter().take_while(|(_, at)| at.start == start || at.end <= start + width);
            let near: Vec<_> = near.collect();
            let shown = near.iter().map(|(phrase, _)| phrase).collect::<BTreeSet<_>>().len();
            if best.as_ref().is_none_or(|(most, ..)| shown > *most) {
                best = Some((shown, text, near.into_iter().map(|(_, at)| at.clone()).collect()));
            }
        }
    }
    best.map(|(_, text, hits)| parts(text, &hits, width)).unwrap_or_default()
}

/// Where the phrases of a query stand among words: which, and from where to where.
fn hits(words: &[Word], query: &Query) -> Vec<(usize, Range<usize>)> {
    let mut hits = Vec::new();
    let mut from = 0;
    while from < words.len() {
        let here = |phrase: &&Vec<String>| {
            words[from..].len() >= phrase.len()
                && phrase.iter().zip(&words[from..]).all(|(wanted, word)| *wanted == word.folded)
        };
        // The longest goes before a word of its own.
        let found = query.phrases().iter().enumerate().filter(|(_, phrase)| here(phrase));
        match found.max_by_key(|(_, phrase)| phrase.len()) {
            Some((number, phrase)) => {
                hits.push((number, words[from].at.start..words[from + phrase.len() - 1].at.end));
                from += phrase.len();
            }
            None => from += 1,
        }
    }
    hits
}

fn parts(text: &str, hits: &[Range<usize>], width: usize) -> Vec<Part> {
    let (Some(first), Some(last)) = (hits.first(), hits.last()) else { return Vec::new() };
    let shown = text[first.start..last.end].chars().count();
    let around = width.saturating_sub(shown) / 2;
    let before = text[..first.start].char_indices().rev().take(around).last().map_or(first.start, |(at, _)| at);
    let after = text[last.end..].char_indices().nth(around).map_or(text.len(), |(at, _)| last.end + at);
    // Cut between words, where there is one.
    let from = match before {
        0 => 0,
        at => text[at..first.start].find(char::is_whitespace).map_or(at, |space| at + space + 1),
    };
    let until = match after {
        at if at == text.len() => at,
        at => text[last.end..at].rfind(char::is_whitespace).map_or(at, |space| last.end + space),
    };
    let from = (from..=first.start).find(|at| text.is_char_boundary(*at)).unwrap_or(first.start);
    let mut parts = Vec::new();
    let mut add = |text: String, hit: bool| {
        if !text.is_empty() {
            parts.push(Part { text, hit });
        }
    };
    let mut at = from;
    for hit in hits {
        let lead = if at == from && from > 0 { "…" } else { "" };
        // One character may be several words.
        let start = hit.start.max(at);
        add(format!("{lead}{}", &text[at..start]), false);
        add(text[start..hit.end].to_owned(), true);
        at = hit.end;
    }
    let tail = if until < text.len() { "…" } else { "" };
    add(format!("{}{tail}", &text[at..until]), false);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(texts: &[&str], query: &[&str], width: usize) -> String {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        let parts = snippet(&texts, &Query::read(query).unwrap(), width);
        parts.iter().map(|part| if part.hit { format!("[{}]", part.text) } else { part.text.clone() }).collect()
    }

    #[test]
    fn the_piece_that_shows_most_is_shown_with_what_was_looked_for() {
        let texts = ["A kettle.", "My old kettle hums, and the Old Mill by the river turns with a creak all day long."];
        assert_eq!(shown(&texts, &["kettle"], 60), "A [kettle].");
        assert_eq!(
            shown(&texts, &["kettle", "old mill"], 60),
            "My old [kettle] hums, and the [Old Mill] by the river…"
        );
        assert_eq!(shown(&texts, &["river"], 20), "…the [river] turns…");
        assert_eq!(shown(&texts, &["creak"], 10), "…[creak]…");
        assert_eq!(shown(&texts, &["teapot"], 60), "");
        assert_eq!(shown(&["水车坏了，怎么办？"], &["坏了"], 6), "水车[坏了]，怎…");
    }

    #[test]
    fn a_character_that_is_several_words_is_shown_once() {
        assert_eq!(shown(&["Take ½ of it."], &["1", "2"], 60), "Take [½] of it.");
        assert_eq!(shown(&["1½ cups"], &["2 cups", "11"], 60), "[1½][ cups]");
    }

    #[test]
    fn any_width_cuts_between_characters() {
        let text = "é\u{a0}ü\u{3000}kettle\u{2003}äö 水车";
        for width in 0..40 {
            assert!(shown(&[text], &["kettle"], width).contains("[kettle]"), "{width}");
        }
    }
}
