//! What the headers of HTTP carry: Authorization (RFC 9110, 11.6.2), Cookie and Set-Cookie (RFC
//! 6265), and the same on curl's command line.

use super::base64;
use super::reading::{name_end, name_start, value_after};
use super::value::{Look, is_code, is_placeholder, is_random, is_wordy};
use std::ops::Range;

/// The longest header, in bytes.
const HEADER_BYTES: usize = 4096;
/// How far a command's arguments are read, in bytes.
const COMMAND_BYTES: usize = 1024;

/// The credentials of the header whose name is at `span`; the scheme stays.
pub(in super::super) fn check_authorization(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = name_end(bytes, span.end);
    let value = value_after(text, name_start(bytes, span.start), end)?;
    let first = &text[value.span.clone()];
    let first = &first[..first.find(' ').unwrap_or(first.len())];
    if !is_scheme(first) {
        let look = Look::at(first);
        let known = !is_wordy(&look) && is_credentials(&look) && (value.quoted || !is_code(&look));
        return known.then(|| value.span.start..value.span.start + first.len());
    }
    let from = value.span.start + first.len();
    let gap = bytes[from..].iter().take(8).take_while(|b| **b == b' ').count();
    credentials(text, from + gap, first).filter(|_| gap > 0)
}

/// Credentials behind a scheme's name alone: `"Bearer …"`.
pub(in super::super) fn check_scheme(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let scheme = text[span.clone()].trim_end();
    let found = credentials(text, span.end, scheme)?;
    let look = Look::at(&text[found.clone()]);
    let strong = scheme.eq_ignore_ascii_case("basic") || look.len >= 16 && look.digits > 0 && is_random(&look);
    strong.then_some(found)
}

/// The pairs behind "Cookie:", or the first pair behind "Set-Cookie:".
pub(in super::super) fn check_cookie(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let set = bytes[..span.start].len() >= 4 && bytes[span.start - 4..span.start].eq_ignore_ascii_case(b"set-");
    let quote = bytes.get(span.end).is_some_and(|b| matches!(b, b'"' | b'\''));
    let colon = span.end + usize::from(quote);
    let spaces = |at: usize| bytes[at.min(bytes.len())..].iter().take(4).take_while(|b| **b == b' ').count();
    if !matches!(bytes.get(colon), Some(b':' | b'=')) {
        return None;
    }
    let mut start = colon + 1 + spaces(colon + 1);
    start += usize::from(bytes.get(start).is_some_and(|b| matches!(b, b'"' | b'\'')));
    let limit = bytes.len().min(start + HEADER_BYTES);
    let ends = |b: &u8| matches!(b, b'\n' | b'\r' | b'"' | b'\'' | b'\\' | b'`') || set && *b == b';';
    let len = bytes.get(start..limit)?.iter().position(ends).unwrap_or(limit - start);
    let header = text.get(start..start + len)?.trim_end();
    let secret = |pair: &str| {
        let parts = pair.trim().split_once('=');
        parts.is_some_and(|(name, value)| !name.is_empty() && !name.contains([' ', ':', '(']) && is_session(value))
    };
    header.split(';').any(secret).then_some(start..start + header.len())
}

/// The user and password that curl is given: `-u user:password`.
pub(in super::super) fn check_curl(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(span.end + COMMAND_BYTES);
    let mut at = span.end;
    loop {
        at += bytes[at..limit].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if bytes[at..limit].starts_with(b"\\\n") {
            at += 2;
            continue;
        }
        let word = shell_word(bytes, at, limit);
        if word.is_empty() {
            return None;
        }
        let flag = &bytes[word.clone()];
        at = word.end;
        let value = if matches!(flag, b"-u" | b"--user" | b"-U" | b"--proxy-user") {
            let spaces = bytes[at..limit].iter().take_while(|b| matches!(b, b' ' | b'=')).count();
            shell_word(bytes, at + spaces, limit)
        } else if flag.starts_with(b"-u") && flag.len() > 4 {
            word.start + 2..word.end
        } else if flag.starts_with(b"--user=") {
            word.start + 7..word.end
        } else {
            continue;
        };
        if text.get(value.clone()).is_some_and(is_user_password) {
            return Some(value);
        }
    }
}

/// "user:password", quoted or in part.
fn is_user_password(word: &str) -> bool {
    let bare: String = word.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    let Some((user, password)) = bare.split_once(':') else { return false };
    password.len() >= 3
        && !is_placeholder(&Look::at(password))
        && !password.contains('$')
        && !user.contains('<')
        && user != password
}

/// A word as a shell reads it: parts in quotes and without.
fn shell_word(bytes: &[u8], from: usize, limit: usize) -> Range<usize> {
    let mut at = from.min(limit);
    while at < limit {
        match bytes[at] {
            quote @ (b'"' | b'\'') => match bytes[at + 1..limit].iter().position(|b| *b == quote || *b == b'\n') {
                Some(len) => at += len + 2,
                None => return from..limit,
            },
            b' ' | b'\t' | b'\n' | b'\r' | b'`' | b';' | b'|' => break,
            b'\\' if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => break,
            _ => at += 1,
        }
    }
    from..at.min(limit)
}

