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
    /// No groups.
    pub fn none() -> Groups {
        Groups { digits: [0; MOST_DIGITS], groups: [Group::default(); MOST_GROUPS], count: 0, overflows: false }
    }

    /// Reads the groups from the digit at `start` in place of what was read before; `open` if a parenthesis
    /// stands before it.
    pub fn read(&mut self, bytes: &[u8], start: usize, open: bool) {
        (self.count, self.overflows) = (0, false);
        let (mut at, mut total) = (start, 0);
        let mut group = Group { open, ..Group::default() };
        loop {
            let from = total;
            if self.count == MOST_GROUPS {
                self.overflows = true;
                return;
            }
            while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
                if total == MOST_DIGITS {
                    self.overflows = true;
                    return;
                }
                self.digits[total] = *byte;
                (total, at) = (total + 1, at + 1);
            }
            self.groups[self.count] = Group { len: total - from, digits: total, end: at, ..group };
            self.count += 1;
            match gap(&bytes[at..], group.open) {
                Some((next, width)) => {
                    at += width;
                    group = next;
                }
                None => return,
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

/// Whether a byte may stand between two groups.
pub(super) fn joins(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/' | b'(' | b')' | b'~')
}

/// The gap at the beginning of `bytes`, if it joins two groups, and its width.
fn gap(bytes: &[u8], open: bool) -> Option<(Group, usize)> {
    let width = bytes.iter().take(5).take_while(|byte| joins(**byte)).count();
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

    fn read(text: &str, open: bool) -> Groups {
        let mut groups = Groups::none();
        groups.read(text.as_bytes(), 0, open);
        groups
    }

    fn shape(text: &str, open: bool) -> Vec<(Gap, usize)> {
        read(text, open).all().iter().map(|group| (group.gap, group.len)).collect()
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
        assert!(read(&"7".repeat(40), false).overflows);
        assert!(read("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5", false).overflows);
        assert!(!read("12345678901234567890", false).overflows);
    }
}
