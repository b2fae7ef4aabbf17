//! A run that is worked at: its task, and who watches over it.

use super::Work;
use crate::{
    LakeError,
    models::{self, Asked, Made},
    refinery::{WorkerParts, chain},
    sql::Reader,
};
use control::{Cause, Claimed, ControlError, Ending, Job, Run, RunState, WhichFindings};
use marts::Mart;
use model::Timestamp;
use sandbox::SandboxError;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// The longest that a retry waits, in milliseconds.
const LONGEST_BACKOFF_MS: i64 = 6 * 3_600_000;

/// Open findings that are looked at.
const MOST_FINDINGS: usize = 10_000;

/// What came of a run's work.
pub enum Outcome {
    /// A mart, to be published.
    #[expect(private_interfaces, reason = "made by the lake itself only")]
    Mart(Box<Made>),
    /// Something whose run ended with what it changed, in one transaction.
    Ended {
        /// In a sentence; no resource content.
        detail: String,
    },
    /// Something that is done.
    Other {
        /// In a sentence; no resource content.
        detail: String,
        /// In JSON; may be empty.
        facts: String,
    },
}

/// Why an attempt came to no good end.
pub(super) enum Ended {
    /// It failed.
    Failed(LakeError),
    /// Work of another kind failed, in words.
    Refused(String),
    /// Somebody asked that it end.
    Stopped,
    /// It took longer than it may, in milliseconds.
    TimedOut(i64),
    /// Another holds the run now.
    Lost,
}

/// A run that is worked at.
pub(super) struct AtWork {
    pub(super) claimed: Claimed,
    pub(super) job: Option<Job>,
    pub(super) task: JoinHandle<Result<Outcome, Ended>>,
}

impl AtWork {
    /// Begins to work at a run.
    pub(super) fn begin(
        parts: &Arc<WorkerParts>,
        reader: &Reader,
        claimed: Claimed,
        job: Option<Job>,
        (mart, other): (Option<Mart>, Option<Arc<dyn Work>>),
    ) -> Self {
        let (held, run) = (claimed.clone(), claimed.run.clone());
        let (work_parts, reader) = (Arc::clone(parts), reader.clone());
        let work = async move {
            match (mart, other) {
                (_, Some(other)) => other.carry_out(&held).await.map_err(Ended::Refused),
                (Some(mart), None) => {
                    may_go_on(&work_parts).await.map_err(Ended::Failed)?;
                    let at = run.due.or(run.queued).unwrap_or_else(|| work_parts.clock.now());
                    let asked = Asked::read(&run.asked);
                    let made = models::make(&work_parts, &reader, &mart, (run.id, asked, at)).await;
                    made.map(|made| Outcome::Mart(Box::new(made))).map_err(Ended::Failed)
                }
                (None, None) => Err(Ended::Failed(LakeError::NoSuchMart(run.target.clone()))),
            }
        };
        let limit = job.as_ref().map_or(i64::MAX, |job| job.is.timeout_ms);
        let (parts, lease) = (Arc::clone(parts), claimed.lease.clone());
        let task = tokio::spawn(async move {
            let timeout = Duration::from_millis(u64::try_from(limit).unwrap_or(u64::MAX));
            tokio::select! {
                done = work => done,
                ended = watch(&parts, &lease) => Err(ended),
                () = tokio::time::sleep(timeout) => Err(Ended::TimedOut(limit)),
            }
        });
        Self { claimed, job, task }
    }

    pub(super) fn is_done(&self) -> bool {
        self.task.is_finished()
    }
}

/// Whether no source's contract stops marts.
async fn may_go_on(parts: &WorkerParts) -> Result<(), LakeError> {
    let open = parts.control.findings(None, WhichFindings::Open, MOST_FINDINGS).await;
    let open = open.map_err(LakeError::control("look for what stops promotion"))?;
    match open.into_iter().find(|finding| finding.found.stops) {
        Some(finding) => Err(LakeError::Stopped(finding.source)),
        None => Ok(()),
    }
}

/// Renews a run's lease; ends when somebody asks that the run end, or another has it.
async fn watch(parts: &WorkerParts, lease: &control::RunLease) -> Ended {
    let ttl = parts.limits.lease_ms;
    loop {
        tokio::time::sleep(parts.limits.beat()).await;
        match parts.control.renew_run(lease, ttl).await {
            Ok(false) => {}
            Ok(true) => return Ended::Stopped,
            Err(ControlError::NotFound { .. }) => return Ended::Lost,
            Err(error) => {
                tracing::warn!(run = lease.id.0, %error, "a run's lease was not renewed; it is tried again")
            }
        }
    }
}

impl Ended {
    /// What becomes of the run, and why in words.
    pub(super) fn ending(
        &self,
        run: &Run,
        (retries, backoff_ms): (u32, i64),
        now: Timestamp,
    ) -> (Ending, String) {
        let (lasting, why) = match self {
            // The same rows break the same tests.
            Self::Failed(
                error @ (LakeError::ModelTests { .. }
                | LakeError::NoPeriod { .. }
                | LakeError::OutOfPeriod { .. }
                | LakeError::NoSuchMart(_)
                | LakeError::Program {
                    source:
                        SandboxError::Output(_) | SandboxError::NotAllowed { .. } | SandboxError::Missing(_),
                    ..
                }
                | LakeError::Stopped(_)),
            ) => (true, chain(error)),
            Self::Failed(error) => (false, error.without_values()),
            Self::Refused(why) => (false, why.clone()),
            Self::TimedOut(limit) => {
                (false, format!("it took longer than the {} seconds that it may", limit / 1_000))
            }
            Self::Lost => (false, "another has the run now".to_owned()),
            Self::Stopped => {
                return (Ending::Over(RunState::Cancelled), "somebody asked that it end".to_owned());
            }
        };
        let doubled = u32::try_from(run.attempt).unwrap_or(u32::MAX).saturating_sub(1).min(20);
        let wait = backoff_ms.saturating_mul(1 << doubled).min(LONGEST_BACKOFF_MS);
        // Whoever asked for it by a command is there to ask again.
        let by_itself = matches!(run.cause, Cause::Schedule | Cause::Commit);
        match by_itself && !lasting && run.attempt <= u64::from(retries) {
            true => {
                let again = now.plus_ms(wait);
                (Ending::Again(again), format!("{why}; it is tried again at {again}"))
            }
            false => (Ending::Over(RunState::Failed), why),
        }
    }
}
