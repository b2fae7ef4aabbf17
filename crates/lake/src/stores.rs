//! The zones that the lake's side may touch, each behind its own store.

use deltalake::{
    DeltaResult,
    logstore::{
        LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
    },
};
use keys::Zone;
use object_store::ObjectStore;
use std::{fmt, sync::Arc};
use url::Url;

/// The stores of the zones that hold Delta tables.
#[derive(Clone)]
pub struct Stores {
    /// Pseudonymised resources.
    pub raw: Arc<dyn ObjectStore>,
    /// Views over them.
    pub view: Arc<dyn ObjectStore>,
    /// Marts.
    pub mart: Arc<dyn ObjectStore>,
    /// Persons and record keys.
    pub link: Arc<dyn ObjectStore>,
}

impl Stores {
    /// The store of `zone`, if tables lie there.
    #[must_use]
    pub fn of(&self, zone: Zone) -> Option<&Arc<dyn ObjectStore>> {
        match zone {
            Zone::Raw => Some(&self.raw),
            Zone::View => Some(&self.view),
            Zone::Mart => Some(&self.mart),
            Zone::Link => Some(&self.link),
            _ => None,
        }
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stores")
    }
}

/// The scheme under which Delta knows our zones: `lake://raw/observation`.
pub(crate) const SCHEME: &str = "lake";

/// Tells Delta how to keep its log on a store of ours. Calling it again changes nothing.
pub(crate) fn register_scheme() {
    if let Ok(scheme) = Url::parse("lake://") {
        logstore_factories().entry(scheme).or_insert_with(|| Arc::new(ZoneLogs));
    }
}

/// Delta's own log over the store that it is given: conditional puts make commits exclusive.
#[derive(Debug)]
struct ZoneLogs;

impl LogStoreFactory for ZoneLogs {
    fn with_options(
        &self,
        prefixed: ObjectStoreRef,
        root: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        Ok(default_logstore(prefixed, root, location, options))
    }
}
