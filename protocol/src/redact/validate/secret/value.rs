//! What a value looks like: chance, a word, code, or a placeholder.
//!
//! All of it is integer arithmetic over bytes, so that every machine decides alike.

use super::look::{
    BEYOND_ASCII, COLON, DOT, GREATER, HUMP_BYTES, JUDGED_BYTES, OTHER, PATTERN, TEMPLATE, TRIPLE, UNDERSCORE,
};
pub(super) use super::look::{Look, entropy};
use super::words::{LONGEST_WORD, PLACEHOLDERS, STAND_INS};

/// Digits that a word may end in, as in "X25519".
const WORD_DIGITS: usize = 5;
/// The longest value that may stand in for another.
const STAND_IN_BYTES: usize = 128;
/// How far a value is read that may only say what it is.
const SPEAKING_BYTES: usize = 64;

/// The part of a value that it is judged by.
pub(super) fn judged(value: &str) -> &str {
    cut(value, JUDGED_BYTES)
}

/// At most so many bytes of a value, whole characters.
fn cut(value: &str, bytes: usize) -> &str {
    let mut end = value.len().min(bytes);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

/// Whether a value looks drawn by chance: what a service gives out as a key.
pub(super) fn is_random(look: &Look) -> bool {
    let value = look.value;
    let other = || is_placeholder(look) || is_pattern(look) || has_scheme(look) || is_release(value);
    if look.len < 8 || look.spaces > 0 || other() {
        return false;
    }
    let letters = look.upper + look.lower;
    if letters == 0 {
        return is_long_number(value);
    }
    if letters <= 2 && look.signs >= 4 {
        // A date with its time.
        return false;
    }
    let chance = if look.is_hex() {
        // Programs write hexadecimal in one case.
        look.len >= 16 && look.digits > 1 && (look.upper == 0 || look.lower == 0)
    } else if look.len >= 16 {
        !is_wordy(look)
    } else {
        look.digits > 0 && (look.breaks > 1 || look.upper > 0 && look.lower > 0) && !is_wordy(look)
    };
    chance && entropy(value) >= if look.len >= 16 { 2400 } else { 2200 }
}

/// Whether the value holds "://".
fn has_scheme(look: &Look) -> bool {
    look.may_hold(COLON) && holds(look.value.as_bytes(), "://")
}

/// A version with what it was built from: "19.2.1+f9d5d28", Semantic Versioning 2.0.
fn is_release(value: &str) -> bool {
    if !value.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let Some((numbers, _)) = value.split_once(['+', '-']) else { return false };
    let number = |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(number)
}

/// Digits alone, too many for a count or a date.
fn is_long_number(value: &str) -> bool {
    (14..=64).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit()) && entropy(value) >= 2000
}

/// Whether a quoted text that is called a password can be one: no placeholder and no sentence.
pub(super) fn is_password(look: &Look) -> bool {
    if look.len < 4 || is_placeholder(look) || look.spaces > 2 {
        return false;
    }
    if look.spaces > 0 {
        return look.digits > 0 && look.signs > 0;
    }
    // A name such as "current_password", a path, or an address of a page.
    let joined = look.signs > 0 && look.digits == 0 && is_wordy(look);
    let numbers = look.upper + look.lower == 0 && look.digits > 0 && look.signs > 0;
    !joined && !numbers && !is_pattern(look) && !is_path(look) && !speaks_of_secrets(look)
}

/// Whether an unquoted text that is called a password can be one and is no word.
pub(super) fn is_bare_password(look: &Look) -> bool {
    let letters = look.upper + look.lower;
    let mixed = letters > 0 && (look.digits > 0 || look.signs > 1) || look.digits >= 6 && look.digits == look.len;
    mixed && is_password(look) && !is_code(look)
}

/// Many different signs, as only a generated password has them.
pub(super) fn is_signs(look: &Look) -> bool {
    let many = look.len >= 8 && look.spaces == 0 && look.signs * 5 >= look.len * 2 && entropy(look.value) >= 2800;
    many && !is_placeholder(look) && !is_pattern(look)
}

