//! Remembers headers of objects in stores elsewhere, so that a second range of an
//! object costs one request and not two.

use super::format::HEADER;
use object_store::ObjectMeta;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Headers kept, at about 250 bytes each with their names.
const LIMIT: usize = 4096;

/// Headers by name and tag. A header is no secret: it stands in the open before the chunks.
#[derive(Default)]
pub(super) struct HeaderCache(Mutex<HashMap<(String, String), [u8; HEADER]>>);

impl HeaderCache {
    pub(super) fn get(&self, meta: &ObjectMeta) -> Option<[u8; HEADER]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&name(meta)?).copied()
    }

    pub(super) fn put(&self, meta: &ObjectMeta, header: [u8; HEADER]) {
        let Some(name) = name(meta) else { return };
        let mut headers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if headers.len() >= LIMIT {
            headers.clear();
        }
        headers.insert(name, header);
    }
}

/// Without a tag, two objects of one name cannot be told apart.
fn name(meta: &ObjectMeta) -> Option<(String, String)> {
    Some((meta.location.to_string(), meta.e_tag.clone()?))
}
