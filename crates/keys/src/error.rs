//! Why keys, sealing or stores refuse. Messages hold names, ids and counts only.

use crate::{KeyId, Zone};
use std::{io, path::PathBuf};

/// Why something could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The public key is no point that an agreement can be made with.
    #[error("use the recipient's public key")]
    Recipient,
    /// The cryptographic library refused; it does so when it has no randomness.
    #[error("encrypt")]
    Cipher,
}

/// Why something sealed could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It does not begin as sealed things do.
    #[error("it is not in the sealed format")]
    NotSealed,
    /// It was written by a later version of carelake.
    #[error("it is in version {0} of the sealed format, which this program does not know")]
    Version(u16),
    /// It was sealed under another key.
    #[error("it is sealed under key `{found}`, not `{expected}`")]
    OtherKey {
        /// The key that its header names.
        found: KeyId,
        /// The key that was used to open it.
        expected: KeyId,
    },
    /// It is shorter or longer than anything sealed can be.
    #[error("it has been cut off or added to")]
    Length,
    /// It was altered, moved from another place, or sealed to another key.
    #[error("it does not authenticate: altered, moved, or sealed to another key")]
    Authentication,
}

/// Why an object could not be written to, or read back from, a zone.
#[derive(Debug, thiserror::Error)]
pub enum ZoneError {
    /// What is stored under the key could not be opened.
    #[error("open object `{key}` of zone `{zone}`: {source}")]
    Open {
        /// The zone of the store.
        zone: Zone,
        /// The object.
        key: String,
        /// What is wrong with it.
        source: OpenError,
    },
    /// The object could not be encrypted.
    #[error("seal object `{key}` of zone `{zone}`: {source}")]
    Seal {
        /// The zone of the store.
        zone: Zone,
        /// The object.
        key: String,
        /// What went wrong.
        source: SealError,
    },
    /// The disk, or this user's share of it, is full. Make room and try again.
    #[error("{action} `{key}`: no space is left on the disk")]
    DiskFull {
        /// What was being done.
        action: &'static str,
        /// The object.
        key: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file system failed.
    #[error("{action} `{key}`: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// The object.
        key: String,
        /// What the system said.
        source: io::Error,
    },
    /// An upload was ended before all its parts were written.
    #[error("complete the upload of `{key}`: {written} of {expected} bytes were written")]
    Incomplete {
        /// The object.
        key: String,
        /// Bytes that reached the file.
        written: u64,
        /// Bytes that were handed in.
        expected: u64,
    },
    /// The name is one that the store keeps for itself, or cannot be a file's.
    #[error("`{0}` cannot name an object")]
    Name(String),
}

impl ZoneError {
    /// Sorts an error of the file system.
    pub(crate) fn io(action: &'static str, key: impl Into<String>, source: io::Error) -> Self {
        let key = key.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { action, key, source }
            }
            _ => Self::Io { action, key, source },
        }
    }
}

impl From<ZoneError> for object_store::Error {
    fn from(error: ZoneError) -> Self {
        match error {
            ZoneError::Io { key, source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Self::NotFound { path: key, source: source.into() }
            }
            ZoneError::Io { key, source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                Self::AlreadyExists { path: key, source: source.into() }
            }
            ZoneError::Io { key, source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Self::PermissionDenied { path: key, source: source.into() }
            }
            error => Self::Generic { store: "zone", source: Box::new(error) },
        }
    }
}

/// Why recovery shares were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// The text is not laid out as a share is.
    #[error("share {0} of those given is not a recovery share: copy it again, from `carelake-` to its end")]
    NotAShare(usize),
    /// The checksum does not fit: a typing error.
    #[error("share {0} of those given has a typing error: compare it with the original, letter by letter")]
    Mistyped(usize),
    /// The share belongs to another key than this.
    #[error("share {position} of those given belongs to key `{found}`, but key `{expected}` is wanted")]
    OtherKey {
        /// Its place among those given, from 1.
        position: usize,
        /// The key it belongs to.
        found: KeyId,
        /// The key that is to be restored.
        expected: KeyId,
    },
    /// The share is of another kind, such as the custodian's where the root's is wanted.
    #[error("share {position} of those given is a `{found}` share, but `{expected}` shares are wanted")]
    OtherKind {
        /// Its place among those given, from 1.
        position: usize,
        /// The kind it is.
        found: &'static str,
        /// The kind that is wanted.
        expected: &'static str,
    },
    /// There are fewer different shares than restore the key.
    #[error("{given} different shares were given, but {needed} are needed")]
    TooFew {
        /// How many different ones there were.
        given: usize,
        /// How many restore the key.
        needed: usize,
    },
    /// The shares are whole, but from different sharings of the key.
    #[error("these shares do not fit together: they come from different sharings of the key")]
    Mixed,
}

/// Why keys could not be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A ring holds other keys than those of its process.
    #[error("this ring is not the {role}'s: {what}; `carelake process give {role}` makes one that is")]
    Row {
        /// The process.
        role: model::ProcessRole,
        /// What it holds besides, and what it lacks.
        what: String,
    },
    /// There is a keyring already; it is never overwritten.
    #[error("a keyring exists in `{0}` already")]
    Exists(PathBuf),
    /// Others may read or write a key file.
    #[error("`{path}` may be used by others (mode {mode:o}): set it to 600")]
    Rights {
        /// The file.
        path: PathBuf,
        /// The rights it has.
        mode: u32,
    },
    /// A key file belongs to another user, or is not a plain file.
    #[error("`{0}` is not a plain file of the user that runs this program")]
    Owner(PathBuf),
    /// A file or folder could not be read or written.
    #[error("{action} `{path}`")]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key file is not what this program writes.
    #[error("`{path}` cannot be used: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key is missing, was altered, or was wrapped under another root key.
    #[error("unwrap key `{0}`: it is missing, altered, or belongs to another root key")]
    Unwrap(String),
    /// Recovery shares were refused.
    #[error(transparent)]
    Shares(#[from] ShareError),
    /// The cryptographic library refused; it does so when it has no randomness.
    #[error("make a key")]
    Generate,
}

impl KeyError {
    /// An error of the file system, with what was being done.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

impl From<aws_lc_rs::error::Unspecified> for KeyError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Generate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_one() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let error = object_store::Error::from(ZoneError::io("write", "object", kind.into()));
            assert_eq!(error.to_string(), "Generic zone error: write `object`: no space is left on the disk");
        }
    }

    #[test]
    fn errors_that_callers_act_on_keep_their_kind() {
        let of = |kind: io::ErrorKind| object_store::Error::from(ZoneError::io("write", "o", kind.into()));
        assert!(matches!(of(io::ErrorKind::NotFound), object_store::Error::NotFound { .. }));
        assert!(matches!(of(io::ErrorKind::AlreadyExists), object_store::Error::AlreadyExists { .. }));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), object_store::Error::PermissionDenied { .. }));
    }
}
