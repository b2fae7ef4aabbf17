//! From an element's name in JSON to the element, as fast as the check needs it.

use super::TypeId;
use std::borrow::Cow;

/// One name.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Cow<'static, str>,
    pub(super) element: u8,
    pub(super) type_id: TypeId,
}

/// A hash table with open addressing, at most half full.
#[derive(Debug, Default)]
pub(super) struct Names {
    entries: Vec<Entry>,
    /// An entry's place plus one, or zero.
    slots: Vec<u8>,
}

impl Names {
    /// A table of `entries`, of which at most 255 are kept: no type of FHIR has that many.
    pub(super) fn new(mut entries: Vec<Entry>) -> Self {
        entries.truncate(usize::from(u8::MAX));
        let size = (entries.len() * 2).next_power_of_two();
        let mut slots = vec![0; size];
        for (at, entry) in entries.iter().enumerate() {
            let mut slot = hash(&entry.name) & (size - 1);
            while slots.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = u8::try_from(at + 1).unwrap_or_default();
            }
        }
        Self { entries, slots }
    }

    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = hash(name) & mask;
        loop {
            let taken = usize::from(*self.slots.get(slot)?);
            let entry = self.entries.get(taken.checked_sub(1)?)?;
            if entry.name == name {
                return Some(entry);
            }
            slot = (slot + 1) & mask;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_ref())
    }
}

/// Mixes the length, the first eight bytes and the last eight: enough to tell the names of one type apart.
#[inline]
fn hash(name: &str) -> usize {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = name.as_bytes();
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
            }
            _ => (bytes.iter().fold(0, |mixed, byte| (mixed << 8) | u64::from(*byte)), 0),
        },
    };
    let mixed = (first ^ last.rotate_left(29) ^ name.len() as u64).wrapping_mul(ODD);
    // The high bits are the well-mixed ones.
    (mixed >> 40) as usize
}
