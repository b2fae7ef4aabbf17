//! Runs: what was run or is to be, by whom, and how it ended.

mod claim;
mod log;
mod plan;

pub(crate) use claim::end_attempt_in;
pub use claim::{Claimed, Ending, RunLease};
pub use log::RunLine;

use crate::{
    Control, ControlError,
    database::{Row, Tx, number},
};
use model::{CommitSeq, Timestamp};
use std::fmt;

/// Name the transactions in errors.
const START: &str = "start a run";
const END: &str = "end a run";
const QUEUE: &str = "queue a run";

/// Numbers a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// It waits for somebody to work at it: for the first time, or again after it failed.
    Queued,
    /// Somebody works at it. If it is of no job and its process died, it stays so.
    Running,
    /// It did what it was for.
    Succeeded,
    /// It did not.
    Failed,
    /// Somebody asked that it end before it was done.
    Cancelled,
}

/// What brought a run about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The clock.
    Schedule,
    /// A publication that changed what it reads.
    Commit,
    /// A command.
    Command,
    /// A command that asked for an earlier run once more.
    Retry,
}

/// How a run is queued.
#[derive(Clone, Copy, Debug)]
pub struct Queued<'a> {
    /// What brings it about.
    pub cause: Cause,
    /// Who asked for it.
    pub actor: &'a str,
    /// The time that a schedule meant.
    pub due: Option<Timestamp>,
    /// How it is asked for, in a word that its kind of work knows; may be empty.
    pub asked: &'a str,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// The job that it is of, if any.
    pub job: Option<String>,
    /// What kind of work, such as `import`.
    pub kind: String,
    /// On what, such as a source or a mart.
    pub target: String,
    /// What brought it about.
    pub cause: Cause,
    /// Who asked for it.
    pub actor: String,
    /// Where it stands.
    pub state: RunState,
    /// Which attempt it is at, from 1.
    pub attempt: u64,
    /// The time that a schedule meant.
    pub due: Option<Timestamp>,
    /// How it was asked for, in a word that its kind of work knows.
    pub asked: String,
    /// When it was queued, if it was.
    pub queued: Option<Timestamp>,
    /// When its newest attempt began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Who works at it.
    pub holder: Option<String>,
    /// Whether somebody has asked that it end.
    pub stop: bool,
    /// Counts, or why it failed; no resource content.
    pub detail: String,
    /// What it read and wrote, and what that took: JSON; may be empty.
    pub facts: String,
    /// The sequence that it published.
    pub seq: Option<CommitSeq>,
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl RunState {
    const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// Its name in the database and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more comes of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl Cause {
    const ALL: [Self; 4] = [Self::Schedule, Self::Commit, Self::Command, Self::Retry];

    /// Its name in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Commit => "commit",
            Self::Command => "command",
            Self::Retry => "retry",
        }
    }
}

macro_rules! select_runs {
    ($rest:literal) => {
        concat!(
            "SELECT id, job, kind, name, cause, actor, state, attempt, due, queued, started, ended, holder, stop,
                    detail, facts, seq, asked, epoch FROM job_run ",
            $rest
        )
    };
}
use select_runs;

/// Where these columns have the epoch.
const EPOCH_AT: usize = 18;

/// Runs that are forgotten by one statement.
const FORGOTTEN_AT_ONCE: i64 = 1_000;

