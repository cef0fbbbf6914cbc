//! Places given to within some hundred metres: pairs of decimal degrees, and degrees and minutes.

use super::{is_all, is_word, line_before};
use std::ops::Range;

/// Decimals from which a pair of degrees is precise: the fourth is eleven metres.
const DECIMALS: usize = 4;
/// How many bytes may stand between latitude and longitude.
const BETWEEN_BYTES: usize = 24;

/// The pair of decimal degrees that begins with the digits at `span`.
pub(super) fn check_pair(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if span.len() > 2 || bytes.get(span.end) != Some(&b'.') || !bytes.get(span.end + 1).is_some_and(u8::is_ascii_digit)
    {
        return None;
    }
    let first = Degrees::read(text, span.start, DECIMALS)?;
    let between = text[first.end..].bytes().take(BETWEEN_BYTES).position(|b| b.is_ascii_digit())?;
    let second = Degrees::read(text, first.end + between, DECIMALS)?;
    let words = text.get(first.end..second.start)?;
    let label = words.trim_matches(|c: char| " ,;/|&?\"'`:={}[]()\t\r\n%2C".contains(c)).to_ascii_lowercase();
    let labelled = ["lon", "lng", "long", "longitude"].contains(&&*label);
    let joined = words.starts_with([',', ';', ' ', '/', '|', '&', '"', '%', '\n', '\'', '}']);
    let fits = first.value <= 90.0 && second.value <= 180.0 && joined && (label.is_empty() || labelled);
    let whole = first.start..second.end;
    let said = labelled || first.sign || is_said(text, whole.start) || is_all(text, whole.start, whole.end);
    let bare = first.decimals >= 5 && second.decimals >= 5 && first.value.max(second.value) >= 2.0;
    (fits && (said || (bare && !is_listed(text, &whole)))).then_some(whole)
}

/// The pair of degrees, minutes and seconds around the first degree sign, where `sign` begins.
pub(super) fn check_sexagesimal(text: &str, sign: Range<usize>) -> Option<Range<usize>> {
    let number = |b: &u8| b.is_ascii_digit() || *b == b'.';
    let start = sign.start - text[..sign.start].bytes().rev().take(9).take_while(number).count();
    let first = Angle::read(text, sign.start)?;
    let rest = text[first.end..].bytes().take(16).position(|b| b.is_ascii_digit())?;
    let quiet = text.get(first.end..first.end + rest)?.chars().all(|c| " ,;/\nNSEWOnsewo-+".contains(c));
    let second_sign = text[first.end + rest..].bytes().take(9).take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let second = Angle::read(text, first.end + rest + second_sign)?;
    let named = first.named && second.named;
    (quiet && first.precise && second.precise && (named || first.value <= 90.0)).then_some(start..second.end)
}

/// A decimal number of degrees.
struct Degrees {
    start: usize,
    end: usize,
    value: f64,
    decimals: usize,
    /// Whether a degree sign or a letter for the direction follows.
    sign: bool,
}

