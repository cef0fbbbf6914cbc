//! A text as plain words: what phrases are looked for in.
//!
//! Letters are in lower case and without accents, words are separated by one space, so that
//! "Ma  FILLE, âgée" is ` ma fille agee`. Whatever is no letter or digit separates words. Two kinds of
//! number are told apart, because an age matters and a sum does not: 1 to 17 is `~`, any other `#`.
//! A placeholder such as `[IP_1]` is the word `[ip]`, whatever its number. The end of a sentence is the
//! word `.`, which no phrase holds, so that no phrase goes on over it.
//!
//! All tables are spelt out here: a newer Unicode table changes nothing.

use std::ops::Range;

/// The largest age of a minor, in years.
const MINOR: u32 = 17;
/// Letters of a placeholder's label.
const LABEL: usize = 32;
/// Digits of a placeholder's number.
const NUMBER: usize = 5;

/// The words of a text.
pub(in crate::redact) struct Words {
    plain: String,
    words: Vec<Word>,
}

/// One word.
#[derive(Clone, Copy)]
struct Word {
    /// Where its space stands in the plain text.
    at: usize,
    start: usize,
    end: usize,
    sentence: usize,
}

impl Words {
    /// The words of `text`.
    pub(in crate::redact) fn of(text: &str) -> Self {
        let mut reader = Reader { plain: String::with_capacity(text.len() + 16), ..Reader::default() };
        reader.read(text);
        Words { plain: reader.plain, words: reader.words }
    }

    /// Every word with a space before it.
    pub(in crate::redact) fn plain(&self) -> &str {
        &self.plain
    }

    /// Which word has a byte of the plain text, counted from 0; its space belongs to it.
    pub(in crate::redact) fn at(&self, byte: usize) -> usize {
        self.words.partition_point(|word| word.at <= byte).saturating_sub(1)
    }

    /// Which sentence a word stands in, counted from 0.
    pub(in crate::redact) fn sentence(&self, word: usize) -> usize {
        self.words.get(word).map_or(0, |word| word.sentence)
    }

    /// Where words `first` to `last` stand in the text.
    pub(in crate::redact) fn span(&self, first: usize, last: usize) -> Range<usize> {
        let start = self.words.get(first).map_or(0, |word| word.start);
        start..self.words.get(last).map_or(start, |word| word.end)
    }
}

/// What stands in a phrase of a ruleset, in the same form; empty when it has no word.
///
/// A `~`, a `#` and a word in square brackets mean what they do in [`Words`].
pub(in crate::redact) fn phrase(text: &str) -> String {
    let mut plain = String::new();
    for word in text.split_whitespace() {
        match word {
            "~" | "#" => plain.extend([' ', word.chars().next().unwrap_or('#')]),
            _ if word.starts_with('[') && word.ends_with(']') => plain.extend([" ", &word.to_ascii_lowercase()]),
            _ => plain.push_str(Words::of(word).plain()),
        }
    }
    plain
}

#[derive(Default)]
struct Reader {
    plain: String,
    words: Vec<Word>,
    sentence: usize,
    /// What the last character belongs to.
    open: Open,
    /// Line ends since the last word.
    lines: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Letters,
    /// The number so far; more than two digits are never an age.
    Digits(u32),
}

