//! FHIR `date`, `dateTime`, `instant` and `time` texts, partial ones included (R4 §2.24.0.1).

use chrono::{Datelike, NaiveDate};
use std::cmp::Ordering;

const DAY_US: i64 = 86_400_000_000;
const UNIX_EPOCH_FROM_CE: i32 = 719_163;

/// How much of a moment was written. Seconds and their fractions count as one precision (FHIRPath §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precision {
    Year,
    Month,
    Day,
    Minute,
    Second,
}

/// A moment or the period that a partial one covers. A text without a time zone counts as UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The day of the text as it stands, in days since 1970-01-01: the first of a partial one.
    pub(crate) day: i32,
    /// Where it begins, in microseconds since 1970-01-01T00:00:00Z; finer digits are cut off.
    pub(crate) start_us: i64,
    end_us: i64,
    precision: Precision,
}

impl Moment {
    /// Reads a `date`, `dateTime` or `instant`. `None` when it is none, or no day of the calendar.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let year = i32::try_from(digits(bytes, 0, 4)?).ok()?;
        if bytes.len() == 4 {
            return Self::span(year, 1, 1, Precision::Year);
        }
        let month = after(bytes, 4, b'-')?;
        if bytes.len() == 7 {
            return Self::span(year, month, 1, Precision::Month);
        }
        let day = Self::span(year, month, after(bytes, 7, b'-')?, Precision::Day)?;
        if bytes.len() == 10 {
            return Some(day);
        }
        (bytes.get(10) == Some(&b'T')).then_some(())?;
        let time = Time::parse(bytes.get(11..)?)?;
        let start_us = day.start_us + time.us - time.zone_us;
        let end_us = start_us + if time.precision == Precision::Minute { 60_000_000 } else { 1 };
        Some(Self { day: day.day, start_us, end_us, precision: time.precision })
    }

    fn span(year: i32, month: u32, day: u32, precision: Precision) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, month, day)?;
        let next = match precision {
            Precision::Year => NaiveDate::from_ymd_opt(year + 1, 1, 1)?,
            Precision::Month if month == 12 => NaiveDate::from_ymd_opt(year + 1, 1, 1)?,
            Precision::Month => NaiveDate::from_ymd_opt(year, month + 1, 1)?,
            _ => first.succ_opt()?,
        };
        let days = |date: NaiveDate| date.num_days_from_ce() - UNIX_EPOCH_FROM_CE;
        let (start_us, end_us) = (i64::from(days(first)) * DAY_US, i64::from(days(next)) * DAY_US);
        Some(Self { day: days(first), start_us, end_us, precision })
    }

    /// Compares two moments; `None` when their precisions differ and leave it open (FHIRPath §6.2).
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        if self.precision == other.precision {
            Some(self.start_us.cmp(&other.start_us))
        } else if self.end_us <= other.start_us {
            Some(Ordering::Less)
        } else if other.end_us <= self.start_us {
            Some(Ordering::Greater)
        } else {
            None
        }
    }
}

/// A time of day with its zone.
struct Time {
    us: i64,
    zone_us: i64,
    precision: Precision,
}

impl Time {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (hour, minute) = (digits(bytes, 0, 2)?, after(bytes, 2, b':')?);
        let mut us = (i64::from(hour) * 60 + i64::from(minute)) * 60_000_000;
        let (mut rest, mut precision) = (bytes.get(5..)?, Precision::Minute);
        if hour > 23 || minute > 59 {
            return None;
        }
        if rest.first() == Some(&b':') {
            let second = after(rest, 0, b':')?;
            // 60 is a leap second; it begins the next minute here.
            (second <= 60).then_some(())?;
            us += i64::from(second) * 1_000_000;
            precision = Precision::Second;
            rest = rest.get(3..)?;
            if let Some(fraction) = rest.strip_prefix(b".") {
                let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
                (length > 0).then_some(())?;
                let micros = fraction.iter().take(length).chain(b"000000").take(6);
                us += micros.fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
                rest = fraction.get(length..)?;
            }
        }
        Some(Self { us, zone_us: zone(rest)?, precision })
    }
}

