//! The key by which peers know this node. It has no passphrase, since a node starts unattended.

use super::file::{Kind, read, write};
use super::{KeyError, random_secret};
use crate::home::Home;
use libp2p::identity::Keypair;

/// The node's transport key; made when there is none.
///
/// # Errors
/// When others can read it, it is damaged, or it cannot be written.
pub fn load_or_create_transport(home: &Home) -> Result<Keypair, KeyError> {
    let path = home.transport();
    let mut secret = match read(&path, Kind::Transport, || None) {
        Err(KeyError::Missing(_)) => {
            home.create().map_err(KeyError::io(home.path()))?;
            let secret = random_secret()?;
            match write(&path, Kind::Transport, &secret, None) {
                // Another process was faster.
                Err(KeyError::Exists(_)) => read(&path, Kind::Transport, || None)?,
                written => written.map(|()| secret)?,
            }
        }
        other => other?,
    };
    Keypair::ed25519_from_bytes(&mut secret[..])
        .map_err(|_| KeyError::Damaged { path, expected: "an Ed25519 secret of 32 bytes" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn a_node_keeps_its_transport_key_and_it_is_not_the_identity() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let first = load_or_create_transport(&home).unwrap().public();
        assert_eq!(load_or_create_transport(&home).unwrap().public(), first);
        let seed = keys::create(&home, None).unwrap();
        let identity = Keypair::ed25519_from_bytes(*seed.expose()).unwrap();
        assert_ne!(identity.public(), first);
    }
}
