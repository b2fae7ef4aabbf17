//! Jobs: what is to be run, and when.

mod find;

pub use find::{JobCount, JobOrder, WhichJobs};

use crate::{
    Control, ControlError,
    database::{Param, Row, Tx, number},
    run::{Cause, Queued, RunId, RunState, queue_in},
};
use model::{CommitSeq, Timestamp};

/// What is to be run, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its name, such as `mart.urgent_care`.
    pub name: String,
    /// What kind of work, such as `mart`.
    pub kind: String,
    /// On what, such as a mart's name.
    pub target: String,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// What it takes a share of: so many runs of one resource at once as its limit says.
    pub resource: String,
    /// Five fields of cron; empty if the clock never queues it.
    pub schedule: String,
    /// The schedule's time zone, an IANA name.
    pub zone: String,
    /// What becomes of due times that nobody was there for: `once`, `skip` or `each`.
    pub missed: String,
    /// Whether a publication that changes what it reads queues it.
    pub on_commit: bool,
    /// The least time between two runs that publications queue, in milliseconds.
    pub settle_ms: i64,
    /// How often a run that failed is tried again.
    pub retries: u32,
    /// How long the first retry waits, in milliseconds; each later one twice as long.
    pub backoff_ms: i64,
    /// How long an attempt may take, in milliseconds.
    pub timeout_ms: i64,
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What is to be run, and when.
    pub is: NewJob,
    /// Whether neither clock nor publications queue it.
    pub paused: bool,
    /// When the clock queues it next.
    pub next_due: Option<Timestamp>,
    /// The sequence up to which changes were taken up by its newest run.
    pub made_from: CommitSeq,
    /// When its newest run was queued.
    pub queued: Option<Timestamp>,
    /// Its newest run and the state of this, if it was ever run.
    pub last: Option<(RunId, RunState)>,
}

/// What the clock does to a job that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueJob {
    /// Its name.
    pub name: String,
    /// When it was due, as [`Job::next_due`] said: if that has changed, somebody else has queued it.
    pub was_due: Timestamp,
    /// The due times that have a run each.
    pub runs: Vec<Timestamp>,
    /// When it is due next.
    pub next_due: Option<Timestamp>,
}

impl NewJob {
    /// A job that is run by command, once, for an hour at most; `kind` is also the resource that it takes a share of.
    #[must_use]
    pub fn by_command(name: &str, kind: &str, target: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            target: target.to_owned(),
            owner: String::new(),
            resource: kind.to_owned(),
            schedule: String::new(),
            zone: String::new(),
            missed: "once".to_owned(),
            on_commit: false,
            settle_ms: 0,
            retries: 0,
            backoff_ms: 0,
            timeout_ms: 3_600_000,
        }
    }
}

macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT name, kind, target, owner, resource, schedule, zone, missed, on_commit, settle_ms, retries,
                    backoff_ms, timeout_ms, paused, next_due, made_from, queued, last_run, last_state FROM job ",
            $rest
        )
    };
}

use select_jobs;

impl Control {
    /// Adds a job, or changes what one of its name is. `next_due` is when the clock queues it first; a job whose
    /// schedule is what it was keeps the time that it has.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_job(&self, job: &NewJob, next_due: Option<Timestamp>) -> Result<(), ControlError> {
        const ACTION: &str = "write a job";
        let mut tx = self.begin(ACTION).await?;
        put_in(&mut tx, ACTION, job, next_due).await?;
        tx.commit(ACTION).await
    }

    /// Takes jobs away; their runs stay, and those that wait are cancelled.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such job.
    pub async fn remove_job(&self, name: &str) -> Result<(), ControlError> {
        const ACTION: &str = "remove a job";
        let mut tx = self.begin(ACTION).await?;
        remove_in(&mut tx, ACTION, name, self.now()).await?;
        tx.commit(ACTION).await
    }

    /// Every job, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn jobs(&self) -> Result<Vec<Job>, ControlError> {
        let rows = self.database.rows("list jobs", select_jobs!("ORDER BY name"), &[]).await?;
        rows.iter().map(read_job).collect()
    }

    /// One job.
    ///
    /// # Errors
    /// The database failed.
    pub async fn job(&self, name: &str) -> Result<Option<Job>, ControlError> {
        let row = self.database.row("read a job", select_jobs!("WHERE name = $1"), &[name.into()]).await?;
        row.as_ref().map(read_job).transpose()
    }

    /// The jobs that the clock should have queued by now, the longest due first, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn due_jobs(&self, limit: usize) -> Result<Vec<Job>, ControlError> {
        const SQL: &str =
            select_jobs!("WHERE paused = 0 AND next_due <= $1 ORDER BY next_due, name LIMIT $2");
        let params = [self.now().0.into(), number(limit as u64).into()];
        let rows = self.database.rows("look for due jobs", SQL, &params).await?;
        rows.iter().map(read_job).collect()
    }

    /// Queues the runs of jobs that are due and moves their clocks on, all in one transaction, and says how many runs
    /// that made. A job that somebody else has moved on is passed over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn queue_due(&self, due: &[DueJob]) -> Result<u64, ControlError> {
        const ACTION: &str = "queue due jobs";
        const MOVE: &str = "UPDATE job SET next_due = $3 WHERE name = $1 AND next_due = $2 AND paused = 0";
        let now = self.now();
        let mut made = 0;
        let mut tx = self.begin(ACTION).await?;
        for job in due {
            let next = job.next_due.map(|next| next.0);
            let params = [job.name.as_str().into(), job.was_due.0.into(), next.into()];
            if tx.run(ACTION, MOVE, &params).await? == 0 {
                continue;
            }
            for &run in &job.runs {
                let queued = Queued { cause: Cause::Schedule, actor: "schedule", due: Some(run), asked: "" };
                made += u64::from(queue_in(&mut tx, &job.name, &queued, now).await?.is_some());
            }
        }
        tx.commit(ACTION).await?;
        Ok(made)
    }

    /// Queues a run of a job; `None` if one waits already.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such job.
    pub async fn queue_run(&self, job: &str, queued: &Queued<'_>) -> Result<Option<RunId>, ControlError> {
        const ACTION: &str = "queue a run";
        let mut tx = self.begin(ACTION).await?;
        let id = queue_in(&mut tx, job, queued, self.now()).await?;
        tx.commit(ACTION).await?;
        Ok(id)
    }

    /// Lets neither clock nor publications queue a job, or lets them again; times that passed in between are missed.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such job.
    pub async fn pause_job(
        &self,
        name: &str,
        paused: bool,
        next_due: Option<Timestamp>,
    ) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE job SET paused = $2, next_due = $3 WHERE name = $1";
        let params = [name.into(), i64::from(paused).into(), next_due.map(|due| due.0).into()];
        match self.database.run("pause a job", SQL, &params).await? {
            0 => Err(ControlError::NotFound { what: "job", name: name.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Says how many runs of a resource may be at work at once.
    ///
    /// # Errors
    /// The database failed.
    pub async fn limit_runs(&self, resource: &str, at_once: u32) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO job_limit (resource, at_once) VALUES ($1, $2)
            ON CONFLICT (resource) DO UPDATE SET at_once = excluded.at_once";
        let params = [resource.into(), i64::from(at_once.max(1)).into()];
        self.database.run("limit the runs of a resource", SQL, &params).await.map(drop)
    }

    /// How many runs of a resource may be at work at once, where that was said.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_limits(&self) -> Result<Vec<(String, u64)>, ControlError> {
        const SQL: &str = "SELECT resource, at_once FROM job_limit ORDER BY resource";
        let rows = self.database.rows("read the limits of runs", SQL, &[]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.count(1)?))).collect()
    }
}

