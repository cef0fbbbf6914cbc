//! A number as it is written: groups of digits and what stands between them.

/// More groups or digits than any telephone number is written with.
const MOST_GROUPS: usize = 14;
const MOST_DIGITS: usize = 20;

/// What stands between two groups of digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing: the first group.
    #[default]
    Start,
    /// One space.
    Space,
    /// Two or three spaces.
    Wide,
    /// A hyphen.
    Dash,
    /// A full stop.
    Dot,
    /// A slash.
    Slash,
    /// A tilde, which some write where a second dialling tone is to be waited for.
    Tilde,
    /// An opening parenthesis, with or without a space or hyphen.
    Open,
    /// A closing one.
    Close,
}

/// One run of digits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    /// What stands before it.
    pub gap: Gap,
    /// Whether a space stands before it.
    pub spaced: bool,
    /// How many digits it has.
    pub len: usize,
    /// The number of digits up to its end.
    pub digits: usize,
    /// Where it ends in the text.
    pub end: usize,
    /// Whether a parenthesis is open after it.
    pub open: bool,
}

/// Groups of digits as far as they can be one number.
pub(super) struct Groups {
    digits: [u8; MOST_DIGITS],
    groups: [Group; MOST_GROUPS],
    count: usize,
    /// Whether the digits go on beyond what was read.
    pub overflows: bool,
}

impl Groups {
    /// The groups from the digit at `start`; `open` if a parenthesis stands before it.
    pub fn read(bytes: &[u8], start: usize, open: bool) -> Groups {
        let mut read =
            Groups { digits: [0; MOST_DIGITS], groups: [Group::default(); MOST_GROUPS], count: 0, overflows: false };
        let (mut at, mut total) = (start, 0);
        let mut group = Group { open, ..Group::default() };
        loop {
            let run = bytes[at..].iter().take(MOST_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
            if total + run > MOST_DIGITS || read.count == MOST_GROUPS {
                read.overflows = true;
                return read;
            }
            read.digits[total..total + run].copy_from_slice(&bytes[at..at + run]);
            total += run;
            at += run;
            read.groups[read.count] = Group { len: run, digits: total, end: at, ..group };
            read.count += 1;
            match gap(&bytes[at..], group.open) {
                Some((next, width)) => {
                    at += width;
                    group = next;
                }
                None => return read,
            }
        }
    }

    /// The groups, first to last.
    pub fn all(&self) -> &[Group] {
        &self.groups[..self.count]
    }

    /// The digits of the first `count` groups.
    pub fn digits(&self, count: usize) -> &[u8] {
        let total = count.checked_sub(1).and_then(|last| self.groups.get(last)).map_or(0, |group| group.digits);
        &self.digits[..total]
    }
}

/// The gap at the beginning of `bytes`, if it joins two groups, and its width.
fn gap(bytes: &[u8], open: bool) -> Option<(Group, usize)> {
    let width = bytes.iter().take(5).take_while(|byte| b" -./()~".contains(byte)).count();
    if width == 0 || width > 4 || !bytes.get(width)?.is_ascii_digit() {
        return None;
    }
    let (mut spaces, mut group) = (0, Group { open, ..Group::default() });
    for (index, byte) in bytes[..width].iter().enumerate() {
        let mark = match byte {
            b' ' => {
                spaces += 1;
                // A dash between spaces stands between two things, a full stop before one ends a
                // sentence. Belgians write a space after the slash.
                if matches!(group.gap, Gap::Dash | Gap::Dot | Gap::Tilde) {
                    return None;
                }
                continue;
            }
            b'-' => Gap::Dash,
            b'.' => Gap::Dot,
            b'/' => Gap::Slash,
            b'~' => Gap::Tilde,
            b'(' if !group.open => Gap::Open,
            b')' if group.open => Gap::Close,
            _ => return None,
        };
        match (group.gap, mark) {
            (Gap::Start, Gap::Dash | Gap::Dot | Gap::Slash | Gap::Tilde) if spaces > 0 && index > 0 => return None,
            (Gap::Start, _) | (Gap::Dash, Gap::Open) => group.gap = mark,
            (Gap::Close, Gap::Dash | Gap::Dot | Gap::Slash) => {}
            _ => return None,
        }
        group.open = match mark {
            Gap::Open => true,
            Gap::Close => false,
            _ => group.open,
        };
    }
    group.spaced = spaces > 0;
    if group.gap == Gap::Start {
        group.gap = if spaces == 1 { Gap::Space } else { Gap::Wide };
    }
    Some((group, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str, open: bool) -> Vec<(Gap, usize)> {
        Groups::read(text.as_bytes(), 0, open).all().iter().map(|group| (group.gap, group.len)).collect()
    }

    #[test]
    fn groups_go_on_as_long_as_one_number_could() {
        use Gap::{Close, Dash, Dot, Open, Slash, Space, Start, Wide};
        assert_eq!(shape("020 7946-0958, 3", false), [(Start, 3), (Space, 4), (Dash, 4)]);
        assert_eq!(shape("212) 555.0123 x5", true), [(Start, 3), (Close, 3), (Dot, 4)]);
        assert_eq!(shape("8 (301)-123   45/67", false), [(Start, 1), (Open, 3), (Close, 3), (Wide, 2), (Slash, 2)]);
        assert_eq!(shape("212-555-0123 - 212-555", false).len(), 3, "a dash between spaces divides");
        assert_eq!(shape("21. 6", false).len(), 1, "a sentence ends");
        assert_eq!(shape("21) 6", false).len(), 1, "nothing was opened");
        assert_eq!(shape("21--6", false).len(), 1);
    }

    #[test]
    fn more_digits_than_a_number_can_have_overflow() {
        assert!(Groups::read(&[b'7'; 40], 0, false).overflows);
        assert!(Groups::read("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5".as_bytes(), 0, false).overflows);
        assert!(!Groups::read(b"12345678901234567890", 0, false).overflows);
    }
}
