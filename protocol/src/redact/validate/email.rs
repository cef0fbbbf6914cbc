//! E-mail addresses, found from their "@" or from the word that is written in its place.

use super::{after, is_word};
use std::ops::Range;

/// RFC 5321: the part before "@", in bytes.
const LOCAL_BYTES: usize = 64;
/// RFC 5321: the host, in bytes; three times that in UTF-8.
const HOST_BYTES: usize = 255 * 3;
/// RFC 1035: one label of a host, in characters.
const LABEL_CHARS: usize = 63;
/// Ends of file names that are no top-level domains.
const FILES: [&str; 16] =
    ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "jsx", "tsx", "json", "html", "txt", "pdf", "tgz", "jar"];

/// The address around the "@" at `at`.
pub(super) fn check(text: &str, at: Range<usize>) -> Option<Range<usize>> {
    let start = local_start(text, at.start)?;
    let (host, end) = match text[at.end..].strip_prefix('[') {
        Some(literal) => ("", at.end + 2 + address_literal(literal)?),
        None => {
            let host = host(&text[at.end..])?;
            (host, at.end + host.len())
        }
    };
    let local = &text[start..at.start];
    let repository = matches!(local, "git" | "hg") && matches!(after(text, end), Some(':' | '/'));
    let method_call = after(text, end) == Some('(');
    (!repository && !method_call && !is_file(host)).then_some(start..end)
}

/// The address around the word at `at` that stands for "@": `ana [at] example [dot] org`. Without
/// brackets the dots must be words too.
pub(super) fn check_spoken(text: &str, at: Range<usize>) -> Option<Range<usize>> {
    let bracketed = !text[at.clone()].starts_with(' ');
    let mut end = at.end + text[at.end..].bytes().take(2).take_while(|b| *b == b' ').count();
    let (mut labels, mut spoken, mut last) = (0, false, "");
    for _ in 0..6 {
        let label =
            text[end..].bytes().take(LABEL_CHARS).take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        if label == 0 {
            return None;
        }
        last = &text[end..end + label];
        (labels, end) = (labels + 1, end + label);
        match dot(&text[end..], bracketed) {
            Some((length, word)) => (end, spoken) = (end + length, spoken || word),
            None => break,
        }
    }
    let top = last.len() >= 2 && last.len() <= 12 && last.bytes().all(|b| b.is_ascii_alphabetic());
    if labels < 2 || !top || !(bracketed || spoken) || after(text, end).is_some_and(is_word) {
        return None;
    }
    let before = text[..at.start].trim_end_matches(' ');
    let start = local_start(before, before.len())?;
    let common = !bracketed && is_common(&before[start..]);
    (at.start - before.len() <= 2 && !common && !before[..start].ends_with('@')).then_some(start..end)
}

/// The length of the dot that `rest` begins with, and whether it is a word.
fn dot(rest: &str, bracketed: bool) -> Option<(usize, bool)> {
    const WORDS: [&str; 8] = ["[dot]", "(dot)", "{dot}", "<dot>", "[.]", "(.)", "[punkt]", "[punto]"];
    const BARE: [&str; 4] = ["dot ", "punto ", "ponto ", "punkt "];
    let spaces = rest.bytes().take(2).take_while(|b| *b == b' ').count();
    let word = |words: &[&str]| {
        let begins = |word: &&&str| {
            rest.as_bytes()[spaces..].get(..word.len()).is_some_and(|r| r.eq_ignore_ascii_case(word.as_bytes()))
        };
        words.iter().find(begins).map(|word| spaces + word.len())
    };
    if let Some(length) = word(&WORDS) {
        let more = rest[length..].bytes().take(2).take_while(|b| *b == b' ').count();
        return Some((length + more, true));
    }
    if spaces == 1
        && let Some(length) = word(&BARE)
    {
        return Some((length, true));
    }
    (bracketed && rest.starts_with('.') && rest[1..].starts_with(|c: char| c.is_ascii_alphanumeric()))
        .then_some((1, false))
}

/// Words that stand before "at" in a sentence, as in "look at example dot org".
fn is_common(local: &str) -> bool {
    const WORDS: [&str; 44] = [
        "am",
        "and",
        "are",
        "available",
        "be",
        "been",
        "bought",
        "buy",
        "check",
        "found",
        "here",
        "him",
        "hosted",
        "is",
        "it",
        "job",
        "join",
        "live",
        "look",
        "looked",
        "looking",
        "me",
        "meet",
        "more",
        "much",
        "not",
        "now",
        "online",
        "or",
        "order",
        "out",
        "page",
        "see",
        "shop",
        "site",
        "store",
        "that",
        "them",
        "there",
        "us",
        "visit",
        "was",
        "work",
        "works",
    ];
    WORDS.binary_search(&&*local.to_ascii_lowercase()).is_ok()
}

