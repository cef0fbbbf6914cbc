//! The seed of a person or a co-op: made once, kept in the home folder, backed up elsewhere.

use super::file::{Kind, read, write};
use super::{KeyError, Passphrase, random_secret};
use crate::home::Home;
use commonwheel_protocol::identity::Seed;
use std::path::Path;

/// A new seed, written to the home folder.
///
/// # Errors
/// [`KeyError::Exists`] when there is an identity already; when it cannot be written.
pub fn create(home: &Home, passphrase: Option<&Passphrase>) -> Result<Seed, KeyError> {
    home.create().map_err(KeyError::io(home.path()))?;
    let secret = random_secret()?;
    write(&home.identity(), Kind::Identity, &secret, passphrase)?;
    Ok(Seed::new(*secret))
}

/// The seed in the home folder. `ask` is called only when it is protected by a passphrase.
///
/// # Errors
/// [`KeyError::Missing`] when there is none; when others can read it, it is damaged, or the
/// passphrase is missing or wrong.
pub fn load(home: &Home, ask: impl FnOnce() -> Option<Passphrase>) -> Result<Seed, KeyError> {
    read(&home.identity(), Kind::Identity, ask).map(|secret| Seed::new(*secret))
}

/// The seed in the home folder, with a passphrase from the environment or asked for on the terminal.
///
/// # Errors
/// As [`load`].
pub fn load_seed(home: &Home) -> Result<Seed, KeyError> {
    load(home, || Passphrase::given("Passphrase of your identity: "))
}

/// Writes a backup of a seed.
///
/// # Errors
/// [`KeyError::Exists`] when something is there already; when it cannot be written.
pub fn export(seed: &Seed, path: &Path, passphrase: Option<&Passphrase>) -> Result<(), KeyError> {
    write(path, Kind::Backup, seed.expose(), passphrase)
}

/// The seed of a backup, written to the home folder under a passphrase of its own, or none.
///
/// # Errors
/// [`KeyError::Exists`] when there is an identity already; when the backup cannot be opened.
pub fn import(
    home: &Home,
    backup: &Path,
    ask: impl FnOnce() -> Option<Passphrase>,
    passphrase: Option<&Passphrase>,
) -> Result<Seed, KeyError> {
    if home.identity().exists() {
        return Err(KeyError::Exists(home.identity()));
    }
    let seed = read_backup(backup, ask)?;
    home.create().map_err(KeyError::io(home.path()))?;
    write(&home.identity(), Kind::Identity, seed.expose(), passphrase)?;
    Ok(seed)
}

/// The seed of a backup, which stays where it is.
///
/// # Errors
/// When it cannot be opened.
pub fn read_backup(backup: &Path, ask: impl FnOnce() -> Option<Passphrase>) -> Result<Seed, KeyError> {
    match read(backup, Kind::Backup, ask) {
        Err(KeyError::Missing(path)) => Err(KeyError::Io { path, why: std::io::ErrorKind::NotFound.into() }),
        other => other.map(|secret| Seed::new(*secret)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        (folder, home)
    }

    fn phrase(text: &str) -> Option<Passphrase> {
        Some(Passphrase::typed(text.into()))
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_closed_to_others_and_refused_when_it_is_not() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, home) = home();
        create(&home, None).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&home.identity()), mode(home.path())), (0o600, 0o700));
        fs::set_permissions(home.identity(), fs::Permissions::from_mode(0o640)).unwrap();
        let error = load(&home, || None).unwrap_err().to_string();
        assert!(error.contains("found mode 0640") && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn an_identity_is_never_overwritten() {
        let (folder, home) = home();
        let seed = create(&home, None).unwrap();
        assert!(matches!(create(&home, None), Err(KeyError::Exists(_))));
        let backup = folder.path().join("backup");
        export(&seed, &backup, None).unwrap();
        assert!(matches!(export(&seed, &backup, None), Err(KeyError::Exists(_))));
        assert!(matches!(import(&home, &backup, || None, None), Err(KeyError::Exists(_))));
        assert_eq!(load(&home, || None).unwrap().expose(), seed.expose());
    }

    #[test]
    fn only_the_right_passphrase_opens_a_protected_identity() {
        let (_folder, home) = home();
        let seed = create(&home, phrase("correct horse").as_ref()).unwrap();
        assert_eq!(load(&home, || phrase("correct horse")).unwrap().expose(), seed.expose());
        assert!(matches!(load(&home, || phrase("battery staple")), Err(KeyError::WrongPassphrase(_))));
        let error = load(&home, || None).unwrap_err().to_string();
        assert!(error.contains("COMMONWHEEL_PASSPHRASE"), "{error}");
    }

    #[test]
    fn a_backup_restores_the_same_identity_in_another_home() {
        let (folder, old) = home();
        let seed = create(&old, None).unwrap();
        let backup = folder.path().join("backup");
        export(&seed, &backup, phrase("correct horse").as_ref()).unwrap();
        let new = Home::at(folder.path().join("new"));
        assert!(matches!(import(&new, &backup, || phrase("wrong"), None), Err(KeyError::WrongPassphrase(_))));
        assert!(!new.identity().exists());
        import(&new, &backup, || phrase("correct horse"), None).unwrap();
        assert_eq!(load(&new, || None).unwrap().expose(), seed.expose());
    }

    #[test]
    fn without_an_identity_the_error_says_how_to_make_one() {
        let (_folder, home) = home();
        let error = load(&home, || None).unwrap_err().to_string();
        assert!(error.contains("identity new"), "{error}");
    }
}
