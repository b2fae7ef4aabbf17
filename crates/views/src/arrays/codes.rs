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
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            texts: Texts::new(),
            since: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl Codes {
    /// Appends a text and says how many bytes it takes.
    #[inline]
    pub(super) fn append(&mut self, text: &[u8]) -> usize {
        let hash = self.hasher.hash_one(text);
        let is_it = |number: &i32| self.texts.get(place(Some(number))) == Some(text);
        if let Some(number) = self.numbers.find(hash, is_it) {
            self.keys.push(*number);
            return 4;
        }
        self.append_new(text, hash)
    }

    fn append_new(&mut self, text: &[u8], hash: u64) -> usize {
        let number = end(self.since.len());
        self.since.push(self.keys.len());
        self.keys.push(number);
        let (texts, hasher) = (&mut self.texts, &self.hasher);
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
