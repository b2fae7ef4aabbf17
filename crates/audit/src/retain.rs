//! Retention: what was recorded before a moment goes, and a signed mark stays of where the chain was cut.
//!
//! A chain is cut where an object ends. The mark is made of the signed head that ends the last object that goes, under
//! a domain of its own, and is durable before anything is deleted; what comes before a mark need not be there. So a
//! trail verifies whenever this stops, and whoever carries it out again finishes the work.
//!
//! Nothing goes that is not proved: retention cannot be used to be rid of records that somebody changed. And nothing
//! goes that no checkpoint tells of: the chain from the mark on has to come by what the checkpoint tells, so whoever
//! kept one from before the cut can hold the cut itself against it. Checkpoints never go.

use crate::{
    head::{self, Head, Says},
    line::{self, is_record},
    place::{self, Place, Places},
    verify::{Damage, Known, Log, VerifyError, Walk, begin, read_marks},
};
use model::{SignError, Signer, Timestamp};
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, path::Path};
use std::collections::{BTreeMap, BTreeSet};

/// What is due to go; nothing is changed until it is [carried out](Retention::carry_out).
#[derive(Debug, Default)]
pub struct Retention {
    /// The chains of which something is to go, by writer.
    pub due: Vec<Due>,
    /// Why other chains are left alone: they could not be proved.
    pub damaged: Vec<VerifyError>,
}

/// What is due to go of one chain.
#[derive(Clone, Debug)]
pub struct Due {
    /// Where the chain will begin: with the record after these.
    pub cut: Head,
    /// Whether nothing of the chain will be left.
    pub whole: bool,
    /// How many records go; none where only the rest of an earlier retention is to be deleted.
    pub records: u64,
    objects: Vec<Place>,
    /// Marks that the new one makes needless.
    marks: Vec<u64>,
}

/// Why nothing, or not all, was let go. What was done is whole; carrying it out again finishes it.
#[derive(Debug, thiserror::Error)]
pub enum RetainError {
    /// The log of checkpoints does not verify, or the trail cannot be listed.
    #[error(transparent)]
    Find(#[from] VerifyError),
    /// The mark could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The log zone failed.
    #[error("{action} `{path}`")]
    Store {
        /// What was being done.
        action: &'static str,
        /// To which object.
        path: Path,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
}

impl Retention {
    /// Finds the objects all of whose records were recorded before `before`, as far as checkpoints tell of them. The
    /// last object of a chain goes only when its writer has ended the chain.
    ///
    /// # Errors
    /// The store failed, or the log of checkpoints does not verify.
    pub async fn plan(
        store: &dyn ObjectStore,
        public_key: &[u8; 32],
        before: Timestamp,
    ) -> Result<Self, RetainError> {
        let places = Places::list(store, None).await.map_err(VerifyError::List)?;
        let log = Log::prove(store, public_key, &places.checkpoints).await?;
        let mut known: BTreeMap<&str, Known> = BTreeMap::new();
        for leaf in &log.leaves {
            known.entry(&leaf.head.writer).or_default().add(&leaf.head);
        }
        let writers: BTreeSet<&String> = places.chains.keys().chain(places.cuts.keys()).collect();
        let mut retention = Self::default();
        for writer in writers {
            let known = known.remove(writer.as_str()).unwrap_or_default();
            let chain = Chain { store, public_key, writer, known, before };
            match chain.due(&places).await {
                Ok(due) => retention.due.extend(due),
                Err(error) => retention.damaged.push(error),
            }
        }
        Ok(retention)
    }

    /// How many records are to go.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.due.iter().map(|due| due.records).sum()
    }

    /// Lets go of what is due, chain by chain, and gives where each was cut.
    ///
    /// # Errors
    /// The key or the store failed.
    pub async fn carry_out(
        &self,
        store: &dyn ObjectStore,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<Vec<Head>, RetainError> {
        for due in &self.due {
            due.carry_out(store, signer, now).await?;
        }
        Ok(self.due.iter().map(|due| due.cut.clone()).collect())
    }
}

impl Due {
    async fn carry_out(
        &self,
        store: &dyn ObjectStore,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<(), RetainError> {
        let writer = &self.cut.writer;
        if self.records > 0 {
            let (mark, _) = head::write(Says::Cut, self.cut.clone(), self.whole, now, signer)?;
            let path = place::cut(writer, self.cut.count);
            let put = store.put(&path, PutPayload::from(mark)).await;
            put.map_err(|source| RetainError::Store { action: "put the mark", path, source })?;
        }
        // What is left when this stops stands before the mark: it is not read, and need not be there.
        for object in &self.objects {
            delete(store, object.path(writer)).await?;
        }
        for &count in &self.marks {
            delete(store, place::cut(writer, count)).await?;
        }
        Ok(())
    }
}

/// One chain, and what checkpoints tell of it.
struct Chain<'a> {
    store: &'a dyn ObjectStore,
    public_key: &'a [u8; 32],
    writer: &'a str,
    known: Known,
    before: Timestamp,
}

impl Chain<'_> {
    /// Proves the chain as far as it is due.
    async fn due(&self, places: &Places) -> Result<Option<Due>, VerifyError> {
        let Self { store, public_key, writer, ref known, before } = *self;
        let cuts = places.cuts.get(writer).map_or(&[][..], Vec::as_slice);
        let marks = read_marks(store, public_key, writer, cuts, known.count).await?;
        let objects = places.chains.get(writer).map_or(&[][..], Vec::as_slice);
        let (start, kept) = (begin(writer, marks.last()), places.kept(writer));
        let mut walk = Walk::new(store, public_key, start.clone(), kept, &known.hashes);
        let (mut cut, mut due) = (start.clone(), 0);
        for (number, &place) in kept.iter().enumerate() {
            if place.recorded.is_some_and(|recorded| recorded >= before) {
                break;
            }
            let lines = walk.step(place).await?;
            let (head, closed) = walk.end();
            // Names are not signed: when the records were recorded, they tell themselves.
            if head.count > known.count || recorded_last(&lines).is_none_or(|last| last >= before) {
                break;
            }
            match kept.get(number + 1) {
                None if !closed => break,
                Some(next) if next.first != head.count => {
                    let (index, what) = (head.count, Damage::Removed);
                    return Err(VerifyError::Tampered { writer: writer.to_owned(), index, what });
                }
                _ => {}
            }
            (cut, due) = ((head, closed), number + 1);
        }
        let gone = objects.len() - kept.len() + due;
        let (cut, whole) = cut;
        let marks: Vec<u64> = cuts.iter().copied().filter(|&count| count != cut.count).collect();
        let objects = objects.get(..gone).unwrap_or_default().to_vec();
        let nothing = objects.is_empty() && marks.is_empty();
        let records = cut.count - start.0.count;
        Ok((!nothing).then_some(Due { cut, whole, records, objects, marks }))
    }
}

/// When the last of an object's records was recorded; none if one of them does not tell.
fn recorded_last(lines: &[u8]) -> Option<Timestamp> {
    let records = lines.split(|&byte| byte == b'\n').filter(|line| is_record(line));
    records
        .map(|line| line::read(line)?.recorded())
        .try_fold(Timestamp(i64::MIN), |last, recorded| Some(last.max(recorded?)))
}

/// Deletes an object, unless it is gone already.
async fn delete(store: &dyn ObjectStore, path: Path) -> Result<(), RetainError> {
    match store.delete(&path).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(source) => Err(RetainError::Store { action: "delete", path, source }),
    }
}
