use super::check;
use proptest::prelude::*;

/// What is found in a text, as the engine looks: at each run of digits that no number covers yet.
fn found(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|index| at + index) {
        let run = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        at = start + run;
        if let Some(span) = check(text, start..start + run) {
            at = span.end;
            found.push(&text[span]);
        }
    }
    found
}

#[track_caller]
fn assert_found(text: &str, number: &str) {
    assert_eq!(found(&text.replace("{}", number)), [number], "{text} {number}");
}

#[test]
fn international_numbers_are_found_anywhere() {
    for number in [
        "+442079460958",
        "+44 20 7946 0958",
        "+44 (0)20 7946 0958",
        "(+44) 20 7946 0958",
        "++49 30 901820",
        "+1 (212) 555-0123",
        "+1.212.555.0123",
        "+1-212-555-0123x77",
        "+39 06 6982 1234",
        "+82-010-2345-6789",
        "+683 4012",
        "0044 20 7946 0958",
        "00442079460958",
        "011 44 20 7946 0958",
        "0011-212-555-0123",
    ] {
        for text in ["{}", "Hello {} there", "so ({}), then", "a,{},b", "tel:{}"] {
            assert_found(text, number);
        }
    }
    assert_found("on 12 {} then", "+44 20 7946 0958");
}

#[test]
fn national_numbers_are_found_by_their_form() {
    for number in [
        "(212) 555-0123",
        "212-555-0123",
        "1-212-555-0123",
        "212.555.0123",
        "212/555-0123",
        "(212)5550123",
        "020 7946 0958",
        "(020) 7946 0958",
        "07700 900123",
        "02079460958",
        "06 12 34 56 78",
        "01.42.68.53.00",
        "0171/1234567",
        "030 901820",
        "(030) 90 18 20",
        "(11) 91234-5678",
        "11 91234-5678",
        "98765 43210",
        "612 34 56 78",
        "090-1234-5678",
        "13812345678",
        "8 (495) 123-45-67",
        "03-331 6005",
        "0343 15 555 1212",
        "08-40 85 15",
    ] {
        for text in ["{}", "Ann, {}, Leeds", "{} or mail", "thanks!\n{}\nBob", "see you ({})"] {
            assert_found(text, number);
        }
    }
}

#[test]
fn a_word_beside_it_makes_a_number_of_any_form_one_of_a_telephone() {
    for number in ["5550123", "555-0123", "712 34 56", "2125550123", "72001234", "442079460958", "123 456 7890"] {
        assert_eq!(found(&format!("it was {number} then")), [""; 0], "{number}");
        for text in
            ["call me at {}.", "Tel. {}", "\"phone\": \"{}\"", "mi número es el {}", "電話{}", "{} is my number"]
        {
            assert_found(text, number);
        }
    }
    assert_eq!(found("call me on 21.6.1984 at 5550123"), ["5550123"]);
    for number in ["+28 5736 886127", "1234.5678", "09/ 290 07 54", "0~01-212-555-0123"] {
        assert_found("Tel. {}", number);
    }
    assert_eq!(found("my number-212-555-0123"), ["212-555-0123"]);
}

#[test]
fn extensions_belong_to_the_number() {
    for number in ["212-555-0123 ext. 77", "(212) 555-0123 x 77", "03 331 6005 #3456", "020 7946 0958, extension 7"] {
        assert_found("at {} or so", number);
    }
    assert_eq!(found("212-555-0123 x 12345678"), ["212-555-0123"]);
}

#[test]
fn numbers_beside_each_other_are_told_apart() {
    assert_eq!(found("212-555-0123 - 646-555-0199"), ["212-555-0123", "646-555-0199"]);
    assert_eq!(found("212-555-0123 / 020 7946 0958"), ["212-555-0123", "020 7946 0958"]);
    assert_eq!(found(&"(212) 555-0123 212-555-0199 ".repeat(5)), ["(212) 555-0123", "212-555-0199"].repeat(5));
    assert_eq!(found("+44 20 7946 0958, 45 days"), ["+44 20 7946 0958"]);
    assert_eq!(found("020 7946 0958 2nd floor"), ["020 7946 0958"]);
    assert_eq!(check("+44 20 7946 0958", 4..6), None, "an earlier start takes it");
}

