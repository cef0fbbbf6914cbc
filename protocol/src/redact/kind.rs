//! The kinds of personal data that a ruleset can name.

use super::fold::fold;
use super::validate;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;

/// What was found. The order is from the most specific to the least: where findings overlap, the
/// smallest kind is the one shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A private key, whole.
    PrivateKey,
    /// A JSON Web Token, RFC 7519.
    Jwt,
    /// A provider's access token or key, known by its form.
    Token,
    /// A password.
    Password,
    /// A cookie or session token.
    Cookie,
    /// What an Authorization header carries.
    Authorization,
    /// Another secret, known by the name that it is assigned to.
    Secret,
    /// A bank account, ISO 13616.
    Iban,
    /// A Bitcoin address.
    Bitcoin,
    /// An Ethereum address.
    Ethereum,
    /// A payment card.
    Card,
    /// A United States social security number.
    Ssn,
    /// A number that a government gave to a person or firm.
    #[serde(rename = "govid")]
    GovId,
    /// An e-mail address.
    Email,
    /// What a community's own pattern finds.
    Custom,
    /// The hardware address of a network card.
    Mac,
    /// An IPv4 or IPv6 address.
    Ip,
    /// Who asked for what in a web server's log.
    AccessLog,
    /// A place given to within some hundred metres.
    Coordinates,
    /// A telephone number.
    Phone,
    /// A term that a person has chosen to hide; no ruleset finds it.
    Term,
    /// A person's name.
    Name,
}

impl Kind {
    /// Every kind, most specific first.
    pub const ALL: [Kind; 22] = [
        Kind::PrivateKey,
        Kind::Jwt,
        Kind::Token,
        Kind::Password,
        Kind::Cookie,
        Kind::Authorization,
        Kind::Secret,
        Kind::Iban,
        Kind::Bitcoin,
        Kind::Ethereum,
        Kind::Card,
        Kind::Ssn,
        Kind::GovId,
        Kind::Email,
        Kind::Custom,
        Kind::Mac,
        Kind::Ip,
        Kind::AccessLog,
        Kind::Coordinates,
        Kind::Phone,
        Kind::Term,
        Kind::Name,
    ];

    /// The name in records, rulesets and JSON: lower case, with underscores.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::PrivateKey => "private_key",
            Kind::Jwt => "jwt",
            Kind::Token => "token",
            Kind::Password => "password",
            Kind::Cookie => "cookie",
            Kind::Authorization => "authorization",
            Kind::Secret => "secret",
            Kind::Iban => "iban",
            Kind::Bitcoin => "bitcoin",
            Kind::Ethereum => "ethereum",
            Kind::Card => "card",
            Kind::Ssn => "ssn",
            Kind::GovId => "govid",
            Kind::Email => "email",
            Kind::Custom => "custom",
            Kind::Mac => "mac",
            Kind::Ip => "ip",
            Kind::AccessLog => "access_log",
            Kind::Coordinates => "coordinates",
            Kind::Phone => "phone",
            Kind::Term => "term",
            Kind::Name => "name",
        }
    }

    /// The kind with this lower-case name, if there is one.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name inside a placeholder: upper case.
    pub(super) fn label(self) -> &'static str {
        match self {
            Kind::PrivateKey => "PRIVATE_KEY",
            Kind::Jwt => "JWT",
            Kind::Token => "TOKEN",
            Kind::Password => "PASSWORD",
            Kind::Cookie => "COOKIE",
            Kind::Authorization => "AUTHORIZATION",
            Kind::Secret => "SECRET",
            Kind::Iban => "IBAN",
            Kind::Bitcoin => "BITCOIN",
            Kind::Ethereum => "ETHEREUM",
            Kind::Card => "CARD",
            Kind::Ssn => "SSN",
            Kind::GovId => "GOVID",
            Kind::Email => "EMAIL",
            Kind::Custom => "CUSTOM",
            Kind::Mac => "MAC",
            Kind::Ip => "IP",
            Kind::AccessLog => "ACCESS_LOG",
            Kind::Coordinates => "COORDINATES",
            Kind::Phone => "PHONE",
            Kind::Term => "TERM",
            Kind::Name => "NAME",
        }
    }

    /// The value by which two findings of this kind are the same: one form for all its spellings.
    /// `text` is already normalised character by character.
    pub(super) fn same_value(self, text: &str) -> Cow<'_, [u8]> {
        match self {
            Kind::Iban | Kind::Card | Kind::Ssn | Kind::GovId | Kind::Mac => {
                let mut bare = Vec::with_capacity(text.len());
                bare.extend(text.bytes().filter(u8::is_ascii_alphanumeric));
                bare.make_ascii_uppercase();
                bare.into()
            }
            Kind::Term => fold(text).into_bytes().into(),
            Kind::Phone => validate::same_phone(text).into_bytes().into(),
            // An IPv4 address has but one spelling.
            Kind::Ip if text.contains(':') => {
                text.parse().map_or_else(|_| lower(text), |ip: std::net::IpAddr| ip.to_string().into_bytes().into())
            }
            // Base58 distinguishes case; bech32 comes in one case or the other.
            Kind::Bitcoin if text.starts_with(['1', '2', '3', 'm', 'n']) => text.as_bytes().into(),
            Kind::Bitcoin | Kind::Ethereum | Kind::Email | Kind::Custom | Kind::Name | Kind::Ip => lower(text),
            // Case matters in secrets.
            _ => text.as_bytes().into(),
        }
    }
}

fn lower(text: &str) -> Cow<'_, [u8]> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        text.as_bytes().into()
    } else {
        text.to_lowercase().into_bytes().into()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_named_once_and_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.as_str()), Some(kind));
            assert_eq!(kind.label(), kind.as_str().to_uppercase());
        }
        assert_eq!(Kind::from_name("EMAIL"), None);
        assert!(Kind::ALL.is_sorted());
    }

    #[test]
    fn spellings_of_one_value_are_the_same() {
        assert_eq!(Kind::Iban.same_value("de89 3704"), Kind::Iban.same_value("DE893704"));
        assert_eq!(Kind::Phone.same_value("+1 (212) 555-0123"), Kind::Phone.same_value("+12125550123"));
        assert_eq!(Kind::Ip.same_value("2001:DB8:0::1"), Kind::Ip.same_value("2001:db8::1"));
        assert_ne!(Kind::Bitcoin.same_value("1abc"), Kind::Bitcoin.same_value("1ABC"));
    }
}
