//! The files of the workspace that people write.

use anyhow::Context as _;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders whose names begin with a dot and that are ours all the same.
const OUR_DOT_FOLDERS: &[&str] = &[".cargo", ".ci", ".config", ".github"];
/// Folders that are made, not written.
const MADE: &[&str] = &["target", "carelake-home"];

/// Every file below `root` in a steady order, without what is made by building or by running.
///
/// # Errors
/// A folder cannot be read.
pub(crate) fn written_by_hand(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("list `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("list `{}`", folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().with_context(|| format!("look at `{}`", entry.path().display()))?;
            if kind.is_file() {
                files.push(entry.path());
            } else if kind.is_dir() && is_ours(&name) {
                folders.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether `path` has the extension `extension`.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn is_ours(folder: &str) -> bool {
    !MADE.contains(&folder) && (!folder.starts_with('.') || OUR_DOT_FOLDERS.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_and_what_is_hidden_is_passed_over() {
        for ours in ["crates", "src", ".ci", ".config"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in ["target", "carelake-home", ".git", ".idea"] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn this_file_is_found() {
        let root = crate::workshop::root().unwrap();
        let files = written_by_hand(&root).unwrap();
        assert!(files.contains(&root.join("xtask/src/files.rs")));
        assert!(files.iter().all(|file| !file.starts_with(root.join("target"))));
    }
}
