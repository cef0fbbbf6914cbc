//! Validators: what a candidate must satisfy beyond its pattern.
//!
//! Each takes the normalised text and the candidate's span, looks at what stands beside it, and
//! answers with the span that is personal data (which may be shorter or longer), or nothing. How far
//! each looks is bounded, so that time stays linear in the text: some hundred bytes for most, 4 KiB
//! for what is given to a name or stands in a header, 8 KiB for a JWT, 16 KiB for a private key.

mod account;
mod bank;
mod bitcoin;
mod card;
mod email;
mod ethereum;
mod first;
mod geo;
mod govid;
mod hopeless;
mod iban;
mod ip;
mod mac;
mod name;
mod phone;
mod secret;
mod ssn;

pub(super) use hopeless::{DEEP, is_among_hexadecimal};
pub(super) use phone::same as same_phone;
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
    /// Addresses that are nobody's: loopback, unspecified, netmasks, multicast; in prose.
    #[serde(rename = "ip-special-2")]
    IpSpecial2,
    /// The match is a word that stands for the "@" of an address.
    #[serde(rename = "email-spoken-2")]
    EmailSpoken2,
    /// As `ssn`, for later rulesets; reads on from the first digits.
    #[serde(rename = "ssn-2")]
    Ssn2,
    /// As `iban`, for later rulesets; the match begins with the check digits.
    #[serde(rename = "iban-2")]
    Iban2,
    /// As `bitcoin`, for later rulesets; the match is a run of letters and digits.
    #[serde(rename = "bitcoin-2")]
    Bitcoin2,
    /// As `card`, for later rulesets; reads on from the first digits.
    #[serde(rename = "card-2")]
    Card2,
    /// EIP-55; the match is a run of letters and digits.
    Ethereum,
    /// Hardware addresses, at their digits or colons.
    Mac,
    /// Numbers that governments give, at their first digits: form, check digits, words before.
    #[serde(rename = "govid")]
    GovId,
    /// The same for numbers with letters in them.
    #[serde(rename = "govid-letters")]
    GovIdLetters,
    /// A latitude and a longitude in decimal degrees.
    Coordinates,
    /// A latitude and a longitude in degrees, minutes and seconds; the match begins with a degree sign.
    Degrees,
    /// Telephone numbers by the numbering plans of a phone library, their form and the words beside them.
    #[serde(rename = "phone-2")]
    Phone2,
    /// What follows the match is a name, as after "my name is"; in any case and script.
    #[serde(rename = "name-2")]
    Name2,
    /// What follows the match looks like a name, as after "I am".
    #[serde(rename = "name-weak-2")]
    NameWeak2,
    /// What follows the match begins with a known given name or a title, as after "this is".
    #[serde(rename = "name-known-2")]
    NameKnown2,
    /// What follows the match is whom a letter or message addresses, as after "Dear".
    #[serde(rename = "name-greeting-2")]
    NameGreeting2,
    /// What follows the match signs a letter, as after "Regards,".
    #[serde(rename = "name-closing-2")]
    NameClosing2,
    /// The match is a title before a name of two words at least, such as "Mrs".
    #[serde(rename = "name-title-2")]
    NameTitle2,
    /// The match is a field's label and a name its value, as in "Patient: …".
    #[serde(rename = "name-field-2")]
    NameField2,
    /// The match begins a line of a mail's head, where a name stands before an address.
    #[serde(rename = "name-header-2")]
    NameHeader2,
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
            Validator::Email => first::email::check(text, span),
            Validator::Email2 => email::check(text, span),
            Validator::EmailSpoken2 => email::check_spoken(text, span),
            Validator::Ipv4 => first::ip::check_v4(text, span),
            Validator::Ipv42 => ip::check_v4(text, span),
            Validator::Ipv6 => first::ip::check_v6(text, span),
            Validator::Ipv62 => ip::check_v6(text, span),
            Validator::IpSpecial2 => ip::check_special(text, span),
            Validator::Ssn2 => ssn::check(text, span),
            Validator::Iban2 => account::check(text, span),
            Validator::Bitcoin2 => bitcoin::check_run(text, span),
            Validator::Card2 => card::check(text, span),
            Validator::Ethereum => ethereum::check(text, span),
            Validator::Mac => mac::check(text, span),
            Validator::GovId => govid::check(text, span),
            Validator::GovIdLetters => govid::check_letters(text, span),
            Validator::Coordinates => geo::check_pair(text, span),
            Validator::Degrees => geo::check_sexagesimal(text, span),
            Validator::Ssn => bank::check_ssn(text, span),
            Validator::Iban => iban::check(text, span),
            Validator::Bitcoin => bitcoin::check_base58(text, span),
            Validator::Segwit => bitcoin::check_segwit(text, span),
            Validator::Card => bank::check_card(text, span),
            Validator::Phone => first::phone::check(text, span),
            Validator::Phone2 => phone::check(text, span),
            Validator::Name => first::name::check(text, span),
            Validator::Name2 => name::check_strong(text, name::phrase(text, span)),
            Validator::NameWeak2 => name::check_weak(text, name::phrase(text, span)),
            Validator::NameKnown2 => name::check_known(text, name::phrase(text, span)),
            Validator::NameGreeting2 => name::check_greeting(text, name::phrase(text, span)),
            Validator::NameClosing2 => name::check_closing(text, name::phrase(text, span)),
            Validator::NameTitle2 => name::check_title(text, name::phrase(text, span)),
            Validator::NameField2 => name::check_field(text, name::phrase(text, span)),
            Validator::NameHeader2 => name::check_header(text, span),
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

