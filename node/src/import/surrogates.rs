//! Halves of characters in JSON's escapes, as programs leave them that cut a text in the middle of an emoji.

use memchr::memchr_iter;

/// The text with U+FFFD in the place of every escaped surrogate that has no other half; none if there is none such.
pub(super) fn mended(text: &str) -> Option<String> {
    let mut mended = String::new();
    // Where the text begins that is not yet taken, and where the last escape ends.
    let (mut from, mut behind) = (0, 0);
    for at in memchr_iter(b'\\', text.as_bytes()) {
        if at < behind {
            continue;
        }
        behind = at + 2;
        let Some(unit) = escaped(text, at) else { continue };
        behind = at + 6;
        match unit {
            0xD800..=0xDBFF if escaped(text, behind).is_some_and(|low| (0xDC00..=0xDFFF).contains(&low)) => behind += 6,
            0xD800..=0xDFFF => {
                mended.push_str(&text[from..at]);
                mended.push_str("\\ufffd");
                from = behind;
            }
            _ => {}
        }
    }
    (from > 0).then(|| mended + &text[from..])
}

/// The UTF-16 unit that is escaped at this byte.
fn escaped(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_replaced_and_nothing_else() {
        for (text, expected) in [
            (r#""\ud83d""#, Some(r#""\ufffd""#)),
            (r#""a\uD83D\uDE00\ud83db\udE00é""#, Some(r#""a\uD83D\uDE00\ufffdb\ufffdé""#)),
            (r#""\ud83d\n""#, Some(r#""\ufffd\n""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\\ud83d""#, None),
            (r#""\\\ud83d""#, Some(r#""\\\ufffd""#)),
            (r#""\ud83d\ude00 é \u00e9 \u12""#, None),
            (r#""\u+83d \ué""#, None),
            ("\"\\", None),
            ("", None),
        ] {
            assert_eq!(mended(text).as_deref(), expected, "{text}");
        }
    }
}
