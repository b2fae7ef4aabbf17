//! What can go wrong in the vault.

use crate::RecordId;

/// Why something could not be put into the vault, or read back.
///
/// Messages carry object keys and pseudonyms only.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The object store failed.
    #[error("{action} vault object `{object}`")]
    Store {
        /// `put`, `get` or `list`.
        action: &'static str,
        /// The object's key.
        object: String,
        /// The store's own word.
        source: object_store::Error,
    },
    /// The object is not what the vault wrote: it was altered, cut off, or is another one's.
    #[error("vault object `{object}` is damaged")]
    Damaged {
        /// The object's key.
        object: String,
    },
    /// What is sealed in the object does not open with the key of its record.
    #[error("open record `{record}` in vault object `{object}`")]
    Open {
        /// The object's key.
        object: String,
        /// The record.
        record: RecordId,
        /// Why not.
        source: keys::OpenError,
    },
    /// The vault holds no key of the record: none was made, or it was destroyed.
    #[error("the vault holds no key of record `{record}`")]
    NoKey {
        /// The record.
        record: RecordId,
    },
    /// Nothing could be sealed for the record.
    #[error("seal for record `{record}`")]
    Seal {
        /// The record.
        record: RecordId,
        /// Why not.
        source: keys::SealError,
    },
    /// A fragment is larger than the vault's format allows (4 GiB a record and object, 255 bytes of type, 65,535 other subjects).
    #[error("a fragment of record `{record}` is too large")]
    TooLarge {
        /// The record.
        record: RecordId,
    },
}
