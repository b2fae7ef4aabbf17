//! What an actor did on each of its last days: when, and how much.

use super::{
    alert::Mark,
    condition::{HISTORY_DAYS, Unfamiliar, UnusualHour, UnusualVolume},
    period::{DAY_MS, HOUR_MS},
};
use serde::{Deserialize, Serialize};

/// Days that are kept beyond the history, for what comes late around midnight.
const LATE_DAYS: i64 = 2;

/// The most things that an actor is known to do; of more, those seen least recently are forgotten.
const MOST_KNOWN: usize = 64;

/// Something for each day on which there was an event, the oldest first. Days are counted from 1970, in UTC.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Days<T>(Vec<(i64, T)>);

/// At which hours of which days, a bit for each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hours(Days<u32>);

/// How much on which days, and the first record of the newest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Volume {
    days: Days<u64>,
    first: Option<Mark>,
}

/// What an actor does, and since when nothing else.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    days: Days<()>,
    /// Each with the last day of it.
    things: Vec<(Box<str>, i64)>,
}

/// A day with too much.
pub(super) struct TooMuch {
    pub(super) count: u64,
    pub(super) usual: u64,
    pub(super) first: Mark,
}

pub(super) const fn day_of(time: i64) -> i64 {
    time.div_euclid(DAY_MS)
}

impl<T: Default> Days<T> {
    pub(super) const fn bytes(&self) -> usize {
        self.0.len() * (8 + size_of::<T>())
    }

    /// What there is for a day. One that is longer ago than anything is kept shows that a clock was wrong, and begins
    /// the history anew.
    pub(super) fn on(&mut self, day: i64) -> &mut T {
        const KEPT_DAYS: i64 = HISTORY_DAYS + LATE_DAYS;
        if self.0.last().is_some_and(|(newest, _)| day < newest - KEPT_DAYS) {
            self.0.clear();
        }
        let mut at = self.0.partition_point(|(kept, _)| *kept < day);
        if self.0.get(at).is_none_or(|(kept, _)| *kept != day) {
            let old = self.0.partition_point(|(kept, _)| *kept < day - KEPT_DAYS);
            self.0.drain(..old);
            at -= old;
            self.0.insert(at, (day, T::default()));
        }
        // There is one for this day now: it was there, or was put there.
        &mut self.0[at].1
    }

    /// What there is for the 28 days before one.
    pub(super) fn before(&self, day: i64) -> impl Iterator<Item = &T> + Clone {
        let within = move |kept: &i64| (day - HISTORY_DAYS..day).contains(kept);
        self.0.iter().filter(move |(kept, _)| within(kept)).map(|(_, value)| value)
    }

    pub(super) fn newest(&self) -> Option<i64> {
        self.0.last().map(|(day, _)| *day)
    }
}

/// Whether an actor with so many active days is known well enough to be judged.
pub(super) fn is_known<T>(days: impl Iterator<Item = T>, after_days: u32) -> bool {
    days.count() as u64 >= u64::from(after_days)
}

impl Hours {
    pub(super) const fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// Notes an event; whether it is at an hour at which there was none in the 28 days before, nor in the hours
    /// beside it. An hour's tolerance keeps the rule silent when summer time begins and ends.
    pub(super) fn is_unusual(&mut self, time: i64, rule: &UnusualHour) -> bool {
        const HOURS: u32 = 24;
        let day = day_of(time);
        let hour = u32::try_from(time.rem_euclid(DAY_MS) / HOUR_MS).unwrap_or_default();
        *self.0.on(day) |= 1 << hour;
        let near =
            [hour + HOURS - 1, hour, hour + 1].into_iter().fold(0, |bits, hour| bits | 1 << (hour % HOURS));
        let before = self.0.before(day);
        is_known(before.clone(), rule.after_days) && before.fold(0, |all, hours| all | hours) & near == 0
    }
}

impl Volume {
    pub(super) const fn bytes(&self) -> usize {
        self.days.bytes() + Mark::BYTES
    }

