//! Lengths of time and times of day, as rules write them.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::{fmt, str::FromStr};

pub(super) const SECOND_MS: i64 = 1_000;
pub(super) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// Units, the longest first.
const UNITS: [(char, i64); 4] = [('d', DAY_MS), ('h', HOUR_MS), ('m', MINUTE_MS), ('s', SECOND_MS)];

/// The longest that a rule looks back.
const LONGEST_MS: i64 = 28 * DAY_MS;

/// A length of time from one second to 28 days, such as `10s`, `5m`, `2h` or `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(super) struct Period {
    pub(super) ms: i64,
}

/// An hour and a minute of a day in UTC, such as `09:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeOfDay {
    pub(super) ms: i64,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no length of time: write a number and s, m, h or d, such as \"10m\", of at most 28d")]
pub(super) struct NotAPeriod(String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no time of day: write hours and minutes in UTC, such as \"09:30\"")]
pub(super) struct NotATime(String);

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let read = || {
            let unit = text.chars().last()?;
            let (_, unit_ms) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
            let number = text.strip_suffix(unit)?;
            let digits = (1..=7).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
            let ms = digits.then(|| number.parse::<i64>().ok()).flatten()?.checked_mul(unit_ms)?;
            (SECOND_MS..=LONGEST_MS).contains(&ms).then_some(Self { ms })
        };
        read().ok_or_else(|| NotAPeriod(super::tell::shown(text)))
    }
}

impl FromStr for TimeOfDay {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let read = || {
            let (hours, minutes) = text.split_once(':')?;
            let number = |text: &str, below: i64| {
                let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| text.parse::<i64>().ok()).flatten().filter(|number| *number < below)
            };
            Some(Self { ms: number(hours, 24)? * HOUR_MS + number(minutes, 60)? * MINUTE_MS })
        };
        read().ok_or_else(|| NotATime(super::tell::shown(text)))
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Period {
    /// In words, by its two largest units, such as `2 days 3 hours`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = ["day", "hour", "minute", "second"];
        let mut rest = self.ms.max(0);
        let mut written = 0;
        for ((_, unit_ms), word) in UNITS.into_iter().zip(words) {
            let number = rest / unit_ms;
            rest %= unit_ms;
            if number > 0 && written < 2 {
                let gap = if written > 0 { " " } else { "" };
                let plural = if number == 1 { "" } else { "s" };
                write!(f, "{gap}{number} {word}{plural}")?;
                written += 1;
            }
        }
        if written == 0 { f.write_str("less than a second") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_number_and_a_unit() {
        for (text, ms, words) in [
            ("10s", 10_000, "10 seconds"),
            ("1m", 60_000, "1 minute"),
            ("90m", 5_400_000, "1 hour 30 minutes"),
            ("28d", 2_419_200_000, "28 days"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.ms, period.to_string().as_str()), (ms, words));
        }
        for text in ["", "s", "0s", "29d", "-1m", "1.5h", "10", "10 m", "99999999s", "1w", "１m", "9é"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
        assert_eq!(Period { ms: DAY_MS + 61_000 }.to_string(), "1 day 1 minute");
    }

    #[test]
    fn a_time_of_day_has_hours_and_minutes() {
        assert_eq!("09:30".parse::<TimeOfDay>().unwrap().ms, 34_200_000);
        for text in ["", "9:30", "24:00", "12:60", "12:3", "+1:30", "12:30:00"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }
}
