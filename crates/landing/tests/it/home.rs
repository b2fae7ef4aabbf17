//! What the tests stand on: a control database, a landing folder, and intakes of their own.

use async_trait::async_trait;
use control::{Control, Ledger};
use fhir::ResourceType;
use futures::TryStreamExt;
use keys::{LandingPrivate, MacKey, SealingKey};
use landing::{Change, Intake, IntakeParts, Intent, Limits, Submission, open_segment};
use model::{
    AuditError, AuditEvent, AuditPosition, AuditSink, LaneId, ManualClock, Ordinal, SourceId, Timestamp,
};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use tempfile::TempDir;

pub(crate) const PUT: Intent = Intent::Put { if_match: None, may_create: true, may_update: true };
pub(crate) const LEASE_MS: i64 = 10_000;

/// An audit trail that keeps what it is told, and can be out of order.
#[derive(Default)]
pub(crate) struct Recorded {
    pub(crate) events: Mutex<Vec<AuditEvent>>,
    pub(crate) broken: AtomicBool,
}

#[async_trait]
impl AuditSink for Recorded {
    async fn record(&self, event: AuditEvent) -> Result<AuditPosition, AuditError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(AuditError::Unwritable("the disk is full".into()));
        }
        let mut events = self.events.lock().unwrap();
        events.push(event);
        Ok(AuditPosition { writer: "test".into(), index: events.len() as u64 - 1 })
    }

    async fn writable(&self) -> Result<(), AuditError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(AuditError::Unwritable("the disk is full".into()));
        }
        Ok(())
    }
}

pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) control: Arc<Control>,
    pub(crate) landing: Arc<dyn ObjectStore>,
    pub(crate) audit: Arc<Recorded>,
    private: LandingPrivate,
    mac: MacKey,
    door: SealingKey,
}

impl Home {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
        let url = format!("sqlite://{}", folder.path().join("control.db").display());
        let control = Arc::new(Control::open(&url, clock.clone()).await.unwrap());
        let landing = keys::local_plain(&folder.path().join("landing"), keys::FolderUse::Write).unwrap();
        let (private, _) = LandingPrivate::generate();
        let (mac, door) = (MacKey::generate().unwrap(), SealingKey::generate().unwrap());
        Self { folder, clock, control, landing, audit: Arc::default(), private, mac, door }
    }

    /// An intake of another process: its own ledger cache, and its own idea of the time.
    pub(crate) fn intake(&self, holder: &str, limits: Limits) -> (Intake, Arc<ManualClock>) {
        self.intake_into(holder, limits, self.landing.clone())
    }

    pub(crate) fn intake_into(
        &self,
        holder: &str,
        limits: Limits,
        landing: Arc<dyn ObjectStore>,
    ) -> (Intake, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(model::Clock::now(self.clock.as_ref())));
        let parts = IntakeParts {
            control: self.control.clone(),
            ledger: Ledger::open(&self.folder.path().join(format!("ledger-{holder}"))).unwrap(),
            landing,
            landing_public: self.private.public(),
            ledger_mac: self.mac.clone(),
            receipt_mac: self.mac.clone(),
            door: self.door.clone(),
            clock: clock.clone(),
            audit: self.audit.clone(),
            holder: holder.to_owned(),
            limits: Limits { lease_ms: LEASE_MS, ..limits },
        };
        (Intake::new(parts), clock)
    }

    /// Every registered record, in order: `source/id@version body`. Each object must be there and open.
    pub(crate) async fn records(&self) -> Vec<String> {
        let mut records = Vec::new();
        for (_, lane) in self.control.sources().await.unwrap() {
            for segment in self.control.segments_after(lane, Ordinal(0), 10_000).await.unwrap() {
                let object = self.landing.get(&Path::from(segment.object_key.as_str())).await.unwrap();
                let bytes = object.bytes().await.unwrap();
                assert_eq!(bytes.len() as u64, segment.length);
                let reader = open_segment(&bytes, &segment.sha256, &self.private).unwrap();
                assert_eq!(reader.count(), segment.resources);
                records.extend(reader.records().map(|r| {
                    format!("{}/{}@{} {}", r.source, r.id, r.version, String::from_utf8_lossy(r.body))
                }));
            }
        }
        records
    }

    pub(crate) async fn objects(&self) -> usize {
        self.landing.list(None).try_collect::<Vec<_>>().await.unwrap().len()
    }

    pub(crate) async fn lane(&self, source: &SourceId) -> LaneId {
        self.control.ensure_source(source).await.unwrap()
    }
}

pub(crate) fn source(name: &str) -> SourceId {
    name.parse().unwrap()
}

pub(crate) fn change(id: &str, body: &str) -> Change {
    let resource_type = ResourceType::parse("Basic").unwrap();
    Change { resource_type, id: id.to_owned(), body: body.as_bytes().to_vec(), intent: PUT }
}

pub(crate) fn one(id: &str, body: &str) -> Submission {
    Submission::from(vec![change(id, body)])
}
