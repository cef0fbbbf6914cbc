//! Lines of web servers' logs in the common and combined formats.

use std::ops::Range;

/// How far before its request a line's user and date begin, in bytes.
const BEFORE_BYTES: usize = 256;
/// The longest request, referrer and browser together, in bytes.
const REQUEST_BYTES: usize = 4096;

/// From the user to the last quotation of the line, given the `] "GET ` inside it.
///
/// User, time, path with query, referrer and browser tell together who was where when, so they go
/// as one. The address before them stays a finding of its own: then a visitor is the same one
/// throughout a log. A host's name in its place goes with the rest.
pub(in super::super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let from = span.start.saturating_sub(BEFORE_BYTES);
    let line = bytes[from..span.start].iter().rposition(|b| *b == b'\n').map_or(from, |at| from + at + 1);
    let bracket = line + bytes[line..span.start].iter().rposition(|b| *b == b'[')?;
    let date = &bytes[bracket + 1..span.start];
    let dated = date.len() >= 11 && date.iter().filter(|b| b.is_ascii_digit()).count() >= 6;
    // Two fields before the date, the identity and the user, and the client before those.
    let fields: Vec<usize> = field_starts(&bytes[line..bracket]);
    let [.., client, ident, _user] = fields[..] else { return None };
    let host = &bytes[line + client..line + ident];
    let address = host.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':' | b' ' | b'[' | b']'));
    let limit = bytes.len().min(span.end + REQUEST_BYTES);
    let rest = &bytes[span.end..limit];
    let rest = &rest[..rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())];
    let request = rest.iter().position(|b| *b == b'"')?;
    let last = rest.iter().rposition(|b| *b == b'"').unwrap_or(request);
    dated.then_some(line + if address { ident } else { client }..span.end + last + 1)
}

fn field_starts(fields: &[u8]) -> Vec<usize> {
    let starts = |at: &usize| fields[*at] != b' ' && (*at == 0 || fields[*at - 1] == b' ');
    (0..fields.len()).filter(starts).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::{Validator, found};

    #[test]
    fn who_asked_for_what_when_is_one_finding() {
        let line =
            "192.0.2.7 - ana [10/Oct/2024:13:55:36 -0700] \"GET /a?q=flu HTTP/1.1\" 200 23 \"https://x/\" \"B/1\"\nx";
        let end = line.len() - 2;
        assert_eq!(found(Validator::AccessLog, line, "] \"GET "), Some(&line[10..end]));
        let common = "2001:db8::7 - - [10/Oct/2024:13:55:36 +0000] \"GET / HTTP/1.0\" 200 23";
        assert_eq!(found(Validator::AccessLog, common, "] \"GET "), Some(&common[12..common.len() - 7]));
        let host = "ppp7.isp.net - - [10/Oct/2024:13:55:36 +0000] \"GET / HTTP/1.0\" 200 23";
        assert_eq!(found(Validator::AccessLog, host, "] \"GET "), Some(&host[..host.len() - 7]));
    }

    #[test]
    fn other_lines_are_not() {
        for text in ["x = [1, 2] \"GET /x\"", "see [10] \"GET /x\"", "a b c [d] \"GET x\""] {
            assert_eq!(found(Validator::AccessLog, text, "] \"GET "), None, "{text}");
        }
    }
}
