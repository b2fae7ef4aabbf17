//! Which marts there are: those of every lake, and those that are registered in this one.

use super::MART_JOB;
use crate::{LakeError, sql::PUBLIC};
use control::{CatalogTable, Control, NewJob, TableName};
use marts::{Mart, Rules, Schedule};
use model::{CommitSeq, Timestamp};

/// The marts, read again when they have changed.
#[derive(Default)]
pub(crate) struct Known {
    marts: Vec<Mart>,
    seen: Option<i64>,
}

impl Known {
    /// Reads the registry again if it has changed, with the jobs that follow from it, and says whether it had.
    pub(crate) async fn refresh(&mut self, control: &Control, at: Timestamp) -> Result<bool, LakeError> {
        let now =
            control.marts_changed().await.map_err(LakeError::control("look whether marts have changed"))?;
        if self.seen == Some(now) {
            return Ok(false);
        }
        self.marts = with_jobs(control, at).await?;
        self.seen = Some(now);
        Ok(true)
    }

    /// The mart of that name.
    pub(crate) fn mart(&self, name: &str) -> Option<&Mart> {
        self.marts.iter().find(|mart| mart.name == name)
    }
}

/// Whether one of the tables that a mart reads has another version than at sequence `from`.
pub(crate) fn is_behind(mart: &Mart, from: CommitSeq, tables: &[CatalogTable]) -> bool {
    mart.reads().filter(|table| table.schema != mart.name).any(|table| {
        let schema = if table.schema.is_empty() { PUBLIC } else { &table.schema };
        let name = TableName::new(schema, table.name.as_str());
        tables.iter().any(|row| row.table.table == name && row.seq > from)
    })
}

/// All marts: the built-in ones, then the registered ones in the order of registration. One that this version of the
/// program does not understand is left out, and told in the log.
///
/// # Errors
/// The control database failed.
pub async fn marts(control: &Control) -> Result<Vec<Mart>, LakeError> {
    let mut marts = marts::builtin().map_err(LakeError::Mart)?.to_vec();
    for row in control.marts().await.map_err(LakeError::control("read the registered marts"))? {
        let files = row.files.iter().map(|(file, text)| (file.as_str(), text.as_str()));
        match Mart::read(&row.name, files) {
            Ok(mart) => marts.push(mart),
            Err(error) => {
                tracing::error!(mart = row.name, %error, "a registered mart is not understood any more")
            }
        }
    }
    Ok(marts)
}

/// What the job is called that builds a mart.
#[must_use]
pub fn job_name(mart: &str) -> String {
    format!("{MART_JOB}.{mart}")
}

/// The job that builds a mart.
pub(super) fn job_of(mart: &Mart) -> NewJob {
    let Rules { schedule, missed, on_commit, settle_ms, retries, backoff_ms, timeout_ms } = &mart.rules;
    NewJob {
        name: job_name(&mart.name),
        kind: MART_JOB.to_owned(),
        target: mart.name.clone(),
        owner: mart.owner.clone(),
        resource: "marts".to_owned(),
        schedule: schedule.as_ref().map(|schedule| schedule.cron().to_owned()).unwrap_or_default(),
        zone: schedule.as_ref().map(|schedule| schedule.zone().to_owned()).unwrap_or_default(),
        missed: missed.as_str().to_owned(),
        on_commit: *on_commit,
        settle_ms: *settle_ms,
        retries: *retries,
        backoff_ms: *backoff_ms,
        timeout_ms: *timeout_ms,
    }
}

/// When the clock queues a mart's job first.
pub(super) fn next_due(mart: &Mart, now: Timestamp) -> Option<Timestamp> {
    mart.rules.schedule.as_ref().and_then(|schedule: &Schedule| schedule.after(now))
}

/// Reads all marts and writes their jobs: the built-in ones' are not written when they are registered.
///
/// # Errors
/// The control database failed.
pub async fn with_jobs(control: &Control, now: Timestamp) -> Result<Vec<Mart>, LakeError> {
    let marts = marts(control).await?;
    let jobs = control.jobs().await.map_err(LakeError::control("list jobs"))?;
    for mart in &marts {
        let new = job_of(mart);
        if !jobs.iter().any(|job| job.is == new) {
            let written = control.put_job(&new, next_due(mart, now)).await;
            written.map_err(LakeError::control("write a job"))?;
        }
    }
    Ok(marts)
}
