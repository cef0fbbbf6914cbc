//! Secrets known by the name that they are given to: `api_key = "…"`, "my password is …".
//!
//! A rule's keyword stands somewhere in the name. What is left of it and right of it in the name
//! must not turn it into something else (`token_type`, `public_key`, `monkey`), and how much the
//! value must look like a secret depends on how it is joined to the name.

use super::reading::{Join, Value, name_end, name_start, read, value_after, value_before};
use super::value::{Look, holds, is_bare_password, is_code, is_password, is_random, is_signs, judged};
use super::words::{ASIDE, KEYS, PUBLIC, SAID, SERVICES};
use std::ops::Range;

/// A token of which nothing is known but the name is at least so long, in bytes.
const OTHER_TOKEN_BYTES: usize = 20;

/// A keyword may hold the sign before or behind its word; only the word counts.
fn word_of(text: &str, span: Range<usize>) -> Range<usize> {
    let keyword = &text[span.clone()];
    let word = keyword.trim_start_matches(|c: char| !c.is_alphanumeric());
    let start = span.end - word.len();
    start..start + word.trim_end_matches(|c: char| !c.is_alphanumeric()).len()
}

/// A password: `password = "…"`, `--password …`, "login … pw …".
pub(in super::super) fn check_password(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let span = word_of(text, span);
    let keyword = &bytes[span.clone()];
    let whole = keyword.len() > 4;
    if !whole && (!begins_word(bytes, &span) || continues(bytes, &span)) {
        return None;
    }
    let (start, end) = (name_start(bytes, span.start), name_end(bytes, span.end));
    // "pass" is many things with another word behind it: pass_by_value, pass_rate.
    if is_aside(&bytes[span.end..end]) || !whole && bytes[span.end..end].iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    let called = |value: &Value| value.join != Join::Passed || !bytes[span.end..end].contains(&b'.');
    let value =
        value_after(text, start, end).filter(|value| called(value) && is_password_value(text, start, value)).or_else(
            || value_before(text, start).filter(|value| is_bare_password(&Look::at(judged(&text[value.span.clone()])))),
        );
    match value {
        Some(value) => Some(value.span),
        None => told_with_login(text, start, end),
    }
}

/// A key, token or secret: `access_token: …`.
pub(in super::super) fn check_secret(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let span = word_of(text, span);
    if continues(bytes, &span) && !bytes[span.end..].starts_with(b"e") || is_public(bytes, span.start) {
        return None;
    }
    let short = is_other_token(bytes, &span);
    named(text, span, |text, value| is_secret_value(text, value) && (!short || value.span.len() >= OTHER_TOKEN_BYTES))
}

/// Whether it is a token, and the word before it in the name says not what for, or something that
/// needs no secret: `next_token`, `pageToken`.
fn is_other_token(bytes: &[u8], span: &Range<usize>) -> bool {
    let before = &bytes[..span.start];
    let before = before.strip_suffix(b"_").or_else(|| before.strip_suffix(b"-")).unwrap_or(before);
    let other = |head: String| KEYS.binary_search(&&*head).is_err() && SERVICES.binary_search(&&*head).is_err();
    bytes[span.clone()].eq_ignore_ascii_case(b"token")
        && before.last().is_some_and(u8::is_ascii_alphanumeric)
        && other(last_word(&before[before.len().saturating_sub(32)..]))
}

/// The id of a session: `JSESSIONID=…`, `session_token: …`.
pub(in super::super) fn check_session(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let tail = bytes[span.end..name_end(bytes, span.end)].to_ascii_lowercase();
    let tail = tail.strip_prefix(b"_").or_else(|| tail.strip_prefix(b"-")).unwrap_or(&tail);
    let known = [&b""[..], b"id", b"ids", b"key", b"cookie", b"sid"].contains(&tail);
    known.then(|| named(text, span.start..span.end + tail.len(), is_secret_value)).flatten()
}

/// As [`check_secret`] where the keyword ends in "key" and the word before it must say what for.
pub(in super::super) fn check_key(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let span = span.end - 3..span.end;
    if continues(bytes, &span) {
        return None;
    }
    let joint = *bytes.get(span.start.checked_sub(1)?)?;
    let hump = bytes[span.start].is_ascii_uppercase() && joint.is_ascii_alphanumeric();
    let end = if matches!(joint, b'_' | b'-' | b'.' | b' ') { span.start - 1 } else { span.start };
    if end == span.start && !hump {
        return None;
    }
    let head = last_word(&bytes[end.saturating_sub(32)..end]);
    if KEYS.binary_search(&&*head).is_err() && SERVICES.binary_search(&&*head).is_err() {
        return None;
    }
    named(text, span, is_secret_value)
}

