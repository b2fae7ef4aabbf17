//! Receipts: where a submission lies, in a form that only its sender can use.

use keys::MacKey;
use model::{LaneId, Ordinal, SourceId};
use std::{fmt, str::FromStr};

/// Names a segment and how many resources of it a submission brought.
///
/// Bound to its source by a keyed hash, so that no row needs to be kept and
/// nobody can ask for another's. Written `lane-ordinal-count-hash`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptId {
    /// The source's lane.
    pub lane: LaneId,
    /// The segment's place in it.
    pub ordinal: Ordinal,
    /// How many resources the submission brought.
    pub resources: u32,
    mac: [u8; 16],
}

/// A text that is not a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a receipt")]
pub struct ReceiptIdError;

impl ReceiptId {
    /// The receipt of `source` for `resources` resources in a segment.
    #[must_use]
    pub fn issue(key: &MacKey, source: &SourceId, lane: LaneId, ordinal: Ordinal, resources: u32) -> Self {
        Self { lane, ordinal, resources, mac: mac(key, source, lane, ordinal, resources) }
    }

    /// Whether this receipt was issued to `source`.
    #[must_use]
    pub fn belongs_to(&self, key: &MacKey, source: &SourceId) -> bool {
        // Both sides are hashes, so the time of the comparison tells nothing about the key.
        mac(key, source, self.lane, self.ordinal, self.resources) == self.mac
    }
}

fn mac(key: &MacKey, source: &SourceId, lane: LaneId, ordinal: Ordinal, resources: u32) -> [u8; 16] {
    key.mac16(&[
        source.as_str().as_bytes(),
        &lane.0.to_be_bytes(),
        &ordinal.0.to_be_bytes(),
        &resources.to_be_bytes(),
    ])
}

impl fmt::Display for ReceiptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}-{}", self.lane, self.ordinal, self.resources, hex::encode(self.mac))
    }
}

impl FromStr for ReceiptId {
    type Err = ReceiptIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let mut next = || parts.next().ok_or(ReceiptIdError);
        let lane = LaneId(next()?.parse().map_err(|_| ReceiptIdError)?);
        let ordinal = Ordinal(next()?.parse().map_err(|_| ReceiptIdError)?);
        let resources = next()?.parse().map_err(|_| ReceiptIdError)?;
        let mut mac = [0; 16];
        hex::decode_to_slice(next()?, &mut mac).map_err(|_| ReceiptIdError)?;
        if parts.next().is_some() { Err(ReceiptIdError) } else { Ok(Self { lane, ordinal, resources, mac }) }
    }
}
