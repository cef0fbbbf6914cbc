use super::*;
use proptest::prelude::*;

fn spans(traced: &str, texts: &[&str], least: usize) -> Vec<(usize, usize)> {
    let read = Traced::of(traced);
    let all: Vec<_> = (0..read.prints().len()).collect();
    read.spans(texts, &all, least).0.into_iter().map(|span| (span.first, span.words)).collect()
}

/// The same by trying everything.
fn tried(traced: &[u8], texts: &[Vec<u8>], least: usize) -> Vec<(usize, usize)> {
    let longest = |from: usize| {
        (0..=traced.len() - from)
            .rev()
            .find(|len| {
                texts.iter().any(|text| *len == 0 || text.windows(*len).any(|run| run == &traced[from..from + len]))
            })
            .unwrap_or(0)
    };
    let all: Vec<_> = (0..traced.len()).map(|from| (from, longest(from))).collect();
    let inside = |(from, len): (usize, usize)| from > 0 && all[from - 1].1 > len;
    all.iter().copied().filter(|one| one.1 >= least && !inside(*one)).collect()
}

fn text(words: &[u8]) -> String {
    words.iter().map(|word| format!("w{word} ")).collect()
}

#[test]
fn a_span_is_as_long_as_both_texts_agree_whatever_case_and_marks() {
    let record = ["He said: the QUICK brown fox — jumps over the lazy dog, twice!", "and other words"];
    let traced = "Once the quick, brown fox jumps over the lazy dog sleeps";
    assert_eq!(spans(traced, &record, 8), [(1, 9)]);
    assert_eq!(spans(traced, &record, 10), []);
    let read = Traced::of(traced);
    assert_eq!(&traced[read.at(Span { first: 1, words: 9 })], "the quick, brown fox jumps over the lazy dog");
    assert_eq!(spans("a b c d e f g h", &["a b c d", "e f g h"], 8), [], "a span stands in one text");
    // Each of them long enough, so that what goes on in the next one, or behind a word that only the record has, is kept.
    let (one, other) = ("a b c d e f g h", "i j k l m n o p");
    for record in [vec![one, other], vec![&[one, "x", other].join(" ")]] {
        assert_eq!(spans(&[one, other].join(" "), &record, 8), [(0, 8), (8, 8)], "{record:?}");
    }
    assert_eq!(spans("", &record, 8), []);
    assert_eq!(spans(traced, &[] as &[&str], 8), []);
}

#[test]
fn spans_that_overlap_are_told_apart() {
    let traced = "a b c d e f g h i j k l";
    assert_eq!(spans(traced, &["a b c d e f g h x", "y e f g h i j k l"], 8), [(0, 8), (4, 8)]);
    assert_eq!(spans(traced, &["b c d e f g h i j", "c d e f g h i j"], 8), [(1, 9)], "one in another says nothing");
    assert_eq!(spans(&[traced, traced].join(" x "), &[traced], 8), [(0, 12), (13, 12)]);
}

#[test]
fn repetition_costs_no_more_than_length() {
    let long = "a ".repeat(100_000);
    assert_eq!(spans(&long, &[&long], 8), [(0, 100_000)]);
    assert_eq!(prints(&[&long]).len(), 1);
    // A word that another one follows each time.
    let words: String = (0..50_000).map(|number| format!("a w{number} ")).collect();
    assert_eq!(spans(&words, &[&words], 8), [(0, 100_000)]);
}

#[test]
fn only_what_lies_around_named_fingerprints_is_compared_and_once() {
    let words: Vec<_> = (0..600u32).map(|number| format!("w{number}")).collect();
    let record = [words[0..100].join(" "), words[300..400].join(" "), words[500..508].join(" ")];
    let read = Traced::of(&words.join(" "));
    let place = |word: usize| read.prints().partition_point(|(at, _)| *at < word);
    let span = |first, words| Span { first, words };
    assert_eq!(read.spans(&record, &[], 8), (vec![], 0));
    assert_eq!(read.spans(&record, &[place(200)], 8), (vec![], 0), "a record need not have what leads to it");
    let (spans, until) = read.spans(&record, &[place(50), place(60)], 8);
    assert_eq!(spans, [span(0, 100)], "found whole, and once");
    assert!((place(90)..=place(100)).contains(&until), "{until}");
    let (spans, until) = read.spans(&record, &[place(390), place(500)], 8);
    assert_eq!(spans, [span(300, 100), span(500, 8)]);
    assert!((place(501)..=place(508)).contains(&until), "{until}");
}

