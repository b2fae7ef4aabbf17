//! The ledger, cached: what exists at which version, folded from registered
//! segments (design §2.4).
//!
//! It holds nothing that the control database does not. It is never fsynced,
//! may be deleted at any time, and is rebuilt by [`Ledger::catch_up`].

use crate::{Control, ControlError, LedgerEntry};
use fjall::{Database, Keyspace, KeyspaceCreateOptions};
use model::{LaneId, Ordinal};
use std::{
    collections::HashMap,
    fmt,
    fs::{File, TryLockError},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What the ledger knows of one resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its newest version; the first is 1.
    pub version: u32,
    /// Keyed hash of that version's content.
    pub content: [u8; 16],
}

/// Why the ledger could not be read or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process has the folder open.
    #[error("the ledger's folder is in use by another process")]
    InUse,
    /// An ordinal was skipped: catch up first.
    #[error("lane {lane} is applied up to {applied}, so {ordinal} cannot be applied")]
    Gap {
        /// The lane.
        lane: LaneId,
        /// The last ordinal that is in the cache.
        applied: Ordinal,
        /// The ordinal that was to be applied.
        ordinal: Ordinal,
    },
    /// The cache could not be read or written.
    #[error("{action} the ledger")]
    Cache {
        /// What was being done.
        action: &'static str,
        /// What the store said.
        #[source]
        source: fjall::Error,
    },
    /// The folder could not be made, locked or emptied.
    #[error("make room for the ledger's cache")]
    Folder(#[source] io::Error),
    /// The rows that it is folded from could not be read.
    #[error(transparent)]
    Control(#[from] ControlError),
}

/// The cached ledger of every lane that this process writes to.
pub struct Ledger {
    database: Database,
    lanes: Mutex<HashMap<LaneId, Arc<Lane>>>,
    /// Held until the database is closed; the system lets go of it when the process dies.
    _lock: File,
}

/// One lane's cache. Whoever applies to it holds `applied`.
struct Lane {
    id: LaneId,
    keyspace: Keyspace,
    applied: Mutex<Ordinal>,
}

/// Where a lane's keyspace keeps its last applied ordinal. Resource keys have 16 bytes, this has 7.
const APPLIED: &[u8] = b"applied";

/// Memory for blocks that were read.
const CACHE_BYTES: u64 = 32 << 20;

/// Memory for what is not yet in a file, per lane.
const MEMTABLE_BYTES: u64 = 8 << 20;

/// On disk, for what is not yet in a table file.
const JOURNAL_BYTES: u64 = 128 << 20;

/// How many deltas are read at a time.
const PAGE: usize = 16;

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("version", &self.version).finish_non_exhaustive()
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the cache in `folder`, empty if there is none. A cache that cannot be
    /// recovered is emptied: all of it comes back by catching up.
    ///
    /// # Errors
    /// [`LedgerError::InUse`] if another process has it; otherwise the folder cannot be used.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        // Ours before fjall looks into the folder: what it finds half made there is then nobody else's work.
        let lock = lock(folder)?;
        let database = match open(folder) {
            Ok(database) => database,
            Err(fjall::Error::Locked) => return Err(LedgerError::InUse),
            Err(error) => {
                tracing::warn!(%error, "the ledger's cache is damaged and is built anew");
                std::fs::remove_dir_all(folder).map_err(LedgerError::Folder)?;
                open(folder).map_err(failed("open"))?
            }
        };
        Ok(Self { database, lanes: Mutex::default(), _lock: lock })
    }

    /// The last ordinal of `lane` that is in the cache; 0 if there is none, or if the
    /// cache cannot be read, which catching up then says.
    #[must_use]
    pub fn applied(&self, lane: LaneId) -> Ordinal {
        self.lane(lane).map_or_else(|_| Ordinal::default(), |lane| *locked(&lane.applied))
    }

    /// Adds the delta of the next segment, all or nothing. Of two entries with one key the later counts.
    /// An ordinal that is in the cache already changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::Gap`] if an ordinal was skipped.
    pub fn apply(&self, lane: LaneId, ordinal: Ordinal, entries: &[LedgerEntry]) -> Result<(), LedgerError> {
        let lane = self.lane(lane)?;
        let mut applied = locked(&lane.applied);
        if ordinal <= *applied {
            return Ok(());
        }
        if ordinal != applied.next() {
            return Err(LedgerError::Gap { lane: lane.id, applied: *applied, ordinal });
        }
        let mut batch = self.database.batch();
        // A batch gives all its writes one number, so a key may be in it only once.
        let last: HashMap<&[u8; 16], &LedgerEntry> =
            entries.iter().map(|entry| (&entry.key, entry)).collect();
        for (key, entry) in last {
            batch.insert(&lane.keyspace, key.as_slice(), Known::from(entry).encode());
        }
        batch.insert(&lane.keyspace, APPLIED, ordinal.0.to_be_bytes());
        batch.commit().map_err(failed("write"))?;
        *applied = ordinal;
        Ok(())
    }

    /// What is known of the resource with this keyed hash.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn get(&self, lane: LaneId, key: &[u8; 16]) -> Result<Option<Known>, LedgerError> {
        let value = self.lane(lane)?.keyspace.get(key).map_err(failed("read"))?;
        Ok(value.and_then(|value| Known::decode(&value)))
    }

    /// Applies all that is registered in `lane` and says up to where. Whoever holds the lane's lease and catches
    /// up after taking it knows all there is. A cache that does not fit what is registered, because
    /// it came from another database or from a later state of this one, is built anew.
    ///
    /// # Errors
    /// The rows cannot be read, or the cache cannot be written.
    pub async fn catch_up(&self, control: &Control, lane: LaneId) -> Result<Ordinal, LedgerError> {
        if !self.fits(control, lane).await? {
            tracing::warn!(%lane, "the ledger's cache is of another history and is built anew");
            self.clear(lane)?;
        }
        loop {
            let applied = self.applied(lane);
            let page = control.ledger_after(lane, applied, PAGE).await?;
            if page.is_empty() {
                return Ok(applied);
            }
            for (ordinal, entries) in page {
                self.apply(lane, ordinal, &entries)?;
            }
        }
    }

    /// Whether the last segment that the cache holds is one that is registered.
    async fn fits(&self, control: &Control, lane: LaneId) -> Result<bool, LedgerError> {
        let applied = self.applied(lane);
        if applied == Ordinal::default() {
            return Ok(true);
        }
        let page = control.ledger_after(lane, Ordinal(applied.0 - 1), 1).await?;
        let Some((ordinal, entries)) = page.first() else { return Ok(false) };
        // Entries that another task has overtaken since are newer, never older.
        let last: HashMap<&[u8; 16], u32> = entries.iter().map(|entry| (&entry.key, entry.version)).collect();
        for (key, version) in last {
            if self.get(lane, key)?.is_none_or(|known| known.version < version) {
                return Ok(false);
            }
        }
        Ok(*ordinal == applied)
    }

    fn clear(&self, lane: LaneId) -> Result<(), LedgerError> {
        let lane = self.lane(lane)?;
        let mut applied = locked(&lane.applied);
        lane.keyspace.clear().map_err(failed("empty"))?;
        *applied = Ordinal::default();
        Ok(())
    }

    fn lane(&self, id: LaneId) -> Result<Arc<Lane>, LedgerError> {
        let mut lanes = locked(&self.lanes);
        if let Some(lane) = lanes.get(&id) {
            return Ok(Arc::clone(lane));
        }
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let keyspace = self.database.keyspace(&format!("lane-{id}"), options).map_err(failed("open"))?;
        let applied = keyspace.get(APPLIED).map_err(failed("read"))?;
        let applied = applied.and_then(|value| value.first_chunk().copied()).map(i64::from_be_bytes);
        let applied = Mutex::new(Ordinal(applied.unwrap_or_default()));
        let lane = Arc::new(Lane { id, keyspace, applied });
        lanes.insert(id, Arc::clone(&lane));
        Ok(lane)
    }
}

