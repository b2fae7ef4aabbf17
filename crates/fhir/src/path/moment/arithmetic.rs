//! Moments moved by durations (FHIRPath §6.7, "Date/Time Arithmetic").

use super::{Moment, MomentKind, Precision, calendar};
use crate::path::decimal::{Decimal, Rounding};

/// The units that a moment can be moved by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::path) enum MomentUnit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
}

const DAY_NS: i128 = 86_400_000_000_000;

impl MomentUnit {
    /// How long it is where the calendar does not matter, in nanoseconds.
    const fn nanoseconds(self) -> i128 {
        match self {
            Self::Year => 365 * DAY_NS,
            Self::Month => 30 * DAY_NS,
            Self::Week => 7 * DAY_NS,
            Self::Day => DAY_NS,
            Self::Hour => 3_600_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Second => 1_000_000_000,
            Self::Millisecond => 1_000_000,
        }
    }
}

impl Moment {
    /// Whether a moment of its type can be moved by `unit`: a time cannot by days and more.
    pub(in crate::path) fn can_move_by(&self, unit: MomentUnit) -> bool {
        self.kind != MomentKind::Time || unit >= MomentUnit::Hour
    }

    /// Moved by `amount` of `unit`. `None` when a time would be moved by days or more, or the calendar ends.
    ///
    /// A fraction counts only of seconds and below; a duration finer than the moment's precision is cut to
    /// whole units of that precision.
    pub(in crate::path) fn moved(&self, amount: Decimal, unit: MomentUnit) -> Option<Self> {
        self.can_move_by(unit).then_some(())?;
        if unit >= MomentUnit::Second {
            let fine = if unit == MomentUnit::Second { 9 } else { 6 };
            let scaled = amount.times(Decimal::from(10_i64.pow(fine)))?.at_scale(0, Rounding::TowardsZero)?;
            return self.moved_by(i128::from(scaled.to_i64()?));
        }
        let whole = i128::from(amount.at_scale(0, Rounding::TowardsZero)?.to_i64()?);
        match unit {
            MomentUnit::Year => self.moved_months(whole.checked_mul(12)?),
            MomentUnit::Month => self.moved_months(whole),
            _ => self.moved_by(whole.checked_mul(unit.nanoseconds())?),
        }
    }

    /// Moved by `nanoseconds`, cut to the precision of the moment.
    fn moved_by(&self, nanoseconds: i128) -> Option<Self> {
        let cut = |unit: MomentUnit| nanoseconds / unit.nanoseconds();
        match self.precision {
            Precision::Year => self.moved_months(cut(MomentUnit::Year) * 12),
            Precision::Month => self.moved_months(cut(MomentUnit::Month)),
            Precision::Day => self.moved_nanoseconds(cut(MomentUnit::Day) * DAY_NS),
            Precision::Hour => self.moved_nanoseconds(cut(MomentUnit::Hour) * MomentUnit::Hour.nanoseconds()),
            Precision::Minute => {
                self.moved_nanoseconds(cut(MomentUnit::Minute) * MomentUnit::Minute.nanoseconds())
            }
            Precision::Second => self.moved_nanoseconds(nanoseconds),
        }
    }

    fn moved_nanoseconds(&self, nanoseconds: i128) -> Option<Self> {
        let total = self.nanoseconds_of_day().checked_add(nanoseconds)?;
        let mut moved = *self;
        moved.set_nanoseconds_of_day(total.rem_euclid(DAY_NS));
        // What was moved by a fraction of a second shows it.
        if moved.nanoseconds != self.nanoseconds && moved.fraction_digits < 3 {
            moved.fraction_digits = 3;
        }
        if self.kind == MomentKind::Time {
            return Some(moved);
        }
        let [year, month, day, ..] = self.parts;
        let days =
            calendar::days_of(year, month, day).checked_add(i64::try_from(total.div_euclid(DAY_NS)).ok()?)?;
        let [_, _, _, hour, minute, second] = moved.parts;
        let (year, month, day) = calendar::date_of(days)?;
        moved.parts = [year, month, day, hour, minute, second];
        Some(moved)
    }

    /// Moved by months; a day that the month does not have becomes its last.
    fn moved_months(&self, months: i128) -> Option<Self> {
        let [year, month, day, hour, minute, second] = self.parts;
        // A date that was written as a year only moves by whole years.
        let months = if self.precision == Precision::Year { months / 12 * 12 } else { months };
        let total = i128::from(year) * 12 + i128::from(month) - 1 + months;
        let year = i32::try_from(total.div_euclid(12)).ok().filter(|year| (1..=9999).contains(year))?;
        let month = i32::try_from(total.rem_euclid(12)).ok()? + 1;
        let day = day.min(calendar::days_in_month(year, month));
        Some(Self { parts: [year, month, day, hour, minute, second], ..*self })
    }
}
