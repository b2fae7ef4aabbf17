//! Key sets that lie elsewhere, read from the control database's copies. This gateway fetches nothing.

use control::{Control, ControlError};
use credentials::key_set::KeySet;
use model::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Copies that have been read, so that each is read once.
#[derive(Default)]
pub(crate) struct KeySets(Mutex<HashMap<String, (Timestamp, Arc<KeySet>)>>);

impl KeySets {
    /// The key set at `url`, if there is a good copy of it.
    pub(crate) async fn at(&self, control: &Control, url: &str) -> Result<Option<Arc<KeySet>>, ControlError> {
        let Some(copy) = control.key_set(url).await? else { return Ok(None) };
        let (Some(fetched), Some(jwks)) = (copy.fetched, copy.jwks) else { return Ok(None) };
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, keys)) = read.get(url)
            && *when == fetched
        {
            return Ok(Some(Arc::clone(keys)));
        }
        let Ok(keys) = KeySet::parse(&jwks) else {
            tracing::warn!("the copy of a key set cannot be used");
            return Ok(None);
        };
        let keys = Arc::new(keys);
        // As many as the operator registered.
        read.insert(url.to_owned(), (fetched, Arc::clone(&keys)));
        Ok(Some(keys))
    }
}
