//! What tables hold, counted: no value that tells who somebody is, and none that few rows have.

use anyhow::Context;
use control::{CatalogTable, Control, TableKind};
use futures::StreamExt as _;
use lake::sql::Reader;
use marts::sql_name;
use profile::table::{Role, TableProfile, TableProfiler, Told};
use std::collections::BTreeMap;

/// Different values beyond which a column's are no codes of a list.
const MOST_CODES: u64 = 200;
/// Columns that say who somebody is, under whichever pseudonym.
const WHO: [&str; 5] = ["id", "patient", "person", "subject", "resource"];

/// Counts what a table holds at its newest version, and keeps it.
pub(crate) async fn count(reader: &Reader, table: &CatalogTable) -> anyhow::Result<TableProfile> {
    let name = &table.table.table;
    let session = reader.session(None).await?;
    let of = match name.schema.as_str() {
        lake::sql::PUBLIC => sql_name(&name.name),
        schema => format!("{}.{}", sql_name(schema), sql_name(&name.name)),
    };
    let mut rows = session.query(&format!("SELECT * FROM {of}")).await?;
    let seed = u64::try_from(table.table.version).unwrap_or_default();
    let mut profiler = TableProfiler::new(rows.schema(), &told(table), seed)?;
    while let Some(batch) = rows.next().await {
        profiler.add(&batch.context("read the table")?)?;
    }
    let mut profile = profiler.finish();
    for column in profile.columns.iter_mut().filter(|column| column.distinct > MOST_CODES) {
        column.top.clear();
    }
    let text = serde_json::to_string(&profile)?;
    reader.control.put_table_profile(name, table.table.version, &text).await?;
    Ok(profile)
}

/// What was last counted of a table at this version or before, and the version that was counted.
pub(crate) async fn kept(
    control: &Control,
    table: &control::TableName,
    version: i64,
) -> anyhow::Result<Option<(i64, TableProfile)>> {
    let kept = control.table_profile(table, version).await?;
    kept.map(|(version, text)| Ok((version, serde_json::from_str(&text)?))).transpose()
}

/// What may be told of each column.
fn told(table: &CatalogTable) -> BTreeMap<String, Told> {
    let hidden = matches!(table.table.kind, TableKind::Link | TableKind::Internal);
    let columns = table.table.columns.iter().filter(|_| !hidden);
    columns
        .map(|column| {
            let says_who = WHO.contains(&column.name.as_str())
                || column.name.ends_with("_id")
                || column.description.starts_with("The pseudonym of");
            let role = match (says_who, column.data_type.as_str()) {
                (true, _) => Role::Hidden,
                (false, "Utf8" | "Utf8View" | "LargeUtf8" | "Boolean" | "text" | "boolean") => Role::Coded,
                (false, _) => Role::Measured,
            };
            (column.name.clone(), Told { role, in_samples: false })
        })
        .collect()
}
