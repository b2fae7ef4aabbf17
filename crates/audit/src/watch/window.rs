//! How much there was within some time.
//!
//! A window is kept as sums over sixtieths of it, so that a group takes the same room whatever the numbers are, and
//! the order in which events come does not matter. A window is therefore up to a sixtieth longer than its rule says,
//! and never shorter.

use super::{
    alert::Mark,
    engine::{LATE_MS, went_back},
};
use serde::{Deserialize, Serialize};

/// How many parts a window has.
const PARTS: i64 = 60;

/// The most parts before the newest window that late events are still counted in: three windows.
const LATE_PARTS: i64 = 3 * PARTS;

/// Sums over parts of windows, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Window(Vec<Part>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    number: i64,
    sum: u64,
    first: Mark,
}

/// A window with enough in it.
pub(super) struct Reached {
    pub(super) count: u64,
    pub(super) first: Mark,
}

impl Window {
    pub(super) const fn bytes(&self) -> usize {
        self.0.len() * (Mark::BYTES + 16)
    }

    /// Adds one event; gives the first window that it is in and that has at least `at_least`.
    pub(super) fn add(&mut self, mark: &Mark, amount: u64, window_ms: i64, at_least: u64) -> Option<Reached> {
        if self.0.last().is_some_and(|newest| went_back(mark.time, newest.first.time)) {
            self.clear();
        }
        if amount >= at_least && self.0.is_empty() {
            return Some(Reached { count: amount, first: mark.clone() });
        }
        // Rounded up; windows are a second or longer.
        let part_ms = (window_ms + PARTS - 1) / PARTS;
        let number = mark.time.div_euclid(part_ms);
        self.put(number, mark, amount);
        let reached = self.reached(number, at_least);
        if let Some(newest) = self.0.last().map(|part| part.number) {
            let kept = PARTS + (LATE_MS / part_ms).min(LATE_PARTS);
            let old = self.0.partition_point(|part| part.number < newest - kept);
            self.0.drain(..old);
        }
        reached
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn put(&mut self, number: i64, mark: &Mark, amount: u64) {
        let at = self.0.partition_point(|part| part.number < number);
        match self.0.get_mut(at) {
            Some(part) if part.number == number => {
                part.sum = part.sum.saturating_add(amount);
                if *mark < part.first {
                    part.first = mark.clone();
                }
            }
            _ => self.0.insert(at, Part { number, sum: amount, first: mark.clone() }),
        }
    }

    fn reached(&self, number: i64, at_least: u64) -> Option<Reached> {
        let total = self.0.iter().fold(0_u64, |sum, part| sum.saturating_add(part.sum));
        if total < at_least {
            return None;
        }
        // Every window that the event is in ends with one of the parts from its own on.
        let ends = self.0.iter().filter(|part| (number..=number + PARTS).contains(&part.number));
        ends.map(|end| self.0.iter().filter(|part| (end.number - PARTS..=end.number).contains(&part.number)))
            .find_map(|parts| {
                let count = parts.clone().fold(0_u64, |sum, part| sum.saturating_add(part.sum));
                let first = parts.min_by(|one, other| one.first.cmp(&other.first))?;
                (count >= at_least).then(|| Reached { count, first: first.first.clone() })
            })
    }
}
