//! Makes a made mart what readers see, and its run over.

use super::{
    catalogue,
    make::{Made, MadeTable},
};
use crate::{
    LakeError,
    refinery::{Refinery, WorkerParts, chain},
    table::Table,
};
use control::{NewPublication, Publication, PublicationKind, RunLease, WorkerLease};
use model::failpoint;
use object_store::{ObjectStoreExt, path::Path};

/// Commits the tables of a mart and publishes them, as the end of the run that `run` is; says how many rows they have.
///
/// # Errors
/// [`LakeError::NotTheWorker`] if another worker has come first, [`LakeError::Overtaken`] if a table is not what it was
/// when the rows were made; nothing is published then.
pub(crate) async fn publish(refinery: &mut Refinery, made: Made, run: &RunLease) -> Result<i64, LakeError> {
    let parts = refinery.parts().clone();
    let lease = refinery.lease().await?;
    let intent =
        NewPublication { kind: PublicationKind::Model, lanes: Vec::new(), detail: made.mart.clone() };
    let publication = parts.begin(&lease, &intent).await?;
    let published = carry_out(&parts, made, (&lease, run), &publication).await;
    // Whoever is the worker now drops it.
    if published.as_ref().is_err_and(|error| !matches!(error, LakeError::NotTheWorker))
        && let Err(error) = parts.control.abandon_publication(&lease, &publication).await
    {
        tracing::warn!(error = chain(&error), "an intent stays, and is dropped by the next publication");
    }
    published
}

async fn carry_out(
    parts: &WorkerParts,
    made: Made,
    leases: (&WorkerLease, &RunLease),
    publication: &Publication,
) -> Result<i64, LakeError> {
    let mut versions = Vec::new();
    let mut outputs = serde_json::Map::new();
    for table in made.tables {
        let (told, meaning) = (table.told.clone(), table.meaning.clone());
        let Some(written) = commit(parts, table).await? else { continue };
        failpoint!("model.tables.after-commit");
        let version = catalogue::describe_made(&written, &meaning, made.made_from);
        let told = serde_json::json!({ "version": version.version, "rows": version.rows, "bytes": version.bytes, "made": told });
        outputs.insert(version.table.to_string(), told);
        versions.push(version);
    }
    for view in made.views {
        let told = serde_json::json!({ "version": view.version, "rows": view.rows, "bytes": 0, "made": { "how": "a view" } });
        outputs.insert(view.table.to_string(), told);
        versions.push(view);
    }
    let rows: i64 = versions.iter().map(|version| version.rows).sum();
    let tables = if versions.len() == 1 { "table" } else { "tables" };
    let detail = format!("{rows} rows in {} {tables}", versions.len());
    let facts =
        serde_json::json!({ "made_from": made.made_from.0, "inputs": made.inputs, "outputs": outputs });
    let facts = facts.to_string();
    let told = (detail.as_str(), facts.as_str());
    let published = parts.control.publish_run(leases, publication, &versions, made.made_from, told).await;
    published.map(|_| rows).map_err(LakeError::control("publish"))
}

/// Puts the new files into the table's log; `None` if nothing has ever come into it.
async fn commit(parts: &WorkerParts, made: MadeTable) -> Result<Option<Table>, LakeError> {
    let MadeTable { id, schema, adds, replaces, mark, .. } = made;
    if schema.fields().is_empty() {
        return Ok(None);
    }
    let mut table = Table::open_or_create(&parts.stores, &id, &schema).await?;
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
