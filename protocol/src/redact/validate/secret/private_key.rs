//! Private keys in their armour: PEM (RFC 7468), OpenSSH, OpenPGP (RFC 9580), also in the escapes
//! of a string, cut off, or encoded in base64 once more.

use super::base64;
use std::ops::Range;

/// The longest key, in bytes.
const KEY_BYTES: usize = 16 * 1024;
/// Longest label between the hyphens, in bytes.
const LABEL_BYTES: usize = 64;
/// Digits of base64 from which a block is a key and not an example of its form.
const LEAST_DIGITS: usize = 40;

/// The block whose "BEGIN" is at `span`, to its end line or as far as it goes on.
pub(in super::super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let limit = floor_char(text, text.len().min(span.start + KEY_BYTES));
    let label_limit = floor_char(text, limit.min(span.end + LABEL_BYTES));
    let label = &text[span.end..label_limit];
    let hyphens = label.find("----").filter(|at| label[..*at].contains("PRIVATE KEY"))?;
    let body = span.end + hyphens + label[hyphens..].bytes().take_while(|b| *b == b'-').count();
    let start = span.start - text[..span.start].bytes().rev().take(8).take_while(|b| *b == b'-').count();
    // Another block's beginning is no part of this one.
    let rest = &text[body..limit];
    let rest = &rest[..rest.find("BEGIN ").unwrap_or(rest.len())];
    let end = match rest.find("-END ").or_else(|| rest.find("- END ")) {
        Some(at) => {
            let tail = &rest[at..floor_char(rest, rest.len().min(at + LABEL_BYTES + 16))];
            let label = tail.find("KEY").map_or(5, |key| key + 3);
            let label = if tail[label..].starts_with(" BLOCK") { label + 6 } else { label };
            body + at + label + tail[label..].bytes().take_while(|b| *b == b'-').count()
        }
        None => body + armour(rest),
    };
    let digits = text[body..end].bytes().filter(|b| base64::is_digit(*b) && *b != b'-').count();
    (digits >= LEAST_DIGITS).then_some(start..end)
}

/// The same in base64: what `span` begins decodes to a "BEGIN … PRIVATE KEY".
pub(in super::super) fn check_base64(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if bytes[..span.start].last().is_some_and(|byte| base64::is_digit(*byte)) {
        return None;
    }
    let limit = bytes.len().min(span.start + KEY_BYTES);
    let digits = bytes[span.start..limit].iter().take_while(|b| base64::is_digit(**b) || **b == b'=').count();
    let end = span.start + digits;
    let head = base64::decode(text[span.start..end].trim_end_matches('='), 2 * LABEL_BYTES)?;
    let key = String::from_utf8_lossy(&head).contains("PRIVATE KEY");
    (key && digits >= LEAST_DIGITS).then_some(span.start..end)
}

/// How long a block without an end goes on: lines of base64 and "Name: value" lines, separated by
/// line ends, by their escapes, or by what joins strings.
fn armour(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut at, mut end) = (0, 0);
    loop {
        at += separator(&bytes[at..]);
        let line = bytes[at..].iter().take_while(|b| base64::is_digit(**b) || **b == b'=').count();
        let name = bytes[at..].iter().take(24).take_while(|b| b.is_ascii_alphabetic() || **b == b'-').count();
        if name > 3 && bytes[at + name..].starts_with(b": ") {
            at += bytes[at..].iter().take_while(|b| !matches!(b, b'\n' | b'\\' | b'"')).count();
        } else if line >= 24 || line > 0 && end > 0 && ends_line(bytes, at + line) {
            at += line;
        } else {
            return end;
        }
        end = at;
    }
}

/// White space, "\n" and "\r" in letters, quotes and signs between the lines of a string.
fn separator(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'\\' if matches!(bytes.get(at + 1), Some(b'n' | b'r' | b'\\')) => 2,
            b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'+' | b',' | b'>' | b'|' => 1,
            _ => break,
        };
    }
    at
}

fn ends_line(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), None | Some(b'\n' | b'\r' | b'\\' | b'"' | b'\''))
}

fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::super::{Validator, found};

    fn block(label: &str, newline: &str) -> String {
        let lines = ["MIIBVQ4x".repeat(8), "Zk3vT9w/".repeat(8), "Qx2+Lg==".into()];
        format!("-----BEGIN {label}-----{newline}{}{newline}-----END {label}-----", lines.join(newline))
    }

    #[test]
    fn blocks_are_found_whole_in_any_line_ends() {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
            for newline in ["\n", "\r\n", "\\n", "\\r\\n", "\n    ", "\\n\" +\n \""] {
                let block = block(label, newline);
                let text = format!("key: \"{block}\" and more");
                assert_eq!(found(Validator::PrivateKey, &text, "-----BEGIN"), Some(&*block), "{text}");
            }
        }
    }

    #[test]
    fn a_block_without_an_end_is_found_as_far_as_it_goes() {
        let block = block("EC PRIVATE KEY", "\n");
        let cut = &block[..block.find("\n-----END").expect("an end")];
        let text = format!("{cut}\n\nThat was it.");
        assert_eq!(found(Validator::PrivateKey, &text, "-----BEGIN"), Some(cut));
    }

    #[test]
    fn public_keys_and_empty_blocks_are_not() {
        for text in [&*block("PUBLIC KEY", "\n"), &block("CERTIFICATE", "\n"), "-----BEGIN PRIVATE KEY-----\n...\n"] {
            assert_eq!(found(Validator::PrivateKey, text, "-----BEGIN"), None, "{text}");
        }
    }

    #[test]
    fn a_block_in_base64_is_seen_through() {
        let encoded = data_encoding::BASE64.encode(block("PRIVATE KEY", "\n").as_bytes());
        let text = format!("KEY={encoded};");
        assert_eq!(found(Validator::PrivateKeyBase64, &text, &encoded[..14]), Some(&*encoded));
        let public = data_encoding::BASE64.encode(block("PUBLIC KEY", "\n").as_bytes());
        assert_eq!(found(Validator::PrivateKeyBase64, &public, &public[..14]), None);
    }
}
