//! Reads moments from text, and no more of the text than belongs to them.

use super::{Moment, MomentKind, Precision, calendar::days_in_month};

struct Cursor<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    /// Takes `before` and then two digits, or nothing.
    #[inline]
    fn pair(&mut self, before: Option<u8>) -> Option<i32> {
        let start = self.at + usize::from(before.is_some());
        if before.is_some() && self.bytes.get(self.at) != before.as_ref() {
            return None;
        }
        let value = digits(self.bytes.get(start..start + 2)?)?;
        self.at = start + 2;
        Some(value)
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }
}

#[inline]
fn digits(bytes: &[u8]) -> Option<i32> {
    let (mut value, mut good) = (0, true);
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        good &= digit < 10;
        value = value * 10 + i32::from(digit);
    }
    good.then_some(value)
}

const NOTHING: Moment = Moment {
    kind: MomentKind::Date,
    precision: Precision::Year,
    parts: [0, 1, 1, 0, 0, 0],
    nanoseconds: 0,
    fraction_digits: 0,
    offset_minutes: None,
};

/// `T10:30`, `2020-01`, `2020-01T` or `2020-01-01T10:30Z`, and how many bytes it takes.
#[inline]
pub(super) fn literal(text: &str) -> Option<(Moment, usize)> {
    if let Some(rest) = text.strip_prefix('T') {
        return time(rest).map(|(moment, length)| (moment, length + 1));
    }
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 4 };
    let mut moment = NOTHING;
    let [year, month, day, ..] = &mut moment.parts;
    *year = digits(cursor.bytes.get(..4)?)?;
    if let Some(written) = cursor.pair(Some(b'-')) {
        (*month, moment.precision) = (written, Precision::Month);
        if let Some(written) = cursor.pair(Some(b'-')) {
            (*day, moment.precision) = (written, Precision::Day);
        }
    }
    let real = *year > 0 && (1..=12).contains(month) && (1..=days_in_month(*year, *month)).contains(day);
    real.then_some(())?;
    if cursor.take(b'T') {
        moment.kind = MomentKind::DateTime;
        if moment.precision == Precision::Day {
            clock(&mut cursor, &mut moment)?;
        }
        if moment.precision >= Precision::Hour {
            moment.offset_minutes = zone(&mut cursor)?;
        }
    }
    Some((moment, cursor.at))
}

/// `10`, `10:30`, `10:30:15.123`, and how many bytes it takes.
pub(super) fn time(text: &str) -> Option<(Moment, usize)> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    let mut moment = Moment { kind: MomentKind::Time, parts: [0; 6], ..NOTHING };
    clock(&mut cursor, &mut moment)?;
    (moment.precision >= Precision::Hour).then_some((moment, cursor.at))
}

/// Reads the time of day into `moment`, if there is one. `None` when the clock does not have it.
fn clock(cursor: &mut Cursor<'_>, moment: &mut Moment) -> Option<()> {
    let [_, _, _, hour, minute, second] = &mut moment.parts;
    let Some(written) = cursor.pair(None) else { return Some(()) };
    (*hour, moment.precision) = (written, Precision::Hour);
    if let Some(written) = cursor.pair(Some(b':')) {
        (*minute, moment.precision) = (written, Precision::Minute);
        if let Some(written) = cursor.pair(Some(b':')) {
            (*second, moment.precision) = (written, Precision::Second);
            fraction(cursor, &mut moment.nanoseconds, &mut moment.fraction_digits);
        }
    }
    // A leap second is a second of FHIR (R4 §2.24.0.1 `dateTime`), read as the one before.
    *second = if *second == 60 { 59 } else { *second };
    (*hour < 24 && *minute < 60 && *second < 60).then_some(())
}

/// Reads `.123`; digits beyond the ninth are cut off.
fn fraction(cursor: &mut Cursor<'_>, nanoseconds: &mut u32, count: &mut u8) {
    let rest = cursor.bytes.get(cursor.at..).unwrap_or_default();
    let Some((b'.', rest)) = rest.split_first() else { return };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return;
    }
    let kept = rest.get(..length.min(9)).unwrap_or_default();
    *nanoseconds = kept.iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    *nanoseconds *= 10_u32.pow(9 - u32::try_from(kept.len()).unwrap_or(9));
    *count = u8::try_from(kept.len()).unwrap_or(9);
    cursor.at += 1 + length;
}

/// Reads `Z` or `+01:00`, or no zone. `None` when it is beyond fourteen hours.
fn zone(cursor: &mut Cursor<'_>) -> Option<Option<i32>> {
    if cursor.take(b'Z') {
        return Some(Some(0));
    }
    let start = cursor.at;
    let sign = match cursor.bytes.get(start) {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Some(None),
    };
    cursor.at += 1;
    let (Some(hours), Some(minutes)) = (cursor.pair(None), cursor.pair(Some(b':'))) else {
        cursor.at = start;
        return Some(None);
    };
    let offset = hours * 60 + minutes;
    (offset <= 14 * 60 && minutes < 60).then_some(Some(sign * offset))
}
