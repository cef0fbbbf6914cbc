//! IPv4 and IPv6 addresses, read around the digits or the colon where one may be.
//!
//! Addresses that can belong to somebody are kept apart from those that never do (loopback,
//! unspecified, broadcast, netmasks, multicast): these are found too, in prose, but a rule of their
//! own says that they do not count. In code and in URLs they stay, since without them it breaks.

use super::{after, before, is_all, is_word, line_before};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// The longest text of an IPv6 address, in bytes (RFC 4291 with an embedded IPv4 address).
const V6_BYTES: usize = 45;
/// The longest name of an interface after "%", in bytes.
const ZONE_BYTES: usize = 16;
/// How far before an address words are read that say what it is, in bytes.
const CONTEXT_BYTES: usize = 32;

/// The IPv4 address that begins with the digits at `span`, unless it is nobody's.
pub(super) fn check_v4(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    read_v4(text, span, false)
}

/// The IPv6 address around the colon at `span`, unless it is nobody's.
pub(super) fn check_v6(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let (address, span) = read_v6(text, span)?;
    (!is_nobodys(IpAddr::V6(address))).then_some(span)
}

/// The address at the digits or the colon at `span` if it is nobody's and stands in prose.
pub(super) fn check_special(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let span = match text.as_bytes()[span.start] {
        b':' => read_v6(text, span).filter(|(address, _)| is_nobodys(IpAddr::V6(*address)))?.1,
        _ => read_v4(text, span, true)?,
    };
    let in_prose = before(text, span.start).is_none_or(|c| matches!(c, ' ' | '\n' | '\t'))
        && after(text, span.end).is_none_or(|c| matches!(c, ' ' | '\n' | '\r' | '\t' | '.' | ',' | ';' | '!' | '?'));
    in_prose.then_some(span)
}

fn is_nobodys(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            // A netmask is ones, then zeros; the shortest that is used has eight ones.
            let ones = v4.to_bits().leading_ones();
            let mask = ones >= 8 && ones + v4.to_bits().trailing_zeros() >= 32;
            v4.octets()[0] == 0 || v4.is_loopback() || v4.is_multicast() || mask
        }
        IpAddr::V6(v6) => v6.to_bits() <= 0xffff || v6.is_multicast(),
    }
}

/// The IPv4 address that begins with the digits at `span`, if it is `nobodys` or not.
fn read_v4(text: &str, span: Range<usize>, nobodys: bool) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if span.len() > 3 || bytes.get(span.end) != Some(&b'.') {
        return None;
    }
    let run = bytes[span.start..].iter().take(17).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let mut octets = text[span.start..span.start + run].split('.').map(str::len);
    // The first four; a full stop or a fifth part may follow.
    let length = octets.by_ref().take(4).sum::<usize>() + 3;
    let end = span.start + length;
    let address: Ipv4Addr = text.get(span.start..end)?.parse().ok()?;
    if is_nobodys(IpAddr::V4(address)) != nobodys {
        return None;
    }
    let left = span.start.checked_sub(1).map(|at| bytes[at]);
    let joined = match left {
        Some(b'.' | b'-') => {
            span.start >= 2 && (is_word(char::from(bytes[span.start - 2])) || bytes[span.start - 2] == b'.')
        }
        Some(byte) => is_word(char::from(byte)),
        None => false,
    };
    // Object identifiers and versions of five parts begin with small numbers.
    let fifth = bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    if joined || after(text, end).is_some_and(is_word) || (fifth && address.octets()[0] < 100) {
        return None;
    }
    if is_release(text, span.start, end) {
        return None;
    }
    let port = bytes.get(end) == Some(&b':') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    let end = end + prefix_length(&text[end..]);
    let plain = match told(text, span.start) {
        Told::Version => false,
        Told::Address => true,
        Told::Nothing => port || !is_like_version(address) || is_all(text, span.start, end),
    };
    plain.then_some(span.start..end)
}

/// Whether a number is compared ("==1.2.3.4"), has a suffix ("-rc.1", "+build") or later ones ("and up").
fn is_release(text: &str, start: usize, end: usize) -> bool {
    const LATER: [&str; 8] =
        [" and later", " or later", " and newer", " or newer", " and up", " and above", " or above", " or higher"];
    let left = text[..start].trim_end_matches([' ', '"', '\'']);
    let rest = &text[end..];
    let suffix = rest.starts_with(['-', '+']) && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic());
    suffix
        || left.ends_with("==") && !left.ends_with("===")
        || left.ends_with(">=")
        || left.ends_with("<=")
        || left.ends_with(['~', '^'])
        || left.ends_with("~=")
        || LATER.iter().any(|words| rest.starts_with(words))
}

/// Small numbers, as in 1.2.3.4 and 4.12.0.1: few people have such an address, many things have
/// such a version or section.
fn is_like_version(address: Ipv4Addr) -> bool {
    let [first, second, third, fourth] = address.octets();
    let private = first == 10 || first == 127 || address.is_unspecified();
    let oid = first < 3 && second < 40;
    let release = first < 40 && second < 100 && third < 100 && fourth < 100;
    // Browsers are at 120.0.0.0; the build is the third number.
    let browser = second == 0 && (third == 0 || fourth == 0) && !matches!(first, 224..);
    !private && (oid || release || browser)
}

