//! Jobs at work: what is due is queued, what is queued is worked at beside the refinery, and what was made is
//! published in its turn (ADR-0021).
//!
//! A run is computed in a task of its own, which changes nothing that anybody sees.
//! [`Jobs::turn`] is called between publications: it looks at the clock, begins runs
//! and ends those whose task has. While a run is at work its lease is renewed, and
//! whether somebody has asked that it end is heard.

mod at_work;
mod clock;

pub use at_work::Outcome;
use at_work::{AtWork, Ended};

use crate::{
    LakeError,
    models::{self, Asked, Known, MART_JOB},
    refinery::{Refinery, WorkerParts, chain},
    sql::Reader,
};
use async_trait::async_trait;
use control::{Cause, Claimed, Control, Ending, Queued, Run, RunId, RunState};
use model::{AuditEvent, AuditOutcome, CommitSeq, Timestamp};
use std::sync::Arc;

/// How often the clock is looked at, in milliseconds.
const TICK_MS: i64 = 1_000;

/// Runs that a worker has at work at once, whatever their resources allow.
const MOST_AT_WORK: usize = 4;

/// Work of a kind that the lake does not know itself, such as a crawler's.
#[async_trait]
pub trait Work: Send + Sync {
    /// The kind of jobs that it does.
    fn kind(&self) -> &'static str;

    /// Does what the run is for that was claimed, on its target. May be dropped at any await; whoever does the run again
    /// begins anew.
    ///
    /// # Errors
    /// In words, for the run; without resource content.
    async fn carry_out(&self, claimed: &Claimed) -> Result<Outcome, String>;
}

/// The jobs of one worker.
pub struct Jobs {
    reader: Reader,
    others: Vec<Arc<dyn Work>>,
    schedules: bool,
    known: Known,
    /// The newest sequence whose changes were looked at.
    looked_at: Option<CommitSeq>,
    /// Whether a job is behind, and was queued too short a time ago to be queued again.
    unsettled: bool,
    ticked: Option<Timestamp>,
    at_work: Vec<AtWork>,
}

impl Jobs {
    /// Jobs that read through `reader`; `others` do what is not a mart. With `schedules`, clock and publications queue
    /// runs.
    #[must_use]
    pub fn new(reader: Reader, others: Vec<Arc<dyn Work>>, schedules: bool) -> Self {
        Self {
            reader,
            others,
            schedules,
            known: Known::default(),
            looked_at: None,
            unsettled: false,
            ticked: None,
            at_work: Vec::new(),
        }
    }

    /// Queues what is due, begins what is queued and ends what is done, as the worker that `refinery` is; says whether
    /// a run has ended.
    ///
    /// # Errors
    /// The control database failed, or another worker is at work. That a run fails is no error here: it is noted.
    pub async fn turn(&mut self, refinery: &mut Refinery) -> Result<bool, LakeError> {
        let parts = refinery.parts().clone();
        // Whoever is not the worker must not begin; whoever becomes it settles first what another has left half
        // published, and publishes what waits.
        if refinery.held().is_none() {
            match refinery.drain().await {
                // What cannot be opened waits, and holds up no job.
                Ok(_) | Err(LakeError::Segment { .. }) => drop(refinery.lease().await?),
                Err(error) => return Err(error),
            }
        }
        let now = parts.clock.now();
        if self.schedules && self.ticked.is_none_or(|ticked| now >= ticked.plus_ms(TICK_MS)) {
            self.ticked = Some(now);
            self.tick(&parts, now).await?;
        }
        self.begin(&parts).await?;
        self.end(refinery).await
    }

    /// Queues what the clock or a publication asks for.
    async fn tick(&mut self, parts: &WorkerParts, now: Timestamp) -> Result<(), LakeError> {
        let control = &parts.control;
        self.unsettled |= self.known.refresh(control, now).await?;
        clock::tick(control, now).await?;
        let newest = control.published().await.map_err(LakeError::control("read the newest sequence"))?;
        if newest > CommitSeq(0) && (self.unsettled || self.looked_at != Some(newest)) {
            self.looked_at = Some(newest);
            self.unsettled = self.look_at_changes(parts, now).await?;
        }
        Ok(())
    }

