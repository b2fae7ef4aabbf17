//! Checkpoints, and the deletion of what no kept sequence needs.

use crate::{
    LakeError,
    refinery::{Refinery, WorkerParts},
    registry,
    table::{Table, TableId},
};
use control::{RegisteredView, TableName};
use deltalake::{
    checkpoints::{cleanup_expired_logs_for, create_checkpoint},
    operations::vacuum::VacuumMode,
};
use futures::TryStreamExt;
use model::{Timestamp, failpoint};
use object_store::{ObjectStoreExt, path::Path};
use std::{collections::HashSet, sync::Arc};

/// Checkpoints a table's log at the loaded version.
pub(super) async fn checkpoint(table: &Table) -> Result<(), LakeError> {
    create_checkpoint(table.delta(), None).await.map_err(LakeError::table("checkpoint", table.id()))
}

/// What of a table is kept.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    /// The version that is published.
    pub(super) published: i64,
    /// The oldest version that a readable sequence shows.
    pub(super) oldest: i64,
    /// What was replaced since then.
    pub(super) cutoff: Timestamp,
}

/// Checkpoints a table's log and deletes log entries and data files that were replaced before
/// the cutoff, unless the table has gone on beyond its published version.
pub(super) async fn table(refinery: &mut Refinery, id: &TableId, kept: Kept) -> Result<u64, LakeError> {
    let Kept { published, oldest, cutoff } = kept;
    let Some(table) = refinery.open_table(id).await? else { return Ok(0) };
    if table.version() != published {
        refinery.keep_table(table);
        return Ok(0);
    }
    let now = refinery.parts().clock.now();
    let keep = chrono::Duration::milliseconds((now.0 - cutoff.0).max(0));
    let delta = table.delta();
    let store = delta.log_store();
    let tidied = async {
        create_checkpoint(delta, None).await?;
        failpoint!("upkeep.log.after-checkpoint");
        let version = u64::try_from(oldest.min(table.version())).unwrap_or_default();
        let (_, metrics) = delta
            .clone()
            .vacuum()
            .with_mode(VacuumMode::Full)
            .with_retention_period(keep)
            .with_enforce_retention_duration(false)
            .with_dry_run(true)
            .await?;
        let logs = cleanup_expired_logs_for(version, store.as_ref(), cutoff.0, None).await?;
        failpoint!("upkeep.log.after-delete");
        Ok::<_, deltalake::DeltaTableError>((logs, metrics.files_deleted))
    };
    let (logs, files) = tidied.await.map_err(LakeError::table("tidy", id))?;
    let data = store.object_store(None);
    let failed = |source| LakeError::Zone { action: "delete a data file", zone: id.zone().as_str(), source };
    // The log speaks of replaced files for some time after they are gone.
    let there: HashSet<Path> = match files.is_empty() {
        true => HashSet::new(),
        false => data.list(None).map_ok(|object| object.location).try_collect().await.map_err(failed)?,
    };
    let mut deleted = logs as u64;
    for file in files.into_iter().map(Path::from).filter(|file| there.contains(file)) {
        match data.delete(&file).await {
            Ok(()) => deleted += 1,
            Err(object_store::Error::NotFound { .. }) => {}
            Err(source) => return Err(failed(source)),
        }
    }
    // A handle reads its log again from time to time, from the entries that it was loaded with:
    // when some of these are gone, the table is opened anew by whoever needs it next.
    if logs == 0 {
        refinery.keep_table(table);
    }
    Ok(deleted)
}

/// Deletes the table of a view that was removed or replaced, once no readable sequence shows it, and forgets the view.
pub(super) async fn gone_view(refinery: &mut Refinery, view: &RegisteredView) -> Result<u64, LakeError> {
    let parts = Arc::clone(refinery.parts());
    let id = registry::table_of(view);
    let shown = TableName::new(id.zone().as_str(), view.name.as_str());
    let oldest = parts.control.oldest_version(&shown, &id.location()).await;
    if oldest.map_err(LakeError::control("read the catalogue"))?.is_some() {
        return Ok(0);
    }
    refinery.close_table(&id);
    let failed =
        |source| LakeError::Zone { action: "delete a removed view", zone: id.zone().as_str(), source };
    let store = &parts.stores.view;
    let folder = Path::from(id.name());
    let objects: Vec<Path> =
        store.list(Some(&folder)).map_ok(|object| object.location).try_collect().await.map_err(failed)?;
    let mut deleted = 0;
    for object in objects {
        match store.delete(&object).await {
            Ok(()) => deleted += 1,
            Err(object_store::Error::NotFound { .. }) => {}
            Err(source) => return Err(failed(source)),
        }
    }
    parts.control.forget_view(view).await.map_err(LakeError::control("forget a view"))?;
    Ok(deleted)
}

/// Deletes segments that were published before `before`, and objects that no row can name any more.
pub(super) async fn landing(parts: &Arc<WorkerParts>, before: Timestamp) -> Result<u32, LakeError> {
    let failed = |error: landing::SweepError| match error {
        landing::SweepError::Control(source) => LakeError::control("sweep landing")(source),
        landing::SweepError::Store(source) => LakeError::Zone { action: "sweep", zone: "landing", source },
    };
    let store = parts.landing.as_ref();
    let published = landing::delete_published(&parts.control, store, before, 10_000).await.map_err(failed)?;
    let orphans = landing::sweep_orphans(&parts.control, store).await.map_err(failed)?;
    Ok(published + orphans)
}