/// What the words before a number say that it is.
enum Told {
    Version,
    Address,
    Nothing,
}

fn told(text: &str, at: usize) -> Told {
    const VERSION: [&str; 24] = [
        "version",
        "versions",
        "ver",
        "release",
        "released",
        "build",
        "section",
        "sections",
        "chapter",
        "clause",
        "firmware",
        "oid",
        "upgrade",
        "upgraded",
        "update",
        "updated",
        "since",
        "v",
        "sec",
        "paragraph",
        "figure",
        "table",
        "revision",
        "appendix",
    ];
    const ADDRESS: [&str; 27] = [
        "ip",
        "ips",
        "ipv4",
        "address",
        "addresses",
        "adresse",
        "addr",
        "host",
        "hosts",
        "server",
        "ping",
        "from",
        "dns",
        "gateway",
        "resolver",
        "nameserver",
        "client",
        "proxy",
        "peer",
        "router",
        "subnet",
        "remote",
        "src",
        "dst",
        "http",
        "https",
        "ssh",
    ];
    let line = line_before(text, at, CONTEXT_BYTES);
    let line = line.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '§' && c != ')' && c != ']');
    let word = line.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if line.ends_with('§') || VERSION.contains(&word) || word.ends_with("version") {
        return Told::Version;
    }
    let near = line.rsplit(|c: char| !c.is_ascii_alphanumeric()).take(4);
    if near.clone().any(is_about_releases) {
        return Told::Version;
    }
    if near.into_iter().any(|word| ADDRESS.contains(&word)) { Told::Address } else { Told::Nothing }
}

fn is_about_releases(word: &str) -> bool {
    const WORDS: [&str; 20] = [
        "bump",
        "changed",
        "changelog",
        "changes",
        "chrome",
        "compatible",
        "deprecated",
        "deps",
        "firefox",
        "fixed",
        "install",
        "introduced",
        "package",
        "patch",
        "requires",
        "safari",
        "update",
        "upgrade",
        "upgrading",
        "v8",
    ];
    WORDS.binary_search(&word).is_ok() || word.starts_with("lib")
}

/// The longest run of what addresses are written with must be one address.
fn read_v6(text: &str, colon: Range<usize>) -> Option<(Ipv6Addr, Range<usize>)> {
    let bytes = text.as_bytes();
    let group = bytes[..colon.start].iter().rev().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
    let start = colon.start - group;
    let next = *bytes.get(colon.end)?;
    // Only the first colon of an address leads to it.
    if group > 4 || !(next == b':' || next.is_ascii_hexdigit()) || (group == 0 && next != b':') {
        return None;
    }
    if before(text, start).is_some_and(|c| is_word(c) || matches!(c, ':' | '.')) {
        return None;
    }
    let rest = &text[start..];
    let run = rest.bytes().take(V6_BYTES + 2).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
    let mut run = rest[..run].trim_end_matches('.');
    // A colon may end a phrase, as in "from 2001:db8::1: refused".
    if run.ends_with(':') && !run.ends_with("::") {
        run = &run[..run.len() - 1];
    }
    if run.bytes().filter(|b| *b == b':').take(2).count() < 2 {
        return None;
    }
    let address: Ipv6Addr = run.parse().ok()?;
    let end = start + run.len();
    if after(text, end).is_some_and(is_word) {
        return None;
    }
    let whole = end + zone(&text[end..]);
    let whole = whole + prefix_length(&text[whole..]);
    (is_plausible(text, start..end, whole)).then_some((address, start..whole))
}

