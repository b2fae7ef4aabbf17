//! A collection in which items are looked for: texts by their hash, all others one by one.

use super::equality::items_equal;
use crate::path::item::Item;
use std::{borrow::Cow, collections::HashSet};

/// Items that can be asked whether one is among them (FHIRPath §6.1.1 says which are equal).
#[derive(Default)]
pub(in crate::path) struct Among<'a> {
    texts: HashSet<Cow<'a, str>>,
    others: Vec<Item<'a>>,
}

impl<'a> Among<'a> {
    /// The items of a collection.
    pub(in crate::path) fn of(items: &[Item<'a>]) -> Self {
        let mut among = Self::default();
        for item in items {
            among.add(item);
        }
        among
    }

    /// Adds an item.
    pub(in crate::path) fn add(&mut self, item: &Item<'a>) {
        match item.value() {
            Some(Item::String(text)) => {
                self.texts.insert(text);
            }
            _ => self.others.push(item.clone()),
        }
    }

    /// How many items one may have to be compared with.
    pub(in crate::path) const fn effort(&self) -> usize {
        self.others.len() + 1
    }

    /// Whether an equal item is among them. A text equals nothing but a text.
    pub(in crate::path) fn contains(&self, item: &Item<'_>) -> bool {
        match item.value() {
            Some(Item::String(text)) => self.texts.contains(text.as_ref()),
            _ => self.others.iter().any(|other| items_equal(item, other) == Some(true)),
        }
    }
}
