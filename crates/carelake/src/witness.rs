//! Checkpoints of the audit trail, made from time to time of all chains that have grown, and kept in the control database,
//! from where they go out with receipts.

use anyhow::Context;
use audit::{Checkpoints, Head};
use control::{AuditCheckpoint, AuditHead, CheckpointUse, Control};
use model::{AuditEvent, AuditOutcome, AuditSink, Clock};
use std::{sync::Arc, time::Duration};

/// How long a writer may be silent, in milliseconds, before it is taken to have stopped without ending its chain. One
/// at work is heard of five times as often.
const SILENT_MS: i64 = 300_000;

/// How often a writer at work says so.
pub(crate) const HEARD_EVERY: Duration = Duration::from_secs(60);

/// Makes checkpoints.
#[derive(Clone)]
pub(crate) struct Witness {
    control: Arc<Control>,
    checkpoints: Arc<Checkpoints>,
    clock: Arc<dyn Clock>,
}

impl Witness {
    pub(crate) fn new(control: Arc<Control>, checkpoints: Checkpoints, clock: Arc<dyn Clock>) -> Self {
        Self { control, checkpoints: Arc::new(checkpoints), clock }
    }

    /// A checkpoint of all that is durable now; none if nothing was ever recorded.
    pub(crate) async fn make(&self) -> anyhow::Result<Option<AuditCheckpoint>> {
        let newest = self.control.audit_checkpoint(CheckpointUse::Newest).await?;
        let grown = self.control.grown_audit_heads().await?;
        if grown.is_empty() && newest.is_some() {
            return Ok(newest);
        }
        let heads: Vec<Head> = grown.iter().map(head).collect();
        let known = newest.map_or(0, |newest| newest.leaves);
        let made = self.checkpoints.make(&heads, known).await.context("make an audit checkpoint")?;
        let Some(made) = made else { return Ok(None) };
        let place = (made.at, made.checkpoint.size);
        self.control
            .put_audit_checkpoint(CheckpointUse::Newest, place, &made.checkpoint.text, &grown)
            .await?;
        Ok(self.control.audit_checkpoint(CheckpointUse::Newest).await?)
    }

    /// A checkpoint, unless the newest is younger than this.
    pub(crate) async fn make_after(&self, age: Duration) -> anyhow::Result<()> {
        let newest = self.control.audit_checkpoint(CheckpointUse::Newest).await?;
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        if newest.is_none_or(|newest| newest.made.plus_ms(age) <= self.clock.now()) {
            self.make().await?;
        }
        Ok(())
    }

    /// Makes a checkpoint every so often, and records which writers have stopped without ending their chains: what
    /// they began has no other outcome.
    pub(crate) async fn keep(self, every: Duration, trail: Arc<dyn AuditSink>) {
        loop {
            if let Err(error) = self.once(&trail).await {
                tracing::error!(error = format!("{error:#}"), "no audit checkpoint was made");
            }
            tokio::time::sleep(every).await;
        }
    }

    async fn once(&self, trail: &Arc<dyn AuditSink>) -> anyhow::Result<()> {
        let now = self.clock.now();
        for ended in self.control.take_ended_audit_writers(now.plus_ms(-SILENT_MS)).await? {
            let event = AuditEvent::new(now, "audit.writer-ended", "worker", AuditOutcome::Failed, "audit")
                .with("writer", &ended.writer)
                .with("records", ended.count)
                .with("reason", "the process stopped without ending its chain");
            trail.record(event).await?;
        }
        self.make().await.map(drop)
    }
}

/// A head as the trail knows it.
pub(crate) fn head(head: &AuditHead) -> Head {
    Head { writer: head.writer.clone(), count: head.count, hash: head.hash }
}
