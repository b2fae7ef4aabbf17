//! `carelake catalog`

mod describe;
mod export;
pub(super) mod external;
mod figures;
mod glue;
pub(super) mod said;
mod told;

use crate::{
    cli::{CatalogCommand, CreateTableArgs, SyncCommand},
    desk,
    parts::Parts,
    screen,
};
use anyhow::Context;
use control::{CatalogTable, TableKind, TableName, TableNote};
use lake::models::count_rows;
use model::AuditOutcome;
use policy::{Action, Resource, Table};
use std::{collections::BTreeMap, path::Path};

pub(super) async fn run(folder: &Path, command: CatalogCommand, json: bool) -> anyhow::Result<()> {
    let (action, resource) = match &command {
        CatalogCommand::List { .. } | CatalogCommand::Export(_) => (Action::CatalogList, Resource::Lake),
        CatalogCommand::Sync(_) => (Action::CatalogSync, Resource::Lake),
        CatalogCommand::Profile { table } => (Action::SqlQuery, Resource::Table(Table::named(table))),
        CatalogCommand::Describe(args) => {
            (Action::CatalogDescribe, Resource::Table(Table::named(&args.table)))
        }
        CatalogCommand::Show { table } => (Action::CatalogShow, Resource::Table(Table::named(table))),
        CatalogCommand::Create(CreateTableArgs { table, .. }) | CatalogCommand::Remove { table } => {
            (Action::CatalogCreate, Resource::Table(Table::named(table)))
        }
    };
    let parts = Parts::open_for(folder, "catalog", action, resource).await?;
    let done = match command {
        CatalogCommand::List { tag } => list(&parts, tag.as_deref(), json).await.map(screen::say),
        CatalogCommand::Describe(args) => describe::run(&parts, args, json).await,
        CatalogCommand::Show { table } => show(&parts, &table, json).await,
        CatalogCommand::Create(args) => external::create(&parts, args, json).await,
        CatalogCommand::Remove { table } => external::remove(&parts, &table, json).await,
        CatalogCommand::Profile { table } => figures::run(&parts, &table, json).await,
        CatalogCommand::Export(args) => export::run(&parts, &args, json).await,
        CatalogCommand::Sync(SyncCommand::Glue(args)) => glue::run(&parts, &args, json).await,
    };
    parts.close().await?;
    done
}

/// Every table that can be named in SQL, with the rows that readers see.
async fn counted(parts: &Parts) -> anyhow::Result<Vec<(CatalogTable, i64)>> {
    let mut counted = Vec::new();
    parts.record("catalog.list", AuditOutcome::Success, "catalog", &[]).await?;
    let tables = parts.control.tables().await?;
    // Opened after the list, so that it sees all that stands there.
    let session = parts.reader()?.session(None).await?;
    for table in tables {
        if table.table.kind != TableKind::Internal {
            let rows = count_rows(&session, &table.table.table).await?;
            counted.push((table, rows));
        }
    }
    Ok(counted)
}

async fn list(parts: &Parts, tag: Option<&str>, json: bool) -> anyhow::Result<String> {
    let home = parts.kind.as_str();
    let said = Said::read(parts).await?;
    let has = |table: &TableName| tag.is_none_or(|tag| said.of(table).tags.contains(tag));
    let mut tables = counted(parts).await?;
    tables.retain(|(table, _)| has(&table.table.table));
    let mut outside = parts.control.external_tables(None).await?;
    outside.retain(|table| has(&table.table));
    if json {
        let lines = tables.iter().map(|(table, rows)| said.line(table, *rows, home).to_string());
        let lines =
            lines.chain(outside.iter().map(|table| external::line(table, said.of(&table.table)).to_string()));
        return Ok(lines.collect::<Vec<_>>().join("\n"));
    }
    let row = |(table, rows): &(CatalogTable, i64)| {
        vec![
            table.table.table.to_string(),
            table.table.kind.as_str().to_owned(),
            screen::count(*rows),
            screen::bytes(table.table.bytes),
            table.table.version.to_string(),
            table.seq.to_string(),
            table.table.made_from.map(|seq| seq.to_string()).unwrap_or_default(),
        ]
    };
    let head = ["table", "kind", "rows", "size", "version", "sequence", "made from"];
    let rows: Vec<_> = tables.iter().map(row).collect();
    let mut text = format!("A home for {home} data.\n\n{}", screen::table(&head, &rows));
    if !outside.is_empty() {
        text.push_str(&format!(
            "\nOutside, described and not to be asked in SQL:\n\n{}",
            external::table(&outside)
        ));
    }
    Ok(text)
}

