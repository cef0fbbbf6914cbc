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
