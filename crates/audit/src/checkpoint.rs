//! Checkpoints: a few lines that commit to every record of every writer.
//!
//! The log of checkpoints is a Merkle tree (RFC 6962) whose leaves are heads of chains:
//!
//! ```text
//! {"count":12,"hash":"<64 hex>","time":<ms>,"writer":"…"}
//! ```
//!
//! One leaf is added for each chain that has grown, and a checkpoint (C2SP tlog-checkpoint, a signed note) is made of
//! the tree then. An object of the log holds such leaves, the tree's peaks, and the checkpoint:
//!
//! ```text
//! {"count":…}
//! {"peaks":["<64 hex>",…]}
//!
//! audit.carelake/<key>
//! 7
//! <root, base 64>
//!
//! — audit.carelake/<key> <signature, base 64>
//! ```
//!
//! Objects are made only where there is none yet, so the log cannot fork however many processes add to it.

mod note;
mod object;
mod tree;

pub use note::{Checkpoint, NoteError, parse_verifier_key, verifier_key};
pub(crate) use object::{Leaf, Sheet};
pub(crate) use tree::Tree;

use crate::{head::Head, place};
use futures::TryStreamExt as _;
use model::{Clock, SignError, Signer, failpoint};
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, path::Path};
use std::sync::Arc;

/// How often somebody else may be first before we give up.
const TRIES: usize = 16;

/// Makes checkpoints in an audit zone.
pub struct Checkpoints {
    store: Arc<dyn ObjectStore>,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
}

/// A checkpoint, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// How many leaves stand before its object: what [`Checkpoints::make`] is to be told next time.
    pub at: u64,
}

/// Why no checkpoint could be made.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The log zone failed.
    #[error("{0} the log of checkpoints")]
    Store(&'static str, #[source] object_store::Error),
    /// The newest object of the log is not what is written here.
    #[error("the checkpoint `{0}` is malformed; `carelake audit verify` says more")]
    Malformed(Path),
    /// The signing key cannot be used.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Others have made checkpoints all the time.
    #[error("add to the log of checkpoints: others were first {TRIES} times")]
    Busy,
}

impl Checkpoints {
    /// Checkpoints of the trail in `store`, which creates objects atomically ([`PutMode::Create`]).
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, signer: Arc<dyn Signer>, clock: Arc<dyn Clock>) -> Self {
        Self { store, signer, clock }
    }

    /// Adds the heads of the chains that have grown, and makes a checkpoint. Without any there is nothing to be
    /// said that the newest checkpoint does not say. `known` is where a checkpoint is known to lie: older ones are
    /// not looked at.
    ///
    /// # Errors
    /// The store or the key failed; nothing is then added.
    pub async fn make(&self, grown: &[Head], known: u64) -> Result<Option<Made>, CheckpointError> {
        let time = self.clock.now();
        let leaves: Vec<_> = grown.iter().map(|head| Leaf { head: head.clone(), time }).collect();
        let mut known = known;
        for _ in 0..TRIES {
            let newest = self.newest(known).await?;
            if leaves.is_empty() {
                return Ok(newest.map(|(at, sheet)| Made { checkpoint: sheet.checkpoint, at }));
            }
            let mut tree = newest.map(|(_, sheet)| sheet.tree).unwrap_or_default();
            let before = tree.size();
            leaves.iter().for_each(|leaf| tree.push(leaf.line().as_bytes()));
            let checkpoint = Checkpoint::sign(tree.size(), tree.root(), self.signer.as_ref())?;
            let sheet = Sheet { leaves: leaves.clone(), tree, checkpoint };
            let payload = PutPayload::from(sheet.write());
            let put = self.store.put_opts(&place::checkpoint(before), payload, PutMode::Create.into()).await;
            match put {
                Ok(_) => {
                    failpoint!("audit.checkpoint.after-put");
                    return Ok(Some(Made { checkpoint: sheet.checkpoint, at: before }));
                }
                Err(object_store::Error::AlreadyExists { .. }) => known = before,
                Err(error) => return Err(CheckpointError::Store("add to", error)),
            }
        }
        Err(CheckpointError::Busy)
    }

    /// The newest object of the log and where it lies; one is known to lie at `known`.
    async fn newest(&self, known: u64) -> Result<Option<(u64, Sheet)>, CheckpointError> {
        let folder = place::checkpoints();
        let unreadable = |error| CheckpointError::Store("read", error);
        let offset = place::checkpoint(known.saturating_sub(1));
        let listing = match known {
            0 => self.store.list(Some(&folder)),
            _ => self.store.list_with_offset(Some(&folder), &offset),
        };
        let objects: Vec<_> = listing.try_collect().await.map_err(unreadable)?;
        let sizes = objects.iter().filter_map(|object| place::checkpoint_size(&object.location));
        let Some(last) = sizes.max() else { return Ok(None) };
        let path = place::checkpoint(last);
        let bytes = self.store.get(&path).await.map_err(unreadable)?.bytes().await.map_err(unreadable)?;
        let sheet = Sheet::read(&bytes).ok_or(CheckpointError::Malformed(path))?;
        Ok(Some((last, sheet)))
    }
}
