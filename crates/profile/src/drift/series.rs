//! What the days before lead to expect of a day, and how likely what came is by chance.

use super::student;
use std::f64::consts::FRAC_PI_2;

/// Fewer days than this say nothing of what is usual.
const FEWEST_DAYS: usize = 5;

/// The fewest days of a group that stand for a day of it.
const FEWEST_ALIKE: usize = 3;

/// What was measured on a day, on a scale on which chance moves all values alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) day: i64,
    pub(super) value: f64,
    /// How far sampling alone moves it, as a variance.
    pub(super) variance: f64,
}

/// Which days a day is held against, if there are enough of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alike {
    /// The same days of the week where that is better; if these are too few, as `Week`.
    Weekday,
    /// Working days with working days, weekends with weekends.
    Week,
}

/// What was to be expected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) expected: f64,
    /// How likely a value so far away is.
    pub(super) p: f64,
    /// How much more values vary than sampling explains.
    pub(super) dispersion: f64,
}

/// Judges `now` by `before`. The expected value is the median of days alike; how far values stray is what the days
/// before did from the medians of *their* days alike, each left out of its own, so that days and median have the error
/// of a forecast. What lies farther out than three times the usual counts as three times, so that one bad day neither
/// moves the median nor hides the next. `None` if there are too few days.
///
/// Weekdays are told apart where that has forecast the days before better: most feeds know working days and weekends
/// only, and the median of many days strays less than that of four.
pub(super) fn judge(before: &[Point], now: &Point, alike: Alike) -> Option<Judged> {
    if before.len() < FEWEST_DAYS {
        return None;
    }
    let week = Errors::of(before, Alike::Week)?;
    let (alike, errors) = match alike {
        Alike::Weekday => {
            let weekday = Errors::of(before, Alike::Weekday)?;
            if weekday.size < week.size { (Alike::Weekday, weekday) } else { (Alike::Week, week) }
        }
        Alike::Week => (Alike::Week, week),
    };
    let (expected, variance) = forecast(before.iter(), now, alike)?;
    let spread = (errors.dispersion * variance).max(variance + errors.own).sqrt();
    let p = student::two_sided((now.value - expected) / spread, before.len() as f64 - 1.0);
    Some(Judged { expected, p, dispersion: errors.dispersion })
}

/// How well days are forecast by days alike.
struct Errors {
    /// Their mean size.
    size: f64,
    /// Two ways in which days differ by more than sampling: each sample strays more, as patients' resources come
    /// together, by this factor of the variance…
    dispersion: f64,
    /// … or each day has something of its own, however large the sample. The worse of the two counts.
    own: f64,
}

impl Errors {
    fn of(days: &[Point], alike: Alike) -> Option<Self> {
        let mut errors = Vec::with_capacity(days.len());
        for (at, day) in days.iter().enumerate() {
            let others = days.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
            let (expected, variance) = forecast(others, day, alike)?;
            errors.push((day.value - expected, variance));
        }
        let mut sizes: Vec<f64> =
            errors.iter().map(|(error, variance)| (error / variance.sqrt()).abs()).collect();
        let farthest = 3.0 * (1.4826 * median(&mut sizes)).max(1.0);
        let cut = errors.iter().map(|(error, variance)| {
            let spread = variance.sqrt();
            (error.clamp(-farthest * spread, farthest * spread), variance)
        });
        let count = errors.len() as f64;
        Some(Self {
            size: errors.iter().map(|(error, _)| error.abs()).sum::<f64>() / count,
            dispersion: (cut.clone().map(|(error, variance)| error * error / variance).sum::<f64>() / count)
                .max(1.0),
            own: (cut.map(|(error, variance)| error * error - variance).sum::<f64>() / count).max(0.0),
        })
    }
}

/// What the days lead to expect of the day of `point`.
pub(super) fn expected(days: &[Point], point: &Point, alike: Alike) -> Option<f64> {
    forecast(days.iter(), point, alike).map(|(expected, _)| expected)
}

/// The median of the days that are like the one of `point`, and the variance of what `point` differs from it by.
fn forecast<'p>(
    days: impl Iterator<Item = &'p Point> + Clone,
    point: &Point,
    alike: Alike,
) -> Option<(f64, f64)> {
    let same_weekday = |other: &&Point| (other.day - point.day) % 7 == 0;
    let same_week = |other: &&Point| is_weekend(other.day) == is_weekend(point.day);
    let mut chosen: Vec<&Point> = Vec::new();
    if alike == Alike::Weekday {
        chosen = days.clone().filter(same_weekday).collect();
    }
    if chosen.len() < FEWEST_ALIKE {
        chosen = days.clone().filter(same_week).collect();
    }
    if chosen.len() < FEWEST_ALIKE {
        chosen = days.collect();
    }
    if chosen.is_empty() {
        return None;
    }
    let count = chosen.len() as f64;
    let mean = chosen.iter().map(|other| other.variance).sum::<f64>() / count;
    let mut values: Vec<f64> = chosen.iter().map(|other| other.value).collect();
    // A median strays half as much again as a mean does.
    Some((median(&mut values), point.variance + FRAC_PI_2 * mean / count))
}

/// Whether a day, in days since 1970, is a Saturday or Sunday.
pub(super) const fn is_weekend(day: i64) -> bool {
    // 1 January 1970 was a Thursday.
    (day + 3).rem_euclid(7) >= 5
}

/// The middle value; 0 of none.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let (low, high) = (values.get(middle.saturating_sub(1)), values.get(middle));
    match (low, high) {
        (Some(low), Some(high)) if values.len().is_multiple_of(2) => f64::midpoint(*low, *high),
        (_, Some(high)) => *high,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: impl IntoIterator<Item = f64>) -> Vec<Point> {
        let point = |(day, value)| Point { day, value, variance: 0.01 };
        (0..).zip(values).map(point).collect()
    }

    #[test]
    fn one_bad_day_neither_moves_what_is_expected_nor_hides_the_next() {
        let mut values: Vec<f64> = (0..28).map(|day| 1.0 + f64::from(day % 3) * 0.1).collect();
        values[20] = 9.0;
        let now = Point { day: 28, value: 3.0, variance: 0.01 };
        let judged = judge(&points(values), &now, Alike::Week).unwrap();
        assert!((1.0..1.3).contains(&judged.expected) && judged.p < 1e-9, "{judged:?}");
    }

    #[test]
    fn what_days_do_of_themselves_is_no_news() {
        let values = (0..28).map(|day| f64::from(day * 7 % 11));
        let now = Point { day: 28, value: 11.0, variance: 0.01 };
        let judged = judge(&points(values), &now, Alike::Week).unwrap();
        assert!(judged.p > 0.01 && judged.dispersion > 100.0, "{judged:?}");
    }

    #[test]
    fn weekdays_are_held_against_their_like() {
        let weekly = |day: i64| if is_weekend(day) { 0.1 } else { 5.0 };
        let before = points((0..28).map(weekly));
        let now = |value| judge(&before, &Point { day: 30, value, variance: 0.01 }, Alike::Weekday).unwrap();
        assert!(is_weekend(30) && now(0.1).p > 0.5 && now(5.0).p < 1e-9);
    }

    #[test]
    fn too_few_days_say_nothing() {
        assert!(
            judge(&points([1.0; 4]), &Point { day: 9, value: 5.0, variance: 0.01 }, Alike::Week).is_none()
        );
    }
}