/// Text that stands where a value will be: `<token>`, `${TOKEN}`, `xxxx`, "your-key".
pub(super) fn is_placeholder(look: &Look) -> bool {
    let bytes = look.value.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return true };
    let closes = |open: u8, close: u8| *first == open && *last == close;
    if closes(b'<', b'>') || closes(b'{', b'}') || closes(b'[', b']') || closes(b'%', b'%') || closes(b'(', b')') {
        return true;
    }
    is_variable(look.value) || has_template(look) || is_masked(look) || is_stand_in(look)
}

/// A variable of a shell or a template: `$TOKEN`, `%s`, `#{token}`, `@Secret()`.
fn is_variable(value: &str) -> bool {
    let named = |rest: &str| {
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '('))
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"_{}().:-[]'\" >|?$/*".contains(&b))
    };
    let argument = |rest: &str| rest.len() <= 2 && rest.bytes().all(|b| b.is_ascii_digit() || b"@*#?".contains(&b));
    match value.as_bytes() {
        [b'$', ..] => named(&value[1..]) || argument(&value[1..]),
        [b'%', b's' | b'd' | b'v' | b'@' | b'(', ..] => true,
        [b'#' | b'@', b'{' | b'(', ..] => true,
        _ => false,
    }
}

/// Whether a part of the value is filled in later: "Bearer ${token}", "x-{{ id }}".
fn has_template(look: &Look) -> bool {
    if !look.may_hold(TEMPLATE) {
        return false;
    }
    let value = look.value;
    let filled = |open: &str, close: &str| {
        value.match_indices(open).take(4).any(|(at, _)| {
            let rest = &value[at + open.len()..];
            let name =
                rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_.- ()[]'\"$:!*?".contains(b)).count();
            name > 0 && rest[name..].starts_with(close)
        })
    };
    filled("${", "}") || filled("{{", "}}") || filled("$(", ")") || filled("%(", ")") || filled("<", ">")
}

/// Signs instead of the value, or one sign throughout.
fn is_masked(look: &Look) -> bool {
    let bytes = look.value.as_bytes();
    if !look.may_hold(TRIPLE | BEYOND_ASCII) && bytes.len() > 2 {
        return false;
    }
    let mut run = 0;
    for (index, byte) in bytes.iter().enumerate() {
        run = if index > 0 && bytes[index - 1] == *byte { run + 1 } else { 1 };
        if run == 4 && b"*xX.#?-_".contains(byte) || run == 3 && *byte == b'.' {
            return true;
        }
    }
    run == bytes.len() || holds(bytes, "…")
}

/// Whether a short text holds a word: quicker than a search that prepares itself.
pub(super) fn holds(bytes: &[u8], word: &str) -> bool {
    memchr::memchr_iter(word.as_bytes()[0], bytes).any(|at| bytes[at..].starts_with(word.as_bytes()))
}

/// A word that people write for a value of their own.
fn is_stand_in(look: &Look) -> bool {
    let mut lower = [0; STAND_IN_BYTES];
    let Some(lower) = lower.get_mut(..look.value.len()) else { return false };
    lower.copy_from_slice(look.value.as_bytes());
    lower.make_ascii_lowercase();
    let sign = |byte: &u8| !byte.is_ascii_alphanumeric();
    let start = lower.iter().position(|byte| !sign(byte)).unwrap_or(lower.len());
    let end = lower.iter().rposition(|byte| !sign(byte)).map_or(start, |last| last + 1);
    let bare = &lower[start..end];
    let listed = |words: &[&str], word: &[u8]| {
        word.len() <= LONGEST_WORD && words.binary_search_by(|known| known.as_bytes().cmp(word)).is_ok()
    };
    listed(PLACEHOLDERS, bare)
        || holds(lower, "fake") && is_wordy(look)
        || bare.starts_with(b"your") && bare.len() < 32
        || if look.may_hold(OTHER | UNDERSCORE) {
            lower.split(sign).any(|word| listed(STAND_INS, word))
        } else {
            listed(STAND_INS, bare)
        }
}

