//! Where the objects of the trail lie, and what their bytes are packed in.
//!
//! ```text
//! {writer}/{index of the first record:020}-{its moment, ms:013}.log.zst   records and a head, as zstd frames
//! {writer}/{index of the first record:020}.log                            the first form: flat records, not packed
//! {writer}/{records before it:020}.cut                                    where retention has cut the chain
//! _checkpoints/{leaves before it:020}.tlog                                leaves, and the checkpoint after them
//! ```

use bytes::Bytes;
use futures::TryStreamExt as _;
use model::Timestamp;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use std::{collections::BTreeMap, io::Read as _};

/// The folder of checkpoints; no writer's name has a `_`.
const CHECKPOINTS: &str = "_checkpoints";

/// How hard records are packed: they are rewritten often, and much alike.
const LEVEL: i32 = 1;

/// No object is longer than this when it is unpacked; see the bounds of a group in `log`.
const UNPACKED_BYTES: u64 = 64 << 20;

/// An object of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The index of its first record.
    pub(crate) first: u64,
    /// When that was recorded; unknown in the first form.
    pub(crate) recorded: Option<Timestamp>,
}

/// Every object of the zone, by what it is.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The objects of records by writer, in the order of their records.
    pub(crate) chains: BTreeMap<String, Vec<Place>>,
    /// How many records retention has cut off each writer's beginning, in order: marks that it left.
    pub(crate) cuts: BTreeMap<String, Vec<u64>>,
    /// How many leaves stand before each object of the log of checkpoints, in order.
    pub(crate) checkpoints: Vec<u64>,
    /// What is none of these.
    pub(crate) foreign: Vec<Path>,
}

impl Places {
    /// Lists the zone, or one writer's part of it.
    pub(crate) async fn list(
        store: &dyn ObjectStore,
        writer: Option<&str>,
    ) -> Result<Self, object_store::Error> {
        let mut places = Self::default();
        let prefix = writer.map(Path::from);
        let mut listing = store.list(prefix.as_ref());
        while let Some(object) = listing.try_next().await? {
            places.add(object.location);
        }
        places.chains.values_mut().for_each(|places| places.sort_unstable());
        places.cuts.values_mut().for_each(|cuts| cuts.sort_unstable());
        places.checkpoints.sort_unstable();
        Ok(places)
    }

    /// The objects of a writer's chain from the one on that begins with record `first`, in order, without those that
    /// retention has let go.
    pub(crate) async fn list_from(
        store: &dyn ObjectStore,
        writer: &str,
        first: u64,
    ) -> Result<Vec<Place>, object_store::Error> {
        let (prefix, offset) = (Path::from(writer), Path::from_iter([writer, &format!("{first:020}")]));
        let mut places = Self::default();
        let mut listing = store.list_with_offset(Some(&prefix), &offset);
        while let Some(object) = listing.try_next().await? {
            places.add(object.location);
        }
        places.chains.values_mut().for_each(|places| places.sort_unstable());
        Ok(places.kept(writer).to_vec())
    }

    /// A writer's objects without those that stand before its newest cut: they have been let go, and are only not
    /// deleted yet. Whether the cut is a true one, verifying tells.
    pub(crate) fn kept(&self, writer: &str) -> &[Place] {
        let objects = self.chains.get(writer).map_or(&[][..], Vec::as_slice);
        let cut = self.cuts.get(writer).and_then(|cuts| cuts.iter().max()).copied().unwrap_or_default();
        objects.get(objects.partition_point(|place| place.first < cut)..).unwrap_or_default()
    }

    fn add(&mut self, path: Path) {
        let Some((folder, file)) = path.as_ref().split_once('/') else {
            self.foreign.push(path);
            return;
        };
        if let Some(place) = Place::parse(folder, file) {
            self.chains.entry(folder.to_owned()).or_default().push(place);
        } else if let Some(count) = number(file, ".cut").filter(|count| cut(folder, *count) == path) {
            self.cuts.entry(folder.to_owned()).or_default().push(count);
        } else if let Some(size) = number(file, ".tlog").filter(|size| checkpoint(*size) == path) {
            self.checkpoints.push(size);
        } else {
            self.foreign.push(path);
        }
    }
}

