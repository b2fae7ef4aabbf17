//! Moments, and how a British system writes them. No clock: all time here is made up.

/// Seconds in a minute.
pub(crate) const MINUTE: i64 = 60;
/// Seconds in an hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// Seconds in a day.
pub(crate) const DAY: i64 = 24 * HOUR;
/// Seconds in a year, near enough for ages.
pub(crate) const YEAR: i64 = 365 * DAY + 6 * HOUR;

/// The first day on which any record is made: 1 July 2021.
pub(crate) const START: Moment = Moment(18_809 * DAY);
/// The end of the simulated time: 1 July 2026.
pub(crate) const END: Moment = Moment(20_635 * DAY);

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) i64);

impl Moment {
    /// This moment and `seconds` more.
    pub(crate) const fn plus(self, seconds: i64) -> Self {
        Self(self.0 + seconds)
    }

    /// As a FHIR `date`: the day in Britain.
    pub(crate) fn date(self) -> String {
        let (year, month, day) = civil(self.plus(summer_time(self)).0.div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// As a FHIR `dateTime` or `instant` with the offset in force in Britain.
    pub(crate) fn date_time(self) -> String {
        let offset = summer_time(self);
        let local = self.0 + offset;
        let (year, month, day) = civil(local.div_euclid(DAY));
        let second = local.rem_euclid(DAY);
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}+{:02}:00",
            second / HOUR,
            second % HOUR / MINUTE,
            second % MINUTE,
            offset / HOUR
        )
    }
}

/// The calendar date of a day number (days since 1970-01-01).
fn civil(day_number: i64) -> (i64, i64, i64) {
    let shifted = day_number + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day number of 31 March (`month` 3) or 31 October (`month` 10).
fn last_of(year: i64, month: i64) -> i64 {
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (month - 3) + 2) / 5 + 30;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

/// Seconds that British clocks are ahead: from the last Sunday of March to that of October, since 1972.
fn summer_time(moment: Moment) -> i64 {
    let (year, ..) = civil(moment.0.div_euclid(DAY));
    let turns = |month| {
        let last = last_of(year, month);
        (last - (last + 4).rem_euclid(7)) * DAY + HOUR
    };
    if (turns(3)..turns(10)).contains(&moment.0) { HOUR } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_british_time() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00+00:00"),
            (1_709_164_800, "2024-02-29T00:00:00+00:00"),
            (1_711_846_799, "2024-03-31T00:59:59+00:00"),
            (1_711_846_800, "2024-03-31T02:00:00+01:00"),
            (1_729_990_799, "2024-10-27T01:59:59+01:00"),
            (1_729_990_800, "2024-10-27T01:00:00+00:00"),
        ] {
            assert_eq!(Moment(seconds).date_time(), text);
        }
        assert_eq!(Moment(-1_000_000_000).date(), "1938-04-24");
        assert_eq!((START.date(), END.date()), ("2021-07-01".into(), "2026-07-01".into()));
    }
}
