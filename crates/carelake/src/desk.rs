//! What the console asks of the lake, answered by its parts.

use crate::{asking, which::Which};
use anyhow::Context;
use async_trait::async_trait;
use audit::{Follower, Record};
use control::Control;
use lake::{LakeError, models, sql::Reader};
use marts::{Mart, Model, Schedule};
use model::Clock;
use object_store::ObjectStore;
use server::{Answered, AskError, HomeKind, Lake, Made, Question, Search, Trail};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

/// The lake behind the console.
pub(crate) struct Desk {
    pub(crate) reader: Reader,
    pub(crate) control: Arc<Control>,
    pub(crate) trail: Arc<dyn ObjectStore>,
    pub(crate) kind: HomeKind,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What the question is at fault for.
fn asked(error: LakeError) -> AskError {
    match error {
        LakeError::Query(_) => AskError::Question(format!("{:#}", anyhow::Error::from(error))),
        other => failed(other.into()),
    }
}

fn failed(error: anyhow::Error) -> AskError {
    AskError::Lake(format!("{error:#}"))
}

#[async_trait]
impl Lake for Desk {
    async fn tables_named(&self, sql: &str) -> Result<Vec<(String, String)>, AskError> {
        let session = self.reader.session(None).await.map_err(asked)?;
        session.tables_named(sql).map_err(asked)
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Answered, AskError> {
        let began = Instant::now();
        let session = self.reader.session(None).await.map_err(asked)?;
        asking::complete(&session, &self.control, self.kind, Arc::clone(&self.trail))
            .await
            .map_err(failed)?;
        let planned = session.plan(question.sql).await.map_err(asked)?;
        let (told, asks) = (planned.told(), planned.question.clone());
        // One row more than is wanted says whether there are more.
        let planned = planned.at_most(question.most_rows + 1).map_err(asked)?;
        let batches = session.rows_of(planned).await.map_err(asked)?;
        let (columns, mut rows) = asking::texts(&batches).map_err(|error| failed(error.into()))?;
        let more = rows.len() > question.most_rows;
        rows.truncate(question.most_rows);
        let (_, patients) = asking::patients(&batches);
        Ok(Answered {
            columns,
            rows,
            more,
            sequence: u64::try_from(session.seq().0).unwrap_or_default(),
            took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
            statement: asks.statement,
            about: asking::tables(asks.reads).chain(patients).collect(),
            plan: told,
        })
    }

    async fn records(&self, search: &Search) -> Result<Vec<Trail>, AskError> {
        let found = match &search.record {
            Some((writer, index)) => {
                let next = Follower::from(*index).read(&self.trail, writer, 1).await;
                next.map_err(|error| failed(error.into()))?
                    .into_iter()
                    .filter(|one| one.index == *index)
                    .collect()
            }
            None => {
                let which = Which {
                    from: search.from,
                    until: search.until,
                    action: search.action.clone(),
                    actor: search.actor.clone(),
                    outcome: search.outcome,
                    patients: search.patient.clone().map(|patient| BTreeSet::from([patient])),
                };
                let newest = which.newest(Arc::clone(&self.trail), search.limit).await;
                newest.map_err(|error| failed(error.into()))?
            }
        };
        Ok(found.into_iter().map(record).collect())
    }

    async fn pause(&self, job: &str, paused: bool) -> Result<(), AskError> {
        pause_job(&self.control, self.clock.as_ref(), job, paused).await.map_err(failed)
    }

    async fn marts(&self) -> Result<BTreeMap<String, Vec<Made>>, AskError> {
        let marts = models::marts(&self.control).await.map_err(|error| failed(error.into()))?;
        Ok(marts.into_iter().map(|mart| (mart.name.clone(), made(mart))).collect())
    }
}

fn made(mart: Mart) -> Vec<Made> {
    let made = |model: Model| {
        let reads: BTreeSet<_> = model.reads.iter().map(ToString::to_string).collect();
        Made {
            table: format!("{}.{}", mart.name, model.name),
            reads: reads.into_iter().collect(),
            sql: model.sql,
        }
    };
    mart.models.into_iter().map(made).collect()
}

/// Lets a job rest or resumes it. What was due meanwhile is not made up for.
pub(crate) async fn pause_job(
    control: &Control,
    clock: &dyn Clock,
    name: &str,
    paused: bool,
) -> anyhow::Result<()> {
    let job = control.job(name).await?;
    let job = job.with_context(|| format!("no job `{name}`; `carelake job list` shows them"))?;
    let next = match job.is.schedule.is_empty() {
        true => None,
        false => Schedule::parse(&job.is.schedule, &job.is.zone)?.after(clock.now()),
    };
    Ok(control.pause_job(name, paused, next).await?)
}

fn record(record: Record) -> Trail {
    Trail {
        writer: record.writer,
        index: record.index,
        recorded: record.recorded,
        event: record.event,
        hash: hex::encode(record.hash),
        resource: record.resource,
    }
}
