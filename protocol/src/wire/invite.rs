//! Invites: one short string with which somebody joins a community.

use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use data_encoding::BASE32_NOPAD;
use std::fmt;
use std::str::FromStr;

/// At most so many addresses in an invite.
pub const ADDRESSES: usize = 16;
/// What an invite begins with.
const PREFIX: &str = "cw1";
/// At most so many characters.
const CHARACTERS: usize = 4096;

/// An invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// The community's id.
    pub community: Cid,
    /// The newest charter that the inviter knows.
    pub charter: Cid,
    /// Where to ask for it: multiaddresses with peer ids, in binary form.
    pub addresses: Vec<Vec<u8>>,
}

/// Text that is not an invite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// Another beginning.
    #[error(
        "expected an invite, a string that begins with \"{PREFIX}\"; ask for it with `commonwheel community invite`"
    )]
    Prefix,
    /// A character is missing or changed.
    #[error("the invite is damaged: {0}. Copy it whole, without spaces or line breaks")]
    Damaged(&'static str),
    /// Not the fields of an invite.
    #[error("the invite is not well-formed: {0}")]
    Fields(#[from] FieldError),
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.addresses.iter().map(|address| Node::bytes(address.clone())).collect();
        let mut bytes = encode(&Node::map([
            ("c", Some(self.community.into())),
            ("h", (self.charter != self.community).then(|| self.charter.into())),
            ("a", Some(Node::List(addresses))),
        ]));
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        write!(f, "{PREFIX}{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }
}

impl FromStr for Invite {
    type Err = InviteError;

    fn from_str(text: &str) -> Result<Self, InviteError> {
        let text = text.trim();
        let body = text.strip_prefix(PREFIX).ok_or(InviteError::Prefix)?;
        if text.len() > CHARACTERS {
            return Err(InviteError::Damaged("it is too long"));
        }
        let bytes = BASE32_NOPAD
            .decode(body.to_ascii_uppercase().as_bytes())
            .map_err(|_| InviteError::Damaged("it holds characters that invites do not have, or lacks some"))?;
        let (bytes, check) = bytes.split_last_chunk::<4>().ok_or(InviteError::Damaged("it is too short"))?;
        if checksum(bytes) != *check {
            return Err(InviteError::Damaged("its checksum does not match"));
        }
        let mut fields = Fields::of(decode(bytes).map_err(|_| InviteError::Damaged("it is not canonical"))?)?;
        let community = fields.link("c")?;
        let invite = Invite {
            community,
            charter: fields.link_opt("h")?.unwrap_or(community),
            addresses: fields.items("a", ADDRESSES, |node| match node {
                Node::Bytes(bytes) => Ok(bytes),
                other => Err(FieldError::Type { field: "a", expected: "a byte string", found: other.kind() }),
            })?,
        };
        fields.end()?;
        Ok(invite)
    }
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let digest = Cid::of_cbor(bytes);
    let [a, b, c, d, ..] = *digest.digest();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_survives_copying_and_notices_damage() {
        let id = Cid::of_cbor(b"community");
        let invite = Invite { community: id, charter: id, addresses: vec![vec![4, 127, 0, 0, 1]] };
        let text = invite.to_string();
        assert!(text.len() < 120, "{}", text.len());
        assert_eq!(text.parse(), Ok(invite));
        let damaged = text.replace(&text[40..41], if &text[40..41] == "a" { "b" } else { "a" });
        assert!(matches!(damaged.parse::<Invite>(), Err(InviteError::Damaged(_))));
        assert_eq!("hello".parse::<Invite>(), Err(InviteError::Prefix));
        assert!(matches!("cw1".parse::<Invite>(), Err(InviteError::Damaged(_))));
    }
}