/// Whether a text is nothing but what stands at `start..end`, quoted or ended perhaps.
fn is_all(text: &str, start: usize, end: usize) -> bool {
    let quiet = |b: &u8| b" \n.,\"'()[]<>".contains(b);
    let (left, right) = (&text.as_bytes()[..start], &text.as_bytes()[end..]);
    left.len() <= 2 && right.len() <= 2 && left.iter().all(quiet) && right.iter().all(quiet)
}

/// Whether the words beside a number say that it counts, orders or measures something.
fn is_counted(text: &str, span: &Range<usize>) -> bool {
    const BEFORE: [&str; 24] = [
        "build",
        "bytes",
        "commit",
        "count",
        "created",
        "doi",
        "epoch",
        "hash",
        "index",
        "invoice",
        "isbn",
        "line",
        "offset",
        "order",
        "page",
        "pid",
        "row",
        "seed",
        "size",
        "ticket",
        "time",
        "timestamp",
        "total",
        "ts",
    ];
    const AFTER: [&str; 10] = ["bytes", "ms", "ns", "us", "rows", "items", "records", "requests", "bits", "kb"];
    let line = line_before(text, span.start, 24);
    let line = line.trim_end_matches([' ', '=', ':', '"', '\'', '(', '[']);
    let word =
        line.trim_end_matches('#').trim_end().rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let rest = text[span.end..].trim_start_matches(' ');
    let length = rest.bytes().take(9).take_while(u8::is_ascii_alphabetic).count();
    line.ends_with('#') || BEFORE.binary_search(&word).is_ok() || AFTER.contains(&&*rest[..length].to_ascii_lowercase())
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

/// What `validator` finds first in `text` from the runs of digits there.
#[cfg(test)]
fn first_at_digits(validator: Validator, text: &str) -> Option<&str> {
    let digit = |c: char| c.is_ascii_digit();
    let starts = text.char_indices().filter(|(at, c)| digit(*c) && !text[..*at].ends_with(digit));
    let end = |at: usize| at + text[at..].bytes().take_while(u8::is_ascii_digit).count();
    starts.filter_map(|(at, _)| validator.check(text, at..end(at))).map(|span| &text[span]).next()
}
