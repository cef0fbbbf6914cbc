//! Names that a phrase introduces, in the languages of the phrases that a ruleset lists.
//!
//! A ruleset says which phrases there are and how much each proves; here the name after a phrase is
//! read. What "my name is" introduces is a name unless it is an ordinary word; what follows "I am"
//! must look like one; what follows "Hi" must be known as one.

mod given;
mod letters;
mod reader;
mod shapes;
mod words;

use super::{before, is_word};
use given::is_given;
use letters::{fold, is_capital, is_letter, is_uncased};
use reader::{Name, read, word};
use std::ops::Range;
use words::{is_ambiguous, is_connector, is_ordinary, is_stop};

/// Signs and spaces between a phrase and a name, in bytes at most.
const GAP_BYTES: usize = 6;
/// Words in lower case that can be a name.
const LOWER_WORDS: usize = 3;
/// Characters of a name in a script without capitals.
const UNCASED_CHARS: usize = 12;

/// A phrase without the sign or space that makes a short keyword of a ruleset longer.
pub(super) fn phrase(text: &str, keyword: Range<usize>) -> Range<usize> {
    keyword.start..keyword.start + text[keyword.clone()].trim_end_matches([' ', '.', ',', ':', '\n']).len()
}

/// The name after "my name is" and its like, in any case and script.
pub(super) fn check_strong(text: &str, phrase: Range<usize>) -> Option<Range<usize>> {
    let at = start(text, phrase)?;
    if let Some(name) = read(text, at) {
        return (!name.role && ends_well(text, &name)).then_some(name.span);
    }
    lower(text, at, false).or_else(|| uncased(text, at))
}

/// The name after "I am" and its like.
pub(super) fn check_weak(text: &str, phrase: Range<usize>) -> Option<Range<usize>> {
    // German nouns have capitals too.
    let nouns = text[phrase.clone()].eq_ignore_ascii_case("ich bin");
    let shouted = text[phrase.clone()].bytes().filter(u8::is_ascii_alphabetic).skip(1).all(|b| b.is_ascii_uppercase());
    let slogan = text[phrase.clone()].eq_ignore_ascii_case("je suis");
    let at = start(text, phrase)?;
    let Some(name) = read(text, at) else { return lower(text, at, true) };
    if slogan && &text[name.span.clone()] == "Charlie" {
        return None;
    }
    let doing = fold(&text[at..name.span.end]).split(' ').next().is_some_and(|word| word.ends_with("ing"));
    let many = name.words >= 2 && !doing && !(name.loud && shouted);
    // "I'm Imran and I": whatever a person of one word says next of themselves.
    let single = name.words == 1
        && !nouns
        && !is_kind_of_person(&text[name.span.clone()])
        && goes_on_about_oneself(text, name.span.end);
    let like = name.given || name.titled || single || (many && (!nouns || closes(text, name.span.end)));
    (like && !name.role && ends_well(text, &name)).then_some(name.span)
}

/// The name after "this is" and "call me": a given name with another, or alone before a pause.
pub(super) fn check_known(text: &str, phrase: Range<usize>) -> Option<Range<usize>> {
    let name = read(text, start(text, phrase.clone())?)?;
    let called = text[phrase].to_ascii_lowercase().ends_with("call me");
    let end = name.span.end;
    let alone = || closes(text, end) || follows(text, end, is_connector);
    let speaks = ["speaking", "here", "calling"].iter().any(|word| text[end..].trim_start().starts_with(word));
    let known = (name.given && (name.words >= 2 || alone()))
        || name.titled
        || (name.words >= 2 && speaks)
        || (called && closes(text, end) && (name.given || !is_kind_of_person(&text[name.span.clone()])));
    (known && !name.role && ends_well(text, &name)).then_some(name.span)
}

/// The name after "Dear" or "Hi", which the text addresses.
pub(super) fn check_greeting(text: &str, phrase: Range<usize>) -> Option<Range<usize>> {
    let formal =
        text[phrase.start..].starts_with(['D', 'd', 'E', 'e', 'C', 'c', 'S', 's', 'L', 'l', 'G', 'g', 'P', 'p']);
    let name = read(text, start(text, phrase)?)?;
    let known = name.titled || name.given || (formal && name.words >= 2);
    (known && !name.role && closes(text, name.span.end)).then_some(name.span)
}

