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

impl AuditOutcome {
    /// `success`, `refused` or `failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One thing that was done, or refused. Holds no resource content, ever:
/// names, counts, positions and keyed hashes only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// When it happened, or began.
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
    /// The two ends of the connection that it was asked over, if it was.
    #[serde(default)]
    pub network: Option<AuditNetwork>,
    /// Whom it was about, and the tables that were read.
    #[serde(default)]
    pub about: Vec<AuditEntity>,
}

/// The two ends of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditNetwork {
    /// The client's IP address.
    pub client: String,
    /// The base address that it asked.
    pub server: String,
}

/// What data something was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditEntity {
    /// A patient, by the lake's pseudonym.
    Patient(String),
    /// A patient, by a keyed hash of the source and the source's own id: all that the gateway knows.
    Subject(String),
    /// A table that was read.
    Table {
        /// Its name, with its schema.
        name: String,
        /// The columns that were read.
        columns: Vec<String>,
    },
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
            network: None,
            about: Vec::new(),
        }
    }

    /// The same event with one more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.detail.insert(name.to_owned(), value.to_string());
        self
    }

    /// The same event about this, too.
    #[must_use]
    pub fn about(mut self, entity: AuditEntity) -> Self {
        self.about.push(entity);
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

    /// Whether the last record that was tried is durable. If it is not, tries it again: the answer turns good by
    /// itself once the trail can be written.
    async fn writable(&self) -> Result<(), AuditError>;
}
