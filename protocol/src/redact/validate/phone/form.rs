//! Forms of national numbers.

use super::groups::{Gap, Group, Groups};
use super::plan;
use std::ops::RangeInclusive;

/// Forms with which a country writes numbers, that little else is written in: lengths of the
/// groups, calling code, the gap before the last group.
const FORMS: [(&[usize], usize, Gap); 10] = [
    (&[3, 3, 3], 34, Gap::Space),
    (&[3, 3, 3], 351, Gap::Space),
    (&[2, 5, 4], 55, Gap::Dash),
    (&[2, 4, 4], 55, Gap::Dash),
    (&[3, 2, 2, 2], 34, Gap::Space),
    (&[3, 3, 2, 2], 90, Gap::Space),
    (&[3, 3, 2, 2], 7, Gap::Dash),
    (&[3, 4, 4], 86, Gap::Space),
    (&[3, 4, 4], 86, Gap::Dash),
    (&[5, 5], 91, Gap::Space),
];

/// Digits of a number that its form alone can tell.
pub(super) const DISTINCTIVE_DIGITS: RangeInclusive<usize> = 8..=16;

/// Whether the first `count` groups are a telephone number by their form alone. `open` if a
/// parenthesis stands before them; `crowded` says if other digits do.
pub(super) fn is_distinctive(groups: &Groups, count: usize, open: bool, crowded: impl Fn() -> bool) -> bool {
    let (all, digits) = (&groups.all()[..count], groups.digits(count));
    if !DISTINCTIVE_DIGITS.contains(&digits.len()) || is_something_else(all, digits) {
        return false;
    }
    // A small number may follow; more groups of digits make a table.
    let crowded = groups.overflows || groups.digits(groups.all().len()).len() > digits.len() + 2 || crowded();
    is_north_american(all, digits, open, crowded)
        || (!crowded
            && (is_bare(all, digits) || is_in_form_of_country(all, digits) || is_trunk_zero(all, digits, open)))
        || is_area_in_parentheses(all, digits, open)
        || (!crowded && is_dialled_abroad(all, digits))
}

/// Whether the first `count` groups could be a telephone number if a word says that they are.
pub(super) fn is_plausible(groups: &Groups, count: usize) -> bool {
    let (all, digits) = (&groups.all()[..count], groups.digits(count));
    let single = all.iter().filter(|group| group.len == 1).count();
    let split = all.get(1).map_or(Gap::Start, |group| group.gap);
    let lengths = [0, 1].map(|index| all.get(index).map_or(0, |group| group.len));
    let decimal = split == Gap::Dot && (all.len() == 2 || lengths[0] == 1) && !matches!(lengths, [3 | 4, 4]);
    let spelled = single + 2 >= all.len() && digits.len() >= 9;
    (7..=13).contains(&digits.len())
        && (all.len() <= 6 && single <= 2 || spelled)
        && !decimal
        && !is_something_else(all, digits)
        && !(all.len() == 1 && is_compact_date(digits))
        && !(digits.len() == 13 && all.len() == 1 && digits[0] == b'1')
}

/// Without any separator: a leading 0 and nine or ten digits, or a Chinese mobile.
fn is_bare(all: &[Group], digits: &[u8]) -> bool {
    all.len() == 1
        && match digits {
            [b'0', b'1'..=b'9', ..] => {
                (10..=11).contains(&digits.len()) && small_bytes(digits) < 3 && plan::follows_trunk_zero(&digits[1..])
            }
            [b'1', ..] => digits.len() == 11 && plan::is_national(86, digits),
            _ => false,
        }
}

/// Whether a number that is a whole text is a telephone number: nothing else says what it is.
pub(super) fn stands_alone(groups: &Groups) -> bool {
    let digits = groups.digits(groups.all().len());
    match digits {
        // Eight are a date or an article's number (EAN-8).
        [b'0', national @ ..] => matches!(digits.len(), 7 | 9..=11) && plan::follows_trunk_zero(national),
        _ if groups.all().len() > 1 => false,
        [b'2'..=b'9', ..] if digits.len() == 10 => {
            is_area_and_exchange(digits) || LEADING.iter().any(|code| plan::is_national(*code, digits))
        }
        _ => digits.len() == 11 && plan::is_national(86, digits),
    }
}

/// Calling codes where people write ten digits without a leading 0.
const LEADING: [usize; 2] = [90, 91];