/// The credentials at `at`: one word, or the rest of the line where a scheme has parameters.
fn credentials(text: &str, at: usize, scheme: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(at + HEADER_BYTES);
    let several = ["digest", "oauth", "hawk", "aws4-hmac-sha256"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    let ends = |b: &u8| match b {
        b'\n' | b'\r' | b'\'' | b'`' | b'\\' => true,
        b' ' | b'"' | b',' | b';' | b'<' | b')' | b'\t' => !several,
        _ => false,
    };
    let len = bytes.get(at..limit)?.iter().position(ends).unwrap_or(limit - at);
    let value = text.get(at..at + len)?;
    let known = if scheme.eq_ignore_ascii_case("basic") {
        is_basic(value)
    } else if several {
        value.contains('=') && value.len() >= 24 && !value.contains("...")
    } else {
        let look = Look::at(value);
        is_credentials(&look) && !is_code(&look)
    };
    known.then_some(at..at + len)
}

/// "user:password" in base64.
fn is_basic(value: &str) -> bool {
    value.len() >= 8
        && base64::decode(value, 256).is_some_and(|pair| {
            pair.contains(&b':') && pair.iter().all(|b| !b.is_ascii_control())
                || pair.len() >= 16 && is_random(&Look::at(value))
        })
}

fn is_credentials(look: &Look) -> bool {
    look.len >= 8
        && look.spaces == 0
        && !is_placeholder(look)
        && (is_random(look) || look.digits > 0 && !is_wordy(look))
}

fn is_scheme(word: &str) -> bool {
    let schemes = [
        "basic",
        "bearer",
        "token",
        "digest",
        "oauth",
        "hawk",
        "negotiate",
        "aws4-hmac-sha256",
        "apikey",
        "api-key",
        "api-token",
        "bot",
        "key",
        "jwt",
        "splunk",
        "genie-key",
        "genie",
        "ssws",
        "sso-key",
        "discogs",
        "apptoken",
    ];
    schemes.iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

fn is_session(value: &str) -> bool {
    let look = Look::at(value);
    look.len >= 8 && look.digits > 0 && !is_placeholder(&look) && !is_wordy(&look)
}

#[cfg(test)]
mod tests {
    use super::super::super::{Validator, found};

    #[test]
    fn credentials_are_found_and_their_scheme_stays() {
        for (text, value) in [
            ("Authorization: Bearer 7hx9Qk2mZ4vT8wR1", "7hx9Qk2mZ4vT8wR1"),
            ("\"Authorization\": \"Token 7hx9qk2mz4vt8wr1\",", "7hx9qk2mz4vt8wr1"),
            ("-H 'Authorization: Basic YW5hOnMzY3JldA=='", "YW5hOnMzY3JldA=="),
            ("Authorization: 7hx9Qk2mZ4vT8wR1", "7hx9Qk2mZ4vT8wR1"),
            (
                "Authorization: Digest username=\"ana\", response=\"6629fae49393a053\"\n",
                "username=\"ana\", response=\"6629fae49393a053\"",
            ),
        ] {
            assert_eq!(found(Validator::Authorization, text, "Authorization"), Some(value), "{text}");
        }
        let bearer = "sent \"Bearer 7hx9Qk2mZ4vT8wR1\"";
        assert_eq!(found(Validator::Scheme, bearer, "Bearer "), Some("7hx9Qk2mZ4vT8wR1"));
    }

    #[test]
    fn talk_of_authorization_is_not() {
        for text in [
            "Authorization: Bearer <token>",
            "Authorization: Bearer ${TOKEN}",
            "Authorization: Bearer xxxxxxxxxxxx",
            "Authorization: required",
            "Authorization is a topic",
            "headers.Authorization = getToken(1)",
            "Authorization: Bearer your-token-1",
        ] {
            assert_eq!(found(Validator::Authorization, text, "Authorization"), None, "{text}");
        }
        assert_eq!(found(Validator::Scheme, "the bearer of bad news", "bearer "), None);
    }

    #[test]
    fn cookies_are_found() {
        for (text, value) in [
            ("Cookie: lang=en; sid=8f3k2j1h9d\r\nHost: x", "lang=en; sid=8f3k2j1h9d"),
            ("Set-Cookie: sid=8f3k2j1h9d; Path=/; HttpOnly", "sid=8f3k2j1h9d"),
            ("-H 'Cookie: sid=8f3k2j1h9d' https://x", "sid=8f3k2j1h9d"),
            ("{\"Cookie\": \"sid=8f3k2j1h9d\"}", "sid=8f3k2j1h9d"),
        ] {
            assert_eq!(found(Validator::Cookie, text, "Cookie"), Some(value), "{text}");
        }
        for text in ["Cookie: a small file", "Cookie: lang=en; theme=dark", "Cookies", "Cookie: sid=<session id 1>"] {
            assert_eq!(found(Validator::Cookie, text, "Cookie"), None, "{text}");
        }
    }

    #[test]
    fn what_curl_is_given_is_found() {
        for (text, value) in [
            ("curl -u ana:s3cretly https://x", "ana:s3cretly"),
            ("curl -s \\\n  --user 'ana:s3c retly' https://x", "'ana:s3c retly'"),
            ("curl -X POST --user ana:'s3cretly' x", "ana:'s3cretly'"),
            ("curl -uana:s3cretly x", "ana:s3cretly"),
        ] {
            assert_eq!(found(Validator::Curl, text, "curl"), Some(value), "{text}");
        }
        for text in [
            "curl -u user:pass x",
            "curl -u \"$U:$P\" x",
            "curl -u <user:password> x",
            "curl -u ana x",
            "curls",
            "curl x\n-u ana:s3cretly",
            "curl -u \":\" x",
            "curl -u test:test",
        ] {
            assert_eq!(found(Validator::Curl, text, "curl"), None, "{text}");
        }
    }
}
