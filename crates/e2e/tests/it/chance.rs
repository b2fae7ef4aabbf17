//! Chance that can be had again: the seed is printed, and taken from `CARELAKE_E2E_SEED` when that is set.

use std::hash::{BuildHasher, RandomState};

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(what: &str) -> Self {
        let seed = std::env::var("CARELAKE_E2E_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(what));
        eprintln!("{what}: CARELAKE_E2E_SEED={seed} gives the same moments again");
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// How many processes are killed in each way: `CARELAKE_E2E_KILLS`, four by default.
pub(crate) fn kills() -> usize {
    std::env::var("CARELAKE_E2E_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}
