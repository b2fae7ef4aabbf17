//! A trail of as many records as are wanted, as a gateway writes it.

use ::audit::{AuditLog, Checkpoint, Checkpoints};
use futures::{StreamExt, TryStreamExt, stream};
use model::{AuditEntity, AuditEvent, AuditNetwork, AuditOutcome, AuditSink, Clock, Signer, Timestamp};
use object_store::ObjectStore;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The days that the records are spread over.
pub(super) const DAYS: i64 = 100;
pub(super) const DAY_MS: i64 = 86_400_000;
/// The first of them, where it does not matter which.
pub(super) const BEGAN: i64 = 1_767_225_600_000;
/// The providers that the records are of.
const PROVIDERS: u64 = 100;
/// How many callers wait for their records at once.
const CALLERS: usize = 4096;
/// A clock that goes on by the same step whenever it is read: the days pass as the records come.
struct Passing {
    began: i64,
    reads: AtomicI64,
    step_ms: f64,
}

impl Clock for Passing {
    fn now(&self) -> Timestamp {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        Timestamp(self.began + (reads as f64 * self.step_ms) as i64)
    }
}

/// Writes records whose times are spread over the days.
pub(super) struct Writer {
    store: Arc<dyn ObjectStore>,
    signer: Arc<dyn Signer>,
    clock: Arc<Passing>,
}

impl Writer {
    /// One for `count` records, the first of them at `began`.
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        signer: Arc<dyn Signer>,
        (began, count): (i64, u64),
    ) -> Self {
        let step_ms = (DAYS * DAY_MS) as f64 / count as f64;
        Self { store, signer, clock: Arc::new(Passing { began, reads: AtomicI64::new(0), step_ms }) }
    }

    /// A chain of its own.
    pub(super) async fn open(&self, name: &str) -> anyhow::Result<AuditLog> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Ok(AuditLog::open(Arc::clone(&self.store), Arc::clone(&self.signer), name.to_owned(), clock).await?)
    }

    /// Writes `count` records, with so many checkpoints on the way; gives back the last but one: what comes after it is
    /// left to be proved.
    pub(super) async fn write(
        &self,
        name: &str,
        count: u64,
        parts: u64,
        checkpoints: &Checkpoints,
    ) -> anyhow::Result<Option<Checkpoint>> {
        let log = self.open(name).await?;
        let (mut last, mut at) = (None, 0);
        for part in 0..parts {
            let numbers = count * part / parts..count * (part + 1) / parts;
            let recorded = stream::iter(numbers).map(|number| log.record(event(number)));
            recorded.buffer_unordered(CALLERS).try_for_each(|_| async { Ok(()) }).await?;
            if let Some(made) = checkpoints.make(&[log.head()], at).await? {
                at = made.at;
                last = if part + 1 < parts { Some(made.checkpoint) } else { last };
            }
        }
        log.close().await?;
        Ok(last)
    }
}

/// A provider of the records.
pub(super) fn provider(number: u64) -> String {
    format!("practice-{:03}", number % PROVIDERS)
}

/// What the gateway records of an update.
pub(super) fn event(number: u64) -> AuditEvent {
    let outcome = if number % 20 == 19 { AuditOutcome::Refused } else { AuditOutcome::Success };
    let network = AuditNetwork {
        client: format!("10.0.{}.9", number % PROVIDERS),
        server: "https://lake.example.nhs.uk".into(),
    };
    let event = AuditEvent::new(
        Timestamp(BEGAN),
        "fhir.update",
        provider(number),
        outcome,
        "PUT /fhir/r4/{type}/{id}",
    )
    .with("home", "synthetic")
    .with("method", "token")
    .with("policies", "provider-creates provider-updates")
    .with("receipt", format!("7-1-{number}-a7579acbb77abe69481d3a4f9abf8065"))
    .with("status", 200)
    .with("type", "Observation")
    .about(AuditEntity::Subject(format!("{:032x}", u128::from(number) * 0x9e37_79b9_7f4a_7c15)));
    AuditEvent { network: Some(network), ..event }
}
