//! A whole lake in a temporary folder, without the doors: intake, worker, reader, custodian.

use crate::{
    gate::{Gate, Hold},
    sent::Sent,
};
use arrow::{
    array::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use audit::AuditLog;
use control::{Control, Ledger, Run, RunId};
use identity::Policy;
use keys::{Created, Keyring, Zone, local_plain, local_zone};
use lake::{
    LakeError,
    jobs::{Jobs, queue_marts, succeeded},
    refinery::{Refinery, RefineryLimits, WorkerParts},
    sql::{QueryLimits, Reader},
    stores::Stores,
    upkeep::UpkeepLimits,
};
use landing::{Intake, IntakeParts, Limits};
use model::{Clock, ManualClock, SystemClock};
use object_store::ObjectStore;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use vault::Custodian;

/// How long a worker's lease holds, by the home's clock.
pub(crate) const LEASE_MS: i64 = 30_000;

/// Upkeep that finds something to do in a small lake.
pub(crate) const EAGER: UpkeepLimits = UpkeepLimits {
    small_file_bytes: 32 << 20,
    small_files: 4,
    superseded_percent: 1,
    superseded_rows: 3,
    keep_ms: 600_000,
    keep_segments_ms: 600_000,
    keep_runs_ms: i64::MAX / 2,
    checkpoint_versions: 5,
};

pub(crate) struct Home {
    folder: TempDir,
    pub(crate) created: Arc<Created>,
    /// Leases and times: it stands still until a test moves it.
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) control: Arc<Control>,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) intake: Intake,
    pub(crate) sent: Sent,
}

impl Home {
    pub(crate) async fn new() -> Self {
        let keys = tempfile::tempdir().unwrap();
        Self::with_keys(Arc::new(Keyring::create(keys.path()).unwrap())).await
    }

