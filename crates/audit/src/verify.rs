//! Proving the trail: every hash, every index, every signature, every checkpoint, and all that somebody else has kept.

mod begin;
mod chain;
mod checkpoints;

pub(crate) use begin::{begin, read_marks};
pub(crate) use chain::Walk;
pub(crate) use checkpoints::Log;

use crate::{checkpoint::Checkpoint, head::Head, place::Places};
use model::Timestamp;
use object_store::{ObjectStore, path::Path};
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
    /// It was let go by a signed mark, but no checkpoint tells of the chain as far as that: nothing is let go so early.
    Untold,
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
    /// The chains whose beginning, or some of it, is missing because retention has cut it off, and how far.
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
            Self::Untold => "let go before any checkpoint told of it",
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
    let told = log.told();
    for (writer, mut known) in chains {
        let told = told.get(writer).map_or(0, |head| head.count);
        let from = from.get(writer).copied();
        let proof = Proof { store, public_key, writer, told, from };
        let proved = match proof.chain(&places, &mut known).await {
            // Retention may have let it go since the trail was listed.
            Err(error) if error.is_gone() => {
                let now = Places::list(store, Some(writer)).await.map_err(VerifyError::List)?;
                proof.chain(&now, &mut known).await?
            }
            proved => proved?,
        };
        verified.add(proved, known.count);
    }
    Ok(verified)
}

/// The proof of one chain.
struct Proof<'a> {
    store: &'a dyn ObjectStore,
    public_key: &'a [u8; 32],
    writer: &'a str,
    /// How many of its records the log of checkpoints tells of.
    told: u64,
    /// How far it has been proved before.
    from: Option<&'a Head>,
}

/// A chain that was proved.
struct Proved {
    /// Before which some are missing.
    cut: Option<Head>,
    records: u64,
    end: Head,
    closed: bool,
}

impl Proof<'_> {
    async fn chain(&self, places: &Places, known: &mut Known) -> Result<Proved, VerifyError> {
        let Self { store, public_key, writer, told, from } = *self;
        let cuts = places.cuts.get(writer).map_or(&[][..], Vec::as_slice);
        let marks = read_marks(store, public_key, writer, cuts, told).await?;
        marks.iter().for_each(|mark| known.add(&mark.head));
        let objects = places.chains.get(writer).map_or(&[][..], Vec::as_slice);
        let Some(from) = from else {
            let start = begin(writer, None);
            let walk = Walk::new(store, public_key, start, objects, &known.hashes).with_marks(&marks);
            return walk.prove().await;
        };
        // What lies before was proved already, or has gone since.
        let cut = marks.last().filter(|_| objects.first().is_none_or(|place| place.first > 0));
        let start = match marks.last().filter(|mark| mark.head.count > from.count) {
            Some(mark) => begin(writer, Some(mark)),
            None => (from.clone(), false),
        };
        let walk = Walk::new(store, public_key, start, places.kept(writer), &known.hashes);
        Ok(Proved { cut: cut.map(|mark| mark.head.clone()), ..walk.prove().await? })
    }
}

impl Walk<'_> {
    async fn prove(mut self) -> Result<Proved, VerifyError> {
        self.chain().await?;
        let (end, closed) = self.end();
        let (records, cut) = self.proved();
        Ok(Proved { cut, records, end, closed })
    }
}

impl Verified {
    fn add(&mut self, proved: Proved, witnessed: u64) {
        let Proved { cut, records, end, closed } = proved;
        self.records += records;
        if !closed && witnessed < end.count {
            let (writer, count) = (end.writer.clone(), end.count);
            self.unwitnessed.push(Unwitnessed { writer, witnessed, count });
        }
        self.cut.extend(cut);
        self.writers.push(end);
    }
}

impl VerifyError {
    /// Whether an object was there when the trail was listed, and is not now.
    fn is_gone(&self) -> bool {
        matches!(self, Self::Unreadable { source: object_store::Error::NotFound { .. }, .. })
    }
}

/// What is known of a chain from elsewhere.
#[derive(Default)]
pub(crate) struct Known {
    /// The hashes that were seen when the chain had so many records.
    pub(crate) hashes: BTreeMap<u64, Vec<[u8; 32]>>,
    /// The most records that were seen.
    pub(crate) count: u64,
}

impl Known {
    pub(crate) fn add(&mut self, head: &Head) {
        let hashes = self.hashes.entry(head.count).or_default();
        if !hashes.contains(&head.hash) {
            hashes.push(head.hash);
        }
        self.count = self.count.max(head.count);
    }
}
