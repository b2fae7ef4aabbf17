//! Ids that follow from names.

use aws_lc_rs::digest;
use uuid::{Builder, Uuid};

/// An id that follows from a name: version 8 of RFC 9562, of the name's SHA-256.
#[must_use]
pub fn id_of(name: &str) -> Uuid {
    let hash = digest::digest(&digest::SHA256, name.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.as_ref()).for_each(|(byte, hashed)| *byte = *hashed);
    Builder::from_custom_bytes(bytes).into_uuid()
}
