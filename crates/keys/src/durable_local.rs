//! An object store in a folder that answers a write only once it is on the disk.
//!
//! Objects are files, their names the file names. Every write goes to a file in
//! `.staging`, which is fsynced, named, and its folder fsynced; a folder is fsynced
//! in the one above it before anything is put into it. Reading is left to
//! [`LocalFileSystem`]; listings are sorted by name, as those of cloud stores are.

mod listing;
mod upload;

use crate::{
    KeyError, ZoneError,
    blocking::blocking,
    durable_file::{self, StagedFile, parent, sync_folder},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream, stream::BoxStream};
use listing::{Listing, list_level, metadata_of};
use model::{Clock, Timestamp};
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    RenameTargetMode, Result, local::LocalFileSystem, path::Path,
};
use std::{
    collections::{HashSet, VecDeque},
    fmt,
    fs::{self, File, Metadata},
    io::{self, Write},
    ops::Range,
    os::unix::fs::MetadataExt,
    path::{Path as FilePath, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use upload::LocalUpload;

/// Where files lie until they have their names. No object can be called so.
const STAGING: &str = ".staging";
/// A staged file that has not been written to for so long was left by a crash.
const LEFTOVER_AGE_MS: i64 = 60 * 60 * 1000;
/// Objects that a listing reads in one go.
const LISTING_BATCH: usize = 1024;
/// Deletions that run side by side.
const DELETIONS_AT_ONCE: usize = 16;
/// Folders remembered as durable; beyond it they are fsynced anew.
const FOLDERS_REMEMBERED: usize = 100_000;

/// How a folder is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderUse {
    /// It is written to: what is missing is made, and what crashed writers left is removed.
    Write,
    /// It is read only: nothing is made or removed.
    Read,
}

/// A folder as an object store, every write durable.
///
/// `PutMode::Create` is atomic between processes; `PutMode::Update` and attributes
/// are not supported, as with [`LocalFileSystem`].
#[derive(Clone)]
pub struct DurableLocal {
    reader: LocalFileSystem,
    folder: Arc<Folder>,
}

/// The rights of folders and files that are made in a folder.
///
/// What several users share by the folder's group or by its access control list (whose mask is what the group's bits
/// then say) they share in what comes into it too; a default list narrows that by user.
#[derive(Clone, Copy)]
struct Rights {
    folder: u32,
    file: u32,
}

impl Rights {
    fn of(root: &FilePath) -> io::Result<Self> {
        let group = fs::metadata(root)?.mode() & 0o070;
        Ok(Self {
            folder: durable_file::FOLDER_MODE | group,
            file: durable_file::FILE_MODE | (group & 0o060),
        })
    }
}

/// The folder, and what is known to be durable in it.
struct Folder {
    root: PathBuf,
    staging: PathBuf,
    /// The rights of what is made in it.
    rights: Rights,
    durable: Mutex<HashSet<PathBuf>>,
}

impl DurableLocal {
    /// Opens the folder `root`; if it is written to, makes it where it is missing, and removes what
    /// writers that crashed more than an hour before `clock`'s now have left.
    ///
    /// # Errors
    /// The folder cannot be made, read or written.
    pub fn open(root: &FilePath, used: FolderUse, clock: &dyn Clock) -> Result<Self, KeyError> {
        if used == FolderUse::Write {
            durable_file::create_folders(root).map_err(KeyError::io("create", root))?;
        }
        let root = root.canonicalize().map_err(KeyError::io("find", root))?;
        let rights = Rights::of(&root).map_err(KeyError::io("read the rights of", &root))?;
        let staging = root.join(STAGING);
        if used == FolderUse::Write {
            durable_file::create_folder(&staging, rights.folder).map_err(KeyError::io("create", &staging))?;
            sync_folder(&root).map_err(KeyError::io("make durable", &root))?;
            remove_leftovers(&staging, clock.now()).map_err(KeyError::io("clean", &staging))?;
        }
        let reader = LocalFileSystem::new_with_prefix(&root)
            .map_err(|error| KeyError::io("open", &root)(io::Error::other(error)))?;
        let durable = Mutex::new(HashSet::new());
        Ok(Self { reader, folder: Arc::new(Folder { root, staging, rights, durable }) })
    }

    /// The file of an object.
    fn file_of(&self, location: &Path) -> Result<PathBuf> {
        if location.parts().next().is_some_and(|part| part.as_ref() == STAGING) {
            return Err(ZoneError::Name(location.to_string()).into());
        }
        self.reader.path_to_filesystem(location)
    }
}

impl Folder {
    /// Makes the folder that will hold `file`, with those above it, each durable in
    /// the one above.
    fn prepare(&self, folder: &FilePath) -> io::Result<()> {
        if folder == self.root || self.durable().contains(folder) {
            return Ok(());
        }
        self.prepare(parent(folder))?;
        durable_file::create_folder(folder, self.rights.folder)?;
        let mut durable = self.durable();
        if durable.len() >= FOLDERS_REMEMBERED {
            durable.clear();
        }
        durable.insert(folder.to_owned());
        Ok(())
    }

    fn durable(&self) -> std::sync::MutexGuard<'_, HashSet<PathBuf>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stage(&self, destination: &FilePath) -> io::Result<StagedFile> {
        self.prepare(parent(destination))?;
        StagedFile::with_mode(&self.staging, self.rights.file)
    }

    fn put(&self, destination: &FilePath, payload: &PutPayload, create: bool) -> io::Result<Metadata> {
        let staged = self.stage(destination)?;
        let mut file: &File = staged.file();
        payload.iter().try_for_each(|piece| file.write_all(piece))?;
        if create { staged.create(destination) } else { staged.replace(destination) }
    }

    fn copy(&self, from: &FilePath, to: &FilePath, create: bool) -> io::Result<()> {
        let mut source = File::open(from)?;
        let staged = self.stage(to)?;
        io::copy(&mut source, &mut staged.file().as_ref())?;
        if create { staged.create(to) } else { staged.replace(to) }.map(drop)
    }

    fn rename(&self, from: &FilePath, to: &FilePath, create: bool) -> io::Result<()> {
        from.symlink_metadata()?;
        self.prepare(parent(to))?;
        if create {
            fs::hard_link(from, to)?;
        } else {
            fs::rename(from, to)?;
        }
        // The new name first: between the two the object has both, never none.
        sync_folder(parent(to))?;
        if create {
            fs::remove_file(from)?;
        }
        sync_folder(parent(from))
    }

    /// Removes an object, durably: what was erased does not come back with the power.
    fn delete(file: &FilePath) -> io::Result<()> {
        fs::remove_file(file)?;
        sync_folder(parent(file))
    }
}