    /// A new lake that has another one's keys, so that it gives the same pseudonyms.
    pub(crate) async fn with_keys(created: Arc<Created>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let url = format!("sqlite://{}", folder.path().join("control.db").display());
        let control = Arc::new(Control::open(&url, clock.clone()).await.unwrap());
        let store = local_zone(
            &folder.path().join("audit"),
            Zone::Audit,
            created.ring.zone(Zone::Audit).unwrap(),
            keys::FolderUse::Write,
        );
        let signer = created.ring.signer(keys::SigningPurpose::all()[0]).unwrap();
        let audit =
            AuditLog::open(store.unwrap(), signer, "worker-1".to_owned(), clock.clone()).await.unwrap();
        let audit = Arc::new(audit);
        let keys = created.ring.gateway().unwrap();
        let intake = Intake::new(IntakeParts {
            control: control.clone(),
            ledger: Ledger::open(&folder.path().join("ledger")).unwrap(),
            landing: local_plain(&folder.path().join("landing"), keys::FolderUse::Write).unwrap(),
            landing_public: keys.landing_public,
            ledger_mac: keys.ledger_mac,
            receipt_mac: keys.receipt_mac,
            door: keys.door,
            clock: clock.clone(),
            audit: audit.clone(),
            holder: "gateway".to_owned(),
            limits: Limits::default(),
        });
        Self { folder, created, clock, control, audit, intake, sent: Sent::default() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A zone as whoever has its key sees it; landing is sealed by what is written to it.
    pub(crate) fn zone(&self, zone: Zone) -> Arc<dyn ObjectStore> {
        let root = self.path(zone.as_str());
        match zone {
            Zone::Landing => local_plain(&root, keys::FolderUse::Write).unwrap(),
            zone => local_zone(&root, zone, self.created.ring.zone(zone).unwrap(), keys::FolderUse::Write)
                .unwrap(),
        }
    }

    pub(crate) fn stores(&self) -> Stores {
        Stores {
            raw: self.zone(Zone::Raw),
            view: self.zone(Zone::View),
            mart: self.zone(Zone::Mart),
            link: self.zone(Zone::Link),
        }
    }

    /// A worker of a process called `holder`.
    pub(crate) fn worker(&self, holder: &str) -> Refinery {
        self.worker_on(holder, self.stores(), self.zone(Zone::Vault), RefineryLimits::default())
    }

    /// A worker that is held before one of its puts.
    pub(crate) fn worker_held(&self, holder: &str, hold: &Arc<Hold>) -> Refinery {
        let gate = |store| Gate::over(store, hold);
        let Stores { raw, view, mart, link } = self.stores();
        let stores = Stores { raw: gate(raw), view: gate(view), mart: gate(mart), link: gate(link) };
        self.worker_on(holder, stores, gate(self.zone(Zone::Vault)), RefineryLimits::default())
    }

    /// A worker whose publications hold one segment.
    pub(crate) fn worker_of_small_steps(&self, holder: &str) -> Refinery {
        let limits = RefineryLimits { resources: 1, ..RefineryLimits::default() };
        self.worker_on(holder, self.stores(), self.zone(Zone::Vault), limits)
    }

    fn worker_on(
        &self,
        holder: &str,
        stores: Stores,
        vault: Arc<dyn ObjectStore>,
        limits: RefineryLimits,
    ) -> Refinery {
        Refinery::new(self.parts_on(holder, stores, vault, limits))
    }

    /// What a worker works with.
    pub(crate) fn worker_parts(&self, holder: &str) -> Arc<WorkerParts> {
        self.parts_on(holder, self.stores(), self.zone(Zone::Vault), RefineryLimits::default())
    }

    fn parts_on(
        &self,
        holder: &str,
        stores: Stores,
        vault: Arc<dyn ObjectStore>,
        limits: RefineryLimits,
    ) -> Arc<WorkerParts> {
        Arc::new(WorkerParts {
            control: self.control.clone(),
            stores,
            landing: self.zone(Zone::Landing),
            vault,
            keys: self.created.ring.worker().unwrap(),
            policy: Policy::builtin(),
            views: views::builtin().to_vec(),
            clock: self.clock.clone(),
            audit: self.audit.clone(),
            holder: holder.to_owned(),
            limits: RefineryLimits { lease_ms: LEASE_MS, ..limits },
        })
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader {
            control: self.control.clone(),
            stores: self.stores(),
            views: Arc::new(views::builtin().to_vec()),
            limits: QueryLimits::default(),
            programs: Arc::default(),
        }
    }

    pub(crate) fn custodian(&self) -> Custodian {
        let public = self.created.ring.custodian_public();
        let private = keys::custodian_private(&self.created.custodian_shares, &public).unwrap();
        Custodian::open(self.zone(Zone::Vault), private)
    }

    /// The answer to `sql` at the newest sequence, a row a text, cells parted by `|`.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        lines(&self.try_rows(sql).await.unwrap())
    }

    pub(crate) async fn try_rows(&self, sql: &str) -> Result<Vec<RecordBatch>, LakeError> {
        self.reader().session(None).await?.rows(sql).await
    }

    /// The one number that `sql` answers with.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.rows(sql).await[0].parse().unwrap()
    }
}

/// Builds all marts, or the one called `only`, and gives the tables that this wrote. If `whole`, incremental models are
/// made whole as well.
pub(crate) async fn build_marts(
    home: &Home,
    worker: &mut Refinery,
    (only, whole): (Option<&str>, bool),
) -> Result<Vec<String>, LakeError> {
    let runs = queue_marts(&home.control, (only, whole), "test", home.clock.now()).await?;
    let mut jobs = Jobs::new(home.reader(), Vec::new(), false);
    let mut tables = Vec::new();
    for run in runs {
        let ended = finish(home, &mut jobs, worker, run).await?;
        let facts: serde_json::Value = serde_json::from_str(&ended.facts).unwrap();
        tables.extend(facts["outputs"].as_object().unwrap().keys().cloned());
    }
    Ok(tables)
}

/// Works until `run` is over.
pub(crate) async fn finish(
    home: &Home,
    jobs: &mut Jobs,
    worker: &mut Refinery,
    run: RunId,
) -> Result<Run, LakeError> {
    loop {
        jobs.turn(worker).await?;
        let now = home.control.run(run).await.unwrap().unwrap();
        if now.state.is_over() {
            return succeeded(&now).map(|()| now);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Rows as texts, cells parted by `|`, nothing for null.
pub(crate) fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in batches {
        let options = FormatOptions::default();
        let columns: Vec<_> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        lines.extend((0..batch.num_rows()).map(|row| {
            columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|")
        }));
    }
    lines
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
