//! How numbers lie, in equally wide classes whose width doubles as the range grows: the classes of two histograms are
//! always parts of each other, so that merging loses nothing.

use std::collections::BTreeMap;

/// The most classes.
const MOST: i128 = 32;

/// Counts by class. A class `c` is the numbers from `c * 2^width` on, below the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    width: i32,
    classes: BTreeMap<i128, u64>,
}

impl Histogram {
    pub(super) const fn with_width(width: i32) -> Self {
        Self { width, classes: BTreeMap::new() }
    }

    /// Counts a whole number.
    pub(super) fn add_whole(&mut self, value: i128) {
        let class = value >> self.width.clamp(0, 126);
        *self.classes.entry(class).or_default() += 1;
        self.fit();
    }

    /// Counts a float; `false` if it is too far out.
    pub(super) fn add_float(&mut self, value: f64) -> bool {
        let class = (value * f64::from(-self.width).exp2()).floor();
        if !class.is_finite() || class.abs() > 1e36 {
            return false;
        }
        *self.classes.entry(class as i128).or_default() += 1;
        self.fit();
        true
    }

    pub(super) fn merge(&mut self, mut other: Self) {
        while self.width < other.width {
            self.coarsen();
        }
        while other.width < self.width {
            other.coarsen();
        }
        for (class, count) in other.classes {
            *self.classes.entry(class).or_default() += count;
        }
        self.fit();
    }

    /// The width as an exponent of two, and every class from the first to the last with how many it has.
    pub(super) fn classes(&self) -> (i32, Vec<(i128, u64)>) {
        let (Some(first), Some(last)) = (self.classes.keys().next(), self.classes.keys().next_back()) else {
            return (self.width, Vec::new());
        };
        let classes = (*first..=*last).map(|class| (class, self.classes.get(&class).copied().unwrap_or(0)));
        (self.width, classes.collect())
    }

    fn fit(&mut self) {
        while let (Some(first), Some(last)) = (self.classes.keys().next(), self.classes.keys().next_back())
            && last.saturating_sub(*first) >= MOST
        {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.width += 1;
        for (class, count) in std::mem::take(&mut self.classes) {
            *self.classes.entry(class >> 1).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_merge_to_the_whole() {
        let (mut one, mut other, mut whole) =
            (Histogram::default(), Histogram::default(), Histogram::default());
        for value in 0..1000_i128 {
            let number = value * value - 5000;
            if value % 3 == 0 { &mut one } else { &mut other }.add_whole(number);
            whole.add_whole(number);
        }
        one.merge(other);
        assert_eq!(one.classes(), whole.classes());
        let (width, classes) = whole.classes();
        assert_eq!(width, 15);
        assert!(classes.len() <= 32 && classes.iter().map(|(_, count)| count).sum::<u64>() == 1000);
    }

    #[test]
    fn the_ends_of_the_numbers_are_numbers() {
        let mut histogram = Histogram::default();
        histogram.add_whole(i128::MIN);
        histogram.add_whole(i128::MAX);
        histogram.add_whole(0);
        assert_eq!(histogram.classes().1.iter().map(|(_, count)| count).sum::<u64>(), 3);
        let mut floats = Histogram::with_width(-40);
        assert!(floats.add_float(0.1) && floats.add_float(-1e12) && !floats.add_float(f64::NAN));
    }
}
