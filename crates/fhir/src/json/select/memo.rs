//! Values that come again and again: a coding, a category, a profile. What a value of the same bytes was read as
//! the last time, it is read as this time, and the bytes are only compared.

use super::{Node, Tag};
use std::{fmt, ops::Range};

/// Values shorter than this are as quickly read, and longer ones seldom come again.
const LENGTHS: Range<usize> = 40..512;

/// A power of two. Values of one element are told apart by a few hundred at most, or by none.
const ENTRIES: usize = 256;

/// How much of a value says where it is kept.
const KEY_BYTES: usize = 64;

/// After so many values it is seen whether they come again; if not, so many go by before they are tried anew.
const TRIAL: u32 = 1024;
const REST: u32 = 16 * TRIAL;

/// The values that one shape has had.
#[derive(Default)]
pub(super) struct Memo {
    entries: Vec<Entry>,
    /// The first value that was kept.
    sample: Vec<u8>,
    /// How many bytes all values have begun with, and how many the shortest had.
    common: usize,
    shortest: usize,
    /// Hence the part of a value that tells it from others.
    key: Range<usize>,
    /// How deep the values lie.
    depth: usize,
    tried: u32,
    hits: u32,
    resting: u32,
}

/// A value, and what it was read as.
#[derive(Clone, Default)]
struct Entry {
    raw: Box<[u8]>,
    /// Places are relative to the value's beginning, slots to the first of them.
    slots: Box<[Node]>,
    root: Node,
}

/// What is in them is in no message.
impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").field("tried", &self.tried).field("hits", &self.hits).finish_non_exhaustive()
    }
}

impl Memo {
    /// Whether values at this depth are looked up at all.
    #[inline]
    pub(super) fn is_of_use(&mut self, depth: usize) -> bool {
        if self.resting > 0 {
            self.resting -= 1;
            return false;
        }
        if self.tried == TRIAL {
            if self.hits < TRIAL / 4 {
                *self = Self { resting: REST, ..Self::default() };
                return false;
            }
            (self.tried, self.hits) = (0, 0);
        }
        if self.sample.is_empty() {
            self.depth = depth;
        }
        self.tried += 1;
        // The same value lying deeper may be one level too deep.
        self.depth == depth
    }

    /// Reads the value that `rest` begins with, if it is known: appends its slots and gives it and its length.
    /// `at` is where it begins.
    #[inline]
    pub(super) fn recall(&mut self, rest: &[u8], at: usize, slots: &mut Vec<Node>) -> Option<(Node, usize)> {
        let entry = self.entries.get(place(rest.get(self.key.clone())?))?;
        if entry.raw.is_empty() || !rest.starts_with(&entry.raw) {
            return None;
        }
        self.hits += 1;
        let by = Node::base(at, slots.len());
        slots.extend(entry.slots.iter().map(|node| node.moved(&by, u64::wrapping_add)));
        Some((entry.root.moved(&by, u64::wrapping_add), entry.raw.len()))
    }

    /// Keeps what a value was read as: `raw` began at `at`, its slots are those from `first` on.
    pub(super) fn keep(&mut self, raw: &[u8], at: usize, root: Node, slots: &[Node], first: usize) {
        // What had escapes lies elsewhere.
        let elsewhere = |node: &Node| node.is(Tag::Resolved);
        if !LENGTHS.contains(&raw.len()) || slots.iter().any(elsewhere) {
            return;
        }
        self.tell_apart(raw);
        let by = Node::base(at, first);
        let key = raw.get(self.key.clone()).unwrap_or_default();
        if let Some(entry) = self.entries.get_mut(place(key)) {
            entry.raw = raw.into();
            entry.slots = slots.iter().map(|node| node.moved(&by, u64::wrapping_sub)).collect();
            entry.root = root.moved(&by, u64::wrapping_sub);
        }
    }

    /// Finds the part that tells values apart, now that there is `raw` too.
    fn tell_apart(&mut self, raw: &[u8]) {
        if self.sample.is_empty() {
            self.sample = raw.to_vec();
            (self.common, self.shortest) = (raw.len(), raw.len());
        }
        let common = raw.iter().zip(&self.sample).take_while(|(a, b)| a == b).count();
        (self.common, self.shortest) = (self.common.min(common), self.shortest.min(raw.len()));
        let start = self.common.min(self.shortest.saturating_sub(8));
        let key = start..self.shortest.min(start + KEY_BYTES);
        if self.key != key {
            self.key = key;
            self.entries = vec![Entry::default(); ENTRIES];
        }
    }
}

impl Node {
    /// What to add to a node's word, by its tag, when its text begins at `at` and its slots at `first`.
    fn base(at: usize, first: usize) -> [u64; 16] {
        let (at, first) = (at as u64, (first as u64) << Self::PLACE);
        let at = at << Self::PLACE | at;
        let mut base = [0; 16];
        [base[Tag::Number as usize], base[Tag::Text as usize]] = [at, at];
        [base[Tag::Array as usize], base[Tag::Object as usize]] = [first, first];
        base
    }

    /// The same at another place.
    #[inline]
    fn moved(self, by: &[u64; 16], shift: fn(u64, u64) -> u64) -> Self {
        Self(shift(self.0, by[(self.0 >> (2 * Self::PLACE)) as usize & 15]))
    }
}

/// Where a value with this key is kept. The words are mixed apart from one another, so that none waits for
/// the one before.
#[inline]
fn place(key: &[u8]) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, _) = key.as_chunks::<8>();
    let (mut mixed, mut factor) = (0_u64, FACTOR);
    for word in words {
        mixed = mixed.wrapping_add(u64::from_le_bytes(*word).wrapping_mul(factor));
        factor = factor.wrapping_add(FACTOR << 1);
    }
    ((mixed ^ mixed >> 32).wrapping_mul(FACTOR) >> 56) as usize
}

/// An unselected value that stood in one place the last time.
#[derive(Clone, Default)]
pub(super) struct Passed {
    raw: Vec<u8>,
    /// How deep it lay.
    depth: usize,
    misses: u8,
}

impl fmt::Debug for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passed").field("misses", &self.misses).finish_non_exhaustive()
    }
}

impl Passed {
    /// After so many others in a row none is kept any more.
    const PATIENCE: u8 = 32;

    /// The length of the value that `rest` begins with, if it is the last one.
    #[inline]
    pub(super) fn recall(&mut self, rest: &[u8], depth: usize) -> Option<usize> {
        if self.raw.is_empty() || self.depth != depth || !rest.starts_with(&self.raw) {
            return None;
        }
        self.misses = 0;
        Some(self.raw.len())
    }

    /// Keeps an object or array that was passed.
    pub(super) fn keep(&mut self, raw: &[u8], depth: usize) {
        if self.misses < Self::PATIENCE && LENGTHS.contains(&raw.len()) {
            self.misses += 1;
            self.depth = depth;
            self.raw.clear();
            self.raw.extend_from_slice(raw);
        }
    }
}
