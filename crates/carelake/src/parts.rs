//! From a home to live parts: each is given what its role may hold, and no more.
//!
//! All roles run in one process unless `serve --role` says which: convenient, and no separation.

use crate::{
    access::{Access, OPERATOR},
    crawlers::Crawlers,
    feeds::Feeds,
    home::{self, Home},
    reach, screen,
    trail::Trail,
    witness::{self, Witness},
};
use anyhow::{Context, bail};
use audit::{AuditLog, Checkpoints, Head, SignedHead};
use control::{Control, ControlError, Ledger};
use identity::Policy;
use keys::{FolderUse, Keyring, SigningPurpose, Zone, ZoneReach};
use lake::{
    jobs::Work,
    reference::ReferenceWork,
    refinery::{RefineryLimits, WorkerParts},
    sql::{QueryLimits, Reader},
    stores::Stores,
    upkeep::UpkeepLimits,
    worker::{Rhythm, Worker},
};
use landing::{Intake, IntakeParts, Limits};
use model::{AuditEntity, AuditEvent, AuditOutcome, AuditSink, Clock, ProcessRole, SystemClock};
use object_store::ObjectStore;
use policy::{Action, Resource, Table};
use server::HomeKind;
use std::{collections::BTreeSet, path::Path, sync::Arc};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// An open home.
pub(crate) struct Parts {
    pub(crate) home: Home,
    pub(crate) kind: HomeKind,
    pub(crate) control: Arc<Control>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where everything is recorded that is done through these parts.
    pub(crate) trail: Arc<dyn AuditSink>,
    /// Makes checkpoints of the trail.
    pub(crate) witness: Witness,
    log: Arc<AuditLog>,
    process: Option<ProcessRole>,
    /// Names this process in leases and in the audit trail.
    pub(crate) holder: String,
    mirror: JoinHandle<()>,
}

impl Parts {
    /// Opens `folder` for the command called `role`.
    pub(crate) async fn open(folder: &Path, role: &str) -> anyhow::Result<Self> {
        Self::open_as(folder, role, None).await
    }

    /// The same, for a process of its own, if it reaches no further than that process may.
    pub(crate) async fn open_as(
        folder: &Path,
        role: &str,
        process: Option<ProcessRole>,
    ) -> anyhow::Result<Self> {
        let home = Home::open(folder)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let keyring = Arc::new(Keyring::open(&home.ring()).context("open the keys")?);
        if let Some(process) = process {
            keyring.require(process)?;
            reach::require(&home, process)?;
        }
        let (url, time) = (home.control_url(), Arc::clone(&clock));
        let control = match process {
            Some(process) => Control::open_as(&url, time, process).await,
            None => Control::open(&url, time).await,
        };
        let control = Arc::new(control.context("open the control database")?);
        let kind = home::kind(&control).await?;
        let holder = format!("{role}-{}", Uuid::now_v7().simple());
        let store = zone(&home, &keyring, process, Zone::Audit)?;
        let signer = keyring.signer(SigningPurpose::Audit)?;
        let checkpoints = Checkpoints::new(Arc::clone(&store), Arc::clone(&signer), Arc::clone(&clock));
        let witness = Witness::new(Arc::clone(&control), checkpoints, Arc::clone(&clock));
        let audit = AuditLog::open(store, signer, holder.clone(), Arc::clone(&clock)).await;
        let log = Arc::new(audit.context("open the audit trail")?);
        let mirror = mirror(&log, &control);
        let trail = Arc::new(Trail { log: Arc::clone(&log), home: kind });
        Ok(Self { home, kind, control, keyring, clock, trail, witness, log, holder, mirror, process })
    }

    /// Opens `folder` for the command called `role`, if whoever runs it may do what it does.
    pub(crate) async fn open_for(
        folder: &Path,
        role: &str,
        action: Action,
        resource: Resource<'_>,
    ) -> anyhow::Result<Self> {
        let parts = Self::open(folder, role).await?;
        match parts.permit(action, resource).await {
            Ok(()) => Ok(parts),
            Err(error) => {
                parts.close().await?;
                Err(error)
            }
        }
    }

    /// Refuses what the lake's policies do not allow whoever runs this command. Either way it is recorded, before
    /// anything is done.
    pub(crate) async fn permit(&self, action: Action, resource: Resource<'_>) -> anyhow::Result<()> {
        let access = Access::read(&self.control, self.kind).await?;
        let mut facts = access.acting();
        let policies = self.permit_by(&access, action, resource).await?;
        facts.extend([("action", action.as_str().to_owned()), ("policies", policies)]);
        self.record("decide", AuditOutcome::Success, &resource.to_string(), &facts).await
    }

