//! Which of two moments is earlier, where their precisions can tell (FHIRPath §6.1, §6.2).

use super::{Moment, MomentKind, Precision, calendar};
use std::cmp::Ordering;

impl Moment {
    /// How the two stand in time: `Err` when they cannot be compared at all (a time and a date), `Ok(None)`
    /// when their precisions or a missing zone leave it open.
    ///
    /// # Errors
    /// One of them is a time, and the other is not.
    pub fn compare(&self, other: &Self) -> Result<Option<Ordering>, Incomparable> {
        if (self.kind == MomentKind::Time) != (other.kind == MomentKind::Time) {
            return Err(Incomparable);
        }
        let (mut left, mut right) = (*self, *other);
        match (self.offset_minutes, other.offset_minutes) {
            (Some(_), Some(_)) => (left, right) = (self.in_utc(), other.in_utc()),
            (None, None) => {}
            // A zone that is not known leaves the time of day open, but not the day before a date.
            _ if self.precision >= Precision::Hour && other.precision >= Precision::Hour => return Ok(None),
            _ => {}
        }
        Ok(left.compare_parts(&right))
    }

    fn compare_parts(&self, other: &Self) -> Option<Ordering> {
        let shared = self.precision.min(other.precision) as usize;
        let parts = self.parts.iter().zip(&other.parts).take(shared);
        let order = parts.map(|(left, right)| left.cmp(right)).find(|order| order.is_ne());
        match order {
            Some(order) => Some(order),
            None if self.precision != other.precision => None,
            None => Some(self.nanoseconds.cmp(&other.nanoseconds)),
        }
    }

    /// The same moment in UTC, if it has a zone.
    fn in_utc(&self) -> Self {
        let Some(offset) = self.offset_minutes else { return *self };
        let [year, month, day, ..] = self.parts;
        let shifted = self.nanoseconds_of_day() - i128::from(offset) * 60_000_000_000;
        let days = i64::try_from(shifted.div_euclid(DAY)).unwrap_or_default();
        let mut moved = *self;
        // Before year 1 and after 9999 the calendar ends; there the moment stays as it stands.
        if let Some((year, month, day)) = calendar::date_of(calendar::days_of(year, month, day) + days) {
            let [_, _, _, hour, minute, second] = moved.parts;
            moved.parts = [year, month, day, hour, minute, second];
            moved.set_nanoseconds_of_day(shifted.rem_euclid(DAY));
            moved.offset_minutes = Some(0);
        }
        moved
    }
}

const DAY: i128 = 86_400_000_000_000;

/// A time and a date have no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time and a date have no order")]
pub struct Incomparable;
