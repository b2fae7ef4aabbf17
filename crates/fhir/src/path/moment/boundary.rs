//! The earliest and the latest moment that one may stand for (`lowBoundary`, `highBoundary` of FHIRPath 2.1).

use super::{Moment, MomentKind, Precision, calendar};

/// The zones that are furthest ahead of UTC, and furthest behind.
const FURTHEST_AHEAD: i32 = 14 * 60;
const FURTHEST_BEHIND: i32 = -12 * 60;

impl Moment {
    /// The digits that a boundary has when nothing is said: those of the type's finest form.
    #[must_use]
    pub const fn finest(&self) -> i64 {
        match self.kind {
            MomentKind::Date => 8,
            MomentKind::DateTime => 17,
            MomentKind::Time => 9,
        }
    }

    /// The boundary written with `digits` digits. `None` when no moment of the type has that many.
    #[must_use]
    pub fn boundary(&self, high: bool, digits: i64) -> Option<Self> {
        let dated = self.kind != MomentKind::Time;
        let (precision, fraction_digits) = match if dated { digits } else { digits + 8 } {
            4 if dated => (Precision::Year, 0),
            6 if dated => (Precision::Month, 0),
            8 if dated => (Precision::Day, 0),
            10 => (Precision::Hour, 0),
            12 => (Precision::Minute, 0),
            14 => (Precision::Second, 0),
            17 => (Precision::Second, 3),
            _ => return None,
        };
        if self.kind == MomentKind::Date && precision > Precision::Day {
            return None;
        }
        let mut bound = if high { self.latest() } else { *self };
        if self.kind == MomentKind::DateTime && precision >= Precision::Hour && self.offset_minutes.is_none()
        {
            bound.offset_minutes = Some(if high { FURTHEST_BEHIND } else { FURTHEST_AHEAD });
        }
        if precision < Precision::Hour {
            bound.offset_minutes = None;
        }
        bound.precision = precision;
        bound.fraction_digits = fraction_digits;
        Some(bound)
    }

    /// With the last of everything that was not written.
    fn latest(&self) -> Self {
        let [year, mut month, mut day, mut hour, mut minute, mut second] = self.parts;
        if self.kind != MomentKind::Time {
            month = if self.precision < Precision::Month { 12 } else { month };
            day = if self.precision < Precision::Day { calendar::days_in_month(year, month) } else { day };
        }
        hour = if self.precision < Precision::Hour { 23 } else { hour };
        minute = if self.precision < Precision::Minute { 59 } else { minute };
        second = if self.precision < Precision::Second { 59 } else { second };
        let nanoseconds = if self.fraction_digits == 0 { 999_000_000 } else { self.nanoseconds };
        Self { parts: [year, month, day, hour, minute, second], nanoseconds, ..*self }
    }
}