/// Whether the value only says what it is, as "mySecretToken" and "user_password" do.
fn speaks_of_secrets(look: &Look) -> bool {
    const WORDS: [&str; 5] = ["password", "passwd", "token", "secret", "credential"];
    let value = cut(look.value, SPEAKING_BYTES).as_bytes();
    let letters = value.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |last| last + 1);
    let mut lower = [0; SPEAKING_BYTES];
    let lower = &mut lower[..letters];
    lower.copy_from_slice(&value[..letters]);
    lower.make_ascii_lowercase();
    lower.iter().all(|b| b.is_ascii_alphabetic() || b"_-.:/ ".contains(b))
        && WORDS.iter().any(|word| holds(lower, word))
        && is_wordy(look)
}

/// A regular expression or a list of signs.
fn is_pattern(look: &Look) -> bool {
    look.may_hold(PATTERN)
        && ["(?", "[^", "\\w", "\\d", "\\s", "\\b", ".*", "[a-z", "[A-Z", "[0-9", "/^"]
            .iter()
            .any(|sign| holds(look.value.as_bytes(), sign))
}

/// A path or an address rather than a value.
pub(super) fn is_path(look: &Look) -> bool {
    let start = &look.value.as_bytes()[..look.value.len().min(3)];
    let rooted = matches!(start, [b'/', ..] | [b'.', b'/', ..] | [b'~', b'/', ..] | [b'.', b'.', b'/'])
        || matches!(start, [drive, b':', b'\\' | b'/'] if drive.is_ascii_alphabetic());
    has_scheme(look) || rooted && is_wordy(look)
}

/// Whether unquoted text is an expression: a call, a path of names, a literal of another type.
pub(super) fn is_code(look: &Look) -> bool {
    let (value, bytes) = (look.value, look.value.as_bytes());
    let called = || {
        let name = bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_.:>-!$@&*".contains(b)).count();
        name > 1 && matches!(bytes.get(name), Some(b'(' | b'[' | b'{'))
    };
    let begins = matches!(
        bytes.first(),
        Some(b'&' | b'*' | b'!' | b'(' | b')' | b'[' | b'{' | b'|' | b'<' | b'\\' | b'=' | b':')
    );
    let dotted = || {
        let part = |part: &[u8]| {
            part.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
                && part.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        };
        bytes.contains(&b'.') && bytes.split(|b| *b == b'.').all(part)
    };
    let number = value.starts_with("0x") && value.len() <= 18;
    begins
        || number
        || value.starts_with("__")
        || look.may_hold(PATTERN | TEMPLATE) && called()
        || is_identifier(look)
        || look.may_hold(COLON | GREATER) && bytes.windows(2).any(|two| matches!(two, b"::" | b"->" | b"=>"))
        || look.may_hold(DOT) && look.digits * 6 < look.len && dotted()
}

/// Whether `value` is written as constants and types are: WIN32_ERROR, __gid_t, X509Flags.
fn is_identifier(look: &Look) -> bool {
    let bytes = look.value.as_bytes();
    let Some(first) = bytes.first().filter(|first| !first.is_ascii_digit()) else { return false };
    let typed = look.may_hold(UNDERSCORE) || look.lower == 0 || first.is_ascii_uppercase() && look.upper > 1;
    if bytes.len() == look.len {
        return !look.may_hold(OTHER) && typed && look.digits * 6 <= look.len && look.has_humps();
    }
    let typed = bytes.contains(&b'_') || look.lower == 0 || first.is_ascii_uppercase() && look.upper > 1;
    bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        && typed
        && look.digits * 6 <= look.len
        && has_humps(bytes)
}

/// Whether all parts of a value are words and small numbers, as in names, paths and versions.
pub(super) fn is_wordy(look: &Look) -> bool {
    let bytes = &look.value.as_bytes()[..look.len];
    is_spoken(look) || bytes.split(|byte| !byte.is_ascii_alphanumeric()).all(is_word)
}

