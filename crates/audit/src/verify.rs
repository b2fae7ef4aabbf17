//! Proving the trail: every hash, every index, every signature, every checkpoint, and all that somebody else has kept.

mod chain;
mod checkpoints;

use crate::{
    checkpoint::Checkpoint,
    head::{Head, Says},
    line::first_hash,
    place::{self, Places},
};
use chain::Walk;
use checkpoints::Log;
use model::Timestamp;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use std::{collections::BTreeMap, fmt};

/// What the trail is held against besides itself.
#[derive(Clone, Debug, Default)]
pub struct Witnesses {
    /// Heads known from elsewhere, read before the trail is: the control database's.
    pub heads: Vec<Head>,
    /// Checkpoints that somebody else has kept.
    pub checkpoints: Vec<Checkpoint>,
    /// A checkpoint up to which all has been proved before: what lies before it is not read again.
    pub proved: Option<Checkpoint>,
}

/// What was done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is not what was written, or was never written by the lake.
    Altered,
    /// It is gone, and later ones are there.
    Removed,
    /// It stands in another place.
    Reordered,
    /// It and all after it are gone.
    CutOff,
    /// No valid signature covers it, or the signature that follows the records before it is not valid.
    Signature,
}

/// What was proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How far every chain reaches.
    pub writers: Vec<Head>,
    /// How many records were proved.
    pub records: u64,
    /// The newest checkpoint of the trail's own, if there is one.
    pub checkpoint: Option<Checkpoint>,
    /// How many of the leaves of its tree are witnessed: by the checkpoint of somebody else, nothing is missing of
    /// what these leaves tell.
    pub witnessed_leaves: u64,
    /// When the last of these was put down; none if nobody else's checkpoint was given.
    pub complete_until: Option<Timestamp>,
    /// The chains of which nobody can say that there was no more.
    pub unwitnessed: Vec<Unwitnessed>,
    /// The chains whose beginning retention has cut off, and how far.
    pub cut: Vec<Head>,
}

/// A chain that was not closed, and reaches further than any head that was kept elsewhere. All its records are
/// what was written; whether others followed the last, the trail alone cannot tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwitnessed {
    /// Whose chain.
    pub writer: String,
    /// How many records a witness knows of.
    pub witnessed: u64,
    /// How many there are.
    pub count: u64,
}

/// Why the trail is not proved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Somebody changed it. The record is the first that is bad; where a record's own hash was made to fit
    /// again, it is the first that the next hash or signature shows.
    #[error("record {index} of `{writer}`: {what}")]
    Tampered {
        /// Whose chain.
        writer: String,
        /// Which record; the first is 0.
        index: u64,
        /// What was done.
        what: Damage,
    },
    /// The log of checkpoints was changed.
    #[error("leaf {leaf} of the log of checkpoints: {what}")]
    Checkpoints {
        /// The first leaf that is bad.
        leaf: u64,
        /// What was done.
        what: Damage,
    },
    /// A checkpoint that somebody else has kept is not one of this trail.
    #[error("the checkpoint of {size} leaves {what}")]
    Witness {
        /// Its size.
        size: u64,
        /// What is wrong.
        what: WitnessDamage,
    },
    /// An object cannot be read, or does not authenticate: its bytes were changed.
    #[error("read the records of `{writer}` from {index} on")]
    Unreadable {
        /// Whose chain.
        writer: String,
        /// The object's first record.
        index: u64,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// The log zone holds an object that no writer of the trail makes.
    #[error("object `{path}` does not belong to the audit trail")]
    Foreign {
        /// Where it lies.
        path: Path,
    },
    /// The log zone cannot be listed.
    #[error("list the audit trail")]
    List(#[source] object_store::Error),
}

/// Why a checkpoint from elsewhere does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WitnessDamage {
    /// This trail's key has not signed it.
    Unsigned,
    /// The trail has fewer leaves: something that it commits to is gone.
    CutOff,
    /// The trail's leaves are others: it was written anew.
    Altered,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered",
            Self::Removed => "removed",
            Self::Reordered => "reordered",
            Self::CutOff => "cut off",
            Self::Signature => "not covered by a valid signature",
        })
    }
}

