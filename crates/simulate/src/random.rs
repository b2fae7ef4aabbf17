//! Chance, from a seed and a stream number: the same on every machine.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A source of choices that depends on a seed and a stream, and on nothing else.
#[derive(Debug)]
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    /// The stream `stream` of the seed `seed`. Streams are independent of each other.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// A whole number from 0 to `n - 1`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        // The high half of a 32 by 32 bit product is at most n - 1.
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u32::try_from((high - low).max(0)).unwrap_or(u32::MAX - 1) + 1;
        low + i64::from(self.below(width))
    }

    /// True `permille` times in a thousand.
    pub(crate) fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < permille
    }

    /// One of `choices`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let last = u32::try_from(choices.len()).unwrap_or(u32::MAX);
        &choices[self.below(last) as usize]
    }

    /// A value about `mean`, bell-shaped, at most `spread` away.
    pub(crate) fn about(&mut self, mean: i64, spread: i64) -> i64 {
        let third = |random: &mut Self| random.between(-spread, spread);
        mean + (third(self) + third(self) + third(self)) / 3
    }
}

/// Scatters `value` under `key` so that no two values below 2^32 meet (a bijection on 32 bits).
pub(crate) fn scatter(key: u64, value: u32) -> u32 {
    let (low, high) = (key as u32, (key >> 32) as u32);
    let mut mixed = value ^ low;
    for round in [0x9e37_79b1_u32, 0x85eb_ca77, 0xc2b2_ae3d] {
        mixed = mixed.wrapping_mul(round).rotate_left(13) ^ high;
        mixed ^= mixed >> 16;
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_and_stream_make_one_sequence() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            (0..20).map(|_| random.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn scattered_values_never_meet() {
        let mut seen: Vec<u32> = (0..200_000).map(|value| scatter(42, value)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 200_000);
    }

    #[test]
    fn bounds_are_kept() {
        let mut random = Random::new(7, 0);
        for _ in 0..2000 {
            assert!((3..=5).contains(&random.between(3, 5)));
            assert!((90..=110).contains(&random.about(100, 10)));
        }
    }
}
