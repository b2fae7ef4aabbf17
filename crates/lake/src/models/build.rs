//! Builds a mart at the newest sequence, and publishes it.

use super::{MARTS, Mart, Model, catalogue, pseudonym};
use crate::{
    LakeError,
    refinery::{Heartbeat, Refinery},
    sql::{Reader, Session},
    table::{Table, TableId},
};
use arrow::array::RecordBatch;
use control::{JobState, NewPublication, PublicationKind};
use model::{AuditEvent, AuditOutcome, CommitSeq, failpoint};

/// One table as it was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The mart.
    pub mart: &'static str,
    /// The table in it.
    pub table: &'static str,
    /// Its rows.
    pub rows: i64,
    /// The sequence it was made from.
    pub made_from: CommitSeq,
    /// The sequence it was published at.
    pub seq: CommitSeq,
}

/// Builds all marts, or the one called `only`, as the worker that `refinery` is.
///
/// # Errors
/// There is no such mart, a model fails, or another worker is at work.
pub async fn build(
    refinery: &mut Refinery,
    reader: &Reader,
    only: Option<&str>,
    actor: &str,
) -> Result<Vec<Built>, LakeError> {
    let marts: Vec<&Mart> = MARTS.iter().filter(|mart| only.is_none_or(|name| name == mart.name)).collect();
    if let (Some(name), true) = (only, marts.is_empty()) {
        return Err(LakeError::NoSuchMart(name.to_owned()));
    }
    let mut built = Vec::new();
    for mart in marts {
        built.extend(as_job(refinery, reader, mart, actor).await?);
    }
    Ok(built)
}

/// Builds one mart as a job that the catalogue and the audit trail know of.
async fn as_job(
    refinery: &mut Refinery,
    reader: &Reader,
    mart: &'static Mart,
    actor: &str,
) -> Result<Vec<Built>, LakeError> {
    let parts = refinery.parts().clone();
    let control = &parts.control;
    let job = control.job_start("mart", mart.name, actor).await.map_err(LakeError::control("start a job"))?;
    let result = one(refinery, reader, mart).await;
    let (state, outcome, detail, seq) = match &result {
        Ok(built) => {
            let rows = built.iter().map(|table| table.rows).sum::<i64>();
            (
                JobState::Succeeded,
                AuditOutcome::Success,
                format!("{rows} rows"),
                built.last().map(|table| table.seq),
            )
        }
        Err(error) => (JobState::Failed, AuditOutcome::Failed, error.to_string(), None),
    };
    control.job_end(job, state, &detail, seq).await.map_err(LakeError::control("end a job"))?;
    let event =
        AuditEvent::new(parts.clock.now(), "mart.build", actor, outcome, mart.name).with("result", detail);
    parts.record(event).await;
    result
}

async fn one(refinery: &mut Refinery, reader: &Reader, mart: &'static Mart) -> Result<Vec<Built>, LakeError> {
    let lease = refinery.lease().await?;
    let parts = refinery.parts().clone();
    let _heartbeat = Heartbeat::start(&parts, &lease);
    let session = reader.session(None).await?;
    let made_from = session.seq();
    session.context().register_udf(pseudonym::mart_person(&parts.keys.project_mac, mart.name));
    let mut results = Vec::new();
    for model in mart.models {
        results.push((model, run(&session, model).await?));
    }
    let lease = refinery.lease().await?;
    let intent =
        NewPublication { kind: PublicationKind::Model, lanes: Vec::new(), detail: mart.name.to_owned() };
    let publication = parts.begin(&lease, &intent).await?;
    let mut versions = Vec::new();
    for (model, rows) in results {
        let id = TableId::mart(mart.name, model.name);
        let Some(schema) = rows.first().map(RecordBatch::schema) else { continue };
        let mut table = Table::open_or_create(&parts.stores, &id, &schema).await?;
        let old = table.files();
        table.replace(&old, rows).await?;
        failpoint!("model.tables.after-commit");
        versions.push((model, catalogue::describe(&table, &[], Some(made_from))));
    }
    let tables: Vec<_> = versions.iter().map(|(_, version)| version.clone()).collect();
    let seq =
        parts.control.publish(&lease, &publication, &tables).await.map_err(LakeError::control("publish"))?;
    let built = |(model, version): (&'static Model, control::TableVersion)| Built {
        mart: mart.name,
        table: model.name,
        rows: version.rows,
        made_from,
        seq,
    };
    Ok(versions.into_iter().map(built).collect())
}

/// Runs a model; its columns are made nullable and plain, as Delta keeps them.
async fn run(session: &Session, model: &'static Model) -> Result<Vec<RecordBatch>, LakeError> {
    let rows = session.rows(model.sql).await?;
    crate::table::plain(rows).map_err(|error| LakeError::Query(error.into()))
}
