//! Keys, and all that is done with them: the ring, sealing, message authentication,
//! signatures, recovery shares, and the object stores that encrypt and that last.
//!
//! **Invariant:** plaintext keys never leave this crate. The types here hold them,
//! wipe them when dropped, print only their ids, and do their work in place of
//! handing them out.

mod blocking;
mod durable_file;
mod durable_local;
mod encrypted_store;
mod error;
mod key_id;
mod keyring;
mod landing;
mod mac;
pub mod sealed_box;
mod sealing;
mod secret;
mod shares;
mod signing;
mod zone;

pub use durable_local::{DurableLocal, FolderUse};
pub use encrypted_store::EncryptedStore;
pub use error::{KeyError, OpenError, SealError, ShareError, ZoneError};
pub use key_id::KeyId;
pub use keyring::{
    ConsoleKeys, CrawlerKeys, Created, GatewayKeys, KeyInfo, Keyring, QueryKeys, WorkerKeys, ZoneReach,
    custodian_private, key_names, recover_root, zone_reach,
};
pub use landing::{LandingPrivate, LandingPublic};
pub use mac::{MacKey, MacPurpose};
pub use sealing::{SealedFor, SealingKey};
pub use signing::SigningPurpose;
pub use zone::{Zone, ZoneKey};

use object_store::ObjectStore;
use std::{path::Path, sync::Arc};

/// The store of `zone` in the folder `root`: encrypted under `key`, durable before it answers.
///
/// # Errors
/// The folder cannot be made, where it is to be, or read.
pub fn local_zone(
    root: &Path,
    zone: Zone,
    key: ZoneKey,
    used: FolderUse,
) -> Result<Arc<dyn ObjectStore>, KeyError> {
    Ok(Arc::new(EncryptedStore::new(local_plain(root, used)?, zone, key)))
}

/// A durable store in the folder `root` that does not encrypt: for landing, whose
/// objects come sealed to a key that their writer does not hold.
///
/// # Errors
/// The folder cannot be made, where it is to be, or read.
pub fn local_plain(root: &Path, used: FolderUse) -> Result<Arc<dyn ObjectStore>, KeyError> {
    Ok(Arc::new(DurableLocal::open(root, used, &model::SystemClock)?))
}
