//! Telephone numbers: E.164, international and national, as people write them.
//!
//! A number with its calling code is judged by the numbering plan. A national number names no
//! country, so it is judged by its form: a form that little else has is enough if some plan has
//! such a number, any other form needs a word beside it that speaks of telephones.

mod cue;
mod form;
mod groups;
mod plan;
mod same;

use groups::{Gap, Groups};
use plan::Verdict;
pub(in crate::redact) use same::same;
use std::ops::Range;

/// How far to the left a cluster of digits is followed, in bytes.
const CLUSTER: usize = 40;
/// Shorter numbers are seldom in use and look like too much else.
const FEWEST_DIGITS: usize = 7;
/// Digits of an extension.
const EXTENSION_DIGITS: usize = 7;

/// The telephone number that begins with the run of digits at `span`, with its plus sign,
/// parentheses and extension; none if these digits are something else, or are within a number
/// that began earlier. `text` is normalised.
pub(super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let found = number(bytes, span.start)?;
    let earlier = cluster_before(bytes, found.start);
    let inside =
        earlier.into_iter().flatten().any(|start| number(bytes, start).is_some_and(|other| other.end > found.start));
    (!inside).then_some(found)
}

/// The number whose first digit is at `start`, whatever comes before it in the same cluster.
fn number(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let lead = Lead::of(bytes, start)?;
    let mut groups = Groups::none();
    let lead = lead.matched(bytes, start, &mut groups);
    let accepted = match lead.plus {
        true => international(bytes, &groups, &lead),
        false => national(bytes, &groups, &lead),
    }?;
    let last = groups.all().get(accepted - 1)?;
    let end = last.end + usize::from(last.open);
    Some(lead.start..extension(bytes, end).unwrap_or(end))
}

/// What stands directly before the first digit.
struct Lead {
    /// Where the number begins: at its digit, plus sign or parenthesis.
    start: usize,
    plus: bool,
    /// Whether a parenthesis stands open before the first digit.
    open: bool,
    edge: Edge,
}

/// What a number begins after.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// A space, a quotation mark, the beginning of the text and the like.
    Free,
    /// The end of a word, as far as a plus sign or parenthesis may follow one.
    Word,
    /// Other digits, with a space or a comma between.
    Digits,
    /// A word and a hyphen.
    Hyphen,
}

impl Lead {
    fn of(bytes: &[u8], digit: usize) -> Option<Lead> {
        let mut lead = Lead { start: digit, plus: false, open: false, edge: Edge::Free };
        while let Some(before) = lead.start.checked_sub(1) {
            match bytes[before] {
                b'(' if !lead.open => lead.open = true,
                b'+' => lead.plus = true,
                _ => break,
            }
            lead.start = before;
        }
        let Some(before) = lead.start.checked_sub(1).map(|before| bytes[before]) else { return Some(lead) };
        let further = lead.start.checked_sub(2).map(|further| bytes[further]);
        let after_digit = further.is_some_and(|byte| byte.is_ascii_digit());
        lead.edge = match before {
            b'0'..=b'9' | b'_' | b'$' | b'#' | b'%' | b'@' | b'\\' | b'^' | b'~' | b'*' => return None,
            b'a'..=b'z' | b'A'..=b'Z' => Edge::Word,
            b'.' | b'-' | b'/' | b':' | b')' if after_digit => return None,
            // A range, as between the hashes of a change.
            b'.' if further == Some(b'.') => return None,
            b'-' if further.is_some_and(|byte| byte.is_ascii_alphabetic()) => Edge::Hyphen,
            b'-' if !lead.plus && !lead.open => return None,
            b'/' if !lead.plus && !bytes[..lead.start].ends_with(b"wa.me/") => return None,
            b',' if after_digit => Edge::Digits,
            b' ' if after_spaces(&bytes[..lead.start]).is_some_and(|byte| byte.is_ascii_digit()) => Edge::Digits,
            0x80.. if is_letter_or_money(&bytes[..lead.start]) => Edge::Word,
            _ => Edge::Free,
        };
        (lead.edge != Edge::Word || lead.plus || lead.open).then_some(lead)
    }

    /// Reads the groups that follow; a parenthesis that stands around the whole number, or that is
    /// never closed, is left out.
    fn matched(mut self, bytes: &[u8], digit: usize, groups: &mut Groups) -> Lead {
        groups.read(bytes, digit, self.open);
        if self.open && !groups.all().iter().take(3).any(|group| group.gap == Gap::Close) {
            self.open = false;
            self.start += 1;
            groups.read(bytes, digit, false);
        }
        self
    }
}