    /// Queues the marts whose tables have changed, and says whether one waits until it has settled.
    async fn look_at_changes(&self, parts: &WorkerParts, now: Timestamp) -> Result<bool, LakeError> {
        let control = &parts.control;
        let jobs = control.jobs().await.map_err(LakeError::control("list jobs"))?;
        let tables = control.tables().await.map_err(LakeError::control("read the catalogue"))?;
        let mut unsettled = false;
        for job in jobs.iter().filter(|job| job.is.on_commit && !job.paused) {
            let mart = self.known.mart(&job.is.target).filter(|_| job.is.kind == MART_JOB);
            if mart.is_none_or(|mart| !models::is_behind(mart, job.made_from, &tables)) {
                continue;
            }
            if job.queued.is_some_and(|queued| now < queued.plus_ms(job.is.settle_ms)) {
                unsettled = true;
            } else {
                let queued = Queued { cause: Cause::Commit, actor: "worker", due: None, asked: "" };
                control.queue_run(&job.is.name, &queued).await.map_err(LakeError::control("queue a run"))?;
            }
        }
        Ok(unsettled)
    }

    /// Begins queued runs, as many as may be at work.
    async fn begin(&mut self, parts: &Arc<WorkerParts>) -> Result<(), LakeError> {
        let others: Vec<&str> = self.others.iter().map(|other| other.kind()).collect();
        let kinds: Vec<&str> = others.into_iter().chain([MART_JOB]).collect();
        while self.at_work.len() < MOST_AT_WORK {
            let claimed = parts.control.claim_run(&kinds, &parts.holder, parts.limits.lease_ms).await;
            let Some(claimed) = claimed.map_err(LakeError::control("claim a run"))? else { break };
            say(parts, claimed.run.id, &begun(&claimed)).await;
            let job = parts.control.job(claimed.run.job.as_deref().unwrap_or_default()).await;
            let job = job.map_err(LakeError::control("read a job"))?;
            self.unsettled |= self.known.refresh(&parts.control, parts.clock.now()).await?;
            let mart = self.known.mart(&claimed.run.target).cloned();
            let other = self.others.iter().find(|other| other.kind() == claimed.run.kind).cloned();
            self.at_work.push(AtWork::begin(parts, &self.reader, claimed, job, (mart, other)));
        }
        Ok(())
    }

    /// Ends the runs whose tasks have ended, and says whether there was one.
    async fn end(&mut self, refinery: &mut Refinery) -> Result<bool, LakeError> {
        let mut any = false;
        while let Some(at) = self.at_work.iter().position(AtWork::is_done) {
            any = true;
            let AtWork { claimed, job, task, .. } = self.at_work.swap_remove(at);
            let parts = refinery.parts().clone();
            let done = match task.await {
                Ok(done) => done,
                Err(error) => Err(Ended::Failed(LakeError::Task(error))),
            };
            let done = match done {
                Ok(Outcome::Mart(made)) => {
                    for line in &made.log {
                        say(&parts, claimed.run.id, line).await;
                    }
                    let rows = models::publish(refinery, *made, &claimed.lease).await;
                    rows.map(|rows| format!("{rows} rows")).map_err(Ended::Failed)
                }
                Ok(Outcome::Other { detail, facts }) => {
                    let over = Ending::Over(RunState::Succeeded);
                    let ended = parts.control.end_attempt(&claimed.lease, over, &detail, &facts).await;
                    ended
                        .map(|()| detail)
                        .map_err(|error| Ended::Failed(LakeError::control("end a run")(error)))
                }
                Ok(Outcome::Ended { detail }) => Ok(detail),
                Err(ended) => Err(ended),
            };
            let (outcome, told, state) = match done {
                Ok(told) => (AuditOutcome::Success, told, RunState::Succeeded),
                Err(Ended::Failed(LakeError::NotTheWorker)) => {
                    // Whoever is the worker now takes the run over when its lease has run out.
                    return Err(LakeError::NotTheWorker);
                }
                Err(ended) => {
                    let retries = job.as_ref().map_or(0, |job| job.is.retries);
                    let backoff_ms = job.as_ref().map_or(0, |job| job.is.backoff_ms);
                    let now = parts.clock.now();
                    let (ending, why) = ended.ending(&claimed.run, (retries, backoff_ms), now);
                    let state = match &ending {
                        Ending::Over(state) => *state,
                        Ending::Again(_) | Ending::GivenBack => RunState::Queued,
                    };
                    say(&parts, claimed.run.id, &why).await;
                    let noted = parts.control.end_attempt(&claimed.lease, ending, &why, "").await;
                    if let Err(error) = noted {
                        tracing::warn!(
                            run = claimed.run.id.0,
                            error = chain(&error),
                            "another has the run now"
                        );
                        continue;
                    }
                    (AuditOutcome::Failed, why, state)
                }
            };
            let (action, of) = (format!("{}.build", claimed.run.kind), claimed.run.target.clone());
            let event = AuditEvent::new(parts.clock.now(), action, &claimed.run.actor, outcome, of)
                .with("result", told)
                .with("run", claimed.run.id.0)
                .with("job", claimed.run.job.as_deref().unwrap_or_default())
                .with("state", state.as_str());
            parts.record(event).await;
        }
        Ok(any)
    }

