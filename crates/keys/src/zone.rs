//! The zones of the lake and the keys of their stores.

use crate::{KeyError, KeyId, secret::Secret};
use aws_lc_rs::{aead, error::Unspecified};
use std::{fmt, sync::Arc};

/// A part of the lake with a store, a credential and a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// Sealed segments, as they came in.
    Landing,
    /// Identity: fragments and record keys.
    Vault,
    /// Pseudonymised resources.
    Raw,
    /// Rows that ViewDefinitions made.
    View,
    /// Data marts.
    Mart,
    /// Persons, and which patients are one person.
    Link,
    /// The audit trail.
    Audit,
    /// Attachments and payloads that their providers encrypted.
    Content,
    /// What no rule could place.
    Quarantine,
    /// The control database and the ledger.
    Control,
}

impl Zone {
    /// Every zone.
    #[must_use]
    pub const fn all() -> [Self; 10] {
        [
            Self::Landing,
            Self::Vault,
            Self::Raw,
            Self::View,
            Self::Mart,
            Self::Link,
            Self::Audit,
            Self::Content,
            Self::Quarantine,
            Self::Control,
        ]
    }

    /// The zone's name, such as `raw`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Landing => "landing",
            Self::Vault => "vault",
            Self::Raw => "raw",
            Self::View => "view",
            Self::Mart => "mart",
            Self::Link => "link",
            Self::Audit => "audit",
            Self::Content => "content",
            Self::Quarantine => "quarantine",
            Self::Control => "control",
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The 256-bit key from which the key of each object in a zone is derived.
#[derive(Clone)]
pub struct ZoneKey {
    id: KeyId,
    secret: Arc<Secret>,
}

impl ZoneKey {
    /// A new key that no ring holds: what it encrypts is lost with it.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Secret::random().map(Self::new)
    }

    pub(crate) fn new(secret: Secret) -> Self {
        Self { id: secret.key_id(), secret: Arc::new(secret) }
    }

    /// Names the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The AES-256-GCM key for what `salt` and `info` name.
    pub(crate) fn derive(&self, salt: &[u8], info: &[&[u8]]) -> Result<aead::LessSafeKey, Unspecified> {
        self.secret.derive(salt, info)
    }
}

impl fmt::Debug for ZoneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZoneKey({})", self.id)
    }
}