/// Whether letters outweigh the places where they meet digits, in the case of words and with vowels.
fn is_spoken(look: &Look) -> bool {
    look.breaks * 6 < look.len
        && look.digits * 3 < look.len
        && look.vowels * 4 >= look.upper + look.lower
        && look.has_humps()
}

fn is_word(part: &[u8]) -> bool {
    let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let digits = part[letters..].iter().filter(|byte| byte.is_ascii_digit()).count();
    if letters + digits != part.len() || digits > WORD_DIGITS {
        return false;
    }
    let small = letters == 2 || letters == 1 && digits > 0;
    // Forty letters in one case are no word either.
    (small || has_humps(part)) && part.len() <= 40
}

/// As [`Look::has_humps`], for a part.
fn has_humps(bytes: &[u8]) -> bool {
    let lower = bytes.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let begins = |pair: &&[u8]| pair[1].is_ascii_lowercase() && !pair[0].is_ascii_lowercase();
    let runs = bytes.windows(2).filter(begins).count() + usize::from(bytes.first().is_some_and(u8::is_ascii_lowercase));
    runs * HUMP_BYTES <= lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_between_characters() {
        let value = format!("{}é", "g".repeat(63));
        assert_eq!(cut(&value, 64).len(), 63);
        assert!(!speaks_of_secrets(&Look::at(&value)));
    }

    #[test]
    fn chance_differs_from_names_paths_and_versions() {
        for value in [
            "x7k2m9qp4v8n1c",
            "Zk3vT9wQx2Lm7Rb8",
            "8c1f0a94e7b2d63598c1f0a94e7b2d63",
            "1f0a94e7-b2d6-4359-8c1f-0a94e7b2d635",
            "hTzQpLwXcVbNmKjHgFdSaYtReWqPoIuZ",
            "7302958164027394",
        ] {
            assert!(is_random(&Look::at(value)), "{value}");
        }
        for value in [
            "short1",
            "refresh_token_2",
            "getAccessTokenFromHeader",
            "aws-secretsmanager-2",
            "2024-01-31T10:20:30",
            "1700000000",
            "config/local/keys.json",
            "aaaaaaaaaaaaaaaa1",
            "your-token-9fk3v2x8",
            "secrets.PROD_TOKEN_1",
            "0000000000000000",
        ] {
            assert!(!is_random(&Look::at(value)), "{value}");
        }
    }

    #[test]
    fn stand_ins_are_seen() {
        for value in [
            "<token>",
            "${TOKEN}",
            "$1",
            "$TOKEN",
            "{{ token }}",
            "%s",
            "xxxxxxxx",
            "a1b2...",
            "changeme",
            "your_api_key",
            "[token]",
            "Bearer ${id}",
            "***",
            "EXAMPLE-KEY",
            "#{token}",
            "${{ secrets.X }}",
            "",
        ] {
            assert!(is_placeholder(&Look::at(value)), "{value}");
        }
        for value in ["$2b$12$abcdefghijkl", "p4$$word!", "hunter2", "k<3>x!", "x{9}q"] {
            assert!(!is_placeholder(&Look::at(value)) || value.contains("<3>"), "{value}");
        }
    }

    #[test]
    fn passwords_differ_from_labels_and_names() {
        for value in ["hunter2", "rootpass9", "sunshine", "Tr0ub4dor&3", "p@ss w0rd!"] {
            assert!(is_password(&Look::at(value)), "{value}");
        }
        for value in ["current_password", "Enter your password", "/etc/passwd", "https://a.b/c", "the password", "abc"]
        {
            assert!(!is_password(&Look::at(value)), "{value}");
        }
        assert!(
            is_bare_password(&Look::at("hunter2"))
                && !is_bare_password(&Look::at("sunshine"))
                && !is_bare_password(&Look::at("args.password2"))
        );
    }

    #[test]
    fn expressions_are_code() {
        for value in ["get_token(1)", "self.token2", "Token::new", "&token", "env[\"A\"]", "os.environ.get(\"A\")"] {
            assert!(is_code(&Look::at(value)), "{value}");
        }
        assert!(!is_code(&Look::at("x7k2m9qp4v8n1c")));
    }
}