fn local_start(text: &str, at: usize) -> Option<usize> {
    if text[..at].ends_with('"') {
        return quoted_start(text, at);
    }
    let start = run_start(text, at);
    let local = &text[start..at];
    let local = local[lead_in(local)..].trim_start_matches(['.', '\'', '-']);
    let plain = !local.is_empty() && local.len() <= LOCAL_BYTES * 3 && has_at_most(local, LOCAL_BYTES);
    (plain && !local.ends_with('.')).then_some(at - local.len())
}

/// Where the characters of a local part begin that end at `at`, at most one more than it may have.
fn run_start(text: &str, at: usize) -> usize {
    let is_local = |c: char| {
        let sign = || {
            matches!(c, '.' | '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '/' | '=' | '?' | '^')
                || matches!(c, '_' | '`' | '{' | '|' | '}' | '~' | '-')
        };
        c.is_ascii_alphanumeric() || sign() || is_letter_beyond_ascii(c)
    };
    let mut start = at;
    for byte in text.as_bytes()[..at].iter().rev().take(LOCAL_BYTES + 1) {
        if !byte.is_ascii() {
            // Then whole characters count.
            let before = text[..at].char_indices().rev().take(LOCAL_BYTES + 1);
            return before.take_while(|(_, c)| is_local(*c)).last().map_or(at, |(index, _)| index);
        }
        if !is_local(char::from(*byte)) {
            break;
        }
        start -= 1;
    }
    start
}

/// Whether a text has at most so many characters.
fn has_at_most(text: &str, most: usize) -> bool {
    text.len() <= most || text.chars().count() <= most
}

/// The length of what leads up to a local part and is hardly meant to be in it: a path, a query, a
/// quotation mark. The "=" of mailing lists ("list+ana=example.org@…") is kept.
fn lead_in(local: &str) -> usize {
    let leads = |(index, c): (usize, char)| match c {
        '=' => !local.contains('+'),
        '\'' => !local[..index].ends_with(|c: char| c.is_ascii_alphanumeric() || is_letter_beyond_ascii(c)),
        '.' => local[..index].ends_with('.'),
        _ => matches!(c, '!' | '#' | '$' | '%' | '&' | '*' | '/' | '?' | '^' | '`' | '{' | '|' | '}' | '~'),
    };
    local.char_indices().rev().find(|found| leads(*found)).map_or(0, |(index, _)| index + 1)
}

/// The start of a quoted local part: `"ana silva"@example.org`.
fn quoted_start(text: &str, at: usize) -> Option<usize> {
    let inside = &text[..at - 1];
    let (start, _) = inside.char_indices().rev().take(LOCAL_BYTES).find(|(_, c)| matches!(c, '"' | '\n'))?;
    (inside[start..].starts_with('"') && start + 1 < inside.len()).then_some(start)
}

/// Any character beyond ASCII but the common punctuation, symbols and pictures.
fn is_letter_beyond_ascii(c: char) -> bool {
    c >= '\u{C0}'
        && !matches!(c, '×' | '÷' | '\u{2000}'..='\u{2BFF}' | '\u{3000}'..='\u{303F}')
        && !matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE6F}' | '\u{FF00}'..='\u{FFFF}' | '\u{1F000}'..)
}

/// The host name at the start of `rest`: labels and dots, ending in a label without digits alone.
fn host(rest: &str) -> Option<&str> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let mut length = rest.as_bytes().iter().take(HOST_BYTES).take_while(|byte| plain(byte)).count();
    if rest.as_bytes().get(length).is_some_and(|byte| !byte.is_ascii()) {
        length = rest
            .char_indices()
            .take(HOST_BYTES)
            .find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-') || is_letter_beyond_ascii(*c)))
            .map_or(rest.len(), |(index, _)| index);
    }
    let mut host = rest.get(..length.min(HOST_BYTES))?.trim_end_matches(['.', '-']);
    if let Some(double) = host.as_bytes().windows(2).position(|two| two == b"..") {
        host = &host[..double];
    }
    // Prose may follow without a space ("a@b.org.Then"): that is taken along, which hides more.
    loop {
        let (name, top) = host.rsplit_once('.')?;
        let letters = !has_at_most(top, 1) && !top.bytes().any(|byte| byte.is_ascii_digit());
        if (letters || top.starts_with("xn--")) && !name.is_empty() {
            return host.split('.').all(is_label).then_some(host);
        }
        host = name;
    }
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && has_at_most(label, LABEL_CHARS) && !label.starts_with('-') && !label.ends_with('-')
}

