//! The catalogue: databases and tables.

use super::{
    answer::{Refused, done, page},
    lake, listing, outside, said,
    session::{Sent, Visitor},
};
use ::console::{
    Address,
    graph::{Graph, Node},
    pages::{Catalogue, CatalogueFilter, TablePage, TableRow, VersionRow},
};
use axum::{extract::Path, response::Response};
use control::{CatalogTable, TableKind, TableName, TableOrder, WhichTables};
use model::AuditOutcome;
use policy::{Action, Resource, Table};
use std::collections::BTreeMap;

/// Versions that a page shows.
const VERSIONS: u64 = 50;

pub(super) fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// `GET /catalogue`
pub(super) async fn list(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::CatalogList, Resource::Lake).await?;
    let filter = CatalogueFilter {
        text: visitor.asked("q").to_owned(),
        database: visitor.asked("database").to_owned(),
    };
    let sort = listing::sort(&visitor);
    let order = match sort.by.as_str() {
        "rows" => TableOrder::Rows,
        "bytes" => TableOrder::Bytes,
        "published" => TableOrder::Published,
        _ => TableOrder::Name,
    };
    let (skip, limit) = listing::wanted(&visitor);
    let which = WhichTables {
        text: &filter.text,
        schema: &filter.database,
        kind: None,
        order,
        descending: sort.descending,
        skip,
        limit,
    };
    let control = &visitor.desk.control;
    let (found, databases) = (control.find_tables(&which).await?, control.schemas().await?);
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
    let rows: Vec<_> = found.rows.into_iter().map(row).collect();
    let paging = listing::paging(&visitor, rows.len(), found.total);
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
    page(&visitor, here, &Catalogue { databases, filter, rows, sort, paging }).await
}

/// `GET /table/{schema}/{name}`
pub(super) async fn table(
    visitor: Visitor,
    Path((schema, name)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let named = Table::of_sql(&schema, &name);
    visitor.require(Action::CatalogShow, Resource::Table(named)).await?;
    let whole = format!("{schema}.{name}");
    let row = match visitor.desk.control.table(&schema, &name).await? {
        Some(row) => row,
        None => return outside::one(&visitor, &TableName::new(schema, name)).await,
    };
    let note = visitor.desk.control.table_note(&row.table.table).await?;
    let origins = match row.table.kind {
        TableKind::Mart => visitor.desk.lake.origins(&schema, &name).await?,
        _ => BTreeMap::new(),
    };
    let (lineage, job) = lineage(&visitor, &row, &whole).await?;
    let purpose = visitor.purpose_of_asking(named);
    let may_query = purpose.is_some();
    let mut figures = match may_query {
        true => visitor.desk.lake.figures(&schema, &name, row.table.version).await?,
        false => None,
    };
    if let Some(figures) = &mut figures {
        let may = |column: &str| visitor.may_for(Action::SqlQuery, Resource::Column(named, column), purpose);
        figures.columns.retain(|column| may(&column.name));
    }
    let versions = versions(&visitor, &row.table.table).await?;
    visitor.record("catalog.show", AuditOutcome::Success, &whole, &[]).await?;
    let CatalogTable { seq, published, table } = row;
    let shown = TablePage {
        kind: table.kind.as_str().to_owned(),
        about: note.description_or(&table.description).to_owned(),
        said: said::shown(&visitor, &table, &note).await?,
        zone: table.zone,
        rows: number(table.rows),
        bytes: number(table.bytes),
        version: table.version,
        sequence: number(seq.0),
        published,
        made_from: table.made_from.map(|seq| number(seq.0)),
        job,
        columns: said::columns(table.columns, &note, origins),
        lineage,
        figures,
        versions,
        may_query,
        may_describe: visitor.may(Action::CatalogDescribe, Resource::Table(named)),
        may_model: may_query && visitor.may(Action::MartRegister, Resource::Schema("any")),
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
    let job = match made_by {
        Some((mart, _)) => visitor.desk.control.job(&lake::job_of(mart)).await?,
        None => None,
    };
    Ok((graph, job.map(|job| job.is.name)))
}

/// The versions of a table that can be read still, and what is different in the columns of each.
async fn versions(visitor: &Visitor, table: &TableName) -> Result<Vec<VersionRow>, Refused> {
    let control = &visitor.desk.control;
    let (past, shapes) = (control.past_versions(table, VERSIONS).await?, control.table_shapes(table).await?);
    let columns = |shape: i64| shapes.iter().find(|(number, _)| *number == shape).map(|(_, columns)| columns);
    let mut rows = Vec::new();
    for (at, one) in past.iter().enumerate() {
        let before = past.get(at + 1).filter(|before| before.shape != one.shape);
        let changes = match before.and_then(|before| Some((columns(before.shape)?, columns(one.shape)?))) {
            Some((before, now)) => visitor.desk.lake.changes(before, now),
            None => Vec::new(),
        };
        rows.push(VersionRow {
            sequence: number(one.seq.0),
            published: one.published,
            version: one.version,
            rows: number(one.rows),
            bytes: number(one.bytes),
            changes,
        });
    }
    Ok(rows)
}

/// `POST /table/{schema}/{name}/count`: counts what a table holds. It changes nothing but what is known of it.
pub(super) async fn count(
    Path((schema, name)): Path<(String, String)>,
    Sent { visitor, .. }: Sent,
) -> Result<Response, Refused> {
    visitor.require_asking(Table::of_sql(&schema, &name)).await?;
    let found = visitor.desk.control.table(&schema, &name).await?;
    let row = found.ok_or_else(|| Refused::NotFound(format!("table {schema}.{name}")))?;
    let columns = row.table.columns.iter().map(|column| column.name.clone()).collect();
    let table = Table::of_sql(&schema, &name);
    visitor.require_columns((table, &columns), visitor.purpose_of_asking(table)).await?;
    let facts = [("version", row.table.version.to_string())];
    visitor.record("catalog.profile", AuditOutcome::Success, &format!("{schema}.{name}"), &facts).await?;
    visitor.desk.lake.count(&schema, &name).await?;
    Ok(done(&Address::table(&schema, &name), "counted"))
}
