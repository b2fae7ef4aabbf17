//! Jobs: what was run, by whom, and how it ended.

use crate::{
    Control, ControlError,
    database::{Row, Tx, number},
};
use model::{CommitSeq, Timestamp};
use std::fmt;

/// Name the transactions in errors.
const START: &str = "start a job";
const END: &str = "end a job";

/// Numbers a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It was started; if its process died, it stays so.
    Running,
    /// It did what it was for.
    Succeeded,
    /// It did not.
    Failed,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What kind of job, such as `import`.
    pub kind: String,
    /// On what, such as a source or a mart.
    pub name: String,
    /// Who asked for it.
    pub actor: String,
    /// Where it stands.
    pub state: JobState,
    /// Counts, or why it failed; no resource content.
    pub detail: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The sequence that it published.
    pub seq: Option<CommitSeq>,
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JobState {
    /// Its name in the database and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl Control {
    /// Notes that a job begins.
    ///
    /// # Errors
    /// The database failed.
    pub async fn job_start(&self, kind: &str, name: &str, actor: &str) -> Result<JobId, ControlError> {
        let mut tx = self.begin(START).await?;
        let id = start_in(&mut tx, kind, name, actor, self.now()).await?;
        tx.commit(START).await?;
        Ok(id)
    }

    /// Notes how a running job ended, and which sequence it published.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no such job is running.
    pub async fn job_end(
        &self,
        id: JobId,
        state: JobState,
        detail: &str,
        seq: Option<CommitSeq>,
    ) -> Result<(), ControlError> {
        let mut tx = self.begin(END).await?;
        if end_in(&mut tx, id, state, detail, seq, self.now()).await? == 0 {
            return Err(ControlError::NotFound { what: "running job", name: id.to_string() });
        }
        tx.commit(END).await
    }

    /// The newest jobs first, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn jobs(&self, limit: usize) -> Result<Vec<Job>, ControlError> {
        const SQL: &str = "SELECT id, kind, name, actor, state, detail, started, ended, seq
            FROM job ORDER BY id DESC LIMIT $1";
        let rows = self.database.rows("list jobs", SQL, &[number(limit as u64).into()]).await?;
        rows.iter().map(read_job).collect()
    }
}

/// What [`Control::job_start`] does, within a transaction that may do more.
pub(crate) async fn start_in(
    tx: &mut Tx,
    kind: &str,
    name: &str,
    actor: &str,
    now: Timestamp,
) -> Result<JobId, ControlError> {
    const SQL: &str = "INSERT INTO job (id, kind, name, actor, state, detail, started, ended, seq)
        VALUES ($1, $2, $3, $4, $5, '', $6, NULL, NULL)";
    let id = tx.count(START, "job").await?;
    let state = JobState::Running.as_str();
    let params = [id.into(), kind.into(), name.into(), actor.into(), state.into(), now.0.into()];
    tx.run(START, SQL, &params).await?;
    Ok(JobId(id))
}

/// What [`Control::job_end`] does, within a transaction that may do more; says how many jobs were running, one or none.
pub(crate) async fn end_in(
    tx: &mut Tx,
    id: JobId,
    state: JobState,
    detail: &str,
    seq: Option<CommitSeq>,
    now: Timestamp,
) -> Result<u64, ControlError> {
    const SQL: &str = "UPDATE job SET state = $2, detail = $3, ended = $4, seq = $5
        WHERE id = $1 AND ended IS NULL";
    let seq = seq.map(|seq| seq.0);
    let params = [id.0.into(), state.as_str().into(), detail.into(), now.0.into(), seq.into()];
    tx.run(END, SQL, &params).await
}

fn read_job(row: &Row) -> Result<Job, ControlError> {
    let state = row.text(4)?;
    let state = [JobState::Running, JobState::Succeeded, JobState::Failed]
        .into_iter()
        .find(|known| known.as_str() == state)
        .ok_or(ControlError::Malformed { what: "job state" })?;
    Ok(Job {
        id: JobId(row.int(0)?),
        kind: row.text(1)?,
        name: row.text(2)?,
        actor: row.text(3)?,
        state,
        detail: row.text(5)?,
        started: Timestamp(row.int(6)?),
        ended: row.maybe_int(7)?.map(Timestamp),
        seq: row.maybe_int(8)?.map(CommitSeq),
    })
}
