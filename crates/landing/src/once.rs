//! Requests that count once: what was answered to them is kept with what made it true, sealed.

use crate::{Accepted, IntakeError, ReceiptId, Status, Stored, intake::storage};
use control::{Control, FirstAnswer};
use fhir::ResourceType;
use keys::{MacKey, SealedFor, SealingKey};
use model::{LaneId, Ordinal, SourceId, Timestamp};
use serde::{Deserialize, Serialize};

/// Names a request that must not be carried out twice: the same request again gets the first answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Once {
    /// Keyed hash of what makes it the same request, such as its signature.
    pub request: [u8; 32],
    /// Until when it may come again.
    pub expires: Timestamp,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// The answer as it is kept. The receipt is made anew from where the answer is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kept {
    Accepted(Vec<KeptEntry>),
    VersionConflict(usize),
    NotGranted(usize),
}

#[derive(Serialize, Deserialize)]
struct KeptEntry {
    resource_type: String,
    id: String,
    version: u32,
    last_updated: Option<i64>,
    status: Status,
}

/// Seals what `once` is answered. Failures of ours are not kept: the request may be tried again.
pub(crate) fn keep(
    door: &SealingKey,
    once: &Once,
    outcome: Result<&[Stored], &IntakeError>,
) -> Result<Option<FirstAnswer>, IntakeError> {
    let kept = match outcome {
        Ok(entries) => Kept::Accepted(entries.iter().map(KeptEntry::from).collect()),
        Err(IntakeError::VersionConflict { index }) => Kept::VersionConflict(*index),
        Err(IntakeError::NotGranted { index }) => Kept::NotGranted(*index),
        Err(_) => return Ok(None),
    };
    let plain = serde_json::to_vec(&kept).map_err(storage)?;
    let answer = door.seal(SealedFor::FirstAnswer, &once.request, &plain).map_err(storage)?;
    Ok(Some(FirstAnswer { request: once.request, answer, expires: once.expires }))
}

/// What `once` was answered, if it came before.
pub(crate) async fn find(
    control: &Control,
    (door, receipts): (&SealingKey, &MacKey),
    (source, lane): (&SourceId, LaneId),
    once: &Once,
) -> Result<Option<Result<Accepted, IntakeError>>, IntakeError> {
    let Some((ordinal, sealed)) = control.first_answer(once.request).await.map_err(storage)? else {
        return Ok(None);
    };
    let plain = door.open(SealedFor::FirstAnswer, &once.request, &sealed).map_err(storage)?;
    let kept: Kept = serde_json::from_slice(&plain).map_err(storage)?;
    Ok(Some(match kept {
        Kept::VersionConflict(index) => Err(IntakeError::VersionConflict { index }),
        Kept::NotGranted(index) => Err(IntakeError::NotGranted { index }),
        Kept::Accepted(entries) => Ok(accepted(receipts, source, (lane, ordinal), entries)?),
    }))
}

fn accepted(
    receipts: &MacKey,
    source: &SourceId,
    (lane, ordinal): (LaneId, Ordinal),
    entries: Vec<KeptEntry>,
) -> Result<Accepted, IntakeError> {
    let receipt = ReceiptId::issue(receipts, source, lane, ordinal, entries.len() as u32);
    let unknown = || IntakeError::Storage("an answer that was kept names an unknown type".to_owned());
    let entries = entries
        .into_iter()
        .map(|entry| {
            Ok(Stored {
                resource_type: ResourceType::parse(&entry.resource_type).ok_or_else(unknown)?,
                id: entry.id,
                version: entry.version,
                last_updated: entry.last_updated.map(Timestamp),
                status: entry.status,
            })
        })
        .collect::<Result<_, IntakeError>>()?;
    Ok(Accepted { receipt, entries, repeated: true })
}

impl From<&Stored> for KeptEntry {
    fn from(stored: &Stored) -> Self {
        Self {
            resource_type: stored.resource_type.as_str().to_owned(),
            id: stored.id.clone(),
            version: stored.version,
            last_updated: stored.last_updated.map(|at| at.0),
            status: stored.status,
        }
    }
}
