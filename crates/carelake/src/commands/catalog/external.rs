//! Tables that lie outside: found by crawlers, or written down.

use super::said;
use crate::{cli::CreateTableArgs, desk, external, parts::Parts, screen};
use anyhow::Context;
use control::{Column, ExternalPartition, ExternalTable, TableName, TableNote};
use model::AuditOutcome;
use server::NewOutside;

/// Partitions that are shown to a person.
const SHOWN_PARTITIONS: u64 = 20;

/// Partitions that are told to a program.
const TOLD_PARTITIONS: u64 = 100_000;

/// Tables in columns, for people.
pub(in crate::commands) fn table(tables: &[ExternalTable]) -> String {
    let row = |table: &ExternalTable| {
        vec![
            table.table.to_string(),
            table.format.clone(),
            table.label.clone(),
            screen::count(table.objects),
            table.rows.map(screen::count).unwrap_or_default(),
            screen::bytes(table.bytes),
            table.version.to_string(),
            match table.gone {
                Some(gone) => format!("gone since {gone}"),
                None => table.place.clone(),
            },
        ]
    };
    let rows: Vec<_> = tables.iter().map(row).collect();
    screen::table(&["table", "format", "holds", "objects", "rows", "size", "version", "where"], &rows)
}

/// A table, for programs.
pub(in crate::commands) fn line(table: &ExternalTable, note: &TableNote) -> serde_json::Value {
    let mut line = serde_json::json!({
        "table": table.table.to_string(),
        "kind": "external",
        "crawler": Some(&table.crawler).filter(|crawler| !crawler.is_empty()),
        "place": table.place,
        "format": table.format,
        "holds": table.label,
        "description": note.description_or(&table.description),
        "partitioned_by": table.partitioned_by,
        "objects": table.objects,
        "rows": table.rows,
        "bytes": table.bytes,
        "version": table.version,
        "first_seen": table.first_seen.to_string(),
        "changed": table.changed.to_string(),
        "gone": table.gone.map(|gone| gone.to_string()),
    });
    said::tell(&mut line, note, note.classification, "");
    line
}

pub(super) async fn show(parts: &Parts, table: &ExternalTable, json: bool) -> anyhow::Result<()> {
    let most = if json { TOLD_PARTITIONS } else { SHOWN_PARTITIONS };
    let partitions = parts.control.external_partitions(&table.table, most).await?;
    let versions = parts.control.external_versions(&table.table).await?;
    parts.record("catalog.show", AuditOutcome::Success, &table.table.to_string(), &[]).await?;
    let note = parts.control.table_note(&table.table).await?;
    let columns = said::columns(&table.columns, &note);
    if json {
        let mut line = line(table, &note);
        line["columns"] = serde_json::to_value(&columns)?;
        line["partitions"] = partitions
            .iter()
            .map(|part| {
                serde_json::json!({
                    "values": part.values, "objects": part.objects, "bytes": part.bytes,
                    "changed": part.changed.to_string(), "gone": part.gone.map(|gone| gone.to_string()),
                })
            })
            .collect();
        line["versions"] = versions
            .iter()
            .map(|version| serde_json::json!({ "version": version.version, "at": version.at.to_string() }))
            .collect();
        screen::say(line.to_string());
        return Ok(());
    }
    let found = match table.crawler.as_str() {
        "" => "written down".to_owned(),
        crawler => format!("found by the crawler {crawler}"),
    };
    let described = match note.description_or(&table.description) {
        "" => String::new(),
        description => format!("  {description}\n"),
    };
    screen::say(format!(
        "{}, outside: {} at {}\n{}  {} objects, {}, first seen {}, changed {}, {found}\n{}",
        table.table,
        table.format,
        table.place,
        described,
        screen::count(table.objects),
        screen::bytes(table.bytes),
        table.first_seen,
        table.changed,
        said::lines(&note, note.classification, ""),
    ));
    let row =
        |column: &Column| vec![column.name.clone(), column.data_type.clone(), column.description.clone()];
    let rows: Vec<_> = columns.iter().map(row).collect();
    screen::say(screen::table(&["column", "type", "meaning"], &rows));
    if !partitions.is_empty() {
        screen::say(partitions_of(table, &partitions));
    }
    for pair in versions.windows(2) {
        if let [later, earlier] = pair {
            screen::say(format!("version {}, {}:", later.version, later.at));
            for change in desk::column_changes(&earlier.columns, &later.columns) {
                screen::say(format!("  {change}"));
            }
        }
    }
    Ok(())
}

/// Partitions in columns, for people.
fn partitions_of(table: &ExternalTable, partitions: &[ExternalPartition]) -> String {
    let row = |part: &ExternalPartition| {
        let gone = part.gone.map_or_else(String::new, |gone| format!("gone since {gone}"));
        let counts = [screen::count(part.objects), screen::bytes(part.bytes), gone];
        [part.values.clone(), counts.to_vec()].concat()
    };
    let rows: Vec<_> = partitions.iter().map(row).collect();
    let keys = table.partitioned_by.iter().map(String::as_str);
    let head: Vec<_> = keys.chain(["objects", "size", ""]).collect();
    screen::table(&head, &rows)
}

pub(super) async fn create(parts: &Parts, args: CreateTableArgs, json: bool) -> anyhow::Result<()> {
    let (schema, name) = args.table.split_once('.').context("a table is named as SCHEMA.TABLE")?;
    let new = NewOutside {
        schema: schema.to_owned(),
        name: name.to_owned(),
        place: args.place,
        format: args.format,
        description: args.description,
        columns: args.columns,
    };
    let table = external::write_down(&parts.control, &new, parts.clock.now()).await?;
    parts.record("catalog.create", AuditOutcome::Success, &args.table, &[]).await?;
    let sentence = format!("{} is in the catalogue.", args.table);
    screen::tell(json, line(&table, &TableNote::default()), sentence);
    Ok(())
}

pub(super) async fn remove(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    let (schema, table) = name.split_once('.').context("a table is named as SCHEMA.TABLE")?;
    parts.control.remove_external_table(&TableName::new(schema, table)).await?;
    parts.record("catalog.remove", AuditOutcome::Success, name, &[]).await?;
    let sentence = format!("{name} is in the catalogue no longer.");
    screen::tell(json, serde_json::json!({ "removed": name }), sentence);
    Ok(())
}
