//! Files and folders that outlast a power cut once the call has returned.
//!
//! A file is written under a temporary name, fsynced, given its name, and then
//! the folder that holds the name is fsynced: only then both are on the disk.

use std::{
    fs::{self, DirBuilder, File, Metadata},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
    sync::Arc,
};
use tempfile::{NamedTempFile, TempPath};

/// The rights of folders and files: their owner's only, unless it is said.
pub(crate) const FOLDER_MODE: u32 = 0o700;
pub(crate) const FILE_MODE: u32 = 0o600;

/// A file under a temporary name, readable by its owner only. Dropped, it is removed.
pub(crate) struct StagedFile {
    file: Arc<File>,
    path: TempPath,
}

impl StagedFile {
    /// An empty file in `folder`, which lies on the same file system as its later name.
    pub(crate) fn new_in(folder: &Path) -> io::Result<Self> {
        Self::with_mode(folder, FILE_MODE)
    }

    /// The same, with other rights than its owner's.
    pub(crate) fn with_mode(folder: &Path, mode: u32) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("").permissions(fs::Permissions::from_mode(mode));
        let (file, path) = builder.tempfile_in(folder).map(NamedTempFile::into_parts)?;
        Ok(Self { file: Arc::new(file), path })
    }

    /// The open file, to write to.
    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Gives the file the name `destination`, whatever had it before, durably.
    pub(crate) fn replace(self, destination: &Path) -> io::Result<Metadata> {
        self.file.sync_all()?;
        let Self { file, path } = self;
        path.persist(destination).map_err(|refused| refused.error)?;
        sync_folder(parent(destination))?;
        file.metadata()
    }

    /// Gives the file the name `destination`, durably, unless something has it
    /// (`AlreadyExists`). Of any number of writers, one wins.
    pub(crate) fn create(self, destination: &Path) -> io::Result<Metadata> {
        self.file.sync_all()?;
        let Self { file, path } = self;
        // A hard link never takes the place of what is there (link(2)); the
        // temporary name goes when `path` is dropped.
        let linked = fs::hard_link(&path, destination);
        if let Err(error) = &linked
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return linked.and_then(|()| file.metadata());
        }
        // Also for the one that lost: what it is told exists must not vanish with the power.
        sync_folder(parent(destination))?;
        linked.and_then(|()| file.metadata())
    }
}

/// Writes a new file durably; what exists is left alone (`AlreadyExists`).
pub(crate) fn write_new(path: &Path, contents: &[u8]) -> io::Result<()> {
    let staged = StagedFile::new_in(parent(path))?;
    staged.file().as_ref().write_all(contents)?;
    staged.create(path).map(drop)
}

/// Writes a file durably, in place of what is there.
pub(crate) fn write_over(path: &Path, contents: &[u8]) -> io::Result<()> {
    let staged = StagedFile::new_in(parent(path))?;
    staged.file().as_ref().write_all(contents)?;
    staged.replace(path).map(drop)
}

/// Makes a folder and those above it where they are missing, each of them durably.
pub(crate) fn create_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    create_folders(parent(path))?;
    create_folder(path, FOLDER_MODE)
}

/// Makes one folder durably; it may be there already.
pub(crate) fn create_folder(path: &Path, mode: u32) -> io::Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !path.is_dir() => return Err(error),
        _ => {}
    }
    // Also when it was there: whoever made it may not have come as far as this.
    sync_folder(parent(path))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The folder that holds the name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}
