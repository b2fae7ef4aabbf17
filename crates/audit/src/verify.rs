//! Proving the trail: every hash, every index, every signature, and every head that somebody else has kept.

use crate::{
    Head,
    format::{Hash, first_hash, is_record, is_signed, next_hash, object_path, read_head, read_record},
    read::{chains, object},
};
use object_store::{ObjectStore, path::Path};
use std::{collections::BTreeMap, fmt};

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
    /// How many records there are in all.
    pub records: u64,
    /// The chains of which nobody can say that there was no more.
    pub unwitnessed: Vec<Unwitnessed>,
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

/// Recomputes every chain in `store`. `witnessed` are heads known from elsewhere, read before this is called: the
/// control database's, a receipt's, an outside holder's.
///
/// # Errors
/// The first thing that is not as it was written, or the store failed.
pub async fn verify(
    store: &dyn ObjectStore,
    public_key: &[u8; 32],
    witnessed: &[Head],
) -> Result<Verified, VerifyError> {
    let (mut chains, foreign) = chains(store).await.map_err(VerifyError::List)?;
    if let Some(path) = foreign.into_iter().next() {
        return Err(VerifyError::Foreign { path });
    }
    for head in witnessed {
        chains.entry(head.writer.clone()).or_default();
    }
    let mut verified = Verified::default();
    for (writer, firsts) in chains {
        let witnesses: Vec<_> = witnessed.iter().filter(|head| head.writer == writer).collect();
        let known = witnesses.iter().map(|head| head.count).max().unwrap_or_default();
        let mut walk = Walk::new(store, public_key, writer, &firsts, &witnesses);
        walk.chain().await?;
        let Walk { head, closed, .. } = walk;
        verified.records += head.count;
        if !closed && known < head.count {
            let (writer, count) = (head.writer.clone(), head.count);
            verified.unwitnessed.push(Unwitnessed { writer, witnessed: known, count });
        }
        verified.writers.push(head);
    }
    Ok(verified)
}

/// One chain, record by record.
struct Walk<'a> {
    store: &'a dyn ObjectStore,
    public_key: &'a [u8; 32],
    firsts: &'a [u64],
    witnesses: BTreeMap<u64, Vec<Hash>>,
    /// How far it has been proved.
    head: Head,
    closed: bool,
}

impl<'a> Walk<'a> {
    fn new(
        store: &'a dyn ObjectStore,
        public_key: &'a [u8; 32],
        writer: String,
        firsts: &'a [u64],
        witnessed: &[&Head],
    ) -> Self {
        let mut witnesses: BTreeMap<u64, Vec<Hash>> = BTreeMap::new();
        for head in witnessed {
            witnesses.entry(head.count).or_default().push(head.hash);
        }
        let head = Head { hash: first_hash(&writer), writer, count: 0 };
        Self { store, public_key, firsts, witnesses, head, closed: false }
    }

    async fn chain(&mut self) -> Result<(), VerifyError> {
        self.witness()?;
        for &first in self.firsts {
            if self.closed {
                return Err(self.tampered(Damage::Altered));
            }
            if first != self.head.count {
                return Err(self.misplaced(&[], None).await);
            }
            let path = object_path(&self.head.writer, first);
            let bytes = object(self.store, &path).await.map_err(|source| VerifyError::Unreadable {
                writer: self.head.writer.clone(),
                index: first,
                source,
            })?;
            self.object(first, &bytes).await?;
        }
        match self.witnesses.last_key_value() {
            Some((&count, _)) if count > self.head.count => Err(self.tampered(Damage::CutOff)),
            _ => Ok(()),
        }
    }

    async fn object(&mut self, first: u64, bytes: &[u8]) -> Result<(), VerifyError> {
        let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
        if lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let Some((&last, records)) = lines.split_last() else {
            return Err(self.tampered(Damage::CutOff));
        };
        for (at, &line) in records.iter().enumerate() {
            self.record(line, records.get(at + 1..).unwrap_or_default(), last).await?;
        }
        if is_record(last) {
            self.record(last, &[], &[]).await?;
            return Err(self.tampered(Damage::CutOff));
        }
        // The head's own newline is part of its form.
        if !bytes.ends_with(b"\n") {
            return Err(self.tampered(Damage::Signature));
        }
        self.signed_head(first, last)
    }

    /// Proves one record, given the lines after it and the head that ends its object.
    async fn record(&mut self, line: &[u8], after: &[&[u8]], head: &[u8]) -> Result<(), VerifyError> {
        let Some(read) = read_record(line) else { return Err(self.tampered(Damage::Altered)) };
        if read.record.index != self.head.count {
            return Err(self.misplaced(after, Some(head)).await);
        }
        if next_hash(&self.head.hash, read.bytes) != read.hash {
            return Err(self.tampered(Damage::Altered));
        }
        self.head.count += 1;
        self.head.hash = read.hash;
        self.witness()
    }

    fn signed_head(&mut self, first: u64, line: &[u8]) -> Result<(), VerifyError> {
        let signed = read_head(line).filter(|head| is_signed(head, self.public_key));
        let Some(signed) = signed.filter(|signed| signed.head.writer == self.head.writer) else {
            return Err(self.tampered(Damage::Signature));
        };
        if signed.head.count > self.head.count {
            return Err(self.tampered(Damage::CutOff));
        }
        if signed.head.count < self.head.count {
            return Err(self.tampered_at(signed.head.count, Damage::Signature));
        }
        if signed.head.hash != self.head.hash {
            return Err(self.tampered_at(first, Damage::Altered));
        }
        self.closed = signed.closed;
        Ok(())
    }

    /// Whether those who kept a head at this count saw this hash.
    fn witness(&self) -> Result<(), VerifyError> {
        match self.witnesses.get(&self.head.count) {
            Some(hashes) if hashes.iter().any(|hash| *hash != self.head.hash) => {
                Err(self.tampered_at(self.head.count.saturating_sub(1), Damage::Altered))
            }
            _ => Ok(()),
        }
    }

    /// What became of the record that should come next, where another index stands in its place.
    async fn misplaced(&self, after: &[&[u8]], head: Option<&[u8]>) -> VerifyError {
        let wanted = self.head.count;
        let index_of = |line: &[u8]| read_record(line).map(|read| read.record.index);
        if after.iter().any(|line| index_of(line) == Some(wanted)) || self.stands_elsewhere(wanted).await {
            return self.tampered(Damage::Reordered);
        }
        let follows = match after.first() {
            Some(next) => index_of(next) == Some(wanted + 1),
            None => head.and_then(read_head).is_some_and(|head| head.head.count == wanted + 1),
        };
        self.tampered(if follows { Damage::Altered } else { Damage::Removed })
    }

    /// Whether an object holds a record of this index that is not its place.
    async fn stands_elsewhere(&self, index: u64) -> bool {
        for &first in self.firsts {
            let path = object_path(&self.head.writer, first);
            let Ok(bytes) = object(self.store, &path).await else { continue };
            let mut lines = bytes.split(|&byte| byte == b'\n').filter_map(read_record);
            if lines.any(|read| read.record.index == index) {
                return true;
            }
        }
        false
    }

    fn tampered(&self, what: Damage) -> VerifyError {
        self.tampered_at(self.head.count, what)
    }

    fn tampered_at(&self, index: u64, what: Damage) -> VerifyError {
        VerifyError::Tampered { writer: self.head.writer.clone(), index, what }
    }
}
