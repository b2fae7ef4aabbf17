//! The segments of a publication, fetched and opened.

use super::WorkerParts;
use crate::LakeError;
use control::{Publication, Segment};
use futures::{StreamExt, TryStreamExt, stream};
use landing::{SegmentReader, open_segment};
use object_store::{ObjectStoreExt, path::Path};
use std::sync::Arc;

/// How many segments are fetched and opened at a time.
const OPENING: usize = 4;

/// Opens every segment that the intent names, in lane and ordinal order.
pub(super) async fn open(
    parts: &Arc<WorkerParts>,
    publication: &Publication,
) -> Result<Vec<SegmentReader>, LakeError> {
    let mut named = Vec::new();
    for &(lane, after, until) in &publication.lanes {
        let limit = usize::try_from(until.0 - after.0).unwrap_or_default();
        let segments = parts
            .control
            .segments_after(lane, after, limit)
            .await
            .map_err(LakeError::control("read the intent's segments"))?;
        named.extend(segments.into_iter().filter(|segment| segment.ordinal <= until));
    }
    stream::iter(named)
        .map(|segment| open_one(Arc::clone(parts), segment))
        .buffered(OPENING)
        .try_collect()
        .await
}

async fn open_one(parts: Arc<WorkerParts>, segment: Segment) -> Result<SegmentReader, LakeError> {
    let key = Path::from(segment.object_key.as_str());
    let fetched = async { parts.landing.get(&key).await?.bytes().await };
    let bytes = fetched.await.map_err(|error| damaged(&segment, error))?;
    let landing = parts.keys.landing_private.clone();
    let sha256 = segment.sha256;
    let opened = tokio::task::spawn_blocking(move || open_segment(&bytes, &sha256, &landing)).await?;
    opened.map_err(|error| damaged(&segment, error))
}

fn damaged(segment: &Segment, error: impl std::error::Error + Send + Sync + 'static) -> LakeError {
    LakeError::Segment { lane: segment.lane.0, ordinal: segment.ordinal.0, source: Box::new(error) }
}
