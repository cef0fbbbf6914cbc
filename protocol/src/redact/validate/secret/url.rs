//! Names and passwords in addresses: `scheme://user:password@host`, RFC 3986, 3.2.1.

use super::value::{Look, is_placeholder, is_random};
use std::ops::Range;

/// How far an "@" may stand from the "://", in bytes.
const USER_BYTES: usize = 1024;

/// The user and password behind the "s://" at `span`, as one: the name belongs to a person too.
pub(in super::super) fn check_user(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let rest = &bytes[span.end..bytes.len().min(span.end + USER_BYTES)];
    let ends = |b: &u8| b.is_ascii_whitespace() || b"/?#\"'<>`\\,;()|".contains(b);
    let authority = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
    let at = authority.iter().rposition(|b| *b == b'@').filter(|at| at + 1 < authority.len())?;
    let user = &text[span.end..span.end + at];
    let secret = match user.split_once(':') {
        Some((name, password)) => is_url_password(name, password),
        None => user.len() >= 16 && is_mixed(&Look::at(user)),
    };
    secret.then_some(span.end..span.end + at)
}

fn is_mixed(look: &Look) -> bool {
    look.digits > 0 && is_random(look)
}

fn is_url_password(name: &str, password: &str) -> bool {
    // "user:pass" and "postgres:postgres" are what examples have.
    password.len() >= 3 && !is_placeholder(&Look::at(password)) && password != name && !password.starts_with('$')
}

#[cfg(test)]
mod tests {
    use super::super::super::{Validator, found};

    /// The last letter of a scheme and what follows.
    fn scheme(text: &str) -> &str {
        let at = text.find("://").expect("a scheme");
        &text[at - 1..at + 3]
    }

    #[test]
    fn passwords_in_addresses_are_found_with_their_user() {
        for (text, user) in [
            ("https://ana:s3cretly@host.org/x", "ana:s3cretly"),
            ("postgres://app:whywouldyou@db:5432/x", "app:whywouldyou"),
            ("redis://:k2j3h4g5f6@cache", ":k2j3h4g5f6"),
            ("amqp://a:p@ss9word@mq", "a:p@ss9word"),
            ("https://3f9a0c7e5b1d42869f0e@sentry.host/1", "3f9a0c7e5b1d42869f0e"),
        ] {
            assert_eq!(found(Validator::UrlPassword, text, scheme(text)), Some(user), "{text}");
        }
    }

    #[test]
    fn other_addresses_are_not() {
        for text in [
            "https://host.org:8080/a@b",
            "https://user:pass@host",
            "https://${U}:${P}@host",
            "git://git@host/x",
            "https://host/x:y@z",
            "https://<user>:<password>@host",
            "https://root:root@db",
            "x://a:b1c2d3@",
        ] {
            assert_eq!(found(Validator::UrlPassword, text, scheme(text)), None, "{text}");
        }
    }
}
