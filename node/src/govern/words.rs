//! Matters in words, for people.

use crate::community::printable;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::operation::decision::Scope;
use commonwheel_protocol::operation::equivocation::Contradiction;
use commonwheel_protocol::operation::{Matter, Ruling};
use commonwheel_protocol::sign::PublicKey;

/// The kind of a matter, in a word.
pub fn kind(matter: &Matter) -> &'static str {
    match matter {
        Matter::Successor(_) => "successor",
        Matter::Decision(_) => "decision",
        Matter::Release(_) => "release",
    }
}

/// A matter, in a few words.
pub fn matter(matter: &Matter) -> String {
    match matter {
        Matter::Successor(charter) => {
            let round = charter.succeeds.as_ref().map_or(0, |succeeds| succeeds.round);
            format!("a successor charter, round {round}: {} ({})", printable(&charter.name), charter.quorum.meaning())
        }
        Matter::Decision(decision) => ruling(&decision.ruling),
        Matter::Release(release) => format!("release {} of {} record(s)", release.number, release.count),
    }
}

/// A ruling, as what is to be done.
pub fn ruling(ruling: &Ruling) -> String {
    match ruling {
        Ruling::Takedown(record) => format!("take down the record {record} and its revisions"),
        Ruling::Purge(record) => format!("take down the record {record}, header and all"),
        Ruling::Ban(key) => format!("take no more records of the key {key}"),
        Ruling::Embargo(scope) => format!("put {} in no release", self::scope(scope)),
        Ruling::Freeze => "accept no new record".to_owned(),
        Ruling::Shift(most) => format!("accept new records only if they allow no more than {most}"),
        Ruling::RateCap(most) => format!("accept at most {most} record(s) of one author in an hour"),
        Ruling::Lift(decision) => format!("end the decision {decision}"),
    }
}

fn scope(scope: &Scope) -> String {
    let part = |what: &str, word: &Option<String>| word.as_ref().map(|word| format!("{what} {word}"));
    let parts: Vec<_> =
        [part("in the language", &scope.language), part("with the tag", &scope.tag), part("of the kind", &scope.kind)]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() { "anything".to_owned() } else { format!("records {}", parts.join(" and ")) }
}

/// What a validator has contradicted itself in.
pub fn contradiction(what: &Contradiction) -> String {
    match what {
        Contradiction::Number(number) => format!("signed two different batches of verdicts with the number {number}"),
        Contradiction::Verdict(record) => format!("accepted the record {record} and then did not"),
        Contradiction::Round(round) => format!("signed two successors in round {round}"),
    }
}

/// A key by its name in one of these charters, the first that names it; else the key itself.
pub fn name<'a>(key: &PublicKey, charters: impl IntoIterator<Item = &'a Charter>) -> String {
    let named = charters.into_iter().find_map(|charter| charter.validator(key));
    named.map_or_else(|| key.to_string(), |validator| printable(&validator.name))
}

/// Ids, one after the other.
pub fn ids<'a>(ids: impl IntoIterator<Item = &'a Cid>) -> Vec<String> {
    ids.into_iter().map(ToString::to_string).collect()
}

/// The day of a moment, in UTC: `2026-11-22`. From the proleptic Gregorian calendar's cycle of
/// 400 years (146,097 days), with years that begin in March so that leap days come last.
pub fn date(unix_s: i64) -> String {
    let days = unix_s.div_euclid(86_400) + 719_468; // since 0000-03-01
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153; // 0 is March
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", 400 * cycle + year + carry)
}

/// The moment at which a day begins, in UTC, in seconds since 1970.
///
/// # Errors
/// When the text is no day such as `2027-01-31`.
pub fn day(text: &str) -> Result<i64, String> {
    let expected = || format!("expected a day such as 2027-01-31; found {text:?}");
    let parts: Vec<i64> = text.split('-').map_while(|part| part.parse().ok()).collect();
    let [year @ 1970..=9999, month @ 1..=12, 1..=31] = parts[..] else { return Err(expected()) };
    // Leap years and lengths of months move this by less than two months either way.
    let about = (year - 1970) * 365 + (year - 1970) / 4 + (month - 1) * 30;
    let days = (about - 60).max(0)..about + 60;
    days.map(|days| days * 86_400).find(|unix_s| date(*unix_s) == text).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar_and_are_read_back() {
        for (unix_s, text) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_800_000_000 - 1_800_000_000 % 86_400, "2027-01-15"),
            (4_107_456_000, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(unix_s), text);
            assert_eq!(day(text), Ok(unix_s), "{text}");
        }
        assert_eq!(date(-1), "1969-12-31");
        for wrong in ["2027-02-29", "2027-13-01", "tomorrow", "2027-1-5", "2027-01-05x", ""] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_embargo_says_what_it_is_about() {
        let scope = |language: Option<&str>| Scope { language: language.map(str::to_owned), ..Scope::default() };
        assert_eq!(ruling(&Ruling::Embargo(scope(None))), "put anything in no release");
        assert_eq!(ruling(&Ruling::Embargo(scope(Some("es")))), "put records in the language es in no release");
    }
}