impl Known {
    /// Version (big-endian), then content.
    fn encode(self) -> [u8; 20] {
        let mut value = [0; 20];
        let (version, content) = value.split_at_mut(4);
        version.copy_from_slice(&self.version.to_be_bytes());
        content.copy_from_slice(&self.content);
        value
    }

    fn decode(value: &[u8]) -> Option<Self> {
        let (version, content) = value.split_first_chunk()?;
        Some(Self { version: u32::from_be_bytes(*version), content: content.try_into().ok()? })
    }
}

impl From<&LedgerEntry> for Known {
    fn from(entry: &LedgerEntry) -> Self {
        Self { version: entry.version, content: entry.content }
    }
}

/// A lock beside the folder.
fn lock(folder: &Path) -> Result<File, LedgerError> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).map_err(LedgerError::Folder)?;
    }
    let file = File::create(folder.with_added_extension("lock")).map_err(LedgerError::Folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::InUse),
        Err(TryLockError::Error(error)) => Err(LedgerError::Folder(error)),
    }
}

fn open(folder: &Path) -> Result<Database, fjall::Error> {
    Database::builder(folder)
        .cache_size(CACHE_BYTES)
        .max_journaling_size(JOURNAL_BYTES)
        .worker_threads(2)
        .open()
}

fn failed(action: &'static str) -> impl Fn(fjall::Error) -> LedgerError {
    move |source| LedgerError::Cache { action, source }
}

/// The value behind a lock. What it guards is changed only after the step that could fail, so a holder that
/// died left it whole.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
