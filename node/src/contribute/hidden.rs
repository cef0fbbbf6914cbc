//! The terms that a person wants hidden in everything they share: a private file, one term a line.
//!
//! It never leaves the machine, and nothing of it is in a log or an error.

use crate::home::{self, Home};
use commonwheel_protocol::redact::{Terms, TermsError};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// The file. A thousand terms of two hundred bytes fit.
const FILE_BYTES: usize = 256 * 1024;

/// The list of terms, in the order in which they were added.
pub struct HiddenTerms {
    path: PathBuf,
    terms: Vec<String>,
}

/// Why the terms cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HiddenTermsError {
    /// The file cannot be read or written.
    #[error("the list of terms to hide at {0} cannot be used: {1}\nHint: check who owns the file; it is text in UTF-8")]
    Io(PathBuf, io::Error),
    /// A term breaks a rule.
    #[error("{0}\nHint: `commonwheel hide list` shows the terms, `commonwheel hide add --help` says what one may be")]
    Terms(#[from] TermsError),
}

impl HiddenTerms {
    /// Reads the file in a home; an absent one is empty.
    ///
    /// # Errors
    /// When it cannot be read: then nothing may be shared as if there were no terms.
    pub fn load(home: &Home) -> Result<Self, HiddenTermsError> {
        let path = home.hidden_terms();
        let bytes = match home::read_bounded(&path, FILE_BYTES) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            other => other.map_err(|error| HiddenTermsError::Io(path.clone(), error))?,
        };
        let text = String::from_utf8(bytes).map_err(|_| {
            HiddenTermsError::Io(path.clone(), io::Error::new(ErrorKind::InvalidData, "it is not in UTF-8"))
        })?;
        let terms = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Ok(HiddenTerms { path, terms })
    }

    /// The terms as they were given.
    pub fn terms(&self) -> &[String] {
        &self.terms
    }

    /// The terms, ready to be searched for.
    ///
    /// # Errors
    /// When one of them breaks a rule.
    pub fn compiled(&self) -> Result<Terms, HiddenTermsError> {
        Ok(Terms::new(&self.terms)?)
    }

    /// Adds terms; says how many were not there in another spelling.
    ///
    /// # Errors
    /// When one of them breaks a rule, counted among those that are added; then none is added.
    pub fn add(&mut self, terms: impl IntoIterator<Item = String>) -> Result<usize, HiddenTermsError> {
        let terms: Vec<String> = terms.into_iter().map(|term| one_line(&term)).collect();
        Terms::new(&terms)?;
        let before = self.terms.len();
        let mut all = self.terms.clone();
        for term in terms {
            if !all.iter().any(|known| Terms::same(known) == Terms::same(&term)) {
                all.push(term);
            }
        }
        Terms::new(&all)?;
        self.terms = all;
        Ok(self.terms.len() - before)
    }

    /// Takes a term off the list, however it is spelt; says whether it was there.
    pub fn remove(&mut self, term: &str) -> bool {
        let before = self.terms.len();
        self.terms.retain(|known| Terms::same(known) != Terms::same(term));
        self.terms.len() < before
    }

    /// Takes all terms off the list.
    pub fn clear(&mut self) {
        self.terms.clear();
    }

    /// Writes the list, for nobody else to read (mode 0600), whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written; then the old list stays.
    pub fn save(&self, home: &Home) -> Result<(), HiddenTermsError> {
        let text: String = self.terms.iter().map(|term| format!("{term}\n")).collect();
        home.create()
            .and_then(|()| home::replace(&self.path, text.as_bytes()))
            .map_err(|error| HiddenTermsError::Io(self.path.clone(), error))
    }
}

/// A term with single spaces between its words, so that it stays one line.
fn one_line(term: &str) -> String {
    term.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_kept_once_and_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        let mut list = HiddenTerms::load(&home).unwrap();
        assert_eq!(list.add(["Ana\n Silva".into(), "ANA-SILVA".into(), "Acme".into()]).unwrap(), 2);
        list.save(&home).unwrap();
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(home.hidden_terms()).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        let mut list = HiddenTerms::load(&home).unwrap();
        assert_eq!((list.terms(), list.compiled().unwrap().len()), (&["Ana Silva".into(), "Acme".into()][..], 2));
        assert_eq!(list.add(["acme".into()]).unwrap(), 0);
        assert!(list.remove("ána silva") && !list.remove("ána silva"));
        assert_eq!(list.terms(), ["Acme"]);
    }

    #[test]
    fn a_bad_term_adds_none_and_is_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let mut list = HiddenTerms::load(&home).unwrap();
        let error = list.add(["Acme".into(), "Q".into()]).unwrap_err().to_string();
        assert!(error.contains("term 2") && !error.contains('Q'), "{error}");
        assert!(list.terms().is_empty());
        std::fs::write(home.hidden_terms(), [0xff]).unwrap();
        assert!(matches!(HiddenTerms::load(&home), Err(HiddenTermsError::Io(..))), "a damaged list hides nothing");
    }
}
