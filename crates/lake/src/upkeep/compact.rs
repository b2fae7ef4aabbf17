//! Merging small files, and folding away what is superseded.

use super::{UpkeepLimits, group::Group};
use crate::{
    LakeError,
    refinery::Refinery,
    sql::{self, current, superseded::List},
    stores::Stores,
    table::{DataFile, Table, TableId},
};
use arrow::array::RecordBatch;
use datafusion::prelude::SessionContext;
use model::failpoint;
use std::sync::Arc;

/// Parquet bytes that are rewritten at a time: opened they are several times as many.
const REWRITE_BYTES: i64 = 48 << 20;

/// What a group needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Its small files merged.
    Merge,
    /// All of its files rewritten without what is superseded.
    Fold,
}

/// What `group` needs, if anything.
pub(super) async fn plan(
    refinery: &mut Refinery,
    group: &Group,
    limits: &UpkeepLimits,
) -> Result<Option<Need>, LakeError> {
    let mut merge = false;
    let mut rows = 0;
    for id in group.tables() {
        let Some(table) = refinery.open_table(&id).await? else { continue };
        let files = table.files();
        merge |=
            files.iter().filter(|file| file.bytes < limits.small_file_bytes).count() >= limits.small_files;
        if group.may_fold() && Some(&id) == group.superseded() {
            let gone = table.size().rows;
            if gone >= limits.superseded_rows && gone * 100 >= rows * limits.superseded_percent {
                refinery.keep_table(table);
                return Ok(Some(Need::Fold));
            }
        }
        // The first member is the raw table: one row a version.
        rows = if rows == 0 { table.size().rows } else { rows };
        refinery.keep_table(table);
    }
    Ok(merge.then_some(Need::Merge))
}

/// Rewrites the group's files as `need` says.
pub(super) async fn carry_out(
    refinery: &mut Refinery,
    group: &Group,
    need: Need,
    limits: &UpkeepLimits,
) -> Result<(), LakeError> {
    let parts = Arc::clone(refinery.parts());
    let stores = &parts.stores;
    let superseded = match group.superseded() {
        Some(id) => refinery.open_table(id).await?,
        None => None,
    };
    let list = superseded.clone().map(List::new);
    for (id, by) in group.members() {
        let Some(mut table) = refinery.open_table(id).await? else { continue };
        let chosen = table
            .files()
            .into_iter()
            .filter(|file| need == Need::Fold || file.bytes < limits.small_file_bytes);
        for files in portions(chosen.collect(), REWRITE_BYTES) {
            let rows = read(stores, &table, &files, list.as_ref().zip(by.as_ref())).await?;
            table.replace(&files, rows).await?;
        }
        failpoint!("compaction.after-each-table");
        refinery.keep_table(table);
    }
    if let Some(mut superseded) = superseded {
        let files = superseded.files();
        match need {
            Need::Fold => superseded.replace(&files, Vec::new()).await?,
            Need::Merge if files.len() >= limits.small_files => {
                let rows = read(stores, &superseded, &files, None).await?;
                superseded.replace(&files, rows).await?;
            }
            Need::Merge => {}
        }
        refinery.keep_table(superseded);
    }
    Ok(())
}

/// Files in portions of `most` bytes, which fit into memory; a lone file is its own portion.
pub(crate) fn portions(files: Vec<DataFile>, most: i64) -> Vec<Vec<DataFile>> {
    let mut portions: Vec<Vec<DataFile>> = Vec::new();
    let mut bytes = 0;
    for file in files {
        bytes += file.bytes;
        match portions.last_mut() {
            Some(portion) if bytes <= most => portion.push(file),
            _ => {
                bytes = file.bytes;
                portions.push(vec![file]);
            }
        }
    }
    portions
}

/// The rows of some files that are not superseded.
pub(crate) async fn read(
    stores: &Stores,
    table: &Table,
    files: &[DataFile],
    superseded: Option<(&Arc<List>, &current::Supersession)>,
) -> Result<Vec<RecordBatch>, LakeError> {
    let context = SessionContext::new();
    sql::register_zones(&context.runtime_env(), stores);
    let id: &TableId = table.id();
    let paths = files.iter().map(|file| file.path.clone()).collect();
    let read = async {
        let plan = current::plan(table, Some(paths), superseded).await?;
        context.execute_logical_plan(plan).await?.collect().await
    };
    let rows = read.await.map_err(LakeError::Query)?;
    crate::table::like(table, rows).map_err(LakeError::columns(id))
}