impl fmt::Display for WitnessDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "is not signed by this trail's key",
            Self::CutOff => "tells of records that the trail no longer has",
            Self::Altered => "was made of another history than the trail has now",
        })
    }
}

/// Recomputes the log of checkpoints and every chain in `store`, with the trail's public key alone.
///
/// # Errors
/// The first thing that is not as it was written, or the store failed.
pub async fn verify(
    store: &dyn ObjectStore,
    public_key: &[u8; 32],
    witnesses: &Witnesses,
) -> Result<Verified, VerifyError> {
    let mut places = Places::list(store, None).await.map_err(VerifyError::List)?;
    if let Some(path) = std::mem::take(&mut places.foreign).into_iter().next() {
        return Err(VerifyError::Foreign { path });
    }
    let log = Log::prove(store, public_key, &places.checkpoints).await?;
    let witnessed_leaves = log.hold_against(public_key, &witnesses.checkpoints)?;
    let from = log.heads_at(log.hold_against(public_key, &witnesses.proved)?);

    let mut chains: BTreeMap<&str, Known> = BTreeMap::new();
    for head in witnesses.heads.iter().chain(log.leaves.iter().map(|leaf| &leaf.head)) {
        chains.entry(&head.writer).or_default().add(head);
    }
    for writer in places.chains.keys().chain(places.cuts.keys()) {
        chains.entry(writer).or_default();
    }
    let mut verified = Verified {
        complete_until: witnessed_leaves.checked_sub(1).and_then(|last| log.time_of(last)),
        witnessed_leaves,
        checkpoint: log.checkpoint.clone(),
        ..Verified::default()
    };
    for (writer, known) in chains {
        let cut = match places.cuts.get(writer) {
            Some(cuts) => Some(read_cut(store, public_key, writer, cuts).await?),
            None => None,
        };
        let begin = Head { writer: writer.to_owned(), count: 0, hash: first_hash(writer) };
        let begin = cut.clone().unwrap_or(begin);
        let start =
            from.get(writer).filter(|from| from.count > begin.count).map_or(begin, |&from| from.clone());
        let before = start.count;
        let objects = places.chains.get(writer).map_or(&[][..], Vec::as_slice);
        let mut walk = Walk::new(store, public_key, start, objects, &known.hashes);
        walk.chain().await?;
        let (head, closed) = walk.end();
        verified.records += head.count - before;
        if !closed && known.count < head.count {
            let (writer, witnessed, count) = (head.writer.clone(), known.count, head.count);
            verified.unwitnessed.push(Unwitnessed { writer, witnessed, count });
        }
        verified.writers.push(head);
        verified.cut.extend(cut);
    }
    Ok(verified)
}

/// What is known of a chain from elsewhere.
#[derive(Default)]
struct Known {
    /// The hashes that were seen when the chain had so many records.
    hashes: BTreeMap<u64, Vec<[u8; 32]>>,
    /// The most records that were seen.
    count: u64,
}

impl Known {
    fn add(&mut self, head: &Head) {
        let hashes = self.hashes.entry(head.count).or_default();
        if !hashes.contains(&head.hash) {
            hashes.push(head.hash);
        }
        self.count = self.count.max(head.count);
    }
}

/// Where retention has cut a chain: the signed mark that reaches furthest. What an earlier one says is implied.
async fn read_cut(
    store: &dyn ObjectStore,
    public_key: &[u8; 32],
    writer: &str,
    cuts: &[u64],
) -> Result<Head, VerifyError> {
    let count = cuts.last().copied().unwrap_or_default();
    let unreadable = |source| VerifyError::Unreadable { writer: writer.to_owned(), index: count, source };
    let object = store.get(&place::cut(writer, count)).await.map_err(unreadable)?;
    let bytes = object.bytes().await.map_err(unreadable)?;
    let mark = bytes.strip_suffix(b"\n").and_then(crate::head::read);
    let mark = mark.filter(|mark| mark.is_signed(Says::Cut, public_key));
    match mark.filter(|mark| mark.head.writer == writer && mark.head.count == count) {
        Some(mark) => Ok(mark.head),
        None => {
            Err(VerifyError::Tampered { writer: writer.to_owned(), index: count, what: Damage::Signature })
        }
    }
}
