//! The moment that a FHIR `dateTime`, `instant` or full `date` names; a date is its beginning in UTC.

use fhir::path::{Moment, Precision};

/// Milliseconds since 1970, of a text that names a day at least, and a time of day with its zone if one at all.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let moment = Moment::parse(text)?;
    let whole = match moment.precision() {
        Precision::Day => true,
        Precision::Second => moment.offset_minutes().is_some(),
        _ => false,
    };
    whole.then(|| moment.start_unix_us().div_euclid(1000))
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