/// The name on the line after a closing such as "Regards,", or behind its comma.
pub(super) fn check_closing(text: &str, phrase: Range<usize>) -> Option<Range<usize>> {
    let rest = text[phrase.end..].bytes().take(12);
    let gap = rest
        .take_while(|b| matches!(b, b',' | b'.' | b'!' | b':' | b' ' | b'\r' | b'\n' | b'\t' | b'-' | b'~' | b'*'))
        .count();
    let between = &text[phrase.end..phrase.end + gap];
    let line = between.contains('\n');
    // "Best, Ana" ends a letter; "thanks Ana" need not.
    if !line && !between.starts_with([',', ':']) && !between.contains(" -") {
        return None;
    }
    let soft = text[phrase.start..].starts_with(['T', 't', 'B', 'b', 'C', 'c', 'L', 'l']) && phrase.len() < 10;
    let at = phrase.end + gap;
    let Some(name) = read(text, at) else {
        return if line { lower(text, at, true).filter(|span| ends_line(text, span.end)) } else { None };
    };
    let ends = ends_line(text, name.span.end);
    let known = match (line, soft) {
        (true, _) => ends,
        (false, true) => ends && (name.given || name.words >= 2),
        (false, false) => name.given || name.words >= 2 || ends,
    };
    (known && !name.role && ends_well(text, &name)).then_some(name.span)
}

/// The name after a title such as "Mrs.": of two words at least, since one names no one.
pub(super) fn check_title(text: &str, title: Range<usize>) -> Option<Range<usize>> {
    let ends = text[title.end..].starts_with(['.', ' ', '(']);
    // In capitals throughout it is an abbreviation of something else.
    let loud = text[title.clone()].bytes().all(|b| b.is_ascii_uppercase());
    if !ends || loud || !text[title.start..].starts_with(is_capital) {
        return None;
    }
    let name = read(text, title.start)?;
    (name.titled && name.words >= 2 && !name.role && ends_well(text, &name)).then_some(name.span)
}

/// The name in a field such as "Name:" or "patient =".
pub(super) fn check_field(text: &str, label: Range<usize>) -> Option<Range<usize>> {
    let rest = text[label.end..].bytes().take(8);
    let gap = rest.take_while(|b| b" \t:=\"'*_>|-".contains(b)).count();
    let between = &text[label.end..label.end + gap];
    if !between.contains([':', '=', '|']) {
        return None;
    }
    let written = &text[label.clone()];
    let plain = written.eq_ignore_ascii_case("name") || written.eq_ignore_ascii_case("author");
    let name = read(text, label.end + gap)?;
    let ends = closes(text, name.span.end) || text[name.span.end..].starts_with(['"', '\'', '|', '<', ';', ')']);
    let many = name.words >= 2 && (!plain || name.any_given || asks_for_person(&text[name.span.end..]));
    let alone = name.given && (!plain || (written.starts_with('N') && !between.contains(['"', '\''])));
    let known = (name.given && name.words >= 2) || alone || name.titled || many;
    (known && ends && !name.role && ends_well(text, &name)).then_some(name.span)
}

/// Whether the next field is one that only people have.
fn asks_for_person(rest: &str) -> bool {
    const FIELDS: [&str; 22] = [
        "address",
        "adresse",
        "age",
        "alter",
        "birth",
        "born",
        "date of birth",
        "direcci",
        "dob",
        "dni",
        "e-mail",
        "edad",
        "email",
        "endere",
        "gender",
        "geburt",
        "idade",
        "indirizzo",
        "phone",
        "sex",
        "ssn",
        "tel",
    ];
    let next = rest.trim_start_matches(|c: char| " \r\n\t,;|*-".contains(c));
    FIELDS
        .iter()
        .any(|field| next.as_bytes().get(..field.len()).is_some_and(|b| b.eq_ignore_ascii_case(field.as_bytes())))
}

/// The name before the address in a line of a mail's head: `From: Ana Silva <ana@example.org>`.
pub(super) fn check_header(text: &str, label: Range<usize>) -> Option<Range<usize>> {
    let rest = text[label.end..].bytes().take(4);
    let gap = rest.take_while(|b| matches!(b, b' ' | b'"' | b'\'' | b'*')).count();
    let name = read(text, label.end + gap)?;
    let rest = text[name.span.end..].trim_start_matches(['"', '\'']);
    let inside = rest.strip_prefix(" <").or(rest.strip_prefix(" [mailto:"))?;
    // The address may have been replaced already.
    let address = inside.starts_with('[') || inside.bytes().take(80).take_while(|b| *b != b'>').any(|b| b == b'@');
    (address && !name.role).then_some(name.span)
}

/// Where what a phrase introduces begins.
fn start(text: &str, phrase: Range<usize>) -> Option<usize> {
    let rest = &text[phrase.end..];
    let gap = rest
        .bytes()
        .take(GAP_BYTES)
        .take_while(|b| matches!(b, b' ' | b':' | b',' | b'"' | b'*' | b'_' | b'\''))
        .count();
    let begun = gap > 0 && rest[..gap].contains([' ', ':']);
    let quote =
        if rest[gap..].starts_with(['“', '«', '„', '‘']) { rest[gap..].chars().next()?.len_utf8() } else { 0 };
    begun.then_some(phrase.end + gap + quote)
}

