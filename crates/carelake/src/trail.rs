//! The audit trail of a home: every record says which data the home is for.

use async_trait::async_trait;
use audit::AuditLog;
use model::{AuditError, AuditEvent, AuditPosition, AuditSink};
use server::HomeKind;
use std::sync::Arc;

/// Writes to this process's chain.
pub(crate) struct Trail {
    pub(crate) log: Arc<AuditLog>,
    pub(crate) home: HomeKind,
}

#[async_trait]
impl AuditSink for Trail {
    async fn record(&self, event: AuditEvent) -> Result<AuditPosition, AuditError> {
        self.log.record(event.with("home", self.home.as_str())).await
    }

    async fn writable(&self) -> Result<(), AuditError> {
        self.log.writable().await
    }
}