impl Place {
    /// Where it lies.
    pub(crate) fn path(self, writer: &str) -> Path {
        let Self { first, recorded } = self;
        let file = match recorded {
            Some(Timestamp(ms)) => format!("{first:020}-{ms:013}.log.zst"),
            None => format!("{first:020}.log"),
        };
        Path::from_iter([writer, &file])
    }

    fn parse(writer: &str, file: &str) -> Option<Self> {
        let place = if let Some(name) = file.strip_suffix(".log.zst") {
            let (first, recorded) = name.split_once('-')?;
            Self { first: first.parse().ok()?, recorded: Some(Timestamp(recorded.parse().ok()?)) }
        } else {
            Self { first: number(file, ".log")?, recorded: None }
        };
        (place.path(writer).filename() == Some(file)).then_some(place)
    }

    /// Reads the lines of the object.
    pub(crate) async fn read(
        self,
        store: &dyn ObjectStore,
        writer: &str,
    ) -> Result<Bytes, object_store::Error> {
        let path = self.path(writer);
        let packed = store.get(&path).await?.bytes().await?;
        if self.recorded.is_none() {
            return Ok(packed);
        }
        unpack(&packed).map(Bytes::from).map_err(|error| object_store::Error::Generic {
            store: "audit",
            source: format!("`{path}` cannot be unpacked: {error}").into(),
        })
    }
}

/// Where a cut's mark lies.
pub(crate) fn cut(writer: &str, count: u64) -> Path {
    Path::from_iter([writer, &format!("{count:020}.cut")])
}

/// Where the checkpoint lies that is made when there are `size` leaves.
pub(crate) fn checkpoint(size: u64) -> Path {
    Path::from_iter([CHECKPOINTS, &format!("{size:020}.tlog")])
}

/// The folder of checkpoints.
pub(crate) fn checkpoints() -> Path {
    Path::from(CHECKPOINTS)
}

/// How many leaves stand before the object that lies here, if it is one of checkpoints.
pub(crate) fn checkpoint_size(path: &Path) -> Option<u64> {
    number(path.filename()?, ".tlog")
}

/// Packs the lines of an object.
pub(crate) fn pack(lines: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::bulk::compress(lines, LEVEL)
}

fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut lines = Vec::with_capacity(packed.len() * 8);
    zstd::Decoder::with_buffer(packed)?.take(UNPACKED_BYTES).read_to_end(&mut lines)?;
    Ok(lines)
}

fn number(file: &str, suffix: &str) -> Option<u64> {
    file.strip_suffix(suffix)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_one_object() {
        let place = Place { first: 42, recorded: Some(Timestamp(1_700_000_000_000)) };
        let path = place.path("gateway-1");
        assert_eq!(path.as_ref(), "gateway-1/00000000000000000042-1700000000000.log.zst");
        let first_form = Place { first: 7, recorded: None };
        let mut places = Places::default();
        places.add(path);
        places.add(first_form.path("gateway-1"));
        places.add(cut("gateway-1", 3));
        places.add(checkpoint(9));
        assert_eq!(places.chains["gateway-1"], [place, first_form]);
        assert_eq!(
            (places.cuts["gateway-1"].as_slice(), places.checkpoints.as_slice()),
            ([3].as_slice(), [9].as_slice())
        );
        for other in [
            "a",
            "a/42.log",
            "a/b/00000000000000000042.log",
            "a/00000000000000000042.txt",
            "a/00000000000000000042-1.log.zst",
            "a/+0000000000000000042.log",
            "a/3.cut",
            "a/00000000000000000009.tlog",
        ] {
            let mut places = Places::default();
            places.add(Path::from(other));
            assert_eq!(places.foreign, [Path::from(other)]);
        }
    }
}