impl Reader {
    fn read(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte.is_ascii_alphabetic() {
                let letters = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                self.letters(&text[at..at + letters], at);
                at += letters;
            } else if byte == b' ' {
                self.close();
                at += 1;
            } else if byte == b'['
                && let Some(end) = placeholder(bytes, at)
            {
                self.placeholder(&text[at..end], at);
                at = end;
            } else if byte < 128 {
                self.other(byte, bytes.get(at + 1).copied(), at, 1);
                at += 1;
            } else {
                let Some(c) = text[at..].chars().next() else { break };
                self.beyond_ascii(c, at);
                at += c.len_utf8();
            }
        }
        self.close();
    }

    fn begin(&mut self, start: usize) {
        self.lines = 0;
        self.words.push(Word { at: self.plain.len(), start, end: start, sentence: self.sentence });
        self.plain.push(' ');
    }

    fn letter(&mut self, letter: char, at: usize, bytes: usize) {
        self.go_on_with_letters(at);
        self.plain.push(letter);
        self.extend(at + bytes);
    }

    /// Letters of ASCII, all at once.
    fn letters(&mut self, letters: &str, at: usize) {
        self.go_on_with_letters(at);
        let from = self.plain.len();
        self.plain.push_str(letters);
        self.plain[from..].make_ascii_lowercase();
        self.extend(at + letters.len());
    }

    fn go_on_with_letters(&mut self, at: usize) {
        if self.open != Open::Letters {
            self.close();
            self.begin(at);
            self.open = Open::Letters;
        }
    }

    fn digit(&mut self, digit: u32, at: usize, bytes: usize) {
        let number = match self.open {
            Open::Digits(number) => number.saturating_mul(10).saturating_add(digit),
            _ => {
                self.close();
                self.begin(at);
                digit
            }
        };
        self.open = Open::Digits(number);
        self.extend(at + bytes);
    }

    fn extend(&mut self, end: usize) {
        if let Some(word) = self.words.last_mut() {
            word.end = end;
        }
    }

    /// A byte of ASCII, or what stands for one, that is no letter.
    fn other(&mut self, byte: u8, next: Option<u8>, at: usize, bytes: usize) {
        if byte.is_ascii_digit() {
            return self.digit(u32::from(byte - b'0'), at, bytes);
        }
        self.close();
        self.lines += usize::from(byte == b'\n');
        let ends = match byte {
            b'!' | b'?' => true,
            b'.' => !next.is_some_and(|next| next.is_ascii_alphanumeric()),
            b'\n' => self.lines == 2,
            _ => false,
        };
        if ends {
            self.end_sentence(at);
        }
    }

    fn beyond_ascii(&mut self, c: char, at: usize) {
        let bytes = c.len_utf8();
        match u32::from(c) {
            // Soft hyphen, combining accents, what is not seen: as if they were not there.
            0xAD | 0x300..=0x36F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064 | 0x2066..=0x2069 | 0xFEFF => {}
            // Full-width forms of ASCII.
            code @ 0xFF01..=0xFF5E => {
                let byte = (code - 0xFF01 + 0x21) as u8;
                match byte.is_ascii_alphabetic() {
                    true => self.letter(char::from(byte.to_ascii_lowercase()), at, bytes),
                    false => self.other(byte, None, at, bytes),
                }
            }
            0x3002 => self.other(b'.', None, at, bytes),
            0x80..=0xBF | 0xD7 | 0xF7 | 0x2000..=0x206F | 0x2190..=0x2BFF | 0x3000..=0x303F => {
                self.other(b' ', None, at, bytes);
            }
            _ => match unaccented(c) {
                Some(letters) => letters.chars().for_each(|letter| self.letter(letter, at, bytes)),
                None => self.letter(c, at, bytes),
            },
        }
    }

    fn placeholder(&mut self, text: &str, at: usize) {
        self.close();
        self.begin(at);
        let label = text.rsplit_once('_').map_or("[", |(label, _)| label);
        self.plain.extend(label.chars().map(|c| c.to_ascii_lowercase()));
        self.plain.push(']');
        self.extend(at + text.len());
    }

    /// Ends the word under way.
    fn close(&mut self) {
        if let Open::Digits(number) = self.open {
            self.plain.push(if (1..=MINOR).contains(&number) { '~' } else { '#' });
        }
        self.open = Open::Nothing;
    }

    fn end_sentence(&mut self, at: usize) {
        if self.plain.is_empty() || self.plain.ends_with(" .") {
            return;
        }
        self.begin(at);
        self.plain.push('.');
        self.extend(at + 1);
        self.sentence += 1;
    }
}

/// Where the placeholder that begins at `start` ends.
fn placeholder(bytes: &[u8], start: usize) -> Option<usize> {
    let label = bytes[start + 1..].iter().take(LABEL).take_while(|b| b.is_ascii_uppercase() || **b == b'_').count();
    let number = start + 1 + label;
    let digits = bytes[number..].iter().take(NUMBER + 1).take_while(|b| b.is_ascii_digit()).count();
    let whole = label >= 2 && bytes[number - 1] == b'_' && (1..=NUMBER).contains(&digits);
    (whole && bytes.get(number + digits) == Some(&b']')).then_some(number + digits + 1)
}

