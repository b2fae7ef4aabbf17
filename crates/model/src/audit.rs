//! What an audit record says, before it is chained.

use crate::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How what was asked for ended (FHIR R4 AuditEvent.outcome, in words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutcome {
    /// It was done.
    Success,
    /// It was refused, by rule or because it was malformed.
    Refused,
    /// It failed on our side.
    Failed,
}

/// One thing that was done, or refused. Holds no resource content, ever:
/// names, counts, positions and keyed hashes only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// When.
    pub time: Timestamp,
    /// What kind of thing, such as `token`, `fhir.create`, `import`, `sql`, `job`.
    pub action: String,
    /// Who asked; `anonymous` where nobody was authenticated.
    pub actor: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// On what: a route template, a table, a job. Never an id.
    pub target: String,
    /// Further safe facts, such as `resources=12` or `reason=invalid_client`.
    pub detail: BTreeMap<String, String>,
}

impl AuditEvent {
    /// An event without details.
    pub fn new(
        time: Timestamp,
        action: impl Into<String>,
        actor: impl Into<String>,
        outcome: AuditOutcome,
        target: impl Into<String>,
    ) -> Self {
        Self {
            time,
            action: action.into(),
            actor: actor.into(),
            outcome,
            target: target.into(),
            detail: BTreeMap::new(),
        }
    }

    /// The same event with one more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.detail.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Where a record came to stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPosition {
    /// The chain it stands in.
    pub writer: String,
    /// Its place in that chain; the first is 0.
    pub index: u64,
}

/// Why a record could not be made durable. Doors answer 503: no audit, no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    /// The log zone could not be written.
    #[error("write the audit trail: {0}")]
    Unwritable(String),
    /// The writer has been closed.
    #[error("the audit trail is closed")]
    Closed,
}

/// Takes records and makes them durable.
#[async_trait]
pub trait AuditSink: Send + Sync {
    /// Appends `event` and returns once it is durable.
    async fn record(&self, event: AuditEvent) -> Result<AuditPosition, AuditError>;
}
