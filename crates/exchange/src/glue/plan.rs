//! What Glue should hold: the catalogue in Glue's shapes.

use super::{
    GlueError, Options,
    api::{Column, Database, Parameters, Partition, SerDe, Storage, Table},
    partitions::{escaped, glue_value},
};
use crate::{arrow_type::ArrowType, catalogue};
use std::collections::BTreeSet;

/// The parameter by which a database or a table is known as ours; its value is which lake's.
pub(super) const LABEL: &str = "carelake";
/// What all our other parameters begin with, and so can be taken away again.
pub(super) const OURS: &str = "carelake.";

// How Glue's own crawler registers a Delta table for engines that read its log: the formats are only for show.
const INPUT_FORMAT: &str = "org.apache.hadoop.mapred.SequenceFileInputFormat";
const OUTPUT_FORMAT: &str = "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat";
const SERDE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";

// Limits of Glue's API, in bytes.
const COMMENT_LIMIT_BYTES: usize = 255;
const DESCRIPTION_LIMIT_BYTES: usize = 2048;

/// A database as it should be, and its tables.
pub(super) struct PlannedDatabase {
    pub(super) database: Database,
    pub(super) tables: Vec<PlannedTable>,
}

/// A table as it should be, and its partitions.
pub(super) struct PlannedTable {
    pub(super) table: Table,
    pub(super) partitions: Vec<Partition>,
}

/// The whole catalogue.
///
/// # Errors
/// Something of it cannot be said in Glue: [`GlueError::NoType`], [`GlueError::SameName`],
/// [`GlueError::PartitionShape`].
pub(super) fn plan(
    catalogue: &catalogue::Catalogue,
    options: &Options,
) -> Result<Vec<PlannedDatabase>, GlueError> {
    let mut names = BTreeSet::new();
    catalogue.databases.iter().map(|database| plan_database(database, options, &mut names)).collect()
}

fn plan_database(
    database: &catalogue::Database,
    options: &Options,
    names: &mut BTreeSet<String>,
) -> Result<PlannedDatabase, GlueError> {
    let name = format!("{}{}", options.prefix, database.name).to_lowercase();
    if !names.insert(name.clone()) {
        return Err(GlueError::SameName { table: name });
    }
    let mut tables = Vec::new();
    for table in &database.tables {
        let full = format!("{name}.{}", table.name.to_lowercase());
        if !names.insert(full.clone()) {
            return Err(GlueError::SameName { table: full });
        }
        tables.push(PlannedTable {
            table: plan_table(&full, table, options)?,
            partitions: plan_partitions(&full, table)?,
        });
    }
    let database = Database {
        name,
        description: described(&database.description),
        parameters: Parameters::from([(LABEL.to_owned(), options.lake.clone())]),
    };
    Ok(PlannedDatabase { database, tables })
}

fn plan_table(full: &str, table: &catalogue::Table, options: &Options) -> Result<Table, GlueError> {
    let mut columns = Vec::new();
    for column in table.plain_columns() {
        columns.push(plan_column(full, column)?);
    }
    let mut keys = Vec::new();
    for key in &table.partitioned_by {
        let column = table.columns.iter().find(|column| column.name == *key);
        let column = column.ok_or_else(|| GlueError::PartitionShape { table: full.to_owned() })?;
        keys.push(plan_column(full, column)?);
    }
    Ok(Table {
        name: table.name.to_lowercase(),
        description: described(&table.description),
        owner: table.owner.as_deref().map(|owner| one_line(owner, COMMENT_LIMIT_BYTES)),
        table_type: "EXTERNAL_TABLE".to_owned(),
        parameters: table_parameters(table, options),
        partition_keys: keys,
        storage_descriptor: storage(table.location.clone(), columns),
    })
}

