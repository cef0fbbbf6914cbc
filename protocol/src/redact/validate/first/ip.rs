//! IPv4 and IPv6 addresses.

use super::{after, before, is_word, line_before};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// The longest text of an IPv6 address, in bytes (RFC 4291 with an embedded IPv4 address).
const V6_BYTES: usize = 45;
/// The longest name of an interface after "%", in bytes.
const ZONE_BYTES: usize = 16;

/// Four octets that stand alone and are not introduced as a version or a section.
pub(in super::super) fn check_v4(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    text[span.clone()].parse::<Ipv4Addr>().ok()?;
    let joined = |c: Option<char>| c.is_some_and(|c| is_word(c) || matches!(c, '.' | '-'));
    let mut left = text[..span.start].chars().rev();
    let mut right = text[span.end..].chars();
    let (left, further_left) = (left.next(), left.next());
    let (right, further_right) = (right.next(), right.next());
    let goes_on = (joined(left) && (left.is_some_and(is_word) || further_left.is_some_and(is_word)))
        || right.is_some_and(is_word)
        || (right == Some('.') && further_right.is_some_and(|c| c.is_ascii_digit()));
    (!goes_on && !is_version(text, span.start)).then(|| span.start..span.end + prefix_length(&text[span.end..]))
}

fn is_version(text: &str, at: usize) -> bool {
    const WORDS: [&str; 10] =
        ["version", "versions", "ver", "release", "build", "section", "chapter", "clause", "firmware", "oid"];
    let line = line_before(text, at, 32);
    let line = line.trim_end_matches([' ', '"', '\'', '=', ':', '(', '!', '>', '<', '~', '^', '`', '.']);
    let word = line.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    line.ends_with('§') || WORDS.contains(&word) || word.ends_with("version")
}

/// The longest run of what addresses are written with must be one address.
pub(in super::super) fn check_v6(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    if before(text, span.start).is_some_and(|c| is_word(c) || matches!(c, ':' | '.')) {
        return None;
    }
    let rest = &text[span.start..];
    let run = rest.bytes().take(V6_BYTES + 2).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
    let mut run = rest[..run].trim_end_matches('.');
    // A colon may end a phrase, as in "from 2001:db8::1: refused".
    if run.ends_with(':') && !run.ends_with("::") {
        run = &run[..run.len() - 1];
    }
    let address: Ipv6Addr = run.parse().ok()?;
    let end = span.start + run.len();
    if after(text, end).is_some_and(is_word) || !is_plausible(run, &address) {
        return None;
    }
    let end = end + zone(&text[end..]);
    Some(span.start..end + prefix_length(&text[end..]))
}

/// Paths of programming languages ("a::b", "c::B0", "::") and EUI-64 identifiers read as addresses too.
fn is_plausible(run: &str, address: &Ipv6Addr) -> bool {
    let groups = run.split(':').filter(|group| !group.is_empty()).count();
    let first = run.split(':').next().unwrap_or_default();
    let is_path = groups <= 2 && first.len() < 4 && first.starts_with(|c: char| c.is_ascii_alphabetic());
    let pairs = run.split(':').all(|group| group.len() == 2);
    let has_digit = run.bytes().any(|b| b.is_ascii_digit());
    !is_path && !pairs && (has_digit || (groups >= 4 && !address.is_unspecified()))
}

/// The length of "%eth0".
fn zone(rest: &str) -> usize {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'.';
    let name = |rest: &str| {
        let length = rest.bytes().take(ZONE_BYTES).take_while(is_name).count();
        rest[..length].trim_end_matches('.').len()
    };
    match rest.strip_prefix('%').map(name) {
        Some(length) if length > 0 => length + 1,
        _ => 0,
    }
}

/// The length of "/24".
fn prefix_length(rest: &str) -> usize {
    let digits = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
    let number = rest.starts_with('/') && (1..=3).contains(&digits);
    if number && !after(rest, digits + 1).is_some_and(|c| is_word(c) || c == '/') { digits + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};

    #[test]
    fn four_octets_are_an_address() {
        for text in ["from 10.0.0.1.", "http://192.0.2.44:8080/", "(203.0.113.9)", "服务器192.0.2.1上", "ip=8.8.8.8"]
        {
            let address = text.trim_matches(|c: char| !c.is_ascii_digit()).split(':').next().expect("one part");
            assert_eq!(found(Validator::Ipv4, text, address), Some(address), "{text}");
        }
    }

    #[test]
    fn versions_sections_and_longer_numbers_are_no_address() {
        for text in [
            "v1.2.3.4",
            "version 1.2.3.4",
            "AssemblyVersion(\"1.2.3.4\")",
            "FileVersion = 1.2.3.4",
            "see § 1.2.3.4",
            "lib-1.2.3.4.jar",
            "lib-1.2.3.4",
            "1.2.3.4.5",
            "x1.2.3.4",
            "1.2.3.4a",
            "OID 1.2.3.4",
        ] {
            assert_eq!(found(Validator::Ipv4, text, "1.2.3.4"), None, "{text}");
        }
        assert_eq!(found(Validator::Ipv4, "300.1.1.1", "300.1.1.1"), None);
    }

    #[test]
    fn forms_of_rfc_4291_are_addresses() {
        for (text, address) in [
            ("ping 2001:db8::8a2e:370:7334.", "2001:db8::8a2e:370:7334"),
            ("[::ffff:192.0.2.1]:80", "::ffff:192.0.2.1"),
            ("fe80::1%eth0 up", "fe80::1%eth0"),
            ("from 2001:db8::1: refused", "2001:db8::1"),
            ("::1", "::1"),
            ("fe80::", "fe80::"),
            ("route 2001:db8::/32.", "2001:db8::/32"),
            ("2001:0db8:0000:0000:0000:ff00:0042:8329", "2001:0db8:0000:0000:0000:ff00:0042:8329"),
        ] {
            let candidate = address.split(['%', '/']).next().expect("one part");
            assert_eq!(found(Validator::Ipv6, text, candidate), Some(address), "{text}");
        }
    }

    #[test]
    fn paths_times_and_hardware_ids_are_no_address() {
        for text in [
            "a::b",
            "c::B0",
            "::",
            "12:34:56",
            "00:1b:63:84:45:e6",
            "02:42:ac:ff:fe:11:00:02",
            "2001::db8::1",
            "bad::Face",
        ] {
            assert_eq!(found(Validator::Ipv6, text, text), None, "{text}");
        }
        assert_eq!(found(Validator::Ipv6, "Vec::1", "::1"), None);
        assert_eq!(found(Validator::Ipv6, "fe80::1g", "fe80::1"), None);
    }
}
