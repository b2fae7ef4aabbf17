//! When something is due: five fields of cron, in a time zone.

use chrono::TimeZone;
use chrono_tz::Tz;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use model::Timestamp;
use std::fmt;

/// A cron expression of five fields (minute, hour, day of the month, month, day of the week; POSIX with names, steps,
/// ranges, `L` and `#`) and the IANA time zone that it speaks of.
///
/// In the hour that daylight saving leaves out, a fixed time is due when the hour is over; in the hour that comes
/// twice, it is due once.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
    text: String,
}

/// What is wrong with a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is not five fields of cron.
    #[error(
        "`{text}` is no schedule: {why}; five fields are wanted, such as `0 6 * * MON-FRI` for six o'clock on weekdays"
    )]
    Cron {
        /// What was written.
        text: String,
        /// What the parser says.
        why: String,
    },
    /// There is no such time zone.
    #[error("`{0}` is no time zone of the IANA database, such as `Europe/London`")]
    Zone(String),
    /// Its time never comes.
    #[error("`{0}` is never due")]
    Never(String),
}

impl Schedule {
    /// Reads a schedule. `zone` is an IANA name.
    ///
    /// # Errors
    /// See [`ScheduleError`].
    pub fn parse(cron: &str, zone: &str) -> Result<Self, ScheduleError> {
        let failed = |why: String| ScheduleError::Cron { text: cron.to_owned(), why };
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let parsed = parser.parse(cron).map_err(|error| failed(error.to_string()))?;
        let tz = zone.parse::<Tz>().map_err(|_| ScheduleError::Zone(zone.to_owned()))?;
        let schedule = Self { cron: parsed, zone: tz, text: cron.to_owned() };
        // 2024 began a span of four years: each date of the calendar is in it.
        match schedule.after(Timestamp(1_704_067_200_000)) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never(cron.to_owned())),
        }
    }

    /// The first time after `now` that it is due; `None` beyond the calendar's end.
    #[must_use]
    pub fn after(&self, now: Timestamp) -> Option<Timestamp> {
        let now = self.zone.timestamp_millis_opt(now.0).single()?;
        let next = self.cron.find_next_occurrence(&now, false).ok()?;
        Some(Timestamp(next.timestamp_millis()))
    }

    /// The newest time up to `now` that it was due, looking no further back than `since`.
    #[must_use]
    pub fn newest(&self, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let at = self.zone.timestamp_millis_opt(now.0).single()?;
        let newest = self.cron.find_previous_occurrence(&at, true).ok()?;
        Some(Timestamp(newest.timestamp_millis())).filter(|newest| *newest > since)
    }

    /// The five fields, as they were written.
    #[must_use]
    pub fn cron(&self) -> &str {
        &self.text
    }

    /// The time zone's IANA name.
    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.zone) == (&other.text, other.zone)
    }
}

impl Eq for Schedule {}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.text, self.zone.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Schedule, ScheduleError};
    use model::Timestamp;

    fn next(cron: &str, zone: &str, after: &str) -> String {
        let after = chrono::DateTime::parse_from_rfc3339(after).unwrap().timestamp_millis();
        Schedule::parse(cron, zone).unwrap().after(Timestamp(after)).unwrap().to_string()
    }

    #[test]
    fn a_time_of_the_day_is_the_zones() {
        assert_eq!(next("0 6 * * *", "Europe/London", "2026-06-01T00:00:00Z"), "2026-06-01T05:00:00.000Z");
        assert_eq!(next("0 6 * * *", "Europe/London", "2026-12-01T00:00:00Z"), "2026-12-01T06:00:00.000Z");
        assert_eq!(next("*/15 * * * *", "UTC", "2026-12-01T00:15:00Z"), "2026-12-01T00:30:00.000Z");
        assert_eq!(next("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z"), "2028-02-29T00:00:00.000Z");
    }

    #[test]
    fn an_hour_that_is_left_out_or_comes_twice_is_due_once() {
        // On 2026-03-29 there is no 01:30 in London.
        let first = next("30 1 * * *", "Europe/London", "2026-03-28T12:00:00Z");
        assert!(first.starts_with("2026-03-29T01:"), "{first}");
        assert_eq!(next("30 1 * * *", "Europe/London", &first), "2026-03-30T00:30:00.000Z");
        // On 2026-10-25 there are two.
        let first = next("30 1 * * *", "Europe/London", "2026-10-24T12:00:00Z");
        assert_eq!(first, "2026-10-25T00:30:00.000Z");
        assert_eq!(next("30 1 * * *", "Europe/London", &first), "2026-10-26T01:30:00.000Z");
    }

    #[test]
    fn what_is_no_schedule_says_so() {
        assert!(matches!(Schedule::parse("0 6 * *", "UTC"), Err(ScheduleError::Cron { .. })));
        assert!(matches!(Schedule::parse("0 0 6 * * *", "UTC"), Err(ScheduleError::Cron { .. })));
        assert!(matches!(Schedule::parse("61 6 * * *", "UTC"), Err(ScheduleError::Cron { .. })));
        assert_eq!(
            Schedule::parse("0 6 * * *", "Mars/Olympus"),
            Err(ScheduleError::Zone("Mars/Olympus".into()))
        );
        assert_eq!(Schedule::parse("0 0 30 2 *", "UTC"), Err(ScheduleError::Never("0 0 30 2 *".into())));
    }

    #[test]
    fn the_newest_due_time_is_found() {
        let schedule = Schedule::parse("0 * * * *", "UTC").unwrap();
        let hour = 3_600_000;
        assert_eq!(schedule.newest(Timestamp(0), Timestamp(5 * hour + 1)), Some(Timestamp(5 * hour)));
        assert_eq!(schedule.newest(Timestamp(5 * hour), Timestamp(5 * hour + 1)), None);
    }
}
