//! Hardware addresses: EUI-48 and EUI-64 in pairs, or in fours as routers write them.

use super::{is_all, is_word, line_before};
use std::ops::Range;

/// The address around the colon or the digits at `span`.
pub(super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if bytes[span.start] != b':' && !may_be(bytes, &span) {
        return None;
    }
    let at = if bytes[span.start] == b':' { span.start.checked_sub(1)? } else { span.start };
    let left = bytes[..at].iter().rev().take(4).take_while(|b| b.is_ascii_hexdigit()).count();
    let right = bytes[at..].iter().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
    let width = left + right;
    if !matches!(width, 2 | 4) || right == 0 {
        return None;
    }
    let group = at - left..at + right;
    let separator = separator(bytes, &group)?;
    if (separator == b':') != (bytes[span.start] == b':') || (separator == b'.') != (width == 4) {
        return None;
    }
    let (whole, groups) = grow(bytes, group, separator)?;
    let count = if width == 4 { matches!(groups, 3 | 4) } else { matches!(groups, 6 | 8) };
    (count && stands_apart(bytes, &whole, separator) && is_plausible(text, &whole, separator)).then_some(whole)
}

/// Whether what stands beside digits lets them be in an address; most numbers end here.
fn may_be(bytes: &[u8], digits: &Range<usize>) -> bool {
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    match bytes.get(digits.end) {
        Some(b'-' | b'.') => true,
        Some(b' ') if hex(digits.end + 1) && hex(digits.end + 2) => bytes.get(digits.end + 3) == Some(&b' '),
        _ => hex(digits.end) || hex(digits.start.wrapping_sub(1)),
    }
}

/// What separates the group at `group` from its neighbour.
fn separator(bytes: &[u8], group: &Range<usize>) -> Option<u8> {
    let separates = |byte: &u8| matches!(byte, b':' | b'-' | b'.' | b' ');
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let right = bytes.get(group.end).copied().filter(separates).filter(|_| hex(group.end + 1));
    right.or_else(|| bytes.get(group.start.wrapping_sub(1)).copied().filter(separates))
}

/// The groups of the same width around `group` and how many they are; none if they are too many.
fn grow(bytes: &[u8], group: Range<usize>, separator: u8) -> Option<(Range<usize>, usize)> {
    let step = group.len() + 1;
    let is_group = |at: usize| bytes.get(at..at + step - 1).is_some_and(|g| g.iter().all(u8::is_ascii_hexdigit));
    let (mut whole, mut groups) = (group, 1);
    while whole.start >= step && bytes[whole.start - 1] == separator && is_group(whole.start - step) {
        (whole.start, groups) = (whole.start - step, groups + 1);
        if groups > 8 {
            return None;
        }
    }
    while bytes.get(whole.end) == Some(&separator) && is_group(whole.end + 1) {
        (whole.end, groups) = (whole.end + step, groups + 1);
        if groups > 8 {
            return None;
        }
    }
    Some((whole, groups))
}

/// Whether neither a word nor another group goes on beside the address.
fn stands_apart(bytes: &[u8], whole: &Range<usize>, separator: u8) -> bool {
    let word = |at: usize| bytes.get(at).is_some_and(|b| is_word(char::from(*b)));
    let joins = |at: usize| bytes.get(at) == Some(&separator) && separator != b' ';
    let left = whole.start.wrapping_sub(1);
    // A number does not begin after a full stop.
    let stopped = bytes.get(left) == Some(&b'.');
    let goes_on = joins(left) && word(left.wrapping_sub(1)) || joins(whole.end) && word(whole.end + 1);
    !(goes_on || stopped || word(left) || word(whole.end))
}

/// No broadcast, no zeros; where it could be a date, a dump or a list, the text says what it is.
fn is_plausible(text: &str, whole: &Range<usize>, separator: u8) -> bool {
    let digits = text[whole.clone()].bytes().filter(u8::is_ascii_hexdigit);
    let (first, letters) = (text.as_bytes()[whole.start], digits.clone().filter(u8::is_ascii_alphabetic).count());
    // Tables of code points are in fours too.
    let enough = letters > if separator == b'.' { 2 } else { 0 };
    let one = digits.clone().all(|b| b == first) && matches!(first, b'0' | b'f' | b'F');
    let said = || {
        let line = line_before(text, whole.start, 48);
        is_all(text, whole.start, whole.end)
            || ["mac", "ethernet", "physical", "hardware", "hwaddr", "ether", "bluetooth", "wlan"]
                .iter()
                .any(|word| line.contains(word))
    };
    !one && ((enough && separator != b' ') || said())
}

#[cfg(test)]
mod tests {
    use super::super::Validator;

    fn first(text: &str) -> Option<&str> {
        let starts = text.char_indices().filter(|(_, c)| *c == ':' || c.is_ascii_digit());
        starts.filter_map(|(at, _)| Validator::Mac.check(text, at..at + 1)).map(|span| &text[span]).next()
    }

    #[test]
    fn addresses_are_found_in_their_usual_forms() {
        for (text, address) in [
            ("mac 3c:22:fb:9a:01:7e.", "3c:22:fb:9a:01:7e"),
            ("(3C-22-FB-9A-01-7E)", "3C-22-FB-9A-01-7E"),
            ("is 3c22.fb9a.017e up", "3c22.fb9a.017e"),
            ("3c:22:fb:ff:fe:9a:01:7e", "3c:22:fb:ff:fe:9a:01:7e"),
            ("MAC: 3C 22 FB 9A 01 7E", "3C 22 FB 9A 01 7E"),
            ("mac address 00:11:22:33:44:55", "00:11:22:33:44:55"),
            ("lladdr aa:bb:cc:dd:ee:0f", "aa:bb:cc:dd:ee:0f"),
        ] {
            assert_eq!(first(text), Some(address), "{text}");
        }
    }

    #[test]
    fn fingerprints_dumps_times_and_parts_are_none() {
        for text in [
            "SHA1 3c:22:fb:9a:01:7e:3c:22:fb:9a:01:7e:3c:22:fb:9a:01:7e:aa:bb",
            "bytes 48 65 6c 6c 6f 21",
            "at 10:20:30:40:50:60",
            "numbers 04-08-15-16-23-42",
            "ff:ff:ff:ff:ff:ff",
            "00:00:00:00:00:00",
            "3c:22:fb:9a:01",
            "3c:22:fb:9a:01:7e:zz",
            "x3c:22:fb:9a:01:7e",
            "2001.1234.5678 days",
            "[.20a0.001d.0008]",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }
}