/// How many groups from the first make a number that begins with a calling code.
fn international(bytes: &[u8], groups: &Groups, lead: &Lead) -> Option<usize> {
    let ends = || (1..=groups.all().len()).rev().filter(|count| ends_here(bytes, groups, *count));
    let judged = |count| plan::international(groups.digits(count));
    if let Some(count) = ends().find(|count| judged(*count) == Verdict::Valid) {
        return Some(count);
    }
    // A line that was added, in a list of changes, begins with a plus sign too.
    let lone = bytes[..lead.start].last() != Some(&b'\n');
    let whole = groups.all().len();
    let said = || cue::speaks_for(bytes, lead.start, groups.all()[whole - 1].end);
    // Plans change: a number that is written like one, with a plus sign, is better hidden.
    let likely = |count: &usize| {
        let digits = groups.digits(*count).len();
        (8..=15).contains(&digits)
            && !form::is_signed(groups, *count)
            && match judged(*count) {
                Verdict::Possible => *count > 1 || (lone && digits > 8),
                Verdict::Length if *count == whole && (whole > 2 || (lone && digits > 10)) => true,
                _ => *count == whole && said(),
            }
    };
    ends().find(likely).filter(|_| lead.edge == Edge::Free)
}

/// How many groups from the first make a number without a plus sign.
fn national(bytes: &[u8], groups: &Groups, lead: &Lead) -> Option<usize> {
    if groups.digits(groups.all().len()).len() < FEWEST_DIGITS {
        return None;
    }
    let whole = groups.all().len();
    let end = |count: usize| groups.all()[count - 1].end;
    let in_code = lead.edge == Edge::Digits || (whole == 1 && is_value_in_code(bytes, lead.start));
    let distinctive = |count: &usize| {
        if !form::DISTINCTIVE_DIGITS.contains(&groups.digits(*count).len()) || !ends_here(bytes, groups, *count) {
            return false;
        }
        let crowded = || in_code || is_dump(bytes, groups, lead.start, *count) || in_row(bytes, end(*count));
        form::is_distinctive(groups, *count, lead.open, crowded)
    };
    if let Some(count) = (1..=whole).rev().find(distinctive) {
        let unheard = lead.edge != Edge::Hyphen || cue::speaks_for(bytes, lead.start, end(count));
        return (unheard && !cue::speaks_against(bytes, lead.start, end(count))).then_some(count);
    }
    if lead.edge != Edge::Free || !ends_here(bytes, groups, whole) || !form::is_plausible(groups, whole) {
        return None;
    }
    let alone = || is_whole_text(bytes, lead.start, end(whole)) && form::stands_alone(groups);
    let accepted = !cue::speaks_against(bytes, lead.start, end(whole))
        && (cue::speaks_for(bytes, lead.start, end(whole)) || alone());
    accepted.then_some(whole)
}

/// Whether a signed number follows, as in a row of a table.
fn in_row(bytes: &[u8], end: usize) -> bool {
    matches!(bytes.get(end..end + 3), Some([b' ' | b'\t', b'-', digit]) if digit.is_ascii_digit())
}

/// Whether a number can end after so many groups.
fn ends_here(bytes: &[u8], groups: &Groups, count: usize) -> bool {
    let all = groups.all();
    let group = all[count - 1];
    if let Some(next) = all.get(count) {
        return next.spaced && !group.open;
    }
    if groups.overflows || (group.open && bytes.get(group.end) != Some(&b')')) {
        return false;
    }
    let end = group.end + usize::from(group.open);
    let rest = &bytes[end..];
    let further = rest.get(1).copied().unwrap_or(b' ');
    match rest.first() {
        None => true,
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'#') => extension(bytes, end).is_some(),
        Some(b'$' | b'%' | b'@' | b'^' | b'=') => false,
        Some(b'+' | b':' | b'*') => !further.is_ascii_digit(),
        Some(b'-' | b'/') => !further.is_ascii_alphanumeric(),
        Some(b'.') => !further.is_ascii_digit() && !further.is_ascii_lowercase(),
        Some(0x80..) => !starts_letter_or_money(rest),
        _ => true,
    }
}

