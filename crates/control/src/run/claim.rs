//! Working at queued runs: each is one holder's at a time, fenced by an epoch, and ends once.

use super::{EPOCH_AT, Run, RunId, RunState, note_in, read_run, select_runs};
use crate::{
    Control, ControlError, Publication, TableVersion, WorkerLease,
    database::Tx,
    publication::{PUBLISH, publish_in},
};
use model::{CommitSeq, Epoch, Timestamp};

const CLAIM: &str = "claim a run";
const END: &str = "end a run";

/// The right to work at a run, and to end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLease {
    /// The run.
    pub id: RunId,
    /// Greater than that of every earlier holder.
    pub epoch: Epoch,
    /// Who holds it.
    pub holder: String,
}

/// A run that was claimed.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The run.
    pub run: Run,
    /// The right to it.
    pub lease: RunLease,
    /// Whose attempt was cut short, if somebody was at work before and has gone.
    pub taken_from: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The run is over, in this state.
    Over(RunState),
    /// It is tried again, not before this time.
    Again(Timestamp),
    /// Whoever worked at it stops, which is no fault of the run's: the attempt does not count.
    GivenBack,
}

impl Control {
    /// Claims the run that has waited longest, of one of `kinds`, for `ttl_ms`: one that is queued, or whose holder
    /// has let its time run out. A job has one run at work at a time, and a resource as many as its limit. `None` if
    /// there is nothing to do. A run whose holders went again and again, more often than its job may retry, ends as
    /// failed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn claim_run(
        &self,
        kinds: &[&str],
        holder: &str,
        ttl_ms: i64,
    ) -> Result<Option<Claimed>, ControlError> {
        const LOCK: &str = "UPDATE counter SET value = value WHERE name = 'job'";
        const NEXT: &str = select_runs!(
            "r WHERE r.ended IS NULL AND r.job IS NOT NULL AND $2 LIKE '% ' || r.kind || ' %'
              AND ((r.state = 'queued' AND r.not_before <= $1) OR (r.state = 'running' AND r.expires <= $1))
              AND NOT EXISTS (SELECT 1 FROM job_run o WHERE o.ended IS NULL AND o.job = r.job AND o.id <> r.id
                              AND o.state = 'running' AND o.expires > $1)
              AND (SELECT COUNT(*) FROM job_run o WHERE o.ended IS NULL AND o.resource = r.resource
                   AND o.state = 'running' AND o.expires > $1)
                < COALESCE((SELECT l.at_once FROM job_limit l WHERE l.resource = r.resource), 1)
             ORDER BY r.not_before, r.id LIMIT 8"
        );
        const TAKE: &str =
            "UPDATE job_run SET state = 'running', holder = $2, epoch = epoch + 1, expires = $3,
            started = $4, attempt = attempt + $5 WHERE id = $1 AND ended IS NULL AND epoch = $6
            AND (state = 'queued' OR expires <= $4) RETURNING epoch";
        const GIVE_UP: &str = "UPDATE job_run SET state = $3, detail = $4, ended = $5
            WHERE id = $1 AND ended IS NULL AND epoch = $2 AND expires <= $5";
        const TRIES: &str = "SELECT retries FROM job WHERE name = $1";
        const ANY: &str = "SELECT id FROM job_run WHERE ended IS NULL AND job IS NOT NULL
              AND ((state = 'queued' AND not_before <= $1) OR (state = 'running' AND expires <= $1)) LIMIT 1";
        let now = self.now();
        // Workers ask often, and seldom is there something: until then they write nothing.
        if self.database.row(CLAIM, ANY, &[now.0.into()]).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.begin(CLAIM).await?;
        // Whoever else claims waits here, and sees what is claimed now.
        tx.run(CLAIM, LOCK, &[]).await?;
        let kinds = format!(" {} ", kinds.join(" "));
        for row in tx.rows(CLAIM, NEXT, &[now.0.into(), kinds.as_str().into()]).await? {
            let (run, epoch) = (read_run(&row)?, row.int(EPOCH_AT)?);
            let job = run.job.as_deref().unwrap_or_default();
            let tries = tx.row(CLAIM, TRIES, &[job.into()]).await?.map_or(Ok(0), |row| row.count(0))?;
            let taken_from = run.holder.clone().filter(|_| run.state == RunState::Running);
            if taken_from.is_some() && (run.attempt > tries || run.stop) {
                let (state, why) = match run.stop {
                    true => (RunState::Cancelled, "whoever worked at it is gone"),
                    false => (RunState::Failed, "whoever worked at it was gone, each time that it was tried"),
                };
                let params = [run.id.0.into(), epoch.into(), state.as_str().into(), why.into(), now.0.into()];
                tx.run(CLAIM, GIVE_UP, &params).await?;
                note_in(&mut tx, CLAIM, run.id).await?;
                continue;
            }
            let more = i64::from(taken_from.is_some());
            let params = [
                run.id.0.into(),
                holder.into(),
                now.plus_ms(ttl_ms).0.into(),
                now.0.into(),
                more.into(),
                epoch.into(),
            ];
            // Somebody may have ended it, or held it on, since it was looked at.
            let Some(row) = tx.row(CLAIM, TAKE, &params).await? else { continue };
            let epoch = Epoch(row.int(0)?);
            note_in(&mut tx, CLAIM, run.id).await?;
            tx.commit(CLAIM).await?;
            let lease = RunLease { id: run.id, epoch, holder: holder.to_owned() };
            let attempt = run.attempt + u64::from(taken_from.is_some());
            let run = Run {
                attempt,
                state: RunState::Running,
                started: Some(now),
                holder: Some(holder.to_owned()),
                ..run
            };
            return Ok(Some(Claimed { run, lease, taken_from }));
        }
        tx.commit(CLAIM).await?;
        Ok(None)
    }

    /// Holds a run for `ttl_ms` from now, and says whether somebody has asked that it end.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the run is another's now, or over.
    pub async fn renew_run(&self, lease: &RunLease, ttl_ms: i64) -> Result<bool, ControlError> {
        const ACTION: &str = "hold a run";
        const SQL: &str = "UPDATE job_run SET expires = $4
            WHERE id = $1 AND epoch = $2 AND holder = $3 AND state = 'running' RETURNING stop";
        let expires = self.now().plus_ms(ttl_ms).0;
        let params = [lease.id.0.into(), lease.epoch.0.into(), lease.holder.as_str().into(), expires.into()];
        let mut tx = self.begin(ACTION).await?;
        let row = tx.row(ACTION, SQL, &params).await?.ok_or_else(|| lost(lease))?;
        let stop = row.int(0)? == 1;
        tx.commit(ACTION).await?;
        Ok(stop)
    }

    /// Ends an attempt. `detail` says in a sentence what came of it, `facts` in JSON.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the run is another's now, or over.
    pub async fn end_attempt(
        &self,
        lease: &RunLease,
        ending: Ending,
        detail: &str,
        facts: &str,
    ) -> Result<(), ControlError> {
        let mut tx = self.begin(END).await?;
        end_attempt_in(&mut tx, lease, ending, (detail, facts), None, self.now()).await?;
        tx.commit(END).await
    }

    /// Publishes what a run made and ends it as succeeded, in one transaction. `made_from` is the sequence that it
    /// has read.
    ///
    /// # Errors
    /// As [`Control::publish`]; [`ControlError::NotFound`] if the run is another's now, or over. Nothing is changed then.
    pub async fn publish_run(
        &self,
        (worker, run): (&WorkerLease, &RunLease),
        publication: &Publication,
        tables: &[TableVersion],
        made_from: CommitSeq,
        told: (&str, &str),
    ) -> Result<CommitSeq, ControlError> {
        let now = self.now();
        let mut tx = self.begin(PUBLISH).await?;
        let seq = publish_in(&mut tx, worker, publication, tables, now).await?;
        let over = Ending::Over(RunState::Succeeded);
        end_attempt_in(&mut tx, run, over, told, Some((made_from, seq)), now).await?;
        tx.commit(PUBLISH).await?;
        Ok(seq)
    }
}

