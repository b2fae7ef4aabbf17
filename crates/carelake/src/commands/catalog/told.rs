//! The catalogue in the plain types that other catalogues are told from.

use super::Said;
use crate::parts::Parts;
use control::{CatalogTable, TableKind};
use exchange::catalogue::{Catalogue, Classification, Column, ColumnRef, Database, Table, TableRef};
use lake::models::{self, Lineage, Origin};
use marts::Mart;
use std::collections::BTreeMap;

/// Every table that can be named in SQL.
pub(super) async fn catalogue(parts: &Parts) -> anyhow::Result<Catalogue> {
    let marts = models::marts(&parts.control).await?;
    let said = Said::read(parts).await?;
    let mut databases: BTreeMap<String, Vec<Table>> = BTreeMap::new();
    let reader = parts.reader()?;
    let mut lineages = BTreeMap::new();
    for mart in &marts {
        lineages.insert(mart.name.clone(), models::lineage(&reader, mart).await?);
    }
    for (table, rows) in super::counted(parts).await? {
        let of = databases.entry(table.table.table.schema.clone()).or_default();
        of.push(told(&table, rows, (&marts, &lineages), &said));
    }
    let database = |(name, tables): (String, Vec<Table>)| {
        let mart = marts.iter().find(|mart| mart.name == name);
        let description = match (mart, name.as_str()) {
            (Some(mart), _) => mart.question.clone(),
            (None, "raw") => "FHIR R4 resources under pseudonyms, one table a type.".to_owned(),
            (None, "view") => "Columns that SQL on FHIR ViewDefinitions take from resources.".to_owned(),
            (None, "reference") => "Lists that are about nobody, which marts are joined with.".to_owned(),
            (None, _) => "What codes are called, and which patients are one person.".to_owned(),
        };
        Database { title: name.replace('_', " "), name, description, tables }
    };
    let about = parts.home.config.catalog.about.clone();
    Ok(Catalogue { about, databases: databases.into_iter().map(database).collect() })
}

fn told(
    row: &CatalogTable,
    rows: i64,
    (marts, lineages): (&[Mart], &BTreeMap<String, Lineage>),
    said: &Said,
) -> Table {
    let table = &row.table;
    let note = said.of(&table.table);
    let mart = marts.iter().find(|mart| mart.name == table.table.schema);
    let model = mart.and_then(|mart| mart.model(&table.table.name));
    let made_from = model.iter().flat_map(|model| &model.reads).map(|read| TableRef {
        database: if read.schema.is_empty() { "public".to_owned() } else { read.schema.clone() },
        table: read.name.clone(),
    });
    let origins = lineages.get(&table.table.schema).and_then(|of| of.get(&table.table.name));
    let columns = table.columns.iter().map(|column| Column {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        nullable: column.nullable,
        description: note.meaning_or(&column.name, &column.description).to_owned(),
        classification: Some(match note.classification {
            Some(control::Classification::Aggregate) => Classification::Ordinary,
            Some(control::Classification::Identifiable) => Classification::Identifying,
            _ => classification(table.kind, &column.name),
        }),
        made_from: origins.and_then(|of| of.get(&column.name)).into_iter().flatten().map(origin).collect(),
    });
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Table {
        name: table.table.name.clone(),
        kind: table.kind.as_str().to_owned(),
        description: note.description_or(&table.description).to_owned(),
        owner: Some(said.owner(&table.table).to_owned()).filter(|owner| !owner.is_empty()),
        tags: note.tags.iter().cloned().collect(),
        columns: columns.collect(),
        partitioned_by: Vec::new(),
        partitions: Vec::new(),
        rows: count(rows),
        bytes: count(table.bytes),
        persons: None,
        version: count(table.version),
        published: row.published,
        // It lies in the home, encrypted: nobody outside finds it.
        location: None,
        covers: None,
        made_from: made_from.collect(),
    }
}

fn origin((table, column): &Origin) -> ColumnRef {
    let (database, name) = table.split_once('.').unwrap_or(("public", table));
    let table = TableRef { database: database.to_owned(), table: name.to_owned() };
    ColumnRef { table, column: column.clone() }
}

/// What a column could betray, by what the lake's own tables hold.
fn classification(kind: TableKind, column: &str) -> Classification {
    match (kind, column) {
        (TableKind::Reference, _) => Classification::Ordinary,
        (_, "id" | "patient" | "person") | (TableKind::Link, _) => Classification::Pseudonym,
        (
            TableKind::Raw,
            "source" | "version_id" | "last_updated" | "commit_seq" | "system" | "code" | "display",
        ) => Classification::Ordinary,
        _ => Classification::Sensitive,
    }
}
