//! Texts to measure with, made from a seed: chats with personal data here and there, clean prose, source code, and texts
//! that are made to be slow. Nothing in them is anybody's.

use crate::chance::Chance;

/// Records of about a kilobyte, together at least so many bytes.
pub struct Corpus {
    /// What it is, for the table.
    pub name: &'static str,
    /// The texts.
    pub records: Vec<String>,
}

/// Makes one record.
type Maker = fn(&mut Chance) -> String;

/// The three corpora of the goals.
pub fn corpora(seed: u64, bytes: usize) -> [Corpus; 3] {
    let makers: [(&'static str, Maker); 3] = [("seeded chat", chat), ("clean text", prose), ("source code", code)];
    makers.map(|(name, make)| {
        let (mut chance, mut records, mut length) = (Chance(seed), Vec::new(), 0);
        while length < bytes {
            let record = make(&mut chance);
            length += record.len();
            records.push(record);
        }
        Corpus { name, records }
    })
}

/// Texts that repeat what makes matchers go back and try again.
pub const HARD: [(&str, &str); 22] = [
    ("digits", "1"),
    ("digits, spaced", "1 "),
    ("digits and hyphens", "12-"),
    ("dots and digits", "1."),
    ("at signs", "@"),
    ("almost addresses", "a@"),
    ("local parts", "a.b+c-d_"),
    ("colons", ":"),
    ("almost IPv6", "a::"),
    ("hexadecimal", "0123456789abcdef"),
    ("base64", "QUJDRGVmZ2hJSktM"),
    ("capitals", "A"),
    ("spaces", " "),
    ("password=", "password="),
    ("password = \"", "password = \""),
    ("beginnings of keys", "-----BEGIN PRIVATE KEY-----"),
    ("beginnings of keys, lines", "-----BEGIN PRIVATE KEY-----\n"),
    ("nested brackets", "[[[["),
    ("almost placeholders", "[EMAIL_"),
    ("placeholders", "[EMAIL_1]"),
    ("introductions", "my name is "),
    ("full-width digits", "１２"),
];

fn chat(chance: &mut Chance) -> String {
    let mut text = String::new();
    for turn in 0..4 {
        text.push_str(["User: ", "Assistant: "][turn % 2]);
        for _ in 0..3 {
            match chance.below(4) {
                0 => text.push_str(&carried(chance)),
                _ => text.push_str(&sentence(chance)),
            }
            text.push(' ');
        }
        text.push_str("\n\n");
    }
    text
}

fn prose(chance: &mut Chance) -> String {
    let mut text = String::new();
    while text.len() < 1000 {
        text.push_str(&sentence(chance));
        text.push_str(chance.pick(&[" ", " ", " ", "\n\n"]));
    }
    text
}

fn code(chance: &mut Chance) -> String {
    let mut text = String::new();
    while text.len() < 1000 {
        text.push_str(&function(chance));
    }
    text
}

const WORDS: [&str; 96] = [
    "the", "a", "of", "and", "to", "in", "is", "it", "that", "was", "for", "on", "with", "as", "they", "at", "this",
    "from", "or", "had", "by", "not", "but", "some", "what", "there", "we", "can", "out", "other", "were", "all",
    "your", "when", "up", "use", "word", "how", "said", "each", "she", "which", "their", "time", "will", "way",
    "about", "many", "then", "them", "would", "write", "like", "so", "these", "her", "long", "make", "thing", "see",
    "him", "two", "has", "look", "more", "day", "could", "go", "come", "did", "number", "sound", "no", "most",
    "people", "over", "know", "water", "than", "call", "first", "who", "may", "down", "side", "been", "now", "find",
    "recipe", "garden", "language", "example", "function", "question", "answer", "because",
];

fn sentence(chance: &mut Chance) -> String {
    let length = 6 + chance.below(14);
    let mut text = String::new();
    for word in 0..length {
        let next = match chance.below(40) {
            0 => (1 + chance.below(1999)).to_string(),
            1 => format!("“{}”", chance.pick(&WORDS)),
            _ => chance.pick(&WORDS).to_owned(),
        };
        match word {
            0 => text.extend(next.chars().take(1).flat_map(char::to_uppercase).chain(next.chars().skip(1))),
            _ => text.push_str(&next),
        }
        match word + 1 == length {
            true => text.push_str(chance.pick(&[".", ".", ".", "?", "!"])),
            false => text.push_str(chance.pick(&[" ", " ", " ", " ", " ", " ", " ", ", "])),
        }
    }
    text
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const NAMES: [&str; 16] = [
    "Ana", "Jonas", "Zoé", "Marek", "Giulia", "Pedro", "Sophie", "Liam", "Amina", "Chen", "Olga", "Ravi", "Nora",
    "Tomás", "Elif", "Kwame",
];

/// A sentence with something personal in it.
fn carried(chance: &mut Chance) -> String {
    let name = chance.pick(&NAMES);
    match chance.below(12) {
        0 => format!(
            "You can reach me at {}.{}@{}.org.",
            name.to_lowercase(),
            chance.word(LETTERS, 6),
            chance.word(LETTERS, 7)
        ),
        1 => format!("{{\"email\": \"{}@example.com\", \"active\": true}}", chance.word(LETTERS, 9)),
        2 => format!("The server at {} is down.", ipv4(chance)),
        3 => format!("Call me at +44 20 7946 0{} after six.", chance.digits(3)),
        4 => format!("My number is (212) 555-0{}.", chance.digits(3)),
        5 => format!("My SSN is {}-{}-{}.", 100 + chance.below(500), 10 + chance.below(89), 1000 + chance.below(8999)),
        6 => format!("Please transfer it to {}.", iban(chance)),
        7 => format!("They charged {} twice.", card(chance)),
        8 => format!("Send it to 0x{}.", chance.word("0123456789abcdef", 40)),
        9 => format!("export TOKEN=ghp_{}", chance.word(ALPHANUMERIC, 36)),
        10 => format!("db_password = \"{}\"", chance.word(ALPHANUMERIC, 16)),
        _ => format!("Hello, my name is {name} and I need help."),
    }
}

fn ipv4(chance: &mut Chance) -> String {
    format!("{}.{}.{}.{}", 1 + chance.below(223), chance.below(256), chance.below(256), 1 + chance.below(254))
}

/// A German account with its check digits (ISO 7064, mod 97-10).
fn iban(chance: &mut Chance) -> String {
    let account = chance.digits(18);
    let rest = format!("{account}131400").bytes().fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{:02}{account}", 98 - rest)
}

/// A card number with its check digit (Luhn), in groups of four.
fn card(chance: &mut Chance) -> String {
    let digits = format!("4{}", chance.digits(14));
    let doubled = |(i, digit): (usize, u8)| match (i % 2, u32::from(digit - b'0')) {
        (0, digit) => digit / 5 + digit * 2 % 10,
        (_, digit) => digit,
    };
    let sum: u32 = digits.bytes().enumerate().map(doubled).sum();
    let all = format!("{digits}{}", (10 - sum % 10) % 10);
    format!("{} {} {} {}", &all[..4], &all[4..8], &all[8..12], &all[12..])
}

fn function(chance: &mut Chance) -> String {
    let mut name = || format!("{}_{}", chance.pick(&WORDS), chance.pick(&WORDS));
    let (function, first, second) = (name(), name(), name());
    let (n, m, hash) = (chance.below(4096), chance.below(100), chance.word("0123456789abcdef", 8));
    let comment = sentence(chance);
    match chance.below(4) {
        0 => format!(
            "/// {comment}\npub fn {function}({first}: &[u8], {second}: usize) -> Result<Vec<u8>, Error> {{\n    if {first}.len() > {n} {{\n        \
             return Err(Error::Long {{ {second}, bytes: {first}.len() }});\n    }}\n    Ok({first}.iter().map(|b| b ^ 0x{hash}).collect())\n}}\n\n"
        ),
        1 => format!(
            "def {function}({first}, {second}={m}):\n    \"\"\"{comment}\"\"\"\n    for i, item in enumerate({first}):\n        if item[{m}:{n}] != \
             {second} and i % {m} == 0:\n            yield {{\"{first}\": item, \"{second}\": i * {n}.{m}}}\n\n"
        ),
        2 => format!(
            "// {comment}\nexport async function {function}({{ {first}, {second} = {n} }}) {{\n  const response = await \
             fetch(`/api/v{m}/${{{first}}}?limit=${{{second}}}`);\n  if (!response.ok) throw new Error('{first} ' + response.status);\n  return \
             (await response.json()).items ?? [];\n}}\n\n"
        ),
        _ => format!(
            "[[package]]\nname = \"{function}\"\nversion = \"{m}.{}.{}\"\nchecksum = \"{}\"\ndependencies = [\n \"{first}\",\n \"{second}\",\n]\n\n",
            n % 40,
            n % 7,
            chance.word("0123456789abcdef", 64)
        ),
    }
}