impl Control {
    /// Notes that something begins that is of no job.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_start(&self, kind: &str, target: &str, actor: &str) -> Result<RunId, ControlError> {
        let mut tx = self.begin(START).await?;
        let id = start_in(&mut tx, kind, target, actor, self.now()).await?;
        tx.commit(START).await?;
        Ok(id)
    }

    /// Notes how what [`Control::run_start`] began has ended, and which sequence it published.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no such run is under way.
    pub async fn run_end(
        &self,
        id: RunId,
        state: RunState,
        detail: &str,
        seq: Option<CommitSeq>,
    ) -> Result<(), ControlError> {
        let mut tx = self.begin(END).await?;
        if end_in(&mut tx, id, state, detail, seq, self.now()).await? == 0 {
            return Err(ControlError::NotFound { what: "run under way", name: id.to_string() });
        }
        tx.commit(END).await
    }

    /// The newest runs first, at most `limit`; of one job if it is named.
    ///
    /// # Errors
    /// The database failed.
    pub async fn runs(&self, job: Option<&str>, limit: usize) -> Result<Vec<Run>, ControlError> {
        const ACTION: &str = "list runs";
        const ALL: &str = select_runs!("ORDER BY id DESC LIMIT $1");
        const OF: &str = select_runs!("WHERE job = $2 ORDER BY id DESC LIMIT $1");
        let limit = number(limit as u64).into();
        let rows = match job {
            None => self.database.rows(ACTION, ALL, &[limit]).await?,
            Some(job) => self.database.rows(ACTION, OF, &[limit, job.into()]).await?,
        };
        rows.iter().map(read_run).collect()
    }

    /// One run.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run(&self, id: RunId) -> Result<Option<Run>, ControlError> {
        let row = self.database.row("read a run", select_runs!("WHERE id = $1"), &[id.0.into()]).await?;
        row.as_ref().map(read_run).transpose()
    }

    /// Forgets runs that ended before `before`, with their logs and plans, but for the newest of each job; how many.
    ///
    /// # Errors
    /// The database failed; what was forgotten until then stays so.
    pub async fn forget_runs(&self, before: Timestamp) -> Result<u64, ControlError> {
        const ACTION: &str = "forget runs";
        const OLD: &str = "SELECT id FROM job_run r WHERE r.ended < $1
            AND (r.job IS NULL OR EXISTS (SELECT 1 FROM job_run n WHERE n.job = r.job AND n.id > r.id))
            ORDER BY r.ended LIMIT $2";
        const LINES: &str = "DELETE FROM run_line WHERE run = $1";
        const PLANS: &str = "DELETE FROM run_plan WHERE run = $1";
        const RUN: &str = "DELETE FROM job_run WHERE id = $1";
        let mut forgotten = 0;
        loop {
            let old = self.database.rows(ACTION, OLD, &[before.0.into(), FORGOTTEN_AT_ONCE.into()]).await?;
            let mut tx = self.begin(ACTION).await?;
            for row in &old {
                let id = [row.int(0)?.into()];
                tx.run(ACTION, LINES, &id).await?;
                tx.run(ACTION, PLANS, &id).await?;
                forgotten += tx.run(ACTION, RUN, &id).await?;
            }
            tx.commit(ACTION).await?;
            if old.len() < FORGOTTEN_AT_ONCE as usize {
                return Ok(forgotten);
            }
        }
    }

    /// Asks that a run end: at once if nobody works at it, soon if somebody does.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such run of a job, or it is over.
    pub async fn cancel_run(&self, id: RunId) -> Result<(), ControlError> {
        const ACTION: &str = "cancel a run";
        const END: &str =
            "UPDATE job_run SET state = 'cancelled', ended = $2 WHERE id = $1 AND state = 'queued'";
        const STOP: &str = "UPDATE job_run SET stop = 1 WHERE id = $1 AND ended IS NULL AND job IS NOT NULL";
        let mut tx = self.begin(ACTION).await?;
        let ended = tx.run(ACTION, END, &[id.0.into(), self.now().0.into()]).await?;
        let stopped = tx.run(ACTION, STOP, &[id.0.into()]).await?;
        note_in(&mut tx, ACTION, id).await?;
        if ended + stopped == 0 {
            return Err(ControlError::NotFound {
                what: "run of a job that is not over",
                name: id.to_string(),
            });
        }
        tx.commit(ACTION).await
    }
}

/// What [`Control::run_start`] does, within a transaction that may do more.
pub(crate) async fn start_in(
    tx: &mut Tx,
    kind: &str,
    target: &str,
    actor: &str,
    now: Timestamp,
) -> Result<RunId, ControlError> {
    const SQL: &str = "INSERT INTO job_run (id, kind, name, actor, state, detail, started, ended, seq)
        VALUES ($1, $2, $3, $4, 'running', '', $5, NULL, NULL)";
    let id = tx.count(START, "job").await?;
    tx.run(START, SQL, &[id.into(), kind.into(), target.into(), actor.into(), now.0.into()]).await?;
    Ok(RunId(id))
}

