//! E-mail addresses, found from their "@".

use super::after;
use std::ops::Range;

/// RFC 5321: the part before "@", in bytes.
const LOCAL_BYTES: usize = 64;
/// RFC 5321: the host, in bytes; three times that in UTF-8.
const HOST_BYTES: usize = 255 * 3;
/// RFC 1035: one label of a host, in characters.
const LABEL_CHARS: usize = 63;

/// The address around the "@" at `at`.
pub(in super::super) fn check(text: &str, at: Range<usize>) -> Option<Range<usize>> {
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
    (!repository && !method_call && !is_image_scale(host)).then_some(start..end)
}

fn local_start(text: &str, at: usize) -> Option<usize> {
    if text[..at].ends_with('"') {
        return quoted_start(text, at);
    }
    let mut start = at;
    for (index, c) in text[..at].char_indices().rev().take(LOCAL_BYTES + 1) {
        if !is_local(c) {
            break;
        }
        start = index;
    }
    let local = &text[start..at];
    let local = local[lead_in(local)..].trim_start_matches(['.', '\'', '-']);
    let plain = !local.is_empty() && local.len() <= LOCAL_BYTES * 3 && local.chars().count() <= LOCAL_BYTES;
    (plain && !local.ends_with('.')).then_some(at - local.len())
}

/// The length of what leads up to a local part and is hardly meant to be in it: a path, a query, a
/// quotation mark. The "=" of mailing lists ("list+ana=example.org@…") is kept.
fn lead_in(local: &str) -> usize {
    let leads = |(index, c): (usize, char)| match c {
        '=' => !local.contains('+'),
        '\'' => !local[..index].ends_with(char::is_alphanumeric),
        '.' => local[..index].ends_with('.'),
        _ => "!#$%&*/?^`{|}~".contains(c),
    };
    local.char_indices().rev().find(|found| leads(*found)).map_or(0, |(index, _)| index + 1)
}

/// The start of a quoted local part: `"ana silva"@example.org`.
fn quoted_start(text: &str, at: usize) -> Option<usize> {
    let inside = &text[..at - 1];
    let (start, _) = inside.char_indices().rev().take(LOCAL_BYTES).find(|(_, c)| matches!(c, '"' | '\n'))?;
    (inside[start..].starts_with('"') && start + 1 < inside.len()).then_some(start)
}

fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c) || is_letter_beyond_ascii(c)
}

/// Any character beyond ASCII but the common punctuation, symbols and pictures.
fn is_letter_beyond_ascii(c: char) -> bool {
    c >= '\u{C0}'
        && !matches!(c, '×' | '÷' | '\u{2000}'..='\u{2BFF}' | '\u{3000}'..='\u{303F}')
        && !matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE6F}' | '\u{FF00}'..='\u{FFFF}' | '\u{1F000}'..)
}

/// The host name at the start of `rest`: labels and dots, ending in a label without digits alone.
fn host(rest: &str) -> Option<&str> {
    let length = rest
        .char_indices()
        .take(HOST_BYTES)
        .find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-') || is_letter_beyond_ascii(*c)))
        .map_or(rest.len(), |(index, _)| index);
    let mut host = rest.get(..length.min(HOST_BYTES))?.trim_end_matches(['.', '-']);
    if let Some(double) = host.find("..") {
        host = &host[..double];
    }
    // Prose may follow without a space ("a@b.org.Then"): that is taken along, which hides more.
    loop {
        let (name, top) = host.rsplit_once('.')?;
        let letters = top.chars().count() >= 2 && !top.chars().any(|c| c.is_ascii_digit());
        if (letters || top.starts_with("xn--")) && !name.is_empty() {
            return host.split('.').all(is_label).then_some(host);
        }
        host = name;
    }
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.chars().count() <= LABEL_CHARS && !label.starts_with('-') && !label.ends_with('-')
}

/// The length of the IP address in `[192.0.2.1]` or `[IPv6:2001:db8::1]`, given what follows "[".
fn address_literal(literal: &str) -> Option<usize> {
    let length = literal.bytes().take(50).position(|b| b == b']')?;
    let inside = literal.get(..length)?;
    let address = inside.strip_prefix("IPv6:").unwrap_or(inside);
    address.parse::<std::net::IpAddr>().is_ok().then_some(length)
}

/// Pictures for sharper screens are named "icon@2x.png".
fn is_image_scale(host: &str) -> bool {
    host.strip_prefix(['1', '2', '3', '4']).is_some_and(|rest| rest.starts_with("x."))
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};

    fn address(text: &str) -> Option<&str> {
        found(Validator::Email, text, "@")
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
        assert_eq!(address("https://u:secret@db.example.org/x"), Some("secret@db.example.org"));
    }

    #[test]
    fn other_uses_of_the_sign_are_no_address() {
        for text in [
            "@app.route('/')",
            "meet @ noon.",
            "icon@2x.png",
            "react@18.2.0",
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
    fn a_local_part_of_more_than_64_characters_is_none() {
        assert!(address(&format!("{}@example.org", "a".repeat(64))).is_some());
        assert!(address(&format!("{}@example.org", "a".repeat(65))).is_none());
    }
}
