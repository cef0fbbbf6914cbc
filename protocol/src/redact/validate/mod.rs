//! Validators: what a candidate must satisfy beyond its pattern.
//!
//! Each takes the normalised text and the candidate's span, looks at what stands beside it, and
//! answers with the span that is personal data (which may be shorter or longer), or nothing. None
//! looks further than a few hundred bytes, so that time stays linear in the text.

mod bank;
mod bitcoin;
mod first;
mod iban;
mod phone;
mod secret;

use secret::{assigned, header};
use serde::Deserialize;
use std::ops::Range;

/// The closed list of validators that a rule can name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validator {
    /// The pattern says it all.
    #[default]
    None,
    /// The match must not continue a word or be continued by one.
    Word,
    /// The match is the "@" of an address: RFC 5321 lengths, host names of any script.
    Email,
    /// Four octets that are not a version number.
    Ipv4,
    /// RFC 4291 text forms.
    Ipv6,
    /// Areas, groups and serials that the US administration issues.
    Ssn,
    /// ISO 13616: the country's structure and the check digits.
    Iban,
    /// Base58 with its checksum; mainnet and testnet, public key and script hash.
    Bitcoin,
    /// BIP 173 and BIP 350: bech32 for witness version 0, bech32m for later ones.
    Segwit,
    /// Payment cards: issuer prefix, its lengths, grouping, and the Luhn digit.
    Card,
    /// The numbers of digits and groups that telephone numbers have; no dates, no ISBN.
    Phone,
    /// The span is a name: its first word is none that merely begins a sentence.
    Name,
    /// As `email`, for later rulesets.
    #[serde(rename = "email-2")]
    Email2,
    /// As `ipv4`, for later rulesets.
    #[serde(rename = "ipv4-2")]
    Ipv42,
    /// As `ipv6`, for later rulesets.
    #[serde(rename = "ipv6-2")]
    Ipv62,
    /// Telephone numbers by the numbering plans of a phone library, their form and the words beside them.
    #[serde(rename = "phone-2")]
    Phone2,
    /// As `name`, for later rulesets.
    #[serde(rename = "name-2")]
    Name2,
    /// A token with a known beginning: ended, and not one sign again and again.
    Token,
    /// The match itself looks drawn by chance.
    Random,
    /// The match is part of a name that says password; the finding is its value.
    Password,
    /// The match is part of a name that says secret or token; the finding is its value.
    Secret,
    /// The match is part of a name that says session; the finding is its value.
    Session,
    /// The match ends in "key" in a name that says what for; the finding is its value.
    Key,
    /// RFC 7519, its header in JSON.
    Jwt,
    /// A JSON Web Token in base64 once more.
    JwtBase64,
    /// The match begins an armoured private key, RFC 7468.
    PrivateKey,
    /// The match begins an armoured private key in base64.
    PrivateKeyBase64,
    /// The match ends in the "://" of an address; the finding is its user and password.
    UrlPassword,
    /// The match is "authorization"; the finding is the credentials.
    Authorization,
    /// The match is the name of a scheme of authorization and a space; the finding is the credentials.
    Scheme,
    /// The match is "cookie"; the finding is the pairs behind it.
    Cookie,
    /// The match is "curl"; the finding is the user and password that it is given.
    Curl,
    /// The match is the "data:" of a Kubernetes Secret; the finding is its entries.
    Kubernetes,
    /// The match ends the date and begins the request in a line of a web server's log.
    AccessLog,
}

impl Validator {
    /// The part of `text` that is personal data, given a candidate.
    pub(super) fn check(self, text: &str, span: Range<usize>) -> Option<Range<usize>> {
        match self {
            Validator::None => Some(span),
            Validator::Word => stands_alone(text, &span).then_some(span),
            Validator::Email | Validator::Email2 => first::email::check(text, span),
            Validator::Ipv4 | Validator::Ipv42 => first::ip::check_v4(text, span),
            Validator::Ipv6 | Validator::Ipv62 => first::ip::check_v6(text, span),
            Validator::Ssn => bank::check_ssn(text, span),
            Validator::Iban => iban::check(text, span),
            Validator::Bitcoin => bitcoin::check_base58(text, span),
            Validator::Segwit => bitcoin::check_segwit(text, span),
            Validator::Card => bank::check_card(text, span),
            Validator::Phone => first::phone::check(text, span),
            Validator::Phone2 => phone::check(text, span),
            Validator::Name | Validator::Name2 => first::name::check(text, span),
            Validator::Token => assigned::check_token(text, span),
            Validator::Random => assigned::check_random(text, span),
            Validator::Password => assigned::check_password(text, span),
            Validator::Secret => assigned::check_secret(text, span),
            Validator::Session => assigned::check_session(text, span),
            Validator::Key => assigned::check_key(text, span),
            Validator::Jwt => secret::jwt::check(text, span),
            Validator::JwtBase64 => secret::jwt::check_base64(text, span),
            Validator::PrivateKey => secret::private_key::check(text, span),
            Validator::PrivateKeyBase64 => secret::private_key::check_base64(text, span),
            Validator::UrlPassword => secret::url::check_user(text, span),
            Validator::Authorization => header::check_authorization(text, span),
            Validator::Scheme => header::check_scheme(text, span),
            Validator::Cookie => header::check_cookie(text, span),
            Validator::Curl => header::check_curl(text, span),
            Validator::Kubernetes => secret::kubernetes::check(text, span),
            Validator::AccessLog => secret::log::check(text, span),
        }
    }
}

fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Letters, digits and underscores of ASCII: what makes a word go on. Other scripts do not, since
/// many of them write no spaces.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    !before(text, span.start).is_some_and(is_word) && !after(text, span.end).is_some_and(is_word)
}

/// Whether a number at `span` stands alone and is no part of a longer one such as 1-23.45.
fn is_whole_number(text: &str, span: &Range<usize>) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| matches!(c, '-' | '.' | ','));
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let left = text[..span.start].chars().rev();
    let right = text[span.end..].chars();
    stands_alone(text, span)
        && !(joins(left.clone().next()) && digit(left.clone().nth(1)))
        && !(joins(right.clone().next()) && digit(right.clone().nth(1)))
}

/// At most `bytes` bytes of the line before `at`, in lower case.
fn line_before(text: &str, at: usize, bytes: usize) -> String {
    let mut from = at.saturating_sub(bytes);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let line = &text[from..at];
    line.rsplit('\n').next().unwrap_or(line).to_ascii_lowercase()
}

#[cfg(test)]
fn found<'a>(validator: Validator, text: &'a str, candidate: &str) -> Option<&'a str> {
    let start = text.find(candidate).expect("the candidate is in the text");
    validator.check(text, start..start + candidate.len()).map(|span| &text[span])
}
