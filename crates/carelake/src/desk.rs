//! What the console asks of the lake, answered by its parts.

use crate::{asking, which::Which};
use anyhow::Context;
use arrow::{
    array::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use async_trait::async_trait;
use audit::{Follower, Record};
use control::Control;
use lake::{LakeError, models, sql::Reader};
use marts::Schedule;
use model::Clock;
use object_store::ObjectStore;
use server::{Answered, AskError, HomeKind, Lake, Made, Question, Search, Trail};
use std::{collections::BTreeSet, sync::Arc, time::Instant};

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
        let (columns, mut rows) = texts(&batches).map_err(failed)?;
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

    async fn models(&self, mart: &str) -> Result<Vec<Made>, AskError> {
        let marts = models::marts(&self.control).await.map_err(|error| failed(error.into()))?;
        let found = marts.into_iter().find(|one| one.name == mart);
        let made = |model: marts::Model| Made {
            table: format!("{mart}.{}", model.name),
            reads: model.reads.iter().map(ToString::to_string).collect::<BTreeSet<_>>().into_iter().collect(),
            sql: model.sql,
        };
        Ok(found.map(|mart| mart.models.into_iter().map(made).collect()).unwrap_or_default())
    }
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

/// The columns of an answer (name, type, whether they are numbers), and its rows as texts.
type Texts = (Vec<(String, String, bool)>, Vec<Vec<Option<String>>>);

fn texts(batches: &[RecordBatch]) -> anyhow::Result<Texts> {
    let Some(first) = batches.first() else { return Ok((Vec::new(), Vec::new())) };
    let schema = first.schema();
    let column = |field: &Arc<arrow::datatypes::Field>| {
        (field.name().clone(), field.data_type().to_string(), field.data_type().is_numeric())
    };
    let columns = schema.fields().iter().map(column).collect();
    let options = FormatOptions::default();
    let mut rows = Vec::new();
    for batch in batches {
        let formatters = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options))
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cells = formatters.iter().zip(batch.columns());
            rows.push(
                cells
                    .map(|(cell, column)| (!column.is_null(row)).then(|| cell.value(row).to_string()))
                    .collect(),
            );
        }
    }
    Ok((columns, rows))
}