/// A letter of Western and Central Europe in lower case and without its accent.
fn unaccented(c: char) -> Option<&'static str> {
    Some(match c {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => "a",
        'Æ' | 'æ' => "ae",
        'Ç' | 'ç' | 'Ć'..='č' => "c",
        'Ď'..='đ' | 'Ð' | 'ð' => "d",
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => "e",
        'Ĝ'..='ģ' => "g",
        'Ĥ'..='ħ' => "h",
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => "i",
        'Ĵ' | 'ĵ' => "j",
        'Ķ'..='ĸ' => "k",
        'Ĺ'..='ł' => "l",
        'Ñ' | 'ñ' | 'Ń'..='ŋ' => "n",
        'Ò'..='Ö' | 'ò'..='ö' | 'Ø' | 'ø' | 'Ō'..='ő' => "o",
        'Œ' | 'œ' => "oe",
        'Ŕ'..='ř' => "r",
        'Ś'..='š' => "s",
        'ß' | 'ẞ' => "ss",
        'Ţ'..='ŧ' => "t",
        'Þ' | 'þ' => "th",
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => "u",
        'Ŵ' | 'ŵ' => "w",
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => "y",
        'Ź'..='ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_case_accents_and_hidden_characters_make_no_difference() {
        for text in ["Ma fille, âgée", "ma  FILLE (a\u{302}ge\u{301}e", "m\u{200b}a-fille/ａｇée"] {
            assert_eq!(Words::of(text).plain(), " ma fille agee", "{text}");
        }
        assert_eq!(Words::of("Straße, Œuvre, l'été, ЯБ").plain(), " strasse oeuvre l ete ЯБ");
    }

    #[test]
    fn runs_of_plain_letters_and_other_letters_make_one_word() {
        let text = "ABCéDE\u{ad}fG9hI jK";
        let words = Words::of(text);
        assert_eq!(words.plain(), " abcedefg ~ hi jk");
        let found: Vec<&str> = (0..4).map(|i| &text[words.span(i, i)]).collect();
        assert_eq!(found, ["ABCéDE\u{ad}fG", "9", "hI", "jK"]);
    }

    #[test]
    fn ages_of_minors_are_told_from_other_numbers() {
        let words = Words::of("my 9yo, 17 or 18; 0, 007, 123456789012, ４");
        assert_eq!(words.plain(), " my ~ yo ~ or # # ~ # ~");
    }

    #[test]
    fn a_sentence_ends_where_people_end_it() {
        let words = Words::of("Is it? v1.2 of a.b\nstill one. Then\n\n\n\nlast");
        assert_eq!(words.plain(), " is it . v ~ ~ of a b still one . then . last");
        assert_eq!(words.sentence(0), 0);
        assert_eq!(words.sentence(14), 3);
    }

    #[test]
    fn placeholders_are_words_whatever_their_number() {
        let words = Words::of("at [COORDINATES_12], [X_1] [API_KEY_2] [NAME_] [IP_123456]");
        assert_eq!(words.plain(), " at [coordinates] [x] [api_key] name ip #");
    }

    #[test]
    fn every_word_is_found_again_in_the_text() {
        let text = "Née à  ４２ [IP_1]\u{200b}.";
        let words = Words::of(text);
        let found: Vec<&str> = (0..5).map(|i| &text[words.span(i, i)]).collect();
        assert_eq!(found, ["Née", "à", "４２", "[IP_1]", "."]);
        assert_eq!(words.at(words.plain().find("[ip]").expect("it is there")), 3);
        assert_eq!(words.at(0), 0);
    }

    #[test]
    fn a_phrase_of_a_ruleset_has_the_form_of_a_text() {
        assert_eq!(phrase("My ~ year-old  Tochter [SSN] #"), " my ~ year old tochter [ssn] #");
        assert_eq!(phrase("… !"), "");
    }
}