#[test]
fn fingerprints_are_few_and_follow_from_words_alone() {
    let words: Vec<_> = (0..10_000u32).map(|number| format!("w{number}")).collect();
    let found = prints(&[words.join(" ")]);
    assert!((3_700..4_300).contains(&found.len()), "two of five words begin one: {}", found.len());
    assert_eq!(prints(&[words.join(",\n").to_uppercase()]), found);
    assert!(prints(&[words[..SPAN - 1].join(" ")]).is_empty());
    assert_eq!(prints(&[words[..SPAN].join(" ")]).len(), 1);
    assert_eq!(prints(&["one two three four five six seven eight"]), [FROZEN]);
    assert!(found.iter().all(|print| *print < 1 << PRINT_BITS));
}

/// An index that lies on disk was made with it: another one needs another version.
const FROZEN: u64 = 0x3f_0803_4bab;

proptest! {
    #[test]
    fn two_texts_with_a_span_in_common_have_a_fingerprint_in_common(
        span in prop::collection::vec(0u8..40, SPAN..20),
        before in prop::collection::vec(0u8..40, 0..30),
        after in prop::collection::vec(0u8..40, 0..30),
        others in prop::collection::vec(0u8..40, 0..30),
    ) {
        let record = prints(&[text(&[&before[..], &span, &others].concat())]);
        let traced = Traced::of(&text(&[&others[..], &span, &after].concat()));
        prop_assert!(traced.prints().iter().any(|(_, print)| record.binary_search(print).is_ok()));
        let from = others.len();
        let touching = |(at, print): &(usize, u64)| {
            *at >= from && at + GRAM <= from + span.len() && record.binary_search(print).is_ok()
        };
        prop_assert!(traced.prints().iter().any(touching), "and it lies in the span");
    }

    #[test]
    fn spans_are_those_that_trying_everything_finds(
        traced in prop::collection::vec(0u8..3, 0..60),
        texts in prop::collection::vec(prop::collection::vec(0u8..3, 0..50), 0..4),
        least in SPAN..SPAN + 4,
    ) {
        let read: Vec<_> = texts.iter().map(|words| text(words)).collect();
        let read: Vec<_> = read.iter().map(String::as_str).collect();
        prop_assert_eq!(spans(&text(&traced), &read, least), tried(&traced, &texts, least));
    }

    #[test]
    fn spans_among_other_words_are_those_that_trying_everything_finds(
        pieces in prop::collection::vec((0usize..80, 0usize..30, 0u8..40), 0..8),
        record in prop::collection::vec(0u8..4, 100),
    ) {
        // Pieces of the record, and other words between them, few or many.
        let other = |many: u8| (0..many).map(|number| 10 + number % 7);
        let traced: Vec<_> =
            pieces.iter().flat_map(|(at, words, many)| record[*at..].iter().take(*words).copied().chain(other(*many))).collect();
        let expected = tried(&traced, std::slice::from_ref(&record), SPAN);
        prop_assert_eq!(spans(&text(&traced), &[&text(&record)], SPAN), expected.clone());

        // By one fingerprint at a time, those before which was compared left out, it is the same.
        let read = Traced::of(&text(&traced));
        let (mut found, mut until) = (std::collections::BTreeSet::new(), 0);
        for place in 0..read.prints().len() {
            if place >= until {
                let (some, now) = read.spans(&[text(&record)], &[place], SPAN);
                until = until.max(now);
                for span in some {
                    prop_assert!(found.insert((span.first, span.words)), "twice");
                }
            }
        }
        prop_assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}
