//! Dates, dateTimes and times with the precision they were written in (FHIRPath §4.1.5 to §4.1.7).

mod arithmetic;
mod boundary;
mod calendar;
mod compare;
mod scan;

pub(super) use arithmetic::MomentUnit;
pub use compare::Incomparable;

use super::decimal::Decimal;
use std::fmt;

/// Which of the three types a moment is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentKind {
    /// `System.Date`
    Date,
    /// `System.DateTime`
    DateTime,
    /// `System.Time`
    Time,
}

/// How much of a moment was written. Seconds and their fractions count as one precision (§6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `2020`
    Year = 1,
    /// `2020-01`
    Month,
    /// `2020-01-02`
    Day,
    /// `T10`
    Hour,
    /// `T10:30`
    Minute,
    /// `T10:30:15` and finer
    Second,
}

/// A date, a dateTime or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    kind: MomentKind,
    precision: Precision,
    /// Year, month, day, hour, minute, second; what was not written is the first of its kind.
    parts: [i32; 6],
    nanoseconds: u32,
    /// How many digits of the fraction of a second were written.
    fraction_digits: u8,
    /// Minutes that the zone is ahead of UTC.
    offset_minutes: Option<i32>,
}

impl Moment {
    /// Which type it is of.
    #[must_use]
    pub const fn kind(&self) -> MomentKind {
        self.kind
    }

    /// How much of it was written.
    #[must_use]
    pub const fn precision(&self) -> Precision {
        self.precision
    }

    /// Minutes that its zone is ahead of UTC, if it has one.
    #[must_use]
    pub const fn offset_minutes(&self) -> Option<i32> {
        self.offset_minutes
    }

