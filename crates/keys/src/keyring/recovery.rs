//! Restoring keys from their shares.

use super::{KEYRING_FILE, Keyring, ROOT_FILE, file};
use crate::{
    KeyError, ShareError,
    durable_file::write_over,
    sealed_box,
    shares::{self, ShareKind},
};
use std::path::Path;

/// Restores the root key of the ring in the folder `dir` from its shares, proves it
/// against every key of the ring, and only then writes `root.key`, durably.
///
/// # Errors
/// The shares are too few, mixed, mistyped or another key's; the ring is missing or was altered.
pub fn recover_root(dir: &Path, shares: &[String]) -> Result<(), KeyError> {
    let key = file::KeyringFile::read(&dir.join(KEYRING_FILE))?.root_key_id()?;
    let root = shares::join(shares, ShareKind::Recovery, key)?;
    if root.key_id() != key {
        return Err(ShareError::Mixed.into());
    }
    let text = file::root_text(&root);
    Keyring::with_root(dir, root)?;
    let path = dir.join(ROOT_FILE);
    write_over(&path, &text).map_err(KeyError::io("write", path))
}

/// Restores the custodian's private key from its shares, and proves that `public` is its other half.
///
/// # Errors
/// The shares are too few, mixed, mistyped or another key's.
pub fn custodian_private(
    shares: &[String],
    public: &sealed_box::PublicKey,
) -> Result<sealed_box::PrivateKey, KeyError> {
    let secret = shares::join(shares, ShareKind::Custodian, public.id())?;
    sealed_box::PrivateKey::from_secret(secret)
        .filter(|private| private.public() == *public)
        .ok_or_else(|| ShareError::Mixed.into())
}
