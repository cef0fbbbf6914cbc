//! Text as people compare it: without case, accents, and the marks between words. For a person's own
//! terms alone: what validators check knows no table of Unicode.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text in lower case without accents, each run of spaces, hyphens and underscores as one space.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    each_folded(text, |_, c| folded.push(c));
    folded
}

/// Calls `put` with each character of the folded text and where its original begins.
fn each_folded(text: &str, mut put: impl FnMut(usize, char)) {
    let (mut at, mut after_space) = (0, false);
    while let Some(byte) = text.as_bytes().get(at) {
        let folded = ASCII[usize::from(*byte)];
        if folded != 0 {
            if !(after_space && folded == b' ') {
                put(at, char::from(folded));
            }
            after_space = folded == b' ';
            at += 1;
            continue;
        }
        // Not ASCII, so that a whole character begins here.
        let Some(c) = text[at..].chars().next() else { return };
        match c {
            _ if c.is_whitespace() || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') => {
                if !after_space {
                    put(at, ' ');
                }
                after_space = true;
            }
            // What cannot be seen: the soft hyphen, zero widths, directions.
            '\0'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {}
            _ => {
                let bases = c.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c));
                bases.for_each(|c| {
                    let (first, second) = letters_for(c);
                    put(at, first);
                    second.into_iter().for_each(|c| put(at, c));
                });
                after_space = false;
            }
        }
        at += c.len_utf8();
    }
}

/// Each byte of ASCII but NUL as it is folded; 0 for the rest.
const ASCII: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 1;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'\t'..=b'\r' | b' ' | b'-' | b'_' => b' ',
            _ => byte.to_ascii_lowercase(),
        };
        byte += 1;
    }
    table
};

/// What people write for a letter that Unicode takes for one without parts.
fn letters_for(c: char) -> (char, Option<char>) {
    match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'đ' | 'ð' => ('d', None),
        'ł' => ('l', None),
        'ı' => ('i', None),
        _ => (c, None),
    }
}

/// A folded text and the way back.
pub(super) struct Folded {
    pub(super) text: String,
    /// For each byte of `text`, and its end, where the original character begins.
    pub(super) origin: Vec<usize>,
}

impl Folded {
    pub(super) fn of(text: &str) -> Folded {
        let mut folded = Folded { text: String::with_capacity(text.len()), origin: Vec::with_capacity(text.len() + 1) };
        each_folded(text, |at, c| {
            folded.text.push(c);
            folded.origin.resize(folded.text.len(), at);
        });
        folded.origin.push(text.len());
        folded
    }

    /// Where a span of the folded text stands in the original; whole characters.
    pub(super) fn original(&self, span: Range<usize>) -> Range<usize> {
        let last = self.origin[span.end - 1];
        let end = self.origin[span.end..].iter().find(|origin| **origin > last);
        self.origin[span.start]..*end.unwrap_or(&last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_marks_between_words_do_not_matter() {
        assert_eq!(fold("José-María_Núñez \n Straße"), "jose maria nunez strasse");
        assert_eq!(fold("JOSE\u{301}\u{a0}–\u{200b}ﬁn İz ØRE"), "jose fin iz ore");
    }

    #[test]
    fn a_folded_span_leads_back_to_whole_characters() {
        let text = "é  ß\u{301}x";
        let folded = Folded::of(text);
        assert_eq!(folded.text, "e ssx");
        let back = |span: Range<usize>| &text[folded.original(span)];
        assert_eq!((back(0..1), back(2..3), back(2..4), back(4..5)), ("é", "ß\u{301}", "ß\u{301}", "x"));
    }
}