pub(crate) async fn remove_in(
    tx: &mut Tx,
    action: &'static str,
    name: &str,
    now: Timestamp,
) -> Result<(), ControlError> {
    const END: &str = "UPDATE job_run SET state = 'cancelled', ended = $2, detail = 'its job was removed'
        WHERE job = $1 AND state = 'queued'";
    const STOP: &str = "UPDATE job_run SET stop = 1 WHERE job = $1 AND ended IS NULL";
    if tx.run(action, "DELETE FROM job WHERE name = $1", &[name.into()]).await? == 0 {
        return Err(ControlError::NotFound { what: "job", name: name.to_owned() });
    }
    tx.run(action, END, &[name.into(), now.0.into()]).await?;
    tx.run(action, STOP, &[name.into()]).await.map(drop)
}

pub(crate) async fn put_in(
    tx: &mut Tx,
    action: &'static str,
    job: &NewJob,
    next_due: Option<Timestamp>,
) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO job (name, kind, target, owner, resource, schedule, zone, missed, on_commit,
            settle_ms, retries, backoff_ms, timeout_ms, paused, next_due, made_from, queued)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, 0, 0)
        ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, target = excluded.target, owner = excluded.owner,
            resource = excluded.resource, missed = excluded.missed, on_commit = excluded.on_commit,
            settle_ms = excluded.settle_ms, retries = excluded.retries, backoff_ms = excluded.backoff_ms,
            timeout_ms = excluded.timeout_ms,
            next_due = CASE WHEN job.schedule = excluded.schedule AND job.zone = excluded.zone
                THEN job.next_due ELSE excluded.next_due END,
            schedule = excluded.schedule, zone = excluded.zone";
    let texts =
        [&job.name, &job.kind, &job.target, &job.owner, &job.resource, &job.schedule, &job.zone, &job.missed];
    let numbers =
        [i64::from(job.on_commit), job.settle_ms, i64::from(job.retries), job.backoff_ms, job.timeout_ms];
    let mut params: Vec<Param<'_>> = texts.iter().map(|text| text.as_str().into()).collect();
    params.extend(numbers.map(Param::from));
    params.push(next_due.map(|due| due.0).into());
    tx.run(action, SQL, &params).await.map(drop)
}

fn read_job(row: &Row) -> Result<Job, ControlError> {
    let queued = Timestamp(row.int(16)?);
    Ok(Job {
        is: NewJob {
            name: row.text(0)?,
            kind: row.text(1)?,
            target: row.text(2)?,
            owner: row.text(3)?,
            resource: row.text(4)?,
            schedule: row.text(5)?,
            zone: row.text(6)?,
            missed: row.text(7)?,
            on_commit: row.int(8)? == 1,
            settle_ms: row.int(9)?,
            retries: u32::try_from(row.int(10)?).unwrap_or_default(),
            backoff_ms: row.int(11)?,
            timeout_ms: row.int(12)?,
        },
        paused: row.int(13)? == 1,
        next_due: row.maybe_int(14)?.map(Timestamp),
        made_from: CommitSeq(row.int(15)?),
        queued: (queued > Timestamp(0)).then_some(queued),
        last: RunState::named(&row.text(18)?).map(|state| Ok((RunId(row.int(17)?), state))).transpose()?,
    })
}
