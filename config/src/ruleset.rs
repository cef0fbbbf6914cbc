//! The redaction rulesets that come with Commonwheel, and reading one from TOML.
//!
//! Old versions stay, since old records name them.

use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::{Cid, Codec};
use commonwheel_protocol::redact::{PatternError, Ruleset, RulesetError, RulesetSpec};
use std::sync::{Arc, LazyLock};

/// The files, oldest first.
const FILES: [&str; 2] = [include_str!("../rulesets/core-1.toml"), include_str!("../rulesets/core-2.toml")];

static BUILTINS: LazyLock<Vec<(Arc<Ruleset>, &'static str)>> = LazyLock::new(|| {
    // The test `every_builtin_compiles` proves that none is left out.
    FILES.into_iter().filter_map(|file| Some((Arc::new(parse(file).ok()?), file))).collect()
});

/// Why a ruleset file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesetFileError {
    /// The file is too large.
    #[error("a ruleset file has at most {MAX_BYTES} bytes; found {0}; shorten it")]
    Size(usize),
    /// The file is not TOML, or has other keys than a ruleset.
    #[error("not a ruleset in TOML: {0}")]
    Toml(#[from] Box<toml::de::Error>),
    /// A rule is not allowed.
    #[error(transparent)]
    Rules(#[from] RulesetError),
}

/// Why a charter's rules of redaction cannot be used here.
#[derive(Debug, thiserror::Error)]
pub enum CharterRulesetError {
    /// The ruleset that it names does not come with this version.
    #[error("the charter names a redaction ruleset ({0}) that this version does not have; update commonwheel")]
    Unknown(Cid),
    /// One of its patterns is not sound.
    #[error("the charter's {0}")]
    Pattern(#[from] PatternError),
}

/// A ruleset file, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// The newest ruleset: what a charter that names none uses.
pub fn builtin() -> Arc<Ruleset> {
    // FILES is not empty, and the test `every_builtin_compiles` proves that each file compiles.
    BUILTINS.last().map(|(ruleset, _)| ruleset.clone()).expect("a builtin ruleset")
}

/// Every ruleset that comes with Commonwheel, oldest first.
pub fn builtins() -> impl Iterator<Item = Arc<Ruleset>> {
    BUILTINS.iter().map(|(ruleset, _)| ruleset.clone())
}

/// The builtin ruleset that a header names, if this version of Commonwheel has it.
pub fn by_id(id: &Cid) -> Option<Arc<Ruleset>> {
    builtins().find(|ruleset| ruleset.id() == id)
}

/// The ruleset of a community: the one that its charter names, with the charter's patterns. Headers name its
/// id, and validators check by it.
///
/// # Errors
/// When this version lacks the ruleset, or a pattern is not sound.
pub fn of_charter(charter: &Charter) -> Result<Arc<Ruleset>, CharterRulesetError> {
    let unknown = || CharterRulesetError::Unknown(charter.ruleset);
    if charter.patterns.is_empty() {
        return by_id(&charter.ruleset).ok_or_else(unknown);
    }
    let spec = text(&charter.ruleset).and_then(|file| toml::from_str(file).ok()).ok_or_else(unknown)?;
    Ok(Arc::new(Ruleset::of_community(spec, &charter.ruleset, &charter.patterns)?))
}

/// The builtin ruleset with a name such as `core-1`.
pub fn by_name(name: &str) -> Option<Arc<Ruleset>> {
    builtins().find(|ruleset| name_of(ruleset) == name)
}

/// A ruleset's name and version, such as `core-1`.
pub fn name_of(ruleset: &Ruleset) -> String {
    format!("{}-{}", ruleset.name(), ruleset.version())
}

/// The names of all builtin rulesets, as in `core-1, core-2`.
pub fn names() -> String {
    builtins().map(|ruleset| name_of(&ruleset)).collect::<Vec<_>>().join(", ")
}

/// The file of a builtin ruleset, for showing it.
pub fn text(id: &Cid) -> Option<&'static str> {
    BUILTINS.iter().find(|(ruleset, _)| ruleset.id() == id).map(|(_, file)| *file)
}

/// The ruleset in a TOML file. Its id is the raw CID of the file's bytes.
///
/// # Errors
/// When the file is too large, is not a ruleset in TOML, or breaks a limit of [`RulesetError`].
pub fn parse(file: &str) -> Result<Ruleset, RulesetFileError> {
    if file.len() > MAX_BYTES {
        return Err(RulesetFileError::Size(file.len()));
    }
    let spec: RulesetSpec = toml::from_str(file).map_err(Box::new)?;
    Ok(Ruleset::compile(spec, Cid::of(Codec::Raw, file.as_bytes()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_compiles() {
        for file in FILES {
            parse(file).expect("a builtin compiles");
        }
        assert_eq!(builtins().count(), FILES.len());
    }

    #[test]
    fn a_builtin_is_found_by_the_hash_of_its_file() {
        let newest = builtin();
        let file = text(newest.id()).expect("its file");
        assert!(newest.id().matches(file.as_bytes()));
        assert_eq!(by_id(newest.id()).expect("itself").version(), newest.version());
        assert!(by_id(&Cid::of(Codec::Raw, b"another")).is_none());
    }

    #[test]
    fn a_builtin_is_found_by_its_name_and_version() {
        for ruleset in builtins() {
            assert_eq!(by_name(&name_of(&ruleset)).expect("itself").id(), ruleset.id());
        }
        assert!(by_name("core").is_none() && by_name("core-0").is_none());
        assert!(names().starts_with("core-1"), "{}", names());
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        let unknown_key = format!("colour = 1\n{}", FILES[0]);
        assert!(matches!(parse(&unknown_key), Err(RulesetFileError::Toml(_))));
        assert!(matches!(parse(&" ".repeat(MAX_BYTES + 1)), Err(RulesetFileError::Size(_))));
        assert!(matches!(parse("name = \"x\"\nversion = 1\nrules = []"), Err(RulesetFileError::Rules(_))));
    }
}