    /// Reads a date, dateTime or instant as FHIR writes them: whole, or as much of a day as is known, or to the
    /// minute and finer (R4 §2.24.0.1). It allocates nothing.
    #[inline]
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let moment = Self::whole(text).filter(|moment| moment.kind != MomentKind::Time)?;
        let of_fhir = moment.precision != Precision::Hour && !text.ends_with('T');
        of_fhir.then_some(moment)
    }

    /// The day as it is written, in days since 1970-01-01: the first of a partial one. Of a time 0.
    #[inline]
    #[must_use]
    pub fn unix_day(&self) -> i32 {
        if self.kind == MomentKind::Time {
            return 0;
        }
        let [year, month, day, ..] = self.parts;
        // INVARIANT: the calendar of a moment ends with the year 9999.
        i32::try_from(calendar::days_of(year, month, day)).unwrap_or_default()
    }

    /// Where it begins, in microseconds since 1970-01-01T00:00:00Z, finer digits cut off. Without a zone it counts
    /// as UTC. Of a time since midnight.
    #[inline]
    #[must_use]
    pub fn start_unix_us(&self) -> i64 {
        let [_, _, _, hour, minute, second] = self.parts.map(i64::from);
        let minutes = hour * 60 + minute - i64::from(self.offset_minutes.unwrap_or_default());
        let micros = i64::from(self.nanoseconds / 1_000);
        i64::from(self.unix_day()) * 86_400_000_000 + (minutes * 60 + second) * 1_000_000 + micros
    }

    /// Reads a FHIR or System date: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    #[must_use]
    pub fn parse_date(text: &str) -> Option<Self> {
        Self::whole(text).filter(|moment| moment.kind == MomentKind::Date)
    }

    /// Reads a dateTime or instant, partial ones included.
    #[must_use]
    pub fn parse_date_time(text: &str) -> Option<Self> {
        let moment = Self::whole(text).filter(|moment| moment.kind != MomentKind::Time)?;
        Some(Self { kind: MomentKind::DateTime, ..moment })
    }

    /// Reads a time: `hh`, `hh:mm`, `hh:mm:ss` or finer, with or without a `T` before it.
    #[must_use]
    pub fn parse_time(text: &str) -> Option<Self> {
        let text = text.strip_prefix('T').unwrap_or(text);
        scan::time(text).filter(|(_, length)| *length == text.len()).map(|(moment, _)| moment)
    }

    /// Reads the moment that `text` begins with, as a literal without its `@`, and how long it is.
    pub(super) fn scan(text: &str) -> Option<(Self, usize)> {
        scan::literal(text)
    }

    #[inline]
    fn whole(text: &str) -> Option<Self> {
        scan::literal(text).filter(|(_, length)| *length == text.len()).map(|(moment, _)| moment)
    }

    /// The dateTime in UTC, to the millisecond, of `unix_ms` milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn from_unix_ms(unix_ms: i64) -> Self {
        let mut moment = Self {
            kind: MomentKind::DateTime,
            precision: Precision::Second,
            parts: [1970, 1, 1, 0, 0, 0],
            nanoseconds: 0,
            fraction_digits: 3,
            offset_minutes: Some(0),
        };
        let days = unix_ms.div_euclid(86_400_000);
        // INVARIANT: an i64 of milliseconds is fewer than i32 years, but the calendar ends at 9999.
        if let Some((year, month, day)) = calendar::date_of(days) {
            moment.parts = [year, month, day, 0, 0, 0];
        }
        moment.set_nanoseconds_of_day(i128::from(unix_ms.rem_euclid(86_400_000)) * 1_000_000);
        moment
    }

    fn nanoseconds_of_day(&self) -> i128 {
        let [_, _, _, hour, minute, second] = self.parts.map(i128::from);
        ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + i128::from(self.nanoseconds)
    }

    fn set_nanoseconds_of_day(&mut self, nanoseconds: i128) {
        let part =
            |unit: i128, modulus: i128| i32::try_from(nanoseconds / unit % modulus).unwrap_or_default();
        let [_, _, _, hour, minute, second] = &mut self.parts;
        *second = part(1_000_000_000, 60);
        *minute = part(60_000_000_000, 60);
        *hour = part(3_600_000_000_000, 24);
        self.nanoseconds = u32::try_from(nanoseconds % 1_000_000_000).unwrap_or_default();
    }

    /// The part of this precision, if it was written: year, month, day, hour, minute or second.
    pub(super) fn part(&self, precision: Precision) -> Option<i64> {
        let dated = self.kind != MomentKind::Time;
        let written = precision <= self.precision && (dated || precision >= Precision::Hour);
        let part = self.parts.get(precision as usize - 1)?;
        written.then_some(i64::from(*part))
    }

    /// The milliseconds, if a fraction of a second was written.
    pub(super) fn millisecond(&self) -> Option<i64> {
        (self.fraction_digits > 0).then_some(i64::from(self.nanoseconds / 1_000_000))
    }

    /// The hours that the zone is ahead of UTC, if there is one.
    pub(super) fn offset_hours(&self) -> Option<Decimal> {
        let minutes = Decimal::from(i64::from(self.offset_minutes?));
        minutes.over(Decimal::from(60))
    }

    /// The date, without the time of day.
    pub(super) fn date(&self) -> Option<Self> {
        if self.kind == MomentKind::Time {
            return None;
        }
        let precision = self.precision.min(Precision::Day);
        Some(Self { kind: MomentKind::Date, precision, offset_minutes: None, ..self.cut() })
    }

    /// The time of day, if any of it was written.
    pub(super) fn time(&self) -> Option<Self> {
        let [_, _, _, hour, minute, second] = self.parts;
        let parts = [0, 0, 0, hour, minute, second];
        (self.precision >= Precision::Hour).then_some(Self {
            kind: MomentKind::Time,
            parts,
            offset_minutes: None,
            ..*self
        })
    }

    /// The same moment as a dateTime.
    pub(super) fn date_time(&self) -> Option<Self> {
        (self.kind != MomentKind::Time).then_some(Self { kind: MomentKind::DateTime, ..*self })
    }

    /// Without the time of day.
    fn cut(&self) -> Self {
        let [year, month, day, ..] = self.parts;
        Self { parts: [year, month, day, 0, 0, 0], nanoseconds: 0, fraction_digits: 0, ..*self }
    }

    /// How many digits were written (`precision` of FHIRPath 2.1).
    pub(super) fn digits(&self) -> i64 {
        let digits = match self.precision {
            Precision::Year => 4,
            Precision::Month => 6,
            Precision::Day => 8,
            Precision::Hour => 10,
            Precision::Minute => 12,
            Precision::Second => 14 + i64::from(self.fraction_digits),
        };
        if self.kind == MomentKind::Time { digits - 8 } else { digits }
    }
}

impl fmt::Display for Moment {
    /// As a literal without its `@` and `T`: `2020-01`, `2020-01-01T10:30Z`, `10:30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second] = self.parts;
        let has = |precision| self.precision >= precision;
        if self.kind != MomentKind::Time {
            write!(f, "{year:04}")?;
            if has(Precision::Month) {
                write!(f, "-{month:02}")?;
            }
            if has(Precision::Day) {
                write!(f, "-{day:02}")?;
            }
            if has(Precision::Hour) {
                f.write_str("T")?;
            }
        }
        if has(Precision::Hour) {
            write!(f, "{hour:02}")?;
        }
        if has(Precision::Minute) {
            write!(f, ":{minute:02}")?;
        }
        if has(Precision::Second) {
            write!(f, ":{second:02}")?;
        }
        if self.fraction_digits > 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", digits.get(..usize::from(self.fraction_digits)).unwrap_or(&digits))?;
        }
        match self.offset_minutes {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
        }
    }
}

#[cfg(test)]
mod tests;
