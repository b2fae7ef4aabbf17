//! The newest records, without reading those before them.

use crate::{
    Filter, ReadError, Record, head, line,
    place::{Place, Places},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use model::Timestamp;
use object_store::ObjectStore;
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

/// How many objects are read at once: what is read ahead may turn out not to be needed.
const AT_ONCE: usize = 2;

/// Where a record stands among those of all writers: later ones are greater; of the same moment, writers count in their
/// order and the later record of one before the earlier.
type Standing = (Timestamp, Reverse<(String, Reverse<u64>)>);

/// An object of some writer, and the moment after which none of its records was made.
struct Object {
    writer: Arc<str>,
    place: Place,
    last: Timestamp,
}

/// The newest `limit` records that `filter` asks for and `takes` takes, the newest first; of the same moment, in the
/// order of writers. Objects are read from the newest on, until none before can hold any of them.
///
/// # Errors
/// The log zone failed, or a record is malformed.
pub async fn newest(
    store: &Arc<dyn ObjectStore>,
    filter: Filter,
    limit: usize,
    takes: impl Fn(&Record) -> bool + Send + Sync + 'static,
) -> Result<Vec<Record>, ReadError> {
    let places = Places::list(store.as_ref(), None).await.map_err(ReadError::Store)?;
    let mut objects = Vec::new();
    for writer in places.chains.keys() {
        let kept = places.kept(writer);
        let range = filter.range(kept);
        let writer: Arc<str> = writer.as_str().into();
        objects.extend(range.filter_map(|at| {
            let next = kept.get(at + 1).and_then(|next| next.recorded);
            let last = next.unwrap_or(Timestamp(i64::MAX));
            Some(Object { writer: Arc::clone(&writer), place: *kept.get(at)?, last })
        }));
    }
    objects.sort_by_key(|object| Reverse(object.last));
    let (filter, takes) = (Arc::new(filter), Arc::new(takes));
    let lasts: Vec<_> = objects.iter().map(|object| object.last).collect();
    let mut read = stream::iter(objects)
        .map(|object| {
            let (store, filter, takes) = (Arc::clone(store), Arc::clone(&filter), Arc::clone(&takes));
            async move {
                let found = tokio::spawn(async move { object.newest(&store, &filter, limit, &*takes).await });
                found.await.map_err(|source| ReadError::Store(object_store::Error::JoinError { source }))?
            }
        })
        .buffered(AT_ONCE);
    let mut newest: BTreeMap<Standing, Record> = BTreeMap::new();
    for last in lasts {
        let oldest = newest.first_key_value().map(|((recorded, _), _)| *recorded);
        if newest.len() >= limit && oldest.is_none_or(|oldest| last < oldest) {
            break;
        }
        for record in read.try_next().await?.unwrap_or_default() {
            let writer = Reverse((record.writer.clone(), Reverse(record.index)));
            newest.insert((record.recorded, writer), record);
            if newest.len() > limit {
                newest.pop_first();
            }
        }
    }
    Ok(newest.into_values().rev().collect())
}

impl Object {
    /// The newest `limit` of its records that are asked for.
    async fn newest(
        &self,
        store: &Arc<dyn ObjectStore>,
        filter: &Filter,
        limit: usize,
        takes: &(impl Fn(&Record) -> bool + Sync),
    ) -> Result<Vec<Record>, ReadError> {
        let bytes = self.place.read(store.as_ref(), &self.writer).await.map_err(ReadError::Store)?;
        let malformed = || ReadError::Malformed { writer: self.writer.to_string(), index: self.place.first };
        let mut records = Vec::new();
        // Most objects hold nothing of what is seldom, which is seen at a glance.
        if !filter.says(&bytes) {
            return Ok(records);
        }
        // Records follow each other in time, so that the last ones are the newest.
        for line in bytes.rsplit(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            if records.len() >= limit {
                break;
            }
            if !filter.says(line) {
                continue;
            }
            let Some(read) = line::read(line) else {
                head::read(line).ok_or_else(malformed)?;
                continue;
            };
            if !filter.takes(read.recorded().ok_or_else(malformed)?, read.record) {
                continue;
            }
            let record = Record::of(&read, &self.writer).ok_or_else(malformed)?;
            if takes(&record) {
                records.push(record);
            }
        }
        Ok(records)
    }
}
