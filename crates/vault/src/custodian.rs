//! The custodian's side: finds a record's key, opens its fragments.

use crate::{
    Fragment, FragmentsKey, KeyFile, KeysKey, RecordId, VaultError,
    fragments::{Index, LAYOUT, open},
    key_file::SealedKey,
    reader::{HEAD_LEN, index_length, parts},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use keys::sealed_box::PrivateKey;
use model::Pseudonym;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

/// Whoever holds the custodian's private key, at the vault.
pub struct Custodian {
    store: Arc<dyn ObjectStore>,
    private: PrivateKey,
    keys: Mutex<KeyIndex>,
}

/// The sealed private halves of the key files read so far.
#[derive(Default)]
struct KeyIndex {
    files: BTreeSet<Path>,
    /// A record has more than one when a crash came between its key file and the link zone.
    records: HashMap<RecordId, Vec<Stored>>,
}

/// A sealed private half, and the object that it is in.
#[derive(Clone)]
struct Stored(Arc<str>, Arc<SealedKey>);

impl Custodian {
    /// The custodian at the vault in `store`.
    #[must_use]
    pub fn open(store: Arc<dyn ObjectStore>, private: PrivateKey) -> Self {
        Self { store, private, keys: Mutex::default() }
    }

    /// The private key of `record`; the newest, where a crash had a second one made.
    ///
    /// # Errors
    /// The vault has none, it does not open, or the store failed.
    pub async fn record_key(&self, record: RecordId) -> Result<PrivateKey, VaultError> {
        self.read_key_files().await?;
        self.record_keys(record)?.pop().ok_or(VaultError::NoKey { record })
    }

    /// Every fragment of `record`, in the order in which they were stored. A fragment that a
    /// repeated commit stored twice comes once.
    ///
    /// # Errors
    /// The vault has no key of the record, an object is damaged, or the store failed.
    pub async fn fragments(&self, record: RecordId) -> Result<Vec<Fragment>, VaultError> {
        // A record's key is stored before its fragments, so the keys are read after these were listed.
        let paths = self.paths(FragmentsKey::FOLDER).await?;
        self.read_key_files().await?;
        let private = self.record_keys(record)?;
        let mut found: Vec<Fragment> = Vec::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            let Some(sealed) = self.sealed_box(&path, record).await? else { continue };
            let fragments = open_with_any(&path, record, &private, &sealed)?;
            found.extend(fragments.into_iter().filter(|f| seen.insert((f.resource_type, f.id, f.version))));
        }
        Ok(found)
    }

    /// Every fragment of the vault with its record, for verifying a whole lake. Those that a
    /// repeated commit stored twice come twice.
    pub fn all(&self) -> impl Stream<Item = Result<(RecordId, Fragment), VaultError>> + '_ {
        stream::once(self.paths(FragmentsKey::FOLDER))
            .map_ok(|paths| stream::iter(paths).then(|path| self.object(path)))
            .try_flatten()
            .map_ok(|fragments| stream::iter(fragments.into_iter().map(Ok)))
            .try_flatten()
    }

    /// The records that hold a fragment about `patient` besides their own: what erasing them concerns too.
    ///
    /// # Errors
    /// An object is damaged, or the store failed.
    pub async fn mentions(&self, patient: Pseudonym) -> Result<BTreeSet<RecordId>, VaultError> {
        let mut records = BTreeSet::new();
        for path in self.paths(FragmentsKey::FOLDER).await? {
            let (index, _) = self.index(&path).await?;
            records.extend(
                index.mentions.iter().filter(|(other, _)| *other == patient).map(|(_, record)| *record),
            );
        }
        Ok(records)
    }

    /// The fragments of one object, record by record.
    async fn object(&self, path: Path) -> Result<Vec<(RecordId, Fragment)>, VaultError> {
        let bytes = self.get(&path).await?;
        let read = parts(LAYOUT, &bytes).and_then(|(index, rest)| Some((Index::parse(index)?, rest)));
        let (index, rest) = read.ok_or_else(|| damaged(&path))?;
        self.read_key_files().await?;
        let mut found = Vec::new();
        for entry in &index.entries {
            let place = entry.offset..entry.offset.saturating_add(entry.length);
            let sealed = rest.get(place).ok_or_else(|| damaged(&path))?;
            let private = self.record_keys(entry.record)?;
            let fragments = open_with_any(&path, entry.record, &private, sealed)?;
            found.extend(fragments.into_iter().map(|fragment| (entry.record, fragment)));
        }
        Ok(found)
    }

    /// The record's box in one object, if it has one: reads the index and that box only.
    async fn sealed_box(&self, path: &Path, record: RecordId) -> Result<Option<Bytes>, VaultError> {
        let (index, sealed_from) = self.index(path).await?;
        let Some(entry) = index.entry(record) else { return Ok(None) };
        let from = sealed_from.saturating_add(entry.offset);
        self.range(path, from..from.saturating_add(entry.length)).await.map(Some)
    }

    /// An object's index, and where its boxes begin.
    async fn index(&self, path: &Path) -> Result<(Index, usize), VaultError> {
        let head = self.range(path, 0..HEAD_LEN).await?;
        let length = index_length(LAYOUT, &head).ok_or_else(|| damaged(path))?;
        let end = HEAD_LEN.saturating_add(length);
        let bytes = self.range(path, 0..end).await?;
        let index = parts(LAYOUT, &bytes).and_then(|(index, _)| Index::parse(index));
        Ok((index.ok_or_else(|| damaged(path))?, end))
    }

    /// The private keys of a record, oldest first, from the key files read so far.
    fn record_keys(&self, record: RecordId) -> Result<Vec<PrivateKey>, VaultError> {
        let stored = self.locked().records.get(&record).cloned().ok_or(VaultError::NoKey { record })?;
        let opened = stored.iter().map(|Stored(object, key)| {
            let object = || object.to_string();
            key.open(&self.private).map_err(|source| VaultError::Open { object: object(), record, source })
        });
        opened.collect()
    }

    /// Reads the key files that are new since the last call.
    async fn read_key_files(&self) -> Result<(), VaultError> {
        for path in self.paths(KeysKey::FOLDER).await? {
            if self.locked().files.contains(&path) {
                continue;
            }
            let bytes = self.get(&path).await?;
            let entries = KeyFile::entries(&bytes).ok_or_else(|| damaged(&path))?;
            let object: Arc<str> = path.as_ref().into();
            let mut keys = self.locked();
            if keys.files.insert(path) {
                for key in entries {
                    keys.records
                        .entry(key.record)
                        .or_default()
                        .push(Stored(Arc::clone(&object), Arc::new(key)));
                }
            }
        }
        Ok(())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, KeyIndex> {
        // What another thread left is whole: a file's entries go in only after all were read.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The objects in a folder, in the order of their keys.
    async fn paths(&self, folder: &'static str) -> Result<Vec<Path>, VaultError> {
        let listed = self.store.list(Some(&Path::from(folder))).map_ok(|meta| meta.location).try_collect();
        let mut paths: Vec<Path> =
            listed.await.map_err(|source| failed("list", folder.to_owned(), source))?;
        paths.sort_unstable();
        Ok(paths)
    }

    async fn get(&self, path: &Path) -> Result<Bytes, VaultError> {
        let read = async { self.store.get(path).await?.bytes().await };
        read.await.map_err(|source| failed("get", path.to_string(), source))
    }

    async fn range(&self, path: &Path, range: Range<usize>) -> Result<Bytes, VaultError> {
        let wanted = range.len();
        let bytes = self.store.get_range(path, range.start as u64..range.end as u64).await;
        let bytes = bytes.map_err(|source| failed("get", path.to_string(), source))?;
        if bytes.len() == wanted { Ok(bytes) } else { Err(damaged(path)) }
    }
}

fn failed(action: &'static str, object: String, source: object_store::Error) -> VaultError {
    VaultError::Store { action, object, source }
}

fn damaged(path: &Path) -> VaultError {
    VaultError::Damaged { object: path.to_string() }
}

/// Opens a box with whichever of the record's keys it was sealed to.
fn open_with_any(
    path: &Path,
    record: RecordId,
    private: &[PrivateKey],
    sealed: &[u8],
) -> Result<Vec<Fragment>, VaultError> {
    let mut result = Err(VaultError::NoKey { record });
    for key in private.iter().rev() {
        result = open(path.as_ref(), record, key, sealed);
        if !matches!(result, Err(VaultError::Open { .. })) {
            break;
        }
    }
    result
}
