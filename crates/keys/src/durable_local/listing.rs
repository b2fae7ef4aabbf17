//! Walks a folder in the order of object names.

use super::STAGING;
use crate::ZoneError;
use object_store::{ObjectMeta, Result, path::Path};
use std::{
    fs, io,
    path::{Path as FilePath, PathBuf},
    vec::IntoIter,
};

/// A file or folder, by the name of the object that it is or that its contents begin with.
pub(super) struct Entry {
    /// The object's name; that of a folder ends with `/`, so that sorting is by whole names.
    name: String,
    pub(super) folder: bool,
}

impl Entry {
    pub(super) fn location(&self) -> Result<Path> {
        Ok(Path::parse(&self.name)?)
    }
}

/// Yields the objects below a prefix, sorted. Holds the entries of the folders on
/// the way to the present one, no more.
pub(super) struct Listing {
    root: PathBuf,
    after: Option<String>,
    levels: Vec<IntoIter<Entry>>,
}

impl Listing {
    /// The objects below `prefix` whose names are greater than `after`.
    pub(super) fn new(root: &FilePath, prefix: Option<&Path>, after: Option<&Path>) -> Self {
        let mut name = prefix.map(ToString::to_string).unwrap_or_default();
        if !name.is_empty() {
            name.push('/');
        }
        let start = vec![Entry { name, folder: true }];
        Self { root: root.to_owned(), after: after.map(ToString::to_string), levels: vec![start.into_iter()] }
    }

    /// Whether nothing in the entry comes after the offset.
    fn skips(&self, entry: &Entry) -> bool {
        let Some(after) = &self.after else { return false };
        if entry.folder {
            // All names within begin with the folder's; it decides unless the offset does too.
            entry.name < *after && !after.starts_with(&entry.name)
        } else {
            entry.name <= *after
        }
    }

    fn advance(&mut self) -> Result<Option<ObjectMeta>> {
        while let Some(level) = self.levels.last_mut() {
            let Some(entry) = level.next() else {
                self.levels.pop();
                continue;
            };
            if self.skips(&entry) {
                continue;
            }
            if entry.folder {
                let inner = list_level(&self.root, entry.name.trim_end_matches('/'))?;
                self.levels.push(inner.into_iter());
            } else if let Some(object) = metadata_of(&self.root, &entry)? {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }
}

impl Iterator for Listing {
    type Item = Result<ObjectMeta>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

/// What lies directly in the folder `name` of `root`, sorted. A missing folder is empty.
pub(super) fn list_level(root: &FilePath, name: &str) -> Result<Vec<Entry>> {
    let failed = |error| ZoneError::io("list", name, error);
    let entries = match fs::read_dir(root.join(name)) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failed(error).into()),
    };
    let mut level = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else { continue };
        if name.is_empty() && file_name == STAGING {
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        let mut full = String::with_capacity(name.len() + file_name.len() + 2);
        full.push_str(name);
        if !name.is_empty() {
            full.push('/');
        }
        full.push_str(file_name);
        if kind.is_dir() {
            full.push('/');
            level.push(Entry { name: full, folder: true });
        } else if kind.is_file() {
            level.push(Entry { name: full, folder: false });
        }
    }
    level.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(level)
}

/// What is known of an object, or nothing where it has been deleted meanwhile.
pub(super) fn metadata_of(root: &FilePath, entry: &Entry) -> Result<Option<ObjectMeta>> {
    let failed = |error| ZoneError::io("list", entry.name.as_str(), error);
    let metadata = match fs::metadata(root.join(&entry.name)) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error).into()),
    };
    Ok(Some(ObjectMeta {
        location: entry.location()?,
        last_modified: metadata.modified().map_err(failed)?.into(),
        size: metadata.len(),
        e_tag: Some(super::e_tag(&metadata)),
        version: None,
    }))
}
