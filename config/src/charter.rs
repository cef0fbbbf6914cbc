//! Charter drafts: from the TOML that people write to the charter that validators sign.
//!
//! `config/charters/example.toml` explains every key.

use crate::node::{FILE_BYTES, LICENCES, PREFERENCE, licence, read_text};
use crate::setting::{SettingError, Table};
use crate::{ruleset, terms};
use commonwheel_protocol::agreement::charter::{BodyAccess, NUMBERS, PROTOCOL, Quorum, Validator};
use commonwheel_protocol::agreement::{Action, Charter, RiskPolicy};
use commonwheel_protocol::bytes::{Cid, FieldError};
use commonwheel_protocol::limits::{SHORT_TEXT_BYTES, TERMS_BYTES, VALIDATORS};
use commonwheel_protocol::preference::Preference;
use commonwheel_protocol::redact::{CommunityPattern, RiskClass};
use commonwheel_protocol::sign::{PublicKey, SignedError};
use data_encoding::BASE32_NOPAD;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Value;

/// A charter to copy and change, with every key explained.
pub const EXAMPLE: &str = include_str!("../charters/example.toml");

/// Charters to copy and change, by name; the first one is [`EXAMPLE`].
pub const EXAMPLES: [(&str, &str); 3] = [
    ("riverbank", EXAMPLE),
    ("health-support", include_str!("../charters/health-support.toml")),
    ("language", include_str!("../charters/language.toml")),
];

/// A charter as a draft file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CharterDraft {
    /// The charter.
    pub charter: Charter,
    /// The text of its terms.
    pub terms: String,
}

/// The charter in a TOML file. `drafted` is the time in seconds since 1970.
///
/// # Errors
/// When a file cannot be read, or a key is missing, unknown or holds something else than it should.
pub fn load(path: &Path, drafted: i64) -> Result<CharterDraft, SettingError> {
    parse(&read_text(path, FILE_BYTES)?, path.parent().unwrap_or(Path::new("")), drafted)
}

/// The charter in a TOML text whose file paths are relative to `folder`.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, folder: &Path, drafted: i64) -> Result<CharterDraft, SettingError> {
    let mut top = Table::parse(text)?;
    let name = top.value("name", &short("the community's name"), short_text)?;
    let scope = top.value("scope", "what belongs here, in a sentence or two", nonempty)?;
    let protocol = top.int_opt("protocol", PROTOCOL, PROTOCOL)?.unwrap_or(PROTOCOL);
    let f = top.value("f", "how many validators may lie, a whole number", count)?;
    let q = top.value("q", "how many validators must accept, a whole number", count)?;
    let licences = top.list_opt("licences", LICENCES, licence)?.unwrap_or_default();
    let preference = top.value("preference", PREFERENCE, |v| Preference::read(v.as_str()?).ok())?;
    let ruleset = top.value("ruleset", &ruleset_names(), ruleset_named)?;
    let bodies = top.value("bodies", "certificate, release or gated", |v| BodyAccess::named(v.as_str()?))?;
    let terms = terms_text(&mut top, folder)?;
    let recovery = top.list_opt("recovery", SIGNING, signing)?.unwrap_or_default();
    let numbers = numbers(&mut top)?;
    let risks = risks(&mut top)?;
    let customs = customs::read(&mut top)?;
    let patterns = top.tables("patterns")?.into_iter().map(pattern).collect::<Result<Vec<_>, _>>()?;
    let validators = top.tables("validators")?.into_iter().map(validator).collect::<Result<Vec<_>, _>>()?;
    top.end()?;
    let charter = Charter {
        name,
        scope,
        protocol,
        quorum: Quorum::new(validators.len(), f, q).map_err(rule)?,
        validators,
        licences: licences.into_iter().collect(),
        preference,
        ruleset,
        patterns,
        risks,
        bodies,
        numbers,
        terms: terms::id(&terms),
        recovery,
        drafted,
        customs,
        succeeds: None,
    };
    // The same rules as for a charter received from elsewhere: a key twice, no licence, too large.
    Charter::read(&charter.to_bytes()).map_err(|error| match error {
        SignedError::Fields(error) => rule(error),
        other => SettingError::Rule { key: "charter".to_owned(), why: other.to_string() },
    })?;
    ruleset::of_charter(&charter)
        .map_err(|error| SettingError::Rule { key: "patterns".to_owned(), why: error.to_string() })?;
    Ok(CharterDraft { charter, terms })
}

/// The multicodec prefix of an X25519 public key, as a varint.
const X25519_PUB: [u8; 2] = [0xec, 0x01];

/// A validator's encryption key as text: multibase base32 of the multicodec `x25519-pub`.
pub fn encryption_key_text(key: &[u8; 32]) -> String {
    format!("b{}", BASE32_NOPAD.encode(&[&X25519_PUB[..], key].concat()).to_ascii_lowercase())
}

