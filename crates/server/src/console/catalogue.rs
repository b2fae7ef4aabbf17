//! The catalogue: databases and tables.

use super::{
    answer::{Refused, page},
    lake,
    listing::{self, Listed},
    session::Visitor,
};
use ::console::{
    Address,
    graph::{Graph, Node},
    pages::{Catalogue, CatalogueFilter, ColumnRow, TablePage, TableRow},
};
use axum::{extract::Path, response::Response};
use control::{CatalogTable, TableKind};
use model::AuditOutcome;
use policy::{Action, Purpose, Resource};
use std::collections::BTreeSet;

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// `GET /catalogue`
pub(super) async fn list(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::CatalogList, Resource::Lake).await?;
    let filter = CatalogueFilter {
        text: visitor.asked("q").to_owned(),
        database: visitor.asked("database").to_owned(),
    };
    let mut tables = visitor.desk.control.tables().await?;
    tables.retain(|table| table.table.kind != TableKind::Internal);
    let databases: BTreeSet<_> = tables.iter().map(|table| table.table.table.schema.clone()).collect();
    let wanted = filter.text.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    tables.retain(|row| {
        let table = &row.table;
        let column = |column: &control::Column| has(&column.name) || has(&column.description);
        (filter.database.is_empty() || table.table.schema == filter.database)
            && (has(&table.table.to_string()) || has(&table.description) || table.columns.iter().any(column))
    });
    let row = |row: CatalogTable| TableRow {
        schema: row.table.table.schema,
        name: row.table.table.name,
        kind: row.table.kind.as_str().to_owned(),
        about: row.table.description,
        rows: number(row.table.rows),
        bytes: number(row.table.bytes),
        columns: row.table.columns.len() as u64,
        published: row.published,
    };
    let mut rows: Vec<_> = tables.into_iter().map(row).collect();
    let sort = listing::sort(&visitor);
    listing::order(&mut rows, &sort, |key, row| match key {
        "rows" => listing::Key::Number(row.rows as i64),
        "bytes" => listing::Key::Number(row.bytes as i64),
        "published" => listing::Key::Number(row.published.0),
        _ => listing::Key::Text(format!("{}.{}", row.schema, row.name)),
    });
    let Listed { rows, paging } = listing::page_of(rows, &visitor);
    visitor.record("catalog.list", AuditOutcome::Success, "catalog", &[]).await?;
    if let Some(format) = listing::format(&visitor) {
        let head = ["schema", "table", "kind", "description", "columns", "rows", "bytes", "published"];
        let line = |row: &TableRow| {
            vec![
                row.schema.clone(),
                row.name.clone(),
                row.kind.clone(),
                row.about.clone(),
                row.columns.to_string(),
                row.rows.to_string(),
                row.bytes.to_string(),
                row.published.to_string(),
            ]
        };
        return Ok(format.answer("tables", &head, rows.iter().map(line)));
    }
    let here = listing::here(&visitor, Address::catalogue(), &["q", "database", "sort", "page"]);
    page(
        &visitor,
        here,
        &Catalogue { databases: databases.into_iter().collect(), filter, rows, sort, paging },
    )
    .await
}

/// `GET /table/{schema}/{name}`
pub(super) async fn table(
    visitor: Visitor,
    Path((schema, name)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let named = lake::table(&schema, &name);
    visitor.require(Action::CatalogShow, Resource::Table(named)).await?;
    let found = visitor.desk.control.table(&schema, &name).await?;
    let row = found.ok_or_else(|| Refused::NotFound(format!("table {schema}.{name}")))?;
    let whole = format!("{schema}.{name}");
    let (lineage, job) = lineage(&visitor, &row, &whole).await?;
    let may_query = Purpose::all()
        .iter()
        .any(|purpose| visitor.may_for(Action::SqlQuery, Resource::Table(named), Some(*purpose)));
    visitor.record("catalog.show", AuditOutcome::Success, &whole, &[]).await?;
    let CatalogTable { seq, published, table } = row;
    let shown = TablePage {
        kind: table.kind.as_str().to_owned(),
        about: table.description,
        zone: table.zone,
        rows: number(table.rows),
        bytes: number(table.bytes),
        version: table.version,
        sequence: number(seq.0),
        published,
        made_from: table.made_from.map(|seq| number(seq.0)),
        job,
        columns: table
            .columns
            .into_iter()
            .map(|column| ColumnRow {
                name: column.name,
                data_type: column.data_type,
                nullable: column.nullable,
                meaning: column.description,
            })
            .collect(),
        lineage,
        may_query,
        schema,
        name,
    };
    let here = Address::table(&shown.schema, &shown.name);
    page(&visitor, here, &shown).await
}

/// What a table is made of and what is made of it, as the models of marts tell, and the job that makes it.
async fn lineage(
    visitor: &Visitor,
    row: &CatalogTable,
    whole: &str,
) -> Result<(Graph, Option<String>), Refused> {
    let mut graph = Graph { focus: Some(0), ..Graph::default() };
    let node = |table: &str, kind: &str| {
        let (schema, name) = lake::parts(table);
        let page = (table != whole).then(|| Address::table(schema, name));
        Node { label: table.to_owned(), kind: kind.to_owned(), page, state: None }
    };
    graph.nodes.push(node(whole, row.table.kind.as_str()));
    let marts = visitor.desk.lake.marts().await?;
    let made_by = marts.iter().find(|(_, models)| models.iter().any(|model| model.table == whole));
    for model in marts.values().flatten() {
        if model.table == whole {
            for read in &model.reads {
                graph.nodes.push(node(read, "read"));
                graph.edges.push((graph.nodes.len() - 1, 0));
            }
        } else if model.reads.iter().any(|read| read == whole) {
            graph.nodes.push(node(&model.table, "mart"));
            graph.edges.push((0, graph.nodes.len() - 1));
        }
    }
    let mart = made_by.map(|(mart, _)| mart);
    let jobs = visitor.desk.control.jobs().await?;
    let job = jobs.into_iter().find(|job| job.is.kind == "mart" && Some(&job.is.target) == mart);
    Ok((graph, job.map(|job| job.is.name)))
}
