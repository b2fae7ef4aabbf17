//! What a crawl found, in counts and names.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names of partitions beyond this are counted only.
pub(crate) const MOST_PARTITIONS_NAMED: usize = 100;

/// What a crawl found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Objects.
    pub objects: Objects,
    /// What was read anew, by format; what was not recognised, as `unrecognised`.
    pub formats: BTreeMap<String, u64>,
    /// Tables.
    pub tables: Tables,
    /// Partitions.
    pub partitions: Partitions,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

/// Objects of a crawl: files, folders that are Delta tables, tables of databases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// Those that are there.
    pub seen: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that were read: the new and the changed.
    pub read: u64,
    /// Those that were not there before.
    pub new: u64,
    /// Those that stand otherwise than before.
    pub changed: u64,
    /// Those that are there no longer.
    pub gone: u64,
}

/// Tables of a crawl, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tables {
    /// Those that were not there before.
    pub new: Vec<String>,
    /// Those of which something has changed.
    pub changed: Vec<ChangedTable>,
    /// Those of which nothing is there any longer.
    pub gone: Vec<String>,
}

/// A table of which something has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedTable {
    /// Its name.
    pub table: String,
    /// Columns that were found and were not there before.
    pub added: Vec<String>,
    /// Columns that were not found any longer.
    pub removed: Vec<String>,
    /// Columns whose type is another, as in `age: Int64 → Utf8`.
    pub retyped: Vec<String>,
    /// Whether its columns are what was found: not if the crawler only records, or only adds.
    pub taken: bool,
}

/// Partitions of a crawl.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partitions {
    /// How many were not there before.
    pub new: u64,
    /// How many have other objects than before.
    pub changed: u64,
    /// Of how many nothing is there any longer.
    pub gone: u64,
    /// The first of them, as in `new exports.patient (2026-11-26)`.
    pub named: Vec<String>,
}

impl Report {
    /// The report in a sentence.
    #[must_use]
    pub fn told(&self) -> String {
        let Self { objects, tables, partitions, .. } = self;
        format!(
            "{} objects, {} read; tables: {} new, {} changed, {} gone; partitions: {} new, {} changed, {} gone",
            objects.seen,
            objects.read,
            tables.new.len(),
            tables.changed.len(),
            tables.gone.len(),
            partitions.new,
            partitions.changed,
            partitions.gone
        )
    }
}