pub(crate) async fn end_attempt_in(
    tx: &mut Tx,
    lease: &RunLease,
    ending: Ending,
    (detail, facts): (&str, &str),
    published: Option<(CommitSeq, CommitSeq)>,
    now: Timestamp,
) -> Result<(), ControlError> {
    const OVER: &str = "UPDATE job_run SET state = $4, detail = $5, facts = $6, ended = $7, seq = $8
        WHERE id = $1 AND epoch = $2 AND holder = $3 AND state = 'running'";
    const AGAIN: &str = "UPDATE job_run SET state = 'queued', detail = $4, facts = $5, not_before = $6,
            attempt = attempt + $7, holder = NULL, expires = 0
        WHERE id = $1 AND epoch = $2 AND holder = $3 AND state = 'running'";
    const MADE: &str =
        "UPDATE job SET made_from = $2 WHERE name = (SELECT r.job FROM job_run r WHERE r.id = $1)";
    let held = [lease.id.0.into(), lease.epoch.0.into(), lease.holder.as_str().into()];
    let changed = match ending {
        Ending::Over(state) => {
            let seq = published.map(|(_, seq)| seq.0);
            let rest = [state.as_str().into(), detail.into(), facts.into(), now.0.into(), seq.into()];
            tx.run(END, OVER, &[held.as_slice(), &rest].concat()).await?
        }
        Ending::Again(at) => {
            let rest = [detail.into(), facts.into(), at.0.into(), 1.into()];
            tx.run(END, AGAIN, &[held.as_slice(), &rest].concat()).await?
        }
        Ending::GivenBack => {
            let rest = [detail.into(), facts.into(), now.0.into(), 0.into()];
            tx.run(END, AGAIN, &[held.as_slice(), &rest].concat()).await?
        }
    };
    if changed == 0 {
        return Err(lost(lease));
    }
    note_in(tx, END, lease.id).await?;
    // A job whose run failed waits for the next change, as one whose run did not.
    const GIVEN_UP: &str =
        "UPDATE job SET made_from = (SELECT c.value FROM counter c WHERE c.name = 'commit_seq')
        WHERE name = (SELECT r.job FROM job_run r WHERE r.id = $1)";
    if ending == Ending::Over(RunState::Failed) {
        tx.run(END, GIVEN_UP, &[lease.id.0.into()]).await?;
    }
    if let Some((made_from, _)) = published {
        tx.run(END, MADE, &[lease.id.0.into(), made_from.0.into()]).await?;
    }
    Ok(())
}

fn lost(lease: &RunLease) -> ControlError {
    ControlError::NotFound { what: "run of this holder", name: lease.id.to_string() }
}
