//! Percent-encoding for URIs (RFC 3986, section 2.1).

/// The text with every byte encoded but unreserved ones and those in `kept`.
pub fn encode(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_and_kept_bytes_stay() {
        assert_eq!(encode("a-Z_0.~/b c=ü\n*$", b"/"), "a-Z_0.~/b%20c%3D%C3%BC%0A%2A%24");
        assert_eq!(encode("a/b", b""), "a%2Fb");
    }
}
