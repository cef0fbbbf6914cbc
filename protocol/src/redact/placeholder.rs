//! Placeholders: `[EMAIL_1]`, and where they stand in a text.

use super::Kind;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Digits in a placeholder's number. Few, so that no phone number can pose as a placeholder.
const NUMBER_DIGITS: usize = 5;
/// The largest number of a placeholder.
pub(super) const LAST_NUMBER: u32 = 99_999;

/// What a placeholder says: `EMAIL_1`. In one record it names one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlaceholderName {
    /// The kind of what it stands for.
    pub kind: Kind,
    /// Which of that kind, from 1.
    pub number: u32,
}

/// Text that names no placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a placeholder, such as EMAIL_1")]
pub struct NotAPlaceholder;

impl fmt::Display for PlaceholderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.kind.label(), self.number)
    }
}

impl FromStr for PlaceholderName {
    type Err = NotAPlaceholder;

    /// The name in `EMAIL_1`, `[EMAIL_1]` or `email_1`.
    fn from_str(text: &str) -> Result<Self, NotAPlaceholder> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let whole = format!("[{}]", bare.to_ascii_uppercase());
        let found = at(&whole, 0).filter(|found| found.span.end == whole.len()).ok_or(NotAPlaceholder)?;
        Ok(PlaceholderName { kind: found.kind, number: found.number })
    }
}

/// Appends a placeholder to a text.
pub(super) fn write(text: &mut String, kind: Kind, number: u32) {
    text.push('[');
    text.push_str(kind.label());
    text.push('_');
    push_number(text, number);
    text.push(']');
}

/// Appends a number in decimal digits. Formatting takes longer than all the rest of a placeholder.
fn push_number(text: &mut String, number: u32) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    // A digit is below ten.
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// A placeholder in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    pub(super) kind: Kind,
    pub(super) number: u32,
    pub(super) span: Range<usize>,
}

/// The placeholders of a text, in order.
pub(super) fn all(text: &str) -> impl Iterator<Item = Placeholder> + '_ {
    memchr::memchr_iter(b'[', text.as_bytes()).filter_map(|start| at(text, start))
}

/// The parts of a text outside its placeholders, in order; none is empty.
pub(super) fn outside(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    let ends = all(text).map(|found| found.span).chain(std::iter::once(text.len()..text.len()));
    let parts = ends.map(move |next| std::mem::replace(&mut from, next.end)..next.start);
    parts.filter(|part| !part.is_empty())
}

/// The placeholder that begins at the bracket at `start`.
fn at(text: &str, start: usize) -> Option<Placeholder> {
    let inside = &text[start + 1..];
    if !inside.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let kind = Kind::ALL.into_iter().find(|k| inside.strip_prefix(k.label()).is_some_and(|r| r.starts_with('_')))?;
    let number = &inside[kind.label().len() + 1..];
    let digits = number.bytes().take(NUMBER_DIGITS + 1).take_while(u8::is_ascii_digit).count();
    let closed = number[digits..].starts_with(']');
    if !(1..=NUMBER_DIGITS).contains(&digits) || number.starts_with('0') || !closed {
        return None;
    }
    let end = start + 1 + kind.label().len() + 1 + digits + 1;
    Some(Placeholder { kind, number: number[..digits].parse().ok()?, span: start..end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_splits_into_what_is_outside_its_placeholders() {
        let text = "[[EMAIL_1]] and [PHONE_12][IP_3]";
        let parts: Vec<&str> = outside(text).map(|r| &text[r]).collect();
        assert_eq!(parts, ["[", "] and "]);
        assert_eq!(outside("").count(), 0);
    }

    #[test]
    fn a_number_in_brackets_cannot_pose_as_a_placeholder() {
        for text in ["[PHONE_2125550123]", "[PHONE_]", "[PHONE_0]", "[PHONE_1", "[phone_1]", "[EMAIL-1]", "["] {
            assert_eq!(all(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn a_name_is_read_as_it_is_shown() {
        let name: PlaceholderName = "EMAIL_12".parse().unwrap();
        assert_eq!((name.kind, name.number, name.to_string().as_str()), (Kind::Email, 12, "EMAIL_12"));
        assert_eq!(("[email_12]".parse(), "[access_log_1]".parse::<PlaceholderName>().is_ok()), (Ok(name), true));
        for wrong in ["", "EMAIL", "EMAIL_0", "EMAIL_1]", "[EMAIL_1", "EMAIL_1 ", "MAIL_1", "EMAIL_123456"] {
            assert_eq!(wrong.parse::<PlaceholderName>(), Err(NotAPlaceholder), "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_found_again() {
        for kind in Kind::ALL {
            let mut text = String::new();
            write(&mut text, kind, 99_999);
            assert_eq!(all(&text).collect::<Vec<_>>(), [Placeholder { kind, number: 99_999, span: 0..text.len() }]);
        }
    }
}
