//! A text as words to find: in lower case, without accents, in one form of width and ligature.
//!
//! Letters and digits that stand together are a word, with the marks between them; an apostrophe inside is left out.
//! Of scripts that put no space between words (Chinese and Japanese; Thai, Lao, Burmese, Khmer) each character is a
//! word, so that what is asked for is found as characters that stand side by side.
//!
//! A text is read in its decomposed compatibility form (NFKD), whatever form it came in: texts that Unicode holds to be
//! the same but for width, ligatures and the like have the same words.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible, is_combining_mark};

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

/// Calls `see` with the normal form of each word of a text, in order, and where it stands. A character that is several
/// words, such as `½` or `ﷺ`, is the place of all of them.
pub fn each_word(text: &str, see: &mut impl FnMut(&str, Range<usize>)) {
    let mut reader = Reader { see, marks: Vec::new(), at: None, alone: false, word: String::new(), chars: 0 };
    for (at, c) in text.char_indices() {
        let place = at..at + c.len_utf8();
        if c.is_ascii() {
            reader.settle();
            reader.take(c, place);
        } else {
            reader.decompose(c, place);
        }
    }
    reader.settle();
    reader.end();
}

/// What is read of a word so far.
struct Reader<'f, F> {
    see: &'f mut F,
    /// Marks that are not in their order yet: each with its class.
    marks: Vec<(u8, char, Range<usize>)>,
    /// Where the word stands, if there is one.
    at: Option<Range<usize>>,
    /// Whether no letter can follow in it.
    alone: bool,
    /// Its letters, decomposed, those of ASCII in lower case.
    word: String,
    chars: usize,
}

impl<F: FnMut(&str, Range<usize>)> Reader<'_, F> {
    fn decompose(&mut self, c: char, place: Range<usize>) {
        let c = match c {
            // The voiced marks of kana, which Unicode takes for a space with a mark.
            '\u{309b}' => '\u{3099}',
            '\u{309c}' => '\u{309a}',
            // A symbol that stands for one letter is that letter (⽔ is 水); one that stands for several (™) is none.
            c if sort(c) == Sort::Gap && std::iter::once(c).nfkd().nth(1).is_some() => ' ',
            c => c,
        };
        decompose_compatible(c, |part| match canonical_combining_class(part) {
            0 => {
                self.settle();
                self.take(part, place.clone());
            }
            class => self.marks.push((class, part, place.clone())),
        });
    }

    /// Takes the marks that are waiting, in the order that Unicode gives them; their places stay as they stand.
    fn settle(&mut self) {
        if self.marks.is_empty() {
            return;
        }
        let mut marks = std::mem::take(&mut self.marks);
        let places: Vec<_> = marks.iter().map(|(.., place)| place.clone()).collect();
        marks.sort_by_key(|(class, ..)| *class);
        for ((_, mark, _), place) in marks.drain(..).zip(places) {
            self.take(mark, place);
        }
        self.marks = marks;
    }

    fn take(&mut self, c: char, place: Range<usize>) {
        match sort(c) {
            Sort::Letter if self.at.is_some() && !self.alone => self.push(c, place),
            sort @ (Sort::Letter | Sort::Alone) => {
                self.end();
                self.alone = sort == Sort::Alone;
                self.at = Some(place.start..place.start);
                self.push(c, place);
            }
            Sort::Mark if self.at.is_some() => self.push(c, place),
            Sort::Inside => {}
            Sort::Mark | Sort::Gap => self.end(),
        }
    }

    fn push(&mut self, c: char, place: Range<usize>) {
        // An apostrophe belongs to a word only inside: it ends where the last letter or mark does.
        self.at = self.at.take().map(|at| at.start..place.end);
        // What is cut off here would be cut off below: no composed character has more than four parts.
        if !is_accent(c) && self.chars < 4 * WORD_CHARS {
            self.word.push(c.to_ascii_lowercase());
            self.chars += 1;
        }
    }

    fn end(&mut self) {
        let Some(at) = self.at.take() else { return };
        if self.word.is_ascii() {
            self.word.truncate(WORD_CHARS);
        } else {
            let plain = self.word.chars().flat_map(char::to_lowercase).filter(|c| !is_accent(*c));
            let mut spelt = String::new();
            plain.for_each(|c| spelling(c, &mut spelt));
            self.word = spelt.nfc().take(WORD_CHARS).collect();
        }
        if !self.word.is_empty() {
            (self.see)(&self.word, at);
        }
        self.word.clear();
        self.chars = 0;
    }
}

