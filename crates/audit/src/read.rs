//! Reading the trail, for questions. What is read here is not verified.

use crate::format::{parse_path, read_head, read_record};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use model::{AuditOutcome, Timestamp};
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use std::{collections::BTreeMap, sync::Arc};

/// A record, as SQL shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The chain it stands in.
    pub writer: String,
    /// Its place in that chain; the first is 0.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// What kind of thing.
    pub action: String,
    /// Who asked.
    pub actor: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// On what.
    pub target: String,
    /// Further facts: a JSON object of strings.
    pub detail: String,
    /// Its hash in the chain.
    pub hash: [u8; 32],
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

/// All records, writer by writer, each from its first; a page is one object's.
pub fn records(store: Arc<dyn ObjectStore>) -> impl Stream<Item = Result<Vec<Record>, ReadError>> {
    let pages = async move {
        let chains = chains(store.as_ref()).await.map_err(ReadError::Store)?.0;
        let pages = chains
            .into_iter()
            .flat_map(|(writer, firsts)| firsts.into_iter().map(move |first| (writer.clone(), first)));
        let pages: Vec<_> = pages.collect();
        Ok(stream::iter(pages).then(move |(writer, first)| page(Arc::clone(&store), writer, first)))
    };
    stream::once(pages).try_flatten()
}

/// The trail's objects by writer: the indexes of their first records, in order. And the paths that are none of its own.
pub(crate) async fn chains(
    store: &dyn ObjectStore,
) -> Result<(BTreeMap<String, Vec<u64>>, Vec<Path>), object_store::Error> {
    let mut chains: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut foreign = Vec::new();
    let mut listing = store.list(None);
    while let Some(object) = listing.try_next().await? {
        match parse_path(&object.location) {
            Some((writer, first)) => chains.entry(writer).or_default().push(first),
            None => foreign.push(object.location),
        }
    }
    chains.values_mut().for_each(|firsts| firsts.sort_unstable());
    Ok((chains, foreign))
}

/// The bytes of one object.
pub(crate) async fn object(
    store: &dyn ObjectStore,
    path: &Path,
) -> Result<bytes::Bytes, object_store::Error> {
    store.get(path).await?.bytes().await
}

async fn page(store: Arc<dyn ObjectStore>, writer: String, first: u64) -> Result<Vec<Record>, ReadError> {
    let path = crate::format::object_path(&writer, first);
    let bytes = object(store.as_ref(), &path).await.map_err(ReadError::Store)?;
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let mut records = Vec::new();
    for line in lines {
        let index = first + records.len() as u64;
        let malformed = || ReadError::Malformed { writer: writer.clone(), index };
        let Some(read) = read_record(line) else {
            read_head(line).ok_or_else(malformed)?;
            continue;
        };
        records.push(Record {
            writer: writer.clone(),
            index: read.record.index,
            time: read.record.time,
            action: read.record.action,
            actor: read.record.actor,
            outcome: read.record.outcome,
            target: read.record.target,
            detail: serde_json::to_string(&read.record.detail).map_err(|_| malformed())?,
            hash: read.hash,
        });
    }
    Ok(records)
}