fn table_parameters(table: &catalogue::Table, options: &Options) -> Parameters {
    let mut parameters = Parameters::new();
    let mut set = |name: &str, value: String| parameters.insert(name.to_owned(), value);
    set("EXTERNAL", "TRUE".to_owned());
    set("table_type", "DELTA".to_owned());
    set("classification", "delta".to_owned());
    set("spark.sql.sources.provider", "delta".to_owned());
    set("recordCount", table.rows.to_string());
    set("sizeKey", table.bytes.to_string());
    set(LABEL, options.lake.clone());
    set("carelake.kind", table.kind.clone());
    set("carelake.version", table.version.to_string());
    set("carelake.published", table.published.to_string());
    if !table.tags.is_empty() {
        set("carelake.tags", table.tags.join(","));
    }
    if !table.made_from.is_empty() {
        let from = table.made_from.iter().map(|from| format!("{}.{}", from.database, from.table));
        set("carelake.made_from", from.collect::<Vec<_>>().join(","));
    }
    parameters
}

fn plan_column(full: &str, column: &catalogue::Column) -> Result<Column, GlueError> {
    let data_type = column.data_type.parse::<ArrowType>().ok().and_then(|read| read.sql());
    let data_type = data_type.ok_or_else(|| GlueError::NoType {
        table: full.to_owned(),
        column: column.name.clone(),
        data_type: column.data_type.clone(),
    })?;
    let comment = one_line(&column.description, COMMENT_LIMIT_BYTES);
    let class =
        column.classification.map(|class| ("carelake.classification".to_owned(), class.as_str().to_owned()));
    Ok(Column {
        name: column.name.clone(),
        data_type,
        comment: (!comment.is_empty()).then_some(comment),
        parameters: class.into_iter().collect(),
    })
}

fn plan_partitions(full: &str, table: &catalogue::Table) -> Result<Vec<Partition>, GlueError> {
    let keys = &table.partitioned_by;
    let mut planned = Vec::new();
    for partition in &table.partitions {
        if partition.values.len() != keys.len() || keys.is_empty() {
            return Err(GlueError::PartitionShape { table: full.to_owned() });
        }
        let values: Vec<String> = partition.values.iter().map(|value| glue_value(value.as_deref())).collect();
        let place = table.location.as_ref().map(|location| {
            let folders = keys.iter().zip(&values).map(|(key, value)| format!("/{key}={}", escaped(value)));
            format!("{}{}", location.trim_end_matches('/'), folders.collect::<String>())
        });
        let counts = [("recordCount", partition.rows), ("sizeKey", partition.bytes)];
        planned.push(Partition {
            values,
            parameters: counts.map(|(name, count)| (name.to_owned(), count.to_string())).into(),
            storage_descriptor: storage(place, Vec::new()),
        });
    }
    Ok(planned)
}

fn storage(location: Option<String>, columns: Vec<Column>) -> Storage {
    let mut parameters = Parameters::from([("serialization.format".to_owned(), "1".to_owned())]);
    if let Some(location) = &location {
        parameters.insert("path".to_owned(), location.clone());
    }
    Storage {
        columns,
        location,
        input_format: INPUT_FORMAT.to_owned(),
        output_format: OUTPUT_FORMAT.to_owned(),
        serde_info: SerDe { serialization_library: SERDE.to_owned(), parameters },
    }
}

fn described(text: &str) -> Option<String> {
    let text = one_line(text, DESCRIPTION_LIMIT_BYTES);
    (!text.is_empty()).then_some(text)
}

/// `text` on one line and within a limit; what is cut off ends in dots.
fn one_line(text: &str, limit_bytes: usize) -> String {
    const DOTS: &str = "…";
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() <= limit_bytes {
        return line;
    }
    let end = (0..=limit_bytes - DOTS.len()).rev().find(|at| line.is_char_boundary(*at)).unwrap_or_default();
    format!("{}{DOTS}", line.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_comment_is_cut_between_letters() {
        let cut = one_line(&"é".repeat(200), COMMENT_LIMIT_BYTES);
        assert_eq!(cut.len(), 255);
        assert!(cut.ends_with("é…"));
        assert_eq!(one_line(" two\n lines ", 20), "two lines");
    }
}
