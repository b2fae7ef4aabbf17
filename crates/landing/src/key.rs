//! Where segments lie in the landing zone.

use model::{Epoch, LaneId};
use object_store::path::Path;
use std::fmt;
use uuid::Uuid;

/// `{lane}/{epoch}/{uuid}`: opaque, new for each try, and fenced off by its epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentKey {
    /// The lane it was written for.
    pub lane: LaneId,
    /// The epoch of the writer's lease.
    pub epoch: Epoch,
    id: Uuid,
}

impl SegmentKey {
    /// A key that was never used before.
    #[must_use]
    pub fn fresh(lane: LaneId, epoch: Epoch) -> Self {
        Self { lane, epoch, id: Uuid::now_v7() }
    }

    /// The key that `path` spells, if it is one.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        let lane = LaneId(parts.next()?.parse().ok()?);
        let epoch = Epoch(parts.next()?.parse().ok()?);
        let id = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { lane, epoch, id })
    }

    /// As a path of the landing zone.
    #[must_use]
    pub fn path(&self) -> Path {
        Path::from(self.to_string())
    }
}

impl fmt::Display for SegmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.lane, self.epoch, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_from_its_path() {
        let key = SegmentKey::fresh(LaneId(3), Epoch(7));
        assert_eq!(SegmentKey::parse(key.path().as_ref()), Some(key));
        assert_eq!(SegmentKey::parse("3/7/x"), None);
    }
}