impl Degrees {
    fn read(text: &str, digits: usize, least: usize) -> Option<Degrees> {
        let bytes = text.as_bytes();
        let whole = bytes[digits..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
        let dot = digits + whole;
        if whole == 0 || whole > 3 || bytes.get(dot) != Some(&b'.') || (whole > 1 && bytes[digits] == b'0') {
            return None;
        }
        let decimals = bytes[dot + 1..].iter().take(18).take_while(|b| b.is_ascii_digit()).count();
        let end = dot + 1 + decimals;
        let signed = digits > 0 && matches!(bytes[digits - 1], b'-' | b'+');
        let start = digits - usize::from(signed);
        let left = start.checked_sub(1).map(|at| char::from(bytes[at]));
        if !(least..=17).contains(&decimals) || left.is_some_and(|c| is_word(c) || matches!(c, '.' | '$' | '-')) {
            return None;
        }
        let value = text[digits..end].parse().ok()?;
        let rest = &text[end..];
        let sign = if rest.starts_with('°') { '°'.len_utf8() } else { 0 };
        let space = usize::from(rest[sign..].starts_with(' '));
        let letter = rest[sign + space..].starts_with(['N', 'S', 'E', 'W', 'O'])
            && !rest[sign + space + 1..].starts_with(|c: char| is_word(c));
        let length = if letter { sign + space + 1 } else { sign };
        let goes_on = length == 0 && rest.starts_with(|c: char| is_word(c) || c == '%' && !rest.starts_with("%2"));
        (!goes_on).then_some(Degrees { start, end: end + length, value, decimals, sign: length > 0 })
    }
}

/// Degrees with minutes.
struct Angle {
    end: usize,
    value: f64,
    /// Seconds, or parts of a minute, or three decimals of a degree.
    precise: bool,
    /// Whether a letter says the direction.
    named: bool,
}

impl Angle {
    /// The angle whose degree sign stands at `sign`.
    fn read(text: &str, sign: usize) -> Option<Angle> {
        let from = text[..sign].bytes().rev().take(9).take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let value: f64 = text[sign - from..sign].parse().ok()?;
        let decimals = text[sign - from..sign].split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let mut at = sign + text[sign..].strip_prefix('°').map(|_| '°'.len_utf8())?;
        let mut precise = decimals >= 3;
        if let Some((_, end, _)) = part(text, at, &['′', '\'', '’', 'm']) {
            at = end;
            if let Some((_, end, _)) = part(text, at, &['″', '"', '”', '\'', '′', 's']) {
                precise = true;
                at = end;
                at += usize::from(text[at..].starts_with('\''));
            } else {
                precise = precise || text[sign..at].contains('.');
            }
        }
        let space = usize::from(text[at..].starts_with(' '));
        let letter = text[at + space..].starts_with(['N', 'S', 'E', 'W', 'O', 'n', 's', 'e', 'w', 'o']);
        let named = letter && !text[at + space + 1..].starts_with(|c: char| is_word(c));
        Some(Angle { end: if named { at + space + 1 } else { at }, value, precise, named }).filter(|a| a.value <= 180.0)
    }
}

/// A number below 60 at `at` that ends with one of `marks`: its value, and its end.
fn part(text: &str, at: usize, marks: &[char]) -> Option<(f64, usize, char)> {
    let at = at + usize::from(text[at..].starts_with(' '));
    let digits = text[at..].bytes().take(10).take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let value: f64 = text[at..at + digits].parse().ok().filter(|value| *value < 60.0)?;
    let mark = text[at + digits..].chars().next().filter(|mark| marks.contains(mark))?;
    Some((value, at + digits + mark.len_utf8(), mark))
}

/// Whether the words before say that this is a place.
fn is_said(text: &str, at: usize) -> bool {
    const WORDS: [&str; 25] = [
        "lat",
        "gps",
        "coord",
        "geo",
        "locat",
        "posi",
        "map",
        "ll=",
        "q=",
        "longitude",
        "near",
        "lives",
        "home",
        "place",
        "ubicaci",
        "standort",
        "koordinat",
        "localiza",
        "emplacement",
        "posizione",
        "point(",
        "met at",
        "@",
        "destination",
        "center=",
    ];
    let line = line_before(text, at, 40);
    WORDS.iter().any(|word| line.contains(word))
}

/// Whether more numbers stand beside the pair: a vector, a path, a table.
fn is_listed(text: &str, pair: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let quiet = |b: &&u8| b" ,;[](){}\n\t".contains(b);
    let left = bytes[..pair.start].iter().rev().take(12).find(|b| !quiet(b));
    let right = bytes[pair.end..].iter().take(12).find(|b| !quiet(b));
    let number = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'));
    left.is_some_and(|b| b.is_ascii_digit())
        || (number(right) && right != Some(&b'.'))
        || bytes[..pair.start].last() == Some(&b'=')
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, first_at_digits};

    fn pair(text: &str) -> Option<&str> {
        first_at_digits(Validator::Coordinates, text)
    }

    fn angle(text: &str) -> Option<&str> {
        let signs = text.match_indices('°');
        signs.filter_map(|(at, _)| Validator::Degrees.check(text, at..at + 2)).map(|span| &text[span]).next()
    }

    #[test]
    fn precise_pairs_are_found() {
        for (text, place) in [
            ("I live at 48.20849, 16.37208.", "48.20849, 16.37208"),
            ("gps: -33.8568 151.2153", "-33.8568 151.2153"),
            ("/maps/@48.2084,16.3721,15z", "48.2084,16.3721"),
            ("{\"lat\": 48.2084, \"lng\": 16.3721}", "48.2084, \"lng\": 16.3721"),
            ("geo:48.2084,16.3721", "48.2084,16.3721"),
            ("48.2084° N, 16.3721° E", "48.2084° N, 16.3721° E"),
            ("?ll=48.2084,-16.3721&z=9", "48.2084,-16.3721"),
        ] {
            assert_eq!(pair(text), Some(place), "{text}");
        }
    }

    #[test]
    fn vectors_ratios_and_rough_places_are_not() {
        for text in [
            "weights 0.12345, 0.67891",
            "x 12.34567, 45.67891, 78.91011",
            "gps 91.00001, 10.00001",
            "map 048.2084, 016.3721",
            "near 48.2, 16.4",
            "costs $12.00000, 13.00000",
            "rate 12.34567% 13.45678%",
            "[[1.23456, 2.34567], [3.45678, 4.56789]]",
        ] {
            assert_eq!(pair(text), None, "{text}");
        }
    }

    #[test]
    fn degrees_with_minutes_are_found() {
        for (text, place) in [
            ("at 48°12′30″N 16°22′19″E!", "48°12′30″N 16°22′19″E"),
            ("48° 12' 30.5\" N, 16° 22' 19\" E", "48° 12' 30.5\" N, 16° 22' 19\" E"),
            ("48°12.5' N, 16°22.3' E", "48°12.5' N, 16°22.3' E"),
            ("40.446° N, 79.982° W", "40.446° N, 79.982° W"),
        ] {
            assert_eq!(angle(text), Some(place), "{text}");
        }
        for text in ["between 20° and 30°", "20.5°C to 30.5°C", "an angle of 45° 30'", "48° N, 16° E"] {
            assert_eq!(angle(text), None, "{text}");
        }
    }
}