/// What a character is to words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Letter,
    /// Belongs to the letter before it.
    Mark,
    /// Left out between letters.
    Inside,
    /// A word by itself, with the marks after it.
    Alone,
    Gap,
}

fn sort(c: char) -> Sort {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Sort::Letter,
        '\'' | '\u{2019}' | '\u{ff07}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => Sort::Inside,
        '\0'..='\u{7f}' => Sort::Gap,
        '\u{3099}' | '\u{309a}' => Sort::Mark,
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{312f}'
        | '\u{31a0}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
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
            ("ＡＢＣ１２ ﬁne ½", "abc12 fine 1 2"),
            ("don\u{2019}t don't 'tis dogs' ''", "dont dont tis dogs"),
            ("so\u{ad}lar", "solar"),
            ("snake_case e-mail 3.14", "snake case e mail 3 14"),
            ("水车坏了。", "水 车 坏 了"),
            ("東京は GPT-4", "東 京 は gpt 4"),
            ("ｶﾞｷﾞ ｶ\u{3099} カ\u{ff9e} カ゛ ガ か\u{3099}が", "ガ ギ ガ ガ ガ ガ が が"),
            ("ﾊﾟﾋﾟ ハ\u{309a} ハ゜ カ ﾞ", "パ ピ パ パ カ"),
            ("⽔车 ㋐ ⑴ 10㎏ Foo™ don＇t", "水 车 ア 1 10 foo dont"),
            ("ก\u{e38}\u{e48} ก\u{e48}\u{e38}", "ก \u{e38} \u{e48} ก \u{e38} \u{e48}"),
            ("น้ำ น\u{e49}\u{e33} นํ้า", "น ้ ํ า น ้ ํ า น ํ ้ า"),
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
        fn any_text_has_words_in_order_that_are_short(text in "\\PC{0,40}") {
            let mut last = 0..0;
            let mut all = Vec::new();
            each_word(&text, &mut |word, at| {
                assert!(last.start <= at.start && last.end <= at.end && at.start < at.end);
                assert!(last.end <= at.start || text[at.start..last.end].chars().count() == 1, "two words in one character");
                assert!(text.get(at.clone()).is_some());
                last = at;
                all.push(word.to_owned());
            });
            for word in all {
                prop_assert!(word.chars().count() <= WORD_CHARS && !word.is_empty());
            }
        }

        #[test]
        fn texts_that_are_the_same_to_unicode_have_the_same_words(
            text in "(\\PC|[\u{ff66}-\u{ff9f}]|[か-ぽ\u{3099}-\u{309c}]|[\u{e01}-\u{e4e}]|[\u{1000}-\u{103e}]|[\u{1780}-\u{17d3}]\
                |[\u{1100}-\u{1112}\u{1161}-\u{1175}\u{11a8}-\u{11c2}\u{ac00}-\u{ac60}]|[\u{300}-\u{34e}]|[a-zà-ÿ ]\
                |[\u{fb00}-\u{fb4f}\u{fe70}-\u{fefc}]|[\u{3200}-\u{32ff}\u{2f00}-\u{2fd5}\u{f900}-\u{f9ff}]){0,24}",
        ) {
            // What is a symbol for several letters is none of them.
            let text: String = text.chars().filter(|c| sort(*c) != Sort::Gap || c.nfkd().nth(1).is_none()).collect();
            let expected = words(&text);
            prop_assert_eq!(words(&text.nfkc().collect::<String>()), expected.clone());
            prop_assert_eq!(words(&text.nfkd().collect::<String>()), expected.clone());
            prop_assert_eq!(words(&text.nfd().collect::<String>()), expected.clone());
            prop_assert_eq!(words(&text.nfc().collect::<String>()), expected);
        }
    }
}