/// A token with a known beginning: neither continued nor one sign again and again.
pub(in super::super) fn check_token(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let value = &text[span.clone()];
    let continued =
        text.as_bytes().get(span.end).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'#' | b'*'));
    // The beginning that all such tokens share says nothing.
    let own = value.char_indices().nth(4).map_or(value, |(at, _)| &value[at..]);
    let varied = super::value::entropy(own) >= if own.len() >= 30 { 2900 } else { 2500 };
    let hidden = || ["xxxx", "XXXX", "....", "EXAMPLEEXAMPLE"].iter().any(|mask| holds(value.as_bytes(), mask));
    (!continued && varied && !hidden()).then_some(span)
}

/// The span itself looks drawn by chance.
pub(in super::super) fn check_random(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    is_random(&Look::at(&text[span.clone()])).then_some(span)
}

/// The value of the name around `span`, if `accepts` it.
fn named(text: &str, span: Range<usize>, accepts: impl Fn(&str, &Value) -> bool) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = name_end(bytes, span.end);
    if is_aside(&bytes[span.end..end]) {
        return None;
    }
    let start = name_start(bytes, span.start);
    let called = |value: &Value| value.join != Join::Passed || !bytes[span.end..end].contains(&b'.');
    let value = value_after(text, start, end)
        .filter(|value| called(value) && accepts(text, value))
        .or_else(|| value_before(text, start).filter(|value| accepts(text, value)))?;
    Some(value.span)
}

fn is_secret_value(text: &str, value: &Value) -> bool {
    let look = Look::at(judged(&text[value.span.clone()]));
    let excluded = match (value.join, value.quoted) {
        (Join::Passed, true) => is_code(&look),
        (_, true) => false,
        (_, false) => is_code(&look) || ends_statement(text, value),
    };
    !excluded && (is_random(&look) || is_signs(&look))
}

fn is_password_value(text: &str, start: usize, value: &Value) -> bool {
    let look = Look::at(judged(&text[value.span.clone()]));
    match (value.join, value.quoted) {
        (Join::Assigned { .. } | Join::Element, true) => is_password(&look) || is_signs(&look),
        (Join::Compared | Join::Passed | Join::Beside, true) => is_bare_password(&look) || is_signs(&look),
        (Join::Said, _) => is_bare_password(&look) || is_told(text, start, value),
        (Join::Assigned { tight }, false) => {
            // With spaces around "=" it is a language's, and brackets make the value an expression.
            let equals = text[..value.span.start].trim_end_matches(' ').ends_with(" =");
            let expression = !tight && equals && look.value.contains(['(', '[', '{']);
            let mixed = (is_bare_password(&look) || is_signs(&look) && !is_code(&look)) && !expression;
            mixed && !ends_statement(text, value) || tight && is_setting(text, start, value)
        }
        (_, false) => is_bare_password(&look),
    }
}

/// `NAME=word` alone in its line, or `;Password=word;` in a connection string.
fn is_setting(text: &str, start: usize, value: &Value) -> bool {
    let bytes = text.as_bytes();
    let candidate = judged(&text[value.span.clone()]);
    let look = Look::at(candidate);
    let after = bytes.get(value.span.end);
    let loud = bytes[start..value.span.start].iter().all(|b| !b.is_ascii_lowercase());
    let alone = loud && matches!(after, None | Some(b'\n' | b'\r' | b'"' | b'\'' | b'\\'));
    let part = matches!(bytes[..start].last(), Some(b';')) || bytes[..start].ends_with(b"; ");
    let joined = part && matches!(after, None | Some(b';' | b'"' | b'\'' | b'\\'));
    (alone || joined) && candidate.len() >= 6 && is_password(&look) && !is_code(&look)
}

/// Whether spaces around "=" and a semicolon behind make this a statement, its value an expression.
fn ends_statement(text: &str, value: &Value) -> bool {
    let bytes = text.as_bytes();
    let rest = bytes[value.span.end..].iter().find(|b| !matches!(b, b' ' | b'\t'));
    let statement = value.join == Join::Assigned { tight: false } && matches!(rest, Some(b';' | b'='));
    // An arrow is followed by a literal or by an expression.
    statement || text[..value.span.start].trim_end_matches(' ').ends_with("=>")
}