    /// The policies that allow it, by policies that have been read already; only a refusal is recorded.
    pub(crate) async fn permit_by(
        &self,
        access: &Access,
        action: Action,
        resource: Resource<'_>,
    ) -> anyhow::Result<String> {
        access.readable_for(action)?;
        let question = access.question(action, resource, self.clock.now());
        let decision = access.policies.decide(&question);
        let policies = screen::words(&decision.because);
        if decision.allowed {
            return Ok(policies);
        }
        let mut facts = access.acting();
        facts.extend([("action", action.as_str().to_owned()), ("policies", policies)]);
        self.record("decide", AuditOutcome::Refused, &resource.to_string(), &facts).await?;
        bail!("{} of {resource} is {}", action.as_str(), access.policies.explain(&question))
    }

    /// The policies that allow these columns of a table to be read; of none, the table as a whole.
    pub(crate) async fn permit_columns(
        &self,
        access: &Access,
        table: Table<'_>,
        columns: &BTreeSet<String>,
    ) -> anyhow::Result<BTreeSet<String>> {
        let whole = columns.is_empty().then_some(Resource::Table(table));
        let parts = columns.iter().map(|column| Resource::Column(table, column));
        let mut policies = BTreeSet::new();
        for resource in whole.into_iter().chain(parts) {
            let allowed = self.permit_by(access, Action::SqlQuery, resource).await?;
            policies.extend(allowed.split(' ').map(str::to_owned));
        }
        Ok(policies)
    }

    /// Records what the operator has done.
    pub(crate) async fn record(
        &self,
        action: &str,
        outcome: AuditOutcome,
        target: &str,
        facts: &[(&str, String)],
    ) -> anyhow::Result<()> {
        self.record_about(action, outcome, target, facts, Vec::new()).await
    }

    /// Records what the operator has done, and what data it was done to.
    pub(crate) async fn record_about(
        &self,
        action: &str,
        outcome: AuditOutcome,
        target: &str,
        facts: &[(&str, String)],
        about: Vec<AuditEntity>,
    ) -> anyhow::Result<()> {
        let event = AuditEvent::new(self.clock.now(), action, OPERATOR, outcome, target);
        let event = facts.iter().fold(event, |event, (name, value)| event.with(name, value));
        self.trail.record(AuditEvent { about, ..event }).await.context("record it in the audit trail")?;
        Ok(())
    }

    /// Has the control database see the trail as far as it is durable now, without waiting for the mirror.
    pub(crate) async fn show_head(&self) -> anyhow::Result<()> {
        let head = self.log.on_head().borrow().clone();
        Ok(keep_head(&self.control, &head).await?)
    }

