//! Tables that lie outside: found, shown, written down.

use super::{
    answer::{Refused, done, page},
    catalogue::number,
    lake::{AskError, NewOutside},
    listing, said,
    session::{Sent, Visitor},
};
use ::console::{
    Address,
    pages::{OutsideForm, OutsideList, OutsidePage, OutsideRow, OutsideVersion, PartitionRow},
};
use axum::response::Response;
use control::{ExternalTable, TableName};
use model::AuditOutcome;
use policy::{Action, Resource, Table};
use std::collections::BTreeMap;

/// Partitions that a page shows.
const PARTITIONS: u64 = 100;

/// The table that is asked about where any would be written down.
const ANY: Table<'static> = Table::new("any", "any");

fn row(table: &ExternalTable) -> OutsideRow {
    OutsideRow {
        schema: table.table.schema.clone(),
        name: table.table.name.clone(),
        format: table.format.clone(),
        holds: table.label.clone(),
        place: table.place.clone(),
        objects: number(table.objects),
        bytes: number(table.bytes),
        changed: table.changed,
        gone: table.gone,
    }
}

/// `GET /outside`
pub(super) async fn list(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::CatalogList, Resource::Lake).await?;
    let text = visitor.asked("q").to_owned();
    let found = visitor.desk.control.find_external_tables(&text, listing::wanted(&visitor)).await?;
    let rows: Vec<_> = found.rows.iter().map(row).collect();
    let paging = listing::paging(&visitor, rows.len(), found.total);
    visitor.record("catalog.list", AuditOutcome::Success, "outside", &[]).await?;
    if let Some(format) = listing::format(&visitor) {
        let head = ["schema", "table", "format", "holds", "where", "objects", "bytes", "changed", "gone"];
        let line = |row: &OutsideRow| {
            vec![
                row.schema.clone(),
                row.name.clone(),
                row.format.clone(),
                row.holds.clone(),
                row.place.clone(),
                row.objects.to_string(),
                row.bytes.to_string(),
                row.changed.to_string(),
                row.gone.map(|gone| gone.to_string()).unwrap_or_default(),
            ]
        };
        return Ok(format.answer("outside", &head, rows.iter().map(line)));
    }
    let may_write = visitor.may(Action::CatalogCreate, Resource::Table(ANY));
    let here = listing::here(&visitor, Address::outside(), &["q", "page"]);
    page(&visitor, here, &OutsideList { text, rows, paging, may_write }).await
}

/// One table that lies outside; that it may be seen was decided before.
pub(super) async fn one(visitor: &Visitor, name: &TableName) -> Result<Response, Refused> {
    let control = &visitor.desk.control;
    let found = control.external_table(name).await?;
    let table = found.ok_or_else(|| Refused::NotFound(format!("table {name}")))?;
    let note = control.table_note(name).await?;
    let partitions = control.external_partitions(name, PARTITIONS).await?;
    let versions = control.external_versions(name).await?;
    let changes = |at: usize| match (versions.get(at), versions.get(at + 1)) {
        (Some(now), Some(before)) => visitor.desk.lake.changes(&before.columns, &now.columns),
        _ => Vec::new(),
    };
    let shown = OutsidePage {
        row: row(&table),
        about: note.description_or(&table.description).to_owned(),
        said: said::of(&note, note.classification),
        rows: table.rows.map(number),
        first_seen: table.first_seen,
        columns: said::columns(table.columns, &note, BTreeMap::new()),
        partitions: partitions
            .into_iter()
            .map(|part| PartitionRow {
                values: part.values,
                objects: number(part.objects),
                bytes: number(part.bytes),
                gone: part.gone,
            })
            .collect(),
        versions: versions
            .iter()
            .enumerate()
            .map(|(at, one)| OutsideVersion {
                version: number(one.version),
                at: one.at,
                changes: changes(at),
            })
            .collect(),
        may_describe: visitor
            .may(Action::CatalogDescribe, Resource::Table(Table::of_sql(&name.schema, &name.name))),
        partitioned_by: table.partitioned_by,
        crawler: table.crawler,
    };
    visitor.record("catalog.show", AuditOutcome::Success, &name.to_string(), &[]).await?;
    page(visitor, Address::table(&name.schema, &name.name), &shown).await
}

/// `GET /outside/new`
pub(super) async fn form(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::CatalogCreate, Resource::Table(ANY)).await?;
    page(&visitor, Address::new_outside(), &OutsideForm::default()).await
}

/// `POST /outside/new`
pub(super) async fn write_down(sent: Sent) -> Result<Response, Refused> {
    let visitor = &sent.visitor;
    let field = |name: &str| sent.field(name).trim().to_owned();
    let typed = OutsideForm {
        table: field("table"),
        place: field("place"),
        format: field("format"),
        description: field("description"),
        columns: field("columns"),
        problem: None,
    };
    let named = typed.table.split_once('.').unwrap_or(("", &typed.table));
    visitor.require(Action::CatalogCreate, Resource::Table(Table::of_sql(named.0, named.1))).await?;
    let lines = typed.columns.lines().map(str::trim).filter(|line| !line.is_empty());
    let new = NewOutside {
        schema: named.0.to_owned(),
        name: named.1.to_owned(),
        place: typed.place.clone(),
        format: typed.format.clone(),
        description: typed.description.clone(),
        columns: lines.map(str::to_owned).collect(),
    };
    match visitor.desk.lake.write_down(&new).await {
        Ok(()) => {
            visitor.record("catalog.create", AuditOutcome::Success, &typed.table, &[]).await?;
            Ok(done(&Address::table(&new.schema, &new.name), "written"))
        }
        Err(AskError::Question(why)) => {
            page(visitor, Address::new_outside(), &OutsideForm { problem: Some(why), ..typed }).await
        }
        Err(error) => Err(error.into()),
    }
}