/// The encryption key in a text, if it is one.
pub fn encryption_key(text: &str) -> Option<[u8; 32]> {
    let bytes = BASE32_NOPAD.decode(text.strip_prefix('b')?.to_ascii_uppercase().as_bytes()).ok()?;
    let key = bytes.strip_prefix(&X25519_PUB)?.try_into().ok()?;
    (encryption_key_text(&key) == text).then_some(key)
}

/// Where each of the charter's [`NUMBERS`] stands in the file.
const NUMBER_KEYS: [(&str, &str, &str); 8] = [
    ("limits", "body_bytes", "body_bytes"),
    ("limits", "records_per_author_per_hour", "records_per_author_per_hour"),
    ("limits", "quarantine_above", "quarantine_above"),
    ("retention", "waiting_days", "waiting_days"),
    ("retention", "refused_days", "refused_days"),
    ("window", "past_hours", "past_hours"),
    ("window", "future_hours", "future_hours"),
    ("release", "cadence_days", "release_cadence_days"),
];

fn numbers(top: &mut Table) -> Result<BTreeMap<String, i64>, SettingError> {
    let mut numbers = BTreeMap::new();
    for section in ["limits", "retention", "window", "release"] {
        let mut table = top.table(section)?;
        for (_, key, number) in NUMBER_KEYS.into_iter().filter(|(of, ..)| *of == section) {
            for (_, least, most, default) in NUMBERS.into_iter().filter(|(name, ..)| *name == number) {
                numbers.insert(number.to_owned(), table.int_opt(key, least, most)?.unwrap_or(default));
            }
        }
        table.end()?;
    }
    Ok(numbers)
}

/// What is done about each class of high risk; what the file leaves out is as usual.
fn risks(top: &mut Table) -> Result<RiskPolicy, SettingError> {
    let mut table = top.table("risks")?;
    let mut policy = RiskPolicy::usual();
    for class in RiskClass::ALL {
        let action = table.value_opt(class.as_str(), "allow, review or block", |v| Action::named(v.as_str()?))?;
        policy.set(class, action.unwrap_or(policy.action(class)));
    }
    table.end()?;
    Ok(policy)
}

fn pattern(mut table: Table) -> Result<CommunityPattern, SettingError> {
    let pattern = CommunityPattern {
        label: table.value("label", "what the pattern finds, in lower-case letters, digits and hyphens", nonempty)?,
        pattern: table.value("pattern", "a regular expression, such as 'RB-[0-9]{6}'", nonempty)?,
    };
    table.end()?;
    Ok(pattern)
}

const SIGNING: &str = "a signing key as `commonwheel identity show` prints it, 56 characters that begin with \"b5u\"";
const ENCRYPTION: &str =
    "an encryption key as `commonwheel identity show` prints it, 56 characters that begin with \"b5q\"";

fn validator(mut table: Table) -> Result<Validator, SettingError> {
    let validator = Validator {
        name: table.value("name", &short("the co-op's name"), short_text)?,
        signing: table.value("signing", SIGNING, signing)?,
        encryption: table.value("encryption", ENCRYPTION, |v| encryption_key(v.as_str()?))?,
    };
    table.end()?;
    Ok(validator)
}

fn terms_text(top: &mut Table, folder: &Path) -> Result<String, SettingError> {
    let names: Vec<_> = terms::names().collect();
    let expected = format!("the name of builtin terms ({}) or the path of a text file", names.join(", "));
    let given = top.value("terms", &expected, nonempty)?;
    if let Some(text) = terms::named(&given) {
        return Ok(text.to_owned());
    }
    read_text(&folder.join(&given), TERMS_BYTES as u64).map_err(|error| SettingError::Value {
        key: "terms".to_owned(),
        expected,
        found: format!("{given:?}: {error}"),
    })
}

fn ruleset_names() -> String {
    format!("a builtin ruleset ({})", ruleset::names())
}

fn ruleset_named(value: &Value) -> Option<Cid> {
    ruleset::by_name(value.as_str()?).map(|found| *found.id())
}

fn rule(error: FieldError) -> SettingError {
    match error {
        FieldError::Value { field, why } => SettingError::Rule { key: field.to_owned(), why },
        other => SettingError::Rule { key: "charter".to_owned(), why: other.to_string() },
    }
}

fn signing(value: &Value) -> Option<PublicKey> {
    value.as_str()?.parse().ok()
}

fn count(value: &Value) -> Option<usize> {
    value.as_integer().and_then(|int| usize::try_from(int).ok()).filter(|int| *int <= VALIDATORS)
}

fn nonempty(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn short(what: &str) -> String {
    format!("{what}, 1 to {SHORT_TEXT_BYTES} bytes of text")
}

fn short_text(value: &Value) -> Option<String> {
    nonempty(value).filter(|text| text.len() <= SHORT_TEXT_BYTES)
}

mod customs;
#[cfg(test)]
mod tests;
