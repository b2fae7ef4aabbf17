//! Lets go of audit records that are old enough: by command, and by the service once a day.
//!
//! Either way it is recorded before anything goes, and nothing goes that a legal hold covers.

use crate::{parts::Parts, screen, witness::Witness};
use anyhow::{Context, bail};
use audit::{Head, Retention};
use control::{AuditHold, Control};
use keys::{SigningPurpose, Zone};
use model::{AuditEvent, AuditOutcome, AuditSink, Clock, Signer, Timestamp};
use object_store::ObjectStore;
use std::{sync::Arc, time::Duration};

/// How often the service looks what is due.
const LOOKED_AT: Duration = Duration::from_secs(24 * 3600);

/// Applies retention to the trail of a home.
pub(crate) struct Retainer {
    control: Arc<Control>,
    store: Arc<dyn ObjectStore>,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    trail: Arc<dyn AuditSink>,
    witness: Witness,
}

impl Retainer {
    pub(crate) fn new(parts: &Parts) -> anyhow::Result<Self> {
        Ok(Self {
            control: Arc::clone(&parts.control),
            store: parts.zone(Zone::Audit)?,
            signer: parts.keyring.signer(SigningPurpose::Audit)?,
            clock: Arc::clone(&parts.clock),
            trail: Arc::clone(&parts.trail),
            witness: parts.witness.clone(),
        })
    }

    /// What was recorded before `before` and can go. A checkpoint is made first: what none tells of stays.
    pub(crate) async fn plan(&self, before: Timestamp) -> anyhow::Result<Retention> {
        self.witness.make().await?;
        let public_key = self.signer.public_key();
        Retention::plan(self.store.as_ref(), &public_key, before).await.context("find what is due")
    }

    /// Refuses what a hold covers, and records that.
    pub(crate) async fn permit(&self, actor: &str, before: Timestamp) -> anyhow::Result<()> {
        let Some(AuditHold { id, hold, .. }) = self.holds(before).await?.into_iter().next() else {
            return Ok(());
        };
        let facts = [("before", before.to_string()), ("hold", id.to_string())];
        self.record(actor, AuditOutcome::Refused, &facts).await?;
        bail!(
            "hold {id} covers records from before {before}: {}; `carelake audit hold release {id}` releases it",
            hold.reason
        )
    }

    /// The open holds that cover what was recorded before `before`.
    async fn holds(&self, before: Timestamp) -> anyhow::Result<Vec<AuditHold>> {
        let mut holds = self.control.audit_holds().await?;
        holds.retain(|hold| hold.is_open() && hold.hold.covers_before(before));
        Ok(holds)
    }

    /// Records what is to go, and lets it go.
    pub(crate) async fn carry_out(
        &self,
        actor: &str,
        before: Timestamp,
        retention: &Retention,
    ) -> anyhow::Result<Vec<Head>> {
        // A hold that was placed since it was asked for holds too.
        self.permit(actor, before).await?;
        let mut facts = vec![
            ("before", before.to_string()),
            ("writers", retention.due.len().to_string()),
            ("records", retention.records().to_string()),
        ];
        self.record(actor, AuditOutcome::Success, &facts).await?;
        let cut = retention.carry_out(self.store.as_ref(), self.signer.as_ref(), self.clock.now()).await;
        match cut.context("let go of old audit records") {
            Ok(cuts) => Ok(cuts),
            Err(error) => {
                facts.push(("reason", screen::causes(&error)));
                self.record(actor, AuditOutcome::Failed, &facts).await?;
                Err(error)
            }
        }
    }

    async fn record(
        &self,
        actor: &str,
        outcome: AuditOutcome,
        facts: &[(&str, String)],
    ) -> anyhow::Result<()> {
        let event = AuditEvent::new(self.clock.now(), "audit.retain", actor, outcome, "audit");
        let event = facts.iter().fold(event, |event, (name, value)| event.with(name, value));
        self.trail.record(event).await.context("record it in the audit trail")?;
        Ok(())
    }

    /// Keeps records for `days`, once a day, for ever.
    pub(crate) async fn keep(self, days: u32) {
        loop {
            if let Err(error) = self.once(days).await {
                tracing::error!(error = format!("{error:#}"), "old audit records were not let go");
            }
            tokio::time::sleep(LOOKED_AT).await;
        }
    }

    async fn once(&self, days: u32) -> anyhow::Result<()> {
        let kept_from = self.clock.now().plus_ms(-i64::from(days) * 86_400_000);
        // What was recorded before all that is held can go.
        let held_from = self.holds(kept_from).await?.into_iter().map(|held| held.hold.from).min();
        let before = match held_from {
            Some(Some(from)) => from,
            Some(None) => return Ok(()),
            None => kept_from,
        };
        let retention = self.plan(before).await?;
        for damage in &retention.damaged {
            tracing::error!(error = %damage, "a chain of the audit trail is not what was written, and stays");
        }
        if !retention.due.is_empty() {
            self.carry_out("worker", before, &retention).await?;
        }
        Ok(())
    }
}
