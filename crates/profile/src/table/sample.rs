//! Some rows, chosen by chance and the same on every run: those whose hashed numbers are smallest.

use super::distinct::mix;
use std::collections::BTreeMap;

/// How many rows.
const ROWS: usize = 10;

pub(super) type Row = BTreeMap<String, Option<String>>;

#[derive(Debug)]
pub(super) struct Sample {
    seed: u64,
    rows: BTreeMap<u64, Row>,
}

impl Sample {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, rows: BTreeMap::new() }
    }

    /// Where the row of a number goes, if it is chosen as yet.
    pub(super) fn place_of(&self, number: u64) -> Option<u64> {
        let place = mix(self.seed ^ mix(number));
        let last = self.rows.keys().next_back();
        let chosen = self.rows.len() < ROWS || last.is_some_and(|last| place < *last);
        chosen.then_some(place)
    }

    pub(super) fn put(&mut self, place: u64, row: Row) {
        if !row.is_empty() {
            self.rows.insert(place, row);
            while self.rows.len() > ROWS {
                self.rows.pop_last();
            }
        }
    }

    /// Of rows of the same number, as two parts with one seed have them, one stays.
    pub(super) fn merge(&mut self, other: Self) {
        for (place, row) in other.rows {
            self.put(place, row);
        }
    }

    pub(super) fn rows(self) -> Vec<Row> {
        self.rows.into_values().collect()
    }
}
