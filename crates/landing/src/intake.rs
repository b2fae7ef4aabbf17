//! The door to the lanes: finds a submission's lane, bounds what waits, and hands it over.

use crate::{
    Accepted, Change, IntakeError, ReceiptId, Submission,
    lane::{self, Job, Message, Prepared},
};
use control::{Control, Ledger};
use keys::{LandingPublic, MacKey, SealingKey};
use model::{AuditSink, Clock, LaneId, Ordinal, SourceId};
use object_store::ObjectStore;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};

/// How much may wait, and how large a segment may grow. All in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bodies that may wait for all lanes together.
    pub waiting_bytes: usize,
    /// Where a group stops taking further submissions.
    pub group_bytes: usize,
    /// The largest submission.
    pub submission_bytes: usize,
    /// How long a lane's lease holds without renewal, in milliseconds.
    pub lease_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { waiting_bytes: 256 << 20, group_bytes: 16 << 20, submission_bytes: 64 << 20, lease_ms: 5_000 }
    }
}

/// What an [`Intake`] is made of. None of it opens anything in any zone.
pub struct IntakeParts {
    /// Lanes, registration, the ledger's rows.
    pub control: Arc<Control>,
    /// The ledger's cache, this process's own.
    pub ledger: Ledger,
    /// The landing zone: sealed segments are put there.
    pub landing: Arc<dyn ObjectStore>,
    /// What segments are sealed to.
    pub landing_public: LandingPublic,
    /// Keys the ledger's hashes.
    pub ledger_mac: MacKey,
    /// Binds receipts to their source.
    pub receipt_mac: MacKey,
    /// Seals answers that are kept.
    pub door: SealingKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where each segment is recorded before it counts, and each lane when it is taken.
    pub audit: Arc<dyn AuditSink>,
    /// Names this process in leases.
    pub holder: String,
    /// Bounds.
    pub limits: Limits,
}

/// Takes submissions and answers once they are durable.
pub struct Intake {
    parts: Arc<IntakeParts>,
    waiting: Arc<Semaphore>,
    /// `None` once it is closed.
    lanes: Mutex<Option<HashMap<LaneId, mpsc::UnboundedSender<Message>>>>,
    sources: Mutex<HashMap<SourceId, LaneId>>,
}

impl Intake {
    /// An intake with no lanes leased yet: each is leased at its first submission.
    #[must_use]
    pub fn new(parts: IntakeParts) -> Self {
        let waiting = Arc::new(Semaphore::new(parts.limits.waiting_bytes.min(Semaphore::MAX_PERMITS)));
        let lanes = Mutex::new(Some(HashMap::new()));
        Self { parts: Arc::new(parts), waiting, lanes, sources: Mutex::default() }
    }

    /// Accepts `submission` for `source`, whole, and returns once it is durable.
    ///
    /// # Errors
    /// See [`IntakeError`]; nothing was stored then.
    pub async fn submit(&self, source: &SourceId, submission: Submission) -> Result<Accepted, IntakeError> {
        let bytes = submission.bytes();
        let limit_bytes = self.parts.limits.submission_bytes;
        if bytes > limit_bytes {
            return Err(IntakeError::TooLarge { limit_bytes });
        }
        let permits = u32::try_from(bytes.max(1)).unwrap_or(u32::MAX);
        // The permit travels with the job, so that the bytes count until they are answered.
        let permit = Arc::clone(&self.waiting)
            .try_acquire_many_owned(permits)
            .map_err(|_| IntakeError::Full { retry_after_s: 1 })?;
        let lane = self.lane_of(source).await?;
        let (answer, answered) = oneshot::channel();
        let job = Job {
            source: source.clone(),
            changes: self.prepare(source, submission.changes),
            files: submission.files,
            once: submission.once,
            answer,
            _permit: permit,
        };
        self.sender(lane).await?.send(Message::Submit(job)).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// The lane, segment and size that a receipt stands for, if it was issued to `source`.
    #[must_use]
    pub fn receipt(&self, receipt: &ReceiptId, source: &SourceId) -> Option<(LaneId, Ordinal, u32)> {
        receipt.belongs_to(&self.parts.receipt_mac, source).then_some((
            receipt.lane,
            receipt.ordinal,
            receipt.resources,
        ))
    }

    /// Takes no more, waits for what is on its way, and gives the leases back.
    pub async fn close(&self) {
        let lanes = self.lanes.lock().await.take().unwrap_or_default();
        for lane in lanes.into_values() {
            let (done, finished) = oneshot::channel();
            // A lane that has already ended drops the sender, which ends the wait as well.
            drop(lane.send(Message::Close(done)));
            drop(lane);
            drop(finished.await);
        }
    }

    /// Keyed hashes are made on the caller's thread, so that lanes only decide.
    fn prepare(&self, source: &SourceId, changes: Vec<Change>) -> Vec<Prepared> {
        let mac = &self.parts.ledger_mac;
        changes
            .into_iter()
            .map(|change| Prepared {
                key: mac.mac16(&[
                    source.as_str().as_bytes(),
                    change.resource_type.as_str().as_bytes(),
                    change.id.as_bytes(),
                ]),
                content: mac.mac16(&[&change.body]),
                change,
                taken: false,
            })
            .collect()
    }

    async fn lane_of(&self, source: &SourceId) -> Result<LaneId, IntakeError> {
        let mut sources = self.sources.lock().await;
        if let Some(lane) = sources.get(source) {
            return Ok(*lane);
        }
        let lane = self.parts.control.ensure_source(source).await.map_err(storage)?;
        sources.insert(source.clone(), lane);
        Ok(lane)
    }

    async fn sender(&self, lane: LaneId) -> Result<mpsc::UnboundedSender<Message>, IntakeError> {
        let mut lanes = self.lanes.lock().await;
        let lanes = lanes.as_mut().ok_or_else(closed)?;
        lanes.retain(|_, sender| !sender.is_closed());
        Ok(lanes.entry(lane).or_insert_with(|| lane::start(lane, Arc::clone(&self.parts))).clone())
    }
}

fn closed() -> IntakeError {
    IntakeError::Storage("it takes no more: the process is stopping".to_owned())
}

/// The cause in words: these errors speak of keys, files and rows, never of content.
pub(crate) fn storage(error: impl std::error::Error) -> IntakeError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    IntakeError::Storage(text)
}