    /// Ends the audit chain, and lets go of everything.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.log.close().await.context("end the audit chain")?;
        drop((self.log, self.trail));
        // The mirror ends with the log, after the last head has been written.
        self.mirror.await?;
        // Commands that follow each other need not each make one.
        self.witness.make_after(self.home.config.audit.checkpoint_every()).await?;
        self.control.close().await;
        Ok(())
    }

    pub(crate) fn zone(&self, zone: Zone) -> anyhow::Result<Arc<dyn ObjectStore>> {
        self::zone(&self.home, &self.keyring, self.process, zone)
    }

    fn stores(&self) -> anyhow::Result<Stores> {
        Ok(Stores {
            raw: self.zone(Zone::Raw)?,
            view: self.zone(Zone::View)?,
            mart: self.zone(Zone::Mart)?,
            link: self.zone(Zone::Link)?,
        })
    }

    /// The way in, with its own cache of the ledger.
    pub(crate) fn intake(&self) -> anyhow::Result<Intake> {
        let keys = self.keyring.gateway()?;
        Ok(Intake::new(IntakeParts {
            control: Arc::clone(&self.control),
            ledger: self.ledger()?,
            landing: self.zone(Zone::Landing)?,
            landing_public: keys.landing_public,
            ledger_mac: keys.ledger_mac,
            receipt_mac: keys.receipt_mac,
            door: keys.door,
            clock: Arc::clone(&self.clock),
            audit: Arc::clone(&self.trail),
            holder: self.holder.clone(),
            limits: Limits::default(),
        }))
    }

    /// The first cache that no other process has open: each process has its own.
    fn ledger(&self) -> anyhow::Result<Ledger> {
        const CACHES: u32 = 16;
        let mut last = None;
        for number in 0..CACHES {
            match Ledger::open(&self.home.places().ledger().join(number.to_string())) {
                Ok(ledger) => return Ok(ledger),
                Err(error) => last = Some(error),
            }
        }
        match last {
            Some(error) => Err(error).context("open a ledger cache"),
            None => bail!("no ledger cache"),
        }
    }

    pub(crate) fn worker_parts(&self) -> anyhow::Result<Arc<WorkerParts>> {
        Ok(Arc::new(WorkerParts {
            control: Arc::clone(&self.control),
            stores: self.stores()?,
            landing: self.zone(Zone::Landing)?,
            vault: self.zone(Zone::Vault)?,
            keys: self.keyring.worker()?,
            policy: Policy::builtin(),
            views: views::builtin().to_vec(),
            clock: Arc::clone(&self.clock),
            audit: Arc::clone(&self.trail),
            holder: self.holder.clone(),
            limits: RefineryLimits::default(),
        }))
    }

    pub(crate) fn upkeep_limits(&self) -> UpkeepLimits {
        let worker = &self.home.config.worker;
        UpkeepLimits {
            keep_ms: worker.keep_ms,
            keep_segments_ms: worker.keep_segments_ms,
            keep_runs_ms: i64::from(worker.keep_runs_days) * 24 * 3_600_000,
            ..UpkeepLimits::default()
        }
    }

    /// What does the jobs that are no mart's.
    pub(crate) fn other_work(&self, worker: &Arc<WorkerParts>) -> Vec<Arc<dyn Work>> {
        let reference = ReferenceWork::new(Arc::clone(worker));
        vec![Arc::new(Feeds::new(self)), Arc::new(Crawlers::new(self)), Arc::new(reference)]
    }

    pub(crate) fn worker(&self) -> anyhow::Result<Worker> {
        let worker = &self.home.config.worker;
        let rhythm =
            Rhythm { idle_ms: worker.idle_ms, upkeep_ms: worker.upkeep_ms, schedules: worker.schedules };
        let parts = self.worker_parts()?;
        let others = self.other_work(&parts);
        Ok(Worker::new(parts, self.reader()?, self.upkeep_limits(), rhythm, others))
    }

    pub(crate) fn reader(&self) -> anyhow::Result<Reader> {
        Ok(Reader {
            control: Arc::clone(&self.control),
            stores: self.stores()?,
            views: Arc::new(views::builtin().to_vec()),
            limits: QueryLimits { memory_bytes: self.home.config.query.memory_bytes },
            programs: Arc::new(self.home.sandbox()?),
        })
    }

    /// The audit heads that the control database has seen: what the trail is held against.
    pub(crate) async fn witnessed_heads(&self) -> anyhow::Result<Vec<Head>> {
        let heads = self.control.audit_heads().await?;
        Ok(heads.iter().map(witness::head).collect())
    }
}

/// The store of a zone, as far as this process comes in it. Landing's objects come sealed, so its store does not encrypt
/// again.
fn zone(
    home: &Home,
    keyring: &Keyring,
    process: Option<ProcessRole>,
    zone: Zone,
) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let root = home.places().zone(zone);
    let used = match process.map(|process| keys::zone_reach(process, zone)) {
        Some(ZoneReach::Read) => FolderUse::Read,
        _ => FolderUse::Write,
    };
    let store = match zone {
        Zone::Landing => keys::local_plain(&root, used),
        other => keys::local_zone(&root, other, keyring.zone(other)?, used),
    };
    store.with_context(|| format!("open the zone `{zone}`"))
}

/// Copies every durable head to the control database, so that a tail that is cut off is missed.
fn mirror(audit: &AuditLog, control: &Arc<Control>) -> JoinHandle<()> {
    let mut heads = audit.on_head();
    let control = Arc::clone(control);
    tokio::spawn(async move {
        loop {
            let head = heads.borrow_and_update().clone();
            if head.head.count > 0
                && let Err(error) = keep_head(&control, &head).await
            {
                tracing::error!(%error, "an audit head was not mirrored");
            }
            // Without news the head is kept again: its writer is at work.
            if let Ok(Err(_)) = tokio::time::timeout(witness::HEARD_EVERY, heads.changed()).await {
                break;
            }
        }
    })
}

async fn keep_head(control: &Control, signed: &SignedHead) -> Result<(), ControlError> {
    let Head { writer, count, hash } = &signed.head;
    control.put_audit_head(writer, (*count, *hash), signed.signature, signed.closed).await
}