/// "my password is word", at the end of its sentence.
fn is_told(text: &str, start: usize, value: &Value) -> bool {
    let before = text[..start].trim_end().as_bytes();
    let own = before.len() >= 2 && before[before.len() - 2..].eq_ignore_ascii_case(b"my");
    let candidate = judged(&text[value.span.clone()]);
    let rest = text[value.span.end..].trim_start_matches([' ', '\t']);
    let ends = rest.is_empty() || rest.starts_with(['\n', '\r', '.', ',', '!', '?', ';']);
    let lower = candidate.to_ascii_lowercase();
    own && ends && is_password(&Look::at(candidate)) && SAID.binary_search(&&*lower).is_err()
}

/// "login name pw value", as people tell each other.
fn told_with_login(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let keyword = &bytes[start..end];
    if ![&b"pw"[..], b"pwd", b"pass", b"password"].iter().any(|word| keyword.eq_ignore_ascii_case(word)) {
        return None;
    }
    let before = &bytes[start.saturating_sub(64)..start];
    let mut words = before.rsplit(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let name = words.next()?;
    let login = words.next()?.to_ascii_lowercase();
    let logs_in =
        [&b"login"[..], b"login:", b"user", b"user:", b"username", b"username:", b"account"].contains(&&login[..]);
    let at = end + bytes[end..].iter().take(4).take_while(|b| matches!(b, b' ' | b'\t' | b':')).count();
    let value = read(text, at, Join::Said).filter(|_| at > end)?;
    let candidate = judged(&text[value.span.clone()]);
    let look = Look::at(candidate);
    let filler = [&b"and"[..], b"or", b"with", b"your", b"the", b"plus", b"using", b"&", b"/", b"to"];
    let told = logs_in && !is_code(&look) && !filler.contains(&name) && candidate.len() >= 5 && is_password(&look);
    let lower = candidate.to_ascii_lowercase();
    (told && SAID.binary_search(&&*lower).is_err()).then_some(value.span)
}

/// Whether the keyword does not stand in the middle of a word: "pass" in "compass".
fn begins_word(bytes: &[u8], span: &Range<usize>) -> bool {
    let Some(before) = span.start.checked_sub(1).map(|at| bytes[at]) else { return true };
    !before.is_ascii_alphabetic() || before.is_ascii_lowercase() && bytes[span.start].is_ascii_uppercase()
}

/// Whether the word of the keyword goes on: "tokens", "TOKENIZER", "secretary".
fn continues(bytes: &[u8], span: &Range<usize>) -> bool {
    let last = bytes[span.end - 1];
    match bytes.get(span.end) {
        Some(next) if next.is_ascii_lowercase() => true,
        Some(next) if next.is_ascii_uppercase() => {
            // "APIKey" begins a new word, "TOKENS" does not.
            last.is_ascii_uppercase() && !bytes.get(span.end + 1).is_some_and(u8::is_ascii_lowercase)
        }
        _ => false,
    }
}

/// Whether the rest of a name says that it is not the secret: `_type`, `FilePath`.
fn is_aside(tail: &[u8]) -> bool {
    let word = last_word(tail);
    !word.is_empty() && ASIDE.binary_search(&&*word).is_ok()
}

/// Whether the word before the keyword says that all may see it: `public_key_token`, `csrf-token`.
fn is_public(bytes: &[u8], start: usize) -> bool {
    let from = name_start(bytes, start);
    let head = bytes[from..start].to_ascii_lowercase();
    PUBLIC.iter().any(|word| head.windows(word.len()).any(|part| part == word.as_bytes()))
}

/// The last word of a name, in lower case: "path" of `_filePath2`.
fn last_word(name: &[u8]) -> String {
    let end = name.iter().rposition(u8::is_ascii_alphabetic).map_or(0, |at| at + 1);
    let name = &name[..end];
    let mut start = end;
    while start > 0 && name[start - 1].is_ascii_alphabetic() {
        // A hump begins a word; so does nothing within a word in one case.
        let hump = start < end && name[start].is_ascii_uppercase() && name[start - 1].is_ascii_lowercase();
        if hump {
            break;
        }
        start -= 1;
    }
    String::from_utf8_lossy(&name[start..]).to_ascii_lowercase()
}
