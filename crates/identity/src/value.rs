//! Value rules of primitives: dates, numbers, places.

/// Whether `token`, a JSON number, has at most nine digits before its point: a longer one can be a telephone or NHS number.
pub(crate) fn is_short_number(token: &str) -> bool {
    let token = token.strip_prefix('-').unwrap_or(token);
    // An exponent can write any number of digits; FHIR decimals in use have none.
    let (number, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    whole.len() <= 9 && fraction.len() <= 18 && matches!(exponent.parse::<i8>(), Ok(-9..=0))
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |sum: u32, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

fn within(text: Option<&[u8]>, low: u32, high: u32) -> bool {
    text.and_then(digits).is_some_and(|number| (low..=high).contains(&number))
}

/// The length of the date at the start of `text`: 4, 7 or 10 (FHIR R4 §2.24.0.1, `date`).
fn date_length(text: &[u8]) -> Option<usize> {
    if !within(text.get(..4), 1, 9999) {
        return None;
    }
    match (text.get(4), text.get(7)) {
        (Some(b'-'), Some(b'-')) => {
            (within(text.get(5..7), 1, 12) && within(text.get(8..10), 1, 31)).then_some(10)
        }
        (Some(b'-'), _) => within(text.get(5..7), 1, 12).then_some(7),
        _ => Some(4),
    }
}

/// Whether it is a `date`, `dateTime` or `instant`.
pub(crate) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    match date_length(bytes) {
        Some(length) if length == bytes.len() => true,
        Some(10) if bytes.get(10) == Some(&b'T') => is_time_with_zone(bytes.get(11..).unwrap_or_default()),
        _ => false,
    }
}

/// The date without its time, down to the day; `None` when it is no date.
pub(crate) fn day(text: &str) -> Option<&str> {
    is_date(text).then(|| text.get(..10).unwrap_or(text))
}

/// The date without its day; `None` when it is no date.
pub(crate) fn month(text: &str) -> Option<&str> {
    is_date(text).then(|| text.get(..7).unwrap_or(text))
}

/// Whether it is a `time`: `hh:mm:ss`, with fractions of a second or without.
pub(crate) fn is_time(text: &str) -> bool {
    time_length(text.as_bytes()) == Some(text.len())
}

fn time_length(text: &[u8]) -> Option<usize> {
    let clock = within(text.get(..2), 0, 24)
        && text.get(2) == Some(&b':')
        && within(text.get(3..5), 0, 59)
        && text.get(5) == Some(&b':')
        && within(text.get(6..8), 0, 60);
    if !clock {
        return None;
    }
    if text.get(8) != Some(&b'.') {
        return Some(8);
    }
    let fraction = text.iter().skip(9).take_while(|b| b.is_ascii_digit()).count();
    (1..=9).contains(&fraction).then_some(9 + fraction)
}

fn is_time_with_zone(text: &[u8]) -> bool {
    let Some(length) = time_length(text) else { return false };
    let zone = text.get(length..).unwrap_or_default();
    zone == b"Z"
        || (zone.len() == 6
            && matches!(zone.first(), Some(b'+' | b'-'))
            && zone.get(3) == Some(&b':')
            && within(zone.get(1..3), 0, 14)
            && within(zone.get(4..6), 0, 59))
}

/// The outward half of a postcode of the United Kingdom, in capitals; `None` when it is none.
pub(crate) fn outward_code(postcode: &str) -> Option<String> {
    let text = postcode.trim().to_ascii_uppercase();
    if !text.is_ascii() || text.len() > 8 {
        return None;
    }
    let outward = match text.split_once(' ') {
        Some((outward, inward)) => is_inward(inward.trim_start()).then_some(outward)?,
        None if is_outward(&text) => &text,
        None => {
            let (outward, inward) = text.split_at_checked(text.len().checked_sub(3)?)?;
            is_inward(inward).then_some(outward)?
        }
    };
    is_outward(outward).then(|| outward.to_owned())
}

fn is_inward(text: &str) -> bool {
    matches!(text.as_bytes(), [digit, a, b] if digit.is_ascii_digit() && a.is_ascii_uppercase() && b.is_ascii_uppercase())
}

/// One of the six forms: A9, A99, A9A, AA9, AA99, AA9A.
fn is_outward(text: &str) -> bool {
    let area = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let Some(district) = text.as_bytes().get(area..) else { return false };
    (1..=2).contains(&area)
        && match district {
            [a] => a.is_ascii_digit(),
            [a, b] => a.is_ascii_digit() && (b.is_ascii_digit() || b.is_ascii_uppercase()),
            _ => false,
        }
}

/// The first three digits of a ZIP code of the United States; `None` when it is none.
pub(crate) fn zip3(code: &str) -> Option<&str> {
    let bytes = code.as_bytes();
    let five = bytes.get(..5)?.iter().all(u8::is_ascii_digit);
    let rest = match bytes.get(5..)? {
        [] => true,
        [b'-', four @ ..] => four.len() == 4 && four.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if five && rest { code.get(..3) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_not_kept() {
        for good in ["0", "-1.10", "999999999", "0.5e-3", "120.0000001"] {
            assert!(is_short_number(good), "{good}");
        }
        for bad in ["9434765919", "07700900123456", "9.434765919e9", "1e10", "1e-200"] {
            assert!(!is_short_number(bad), "{bad}");
        }
    }

    #[test]
    fn dates_are_dates_and_nothing_else() {
        for good in ["1952", "1952-03", "1952-03-31", "2015-02-07T13:28:17-05:00", "2015-02-07T13:28:17.239Z"]
        {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "",
            "52",
            "1952-13",
            "1952-03-32",
            "1952-03-31T",
            "1952-03-31 Amy",
            "2015-02-07T13:28:17",
            "9434765919",
            "1952-0é",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
        assert_eq!((month("1952-03-31"), month("1952"), month("x")), (Some("1952-03"), Some("1952"), None));
        assert_eq!((day("2015-02-07T13:28:17Z"), day("2015-02")), (Some("2015-02-07"), Some("2015-02")));
        assert!(is_time("13:28:17") && is_time("13:28:17.5") && !is_time("13:28") && !is_time("13:28:17."));
    }

    #[test]
    fn a_postcode_becomes_its_district() {
        for (postcode, district) in [
            ("SW1A 1AA", "SW1A"),
            ("m1 1ae", "M1"),
            ("CR26XH", "CR2"),
            ("DN55 1PT", "DN55"),
            ("EC1A1BB", "EC1A"),
            ("B33", "B33"),
        ] {
            assert_eq!(outward_code(postcode).as_deref(), Some(district), "{postcode}");
        }
        for bad in ["", "Quibblewick", "AB", "12345", "SW1A 1A", "ÄB1 2CD", "TELFORD 1AA"] {
            assert_eq!(outward_code(bad), None, "{bad}");
        }
        assert_eq!(
            (zip3("02138"), zip3("02138-1234"), zip3("0213"), zip3("021380")),
            (Some("021"), Some("021"), None, None)
        );
    }
}
