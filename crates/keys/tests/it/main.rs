//! What the crate promises from outside: stores, tampering, and the ring of keys.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod contract;
mod durable_local;
mod encrypted_store;
mod keyring;
mod ranges;

use keys::{DurableLocal, EncryptedStore, Zone, ZoneKey};
use object_store::{ObjectStore, memory::InMemory};
use std::sync::Arc;
use tempfile::TempDir;

/// A durable store in a folder that goes with the test.
fn durable() -> (Arc<dyn ObjectStore>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store =
        DurableLocal::open(&folder.path().join("zone"), keys::FolderUse::Write, &model::SystemClock).unwrap();
    (Arc::new(store), folder)
}

/// An encrypting store over `inner`.
fn encrypted(inner: &Arc<dyn ObjectStore>, key: &ZoneKey) -> Arc<dyn ObjectStore> {
    Arc::new(EncryptedStore::new(Arc::clone(inner), Zone::Raw, key.clone()))
}

/// A store that answers with streams, as stores elsewhere do.
fn remote() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

/// Bytes that differ from place to place.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}
