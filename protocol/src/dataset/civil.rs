//! Times as people write them: RFC 3339 in UTC, and the month in which a moment lies.
//!
//! Source: the Gregorian calendar as RFC 3339 uses it, years 1970 to 9999.

use std::fmt;
use std::str::FromStr;

const DAY_S: i64 = 86_400;

/// A calendar month in UTC, shown as `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i64,
    month: usize,
}

impl Month {
    /// The month in which a moment lies; `None` outside the years 1970 to 9999.
    pub fn of(unix_s: i64) -> Option<Month> {
        date(unix_s).map(|(year, month, _)| Month { year, month })
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A text that names no month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a month of the years 1970 to 9999, such as 2026-11")]
pub struct NoMonth;

impl FromStr for Month {
    type Err = NoMonth;

    /// Reads what is shown, and only that.
    fn from_str(text: &str) -> Result<Month, NoMonth> {
        unix_s(&format!("{text}-01T00:00:00Z")).and_then(Month::of).ok_or(NoMonth)
    }
}

/// A moment as `2026-11-22T14:00:00Z`; `None` outside the years 1970 to 9999.
pub fn rfc3339(unix_s: i64) -> Option<String> {
    written(unix_s).and_then(|text| std::str::from_utf8(&text).map(str::to_owned).ok())
}

/// The same in ASCII.
fn written(unix_s: i64) -> Option<[u8; 20]> {
    let (year, month, day) = date(unix_s)?;
    let second = unix_s % DAY_S;
    let mut text = *b"0000-00-00T00:00:00Z";
    let parts =
        [(3, year), (6, month as i64), (9, day), (12, second / 3600), (15, second / 60 % 60), (18, second % 60)];
    for (last, mut number) in parts {
        let mut at = last;
        while number > 0 {
            text[at] = b'0' + (number % 10) as u8;
            (at, number) = (at.saturating_sub(1), number / 10);
        }
    }
    Some(text)
}

/// The moment that [`rfc3339`] wrote; `None` for any other text.
pub fn unix_s(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let days = days_before_year(year) + days_before_month(year, month as usize) + day - 1;
    let seconds = days * DAY_S + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    (written(seconds)?.as_slice() == text.as_bytes()).then_some(seconds)
}

/// Year, month from 1, day from 1.
fn date(unix_s: i64) -> Option<(i64, usize, i64)> {
    let days = unix_s.div_euclid(DAY_S);
    if !(0..days_before_year(10_000)).contains(&days) {
        return None;
    }
    // No year is longer than 366 days, so that this begins at or before the year sought.
    let mut year = 1970 + days / 366;
    while days_before_year(year + 1) <= days {
        year += 1;
    }
    let day = days - days_before_year(year);
    let month = (1..=12).rev().find(|month| days_before_month(year, *month) <= day)?;
    Some((year, month, day - days_before_month(year, month) + 1))
}

/// Days from 1970-01-01 to the first of January of a year.
fn days_before_year(year: i64) -> i64 {
    let leap_years = |until: i64| (until - 1) / 4 - (until - 1) / 100 + (until - 1) / 400;
    (year - 1970) * 365 + leap_years(year) - leap_years(1970)
}

/// Days from the first of January to the first of a month.
fn days_before_month(year: i64, month: usize) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    BEFORE[month - 1] + i64::from(leap && month > 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments_are_written_as_rfc_3339() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_356_000, "2026-11-22T14:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(rfc3339(seconds).as_deref(), Some(text));
            assert_eq!(unix_s(text), Some(seconds));
            assert_eq!(Month::of(seconds).map(|month| month.to_string()).as_deref(), Some(&text[..7]));
            assert_eq!(text[..7].parse().ok(), Month::of(seconds));
        }
    }

    #[test]
    fn moments_outside_the_years_and_other_forms_are_refused() {
        assert_eq!(rfc3339(-1), None);
        assert_eq!(rfc3339(253_402_300_800), None);
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T14:00:00",
            "2026-11-22T14:00:00z",
            "2026-11-22T14:00:00+00:00",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "1969-12-31T23:00:00Z",
            "2026-1é-22T14:00:00Z",
        ] {
            assert_eq!(unix_s(text), None, "{text}");
        }
        for text in ["", "2026", "2026-1", "2026-13", "1969-12", "10000-01", "+026-01", "2026-11-01"] {
            assert_eq!(text.parse::<Month>(), Err(NoMonth), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_reads_back(seconds in 0i64..253_402_300_800) {
            prop_assert_eq!(unix_s(&rfc3339(seconds).unwrap()), Some(seconds));
        }
    }
}