/// NPA-NXX-XXXX in its spellings, perhaps after a 1.
fn is_north_american(all: &[Group], digits: &[u8], open: bool, crowded: bool) -> bool {
    let ten = match digits {
        [b'1', ten @ ..] if ten.len() == 10 => ten,
        _ if digits.len() == 10 => digits,
        _ => return false,
    };
    let country = digits.len() == 11;
    let groups = if country && all[0].len == 1 { &all[1..] } else { all };
    let lengths = [0, 1, 2].map(|index| groups.get(index).map_or(0, |group| group.len));
    let area = open || groups.first().is_some_and(|group| group.gap == Gap::Open);
    let dashed = groups.iter().skip(1).any(|group| group.gap == Gap::Dash);
    let dotted = groups.iter().skip(1).all(|group| group.gap == Gap::Dot);
    let spaced = groups.iter().skip(1).all(|group| group.gap == Gap::Space);
    let known = || plan::is_national(1, ten);
    // With hyphens even an area that does not exist is meant as one.
    let in_use = is_area_and_exchange(ten) || (dashed && ten[0] != b'0');
    if groups.len() > 3 || groups.iter().skip(1).any(|group| group.gap == Gap::Open) || !in_use {
        return false;
    }
    match lengths {
        [3, 3, 4] => area || dashed || (!crowded && (dotted || spaced && known())),
        [3, 7, 0] => area || dashed,
        [4, 4, 3] => country && area && known(),
        _ => false,
    }
}

/// Neither an area nor an exchange begins with 0 or 1.
fn is_area_and_exchange(ten: &[u8]) -> bool {
    ten.len() == 10 && ten[0] >= b'2' && ten[3] >= b'2'
}

fn is_in_form_of_country(all: &[Group], digits: &[u8]) -> bool {
    // Russians dial 8 before the area.
    let (all, digits) = match (all, digits) {
        ([first, rest @ ..], [b'8', national @ ..]) if first.len == 1 && rest.len() == 4 => (rest, national),
        _ => (all, digits),
    };
    let same = |lengths: &[usize]| {
        lengths.len() == all.len() && lengths.iter().zip(all).all(|(length, group)| *length == group.len)
    };
    let lengths = [0, 1, 2].map(|index| all.get(index).map_or(0, |group| group.len));
    // Where thousands are set apart by spaces, these could be amounts.
    let amount = match lengths {
        [3, 3, 3] => !matches!(digits[0], b'6' | b'7' | b'9') || digits[3..].windows(3).any(|zeros| zeros == b"000"),
        [5, 5, 0] => digits[0] < b'6',
        _ => false,
    };
    !amount
        && FORMS.into_iter().any(|(lengths, code, gap)| {
            same(lengths) && all.last().is_some_and(|group| group.gap == gap) && plan::is_national(code, digits)
        })
}

/// A leading 0, an area or operator, and a number of some country: 020 7946 0958, 0171/1234567.
fn is_trunk_zero(all: &[Group], digits: &[u8], open: bool) -> bool {
    let [b'0', national @ ..] = digits else { return false };
    let first = all[0].len;
    let rest = &all[1..];
    let area = open || rest.first().is_some_and(|group| group.gap == Gap::Open);
    let slashed = rest.iter().skip(1).any(|group| group.gap == Gap::Slash);
    let dots = rest.iter().filter(|group| group.gap == Gap::Dot).count();
    let last = all.last().map_or(0, |group| group.len);
    let shaped = match first {
        1 => area || (rest.len() == 2 && rest.iter().all(|group| group.len >= 3 && group.gap == Gap::Dash)),
        2..=5 => !rest.is_empty() && last >= 2,
        _ => false,
    };
    let pairs = all.iter().all(|group| group.len == 2);
    let dump = small_bytes(digits) > 1 || all.windows(3).any(|window| is_sequence(window, digits));
    shaped
        && (8..=13).contains(&digits.len())
        && (digits.len() > 8 || all.len() > 2)
        && !are_fours(all)
        && !slashed
        && (dots == 0 || dots == rest.len() && dots >= 2)
        && all.len() <= 5
        && rest.iter().all(|group| group.len >= 2 && group.gap != Gap::Wide)
        && (!pairs
            || all.len() == 5 && !dump
            || all.len() == 4 && rest[0].gap == Gap::Dash && rest[1..].iter().all(|group| group.gap == Gap::Space))
        && national.first() != Some(&b'0')
        && plan::follows_trunk_zero(national)
}

/// (11) 91234-5678 and the like; the year of a quotation is no area.
fn is_area_in_parentheses(all: &[Group], digits: &[u8], open: bool) -> bool {
    let area = &digits[..all[0].len];
    let year = area.len() == 4 && (area.starts_with(b"19") || area.starts_with(b"20"));
    open && !year
        && all.len() >= 2
        && (2..=6).contains(&area.len())
        && all[1].gap == Gap::Close
        && digits.len() >= 9
        && all[1..].iter().all(|group| group.len >= 2)
        && match digits {
            [b'0', national @ ..] => plan::follows_trunk_zero(national),
            _ => {
                plan::international(digits) == plan::Verdict::Valid
                    || [52, 55, 90].iter().any(|code| plan::is_national(*code, digits))
            }
        }
}

/// An international prefix, a calling code and a valid number: 0044 20 7946 0958.
fn is_dialled_abroad(all: &[Group], digits: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 7] = [b"00", b"011", b"0011", b"001", b"008", b"019", b"010"];
    let tilde = all.get(1).is_some_and(|group| group.gap == Gap::Tilde);
    digits.len() >= 10
        && (all.len() >= 2 || digits.starts_with(b"00"))
        && all.len() <= 8
        && !are_fours(all)
        && (all[0].len >= 2 || tilde)
        && (!tilde || digits.starts_with(b"00"))
        && PREFIXES.iter().any(|prefix| {
            digits.strip_prefix(*prefix).is_some_and(|rest| plan::international(rest) == plan::Verdict::Valid)
        })
}