/// The length of the IP address in `[192.0.2.1]` or `[IPv6:2001:db8::1]`, given what follows "[".
fn address_literal(literal: &str) -> Option<usize> {
    let length = literal.bytes().take(50).position(|b| b == b']')?;
    let inside = literal.get(..length)?;
    let address = inside.strip_prefix("IPv6:").unwrap_or(inside);
    address.parse::<std::net::IpAddr>().is_ok().then_some(length)
}

/// Files and packages: "icon@2x.png", "pkg@1.2.3.tgz".
fn is_file(host: &str) -> bool {
    let mut labels = host.split('.');
    let digits = |label: Option<&str>| label.is_some_and(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_digit()));
    let scale = host.starts_with(['1', '2', '3', '4']) && host[1..].starts_with("x.");
    let version = digits(labels.next()) && digits(labels.next());
    scale || version || host.rsplit_once('.').is_some_and(|(_, top)| FILES.contains(&top))
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};

    fn address(text: &str) -> Option<&str> {
        found(Validator::Email2, text, "@")
    }

    fn spoken<'a>(text: &'a str, at: &str) -> Option<&'a str> {
        found(Validator::EmailSpoken2, text, at)
    }

    #[test]
    fn addresses_are_found_in_what_surrounds_them() {
        assert_eq!(address("(ana.silva+x@mail.example.org)."), Some("ana.silva+x@mail.example.org"));
        assert_eq!(address("mailto:o'neil@example.co.uk?subject=x"), Some("o'neil@example.co.uk"));
        assert_eq!(address("to='ana@example.org'"), Some("ana@example.org"));
        assert_eq!(address("?mail=ana@example.org&x=1"), Some("ana@example.org"));
        assert_eq!(address("list+ana=home.org@example.org"), Some("list+ana=home.org@example.org"));
        assert_eq!(address("hans@müller.example, jetzt"), Some("hans@müller.example"));
        assert_eq!(address("我的邮箱，李雷@例子.广告。"), Some("李雷@例子.广告"));
        assert_eq!(address("a@xn--d1acufc.xn--p1ai!"), Some("a@xn--d1acufc.xn--p1ai"));
        assert_eq!(address("\"ana silva\"@example.org"), Some("\"ana silva\"@example.org"));
        assert_eq!(address("root@[192.0.2.7]:"), Some("root@[192.0.2.7]"));
        assert_eq!(address("see ana@example.org..."), Some("ana@example.org"));
        assert_eq!(address("shop@1234.example"), Some("shop@1234.example"));
    }

    #[test]
    fn other_uses_of_the_sign_are_no_address() {
        for text in [
            "@app.route('/')",
            "meet @ noon.",
            "icon@2x.png",
            "hero@dark.svg",
            "react@18.2.0",
            "left-pad@1.3.0.tgz",
            "a @ b.T",
            "git@github.com:x/y.git",
            "user@localhost",
            "info@example.",
            "x@y.mean()",
            "lead.@example.org",
            "@",
            "..@example.org",
            "a@.org",
            "5@3.14",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn words_may_stand_for_the_signs() {
        assert_eq!(spoken("write ana at example dot org please", " at "), Some("ana at example dot org"));
        assert_eq!(
            spoken("ana.b [at] example [dot] co [dot] uk!", "[at]"),
            Some("ana.b [at] example [dot] co [dot] uk")
        );
        assert_eq!(spoken("ana(at)example.org.", "(at)"), Some("ana(at)example.org"));
        assert_eq!(spoken("ana arroba ejemplo punto es", " arroba "), Some("ana arroba ejemplo punto es"));
        assert_eq!(spoken("ANA AT EXAMPLE DOT ORG", " AT "), Some("ANA AT EXAMPLE DOT ORG"));
        for text in ["look at example dot org", "he is at home dot matrix", "ana at example.org", "ana at home"] {
            assert_eq!(spoken(text, " at "), None, "{text}");
        }
        assert_eq!(spoken("v[at].x", "[at]"), None);
    }

    #[test]
    fn a_local_part_of_more_than_64_characters_is_none() {
        assert!(address(&format!("{}@example.org", "a".repeat(64))).is_some());
        assert!(address(&format!("{}@example.org", "a".repeat(65))).is_none());
    }
}