fn zone(bytes: &[u8]) -> Option<i64> {
    let sign = match bytes.first() {
        None => return Some(0),
        Some(b'Z') if bytes.len() == 1 => return Some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let (hours, minutes) = (digits(bytes, 1, 2)?, after(bytes, 3, b':')?);
    (bytes.len() == 6 && hours <= 14 && minutes <= 59).then_some(())?;
    Some(sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60_000_000)
}

/// The number in `count` digits from `from` on.
fn digits(bytes: &[u8], from: usize, count: usize) -> Option<u32> {
    bytes
        .get(from..from + count)?
        .iter()
        .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// The two digits after `mark`, which stands at `at`.
fn after(bytes: &[u8], at: usize, mark: u8) -> Option<u32> {
    (bytes.get(at) == Some(&mark)).then(|| digits(bytes, at + 1, 2)).flatten()
}

/// The least (or greatest) full `date`, `dateTime` or `time` that the partial `text` covers
/// (FHIRPath §5.8.5), or `None` when it is none of them. A `date` becomes a `dateTime` if `full` says so.
pub(crate) fn boundary(text: &str, high: bool, full: bool) -> Option<String> {
    if text.as_bytes().get(2) == Some(&b':') {
        Time::parse(text.as_bytes())?;
        return Some(time_boundary(text, high));
    }
    let moment = Moment::parse(text)?;
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let day = match (moment.precision, high) {
        (Precision::Year, false) => format!("{day}-01-01"),
        (Precision::Year, true) => format!("{day}-12-31"),
        (Precision::Month, false) => format!("{day}-01"),
        (Precision::Month, true) => {
            let last = i32::try_from(moment.end_us / DAY_US).ok()? - 1 + UNIX_EPOCH_FROM_CE;
            NaiveDate::from_num_days_from_ce_opt(last)?.to_string()
        }
        _ => day.to_owned(),
    };
    let zone = if high { "-12:00" } else { "+14:00" };
    Some(match time {
        None if !full => day,
        None => format!("{day}T{}{zone}", if high { "23:59:59.999" } else { "00:00:00.000" }),
        Some(time) => {
            let (time, written) = time.split_at(time.find(['Z', '+', '-']).unwrap_or(time.len()));
            format!("{day}T{}{}", time_boundary(time, high), if written.is_empty() { zone } else { written })
        }
    })
}

fn time_boundary(time: &str, high: bool) -> String {
    let rest = match (time.len(), high) {
        (5, false) => ":00.000",
        (5, true) => ":59.999",
        (8, false) => ".000",
        (8, true) => ".999",
        _ => "",
    };
    format!("{time}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_text_begins_where_its_period_begins() {
        for (text, start_us) in [
            ("1970", 0),
            ("1970-02", 31 * DAY_US),
            ("1970-01-02", DAY_US),
            ("1970-01-01T01:00Z", 3_600_000_000),
            ("1970-01-01T01:00:00.1234567+01:00", 123_456),
            ("1969-12-31T23:59:60Z", 0),
        ] {
            assert_eq!(Moment::parse(text).map(|moment| moment.start_us), Some(start_us), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "70",
            "1970-13",
            "2015-02-30",
            "1970-01-01T",
            "1970-01-01T24:00Z",
            "1970-01-01T00:00x",
            "é970",
            "1970-1-1",
        ] {
            assert!(Moment::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn moments_of_different_precision_compare_when_their_periods_do_not_overlap() {
        let compare = |a, b| Moment::parse(a).unwrap().compare(&Moment::parse(b).unwrap());
        assert_eq!(compare("2020", "2021-01-01"), Some(Ordering::Less));
        assert_eq!(compare("2020", "2020-05"), None);
        assert_eq!(compare("2020-01-01T12:00:00Z", "2020-01-01T13:00:00.000+01:00"), Some(Ordering::Equal));
    }

    #[test]
    fn boundaries_fill_in_what_was_left_out() {
        for (text, high, full, expected) in [
            ("1970-06", true, false, "1970-06-30"),
            ("2024-02", true, false, "2024-02-29"),
            ("1970", false, false, "1970-01-01"),
            ("2010-10-10", true, true, "2010-10-10T23:59:59.999-12:00"),
            ("2010-10-10", false, true, "2010-10-10T00:00:00.000+14:00"),
            ("2010-10-10T10:00:00Z", true, true, "2010-10-10T10:00:00.999Z"),
            ("12:34", false, false, "12:34:00.000"),
            ("12:34:00", true, false, "12:34:00.999"),
        ] {
            assert_eq!(boundary(text, high, full).as_deref(), Some(expected));
        }
        assert_eq!(boundary("soon", true, false), None);
    }
}