/// What [`Control::run_end`] does, within a transaction that may do more; says how many were under way, one or none.
pub(crate) async fn end_in(
    tx: &mut Tx,
    id: RunId,
    state: RunState,
    detail: &str,
    seq: Option<CommitSeq>,
    now: Timestamp,
) -> Result<u64, ControlError> {
    const SQL: &str = "UPDATE job_run SET state = $2, detail = $3, ended = $4, seq = $5
        WHERE id = $1 AND ended IS NULL";
    let seq = seq.map(|seq| seq.0);
    let params = [id.0.into(), state.as_str().into(), detail.into(), now.0.into(), seq.into()];
    tx.run(END, SQL, &params).await
}

/// Queues a run of a job within a transaction; `None` if one of the same job waits already, and if both are of a
/// schedule's times each of which is to have its run, of the same time.
pub(crate) async fn queue_in(
    tx: &mut Tx,
    job: &str,
    queued: &Queued<'_>,
    now: Timestamp,
) -> Result<Option<RunId>, ControlError> {
    const NOTE: &str = "UPDATE job SET queued = $2 WHERE name = $1 RETURNING kind, target, resource";
    const WAITS: &str = "SELECT id FROM job_run WHERE job = $1 AND state = 'queued' AND ended IS NULL
        AND (due IS NULL OR $2 IS NULL OR due = $2
             OR EXISTS (SELECT 1 FROM job j WHERE j.name = $1 AND j.missed <> 'each'))";
    const INSERT: &str =
        "INSERT INTO job_run (id, job, kind, name, resource, cause, actor, state, detail, due, queued,
            not_before, started, ended, seq, asked)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', '', $8, $9, $9, 0, NULL, NULL, $10)";
    let noted = tx.row(QUEUE, NOTE, &[job.into(), now.0.into()]).await?;
    let row = noted.ok_or_else(|| ControlError::NotFound { what: "job", name: job.to_owned() })?;
    let (kind, target, resource) = (row.text(0)?, row.text(1)?, row.text(2)?);
    let due = queued.due.map(|due| due.0);
    if tx.row(QUEUE, WAITS, &[job.into(), due.into()]).await?.is_some() {
        return Ok(None);
    }
    let id = tx.count(QUEUE, "job").await?;
    let params = [
        id.into(),
        job.into(),
        kind.as_str().into(),
        target.as_str().into(),
        resource.as_str().into(),
        queued.cause.as_str().into(),
        queued.actor.into(),
        due.into(),
        now.0.into(),
        queued.asked.into(),
    ];
    tx.run(QUEUE, INSERT, &params).await?;
    note_in(tx, QUEUE, RunId(id)).await?;
    Ok(Some(RunId(id)))
}

/// Notes the state of a run with its job, if it is the newest of this.
pub(crate) async fn note_in(tx: &mut Tx, action: &'static str, id: RunId) -> Result<(), ControlError> {
    const SQL: &str = "UPDATE job SET last_run = $1,
            last_state = (SELECT r.state FROM job_run r WHERE r.id = $1)
        WHERE name = (SELECT r.job FROM job_run r WHERE r.id = $1) AND last_run <= $1";
    tx.run(action, SQL, &[id.0.into()]).await.map(drop)
}

fn read_run(row: &Row) -> Result<Run, ControlError> {
    let known = |text: String, what| {
        move || ControlError::Malformed { what: if text.is_empty() { "run" } else { what } }
    };
    let (cause, state) = (row.text(4)?, row.text(6)?);
    let is_cause = |each: &Cause| each.as_str() == cause;
    let (found_cause, found_state) = (Cause::ALL.into_iter().find(is_cause), RunState::named(&state));
    let time = |at: i64| (at > 0).then_some(Timestamp(at));
    Ok(Run {
        id: RunId(row.int(0)?),
        job: row.maybe_text(1)?,
        kind: row.text(2)?,
        target: row.text(3)?,
        cause: found_cause.ok_or_else(known(cause, "cause of a run"))?,
        actor: row.text(5)?,
        state: found_state.ok_or_else(known(state, "state of a run"))?,
        attempt: row.count(7)?,
        due: row.maybe_int(8)?.map(Timestamp),
        queued: time(row.int(9)?),
        started: time(row.int(10)?),
        ended: row.maybe_int(11)?.map(Timestamp),
        holder: row.maybe_text(12)?,
        stop: row.int(13)? == 1,
        detail: row.text(14)?,
        facts: row.text(15)?,
        seq: row.maybe_int(16)?.map(CommitSeq),
        asked: row.text(17)?,
    })
}
