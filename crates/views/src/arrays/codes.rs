//! Texts that come again and again: each is held once a batch, and every row has its number.

use super::{Texts, arrange, end, fresh, place};
use arrow::{
    array::{DictionaryArray, Int32Array},
    buffer::{NullBuffer, ScalarBuffer},
    datatypes::Int32Type,
    error::ArrowError,
};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::{hash::BuildHasher, sync::Arc};

/// The codes of one column, so far.
#[derive(Debug)]
pub(super) struct Codes {
    /// For each row the number of its text.
    keys: Vec<i32>,
    /// The texts, in the order in which they came first.
    texts: Texts,
    /// For each text a row that none before has it.
    since: Vec<usize>,
    /// The numbers of the texts, by their hashes.
    numbers: HashTable<i32>,
    hasher: DefaultHashBuilder,
    recent: Box<[Recent; Recent::PLACES]>,
}

/// A short text that has come, in words that are quickly compared.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    words: Words,
    number: i32,
}

/// All of a short text: its first and its last bytes, which may be the same, and how many it has. Of no text they are
/// all 0.
type Words = (u64, u64, usize);

impl Recent {
    /// Far more than there are codes in most columns.
    const PLACES: usize = 256;

    /// The words of a text of 1 to 16 bytes.
    #[inline]
    fn words(text: &[u8]) -> Option<Words> {
        let (first, last) = match text.len() {
            8..=16 => (u64::from_le_bytes(*text.first_chunk()?), u64::from_le_bytes(*text.last_chunk()?)),
            4..8 => (
                u64::from(u32::from_le_bytes(*text.first_chunk()?)),
                u64::from(u32::from_le_bytes(*text.last_chunk()?)),
            ),
            2..4 => (
                u64::from(u16::from_le_bytes(*text.first_chunk()?)),
                u64::from(u16::from_le_bytes(*text.last_chunk()?)),
            ),
            1 => (u64::from(*text.first()?), 0),
            _ => return None,
        };
        Some((first, last, text.len()))
    }

    /// Where a text stands, if it has come and none of the same place since.
    #[inline]
    fn place((first, last, length): Words) -> usize {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mixed = (first ^ last.rotate_left(29) ^ length as u64).wrapping_mul(ODD);
        (mixed >> 56) as usize
    }
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            texts: Texts::new(),
            since: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            recent: Box::new([Recent::default(); Recent::PLACES]),
        }
    }
}

impl Codes {
    /// Appends a text and says how many bytes it takes.
    #[inline]
    pub(super) fn append(&mut self, text: &[u8]) -> usize {
        let Some(words) = Recent::words(text) else { return self.append_any(text) };
        let place = Recent::place(words);
        match self.recent.get(place) {
            Some(recent) if recent.words == words => {
                self.keys.push(recent.number);
                4
            }
            _ => {
                let bytes = self.append_any(text);
                let number = self.keys.last().copied().unwrap_or_default();
                if let Some(recent) = self.recent.get_mut(place) {
                    *recent = Recent { words, number };
                }
                bytes
            }
        }
    }

    fn append_any(&mut self, text: &[u8]) -> usize {
        let (texts, hasher) = (&mut self.texts, &self.hasher);
        let hash = hasher.hash_one(text);
        let is_it = |number: &i32| texts.get(place(Some(number))) == Some(text);
        if let Some(number) = self.numbers.find(hash, is_it) {
            self.keys.push(*number);
            return 4;
        }
        let number = end(self.since.len());
        self.since.push(self.keys.len());
        self.keys.push(number);
        let bytes = texts.append(text);
        self.numbers.insert_unique(hash, number, |number| {
            hasher.hash_one(texts.get(place(Some(number))).unwrap_or_default())
        });
        4 + bytes
    }

    pub(super) fn append_null(&mut self) {
        self.keys.push(0);
    }

    /// Leaves the first `rows` rows, and no text that came later.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.keys.truncate(rows);
        while self.since.last().is_some_and(|since| *since >= rows) {
            self.since.pop();
            let number = end(self.since.len());
            let hash = self.hasher.hash_one(self.texts.get(self.since.len()).unwrap_or_default());
            if let Ok(found) = self.numbers.find_entry(hash, |other| *other == number) {
                found.remove();
            }
            self.texts.truncate(self.since.len());
        }
        self.recent.fill(Recent::default());
    }

    /// Puts the rows at `rows` in the place of those from `from` on.
    pub(super) fn arrange(&mut self, from: usize, rows: &[usize]) {
        arrange(&mut self.keys, from, rows);
        self.since.iter_mut().rev().take_while(|since| **since > from).for_each(|since| *since = from);
    }

    pub(super) fn finish(
        &mut self,
        nulls: Option<NullBuffer>,
    ) -> Result<DictionaryArray<Int32Type>, ArrowError> {
        self.since.clear();
        self.numbers.clear();
        self.recent.fill(Recent::default());
        let keys = Int32Array::try_new(ScalarBuffer::from(fresh(&mut self.keys)), nulls)?;
        DictionaryArray::try_new(keys, Arc::new(self.texts.finish(None)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::AsArray;

    fn finished(codes: &mut Codes) -> (Vec<String>, Vec<String>) {
        let array = codes.finish(None).unwrap();
        let texts = array.values().as_string::<i32>();
        let text = |number: i32| texts.value(usize::try_from(number).unwrap()).to_owned();
        let rows = array.keys().values().iter().map(|number| text(*number)).collect();
        (rows, texts.iter().flatten().map(ToOwned::to_owned).collect())
    }

    #[test]
    fn a_text_that_comes_again_is_held_once() {
        let mut codes = Codes::default();
        for _ in 0..2 {
            let bytes: Vec<_> = ["a", "bb", "a", ""].map(|text| codes.append(text.as_bytes())).into();
            assert_eq!(bytes, [9, 10, 4, 8]);
            assert_eq!(
                finished(&mut codes),
                (["a", "bb", "a", ""].map(String::from).into(), ["a", "bb", ""].map(String::from).into())
            );
        }
    }

    #[test]
    fn rows_that_are_taken_back_leave_no_text() {
        let mut codes = Codes::default();
        for text in ["a", "b", "c", "a"] {
            codes.append(text.as_bytes());
        }
        codes.truncate(1);
        codes.append(b"c");
        assert_eq!(
            finished(&mut codes),
            (["a", "c"].map(String::from).into(), ["a", "c"].map(String::from).into())
        );
    }

    #[test]
    fn a_text_stays_with_a_row_that_came_to_it_later() {
        let mut codes = Codes::default();
        for text in ["a", "b", "c"] {
            codes.append(text.as_bytes());
        }
        codes.arrange(1, &[]);
        codes.append(b"c");
        codes.truncate(2);
        assert_eq!(finished(&mut codes).0, ["a", "c"]);
    }
}
