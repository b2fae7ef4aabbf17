//! Proving one chain, record by record.

use super::{Damage, VerifyError};
use crate::{
    head::{self, Head, Says, SignedHead},
    line::{self, Hash, is_record, next_hash},
    place::Place,
};
use bytes::Bytes;
use model::Timestamp;
use object_store::ObjectStore;
use std::collections::BTreeMap;

/// One chain, from where it is known.
pub(crate) struct Walk<'a> {
    store: &'a dyn ObjectStore,
    public_key: &'a [u8; 32],
    /// The objects that hold what follows.
    objects: &'a [Place],
    /// The hashes that others saw when the chain had so many records.
    witnesses: &'a BTreeMap<u64, Vec<Hash>>,
    /// Where retention has cut the chain: what comes before may be missing.
    marks: &'a [SignedHead],
    /// How far it has been proved.
    head: Head,
    closed: bool,
    /// Whether an object has been looked at.
    begun: bool,
    /// How many records have been proved.
    records: u64,
    /// The last mark before which something is missing.
    cut: Option<Head>,
}

impl<'a> Walk<'a> {
    /// A walk from `start`, which is known to be right, to the end.
    pub(crate) fn new(
        store: &'a dyn ObjectStore,
        public_key: &'a [u8; 32],
        (start, closed): (Head, bool),
        objects: &'a [Place],
        witnesses: &'a BTreeMap<u64, Vec<Hash>>,
    ) -> Self {
        // The last object that begins at or before the start holds what follows it.
        let before = objects.partition_point(|place| place.first <= start.count);
        let objects = objects.get(before.saturating_sub(1)..).unwrap_or_default();
        Self {
            store,
            public_key,
            objects,
            witnesses,
            head: start,
            closed,
            marks: &[],
            begun: false,
            records: 0,
            cut: None,
        }
    }

    /// The same, where what comes before these marks may be missing. What is there of it is proved all the same, as far
    /// as it follows from the chain's beginning or from a mark: an archive can have more than its newest mark asks for.
    /// What a retention that was stopped has not deleted yet does not follow from anything, and is passed over.
    pub(crate) fn with_marks(self, marks: &'a [SignedHead]) -> Self {
        Self { marks, ..self }
    }

    /// How many records have been proved, and the mark before which some are missing.
    pub(crate) fn proved(self) -> (u64, Option<Head>) {
        (self.records, self.cut)
    }

    /// How far the chain has been proved, and whether its writer ended it there.
    pub(crate) fn end(&self) -> (Head, bool) {
        (self.head.clone(), self.closed)
    }

    /// Proves all of it.
    pub(crate) async fn chain(&mut self) -> Result<(), VerifyError> {
        self.witness()?;
        for &place in self.objects {
            if !self.passes(place)? {
                self.step(place).await?;
            }
        }
        if let Some(newest) = self.marks.last().filter(|newest| newest.head.count > self.head.count) {
            self.go_to(newest)?;
        }
        match self.witnesses.last_key_value() {
            Some((&count, _)) if count > self.head.count => Err(self.tampered(Damage::CutOff)),
            _ => Ok(()),
        }
    }

    /// Whether an object is passed over. Where it does not follow the one before, a mark may lead to it.
    fn passes(&mut self, place: Place) -> Result<bool, VerifyError> {
        let count = self.head.count;
        let Some(newest) = self.marks.last().filter(|newest| newest.head.count > count) else {
            return Ok(false);
        };
        if place.first <= count {
            return Ok(false);
        }
        let leads = self.marks.iter().find(|mark| mark.head.count == place.first);
        match leads.or(Some(newest)).filter(|mark| mark.head.count <= place.first) {
            Some(mark) => self.go_to(mark).map(|()| false),
            None => Ok(true),
        }
    }

    fn go_to(&mut self, mark: &SignedHead) -> Result<(), VerifyError> {
        (self.head, self.closed) = (mark.head.clone(), mark.closed);
        self.cut = Some(mark.head.clone());
        self.witness()
    }

    /// Proves the next object, and gives its lines.
    pub(crate) async fn step(&mut self, place: Place) -> Result<Bytes, VerifyError> {
        if self.closed {
            return Err(self.tampered(Damage::Altered));
        }
        // The first may begin before the start.
        let first = !std::mem::replace(&mut self.begun, true);
        if place.first != self.head.count && !(first && place.first < self.head.count) {
            return Err(self.misplaced(&[], None).await);
        }
        let bytes = place.read(self.store, &self.head.writer).await;
        let bytes = bytes.map_err(|source| VerifyError::Unreadable {
            writer: self.head.writer.clone(),
            index: place.first,
            source,
        })?;
        self.object(place, &bytes).await?;
        Ok(bytes)
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
        self.records += 1;
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
