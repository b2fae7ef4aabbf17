//! Code lists: those that elements are bound to, and whole code systems.

use std::{collections::HashMap, sync::LazyLock};

/// The codes of a value set that an element is bound to.
#[derive(Debug)]
pub struct CodeSet {
    /// The value set's canonical URL, with its version.
    pub canonical: &'static str,
    pub(super) codes: Box<[&'static str]>,
}

/// A code system that HL7 publishes complete.
#[derive(Debug)]
pub struct CodeSystemDef {
    codes: Box<[&'static str]>,
}

impl CodeSet {
    /// Whether `code` is one of them.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        self.codes.binary_search(&code).is_ok()
    }

    /// The codes, sorted.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.codes.iter().copied()
    }
}

impl CodeSystemDef {
    /// Whether `code` is one of its codes, in the same case.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        self.codes.binary_search(&code).is_ok()
    }

    /// The codes, sorted.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.codes.iter().copied()
    }
}

/// The code systems by URL.
pub(super) fn code_systems() -> &'static HashMap<&'static str, CodeSystemDef> {
    static SYSTEMS: LazyLock<HashMap<&'static str, CodeSystemDef>> = LazyLock::new(|| {
        let lines = include_str!("code-systems.txt").lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.split_once('\t'))
            .map(|(url, codes)| (url, CodeSystemDef { codes: codes.split('\t').collect() }))
            .collect()
    });
    &SYSTEMS
}
