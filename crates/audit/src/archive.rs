//! The trail in another place, byte by byte.

use crate::place::{self, Places};
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, path::Path};

/// Copies the trail to where some of it may be already, and gives how many objects were copied. Only a chain's last
/// object can grow, so the others are not looked at again.
///
/// # Errors
/// Either store failed; what was copied is whole.
pub async fn copy(from: &dyn ObjectStore, to: &dyn ObjectStore) -> Result<u64, object_store::Error> {
    // Checkpoints are listed and copied last: what they tell of is there then.
    let (places, there) = (Places::list(from, None).await?, Places::list(to, None).await?);
    let mut wanted = Vec::new();
    for (writer, objects) in &places.chains {
        let copied = there.chains.get(writer).map_or(&[][..], Vec::as_slice);
        let last = objects.last();
        let missing =
            objects.iter().filter(|place| Some(*place) == last || copied.binary_search(place).is_err());
        wanted.extend(missing.map(|place| place.path(writer)));
    }
    for (writer, cuts) in &places.cuts {
        wanted.extend(cuts.iter().map(|&count| place::cut(writer, count)));
    }
    let checkpoints = places.checkpoints.iter().filter(|size| there.checkpoints.binary_search(size).is_err());
    wanted.extend(checkpoints.map(|&size| place::checkpoint(size)));
    for path in &wanted {
        copy_one(from, to, path).await?;
    }
    Ok(wanted.len() as u64)
}

async fn copy_one(
    from: &dyn ObjectStore,
    to: &dyn ObjectStore,
    path: &Path,
) -> Result<(), object_store::Error> {
    let bytes = from.get(path).await?.bytes().await?;
    to.put(path, PutPayload::from(bytes)).await.map(drop)
}
