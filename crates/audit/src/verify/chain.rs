//! Proving one chain, record by record.

use super::{Damage, VerifyError};
use crate::{
    head::{self, Head, Says},
    line::{self, Hash, is_record, next_hash},
    place::Place,
};
use model::Timestamp;
use object_store::ObjectStore;
use std::collections::BTreeMap;

/// One chain, from where it is known.
pub(super) struct Walk<'a> {
    store: &'a dyn ObjectStore,
    public_key: &'a [u8; 32],
    /// The objects that hold what follows.
    objects: &'a [Place],
    /// The hashes that others saw when the chain had so many records.
    witnesses: &'a BTreeMap<u64, Vec<Hash>>,
    /// How far it has been proved.
    head: Head,
    closed: bool,
}

impl<'a> Walk<'a> {
    /// A walk from `start`, which is known to be right, to the end.
    pub(super) fn new(
        store: &'a dyn ObjectStore,
        public_key: &'a [u8; 32],
        start: Head,
        objects: &'a [Place],
        witnesses: &'a BTreeMap<u64, Vec<Hash>>,
    ) -> Self {
        // The last object that begins at or before the start holds what follows it.
        let before = objects.partition_point(|place| place.first <= start.count);
        let objects = objects.get(before.saturating_sub(1)..).unwrap_or_default();
        Self { store, public_key, objects, witnesses, head: start, closed: false }
    }

    /// How far the chain reaches, and whether it was closed.
    pub(super) fn end(self) -> (Head, bool) {
        (self.head, self.closed)
    }

    pub(super) async fn chain(&mut self) -> Result<(), VerifyError> {
        self.witness()?;
        for (number, &place) in self.objects.iter().enumerate() {
            if self.closed {
                return Err(self.tampered(Damage::Altered));
            }
            // The first may begin before the start.
            let fits = place.first == self.head.count || (number == 0 && place.first < self.head.count);
            if !fits {
                return Err(self.misplaced(&[], None).await);
            }
            let bytes = place.read(self.store, &self.head.writer).await;
            let bytes = bytes.map_err(|source| VerifyError::Unreadable {
                writer: self.head.writer.clone(),
                index: place.first,
                source,
            })?;
            self.object(place, &bytes).await?;
        }
        match self.witnesses.last_key_value() {
            Some((&count, _)) if count > self.head.count => Err(self.tampered(Damage::CutOff)),
            _ => Ok(()),
        }
    }

    async fn object(&mut self, place: Place, bytes: &[u8]) -> Result<(), VerifyError> {
        let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
        if lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let Some((&last, records)) = lines.split_last() else {
            return Err(self.tampered(Damage::CutOff));
        };
        let named =
            place.recorded.is_none() || records.first().is_none_or(|line| began(line) == place.recorded);
        let known = usize::try_from(self.head.count - place.first).unwrap_or(usize::MAX);
        for (at, &line) in records.iter().enumerate().skip(known) {
            self.record(line, records.get(at + 1..).unwrap_or_default(), last).await?;
        }
        // The newline belongs to the line.
        if is_record(last) && !bytes.ends_with(b"\n") {
            return Err(self.tampered(Damage::CutOff));
        }
        if is_record(last) {
            self.record(last, &[], &[]).await?;
            return Err(self.tampered(Damage::CutOff));
        }
        if !bytes.ends_with(b"\n") {
            return Err(self.tampered(Damage::Signature));
        }
        self.signed_head(place.first, last)?;
        // Questions find objects by the time in their names.
        if named { Ok(()) } else { Err(self.tampered_at(place.first, Damage::Reordered)) }
    }

    /// Proves one record, given the lines after it and the head that ends its object.
    async fn record(&mut self, line: &[u8], after: &[&[u8]], head: &[u8]) -> Result<(), VerifyError> {
        let Some(read) = line::read(line) else { return Err(self.tampered(Damage::Altered)) };
        let hash = next_hash(&self.head.hash, read.record);
        if hash != read.hash {
            return match read.index(&self.head.writer) {
                Some(index) if index != self.head.count => Err(self.misplaced(after, Some(head)).await),
                _ => Err(self.tampered(Damage::Altered)),
            };
        }
        if read.index(&self.head.writer) != Some(self.head.count) {
            return Err(self.tampered(Damage::Altered));
        }
        self.head.count += 1;
        self.head.hash = hash;
        self.witness()
    }

    fn signed_head(&mut self, first: u64, line: &[u8]) -> Result<(), VerifyError> {
        let signed = head::read(line).filter(|head| head.is_signed(Says::Reaches, self.public_key));
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
        let writer = self.head.writer.as_str();
        let index_of = |line: &[u8]| line::read(line).and_then(|read| read.index(writer));
        if after.iter().any(|line| index_of(line) == Some(wanted)) || self.stands_elsewhere(wanted).await {
            return self.tampered(Damage::Reordered);
        }
        let follows = match after.first() {
            Some(next) => index_of(next) == Some(wanted + 1),
            None => head.and_then(head::read).is_some_and(|head| head.head.count == wanted + 1),
        };
        self.tampered(if follows { Damage::Altered } else { Damage::Removed })
    }

    /// Whether an object holds a record of this index that is not its place.
    async fn stands_elsewhere(&self, index: u64) -> bool {
        let writer = self.head.writer.as_str();
        for place in self.objects {
            let Ok(bytes) = place.read(self.store, writer).await else { continue };
            let mut lines = bytes.split(|&byte| byte == b'\n').filter_map(line::read);
            if lines.any(|read| read.index(writer) == Some(index)) {
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

/// When the record in this line was recorded.
fn began(line: &[u8]) -> Option<Timestamp> {
    line::read(line).and_then(|read| read.recorded())
}
