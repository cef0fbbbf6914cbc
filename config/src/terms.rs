//! The terms for contributors that come with Commonwheel. Old versions stay, since records name them.

use commonwheel_protocol::bytes::{Cid, Codec};

/// Names and texts.
const BUILTINS: [(&str, &str); 1] = [("commons-1", include_str!("../terms/commons-1.md"))];

/// The builtin terms of this name.
pub fn named(name: &str) -> Option<&'static str> {
    BUILTINS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all builtin terms.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().map(|(name, _)| *name)
}

/// The name of the builtin terms with this id, if they are builtin.
pub fn name_of(id: &Cid) -> Option<&'static str> {
    BUILTINS.iter().find(|(_, text)| id.matches(text.as_bytes())).map(|(name, _)| *name)
}

/// The id by which charters and records name terms: the raw CID of the text.
pub fn id(text: &str) -> Cid {
    Cid::of(Codec::Raw, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonwheel_protocol::limits::TERMS_BYTES;

    #[test]
    fn builtin_terms_are_found_by_name_and_by_id_and_fit_the_limit() {
        for name in names() {
            let text = named(name).unwrap();
            assert!(text.len() <= TERMS_BYTES);
            assert_eq!(name_of(&id(text)), Some(name));
        }
        assert_eq!(named("others"), None);
        assert_eq!(name_of(&id("others")), None);
    }
}
