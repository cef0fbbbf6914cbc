//! Whether a person withholds, for now, what was to be shared later.

use crate::home::{Home, read_bounded, replace};
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind};

/// What `withheld.toml` in the home says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// Since when, in seconds since 1970.
    pub since: i64,
    /// Until when; until it is ended, when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

const FILE_BYTES: usize = 4096;

impl Withheld {
    /// What holds at a moment; nothing when nothing is withheld then.
    ///
    /// # Errors
    /// When the file cannot be read. A damaged one withholds: it is there because somebody wanted that.
    pub fn at(now_s: i64, home: &Home) -> io::Result<Option<Withheld>> {
        let bytes = match read_bounded(&home.withheld(), FILE_BYTES) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let text = String::from_utf8_lossy(&bytes);
        let withheld = toml::from_str(&text).unwrap_or(Withheld { since: 0, until: None });
        Ok(Some(withheld).filter(|withheld: &Withheld| withheld.until.is_none_or(|until| now_s < until)))
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(self, home: &Home) -> io::Result<()> {
        let text = toml::to_string(&self).map_err(io::Error::other)?;
        home.create()?;
        replace(&home.withheld(), text.as_bytes())
    }

    /// Ends it, if there is one.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn end(home: &Home) -> io::Result<()> {
        match std::fs::remove_file(home.withheld()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_withheld_ends_at_its_time_or_when_it_is_ended_and_a_damaged_file_withholds() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        assert_eq!(Withheld::at(5, &home).unwrap(), None);
        let withheld = Withheld { since: 5, until: Some(9) };
        withheld.save(&home).unwrap();
        assert_eq!([8, 9].map(|now| Withheld::at(now, &home).unwrap()), [Some(withheld), None]);
        Withheld { since: 5, until: None }.save(&home).unwrap();
        assert!(Withheld::at(i64::MAX, &home).unwrap().is_some());
        Withheld::end(&home).unwrap();
        Withheld::end(&home).unwrap();
        assert_eq!(Withheld::at(5, &home).unwrap(), None);
        std::fs::write(home.withheld(), "until = soon").unwrap();
        assert!(Withheld::at(5, &home).unwrap().is_some());
    }
}