#[async_trait]
impl ObjectStore for DurableLocal {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let create = match opts.mode {
            PutMode::Overwrite => false,
            PutMode::Create => true,
            PutMode::Update(_) => return Err(self.lacks("put_opts with PutMode::Update")),
        };
        if !opts.attributes.is_empty() {
            return Err(self.lacks("put_opts with attributes"));
        }
        let file = self.file_of(location)?;
        let (folder, key) = (Arc::clone(&self.folder), location.to_string());
        blocking(move || {
            let metadata =
                folder.put(&file, &payload, create).map_err(|error| ZoneError::io("write", key, error))?;
            Ok(PutResult { e_tag: Some(e_tag(&metadata)), version: None })
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if !opts.attributes.is_empty() {
            return Err(self.lacks("put_multipart_opts with attributes"));
        }
        let file = self.file_of(location)?;
        let (folder, key) = (Arc::clone(&self.folder), location.to_string());
        blocking(move || {
            let staged =
                folder.stage(&file).map_err(|error| ZoneError::io("begin to write", key.clone(), error))?;
            Ok(Box::new(LocalUpload::new(staged, file, key)) as Box<dyn MultipartUpload>)
        })
        .await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.file_of(location)?;
        self.reader.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.file_of(location)?;
        self.reader.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        locations
            .map(move |location| {
                let store = store.clone();
                blocking(move || {
                    let location = location?;
                    let file = store.file_of(&location)?;
                    Folder::delete(&file)
                        .map_err(|error| ZoneError::io("delete", location.to_string(), error))?;
                    Ok(location)
                })
            })
            .buffered(DELETIONS_AT_ONCE)
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        listed(Listing::new(&self.folder.root, prefix, None))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        listed(Listing::new(&self.folder.root, prefix, Some(offset)))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let (root, prefix) = (self.folder.root.clone(), prefix.cloned().unwrap_or_default());
        blocking(move || {
            let mut result = ListResult { common_prefixes: Vec::new(), objects: Vec::new() };
            for entry in list_level(&root, prefix.as_ref())? {
                if entry.folder {
                    result.common_prefixes.push(entry.location()?);
                } else if let Some(object) = metadata_of(&root, &entry)? {
                    result.objects.push(object);
                }
            }
            result.common_prefixes.sort_unstable();
            Ok(result)
        })
        .await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let create = matches!(options.mode, CopyMode::Create);
        let (source, target) = (self.file_of(from)?, self.file_of(to)?);
        let folder = Arc::clone(&self.folder);
        let key = copied_key(from, to);
        blocking(move || {
            folder.copy(&source, &target, create).map_err(|error| ZoneError::io("copy", key, error).into())
        })
        .await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let create = matches!(options.target_mode, RenameTargetMode::Create);
        let (source, target) = (self.file_of(from)?, self.file_of(to)?);
        let folder = Arc::clone(&self.folder);
        let key = copied_key(from, to);
        blocking(move || {
            folder
                .rename(&source, &target, create)
                .map_err(|error| ZoneError::io("rename", key, error).into())
        })
        .await
    }
}

impl DurableLocal {
    fn lacks(&self, operation: &str) -> Error {
        Error::NotImplemented { operation: operation.to_owned(), implementer: self.to_string() }
    }
}

impl fmt::Display for DurableLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DurableLocal({})", self.folder.root.display())
    }
}

