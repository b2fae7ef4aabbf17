//! The moment that a FHIR `dateTime`, `instant` or full `date` names; a date is its beginning in UTC.

/// Milliseconds since 1970, of a text that names a day at least.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (year, month, day) = (number(bytes, 0, 4)?, number(bytes, 5, 2)?, number(bytes, 8, 2)?);
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight = days(year, month, day) * 86_400;
    if bytes.len() == 10 {
        return Some(midnight * 1000);
    }
    let (hour, minute, second) = (number(bytes, 11, 2)?, number(bytes, 14, 2)?, number(bytes, 17, 2)?);
    if bytes.get(10) != Some(&b'T') || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let zone = bytes.get(19..)?.iter().position(|byte| matches!(byte, b'Z' | b'+' | b'-'))? + 19;
    let fraction = bytes.get(20..23.min(zone)).unwrap_or_default();
    let milliseconds = fraction.iter().chain(b"000").take(3);
    let milliseconds = milliseconds.fold(0, |sum, digit| sum * 10 + i64::from(digit.wrapping_sub(b'0') % 10));
    let offset = match bytes.get(zone)? {
        b'Z' => 0,
        sign => {
            let offset = number(bytes, zone + 1, 2)? * 60 + number(bytes, zone + 4, 2)?;
            if *sign == b'-' { -offset } else { offset }
        }
    };
    Some((midnight + hour * 3600 + minute * 60 + second - offset * 60) * 1000 + milliseconds)
}

fn number(bytes: &[u8], from: usize, length: usize) -> Option<i64> {
    let digits = bytes.get(from..from + length)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// Days since 1970 of a date of the proleptic Gregorian calendar.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2024-02-29T12:30:15Z", Some(1_709_209_815_000)),
            ("2024-07-01T00:00:00.25+01:00", Some(1_719_788_400_250)),
            ("2024-07-01T00:00:00.123456-02:30", Some(1_719_801_000_123)),
            ("2024-07", None),
            ("2024-13-01", None),
            ("2024-07-01T00:00", None),
            ("2024-07-01T00:00:00", None),
            ("yesterday, by Ann", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }
}
