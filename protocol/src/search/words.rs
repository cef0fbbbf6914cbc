//! A text as words to find: in lower case, without accents, in one form of width and ligature.
//!
//! Letters and digits that stand together are a word, with the marks between them; an apostrophe inside is left out.
//! Of scripts that put no space between words (Chinese and Japanese; Thai, Lao, Burmese, Khmer) each character is a
//! word, so that what is asked for is found as characters that stand side by side.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word is cut after this many characters: longer ones are keys and encodings, which nobody looks for whole.
const WORD_CHARS: usize = 64;

/// A word in its normal form, and where it stands in the text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The normal form.
    pub folded: String,
    /// Where.
    pub at: Range<usize>,
}

/// Calls `see` with the normal form of each word of a text, in order, and where it stands.
pub fn each_word(text: &str, see: &mut impl FnMut(&str, Range<usize>)) {
    let mut start = None;
    let mut folded = String::new();
    let mut end = |start: &mut Option<usize>, until: usize| {
        if let Some(from) = start.take() {
            fold(&text[from..until], &mut folded);
            if !folded.is_empty() {
                see(&folded, from..until);
            }
        }
    };
    // Where the word ends if no letter follows: an apostrophe belongs to it only inside.
    let mut last = 0;
    for (at, c) in text.char_indices() {
        match sort(c) {
            Sort::Letter => {
                start.get_or_insert(at);
                last = at + c.len_utf8();
            }
            Sort::Mark if start.is_some() => last = at + c.len_utf8(),
            Sort::Inside => {}
            Sort::Alone => {
                end(&mut start, last);
                end(&mut Some(at), at + c.len_utf8());
            }
            Sort::Mark | Sort::Gap => end(&mut start, last),
        }
    }
    end(&mut start, last);
}

/// What a character is to words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Letter,
    /// Belongs to the letter before it.
    Mark,
    /// Left out between letters.
    Inside,
    /// A word by itself.
    Alone,
    Gap,
}

fn sort(c: char) -> Sort {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Sort::Letter,
        '\'' | '\u{2019}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => Sort::Inside,
        '\0'..='\u{7f}' => Sort::Gap,
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{2fff}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{312f}'
        | '\u{31a0}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}'
            if c.is_alphanumeric() || is_combining_mark(c) =>
        {
            Sort::Alone
        }
        c if c.is_alphanumeric() => Sort::Letter,
        c if is_combining_mark(c) => Sort::Mark,
        _ => Sort::Gap,
    }
}

fn fold(word: &str, to: &mut String) {
    to.clear();
    if word.is_ascii() {
        let letters = word.bytes().filter(u8::is_ascii_alphanumeric).take(WORD_CHARS);
        to.extend(letters.map(|byte| char::from(byte.to_ascii_lowercase())));
        return;
    }
    // What is cut off here would be cut off below: no form has fewer than a third of the characters.
    let letters = word.chars().filter(|c| sort(*c) != Sort::Inside).take(4 * WORD_CHARS);
    let plain = letters.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase).filter(|c| !is_accent(*c));
    let mut spelt = String::new();
    plain.for_each(|c| spelling(c, &mut spelt));
    to.extend(spelt.nfc().take(WORD_CHARS));
}

/// Marks that words are compared without: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels and the
/// stroke that stretches a word. Marks of other scripts are letters to those who read them.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Letters that have another spelling in plain ones, and no decomposition.
fn spelling(c: char, to: &mut String) {
    match c {
        'ß' => to.push_str("ss"),
        'æ' => to.push_str("ae"),
        'œ' => to.push_str("oe"),
        'þ' => to.push_str("th"),
        'ø' => to.push('o'),
        'đ' | 'ð' => to.push('d'),
        'ł' => to.push('l'),
        'ħ' => to.push('h'),
        'ı' => to.push('i'),
        'ŧ' => to.push('t'),
        'ς' => to.push('σ'),
        other => to.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, &mut |word, _| words.push(word.to_owned()));
        words
    }

    #[test]
    fn words_are_found_however_they_are_written() {
        for (text, expected) in [
            ("The  old\tmill,\nby the river.", "the old mill by the river"),
            ("Crème BRÛLÉE à Łódź", "creme brulee a lodz"),
            ("cre\u{300}me crème", "creme creme"),
            ("Straße STRASSE Æsop", "strasse strasse aesop"),
            ("Đà Nẵng ĐÀ NẴNG", "da nang da nang"),
            ("ΌΣΟΣ όσος", "οσοσ οσοσ"),
            ("МОСКВА Ёлка Й", "москва елка и"),
            ("İstanbul ISPARTA ışık", "istanbul isparta isik"),
            ("שָׁלוֹם שלום", "שלום שלום"),
            ("مُحَمَّد محـمد", "محمد محمد"),
            ("हिन्दी", "हिन्दी"),
            ("ＡＢＣ１２ ﬁne ½", "abc12 fine 1⁄2"),
            ("don\u{2019}t don't 'tis dogs' ''", "dont dont tis dogs"),
            ("so\u{ad}lar", "solar"),
            ("snake_case e-mail 3.14", "snake case e mail 3 14"),
            ("水车坏了。", "水 车 坏 了"),
            ("東京は GPT-4", "東 京 は gpt 4"),
            ("안녕 세상", "안녕 세상"),
            ("€5 → 😀 fine", "5 fine"),
            ("", ""),
            (" \n.,;!—…\u{301}", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text:?}");
        }
        assert_eq!(words(&"x".repeat(1000)), ["x".repeat(WORD_CHARS)]);
    }

    #[test]
    fn a_word_stands_where_it_stands() {
        let text = "Où est l’Élysée? 水车 x'";
        let mut found = Vec::new();
        each_word(text, &mut |word, at| found.push((word.to_owned(), &text[at])));
        let found: Vec<_> = found.iter().map(|(word, at)| (word.as_str(), *at)).collect();
        let expected = [("ou", "Où"), ("est", "est"), ("lelysee", "l’Élysée"), ("水", "水"), ("车", "车"), ("x", "x")];
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn any_text_has_words_in_order_that_fold_to_themselves(text in "\\PC{0,40}") {
            let mut last = 0;
            let mut all = Vec::new();
            each_word(&text, &mut |word, at| {
                assert!(last <= at.start && at.start < at.end && text.get(at.clone()).is_some());
                last = at.end;
                all.push(word.to_owned());
            });
            for word in all {
                prop_assert!(word.chars().count() <= WORD_CHARS && !word.is_empty());
            }
        }
    }
}
