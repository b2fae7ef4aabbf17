//! Reading the trail. Nothing is proved here; see [`crate::verify`]. What retention has let go is not read, whether it is
//! deleted yet or not.

use crate::{
    event, head,
    line::{self, Line},
    place::{Place, Places},
};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use model::{AuditEvent, AuditOutcome, Timestamp};
use object_store::ObjectStore;
use std::{ops::Range, sync::Arc};

/// How many objects are read at once.
const AT_ONCE: usize = 8;

/// A record, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The chain it stands in.
    pub writer: String,
    /// Its place in that chain; the first is 0.
    pub index: u64,
    /// When it was recorded; never earlier than the record before it in its chain.
    pub recorded: Timestamp,
    /// What was done.
    pub event: AuditEvent,
    /// The FHIR R4 AuditEvent, to the byte as it is chained; of a record of the first form, a flat object.
    pub resource: String,
    /// Its hash in the chain.
    pub hash: [u8; 32],
}

/// Which records are asked for. The default is all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Recorded at or after this moment.
    pub from: Option<Timestamp>,
    /// Recorded before this moment.
    pub until: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<AuditOutcome>,
    /// Texts that stand in the record's bytes, each in quotation marks: an actor, an action, a pseudonym. What else
    /// matches by chance is for the caller to leave out.
    pub mention: Vec<String>,
}

/// Why the trail could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The log zone failed, or an object in it does not authenticate.
    #[error("read the audit trail")]
    Store(#[source] object_store::Error),
    /// A line is not one that is written here; verifying says more.
    #[error("record {index} of `{writer}` is malformed")]
    Malformed {
        /// Whose chain.
        writer: String,
        /// Which record.
        index: u64,
    },
}

impl Record {
    /// What a line of a writer's says, if it is a record's.
    pub(crate) fn of(line: &Line<'_>, writer: &str) -> Option<Self> {
        Some(Self {
            writer: writer.to_owned(),
            index: line.index(writer)?,
            recorded: line.recorded()?,
            event: line.event()?.0,
            resource: String::from_utf8_lossy(line.record).into_owned(),
            hash: line.hash,
        })
    }

    /// Whether it is an AuditEvent; records of the first form are flat objects.
    #[must_use]
    pub fn is_audit_event(&self) -> bool {
        self.resource.starts_with(event::OPENS)
    }
}

impl Filter {
    /// Whether a record of this time, in these bytes, is asked for.
    pub(crate) fn takes(&self, recorded: Timestamp, record: &[u8]) -> bool {
        self.from.is_none_or(|from| recorded >= from)
            && self.until.is_none_or(|until| recorded < until)
            && self.says(record)
    }

    /// Whether these bytes hold the texts that are asked for.
    pub(crate) fn says(&self, bytes: &[u8]) -> bool {
        let says = |text: &String| memchr::memmem::find(bytes, text.as_bytes()).is_some();
        self.mention.iter().all(says)
            && self.outcome.is_none_or(|outcome| event::outcome_texts(outcome).iter().any(says))
    }

    /// The objects of a chain that can hold such records. Objects follow each other in time.
    pub(crate) fn among<'a>(&self, places: &'a [Place]) -> &'a [Place] {
        let Range { start, end } = self.range(places);
        places.get(start..end).unwrap_or_default()
    }

    pub(crate) fn range(&self, places: &[Place]) -> Range<usize> {
        // The object before the first one that begins later can still hold records of `from`; those of the first
        // form tell no time, and come before all others.
        let begins_by = |at: Timestamp| {
            places.partition_point(|place| place.recorded.is_none_or(|recorded| recorded < at))
        };
        let start = self.from.map_or(0, |from| {
            let before =
                places.partition_point(|place| place.recorded.is_some_and(|recorded| recorded < from));
            before.saturating_sub(1)
        });
        let end = self.until.map_or(places.len(), begins_by);
        start.min(end)..end
    }
}

/// The records that `filter` asks for, writer by writer, each in order; a page is one object's.
pub fn records(
    store: Arc<dyn ObjectStore>,
    filter: Filter,
) -> impl Stream<Item = Result<Vec<Record>, ReadError>> + Send {
    let filter = Arc::new(filter);
    let pages = async move {
        let places = Places::list(store.as_ref(), None).await.map_err(ReadError::Store)?;
        let mut wanted = Vec::new();
        for writer in places.chains.keys() {
            let kept = places.kept(writer);
            let writer: Arc<str> = writer.as_str().into();
            wanted.extend(filter.among(kept).iter().map(|&place| (Arc::clone(&writer), place)));
        }
        let pages = stream::iter(wanted).map(move |(writer, place)| {
            let (store, filter) = (Arc::clone(&store), Arc::clone(&filter));
            async move {
                let page = tokio::spawn(page(store, writer, place, filter));
                page.await.map_err(|source| ReadError::Store(object_store::Error::JoinError { source }))?
            }
        });
        Ok(pages.buffered(AT_ONCE))
    };
    stream::once(pages).try_flatten()
}

/// Reads what a writer has recorded since it was read before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follower {
    /// The index of the next record.
    pub next: u64,
    /// The first record of the object that was read last; what comes before is not listed again.
    object: u64,
}

impl Follower {
    /// From this record on.
    #[must_use]
    pub const fn from(next: u64) -> Self {
        Self { next, object: 0 }
    }

    /// The next records of `writer`, of one object after the other until there are `enough`.
    ///
    /// # Errors
    /// The log zone failed, or a record is malformed.
    pub async fn read(
        &mut self,
        store: &Arc<dyn ObjectStore>,
        writer: &str,
        enough: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let places =
            Places::list_from(store.as_ref(), writer, self.object).await.map_err(ReadError::Store)?;
        // The last object that begins at or before the next record holds it.
        let before = places.partition_point(|place| place.first <= self.next);
        let mut records = Vec::new();
        for &place in places.get(before.saturating_sub(1)..).unwrap_or_default() {
            records
                .extend(from_on(Arc::clone(store), writer.into(), place, Arc::default(), self.next).await?);
            self.object = place.first;
            self.next = records.last().map_or(self.next, |last| last.index + 1);
            if records.len() >= enough {
                break;
            }
        }
        Ok(records)
    }
}

async fn page(
    store: Arc<dyn ObjectStore>,
    writer: Arc<str>,
    place: Place,
    filter: Arc<Filter>,
) -> Result<Vec<Record>, ReadError> {
    from_on(store, writer, place, filter, place.first).await
}

/// The records of an object from the index `first` on.
async fn from_on(
    store: Arc<dyn ObjectStore>,
    writer: Arc<str>,
    place: Place,
    filter: Arc<Filter>,
    first: u64,
) -> Result<Vec<Record>, ReadError> {
    let bytes = place.read(store.as_ref(), &writer).await.map_err(ReadError::Store)?;
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let mut records = Vec::new();
    for (index, line) in (place.first..).zip(lines) {
        let malformed = || ReadError::Malformed { writer: writer.to_string(), index };
        let Some(read) = line::read(line) else {
            head::read(line).ok_or_else(malformed)?;
            continue;
        };
        if first > place.first && read.index(&writer).ok_or_else(malformed)? < first {
            continue;
        }
        if filter.takes(read.recorded().ok_or_else(malformed)?, read.record) {
            records.push(Record::of(&read, &writer).ok_or_else(malformed)?);
        }
    }
    Ok(records)
}