/// Where an extension ends that follows a number: "ext. 12", "x12", "#12".
fn extension(bytes: &[u8], end: usize) -> Option<usize> {
    const WORDS: [&[u8]; 17] = [
        b";ext=",
        b"extension",
        b"extn",
        b"ext",
        b"xx",
        b"x",
        b"#",
        b"~",
        b"interno",
        b"int",
        b"anexo",
        b"ramal",
        b"poste",
        b"apparat",
        b"durchwahl",
        b"dw",
        "доб".as_bytes(),
    ];
    let skip = |at: usize, set: fn(u8) -> bool| at + bytes[at..].iter().take(3).take_while(|byte| set(**byte)).count();
    let at = skip(end, |byte| matches!(byte, b' ' | b','));
    // With which bytes the words begin.
    let begins = |byte: u8| {
        matches!(byte.to_ascii_lowercase(), b';' | b'e' | b'x' | b'#' | b'~' | b'i' | b'a' | b'r' | b'p' | b'd' | 0xd0)
    };
    if !bytes.get(at).is_some_and(|byte| begins(*byte)) {
        return None;
    }
    let word = WORDS
        .into_iter()
        .find(|word| bytes.get(at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)))?;
    let from = skip(at + word.len(), |byte| matches!(byte, b' ' | b'.' | b':'));
    let digits = bytes[from..].iter().take(EXTENSION_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let next = bytes.get(from + digits).copied().unwrap_or(b' ');
    ((1..=EXTENSION_DIGITS).contains(&digits) && !next.is_ascii_alphanumeric() && next != b'_').then_some(from + digits)
}

/// The beginnings of earlier runs of digits in the cluster that reaches to `start`.
fn cluster_before(bytes: &[u8], start: usize) -> [Option<usize>; 8] {
    let mut starts = [None; 8];
    let from = start.saturating_sub(CLUSTER);
    let joined = |byte: &u8| byte.is_ascii_digit() || *byte == b'+' || groups::joins(*byte);
    let cluster = bytes[from..start].iter().rev().take_while(|byte| joined(byte)).count();
    let mut places = starts.iter_mut();
    for at in start - cluster..start {
        let begins =
            bytes[at].is_ascii_digit() && !at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_digit());
        if begins && let Some(place) = places.next() {
            *place = Some(at);
        }
    }
    starts
}

/// Whether the last thing before a number is a sign that code has before a value.
fn is_value_in_code(bytes: &[u8], start: usize) -> bool {
    let nothing = bytes[..start].iter().rev().take(3).take_while(|byte| b" \"'".contains(byte)).count();
    match bytes[..start - nothing].last() {
        Some(b'=' | b'<' | b'>' | b'*' | b'|' | b'[' | b']' | b'{') => true,
        Some(b'(') => nothing > 0,
        _ => false,
    }
}

/// Whether pairs of digits stand beside a pair of hexadecimal digits.
fn is_dump(bytes: &[u8], groups: &Groups, start: usize, count: usize) -> bool {
    let all = &groups.all()[..count];
    let pair = |bytes: Option<&[u8]>| {
        bytes.is_some_and(|bytes| matches!(bytes, [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
    };
    let free = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let end = all[count - 1].end;
    let before = start >= 3 && bytes[start - 1] == b' ' && pair(bytes.get(start - 3..start - 1));
    let after = bytes.get(end) == Some(&b' ') && pair(bytes.get(end + 1..end + 3)) && free(bytes.get(end + 3));
    all.iter().all(|group| group.len == 2) && (after || before && free(start.checked_sub(4).map(|at| &bytes[at])))
}

/// The byte before the spaces, at most three, that a text ends with.
fn after_spaces(before: &[u8]) -> Option<u8> {
    before.iter().rev().take(4).find(|byte| **byte != b' ').copied()
}

/// Whether there is nothing beside the number but a little white space.
fn is_whole_text(bytes: &[u8], start: usize, end: usize) -> bool {
    let blank = |beside: &[u8]| beside.len() <= 16 && beside.trim_ascii().is_empty();
    blank(&bytes[..start]) && blank(&bytes[end..])
}

/// Letters of alphabets that put spaces between words, and signs of money: a number goes on
/// neither from them nor into them. Chinese and its neighbours put numbers right beside words.
fn is_letter_or_money(before: &[u8]) -> bool {
    let from = before.iter().rposition(|byte| !(0x80..0xC0).contains(byte)).unwrap_or(0);
    starts_letter_or_money(&before[from..])
}

fn starts_letter_or_money(bytes: &[u8]) -> bool {
    match bytes {
        // £ and ¥ are U+00A3 and U+00A5; letters of Latin, Greek and Cyrillic go up to U+052F.
        [0xC2, sign, ..] => matches!(sign, 0xA2..=0xA5 | 0xB0 | 0xB5),
        [0xC3..=0xD4, ..] => true,
        // Signs of currency, U+20A0 to U+20CF.
        [0xE2, 0x82, 0xA0..=0xBF, ..] | [0xE2, 0x83, 0x80..=0x8F, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
