//! What questions in SQL have in common, whoever asks: the catalogue and the trail as tables, and what the trail is told of
//! an answer.

use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
    compute::cast,
    datatypes::{DataType, Field},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use control::Control;
use lake::sql::{PUBLIC, Question, Session};
use model::AuditEntity;
use object_store::ObjectStore;
use server::HomeKind;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The most patients that a record of a query names; of more it says how many.
const NAMED_PATIENTS: usize = 100;

/// Adds the catalogue and the trail to a session's tables.
pub(crate) async fn complete(
    session: &Session,
    control: &Control,
    kind: HomeKind,
    trail: Arc<dyn ObjectStore>,
) -> anyhow::Result<()> {
    add_catalog(session, control, kind).await?;
    Ok(session.add_trail(trail)?)
}

/// The tables that a query reads, with their columns, as the trail names them.
pub(crate) fn tables(reads: BTreeMap<String, BTreeSet<String>>) -> impl Iterator<Item = AuditEntity> {
    reads
        .into_iter()
        .map(|(name, columns)| AuditEntity::Table { name, columns: columns.into_iter().collect() })
}

/// What a query reads, as policies are asked: the columns by table, and the tables that it names and reads no column of.
pub(crate) fn reads(named: &[(String, String)], question: &Question) -> BTreeMap<String, BTreeSet<String>> {
    let plain = |(schema, name): &(String, String)| match schema.as_str() {
        PUBLIC => name.clone(),
        schema => format!("{schema}.{name}"),
    };
    let mut reads: BTreeMap<_, _> = named.iter().map(|table| (plain(table), BTreeSet::new())).collect();
    reads.extend(question.reads.clone());
    reads
}

/// How many patients an answer names in its column `patient`, and these, if they are few.
pub(crate) fn patients(batches: &[RecordBatch]) -> (usize, Vec<AuditEntity>) {
    let mut patients = BTreeSet::new();
    for column in batches.iter().filter_map(|batch| batch.column_by_name("patient")) {
        if let Ok(text) = cast(column, &DataType::Utf8) {
            patients.extend(text.as_string::<i32>().iter().flatten().map(str::to_owned));
        }
    }
    let count = patients.len();
    let named = if count <= NAMED_PATIENTS { patients } else { BTreeSet::new() };
    (count, named.into_iter().map(AuditEntity::Patient).collect())
}

/// The columns of an answer (name, type, whether they are numbers), and its rows as texts; none is null.
type Texts = (Vec<(String, String, bool)>, Vec<Vec<Option<String>>>);

/// An answer as texts.
pub(crate) fn texts(batches: &[RecordBatch]) -> Result<Texts, ArrowError> {
    let Some(first) = batches.first() else { return Ok((Vec::new(), Vec::new())) };
    let schema = first.schema();
    let column = |field: &Arc<Field>| {
        (field.name().clone(), field.data_type().to_string(), field.data_type().is_numeric())
    };
    let columns = schema.fields().iter().map(column).collect();
    let options = FormatOptions::default();
    let mut rows = Vec::new();
    for batch in batches {
        let cells = batch
            .columns()
            .iter()
            .map(|column| Ok((column, ArrayFormatter::try_new(column, &options)?)))
            .collect::<Result<Vec<_>, ArrowError>>()?;
        for row in 0..batch.num_rows() {
            let text = |(column, cell): &(&ArrayRef, ArrayFormatter<'_>)| {
                (!column.is_null(row)).then(|| cell.value(row).to_string())
            };
            rows.push(cells.iter().map(text).collect());
        }
    }
    Ok((columns, rows))
}

/// `catalog.tables` and `catalog.columns`.
async fn add_catalog(session: &Session, control: &Control, kind: HomeKind) -> anyhow::Result<()> {
    let mut tables = control.snapshot(session.seq()).await?;
    tables.retain(|table| table.table.kind != control::TableKind::Internal);
    let text = |value: &dyn Fn(&control::CatalogTable) -> String| -> ArrayRef {
        Arc::new(tables.iter().map(|table| Some(value(table))).collect::<StringArray>())
    };
    let number = |value: &dyn Fn(&control::CatalogTable) -> Option<i64>| -> ArrayRef {
        Arc::new(tables.iter().map(value).collect::<Int64Array>())
    };
    let batch = RecordBatch::try_from_iter([
        ("table_schema", text(&|table| table.table.table.schema.clone())),
        ("table_name", text(&|table| table.table.table.name.clone())),
        ("kind", text(&|table| table.table.kind.as_str().to_owned())),
        ("description", text(&|table| table.table.description.clone())),
        ("stored_rows", number(&|table| Some(table.table.rows))),
        ("bytes", number(&|table| Some(table.table.bytes))),
        ("version", number(&|table| Some(table.table.version))),
        ("commit_seq", number(&|table| Some(table.seq.0))),
        ("made_from", number(&|table| table.table.made_from.map(|seq| seq.0))),
        ("home", text(&|_| kind.as_str().to_owned())),
    ])?;
    session.add("catalog", "tables", vec![batch])?;
    let columns: Vec<_> = tables
        .iter()
        .flat_map(|table| table.table.columns.iter().map(move |column| (table, column)))
        .collect();
    let text = |value: &dyn Fn(&(&control::CatalogTable, &control::Column)) -> String| -> ArrayRef {
        Arc::new(columns.iter().map(|column| Some(value(column))).collect::<StringArray>())
    };
    let batch = RecordBatch::try_from_iter([
        ("table_schema", text(&|(table, _)| table.table.table.schema.clone())),
        ("table_name", text(&|(table, _)| table.table.table.name.clone())),
        ("column_name", text(&|(_, column)| column.name.clone())),
        ("data_type", text(&|(_, column)| column.data_type.clone())),
        ("description", text(&|(_, column)| column.description.clone())),
    ])?;
    session.add("catalog", "columns", vec![batch])?;
    Ok(())
}
