//! What a crawler crawls, and what it does with what it finds.

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A crawler, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Where it looks.
    pub targets: Vec<Target>,
    /// The schema of the tables that it finds.
    pub database: String,
    /// Only what one of these patterns fits is looked at, such as `**/*.ndjson`; everything if there is none.
    #[serde(default)]
    pub include: Vec<String>,
    /// What one of these patterns fits is passed over.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// The names of the classifiers that are tried first, in this order.
    #[serde(default)]
    pub classifiers: Vec<String>,
    /// What becomes of a table whose columns are others than before.
    #[serde(default)]
    pub on_change: OnChange,
    /// What becomes of what is there no longer.
    #[serde(default)]
    pub on_gone: OnGone,
}

/// A connection, and what of it is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The connection.
    pub connection: String,
    /// A folder of the store, or a schema of the database; all of it if empty.
    #[serde(default)]
    pub within: String,
}

/// What becomes of a table whose columns are others than before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnChange {
    /// It has the columns that were found.
    #[default]
    Update,
    /// It gets the columns that are new; those that it has stay as they are.
    AddColumns,
    /// It stays as it is; the difference is told.
    Record,
}

/// What becomes of tables and partitions of which nothing is there any longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnGone {
    /// They are marked as gone.
    #[default]
    Mark,
    /// They are taken out of the catalogue.
    Remove,
    /// They stay as they are.
    Ignore,
}

impl Target {
    /// What of a store it is; `None` if all.
    pub(crate) fn prefix(&self) -> Option<Path> {
        Some(Path::from(self.within.as_str())).filter(|path| !path.as_ref().is_empty())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.connection, self.within)
    }
}

impl FromStr for Target {
    type Err = String;

    /// Reads `CONNECTION` or `CONNECTION:WITHIN`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (connection, within) = text.split_once(':').unwrap_or((text, ""));
        let within = within.trim_matches('/');
        if connection.is_empty() || within.split('/').any(|part| part == "." || part == "..") {
            return Err(format!("`{text}` is not CONNECTION or CONNECTION:FOLDER"));
        }
        Ok(Self { connection: connection.to_owned(), within: within.to_owned() })
    }
}
