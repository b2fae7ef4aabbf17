//! How long things took, as a histogram whose classes grow by a quarter of an octave.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Classes for each doubling.
const PER_OCTAVE: f64 = 4.0;

/// The class of what came before it happened, as far as its time is right.
const AHEAD: i16 = -1;

/// How many resources took how long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delays(BTreeMap<i16, u64>);

/// A quantile, and how far chance may move it, both in doublings of a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantile {
    pub(crate) octaves: f64,
    pub(crate) error: f64,
}

impl Delays {
    /// Counts a delay.
    pub(super) fn add(&mut self, milliseconds: i64) {
        *self.0.entry(class(milliseconds)).or_default() += 1;
    }

    /// Adds another's.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (class, more) in &other.0 {
            *self.0.entry(*class).or_default() += more;
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// How many came before their time.
    #[must_use]
    pub fn ahead(&self) -> u64 {
        self.0.get(&AHEAD).copied().unwrap_or_default()
    }

    /// The delay in seconds that a `share` of all did not exceed; `None` if there are none.
    #[must_use]
    pub fn seconds_at(&self, share: f64) -> Option<f64> {
        self.at(share).map(seconds)
    }

    /// The delay at `share` of all, in doublings of a second.
    fn at(&self, share: f64) -> Option<f64> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let rank = share.clamp(0.0, 1.0) * total as f64;
        let mut below = 0.0;
        for (class, count) in &self.0 {
            let here = *count as f64;
            if below + here >= rank {
                return Some((f64::from(*class) + (rank - below) / here) / PER_OCTAVE);
            }
            below += here;
        }
        self.0.keys().next_back().map(|class| f64::from(class + 1) / PER_OCTAVE)
    }

    /// A quantile with its standard error, which is that of the ranks around it and knows of no distribution.
    pub(crate) fn quantile(&self, share: f64) -> Option<Quantile> {
        let spread = (share * (1.0 - share) / self.count() as f64).sqrt();
        let (low, high) = (self.at(share - spread)?, self.at(share + spread)?);
        // Within a class nothing is known.
        let error = f64::midpoint(high, -low).max(0.25 / PER_OCTAVE);
        Some(Quantile { octaves: self.at(share)?, error })
    }
}

/// Doublings of a second as seconds.
pub(crate) fn seconds(octaves: f64) -> f64 {
    (octaves.exp2() - 1.0).max(0.0)
}

fn class(milliseconds: i64) -> i16 {
    if milliseconds < 0 {
        return AHEAD;
    }
    let class = (milliseconds as f64 / 1000.0 + 1.0).log2() * PER_OCTAVE;
    // 400 classes are a hundred doublings: more than time itself.
    class.min(400.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_right_within_its_class() {
        let mut delays = Delays::default();
        for minutes in 0..1000 {
            delays.add(minutes * 60_000);
        }
        let median = delays.seconds_at(0.5).unwrap();
        assert!((25_000.0..36_000.0).contains(&median), "{median}");
        let quantile = delays.quantile(0.5).unwrap();
        assert!((0.05..0.15).contains(&quantile.error), "{quantile:?}");
    }

    #[test]
    fn what_comes_before_its_time_is_counted_apart() {
        let mut delays = Delays::default();
        delays.add(-5);
        delays.add(0);
        assert_eq!((delays.count(), delays.ahead()), (2, 1));
        assert_eq!(Delays::default().seconds_at(0.5), None);
    }
}