/// A name in lower case: of known given names, or (if not `known_only`) of words that are not ordinary.
fn lower(text: &str, at: usize, known_only: bool) -> Option<Range<usize>> {
    let mut words: [Range<usize>; LOWER_WORDS] = Default::default();
    let (mut count, mut end) = (0, at);
    while count < LOWER_WORDS {
        let Some(found) = word(text, end) else { break };
        let folded = fold(&text[found.clone()]);
        if is_connector(&folded) || is_ordinary(&folded) || text[found.clone()].starts_with(is_capital) {
            break;
        }
        (words[count], end) = (found.clone(), found.end);
        count += 1;
        if !text[end..].starts_with(' ') || text[end..].starts_with("  ") {
            break;
        }
        end += 1;
    }
    let first = words.first().filter(|_| count > 0)?.clone();
    let folded = fold(&text[first.clone()]);
    let given = is_given(folded.split('-').next().unwrap_or_default()) && folded.len() > 2;
    let pause = |at: usize| closes(text, at) || follows(text, at, is_connector);
    let last = words[count - 1].end;
    match given && !(known_only && is_ambiguous(&folded)) {
        true if pause(last) => Some(first.start..last),
        true if !known_only && !is_ambiguous(&folded) => Some(first),
        false if !known_only && pause(last) && count <= 2 && !is_stop(&folded) && folded.len() > 2 => {
            Some(first.start..last)
        }
        _ => None,
    }
}

/// A name in a script without capitals: a few characters, and a dot or space inside.
fn uncased(text: &str, at: usize) -> Option<Range<usize>> {
    let inside = |c: char| is_uncased(c) || matches!(c, '\u{B7}' | '\u{30FB}');
    let rest = &text[at..];
    let run = rest.char_indices().take(UNCASED_CHARS + 1).take_while(|(_, c)| inside(*c));
    let end = run.map(|(index, c)| index + c.len_utf8()).last()?;
    let name = rest[..end].trim_end_matches(['\u{B7}', '\u{30FB}']);
    (!name.is_empty() && name.chars().count() <= UNCASED_CHARS).then(|| at..at + name.len())
}

/// Whether a sentence pauses or ends at `at`.
fn closes(text: &str, at: usize) -> bool {
    let rest = &text[at..];
    let next = rest.chars().next();
    let dash = rest.starts_with(" -") || rest.starts_with(" (") || rest.starts_with(" –");
    dash || ends_line(text, at)
        || next
            .is_none_or(|c| matches!(c, ',' | '.' | '!' | '?' | ';' | ':' | ')' | '"' | '\'' | '*' | '_' | '。' | '，'))
}

/// Whether nothing but spaces or a last comma or full stop stands in the line after `at`.
fn ends_line(text: &str, at: usize) -> bool {
    let rest = text[at..].bytes().take(4).find(|b| !matches!(b, b' ' | b'\t' | b',' | b'.' | b'*' | b'!' | b'\r'));
    matches!(rest, None | Some(b'\n'))
}

/// Whether the word after `at` is one of some words.
fn follows(text: &str, at: usize, of: fn(&str) -> bool) -> bool {
    let from = at + usize::from(text[at..].starts_with(' '));
    text[from..].starts_with("I'm") || word(text, from).is_some_and(|word| of(&fold(&text[word])))
}

/// Whether "and I", "y tengo" or the like follows at `at`.
fn goes_on_about_oneself(text: &str, at: usize) -> bool {
    let joins = |word: &str| matches!(word, "and" | "y" | "et" | "und" | "e" | "ed" | "en" | "och" | "og");
    let from = at + usize::from(text[at..].starts_with(' '));
    let Some(and) = word(text, from).filter(|found| joins(&text[found.clone()])) else { return false };
    text[and.end..].starts_with(" I ") || follows(text, and.end, is_connector)
}

/// Whether a word ends as those for peoples, faiths and callings do.
fn is_kind_of_person(word: &str) -> bool {
    let folded = fold(word);
    ["ian", "ish", "ese", "ean", "ist", "can", "ing", "ful", "ive", "ary", "ent", "or"]
        .iter()
        .any(|end| folded.ends_with(end))
}

/// Whether a name is not the beginning of something else, such as a call or a product.
fn ends_well(text: &str, name: &Name) -> bool {
    let next = text[name.span.end..].chars().next();
    let owns = text[name.span.end..].starts_with("'s ");
    !owns
        && !next.is_some_and(|c| is_word(c) || is_letter(c) || matches!(c, '(' | '@' | '='))
        && !before(text, name.span.start).is_some_and(is_letter)
}

#[cfg(test)]
mod tests;
