//! Dates and times (R4 §2.24.0.1: date, dateTime, instant, time), by hand and in one pass.

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, a day that the calendar has.
pub(super) fn is_date(text: &str) -> bool {
    date(text.as_bytes()).is_some_and(|(_, rest)| rest.is_empty())
}

/// A date, or a whole date with `T`, a time and a zone.
pub(super) fn is_date_time(text: &str) -> bool {
    match date(text.as_bytes()) {
        Some((_, [])) => true,
        Some((Precision::Day, [b'T', rest @ ..])) => clock(rest).is_some_and(is_zone),
        _ => false,
    }
}

/// A whole date with `T`, a time and a zone.
pub(super) fn is_instant(text: &str) -> bool {
    matches!(date(text.as_bytes()), Some((Precision::Day, [b'T', rest @ ..])) if clock(rest).is_some_and(is_zone))
}

/// `hh:mm:ss`, perhaps with a fraction, without a zone.
pub(super) fn is_time(text: &str) -> bool {
    clock(text.as_bytes()).is_some_and(<[u8]>::is_empty)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Precision {
    Year,
    Month,
    Day,
}

/// Two digits, and what follows them.
fn two(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => Some(((a - b'0') * 10 + (b - b'0'), rest)),
        _ => None,
    }
}

/// As much of a date as stands at the beginning, and what follows it.
fn date(text: &[u8]) -> Option<(Precision, &[u8])> {
    let (century, rest) = two(text)?;
    let (years, rest) = two(rest)?;
    let year = u32::from(century) * 100 + u32::from(years);
    if year == 0 {
        return None;
    }
    let [b'-', rest @ ..] = rest else { return Some((Precision::Year, rest)) };
    let (month, rest) = two(rest)?;
    if !(1..=12).contains(&month) {
        return None;
    }
    let [b'-', rest @ ..] = rest else { return Some((Precision::Month, rest)) };
    let (day, rest) = two(rest)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=days).contains(&day).then_some((Precision::Day, rest))
}

/// `hh:mm:ss` with an optional fraction, and what follows it. Second 60 is a leap second.
fn clock(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = two(text)?;
    let (minute, rest) = two(rest.strip_prefix(b":")?)?;
    let (second, rest) = two(rest.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let [b'.', rest @ ..] = rest else { return Some(rest) };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { rest.get(digits..) }
}

/// `Z` or an offset to at most 14 hours.
fn is_zone(text: &[u8]) -> bool {
    match text {
        b"Z" => true,
        [b'+' | b'-', rest @ ..] => {
            let minutes = two(rest).and_then(|(hours, rest)| Some((hours, two(rest.strip_prefix(b":")?)?)));
            matches!(minutes, Some((hours, (minutes, []))) if minutes < 60 && (hours < 14 || (hours == 14 && minutes == 0)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accepts: fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(accepts(text), "{text}");
        }
        for text in bad {
            assert!(!accepts(text), "{text}");
        }
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        check(
            is_date,
            &["2024", "0001", "2024-02", "2024-02-29", "2000-02-29", "1999-12-31"],
            &[
                "",
                "0000",
                "24",
                "2024-13",
                "2024-00",
                "2023-02-29",
                "1900-02-29",
                "2024-04-31",
                "2024-1-1",
                "2024-01-01Z",
                "2024-",
                "2024-01-01T",
                "+2024",
                "２０２４",
            ],
        );
    }

    #[test]
    fn a_date_time_has_seconds_and_a_zone_or_no_time() {
        check(
            is_date_time,
            &[
                "2024",
                "2024-02-29",
                "2024-02-29T10:00:00Z",
                "2024-02-29T23:59:60.123456789+14:00",
                "2015-02-07T13:28:17.2-05:00",
            ],
            &[
                "2024-02-29T10:00Z",
                "2024-02-29T10:00:00",
                "2024-02-29T24:00:00Z",
                "2024-02T10:00:00Z",
                "2024-02-29 10:00:00Z",
                "2024-02-29T10:00:00+1400",
                "2024-02-29T10:00:00+14:30",
                "2024-02-29T10:00:00.Z",
                "2024-02-29T10:00:00z",
            ],
        );
    }

    #[test]
    fn instants_are_whole_and_times_have_no_zone() {
        check(
            is_instant,
            &["2015-02-07T13:28:17.239+02:00", "2017-01-01T00:00:00Z"],
            &["2015-02-07", "2015", ""],
        );
        check(
            is_time,
            &["00:00:00", "23:59:59.9"],
            &["23:59", "24:00:00", "10:00:00Z", "10:60:00", "1:00:00"],
        );
    }
}