impl fmt::Debug for DurableLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The tag that [`LocalFileSystem`] gives the same file, so that what `put` and `get` say agrees.
fn e_tag(metadata: &Metadata) -> String {
    let modified = metadata
        .modified()
        .ok()
        .and_then(|modified| modified.duration_since(std::time::UNIX_EPOCH).ok())
        .unwrap_or_default()
        .as_micros();
    format!("{:x}-{modified:x}-{:x}", metadata.ino(), metadata.len())
}

fn copied_key(from: &Path, to: &Path) -> String {
    format!("{from}` to `{to}")
}

fn remove_leftovers(staging: &FilePath, now: Timestamp) -> io::Result<()> {
    for entry in fs::read_dir(staging)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            // Another process has just given it its name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let modified_ms = metadata.mtime().saturating_mul(1000);
        if metadata.is_file() && now.0.saturating_sub(modified_ms) > LEFTOVER_AGE_MS {
            tracing::info!(bytes = metadata.len(), "removed what an interrupted write had left");
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Reads a listing in batches, away from the threads that serve.
fn listed(listing: Listing) -> BoxStream<'static, Result<ObjectMeta>> {
    stream::try_unfold(Some((listing, VecDeque::new())), |state| async move {
        let Some((mut listing, mut batch)) = state else { return Ok(None) };
        if batch.is_empty() {
            (listing, batch) = blocking(move || {
                let mut listing = listing;
                let batch = listing.by_ref().take(LISTING_BATCH).collect::<Result<VecDeque<_>>>()?;
                Ok((listing, batch))
            })
            .await?;
        }
        Ok(batch.pop_front().map(|object| (object, Some((listing, batch)))))
    })
    .boxed()
}
