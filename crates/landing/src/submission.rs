//! What is handed in, and what is answered.

use crate::{Once, ReceiptId};
use fhir::{
    Issue, ResourceType, check,
    json::{Object, Value},
};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the sender means by a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A new resource under an id that the gateway made (FHIR R4 §3.1.0.8).
    Create,
    /// A resource under the sender's own id (FHIR R4 §3.1.0.4), with what the sender may do.
    Put {
        /// The version that must be current, from `If-Match`.
        if_match: Option<u32>,
        /// Whether the sender may bring a new id into being.
        may_create: bool,
        /// Whether the sender may change what exists.
        may_update: bool,
    },
}

/// One resource on its way in, already checked.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its id within the source.
    pub id: String,
    /// Canonical JSON with `id` set, without `meta.versionId` and `meta.lastUpdated`.
    pub body: Vec<u8>,
    /// What the sender means.
    pub intent: Intent,
}

impl Change {
    /// Checks `resource` as FHIR R4 of type `resource_type` and makes it ready to be stored under `id`:
    /// canonical, with that id, without the version and time that only the lake gives.
    ///
    /// # Errors
    /// What is wrong with the resource, and where.
    pub fn checked(
        mut resource: Value<'_>,
        resource_type: ResourceType,
        id: String,
        intent: Intent,
    ) -> Result<Self, Vec<Issue>> {
        check(&resource, Some(resource_type))?;
        if let Some(object) = resource.as_object_mut() {
            strip_meta(object);
            object.insert("id", Value::from(id.clone()));
        }
        Ok(Self { resource_type, id, body: resource.to_canonical(), intent })
    }
}

/// `meta.versionId` and `meta.lastUpdated` are the server's to give (FHIR R4 §3.1.0.8), and so
/// is what JSON says beside them.
fn strip_meta(resource: &mut Object<'_>) {
    let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) else { return };
    for name in ["versionId", "_versionId", "lastUpdated", "_lastUpdated"] {
        meta.remove(name);
    }
    // FHIR has no empty objects (FHIR R4 §2.6.2).
    if meta.is_empty() {
        resource.remove("meta");
    }
}

/// Neighbouring resources of a file that is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePart {
    /// Keyed hash of the file's bytes.
    pub digest: [u8; 32],
    /// What told good resources from others and made them what they are: places are counted by it, and what
    /// another has counted is no progress.
    pub checker: Arc<str>,
    /// How many of the file's good resources come before.
    pub from: u64,
    /// How many of them follow each other here.
    pub resources: usize,
}

/// Changes that are accepted all together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// The changes, in order. No two may name the same resource, unless they come from an import.
    pub changes: Vec<Change>,
    /// For an import: the files that the changes come from, in order. A change whose place in its file is
    /// registered already counts as [`Status::Unchanged`], whatever has become of its resource since.
    pub files: Vec<FilePart>,
    /// For a request that must not be carried out twice: what it is known by. It is answered as it was the first
    /// time, whatever has become of its resources since.
    pub once: Option<Once>,
}

impl From<Vec<Change>> for Submission {
    fn from(changes: Vec<Change>) -> Self {
        Self { changes, ..Self::default() }
    }
}

impl Submission {
    /// Bytes of all bodies.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.changes.iter().map(|change| change.body.len()).sum()
    }
}

/// What became of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The id is new.
    Created,
    /// A new version of a known id.
    Updated,
    /// The same content as the current version: nothing was stored.
    Unchanged,
}

/// One resource after acceptance.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its id within the source.
    pub id: String,
    /// Its current version, from 1.
    pub version: u32,
    /// When its current version was accepted, if that is now.
    pub last_updated: Option<Timestamp>,
    /// What became of it.
    pub status: Status,
}

/// A submission that is durable.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Where it can be followed.
    pub receipt: ReceiptId,
    /// One per change, in order.
    pub entries: Vec<Stored>,
    /// Whether this is the first answer to a request that came again: nothing was done now.
    pub repeated: bool,
}

/// Why a submission was not accepted. Nothing of it was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// `If-Match` named another version than the current one.
    #[error("change {index} expects another version than the current one")]
    VersionConflict {
        /// Which change, from 0.
        index: usize,
    },
    /// The sender may not create, or may not update, what this change would.
    #[error("change {index} needs a grant that the sender does not have")]
    NotGranted {
        /// Which change, from 0.
        index: usize,
    },
    /// Another gateway or an import writes to this source's lane just now.
    #[error("another writer holds this source's lane; try again in {retry_after_s} s")]
    LaneTaken {
        /// Seconds until the lease may be free.
        retry_after_s: u32,
    },
    /// Too much is waiting.
    #[error("too many bytes are waiting; try again in {retry_after_s} s")]
    Full {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// More than one segment may hold.
    #[error("the submission is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The bound.
        limit_bytes: usize,
    },
    /// The landing zone or the control database failed; the sender should try again.
    #[error("store the submission: {0}")]
    Storage(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_has_the_given_id_and_no_version_of_the_client() {
        let text = br#"{"resourceType":"Patient","id":"mine","meta":{"versionId":"7","lastUpdated":"2020-01-01T00:00:00Z"},"active":true}"#;
        let patient = ResourceType::parse("Patient").unwrap();
        let change =
            Change::checked(fhir::json::parse(text).unwrap(), patient, "given".to_owned(), Intent::Create);
        let body = String::from_utf8(change.unwrap().body).unwrap();
        assert_eq!(body, r#"{"active":true,"id":"given","resourceType":"Patient"}"#);
    }
}
