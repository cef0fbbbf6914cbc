//! Passphrases: where they come from, and a key from one.

use super::KeyError;
use argon2::{Algorithm, Argon2, Params, Version};
use std::fmt;
use std::io::{self, IsTerminal};
use zeroize::Zeroizing;

/// The environment variable from which scripts give a passphrase.
pub const PASSPHRASE_VARIABLE: &str = "COMMONWHEEL_PASSPHRASE";

/// The fewest characters of a new passphrase.
pub(super) const CHARACTERS: usize = 8;

/// A passphrase. It prints nothing of itself and is wiped when dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// What a person typed to open a file.
    pub fn typed(text: String) -> Self {
        Passphrase(Zeroizing::new(text))
    }

    /// The value of [`PASSPHRASE_VARIABLE`], when it is set and not empty.
    pub fn from_environment() -> Option<Self> {
        std::env::var(PASSPHRASE_VARIABLE).ok().filter(|text| !text.is_empty()).map(Passphrase::typed)
    }

    /// What a person types now, unseen; nothing when there is no terminal.
    pub fn asked(question: &str) -> Option<Self> {
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        terminal.then(|| rpassword::prompt_password(question).ok()).flatten().map(Passphrase::typed)
    }

    /// From the environment, or else asked for.
    pub fn given(question: &str) -> Option<Self> {
        Passphrase::from_environment().or_else(|| Passphrase::asked(question))
    }

    /// The passphrase itself when it is long enough to protect a new file.
    ///
    /// # Errors
    /// [`KeyError::ShortPassphrase`].
    pub fn checked(self) -> Result<Self, KeyError> {
        match self.0.chars().count() {
            found if found < CHARACTERS => Err(KeyError::ShortPassphrase(found)),
            _ => Ok(self),
        }
    }

    /// Whether two are the same, for asking twice.
    pub fn same(&self, other: &Passphrase) -> bool {
        *self.0 == *other.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

/// How much work it is to try one passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

impl Cost {
    /// The second recommended option of RFC 9106, section 4. Tests use less, since they try often.
    pub(super) const NEW: Cost = if cfg!(test) {
        Cost { memory_kib: 64, passes: 1, lanes: 1 }
    } else {
        Cost { memory_kib: 64 * 1024, passes: 3, lanes: 4 }
    };
    /// The most that a file may ask for: 1 GiB, so that a hostile backup cannot exhaust a machine.
    const MOST: Cost = Cost { memory_kib: 1024 * 1024, passes: 64, lanes: 64 };

    /// The Argon2id parameters, when they are within what is allowed.
    fn params(self) -> Option<Params> {
        let most = Cost::MOST;
        let within = self.memory_kib <= most.memory_kib && self.passes <= most.passes && self.lanes <= most.lanes;
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok().filter(|_| within)
    }
}

/// Argon2id (RFC 9106) of a passphrase; nothing when the cost is not allowed or memory is short.
pub(super) fn stretch(passphrase: &Passphrase, cost: Cost, salt: &[u8; 16]) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params()?);
    argon2.hash_password_into(passphrase.0.as_bytes(), salt, &mut *key).ok()?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_shows_nothing_and_must_be_long_enough() {
        let short = Passphrase::typed("seven77".into());
        assert_eq!(format!("{short:?}"), "Passphrase(hidden)");
        assert!(matches!(short.checked(), Err(KeyError::ShortPassphrase(7))));
        assert!(Passphrase::typed("eight888".into()).checked().is_ok());
    }

    #[test]
    fn a_file_cannot_ask_for_more_work_than_is_allowed() {
        let greedy = Cost { memory_kib: u32::MAX, ..Cost::NEW };
        assert!(stretch(&Passphrase::typed("x".into()), greedy, &[0; 16]).is_none());
    }
}
