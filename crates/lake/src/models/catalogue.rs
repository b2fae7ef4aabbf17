//! What the catalogue is told of a table, and how many rows its readers see.

use crate::{
    LakeError,
    refinery::columns,
    registry::Kept,
    sql::{self, QUERY, Session},
    table::{Table, TableId},
};
use arrow::datatypes::{Field, Schema};
use control::{Column, TableKind, TableName, TableVersion};
use keys::Zone;
use marts::{Model, reference::REFERENCE};
use model::CommitSeq;
use std::sync::Arc;

/// Describes the loaded version of `table`.
pub(crate) fn describe(table: &Table, views: &[Kept], made_from: Option<CommitSeq>) -> TableVersion {
    let id = table.id();
    let (schema, name) = sql::name_of(id);
    let size = table.size();
    TableVersion {
        table: TableName { schema, name },
        kind: kind(id),
        description: description(id, views),
        zone: id.zone().as_str().to_owned(),
        location: id.location(),
        columns: columns(table, views),
        version: table.version(),
        rows: size.rows,
        bytes: size.bytes,
        made_from,
    }
}

/// What a table that was made, and its columns, mean.
#[derive(Clone, Debug)]
pub(crate) struct Meaning {
    /// What a row is, in a sentence.
    pub(crate) description: String,
    /// What columns mean, by name.
    pub(crate) columns: Vec<(String, String)>,
}

impl Meaning {
    /// What the table of a model means.
    pub(crate) fn of(model: &Model) -> Self {
        Self { description: model.description.clone(), columns: model.columns.clone() }
    }
}

/// Describes the loaded version of a table that was made from what was published at `made_from`, or from files.
pub(crate) fn describe_made(table: &Table, meaning: &Meaning, made_from: CommitSeq) -> TableVersion {
    let made_from = (kind(table.id()) != TableKind::Reference).then_some(made_from);
    let mut version = describe(table, &[], made_from);
    version.description.clone_from(&meaning.description);
    for column in &mut version.columns {
        let said = meaning.columns.iter().find(|(name, _)| *name == column.name);
        column.description = said.map(|(_, meaning)| meaning.clone()).unwrap_or_default();
    }
    version
}

/// Describes a model of a mart that is asked whenever it is read: where it lies is its query, and its version the
/// sequence at which it was last looked at.
pub(crate) fn describe_view(
    (mart, model): (&str, &Model),
    schema: &Schema,
    rows: i64,
    seq: CommitSeq,
) -> TableVersion {
    let column = |field: &Arc<Field>| Column {
        name: field.name().clone(),
        data_type: field.data_type().to_string(),
        nullable: field.is_nullable(),
        description: model.column(field.name()).unwrap_or_default().to_owned(),
    };
    TableVersion {
        table: TableName::new(mart, model.name.as_str()),
        kind: TableKind::Mart,
        description: model.description.clone(),
        zone: Zone::Mart.as_str().to_owned(),
        location: format!("{QUERY}{}", model.sql),
        columns: schema.fields().iter().map(column).collect(),
        version: seq.0,
        rows,
        bytes: 0,
        made_from: Some(seq),
    }
}

fn kind(id: &TableId) -> TableKind {
    match id.zone() {
        Zone::Raw if id.name().starts_with("superseded_") => TableKind::Internal,
        Zone::Raw => TableKind::Raw,
        Zone::View => TableKind::View,
        Zone::Mart if sql::name_of(id).0 == REFERENCE => TableKind::Reference,
        Zone::Mart => TableKind::Mart,
        Zone::Link if *id == TableId::person_link() => TableKind::Link,
        _ => TableKind::Internal,
    }
}

fn description(id: &TableId, views: &[Kept]) -> String {
    match id.zone() {
        Zone::View => match views.iter().find(|kept| kept.table == *id) {
            Some(Kept { view, .. }) => {
                format!("The ViewDefinition `{}` over {} resources.", view.name(), view.resource())
            }
            None => String::new(),
        },
        Zone::Link if *id == TableId::person_link() => {
            "Which person a patient is, by verified NHS number.".to_owned()
        }
        Zone::Raw if *id == TableId::display() => {
            "What codes are called, once ten patients have carried the display.".to_owned()
        }
        Zone::Raw if kind(id) == TableKind::Raw => "Pseudonymised FHIR R4 resources.".to_owned(),
        _ => "For the lake's own use.".to_owned(),
    }
}

fn columns(table: &Table, views: &[Kept]) -> Vec<Column> {
    table
        .schema()
        .fields()
        .iter()
        .filter(|field| !columns::is_hidden(field.name()))
        .map(|field| column(table.id(), field, views))
        .collect()
}

fn column(id: &TableId, field: &Field, views: &[Kept]) -> Column {
    let described = match id.zone() {
        Zone::View => views
            .iter()
            .find(|kept| kept.table == *id)
            .and_then(|kept| kept.view.columns().iter().find(|column| column.name == *field.name()))
            .map(|column| column.description.clone().unwrap_or_else(|| column.path.clone())),
        _ => None,
    };
    Column {
        name: field.name().clone(),
        data_type: field.data_type().to_string(),
        nullable: field.is_nullable(),
        description: described.unwrap_or_default(),
    }
}

/// How many rows readers see in a table at the session's sequence: all but the superseded.
///
/// # Errors
/// The table cannot be read.
pub async fn count_rows(session: &Session, table: &TableName) -> Result<i64, LakeError> {
    session.number(&format!("select count(*) from \"{}\".\"{}\"", table.schema, table.name)).await
}
