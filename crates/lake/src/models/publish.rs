//! Makes a made mart what readers see, and its run over.

use super::{
    catalogue,
    make::{Made, MadeTable},
};
use crate::{LakeError, refinery::Refinery, table::Table};
use control::{NewPublication, PublicationKind, RunLease};
use model::{CommitSeq, failpoint};
use object_store::{ObjectStoreExt, path::Path};

/// One table as it was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The mart.
    pub mart: String,
    /// The table in it.
    pub table: String,
    /// Its rows.
    pub rows: i64,
    /// The sequence it was made from.
    pub made_from: CommitSeq,
    /// The sequence it was published at.
    pub seq: CommitSeq,
}

/// Commits the tables of a mart and publishes them, as the end of the run that `run` is.
///
/// # Errors
/// [`LakeError::NotTheWorker`] if another worker has come first; nothing is published then.
pub(crate) async fn publish(
    refinery: &mut Refinery,
    made: Made,
    run: &RunLease,
) -> Result<Vec<Built>, LakeError> {
    let parts = refinery.parts().clone();
    let lease = refinery.lease().await?;
    let intent =
        NewPublication { kind: PublicationKind::Model, lanes: Vec::new(), detail: made.mart.clone() };
    let publication = parts.begin(&lease, &intent).await?;
    let mut versions = Vec::new();
    let mut outputs = serde_json::Map::new();
    for table in made.tables {
        let (told, model) = (table.told.clone(), table.model.clone());
        let committed = commit(refinery, table).await;
        let Some(written) = abandoned(refinery, &publication, committed).await? else { continue };
        failpoint!("model.tables.after-commit");
        let version = catalogue::describe_model(&written, &model, made.made_from);
        let told = serde_json::json!({ "version": version.version, "rows": version.rows, "bytes": version.bytes, "made": told });
        outputs.insert(version.table.to_string(), told);
        versions.push(version);
    }
    let rows: i64 = versions.iter().map(|version| version.rows).sum();
    let tables = if versions.len() == 1 { "table" } else { "tables" };
    let detail = format!("{rows} rows in {} {tables}", versions.len());
    let facts =
        serde_json::json!({ "made_from": made.made_from.0, "inputs": made.inputs, "outputs": outputs });
    let told = (detail.as_str(), facts.to_string());
    let published = parts
        .control
        .publish_run((&lease, run), &publication, &versions, made.made_from, (told.0, &told.1))
        .await
        .map_err(LakeError::control("publish"));
    let seq = abandoned(refinery, &publication, published).await?;
    let built = |version: control::TableVersion| Built {
        mart: made.mart.clone(),
        table: version.table.name,
        rows: version.rows,
        made_from: made.made_from,
        seq,
    };
    Ok(versions.into_iter().map(built).collect())
}

/// Drops the intent of what failed, so that the next publication need not.
async fn abandoned<T>(
    refinery: &Refinery,
    publication: &control::Publication,
    done: Result<T, LakeError>,
) -> Result<T, LakeError> {
    match done {
        Err(error) if !matches!(error, LakeError::NotTheWorker) => {
            let mut refinery_lease = refinery.held();
            if let Some(lease) = refinery_lease.take() {
                let dropped = refinery.parts().control.abandon_publication(&lease, publication).await;
                if let Err(dropping) = dropped {
                    tracing::warn!(
                        error = crate::refinery::chain(&dropping),
                        "an intent stays, and is dropped by the next"
                    );
                }
            }
            Err(error)
        }
        done => done,
    }
}

/// Puts the new files into the table's log; `None` if nothing has ever come into it.
async fn commit(refinery: &Refinery, made: MadeTable) -> Result<Option<Table>, LakeError> {
    let MadeTable { id, schema, adds, replaces, mark, .. } = made;
    if schema.fields().is_empty() {
        return Ok(None);
    }
    let mut table = Table::open_or_create(&refinery.parts().stores, &id, &schema).await?;
    let replaced = match replaces {
        None => table.files(),
        Some((version, files)) if version == table.version() => files,
        // Somebody else has committed since it was read.
        Some(_) => return Err(LakeError::Overtaken(id)),
    };
    // Tidying deletes files that no log names once they are old.
    let store = table.delta().log_store().object_store(None);
    for add in &adds {
        if store.head(&Path::from(add.path.as_str())).await.is_err() {
            return Err(LakeError::Overtaken(id));
        }
    }
    table.swap(&replaced, adds, &schema, &mark).await?;
    Ok(Some(table))
}
