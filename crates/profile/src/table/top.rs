//! The most frequent values in bounded memory (Misra and Gries 1982): a count is never too high.

use std::collections::HashMap;

/// The most values that are kept at once.
const MOST: usize = 1000;

/// The longest text that can be a code.
const LONGEST_CODE: usize = 64;

#[derive(Clone, Debug, Default)]
pub(super) struct Top(HashMap<Box<str>, u64>);

impl Top {
    pub(super) fn add(&mut self, value: &str) {
        if value.len() > LONGEST_CODE {
            return;
        }
        if let Some(count) = self.0.get_mut(value) {
            *count += 1;
        } else if self.0.len() < MOST {
            self.0.insert(value.into(), 1);
        } else {
            self.take(1);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (value, count) in other.0 {
            *self.0.entry(value).or_default() += count;
        }
        if self.0.len() > MOST {
            let mut counts: Vec<u64> = self.0.values().copied().collect();
            counts.sort_unstable_by(|a, b| b.cmp(a));
            self.take(counts.get(MOST).copied().unwrap_or_default());
        }
    }

    /// Takes as much from every value, and drops those of which nothing is left.
    fn take(&mut self, amount: u64) {
        self.0.retain(|_, count| {
            *count = count.saturating_sub(amount);
            *count > 0
        });
    }

    /// The `most` most frequent values that have `fewest` rows at least.
    pub(super) fn told(self, most: usize, fewest: u64) -> Vec<(String, u64)> {
        let enough = self.0.into_iter().filter(|(_, count)| *count >= fewest);
        let mut told: Vec<(String, u64)> = enough.map(|(value, count)| (value.into(), count)).collect();
        told.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        told.truncate(most);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_frequent_is_found_among_many() {
        let (mut one, mut other) = (Top::default(), Top::default());
        for number in 0..20_000_u32 {
            let half = if number % 2 == 0 { &mut one } else { &mut other };
            half.add(&if number % 5 == 0 { "often".to_owned() } else { format!("code-{number}") });
        }
        one.merge(other);
        assert!(one.0.len() <= MOST);
        let told = one.told(20, 5);
        assert_eq!((told.len(), told[0].0.as_str()), (1, "often"), "{told:?}");
        assert!((3900..=4000).contains(&told[0].1), "{told:?}");
    }
}
