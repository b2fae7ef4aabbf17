//! What people say of tables.

use super::{
    answer::{Refused, done, page},
    session::{Sent, Visitor},
};
use ::console::{
    Address,
    pages::{ColumnRow, DescribeForm, Said},
};
use axum::{extract::Path, response::Response};
use control::{Classification, Column, TableName, TableNote, TableVersion};
use model::AuditOutcome;
use policy::{Action, Resource, Table};
use std::collections::BTreeMap;

/// What is said of a table of the lake's own; the owner of its mart answers where nobody else is named.
pub(super) async fn shown(
    visitor: &Visitor,
    table: &TableVersion,
    note: &TableNote,
) -> Result<Said, Refused> {
    let owner = match note.owner.is_empty() {
        false => note.owner.clone(),
        true => {
            let job = visitor.desk.control.job(&super::lake::job_of(&table.table.schema)).await?;
            job.map(|job| job.is.owner).unwrap_or_default()
        }
    };
    Ok(Said { owner, ..of(note, Some(note.classification_of(table.kind))) })
}

/// What is said in a note.
pub(super) fn of(note: &TableNote, classification: Option<Classification>) -> Said {
    Said {
        owner: note.owner.clone(),
        tags: note.tags.iter().cloned().collect(),
        classification: classification.map_or("", Classification::as_str).to_owned(),
        retention: note.retention.clone(),
    }
}

/// A table's columns, and what it says of itself.
async fn itself(visitor: &Visitor, table: &TableName) -> Result<(Vec<Column>, String), Refused> {
    let found = visitor.desk.control.table_itself(table).await?;
    found.ok_or_else(|| Refused::NotFound(format!("table {table}")))
}

/// Columns with what is said of them, and by name the columns that they are computed from.
pub(super) fn columns(
    columns: Vec<Column>,
    note: &TableNote,
    mut origins: BTreeMap<String, Vec<String>>,
) -> Vec<ColumnRow> {
    let row = |column: Column| ColumnRow {
        meaning: note.meaning_or(&column.name, &column.description).to_owned(),
        data_type: column.data_type,
        nullable: column.nullable,
        origins: origins.remove(&column.name).unwrap_or_default(),
        name: column.name,
    };
    columns.into_iter().map(row).collect()
}

/// `GET /table/{schema}/{name}/describe`
pub(super) async fn form(
    visitor: Visitor,
    Path((schema, name)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let resource = Resource::Table(Table::of_sql(&schema, &name));
    visitor.require(Action::CatalogDescribe, resource).await?;
    let table = TableName::new(schema, name);
    let (columns, description) = itself(&visitor, &table).await?;
    let note = visitor.desk.control.table_note(&table).await?;
    let line = |column: &Column| {
        format!("{}: {}\n", column.name, note.meaning_or(&column.name, &column.description))
    };
    let shown = DescribeForm {
        owner: note.owner.clone(),
        description: note.description_or(&description).to_owned(),
        tags: note.tags.iter().cloned().collect::<Vec<_>>().join(", "),
        classification: note.classification.map_or("", Classification::as_str).to_owned(),
        retention: note.retention.clone(),
        columns: columns.iter().map(line).collect(),
        problem: None,
        schema: table.schema,
        name: table.name,
    };
    page(&visitor, Address::describe(&shown.schema, &shown.name), &shown).await
}

/// `POST /table/{schema}/{name}/describe`
pub(super) async fn keep(
    Path((schema, name)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Refused> {
    let visitor = &sent.visitor;
    let resource = Resource::Table(Table::of_sql(&schema, &name));
    visitor.require(Action::CatalogDescribe, resource).await?;
    let field = |name: &str| sent.field(name).trim().replace("\r\n", "\n");
    let typed = DescribeForm {
        owner: field("owner"),
        description: field("description"),
        tags: field("tags"),
        classification: field("classification"),
        retention: field("retention"),
        columns: field("columns"),
        problem: None,
        schema,
        name,
    };
    let table = TableName::new(typed.schema.as_str(), typed.name.as_str());
    let (columns, description) = itself(visitor, &table).await?;
    let problem = match note(&typed, &columns, &description) {
        Ok(note) => match note.problem(&columns) {
            None => {
                visitor.record("catalog.describe", AuditOutcome::Success, &table.to_string(), &[]).await?;
                visitor.desk.control.note_table(&table, &note, &visitor.name).await?;
                return Ok(done(&Address::table(&table.schema, &table.name), "described"));
            }
            Some(problem) => problem,
        },
        Err(problem) => problem,
    };
    let here = Address::describe(&table.schema, &table.name);
    page(visitor, here, &DescribeForm { problem: Some(problem), ..typed }).await
}

/// What was typed, as far as it is something else than the table says of itself.
fn note(typed: &DescribeForm, columns: &[Column], description: &str) -> Result<TableNote, String> {
    let own =
        |name: &str| columns.iter().find(|column| column.name == name).map(|own| own.description.as_str());
    let mut said = BTreeMap::new();
    for line in typed.columns.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let wrong = || format!("`{line}` is not column: meaning.");
        let (column, meaning) = line.split_once(':').ok_or_else(wrong)?;
        let (column, meaning) = (column.trim(), meaning.trim());
        if !meaning.is_empty() && own(column) != Some(meaning) {
            said.insert(column.to_owned(), meaning.to_owned());
        }
    }
    let classification = match typed.classification.as_str() {
        "" => None,
        word => Some(Classification::parse(word).ok_or_else(|| format!("`{word}` is no classification."))?),
    };
    Ok(TableNote {
        owner: typed.owner.clone(),
        description: Some(&typed.description)
            .filter(|said| *said != description)
            .cloned()
            .unwrap_or_default(),
        tags: typed.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        classification,
        retention: typed.retention.clone(),
        columns: said,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_otherwise_is_noted() {
        let column = |name: &str, description: &str| Column {
            name: name.to_owned(),
            data_type: "Utf8".to_owned(),
            nullable: true,
            description: description.to_owned(),
        };
        let columns = [column("ward", "the ward"), column("beds", "")];
        let typed = DescribeForm {
            description: "Wards.".to_owned(),
            tags: " core, ,estates".to_owned(),
            columns: "ward: the ward\nbeds: how many: open ones".to_owned(),
            ..DescribeForm::default()
        };
        let read = note(&typed, &columns, "Wards.").unwrap();
        assert_eq!(read.description, "");
        assert_eq!(read.tags.into_iter().collect::<Vec<_>>(), ["core", "estates"]);
        assert_eq!(
            read.columns.into_iter().collect::<Vec<_>>(),
            [("beds".into(), "how many: open ones".into())]
        );
        assert!(note(&DescribeForm { columns: "ward".into(), ..typed }, &columns, "").is_err());
    }
}
