//! What the tests stand on: a database of their own and a clock that they move.

use control::{Control, Lease, LedgerEntry, Material, NewCredential, NewProvider, Reach, Registration};
use model::{LaneId, ManualClock, Ordinal, Timestamp};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) struct Ground {
    pub(crate) control: Control,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: TempDir,
    url: String,
}

impl Ground {
    pub(crate) async fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
        let url = match std::env::var("CARELAKE_TEST_POSTGRES") {
            Ok(server) => {
                let schema = format!("test_{name}_{}", std::process::id());
                let pool = sqlx::PgPool::connect(&server).await.unwrap();
                let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
                sqlx::query(create).execute(&pool).await.unwrap();
                format!("{server}?options=-csearch_path%3D{schema}")
            }
            Err(_) => format!("sqlite://{}", folder.path().join("control.db").display()),
        };
        let control = Control::open(&url, clock.clone()).await.unwrap();
        Self { control, clock, folder, url }
    }

    /// The same database opened again, as another process would.
    pub(crate) async fn again(&self) -> Control {
        Control::open(&self.url, self.clock.clone()).await.unwrap()
    }

    /// A lane, leased for a minute.
    pub(crate) async fn lane(&self, source: &str) -> Lease {
        let lane = self.control.ensure_source(&source.parse().unwrap()).await.unwrap();
        self.control.lease_lane(lane, "gateway-1", 60_000).await.unwrap()
    }

    /// Registers `count` segments of one entry each in the lease's lane.
    pub(crate) async fn fill(&self, lease: &Lease, count: u8) {
        for _ in 0..count {
            let next = self.control.last_ordinal(lease.lane).await.unwrap().next();
            let segment = segment(lease.lane, next.0 as u8, 1);
            assert_eq!(self.control.register(lease, &segment).await.unwrap(), next);
        }
    }
}

/// A segment with `entries` ledger entries that nothing else has.
pub(crate) fn segment(lane: LaneId, number: u8, entries: u32) -> Registration {
    let entry = |n: u32| {
        let mut key = [number; 16];
        key[..4].copy_from_slice(&n.to_be_bytes());
        LedgerEntry { key, version: 1, content: [number; 16] }
    };
    Registration {
        object_key: format!("{lane}/{number}"),
        sha256: [number; 32],
        length: 1000 + u64::from(number),
        opened: 10_000 + u64::from(number),
        resources: entries,
        ledger: (0..entries).map(entry).collect(),
        imports: Vec::new(),
        answers: Vec::new(),
    }
}

/// A provider whose only credential is a secret called `secret-` and its name.
pub(crate) fn provider(name: &str, client_id: &str) -> NewProvider {
    NewProvider {
        name: name.parse().unwrap(),
        client_id: client_id.to_owned(),
        scopes: vec!["system/Observation.c".parse().unwrap(), "system/*.cu".parse().unwrap()],
        reach: Reach::default(),
        credential: secret(&format!("secret-{name}"), 5),
    }
}

pub(crate) fn secret(id: &str, mac: u8) -> NewCredential {
    NewCredential { id: id.to_owned(), material: Material::Secret([mac; 32]), expires: None }
}

pub(crate) fn ordinals(range: impl IntoIterator<Item = i64>) -> Vec<Ordinal> {
    range.into_iter().map(Ordinal).collect()
}
