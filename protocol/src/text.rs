//! The two kinds of text: what a person typed, and what may leave their machine.

use std::fmt;
use zeroize::Zeroize;

/// Text as a person or an export file gave it, before redaction.
///
/// It has no `Display` and no serialisation, and its `Debug` prints only a length, so that it
/// cannot reach a log, an error message or the wire. Only importers, the redactor and the screens
/// that submit text may name this type (a test guards that).
#[derive(Clone, PartialEq, Eq)]
pub struct RawText(String);

impl RawText {
    /// Wraps text that has not been redacted.
    pub fn new(text: impl Into<String>) -> Self {
        RawText(text.into())
    }

    /// The text itself, for the redactor and the preview screen.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Length in bytes of UTF-8.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for RawText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawText({} bytes)", self.0.len())
    }
}

impl Drop for RawText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Text that has been through the redactor: the only text that a body can be written from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Redacted(String);

impl Redacted {
    /// Called by the redactor alone; see [`crate::redact`].
    pub(crate) fn from_redactor(text: String) -> Self {
        Redacted(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Redacted {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_raw_text_shows_a_length_and_nothing_else() {
        assert_eq!(format!("{:?}", RawText::new("ana@example.org")), "RawText(15 bytes)");
    }
}
