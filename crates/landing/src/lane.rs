//! One lane's writer: one segment in flight, everything that waits goes into the next.

use crate::{
    Accepted, Change, FilePart, IntakeError, IntakeParts, Once, SegmentKey, group::Group, intake::storage,
    once, segment,
};
use control::{Control, ControlError, Lease, Registration};
use model::{AuditEvent, AuditOutcome, LaneId, Ordinal, SourceId, failpoint};
use object_store::{ObjectStoreExt, PutPayload};
use std::{collections::HashSet, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// A change with its keyed hashes.
pub(crate) struct Prepared {
    pub(crate) key: [u8; 16],
    pub(crate) content: [u8; 16],
    pub(crate) change: Change,
    /// Whether an import has registered it before.
    pub(crate) taken: bool,
}

/// A submission that waits for its segment.
pub(crate) struct Job {
    pub(crate) source: SourceId,
    pub(crate) changes: Vec<Prepared>,
    pub(crate) files: Vec<FilePart>,
    pub(crate) once: Option<Once>,
    pub(crate) answer: oneshot::Sender<Result<Accepted, IntakeError>>,
    /// Bytes that count as waiting until this job is dropped.
    pub(crate) _permit: OwnedSemaphorePermit,
}

impl Job {
    /// Marks what this import, or one that was cut short, has registered before.
    async fn mark_taken(&mut self, control: &Control) -> Result<(), ControlError> {
        let mut changes = self.changes.iter_mut();
        for part in &self.files {
            let so_far = control.import_taken(&self.source, part.digest, &part.checker).await?;
            for (place, prepared) in (part.from..).zip(changes.by_ref().take(part.resources)) {
                prepared.taken = place < so_far;
            }
        }
        Ok(())
    }
}

pub(crate) enum Message {
    Submit(Job),
    Close(oneshot::Sender<()>),
}

/// Starts the writer of `lane`. It ends when it is closed.
pub(crate) fn start(lane: LaneId, parts: Arc<IntakeParts>) -> mpsc::UnboundedSender<Message> {
    // Unbounded in count, bounded in bytes: each job holds a permit.
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(Lane { id: lane, parts, lease: None }.run(receiver));
    sender
}

struct Lane {
    id: LaneId,
    parts: Arc<IntakeParts>,
    lease: Option<Lease>,
}

impl Lane {
    async fn run(mut self, mut receiver: mpsc::UnboundedReceiver<Message>) {
        while let Some(first) = receiver.recv().await {
            let mut jobs = Vec::new();
            let mut close = None;
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(message) = next.take() {
                match message {
                    Message::Submit(job) => {
                        bytes += job.changes.iter().map(|prepared| prepared.change.body.len()).sum::<usize>();
                        jobs.push(job);
                    }
                    Message::Close(done) => {
                        close = Some(done);
                        break;
                    }
                }
                if bytes < self.parts.limits.group_bytes {
                    next = receiver.try_recv().ok();
                }
            }
            // Of requests that are the same, each sees what the one before it was answered.
            while !jobs.is_empty() {
                let same = take_repeats(&mut jobs);
                self.serve(jobs).await;
                jobs = same;
            }
            if let Some(done) = close {
                if let Some(lease) = self.lease.take()
                    && let Err(error) = self.parts.control.release_lane(&lease).await
                {
                    tracing::warn!(lane = self.id.0, %error, "the lane's lease was not given back; it will run out");
                }
                // Whoever asked may have gone; there is nothing more to tell.
                let _ = done.send(());
                return;
            }
        }
    }

    /// Decides, stores and answers one group.
    async fn serve(&mut self, jobs: Vec<Job>) {
        let lease = match self.lease().await {
            Ok(lease) => lease,
            Err(error) => return answer_all(jobs, &error),
        };
        // Read under the lease: whoever had it before has registered all that it will.
        let mut jobs = self.new_ones(jobs).await;
        for job in &mut jobs {
            if let Err(error) = job.mark_taken(&self.parts.control).await {
                return answer_all(jobs, &storage(error));
            }
        }
        let now = self.parts.clock.now();
        let group = Group::decide(jobs, &self.parts.ledger, self.id, now);
        let Some(group) = group else { return };
        match self.store(&lease, &group).await {
            Ok(ordinal) => group.answer(self.id, ordinal, &self.parts.receipt_mac),
            Err(error) => {
                // Whether the registration was committed is not known after some
                // failures. Giving up the cached lease makes the next group catch
                // up with the rows before it decides anything.
                self.lease = None;
                group.fail(&error);
            }
        }
    }

    /// The jobs that were not answered before; the others get their first answers again.
    async fn new_ones(&self, jobs: Vec<Job>) -> Vec<Job> {
        let parts = &self.parts;
        let mut new = Vec::with_capacity(jobs.len());
        for job in jobs {
            let Some(named) = &job.once else {
                new.push(job);
                continue;
            };
            let keys = (&parts.door, &parts.receipt_mac);
            match once::find(&parts.control, keys, (&job.source, self.id), named).await {
                Ok(None) => new.push(job),
                Ok(Some(first)) => drop(job.answer.send(first)),
                Err(error) => drop(job.answer.send(Err(error))),
            }
        }
        new
    }

    /// The lease, renewed while there is time, with the ledger caught up when it is new.
    async fn lease(&mut self) -> Result<Lease, IntakeError> {
        let control = &self.parts.control;
        let ttl = self.parts.limits.lease_ms;
        let now = self.parts.clock.now();
        if let Some(lease) = &self.lease {
            if lease.expires > now.plus_ms(ttl / 2) {
                return Ok(lease.clone());
            }
            if let Ok(renewed) = control.renew_lane(lease, ttl).await {
                self.lease = Some(renewed.clone());
                return Ok(renewed);
            }
            self.lease = None;
        }
        let lease =
            control.lease_lane(self.id, &self.parts.holder, ttl).await.map_err(|error| match error {
                control::ControlError::Leased { until, .. } => {
                    let wait = u32::try_from((until.0 - now.0).max(0) / 1000 + 1).unwrap_or(60);
                    IntakeError::LaneTaken { retry_after_s: wait }
                }
                other => storage(other),
            })?;
        self.parts.ledger.catch_up(control, self.id).await.map_err(storage)?;
        // Whatever the process before did not live to record: its segments up to here count.
        let ordinal = self.parts.ledger.applied(self.id);
        let facts = [("lane", self.id.0.to_string()), ("ordinal", ordinal.0.to_string())];
        self.record("lane.take", "lane", facts).await?;
        self.lease = Some(lease.clone());
        Ok(lease)
    }

    /// Leaves a record; without it nothing is done.
    async fn record<const N: usize>(
        &self,
        action: &str,
        target: &str,
        facts: [(&str, String); N],
    ) -> Result<(), IntakeError> {
        let now = self.parts.clock.now();
        let event = AuditEvent::new(now, action, &self.parts.holder, AuditOutcome::Success, target);
        let event = facts.into_iter().fold(event, |event, (name, value)| event.with(name, value));
        self.parts.audit.record(event).await.map(drop).map_err(storage)
    }

    /// Makes the group durable: the object first, then the row that names it.
    async fn store(&self, lease: &Lease, group: &Group) -> Result<Ordinal, IntakeError> {
        let control = &self.parts.control;
        let imports = group.imports();
        let answers = group.answers_to_keep(&self.parts.door)?;
        if group.is_empty() {
            // Nothing changed, so what the answer speaks of is registered already, if nobody has taken the lane
            // and registered something newer meanwhile.
            control.renew_lane(lease, self.parts.limits.lease_ms).await.map_err(storage)?;
            if !imports.is_empty() {
                control.import_goes_on(&imports).await.map_err(storage)?;
            }
            let ordinal = self.parts.ledger.applied(self.id);
            if !answers.is_empty() {
                control.keep_answers(ordinal, &answers).await.map_err(storage)?;
            }
            return Ok(ordinal);
        }
        let landing_public = self.parts.landing_public.clone();
        let segment = group.segment();
        let opened = segment.bytes() as u64;
        let sealed = tokio::task::spawn_blocking(move || {
            let sealed = segment.seal(&landing_public)?;
            let sha256 = segment::sha256_of(&sealed);
            Ok::<_, crate::SegmentError>((sealed, sha256))
        });
        let (sealed, sha256) = sealed.await.map_err(storage)?.map_err(storage)?;
        let key = SegmentKey::fresh(lease.lane, lease.epoch);
        let length = sealed.len() as u64;
        failpoint!("landing.segment.before-put");
        // Neither counts before the row: an object that no row names is swept, and a record of one says which.
        let path = key.path();
        let put = self.parts.landing.put(&path, PutPayload::from(sealed));
        let facts = [("segment", key.to_string()), ("resources", group.count().to_string())];
        let recorded = self.record("segment.offer", group.source(), facts);
        let (put, recorded) = tokio::join!(put, recorded);
        put.map_err(storage)?;
        recorded?;
        failpoint!("landing.segment.after-put");
        let registration = Registration {
            object_key: key.to_string(),
            sha256,
            length,
            opened,
            resources: group.count(),
            ledger: group.ledger(),
            imports,
            answers,
        };
        let ordinal = control.register(lease, &registration).await.map_err(storage)?;
        failpoint!("landing.register.after-commit");
        self.parts.ledger.apply(self.id, ordinal, &registration.ledger).map_err(storage)?;
        Ok(ordinal)
    }
}

/// Takes out of `jobs` those that are the same request as one before them.
fn take_repeats(jobs: &mut Vec<Job>) -> Vec<Job> {
    let mut seen = HashSet::new();
    let repeats = |job: &mut Job| job.once.is_some_and(|once| !seen.insert(once.request));
    jobs.extract_if(.., repeats).collect()
}

fn answer_all(jobs: Vec<Job>, error: &IntakeError) {
    for job in jobs {
        // A sender that has gone away no longer waits for its answer.
        drop(job.answer.send(Err(error.clone())));
    }
}