#[test]
fn other_numbers_are_none() {
    for text in [
        "2024-05-17 10:00:12",
        "17.05.2024 12",
        "05 12 2023 09",
        "call me on 17 05 2024",
        "20240517",
        "12024-05-17",
        "1716000000",
        "1716000000123",
        "on 1/12/2011",
        "0399-12-31",
        "+10000-01-01",
        "+70000-2-18",
        "+1441497364.649",
        "+12345678",
        "1990-2000 12",
        "1.2.345678",
        "v10.0.19041.1234567",
        "192.168.100.100",
        "010.000.001.020",
        "10.0.0.1:5550123",
        "978-0-306-40615-7",
        "9780306406157",
        "ISBN 030-640-6152",
        "0-306-40615-7",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "DE89 3704 0044 0532 0130 00",
        "536-22-8726",
        "02139-4307",
        "$212-555-0123",
        "212-555-0123$",
        "€212-555-0123",
        "212 555 0123%",
        "1,234,567.89",
        "12 345 678 900",
        "a212-555-0123",
        "212-555-0123abc",
        "É212-555-0123",
        "+12125550123def",
        "650x5550123",
        "650+555+0123",
        "123e4567-e89b-12d3-a456-426614174000",
        "de0212-555-0123-4567",
        "sha 0483042",
        "0x212-555-0123",
        "0123456789",
        "0505050505",
        "000 000 0000",
        "0401020304",
        "04 05 06 07 08",
        "00 01 02 03 04",
        "04 05 82 01 00",
        "0323 0307 0345",
        "c7 06 07 96 88 62 d5",
        "0581  2653  3556",
        "0979-8152-3650",
        "699 160 403 habitants",
        "0.082516 0.55121 0.4645829 0.49498594",
        "750 000 000",
        "12 345 67",
        "0049 0308 0301",
        "pages 134-144 (1966)",
        "134-1440 (1966)",
        "Smith (1998) 1234-5678",
        "+0-1-2-3-4-5-6-7",
        "-2125550123",
        "x = 17179869184",
        "order 212-555-0123",
        "invoice no. 0171/1234567",
        "2125550123",
        "555-0123",
        "123 456 789",
        "100 200 3000",
        "0900-0130",
    ] {
        let text = format!("see {text} there");
        assert_eq!(found(&text), [""; 0], "{text}");
    }
}

#[test]
fn a_message_that_is_only_a_number_is_judged_by_the_plans_of_large_countries() {
    assert_eq!(found("2125550123"), ["2125550123"]);
    assert_eq!(found(" 0494949\n"), ["0494949"]);
    for text in ["1716000000", "20240517", "1000000000", "42", "38.63.1.18078", "6 191 046 478", "08533708"] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_judged_without_panic(text in "[0-9 ()+./~x,é電-]{0,60}", word in "(tel |call me at |order )?") {
        let text = format!("{word}{text}");
        for number in found(&text) {
            let digits = number.bytes().filter(u8::is_ascii_digit).count();
            prop_assert!((7..=30).contains(&digits), "{number} in {text}");
            prop_assert!(number.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '('));
            prop_assert!(number.ends_with(|c: char| c.is_ascii_digit() || c == ')'));
        }
    }

    #[test]
    fn no_number_begins_within_another(text in "[0-9 ().+-]{0,40}") {
        let bytes = text.as_bytes();
        let starts = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit() && (*at == 0 || !bytes[*at - 1].is_ascii_digit()));
        let mut end = 0;
        for start in starts {
            if let Some(span) = check(&text, start..start + 1) {
                prop_assert!(span.start >= end, "{text}");
                end = span.end;
            }
        }
    }
}
