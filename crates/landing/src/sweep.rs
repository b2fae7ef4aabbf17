//! What may be deleted from landing, and when.

use crate::SegmentKey;
use control::{Control, ControlError};
use futures::TryStreamExt;
use model::{Epoch, LaneId, Timestamp, failpoint};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// Why landing could not be swept.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The control database failed.
    #[error("read the lanes")]
    Control(#[from] ControlError),
    /// The landing zone failed.
    #[error("list or delete in landing")]
    Store(#[from] object_store::Error),
}

/// Deletes the objects of segments that were published before `before`. Their rows stay: the ledger is folded from them.
///
/// # Errors
/// The store or the control database failed; what was deleted stays deleted.
pub async fn delete_published(
    control: &Control,
    landing: &dyn ObjectStore,
    before: Timestamp,
    limit: usize,
) -> Result<u32, SweepError> {
    let mut deleted = 0;
    for segment in control.segments_to_delete(before, limit).await? {
        failpoint!("landing.segment.before-delete");
        match landing.delete(&Path::from(segment.object_key.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        failpoint!("landing.segment.after-delete");
        control.forget_segment(segment.lane, segment.ordinal).await?;
        deleted += 1;
    }
    Ok(deleted)
}

/// Deletes objects that no row names and whose epoch is fenced off, so that no row can come to name them.
///
/// # Errors
/// The store or the control database failed; what was deleted stays deleted.
pub async fn sweep_orphans(control: &Control, landing: &dyn ObjectStore) -> Result<u32, SweepError> {
    let objects: Vec<_> = landing.list(None).try_collect().await?;
    let mut lanes: HashMap<LaneId, (Epoch, HashSet<String>)> = HashMap::new();
    let mut deleted = 0;
    for object in objects {
        let Some(key) = SegmentKey::parse(object.location.as_ref()) else { continue };
        if let Entry::Vacant(lane) = lanes.entry(key.lane) {
            // The epoch is read before the rows: whoever registers between the two holds this epoch or a greater one.
            let epoch = control.lane_epoch(key.lane).await?;
            lane.insert((epoch, control.segment_keys(key.lane).await?.into_iter().collect()));
        }
        let fenced = lanes
            .get(&key.lane)
            .is_some_and(|(epoch, named)| key.epoch < *epoch && !named.contains(object.location.as_ref()));
        if fenced {
            landing.delete(&object.location).await?;
            deleted += 1;
        }
    }
    Ok(deleted)
}
