//! Reading a name: titles, capitalised words with particles and initials between them, degrees.

use super::given::is_given;
use super::letters::{fold, is_capital, is_letter};
use super::words::{is_particle, is_role, is_stop, is_suffix, is_surname, is_title};
use std::ops::Range;

/// The longest word of a name, in bytes.
const WORD_BYTES: usize = 48;
/// Words of a name, initials and particles not counted.
const WORDS: usize = 5;
/// Titles before a name and degrees after it.
const TITLES: usize = 3;
/// Particles in a row, as in "de la".
const PARTICLES: usize = 3;

/// A run of capitalised words, as names are written.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) span: Range<usize>,
    /// Capitalised words of at least two letters, without titles and degrees.
    pub(super) words: usize,
    /// Whether a title stands before them.
    pub(super) titled: bool,
    /// Whether the first word is a common given name.
    pub(super) given: bool,
    /// Whether one of them is.
    pub(super) any_given: bool,
    /// Whether the last word names what is not a person.
    pub(super) role: bool,
    /// Whether all letters are capitals.
    pub(super) loud: bool,
}

/// The name that begins at `at`, titles included. It ends before words that are no part of one.
pub(super) fn read(text: &str, at: usize) -> Option<Name> {
    // Small letters with which no particle begins; most that is read ends here.
    if matches!(text.as_bytes().get(at), None | Some(b' '..=b'&' | b'0'..=b'9' | b'c' | b'f'..=b'h' | b'j' | b'k' | b'm'..=b'r' | b'w' | b'x'))
    {
        return None;
    }
    let (mut end, titled) = titles(text, at);
    let mut name = Name { span: at..at, words: 0, titled, given: false, any_given: false, role: false, loud: true };
    let mut initials = 0;
    for _ in 0..2 * WORDS {
        let from = if name.words + initials == 0 { end } else { next(text, end)? };
        let from = particles(text, from, name.words + initials == 0);
        let Some(word) = word(text, from) else { break };
        let written = &text[word.clone()];
        if !written.starts_with(is_capital) && !is_elided(written) {
            break;
        }
        if let Some(dot) = initial(text, &word) {
            (end, initials) = (dot, initials + 1);
            continue;
        }
        let folded = fold(written);
        let first = folded.split(['-', '\'']).next().unwrap_or_default();
        // "De La Cruz": a particle may have a capital inside a name.
        if name.words > 0 && is_particle(&folded) && followed_by_capital(text, word.end) {
            end = word.end;
            continue;
        }
        let given = is_given(first);
        let as_name = || if name.words > 0 { is_surname(&folded) } else { given && goes_on(text, word.end) };
        let stops = is_stop(&folded) && !as_name();
        if written.len() < 2 || stops || (name.words > 0 && is_suffix(&folded)) {
            break;
        }
        name.given = if name.words == 0 { given } else { name.given };
        name.any_given |= given;
        name.role = is_role(&folded);
        name.loud &= written.chars().all(|c| !is_letter(c) || is_capital(c));
        (end, name.words) = (word.end, name.words + 1);
    }
    name.span.end = suffixes(text, end);
    (name.words > 0).then_some(name)
}

/// Where the next word of a name can begin: after one or two spaces.
fn next(text: &str, at: usize) -> Option<usize> {
    let spaces = text[at..].bytes().take(2).take_while(|b| *b == b' ').count();
    // An initial may touch what follows it, as in "J.R.".
    Some(at + spaces).filter(|_| spaces > 0 || text[..at].ends_with('.')).or(Some(text.len()))
}

/// The word at `at`: letters, and hyphens and apostrophes inside. None when it goes on in another
/// way, as identifiers and host names do.
pub(super) fn word(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let inner = |c: char| matches!(c, '-' | '\'' | '’');
    let length = rest
        .char_indices()
        .take_while(|(index, c)| *index < WORD_BYTES && (is_letter(*c) || inner(*c)))
        .map(|(index, c)| index + c.len_utf8())
        .last()?;
    let mut word = rest[..length].trim_end_matches(inner);
    for possessive in ["'s", "’s", "'S"] {
        word = word.strip_suffix(possessive).unwrap_or(word);
    }
    let after = &rest[word.len()..];
    let mut following = after.chars();
    let (first, second) = (following.next(), following.next());
    let goes_on = first.is_some_and(|c| c.is_ascii_digit() || matches!(c, '_' | '@' | '\\' | '=' | '('))
        || (matches!(first, Some('.' | ':' | '/')) && second.is_some_and(|c| c.is_ascii_alphanumeric() || c == ':'))
            && word.chars().count() > 1;
    (length < WORD_BYTES && !word.is_empty() && !word.starts_with(inner) && !goes_on).then(|| at..at + word.len())
}

fn followed_by_capital(text: &str, at: usize) -> bool {
    text[at..].strip_prefix(' ').is_some_and(|rest| rest.starts_with(is_capital))
}

