//! The segments of a publication, fetched and opened.

use super::{LaneRange, WorkerParts};
use crate::LakeError;
use control::Segment;
use futures::{StreamExt, stream};
use landing::{SegmentReader, open_segment};
use model::{LaneId, Ordinal};
use object_store::{ObjectStoreExt, path::Path};
use std::sync::Arc;

/// How many segments are fetched and opened at a time.
const OPENING: usize = 4;

/// Lanes as far as their segments could be opened.
#[derive(Default)]
pub(super) struct Opened {
    /// The ranges that were opened whole; none is empty.
    pub(super) lanes: Vec<LaneRange>,
    /// Their segments, in lane and ordinal order.
    pub(super) segments: Vec<SegmentReader>,
    /// The lanes that end before they should: with which segment, and why.
    pub(super) unreadable: Vec<(LaneId, Ordinal, LakeError)>,
}

impl Opened {
    /// The segments, if none was unreadable.
    pub(super) fn whole(self) -> Result<Vec<SegmentReader>, LakeError> {
        match self.unreadable.into_iter().next() {
            Some((.., error)) => Err(error),
            None => Ok(self.segments),
        }
    }
}

/// Opens the segments of `lanes`, of each lane up to the first that cannot be read.
pub(super) async fn open(parts: &Arc<WorkerParts>, lanes: &[LaneRange]) -> Result<Opened, LakeError> {
    let mut opened = Opened::default();
    for &(lane, after, until) in lanes {
        let limit = usize::try_from(until.0 - after.0).unwrap_or_default();
        let segments = parts.control.segments_after(lane, after, limit).await;
        let mut segments = segments.map_err(LakeError::control("read the segments of a lane"))?;
        segments.retain(|segment| segment.ordinal <= until);
        let mut reached = after;
        let mut reading = stream::iter(segments)
            .map(|segment| async {
                let ordinal = segment.ordinal;
                (ordinal, open_one(Arc::clone(parts), segment).await)
            })
            .buffered(OPENING);
        while let Some((ordinal, segment)) = reading.next().await {
            match segment {
                Ok(segment) => opened.segments.push(segment),
                Err(error) => {
                    opened.unreadable.push((lane, ordinal, error));
                    break;
                }
            }
            reached = ordinal;
        }
        drop(reading);
        if reached > after {
            opened.lanes.push((lane, after, reached));
        }
    }
    Ok(opened)
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
