//! About how many different values there are (HyperLogLog; Flajolet and others 2007), in 4 KiB whatever their number.

/// Bits of a hash that choose a register.
const BITS: u32 = 12;
const REGISTERS: usize = 1 << BITS;

/// The longest run of zeros that hashes of each register have begun with.
#[derive(Clone)]
pub(super) struct Distinct(Box<[u8; REGISTERS]>);

impl Default for Distinct {
    fn default() -> Self {
        Self(Box::new([0; REGISTERS]))
    }
}

impl std::fmt::Debug for Distinct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Distinct").field(&self.estimate()).finish()
    }
}

impl Distinct {
    #[inline]
    pub(super) fn add(&mut self, value: &[u8]) {
        let hash = hash(value);
        let rank = u8::try_from((hash << BITS | 1 << (BITS - 1)).leading_zeros() + 1).unwrap_or(u8::MAX);
        if let Some(register) = self.0.get_mut((hash >> (64 - BITS)) as usize) {
            *register = (*register).max(rank);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0.iter()) {
            *mine = (*mine).max(*theirs);
        }
    }

    pub(super) fn estimate(&self) -> u64 {
        let count = REGISTERS as f64;
        let sum: f64 = self.0.iter().map(|rank| (-f64::from(*rank)).exp2()).sum();
        let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
        let empty = self.0.iter().filter(|rank| **rank == 0).count();
        // Few values are better told by the registers that have none (linear counting).
        let better = if raw <= 2.5 * count && empty > 0 { count * (count / empty as f64).ln() } else { raw };
        better.round() as u64
    }
}

/// The same on every machine and in every version, so that what was counted apart can be merged.
pub(super) fn hash(value: &[u8]) -> u64 {
    let (words, rest) = value.as_chunks::<8>();
    let mut mixed = mix(value.len() as u64 ^ 0x9e37_79b9_7f4a_7c15);
    for word in words {
        mixed = mix(mixed ^ u64::from_le_bytes(*word));
    }
    let last = rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte));
    mix(mixed ^ last)
}

/// The finaliser of splitmix64: every bit of the result depends on every bit given.
pub(super) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_near_whatever_the_number() {
        for count in [0_u64, 1, 10, 1000, 20_000, 300_000] {
            let (mut one, mut other) = (Distinct::default(), Distinct::default());
            for value in 0..count {
                let half = if value % 2 == 0 { &mut one } else { &mut other };
                half.add(format!("value-{value}").as_bytes());
                half.add(format!("value-{value}").as_bytes());
            }
            one.merge(&other);
            let error = (one.estimate() as f64 - count as f64).abs() / (count as f64).max(1.0);
            assert!(error < 0.05, "{count}: {}", one.estimate());
        }
    }
}