/// Whether a word follows that can be a surname: so "Jesus" and "German" are given names.
fn goes_on(text: &str, at: usize) -> bool {
    let next = followed_by_capital(text, at).then(|| word(text, at + 1)).flatten();
    next.is_some_and(|next| next.len() > 1 && !is_stop(&fold(&text[next])))
}

/// "d'Artagnan", "l'Hôpital".
fn is_elided(word: &str) -> bool {
    word.strip_prefix("d'").or(word.strip_prefix("l'")).is_some_and(|rest| rest.starts_with(is_capital))
}

/// The end of an initial: one capital with a full stop, or between two words.
fn initial(text: &str, word: &Range<usize>) -> Option<usize> {
    let mut letters = text[word.clone()].chars();
    let one = letters.next().filter(|_| letters.next().is_none())?;
    match text[word.end..].strip_prefix('.') {
        Some(_) => Some(word.end + 1),
        None if one == 'I' => None,
        None => followed_by_capital(text, word.end).then_some(word.end),
    }
}

/// Where the word after particles begins, if a capital does; else where they began.
fn particles(text: &str, at: usize, first: bool) -> usize {
    let mut from = at;
    for _ in 0..PARTICLES {
        let Some(word) = word(text, from).filter(|word| is_particle(&text[word.clone()])) else { break };
        // "e" and "y" join surnames; nothing begins with them.
        if first && word.len() == 1 {
            break;
        }
        match text[word.end..].starts_with(' ') {
            true => from = word.end + 1,
            false => break,
        }
    }
    if text[from..].starts_with(is_capital) { from } else { at }
}

/// Where the titles at `at` end, and whether there are any.
fn titles(text: &str, at: usize) -> (usize, bool) {
    let mut end = at;
    for _ in 0..TITLES {
        if !text[end..].starts_with(is_capital) {
            break;
        }
        match token(text, end).filter(|(folded, _)| is_title(folded)) {
            Some((_, length)) if text[end + length..].starts_with(' ') => end += length + 1,
            _ => break,
        }
    }
    (end, end > at)
}

/// Where the degrees after a name that ends at `at` end.
fn suffixes(text: &str, at: usize) -> usize {
    let mut end = at;
    for _ in 0..TITLES {
        let comma = usize::from(text[end..].starts_with(','));
        if !text[end + comma..].starts_with(' ') {
            break;
        }
        let from = end + comma + 1;
        if !text[from..].starts_with(is_capital) {
            break;
        }
        match token(text, from).filter(|(folded, _)| is_suffix(folded)) {
            Some((_, length)) => end = from + length,
            None => break,
        }
    }
    end
}

/// A token of letters, dots and hyphens at `at`, folded without its signs, and its length.
pub(super) fn token(text: &str, at: usize) -> Option<(String, usize)> {
    let rest = text.get(at..)?;
    let inside = |c: char| is_letter(c) || matches!(c, '.' | '-');
    let length = rest
        .char_indices()
        .take_while(|(index, c)| *index < 24 && inside(*c))
        .map(|(index, c)| index + c.len_utf8())
        .last()?;
    // "Sr(a)." leaves the gender open.
    let length = if rest[length..].starts_with("(a)") {
        length + 3 + usize::from(rest[length + 3..].starts_with('.'))
    } else {
        length
    };
    let mut folded = fold(&rest[..length]);
    folded.retain(is_letter);
    (!folded.is_empty()).then_some((folded, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<&str> {
        read(text, 0).map(|name| &text[name.span])
    }

    #[test]
    fn names_are_read_to_their_end() {
        for (text, whole) in [
            ("Ana Silva and", "Ana Silva"),
            ("José María de la Fuente, soy", "José María de la Fuente"),
            ("Sean O'Connor's house", "Sean O'Connor"),
            ("John F. Kennedy Jr. said", "John F. Kennedy Jr."),
            ("J. R. R. Tolkien wrote", "J. R. R. Tolkien"),
            ("Prof. Dr. Hans-Peter Müller B.A.", "Prof. Dr. Hans-Peter Müller B.A."),
            ("Dott.ssa Giulia D'Angelo", "Dott.ssa Giulia D'Angelo"),
            ("Jean d'Ormesson.", "Jean d'Ormesson"),
            ("Łukasz Żółw I am", "Łukasz Żółw"),
            ("Juan De La Cruz", "Juan De La Cruz"),
            ("Clive Brown is", "Clive Brown"),
            ("JOHN SMITH", "JOHN SMITH"),
            ("Анна Иванова", "Анна Иванова"),
            ("Ana But", "Ana"),
            ("van Gogh", "van Gogh"),
            ("Ana de", "Ana"),
            ("Sr(a). Olivia Sosa", "Sr(a). Olivia Sosa"),
            ("Mary Jones, PhD, DDS.", "Mary Jones, PhD, DDS."),
        ] {
            assert_eq!(name(text), Some(whole), "{text}");
        }
    }

    #[test]
    fn what_goes_on_in_another_way_is_no_word_of_a_name() {
        for text in ["Env_var", "Node.js", "Std::vec", "Foo()", "A", "the", "Not", "X1", "Ana@example.org", "I"] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
