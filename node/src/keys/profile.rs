//! How a person wants to appear: a display name, and an author mode for each community.

use super::KeyError;
use crate::home::{Home, read_bounded, replace};
use commonwheel_config::node::author_mode;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::identity::AuthorMode;
use commonwheel_protocol::limits::{NOTE_BYTES, SHORT_TEXT_BYTES};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;

/// What `profile.toml` in the home folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name to show for named authors and pseudonyms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A few words about the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    communities: BTreeMap<String, String>,
}

/// A profile, in bytes: a long text about oneself and a thousand communities fit.
const FILE_BYTES: usize = 128 * 1024;

impl Profile {
    /// The profile in a home folder; an empty one when there is none.
    ///
    /// # Errors
    /// When it cannot be read or breaks a rule.
    pub fn load(home: &Home) -> Result<Self, KeyError> {
        let path = home.profile();
        let bytes = match read_bounded(&path, FILE_BYTES) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Profile::default()),
            other => other.map_err(KeyError::io(&path))?,
        };
        // The parser's message would quote what the person wrote.
        let toml =
            || KeyError::Profile { key: "profile.toml", expected: "TOML with name, about, mode, communities".into() };
        let text = std::str::from_utf8(&bytes).map_err(|_| toml())?;
        let profile: Profile = toml::from_str(text).map_err(|_| toml())?;
        profile.check()?;
        Ok(profile)
    }

    /// Writes the profile to a home folder.
    ///
    /// # Errors
    /// When it breaks a rule or cannot be written.
    pub fn save(&self, home: &Home) -> Result<(), KeyError> {
        self.check()?;
        let text = toml::to_string(self).expect("text and maps of text can be written as TOML");
        home.create().and_then(|()| replace(&home.profile(), text.as_bytes())).map_err(KeyError::io(&home.profile()))
    }

    /// How the person appears in a community: as chosen for it, else as chosen for all, else `default`.
    pub fn mode(&self, community: &Cid, default: AuthorMode) -> AuthorMode {
        let chosen = self.communities.get(&community.to_string()).or(self.mode.as_ref());
        chosen.and_then(|name| author_mode(name)).unwrap_or(default)
    }

    /// Chooses how to appear, in one community or in all for which nothing was chosen apart.
    pub fn choose(&mut self, mode: AuthorMode, community: Option<&Cid>) {
        match community {
            Some(id) => drop(self.communities.insert(id.to_string(), mode.name().to_owned())),
            None => self.mode = Some(mode.name().to_owned()),
        }
    }

    fn check(&self) -> Result<(), KeyError> {
        let wrong = |key, expected: String| Err(KeyError::Profile { key, expected });
        if self.name.as_ref().is_some_and(|name| name.trim().is_empty() || name.len() > SHORT_TEXT_BYTES) {
            return wrong("name", format!("1 to {SHORT_TEXT_BYTES} bytes of text"));
        }
        if self.about.as_ref().is_some_and(|about| about.len() > NOTE_BYTES) {
            return wrong("about", format!("at most {NOTE_BYTES} bytes of text"));
        }
        if self.communities.values().chain(&self.mode).any(|name| author_mode(name).is_none()) {
            return wrong("mode", "named, pseudonym or anonymous".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_chosen_for_a_community_holds_there_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let (a, b) = (Cid::of_cbor(b"a"), Cid::of_cbor(b"b"));
        let mut profile = Profile::load(&home).unwrap();
        assert_eq!(profile.mode(&a, AuthorMode::Pseudonym), AuthorMode::Pseudonym);
        profile.choose(AuthorMode::Named, Some(&a));
        profile.choose(AuthorMode::Anonymous, None);
        profile.save(&home).unwrap();
        let profile = Profile::load(&home).unwrap();
        assert_eq!(profile.mode(&a, AuthorMode::Pseudonym), AuthorMode::Named);
        assert_eq!(profile.mode(&b, AuthorMode::Pseudonym), AuthorMode::Anonymous);
    }

    #[test]
    fn a_profile_with_a_slip_is_refused_without_quoting_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        for text in ["name = \"\"", "mode = \"Anita\"", "Anita = 1", "name = Anita"] {
            std::fs::write(home.profile(), text).unwrap();
            let error = Profile::load(&home).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("Anita"), "{error}");
        }
        let long = Profile { name: Some("x".repeat(SHORT_TEXT_BYTES + 1)), ..Profile::default() };
        assert!(long.save(&home).is_err());
    }
}
