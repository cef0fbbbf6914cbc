//! JSON Web Tokens, RFC 7519: a header in JSON, a payload and a signature, base64url with full stops.

use super::base64;
use std::ops::Range;

/// A header that is longer than this is none.
const HEADER_BYTES: usize = 4096;
/// The longest token, in bytes.
const TOKEN_BYTES: usize = 8192;

/// The token that begins at `span`: two to five parts, the first of which is a JSON object.
pub(in super::super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // A payload is a JSON object too.
    let inside = match bytes[..span.start] {
        [.., before, b'.'] | [.., before] => is_part(&before),
        [] => false,
    };
    if inside {
        return None;
    }
    let limit = bytes.len().min(span.start + TOKEN_BYTES);
    let part_end = |from: usize| from + bytes[from..limit].iter().take_while(|b| is_part(b)).count();
    let header_end = part_end(span.start);
    if bytes.get(header_end) != Some(&b'.') || !is_header(&text[span.start..header_end]) {
        return None;
    }
    let mut end = part_end(header_end + 1);
    if end - header_end < 5 {
        return None;
    }
    for _ in 0..3 {
        if bytes.get(end) == Some(&b'.') && end < limit {
            let next = part_end(end + 1);
            end = if next > end + 1 { next } else { break };
        }
    }
    Some(span.start..end)
}

/// A token that is encoded in base64 once more.
pub(in super::super) fn check_base64(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if bytes[..span.start].last().is_some_and(|byte| base64::is_digit(*byte)) {
        return None;
    }
    let limit = bytes.len().min(span.start + TOKEN_BYTES);
    let digits = bytes[span.start..limit].iter().take_while(|b| base64::is_digit(**b)).count();
    let pad = bytes[span.start + digits..limit].iter().take(2).take_while(|b| **b == b'=').count();
    let end = span.start + digits;
    let token = base64::decode(&text[span.start..end], HEADER_BYTES)?;
    let mut parts = token.split(|byte| *byte == b'.');
    let (header, payload) = (parts.next()?, parts.next()?);
    // What is encoded twice is a token even if its header is damaged.
    let whole = payload.starts_with(b"ey") || std::str::from_utf8(header).is_ok_and(is_header);
    whole.then_some(span.start..end + pad)
}

fn is_header(part: &str) -> bool {
    part.len() <= HEADER_BYTES
        && base64::decode(part, HEADER_BYTES)
            .and_then(|json| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&json).ok())
            .is_some_and(|header| !header.is_empty())
}

fn is_part(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::super::super::{Validator, found};
    use data_encoding::{BASE64, BASE64URL_NOPAD};

    fn token(header: &str) -> String {
        let encode = |part: &str| BASE64URL_NOPAD.encode(part.as_bytes());
        format!("{}.{}.{}", encode(header), encode("{\"sub\":\"ana\"}"), encode("a signature of some length"))
    }

    #[test]
    fn a_token_is_found_whole() {
        let jwt = token("{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
        assert_eq!(found(Validator::Jwt, &format!("x={jwt}."), "eyJ"), Some(&*jwt));
        let unsigned = jwt.rsplit_once('.').expect("three parts").0;
        assert_eq!(found(Validator::Jwt, unsigned, "eyJ"), Some(unsigned));
        let twice = BASE64.encode(jwt.as_bytes());
        assert_eq!(found(Validator::JwtBase64, &format!("{twice} x"), "ZXlK"), Some(&*twice));
    }

    #[test]
    fn a_header_must_be_a_json_object() {
        let jwt = token("{\"alg\":\"HS256\"");
        assert_eq!(found(Validator::Jwt, &jwt, "eyJ"), None);
        assert_eq!(found(Validator::Jwt, "eyJBB.eyJCC.eyJDDDD", "eyJ"), None);
        assert_eq!(found(Validator::Jwt, "eyJhbGciOiJIUzI1NiJ9", "eyJ"), None);
        assert_eq!(found(Validator::JwtBase64, "ZXlKMGVYQWlPaUpLVTA5", "ZXlK"), None);
    }
}
