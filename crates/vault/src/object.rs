//! Where things lie in the vault: typed object keys.

use model::{CommitSeq, Epoch};
use object_store::path::Path;
use std::fmt;

/// The object of one file of record keys: `record-keys/g{generation}/{seq}-{epoch}-{part}`.
///
/// The writer's epoch is part of both keys: were two workers started by mistake,
/// neither could write over what the other has sealed under other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeysKey {
    /// The generation of record keys; retiring one ends its backups.
    pub generation: u32,
    /// The commit that first saw the records.
    pub seq: CommitSeq,
    /// The writing worker's lease.
    pub epoch: Epoch,
    /// Counts the files of one commit and epoch, from 0.
    pub part: u32,
}

/// The object of one file of fragments: `fragments/{seq}-{epoch}-{part}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FragmentsKey {
    /// The commit that the resources belong to.
    pub seq: CommitSeq,
    /// The writing worker's lease.
    pub epoch: Epoch,
    /// Counts the files of one commit and epoch, from 0.
    pub part: u32,
}

impl KeysKey {
    pub(crate) const FOLDER: &str = "record-keys";

    /// As the object store names it.
    #[must_use]
    pub fn path(&self) -> Path {
        Path::from(self.to_string())
    }
}

impl FragmentsKey {
    pub(crate) const FOLDER: &str = "fragments";

    /// As the object store names it.
    #[must_use]
    pub fn path(&self) -> Path {
        Path::from(self.to_string())
    }
}

impl fmt::Display for KeysKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/g{}/{:012}-{:06}-{:04}",
            Self::FOLDER,
            self.generation,
            self.seq.0,
            self.epoch.0,
            self.part
        )
    }
}

impl fmt::Display for FragmentsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:012}-{:06}-{:04}", Self::FOLDER, self.seq.0, self.epoch.0, self.part)
    }
}