/// Paths of programming languages ("a::b", "c::B0", "::"), slices ("[1::2]") and EUI-64
/// identifiers read as addresses too.
fn is_plausible(text: &str, run: Range<usize>, whole: usize) -> bool {
    let written = &text[run.clone()];
    let first = written.split(':').next().unwrap_or_default();
    if (1..4).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic()) && !written.contains('.') {
        return written.bytes().filter(|b| *b == b':').count() >= 5;
    }
    let pairs = written.split(':').all(|group| group.len() == 2);
    if written.contains('.') || whole > run.end || is_all(text, run.start, run.end) {
        let digits = written.bytes().any(|b| b.is_ascii_digit());
        return digits && !pairs && !text[run.start..].starts_with("::/");
    }
    let groups = written.split(':').filter(|group| !group.is_empty()).count();
    let longest = written.split(':').map(str::len).max().unwrap_or_default();
    let has_digit = written.bytes().any(|b| b.is_ascii_digit());
    // Global addresses begin with 2 or 3, local ones with f: four digits.
    let usual = first.len() == 4 && first.starts_with(['2', '3', 'f', 'F']);
    match groups {
        0 => false,
        1 | 2 => has_digit && (usual || (written == "::1" && before(text, run.start).is_none_or(|c| c == ' '))),
        _ => !pairs && has_digit && (longest >= 3 || groups >= 6),
    }
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
    let digits = rest.bytes().skip(1).take(4).take_while(u8::is_ascii_digit).count();
    let number = rest.starts_with('/') && (1..=3).contains(&digits);
    if number && !after(rest, digits + 1).is_some_and(|c| is_word(c) || c == '/') { digits + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::Validator;

    /// What is found in `text` from the digits or colon that first lead to something.
    fn first(validator: Validator, text: &str) -> Option<&str> {
        let starts = text.char_indices().filter(|(at, c)| match c {
            ':' => validator != Validator::Ipv42,
            '0'..='9' => validator != Validator::Ipv62 && !text[..*at].ends_with(|c: char| c.is_ascii_digit()),
            _ => false,
        });
        let ends = |at: usize| at + text[at..].bytes().take_while(u8::is_ascii_digit).count().max(1);
        starts.filter_map(|(at, _)| validator.check(text, at..ends(at))).map(|span| &text[span]).next()
    }

    #[test]
    fn four_octets_are_an_address() {
        for (text, address) in [
            ("from 10.0.0.1.", "10.0.0.1"),
            ("http://192.0.2.44:8080/", "192.0.2.44"),
            ("(203.0.113.9)", "203.0.113.9"),
            ("服务器192.0.2.1上", "192.0.2.1"),
            ("ip=8.8.8.8", "8.8.8.8"),
            ("the host at 4.4.8.8", "4.4.8.8"),
            ("net 198.51.100.0/24", "198.51.100.0/24"),
            ("1.1.1.1", "1.1.1.1"),
        ] {
            assert_eq!(first(Validator::Ipv42, text), Some(address), "{text}");
        }
    }

    #[test]
    fn versions_sections_and_longer_numbers_are_no_address() {
        for text in [
            "v1.2.3.4",
            "version 1.2.3.4",
            "AssemblyVersion(\"201.2.3.4\")",
            "FileVersion = 1.2.3.4",
            "see § 1.2.3.4 and 1.2.3.4",
            "lib-1.2.3.4.jar",
            "lib-192.2.3.4",
            "as in 1.3.6.1.4.1.311",
            "x1.2.3.4",
            "191.2.3.4a",
            "released 200.2.3.4",
            "Chrome/120.0.0.0 Safari",
            "log4net 2.0.12.0 and up",
            "300.1.1.1",
            "pip install foo==192.2.3.4",
            "192.2.3.4-rc.1",
            "fixed in 192.2.3.4",
            "bump V8 to 10.2.154.26",
            "192.168.1",
        ] {
            assert_eq!(first(Validator::Ipv42, text), None, "{text}");
        }
    }

    #[test]
    fn forms_of_rfc_4291_are_addresses() {
        for (text, address) in [
            ("ping 2001:db8::8a2e:370:7334.", "2001:db8::8a2e:370:7334"),
            ("[::ffff:192.0.2.1]:80", "::ffff:192.0.2.1"),
            ("fe80::1%eth0 up", "fe80::1%eth0"),
            ("from 2001:db8::1: refused", "2001:db8::1"),
            ("fe80::", "fe80::"),
            ("route 2001:db8::/32.", "2001:db8::/32"),
            ("at 2001:0db8:0000:0000:0000:ff00:0042:8329", "2001:0db8:0000:0000:0000:ff00:0042:8329"),
            ("1:2::8", "1:2::8"),
        ] {
            assert_eq!(first(Validator::Ipv62, text), Some(address), "{text}");
        }
    }

    #[test]
    fn paths_slices_times_and_hardware_ids_are_no_address() {
        for text in [
            "a::b",
            "c::B0",
            "x[1::2]",
            "x[::2, 1::3]",
            "::",
            "12:34:56",
            "00:1b:63:84:45:e6",
            "02:42:ac:ff:fe:11:00:02",
            "2001::db8::1",
            "bad::Face",
            "Vec::1",
            "fe80::1g",
            "ratio 1:2:3:4",
            "std::cafe::add",
        ] {
            assert_eq!(first(Validator::Ipv62, text), None, "{text}");
        }
    }

    #[test]
    fn addresses_of_nobody_are_found_apart_and_in_prose_only() {
        for (text, address) in [
            ("it listens on 127.0.0.1.", "127.0.0.1"),
            ("mask 255.255.255.0", "255.255.255.0"),
            ("any is 0.0.0.0, here", "0.0.0.0"),
            ("localhost is ::1", "::1"),
        ] {
            assert_eq!(first(Validator::IpSpecial2, text), Some(address), "{text}");
            assert_eq!(first(Validator::Ipv42, text).or(first(Validator::Ipv62, text)), None, "{text}");
        }
        for text in ["bind('127.0.0.1')", "http://127.0.0.1:80", "host=0.0.0.0", "it is 192.0.2.1", "x[::1]"] {
            assert_eq!(first(Validator::IpSpecial2, text), None, "{text}");
        }
    }
}