    /// Gives back what is at work: it is queued again for whoever comes next.
    pub async fn give_back(&mut self, parts: &WorkerParts) {
        for AtWork { claimed, task, .. } in self.at_work.drain(..) {
            task.abort();
            say(parts, claimed.run.id, "the service stops; the run is queued again").await;
            if let Err(error) = parts.control.end_attempt(&claimed.lease, Ending::GivenBack, "", "").await {
                tracing::warn!(
                    run = claimed.run.id.0,
                    error = chain(&error),
                    "a run was not given back; its lease will run out"
                );
            }
        }
    }
}

/// Queues a run of all marts, or of the one called `only`, each after those that it reads.
///
/// # Errors
/// There is no such mart, or the control database failed.
pub async fn queue_marts(
    control: &Control,
    (only, whole): (Option<&str>, bool),
    actor: &str,
    now: Timestamp,
) -> Result<Vec<RunId>, LakeError> {
    let all = models::with_jobs(control, now).await?;
    let order = marts::order::of_marts(&all).map_err(|circle| LakeError::NoOrder(circle.to_string()))?;
    let wanted: Vec<_> = order.into_iter().filter(|mart| only.is_none_or(|name| name == mart.name)).collect();
    if let (Some(name), true) = (only, wanted.is_empty()) {
        return Err(LakeError::NoSuchMart(name.to_owned()));
    }
    let mut runs = Vec::new();
    for mart in wanted {
        let job = models::job_name(&mart.name);
        let asked = (if whole { Asked::Whole } else { Asked::Due }).to_string();
        let queued = Queued { cause: Cause::Command, actor, due: None, asked: &asked };
        runs.extend(queue_or_join(control, &job, &queued).await?);
    }
    Ok(runs)
}

/// Queues a run of a job, or gives the one that waits already; `None` if that is over by then.
///
/// # Errors
/// There is no such job, or the control database failed.
pub async fn queue_or_join(
    control: &Control,
    job: &str,
    queued: &Queued<'_>,
) -> Result<Option<RunId>, LakeError> {
    match control.queue_run(job, queued).await.map_err(LakeError::control("queue a run"))? {
        Some(run) => Ok(Some(run)),
        None => waiting(control, job).await,
    }
}

async fn waiting(control: &Control, job: &str) -> Result<Option<RunId>, LakeError> {
    const NEWEST: usize = 100;
    let runs = control.runs(Some(job), NEWEST).await.map_err(LakeError::control("list runs"))?;
    Ok(runs.iter().find(|run| run.state == RunState::Queued).map(|run| run.id))
}

/// What became of a run that is over.
///
/// # Errors
/// It did not succeed.
pub fn succeeded(run: &Run) -> Result<(), LakeError> {
    let how = match run.state {
        RunState::Succeeded => return Ok(()),
        RunState::Cancelled => "was cancelled",
        _ => "failed",
    };
    let job = run.job.clone().unwrap_or_default();
    Err(LakeError::Run { run: run.id.0, job, how, why: run.detail.clone() })
}

/// How a run begins, for its log.
fn begun(claimed: &Claimed) -> String {
    let attempt = claimed.run.attempt;
    match &claimed.taken_from {
        Some(before) => format!("attempt {attempt} begins: {before}, which worked at it, is gone"),
        None if attempt == 1 => format!("begins, by {}", claimed.run.cause.as_str()),
        None => format!("attempt {attempt} begins"),
    }
}

/// Writes a line of a run's log; that it could not be is no reason to stop.
async fn say(parts: &WorkerParts, run: RunId, line: &str) {
    if let Err(error) = parts.control.log_run(run, line).await {
        tracing::warn!(run = run.0, error = chain(&error), "a line of a run's log was not written");
    }
}