    /// Adds an event's amount to its day, and says whether that day has too much now.
    ///
    /// It is measured against the second busiest of the 28 days before. Those who send in bulk once a week have four
    /// such days, so theirs is one of them and they are not told of every week, as the mean or the median would; and
    /// one day that was out of line (a first load, or what was told of before) is the busiest and counts for nothing,
    /// where measuring against it would keep the rule silent for four weeks.
    pub(super) fn add(&mut self, mark: &Mark, amount: u64, rule: &UnusualVolume) -> Option<TooMuch> {
        let day = day_of(mark.time);
        let newest = self.days.newest().is_none_or(|newest| day > newest);
        let sum = self.days.on(day);
        *sum = sum.saturating_add(amount);
        let sum = *sum;
        if newest || (self.days.newest() == Some(day) && self.first.as_ref().is_none_or(|first| mark < first))
        {
            self.first = Some(mark.clone());
        }
        if sum <= rule.floor || !is_known(self.days.before(day), rule.after_days) {
            return None;
        }
        let usual = second_largest(self.days.before(day).copied());
        let first = self.first.clone().filter(|first| day_of(first.time) == day);
        // Sums are far below 2^53, or so large that the last digits do not matter.
        (sum as f64 > usual as f64 * rule.factor).then(|| TooMuch {
            count: sum,
            usual,
            first: first.unwrap_or_else(|| mark.clone()),
        })
    }
}

/// The second largest of some numbers; 0 if there are fewer than two.
pub(super) fn second_largest<T: Ord + Default + Copy>(numbers: impl Iterator<Item = T>) -> T {
    let largest = |(first, second): (T, T), number: T| {
        if number > first { (number, first) } else { (first, second.max(number)) }
    };
    numbers.fold((T::default(), T::default()), largest).1
}

impl Known {
    pub(super) fn bytes(&self) -> usize {
        self.days.bytes() + self.things.iter().map(|(thing, _)| thing.len() + 24).sum::<usize>()
    }

    /// Notes that the actor was active.
    pub(super) fn was_active(&mut self, time: i64) {
        self.days.on(day_of(time));
    }

    /// Notes what an actor did; whether it is known and had not done that in the 28 days before.
    pub(super) fn is_unfamiliar(&mut self, thing: &str, time: i64, rule: &Unfamiliar) -> bool {
        let day = day_of(time);
        let seen = self.things.iter_mut().find(|(known, _)| **known == *thing);
        let familiar = match seen {
            Some((_, last)) => {
                // What was last seen on a later day was so by a clock that was wrong, or this comes late.
                let since = day - *last;
                *last = if since < -LATE_DAYS { day } else { day.max(*last) };
                (-LATE_DAYS..=HISTORY_DAYS).contains(&since)
            }
            None => {
                if self.things.len() >= MOST_KNOWN {
                    let oldest = self.things.iter().enumerate().min_by_key(|(_, (_, last))| *last);
                    let oldest = oldest.map_or(0, |(at, _)| at);
                    self.things.remove(oldest);
                }
                self.things.push((thing.into(), day));
                false
            }
        };
        !familiar && is_known(self.days.before(day), rule.after_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_kept_in_order_and_for_four_weeks() {
        let mut days = Days::<u64>::default();
        for day in [5, 3, 4, 3, 40] {
            *days.on(day) += 1;
        }
        assert_eq!(days.0, [(40, 1)]);
        *days.on(12) += 7;
        assert_eq!(days.before(40).copied().collect::<Vec<_>>(), [7]);
        assert_eq!(days.before(41).copied().collect::<Vec<_>>(), [1]);
        *days.on(9) += 1;
        assert_eq!(days.0, [(9, 1)], "a clock was wrong");
    }

    #[test]
    fn the_second_largest_may_be_as_large_as_the_largest() {
        for (numbers, second) in [(&[3, 9, 5][..], 5), (&[9, 9, 1], 9), (&[4], 0), (&[], 0), (&[1, 2], 1)] {
            assert_eq!(second_largest(numbers.iter().copied()), second);
        }
    }
}