/// Dates, addresses, one or two digits repeated, and other numbers that have a form of their own.
fn is_something_else(all: &[Group], digits: &[u8]) -> bool {
    let lengths = |wanted: &[usize], gap: Gap| {
        wanted.len() == all.len()
            && wanted.iter().zip(all).all(|(length, group)| *length == group.len)
            && all[1..].iter().all(|group| group.gap == gap)
    };
    let ip = || {
        all.len() == 4 && all[1..].iter().all(|group| group.gap == Gap::Dot) && all.iter().all(|group| group.len <= 3)
    };
    let repeats = || digits.iter().zip(digits.iter().skip(2)).all(|(digit, later)| digit == later);
    let book = digits.len() == 13 && (digits.starts_with(b"978") || digits.starts_with(b"979"));
    // An IP address, a social security number, a US postcode.
    let calendar = || matches!(all, [year, ..] if year.len == 4 && ends_like_day(all, digits));
    let old_book = digits.len() == 10 && all.len() == 4 && all[3].len == 1 && all[3].gap == Gap::Dash;
    book || old_book
        || ip()
        || calendar()
        || repeats()
        || (all.len() == 1 && is_counting(digits))
        || lengths(&[3, 2, 4], Gap::Dash)
        || lengths(&[5, 4], Gap::Dash)
        || has_date(all, digits)
}

/// Whether digits go up by one, from 9 to 0 too, as in a part of 01234567890123456789.
fn is_counting(digits: &[u8]) -> bool {
    let within = digits.len() <= 20 && usize::from(digits[0] - b'0') <= 20 - digits.len();
    within && digits.windows(2).all(|pair| pair[1] - b'0' == (pair[0] - b'0' + 1) % 10)
}

/// Characters of Unicode are written in fours, and so are serial numbers and columns.
fn are_fours(all: &[Group]) -> bool {
    all.len() > 1 && all.iter().all(|group| group.len == 4)
}

/// How many bytes after the first have a 0 as their higher digit, read as hexadecimal: in dumps
/// it is most.
fn small_bytes(digits: &[u8]) -> usize {
    digits.iter().skip(2).step_by(2).filter(|digit| **digit == b'0').count()
}

/// Whether a number with a plus sign is another: a day of a far year, +12024-05-17, or a decimal.
pub(super) fn is_signed(groups: &Groups, count: usize) -> bool {
    let all = &groups.all()[..count];
    let decimal = matches!(all, [whole, part] if whole.len > 3 && part.gap == Gap::Dot);
    decimal || ends_like_day(all, groups.digits(count))
}

fn ends_like_day(all: &[Group], digits: &[u8]) -> bool {
    match all {
        [year, month, day] => {
            year.len >= 4
                && [month, day].iter().all(|group| group.len <= 2 && group.gap == Gap::Dash)
                && (1..=12).contains(&value(month, digits))
                && (1..=31).contains(&value(day, digits))
        }
        _ => false,
    }
}

/// Whether three groups beside each other are a date, or two are years.
fn has_date(all: &[Group], digits: &[u8]) -> bool {
    let year = |group: &Group| group.len == 4 && (1900..2100).contains(&value(group, digits));
    let day = |group: &Group| group.len <= 2 && (1..=31).contains(&value(group, digits));
    let month = |group: &Group| group.len <= 2 && (1..=12).contains(&value(group, digits));
    let months = |a: &Group, b: &Group| (day(a) && month(b)) || (month(a) && day(b));
    let short = all.len() == 3 && all.iter().all(|group| group.len <= 2);
    all.windows(3).any(|window| match window {
        [a, b, c] => (year(a) && months(b, c)) || (months(a, b) && (year(c) || short)),
        _ => false,
    }) || matches!(all, [a, b, ..] if year(a) && year(b))
}

/// Eight digits that are a date without separators, or more that go on with a time.
fn is_compact_date(digits: &[u8]) -> bool {
    let [century, _, _, _, m1, m0, d1, d0, ..] = digits else { return false };
    let two = |tens: &u8, ones: &u8| (tens - b'0') * 10 + (ones - b'0');
    matches!(digits, [b'1', b'9', ..] | [b'2', b'0', ..])
        && century.is_ascii_digit()
        && matches!(digits.len(), 8 | 12)
        && (1..=12).contains(&two(m1, m0))
        && (1..=31).contains(&two(d1, d0))
}

/// Pairs in which each is one more than the one before: a dump or a list, not a number.
fn is_sequence(all: &[Group], digits: &[u8]) -> bool {
    all.windows(2).all(|pair| matches!(pair, [a, b] if value(b, digits) == value(a, digits) + 1))
}

/// A group as a number.
fn value(group: &Group, digits: &[u8]) -> u64 {
    digits[group.digits - group.len..group.digits].iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}