/// Every table with its rows only: what depends on the data and not on the day.
pub(super) async fn rows(parts: &Parts) -> anyhow::Result<String> {
    let row = |(table, rows): &(CatalogTable, i64)| {
        vec![table.table.table.to_string(), table.table.kind.as_str().to_owned(), screen::count(*rows)]
    };
    let rows: Vec<_> = counted(parts).await?.iter().map(row).collect();
    Ok(screen::table(&["table", "kind", "rows"], &rows))
}

/// What people say of tables, and who answers for the tables of marts.
struct Said {
    notes: BTreeMap<TableName, TableNote>,
    owners: BTreeMap<String, String>,
    nothing: TableNote,
}

impl Said {
    async fn read(parts: &Parts) -> anyhow::Result<Self> {
        let marts = lake::models::marts(&parts.control).await?;
        Ok(Self {
            notes: parts.control.table_notes().await?,
            owners: marts.into_iter().map(|mart| (mart.name, mart.owner)).collect(),
            nothing: TableNote::default(),
        })
    }

    fn of(&self, table: &TableName) -> &TableNote {
        self.notes.get(table).unwrap_or(&self.nothing)
    }

    /// Who answers for a table: whoever is noted, or else its mart's owner.
    fn owner(&self, table: &TableName) -> &str {
        let of_mart = self.owners.get(&table.schema).map_or("", String::as_str);
        said::or(&self.of(table).owner, of_mart)
    }

    fn line(&self, table: &CatalogTable, rows: i64, home: &str) -> serde_json::Value {
        let name = &table.table.table;
        let mut line = line(table, rows, home);
        said::tell(
            &mut line,
            self.of(name),
            Some(self.of(name).classification_of(table.table.kind)),
            self.owner(name),
        );
        line
    }
}

fn line(table: &CatalogTable, rows: i64, home: &str) -> serde_json::Value {
    serde_json::json!({
        "table": table.table.table.to_string(),
        "kind": table.table.kind.as_str(),
        "rows": rows,
        "bytes": table.table.bytes,
        "version": table.table.version,
        "commit_seq": table.seq.0,
        "made_from": table.table.made_from.map(|seq| seq.0),
        "published": table.published.to_string(),
        "home": home,
    })
}

async fn show(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    let (schema, table) = name.split_once('.').unwrap_or(("public", name));
    let found = parts.control.table(schema, table).await?;
    if found.is_none()
        && let Some(table) = parts.control.external_table(&TableName::new(schema, table)).await?
    {
        return external::show(parts, &table, json).await;
    }
    let found = found.with_context(|| format!("no table `{name}`; `carelake catalog list` shows them"))?;
    let rows = count_rows(&parts.reader()?.session(None).await?, &found.table.table).await?;
    parts.record("catalog.show", AuditOutcome::Success, name, &[]).await?;
    let said = Said::read(parts).await?;
    let note = said.of(&found.table.table);
    let columns = said::columns(&found.table.columns, note);
    let origins = desk::origins(&parts.reader()?, &found.table.table).await?;
    if json {
        let mut line = said.line(&found, rows, parts.kind.as_str());
        line["description"] = note.description_or(&found.table.description).into();
        line["columns"] = serde_json::to_value(&columns)?;
        line["made_of"] = serde_json::to_value(&origins)?;
        screen::say(line.to_string());
        return Ok(());
    }
    screen::say(format!(
        "{name}, in a home for {} data\n  {}\n  {} rows, {}, version {}, commit sequence {} of {}\n{}",
        parts.kind.as_str(),
        note.description_or(&found.table.description),
        screen::count(rows),
        screen::bytes(found.table.bytes),
        found.table.version,
        found.seq,
        found.published,
        said::lines(note, Some(note.classification_of(found.table.kind)), said.owner(&found.table.table)),
    ));
    let rows: Vec<_> = columns
        .iter()
        .map(|column| {
            let mut row = vec![column.name.clone(), column.data_type.clone(), column.description.clone()];
            if !origins.is_empty() {
                row.push(origins.get(&column.name).map(|of| of.join(", ")).unwrap_or_default());
            }
            row
        })
        .collect();
    let head = ["column", "type", "meaning", "computed from"];
    let head = if origins.is_empty() { &head[..3] } else { &head[..] };
    screen::say(screen::table(head, &rows));
    Ok(())
}
