//! Proving the log of checkpoints: every leaf, every peak, every root and signature.

use super::{Damage, VerifyError, WitnessDamage};
use crate::{
    checkpoint::{Checkpoint, Leaf, Sheet, Tree},
    head::Head,
    place,
};
use model::Timestamp;
use object_store::{ObjectStore, ObjectStoreExt as _};
use std::collections::BTreeMap;

/// The log, proved.
pub(crate) struct Log {
    pub(crate) leaves: Vec<Leaf>,
    /// The root when the tree had so many leaves.
    roots: Vec<[u8; 32]>,
    /// The newest checkpoint.
    pub(crate) checkpoint: Option<Checkpoint>,
}

impl Log {
    /// Reads and proves the log, whose objects begin at these sizes.
    pub(crate) async fn prove(
        store: &dyn ObjectStore,
        public_key: &[u8; 32],
        sizes: &[u64],
    ) -> Result<Self, VerifyError> {
        let mut tree = Tree::default();
        let mut log = Self { leaves: Vec::new(), roots: vec![tree.root()], checkpoint: None };
        for &size in sizes {
            let leaf = tree.size();
            if size != leaf {
                let what = if size > leaf { Damage::Removed } else { Damage::Reordered };
                return Err(VerifyError::Checkpoints { leaf, what });
            }
            let unreadable =
                |source| VerifyError::Unreadable { writer: "_checkpoints".into(), index: size, source };
            let object = store.get(&place::checkpoint(size)).await.map_err(unreadable)?;
            let bytes = object.bytes().await.map_err(unreadable)?;
            let altered = VerifyError::Checkpoints { leaf, what: Damage::Altered };
            let Some(Sheet { leaves, tree: stated, checkpoint }) = Sheet::read(&bytes) else {
                return Err(altered);
            };
            for leaf in leaves {
                tree.push(leaf.line().as_bytes());
                log.roots.push(tree.root());
                log.leaves.push(leaf);
            }
            if tree != stated || checkpoint.size != tree.size() || checkpoint.root != tree.root() {
                return Err(altered);
            }
            if checkpoint.verify(public_key).is_err() {
                return Err(VerifyError::Checkpoints { leaf, what: Damage::Signature });
            }
            log.checkpoint = Some(checkpoint);
        }
        Ok(log)
    }

    /// Holds the log against checkpoints of somebody else, and gives the size of the largest.
    pub(crate) fn hold_against<'a>(
        &self,
        public_key: &[u8; 32],
        checkpoints: impl IntoIterator<Item = &'a Checkpoint>,
    ) -> Result<u64, VerifyError> {
        let mut largest = 0;
        for checkpoint in checkpoints {
            let size = checkpoint.size;
            let wrong = |what| Err(VerifyError::Witness { size, what });
            if checkpoint.verify(public_key).is_err() {
                return wrong(WitnessDamage::Unsigned);
            }
            match usize::try_from(size).ok().and_then(|size| self.roots.get(size)) {
                None => return wrong(WitnessDamage::CutOff),
                Some(root) if *root != checkpoint.root => return wrong(WitnessDamage::Altered),
                Some(_) => largest = largest.max(size),
            }
        }
        Ok(largest)
    }

    /// How far each chain reached when the log had `size` leaves.
    pub(crate) fn heads_at(&self, size: u64) -> BTreeMap<&str, &Head> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        // Two that were made at once may stand in the other order.
        let mut heads: BTreeMap<&str, &Head> = BTreeMap::new();
        for leaf in self.leaves.iter().take(size) {
            let head = heads.entry(&leaf.head.writer).or_insert(&leaf.head);
            if leaf.head.count > head.count {
                *head = &leaf.head;
            }
        }
        heads
    }

    /// How far the log tells of each chain.
    pub(crate) fn told(&self) -> BTreeMap<&str, &Head> {
        self.heads_at(u64::MAX)
    }

    /// When a leaf was put down.
    pub(crate) fn time_of(&self, leaf: u64) -> Option<Timestamp> {
        usize::try_from(leaf).ok().and_then(|leaf| self.leaves.get(leaf)).map(|leaf| leaf.time)
    }
}
