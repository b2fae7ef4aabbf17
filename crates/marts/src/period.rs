//! Periods: spans of the calendar that a model's rows are made for, one at a time.

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Tz;
use model::Timestamp;

/// The zone whose midnights periods begin at, where a mart names none.
pub(crate) const USUAL_ZONE: &str = "Europe/London";

/// A length of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the first of a month to that of the next.
    Month,
    /// From the first of January to that of the next year.
    Year,
}

/// One period: from its first moment up to, and not with, the first one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
    /// The day on which it begins, in the zone that it was reckoned in.
    pub first_day: NaiveDate,
    /// The first day after it.
    pub next_day: NaiveDate,
}

impl Period {
    /// What goes by this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month, Self::Year].into_iter().find(|each| each.as_str() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The day on which the period begins that `day` is in.
    fn first_day(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
            Self::Month => day.with_day(1),
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        }
    }

    fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => first.succ_opt(),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Year => first.checked_add_months(Months::new(12)),
        }
    }

    fn before(self, first: NaiveDate) -> Option<NaiveDate> {
        self.first_day(first.pred_opt()?)
    }

    fn span(self, zone: Tz, first: NaiveDate) -> Option<Span> {
        let next = self.next(first)?;
        Some(Span {
            start: midnight(zone, first)?,
            end: midnight(zone, next)?,
            first_day: first,
            next_day: next,
        })
    }

    /// The newest period that was over at `at`, by the midnights of `zone`, an IANA name; `None` beyond the calendar.
    #[must_use]
    pub fn newest(self, zone: &str, at: Timestamp) -> Option<Span> {
        let zone: Tz = zone.parse().ok()?;
        let first = self.first_day(day(zone, at)?)?;
        self.span(zone, self.before(first)?)
    }

    /// The periods that lie in `from` to `until`, in part or whole, and were over at `at`; in order.
    #[must_use]
    pub fn spans(self, zone: &str, (from, until): (Timestamp, Timestamp), at: Timestamp) -> Vec<Span> {
        let Ok(zone) = zone.parse::<Tz>() else { return Vec::new() };
        let first = day(zone, from).and_then(|day| self.first_day(day));
        let days = std::iter::successors(first, |first| self.next(*first));
        let spans = days.map_while(|first| self.span(zone, first));
        spans.take_while(|span| span.start < until && span.end <= at).collect()
    }

    /// The first moment of the period `count` periods before that which begins with `span`.
    #[must_use]
    pub fn back(self, zone: &str, span: &Span, count: u32) -> Option<Timestamp> {
        let zone: Tz = zone.parse().ok()?;
        let mut first = span.first_day;
        for _ in 0..count {
            first = self.before(first)?;
        }
        midnight(zone, first)
    }
}

fn day(zone: Tz, at: Timestamp) -> Option<NaiveDate> {
    Some(zone.timestamp_millis_opt(at.0).single()?.date_naive())
}

/// The first moment of a day in `zone`, an IANA name; `None` beyond the calendar.
#[must_use]
pub fn day_begins(zone: &str, day: NaiveDate) -> Option<Timestamp> {
    midnight(zone.parse().ok()?, day)
}

/// The first moment of a day.
fn midnight(zone: Tz, day: NaiveDate) -> Option<Timestamp> {
    let local = day.and_hms_opt(0, 0, 0)?;
    // Where the clocks go forward at midnight, the day begins later.
    let later = || zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
    let moment = zone.from_local_datetime(&local).earliest().or_else(later)?;
    Some(Timestamp(moment.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    #[test]
    fn the_newest_period_is_the_last_one_that_is_over() {
        let newest = |period: Period, now: &str| {
            let span = period.newest(USUAL_ZONE, at(now)).unwrap();
            format!("{} {}", span.start, span.end)
        };
        // Until October the lake's clocks are an hour before UTC.
        assert_eq!(
            newest(Period::Day, "2026-10-25T23:30:00Z"),
            "2026-10-23T23:00:00.000Z 2026-10-24T23:00:00.000Z"
        );
        assert_eq!(
            newest(Period::Day, "2026-10-26T00:00:00Z"),
            "2026-10-24T23:00:00.000Z 2026-10-26T00:00:00.000Z"
        );
        assert_eq!(
            newest(Period::Week, "2026-11-27T07:00:00Z"),
            "2026-11-16T00:00:00.000Z 2026-11-23T00:00:00.000Z"
        );
        assert_eq!(
            newest(Period::Month, "2026-03-01T00:00:00Z"),
            "2026-02-01T00:00:00.000Z 2026-03-01T00:00:00.000Z"
        );
        assert_eq!(
            newest(Period::Year, "2026-12-31T23:59:59Z"),
            "2025-01-01T00:00:00.000Z 2026-01-01T00:00:00.000Z"
        );
    }

    #[test]
    fn a_span_is_cut_into_the_periods_that_are_over() {
        let all = (at("2026-01-15T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        let spans = Period::Month.spans("UTC", all, at("2026-04-01T00:00:00Z"));
        let days: Vec<_> = spans.iter().map(|span| span.first_day.to_string()).collect();
        assert_eq!(days, ["2026-01-01", "2026-02-01", "2026-03-01"]);
        let back = Period::Month.back("UTC", &spans[0], 2).unwrap();
        assert_eq!(back, at("2025-11-01T00:00:00Z"));
        assert!(Period::Day.spans("Nowhere", all, all.1).is_empty());
    }
}
