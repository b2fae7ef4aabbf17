//! The text files that the rules look at.

use crate::files::{has_extension, written_by_hand};
use std::{fs, path::PathBuf};

/// A file and what it holds.
#[derive(Debug)]
pub(super) struct Source {
    /// Its path below the root, with `/` between the parts.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

/// Every file of the workspace with one of `extensions`, or whose path below
/// the root is one of them.
pub(super) fn sources(extensions: &[&str]) -> Vec<Source> {
    let root = crate::workshop::root().unwrap();
    let wanted = |path: &PathBuf| {
        extensions.iter().any(|extension| has_extension(path, extension) || root.join(extension) == *path)
    };
    let found: Vec<Source> = written_by_hand(&root)
        .unwrap()
        .into_iter()
        .filter(wanted)
        .map(|path| {
            let below = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            Source { text: fs::read_to_string(&path).unwrap_or_else(|e| panic!("{below}: {e}")), path: below }
        })
        .collect();
    assert!(!found.is_empty(), "no file matches {extensions:?}");
    found
}
