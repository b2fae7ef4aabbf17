//! `carelake catalog profile`: what a table holds, counted.

use crate::{access::Access, parts::Parts, profiling, screen};
use anyhow::Context;
use model::AuditOutcome;
use policy::Table;
use profile::table::ColumnProfile;

/// Codes of a column that are shown.
const CODES: usize = 3;

pub(super) async fn run(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    let (schema, table) = name.split_once('.').unwrap_or(("public", name));
    let found = parts.control.table(schema, table).await?;
    let found = found.with_context(|| format!("no table `{name}`; `carelake catalog list` shows them"))?;
    let columns = found.table.columns.iter().map(|column| column.name.clone()).collect();
    let access = Access::read(&parts.control, parts.kind).await?;
    parts.permit_columns(&access, Table::named(name), &columns).await?;
    let facts = [("version", found.table.version.to_string())];
    parts.record("catalog.profile", AuditOutcome::Success, name, &facts).await?;
    let profile = profiling::count(&parts.reader()?, &found).await?;
    if json {
        screen::say(serde_json::to_string(&profile)?);
        return Ok(());
    }
    let row = |column: &ColumnProfile| {
        let share = 100.0 * column.nulls as f64 / profile.rows.max(1) as f64;
        let (from, to) =
            column.range.as_ref().map(|range| (range.min.clone(), range.max.clone())).unwrap_or_default();
        let codes =
            column.top.iter().take(CODES).map(|(code, rows)| format!("{code} {}", screen::count(*rows)));
        vec![
            column.name.clone(),
            format!("{share:.1} %"),
            screen::count(column.distinct),
            from,
            to,
            codes.collect::<Vec<_>>().join(", "),
        ]
    };
    let rows: Vec<_> = profile.columns.iter().map(row).collect();
    screen::say(format!("{name}: {} rows at version {}\n", screen::count(profile.rows), found.table.version));
    screen::say(screen::table(&["column", "null", "different", "from", "to", "most frequent"], &rows));
    Ok(())
}
