//! The newest builtin ruleset, from the outside: what it finds, what it leaves, and that nothing is
//! left after it. Every value here is invented.

use commonwheel_config::ruleset::builtin;
use commonwheel_protocol::redact::{Kind, Redactor};
use commonwheel_protocol::text::RawText;
use proptest::prelude::*;

fn redact(text: &str) -> String {
    let ruleset = builtin();
    Redactor::new(&ruleset).redact(&RawText::new(text)).text.as_str().to_owned()
}

fn finds(kind: Kind, cases: &[(&str, &str)]) {
    for (text, value) in cases {
        let findings = builtin().find(text);
        let spans: Vec<_> = findings.iter().map(|f| (f.kind, &text[f.span.clone()])).collect();
        assert_eq!(spans, [(kind, *value)], "{text}");
    }
}

#[test]
fn each_kind_is_found_in_a_sentence() {
    finds(
        Kind::Email,
        &[
            ("Write to ana.silva@example.org, please.", "ana.silva@example.org"),
            ("邮箱：li@例子.广告。", "li@例子.广告"),
        ],
    );
    finds(Kind::Ip, &[("ping 192.0.2.17 fails", "192.0.2.17"), ("host [2001:db8::17]:22", "2001:db8::17")]);
    finds(Kind::Ssn, &[("SSN 536-22-8726", "536-22-8726"), ("my ssn: 536228726.", "536228726")]);
    finds(Kind::Iban, &[("pay DE89 3704 0044 0532 0130 00 today", "DE89 3704 0044 0532 0130 00")]);
    finds(Kind::Card, &[("card 4111 1111 1111 1111, 12/27", "4111 1111 1111 1111")]);
    finds(Kind::Bitcoin, &[("to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa!", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")]);
    let ethereum = "0x00112233445566778899aabbccddeeff00112233";
    finds(Kind::Ethereum, &[(&format!("send to {ethereum}."), ethereum)]);
}

#[test]
fn telephone_numbers_are_found_in_their_national_forms() {
    finds(
        Kind::Phone,
        &[
            ("call +44 20 7946 0958 now", "+44 20 7946 0958"),
            ("ring (212) 555-0123.", "(212) 555-0123"),
            ("or 212-555-0123", "212-555-0123"),
            ("in London 020 7946 0958", "020 7946 0958"),
            ("au 06 12 34 56 78, merci", "06 12 34 56 78"),
            ("unter 030 1234567 erreichbar", "030 1234567"),
            ("em (11) 91234-5678", "(11) 91234-5678"),
            ("my phone number is 2125550123", "2125550123"),
        ],
    );
}

#[test]
fn names_are_found_where_a_phrase_introduces_them() {
    finds(
        Kind::Name,
        &[
            ("Hello, my name is Ana and I", "Ana"),
            ("I'm Ana Lima, a nurse", "Ana Lima"),
            ("Thanks for all.\n\nBest regards,\nAna de Lima\n", "Ana de Lima"),
            ("Hola, me llamo José Ángel Pérez.", "José Ángel Pérez"),
            ("Bonjour, je m’appelle Zoé", "Zoé"),
            ("Ich heiße Jörg Groß.", "Jörg Groß"),
            ("Mit freundlichen Grüßen\nÖzlem Kaya", "Özlem Kaya"),
            ("O meu nome é João da Costa, e", "João da Costa"),
            ("Ciao, mi chiamo Niccolò", "Niccolò"),
        ],
    );
}

#[test]
fn disguises_in_unicode_are_seen_through_and_hidden_whole() {
    finds(Kind::Email, &[("an ana\u{200b}＠example．org.", "ana\u{200b}＠example．org")]);
    finds(Kind::Ip, &[("ip １９２.0.2.٤", "１９２.0.2.٤")]);
    finds(Kind::Card, &[("4111\u{a0}1111\u{a0}1111\u{a0}1111", "4111\u{a0}1111\u{a0}1111\u{a0}1111")]);
}

#[test]
fn nothing_is_found_in_prose_or_code_without_personal_data() {
    let clean = [
        "Upgrade from version 10.2.3.4 to v10.2.4.1; see section 3.2.1.4 of RFC 3986 (2005-01-01).",
        "ISBN 978-0-306-40615-7, ISBN 0-306-40615-2, DOI 10.1000/182, epoch 1700000000, 1700000000000, 1700000000000000000.",
        "On 2024-05-17 10:30:00 the ratio was 16:9, at 12:34:56.789, pages 1999-2004, 1.234.567,89 EUR or 1,234,567.89.",
        "id 550e8400-e29b-41d4-a716-446655440000, sha 3f786850e387550fdab836ed7e6dc881de23001b, #123456789.",
        "use std::collections::BTreeMap; let a = b::c::<D>(e); impl A::B for c::D {} // a::b, dead::beef",
        "@Override public void f() { x[1:2:3]; a @ b.T; img@2x.png; npm i react@18.2.0; git@github.com:x/y.git }",
        "SHA1 00:1b:63:84:45:e6:00:1b:63:84:45:e6:00:1b:63:84  01 02 03 04 05 06 07 08  00 11 22 33 44 55 66 77 | 3.14159265358979 6.02214076e23",
        "I am Not Sure that I'm happy. I am American. Thanks,\nThe Team\nBest,\nYour Assistant. Call me Tomorrow.",
        "In 1969 the crew of 3 flew 384,400 km. The population was 8 336 817 in 2020, 0.05 % more than in 2010.",
        "def f(x=0x1f, y=0b1010): return x ** 2  # 1,2,3,4,5,6,7,8,9,10,11,12  port 8080 pid 12345678",
        "for i in {1..10}; do echo $i; done; chmod 0755 a; mode 0644; 1e-10; -273.15; 2^53-1 = 9007199254740991",
        "My favourite film is Call Me By Your Name; je suis content; soy feliz; ich bin müde; eu sou assim.",
    ];
    for text in clean {
        let found: Vec<_> = builtin().find(text).into_iter().map(|f| (f.kind, text[f.span].to_owned())).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn a_record_keeps_its_meaning() {
    assert_eq!(
        redact("Mail ana@example.org, then Ana@Example.org again, not bo@example.org."),
        "Mail [EMAIL_1], then [EMAIL_1] again, not [EMAIL_2]."
    );
    assert_eq!(redact("pay DE89370400440532013000 or DE89 3704 0044 0532 0130 00"), "pay [IBAN_1] or [IBAN_1]");
}

#[test]
fn one_telephone_number_has_one_placeholder_however_it_is_written() {
    let text = "Call +44 20 7946 0958 or +44 (0)20 7946 0958 ext. 12, not +44 20 7946 0959.";
    assert_eq!(redact(text), "Call [PHONE_1] or [PHONE_1], not [PHONE_2].");
}

#[test]
fn six_findings_lead_to_quarantine_and_five_do_not() {
    let ruleset = builtin();
    let mut redactor = Redactor::new(&ruleset);
    redactor.redact(&RawText::new("192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 https://example.org 2024-05-17"));
    assert!(!redactor.quarantine());
    redactor.redact(&RawText::new("192.0.2.6"));
    assert!(redactor.quarantine());
}

/// Pieces that are personal data, nearly so, or what stands between.
const PIECES: [&str; 44] = [
    "ana@example.org",
    "@",
    "192.0.2.1",
    "1.2.3.",
    "2001:db8::1",
    "::",
    ":",
    "536-22-8726",
    "536",
    "-",
    "22",
    "8726",
    "DE89370400440532013000",
    "DE89 3704 0044",
    "4111111111111111",
    "4111 1111 ",
    "+1 212 555 0123",
    "+",
    "(",
    ")",
    "(212) 555-0123",
    "020 7946 0958",
    "0612345678",
    "my name is ",
    "Ana",
    " Silva",
    "Regards,\n",
    "I am ",
    "\n",
    " ",
    "[",
    "]",
    "[EMAIL_1]",
    "[PHONE_2",
    "_1]",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "0x00112233445566778899aabbccddeeff00112233",
    "x",
    "é",
    "\u{200b}",
    "＠",
    "٤",
    "version ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_second_pass_finds_nothing(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)) {
        let redacted = redact(&pieces.concat());
        prop_assert_eq!(builtin().second_pass(&redacted), 0, "{}", redacted);
    }

    #[test]
    fn findings_of_any_text_are_in_order_and_within_it(text in any::<String>()) {
        let mut from = 0;
        for finding in builtin().find(&text) {
            prop_assert!(from <= finding.span.start && !finding.span.is_empty());
            prop_assert!(text.get(finding.span.clone()).is_some());
            from = finding.span.end;
        }
        prop_assert_eq!(builtin().second_pass(&redact(&text)), 0);
    }
}

#[test]
fn the_mailbox_of_an_address_of_two_widths_is_hidden_by_every_ruleset() {
    for ruleset in commonwheel_config::ruleset::builtins() {
        for text in ["to ana.silva@ｈｏｍｅ.org now", "to ａｎａｓｉｌｖａ@home.org now"] {
            let found = ruleset.find(text);
            let at = text.find('@').expect("a sign");
            assert!(found.iter().any(|f| f.span.start == 3 && f.span.end > at), "{text} by {}", ruleset.version());
        }
    }
}
