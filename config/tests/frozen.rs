//! What a published ruleset finds never changes: records name it by the hash of its file, and
//! validators run it again. Each ruleset's findings in many made-up lines are held to one digest.
//!
//! When this fails for a ruleset that is published, the change belongs under a new validator's name,
//! a new normalisation or a new ruleset.

use commonwheel_config::ruleset;
use commonwheel_protocol::bytes::{Cid, Codec};
use std::fmt::Write as _;

/// Ruleset, and the raw CID of its findings.
const FROZEN: [(&str, &str); 2] = [
    ("core-1", "bafkreihvntbpxozmugd4326btjtsdiyrvewgrg6hafji7ygb5bvomc2nmq"),
    ("core-2", "bafkreifujud7f2qqxnmwsmrf3kxjdx27vvtqitkfdn6yk75hqsw3cratbm"),
];

/// Pieces of text that are, or nearly are, personal data.
#[rustfmt::skip]
const PIECES: [&str; 72] = [
    "ana.silva@example.org", "ana@", "@example.org", "o'neil+x@mail.example.co.uk", "x@y", "ana＠example．org",
    "192.0.2.44", "10.0.0.1/8", "1.2.3.4", "version ", "v", "300.1.1.1", "2001:db8::1", "fe80::1%eth0", "a::b", "::1",
    "12:34:56", "00:1b:63:84:45:e6", "536-22-8726", "000-12-3456", "ssn ", "536228726", "DE89370400440532013000",
    "GB82 WEST 1234 5698 7654 32", "de89 3704", "DE89370400440532013001", "4111111111111111", "4111 1111 1111 1111",
    "3782-822463-10005", "4111111111111112", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
    "0x52908400098527886E0F7030069857D2E4169EE7", "0x5290", "+1 212 555 0123", "(212) 555-0123", "212.555.0123",
    "+49 (0)30 123456", "030/123456", "0171-1234567", "+", "(11) 91234-5678", "phone: ", "tel. ", "12", "2009", "3.14",
    "9780306406157", "2026-11-22", "my name is ", "I am ", "Regards,\n", "Me llamo ", "Je suis ", "Ich heiße ", "Ana Silva",
    "Müller", "The Team", "[EMAIL_1]", "[PHONE_12]", "[", "]", "\u{200b}", "\u{a0}", "４２", "٣", "é", "\n", "x", "_",
];
/// And for the kinds that came with core-2.
#[rustfmt::skip]
const NEWER: [&str; 24] = [
    "aa:bb:cc:dd:ee:0f", "00-1B-63-84-45-E6", "48.858370, 2.294481", "48°51'30.1\"N 2°17'40.2\"E", "AB 12 34 56 C", "NHS ",
    "943 476 5919", "529.982.247-25", "X1234567L", "CPF ", "password = ", "\"tr0ub4dor&3\"", "Cookie: sid=8f3a9c1d2eb7",
    "Authorization: Bearer 9f8e7d6c5b4a39281706f5e4d3c2b1a0", "https://ana:p4ssw0rd@db.example/x", "api_key: ",
    "Zf3D0LXCM3EIMbgJpUNnkRtOfOue", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "Dear Maria Lopez,",
    "this is Tom", "ana [at] example [dot] org", "loopback 127.0.0.1", "order ", "call me at ",
];
const JOINS: [&str; 12] = [" ", "", ", ", ".", "-", "\n", ": ", "/", "(", ")", "=", "'"];
const LINES: usize = 3000;

#[test]
fn published_rulesets_find_what_they_always_found() {
    let found: Vec<(String, String)> =
        ruleset::builtins().map(|ruleset| (ruleset::name_of(&ruleset), findings(&ruleset).to_string())).collect();
    for (name, digest) in FROZEN {
        let (_, now) = found.iter().find(|(found, _)| found == name).expect("old rulesets stay");
        assert_eq!(now, digest, "{name}");
    }
}

/// The raw CID of a ruleset's findings in the lines.
fn findings(ruleset: &commonwheel_protocol::redact::Ruleset) -> Cid {
    let newer: &[&str] = if ruleset.version() == 1 { &[] } else { &NEWER };
    let pieces = [&PIECES, newer].concat();
    let mut all = String::new();
    let mut random = 1_u64;
    for line in 0..LINES {
        let text = line_of(&pieces, &mut random);
        for finding in ruleset.find(&text) {
            let (kind, span) = (finding.kind, finding.span);
            writeln!(all, "{line} {kind} {} {} {} {}", span.start, span.end, finding.confidence, finding.core)
                .expect("writing to a string never fails");
        }
    }
    assert!(all.lines().count() > LINES, "the lines are full of findings");
    Cid::of(Codec::Raw, all.as_bytes())
}

fn line_of(pieces: &[&str], random: &mut u64) -> String {
    // Knuth's MMIX generator; its high bits are the better ones.
    let mut below = |n: usize| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*random >> 33) as usize % n
    };
    let mut line = String::new();
    for _ in 0..4 + below(6) {
        line.push_str(pieces[below(pieces.len())]);
        line.push_str(JOINS[below(JOINS.len())]);
    }
    line
}
