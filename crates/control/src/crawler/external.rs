//! Tables that lie outside the lake: described here, and read by nobody here.

use crate::{
    Column, Control, ControlError, Found, TableName,
    database::{Row, Tx, is_duplicate, number},
    found::like,
};
use model::Timestamp;
use serde::{Deserialize, Serialize};

/// A table that lies outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalTable {
    /// Its name. Its schema is none of the lake's own.
    pub table: TableName,
    /// The crawler that found it; empty if somebody wrote it down.
    pub crawler: String,
    /// Its number among those of the crawler, from 1; 0 if somebody wrote it down.
    pub number: i64,
    /// Where it lies, such as `exports:gp/{date}`: a connection, and folders in which the values of partition keys
    /// are left open.
    pub place: String,
    /// What it is written in, such as `fhir-ndjson`.
    pub format: String,
    /// What kind of thing it holds, such as `Patient`; may be empty.
    pub label: String,
    /// What it holds, in a sentence; may be empty.
    pub description: String,
    /// The keys of its partitions, in their order.
    pub partitioned_by: Vec<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The version of its columns, from 1.
    pub version: i64,
    /// Its objects.
    pub objects: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Its rows, where every object says how many it has.
    pub rows: Option<i64>,
    /// When it was found first.
    pub first_seen: Timestamp,
    /// When something of it changed last.
    pub changed: Timestamp,
    /// Since when nothing of it is there.
    pub gone: Option<Timestamp>,
}

/// A partition of such a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalPartition {
    /// Its values, in the order of the keys.
    pub values: Vec<String>,
    /// Its objects.
    pub objects: i64,
    /// Their bytes.
    pub bytes: i64,
    /// When something of it changed last.
    pub changed: Timestamp,
    /// Since when nothing of it is there.
    pub gone: Option<Timestamp>,
}

/// The columns that such a table had from some time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalVersion {
    /// Its number, from 1.
    pub version: i64,
    /// From when on.
    pub at: Timestamp,
    /// The columns.
    pub columns: Vec<Column>,
}

#[derive(Serialize, Deserialize)]
struct Said {
    place: String,
    format: String,
    label: String,
    description: String,
    partitioned_by: Vec<String>,
}

macro_rules! select_external {
    ($rest:literal) => {
        concat!(
            "SELECT t.schema_name, t.table_name, t.crawler, t.number, t.said, v.columns, t.version, t.object_count,
                    t.byte_count, t.row_count, t.first_seen, t.changed, t.gone
             FROM external_table t
             JOIN external_version v ON v.schema_name = t.schema_name AND v.table_name = t.table_name
              AND v.version = t.version ",
            $rest
        )
    };
}

impl Control {
    /// The tables that lie outside, by name: all, or those of one crawler.
    ///
    /// # Errors
    /// The database failed.
    pub async fn external_tables(&self, crawler: Option<&str>) -> Result<Vec<ExternalTable>, ControlError> {
        const ALL: &str = select_external!("ORDER BY t.schema_name, t.table_name");
        const OF: &str = select_external!("WHERE t.crawler = $1 ORDER BY t.schema_name, t.table_name");
        const ACTION: &str = "list external tables";
        let rows = match crawler {
            None => self.database.rows(ACTION, ALL, &[]).await?,
            Some(crawler) => self.database.rows(ACTION, OF, &[crawler.into()]).await?,
        };
        rows.iter().map(read_table).collect()
    }

    /// The tables that lie outside and in whose name, place, format, columns or notes `text` stands, by name: `limit` of
    /// them after the first `skip`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn find_external_tables(
        &self,
        text: &str,
        (skip, limit): (u64, u64),
    ) -> Result<Found<ExternalTable>, ControlError> {
        macro_rules! which {
            () => {
                "WHERE ($1 = '' OR LOWER(t.schema_name || '.' || t.table_name) LIKE $1 ESCAPE '\\'
                  OR LOWER(t.said) LIKE $1 ESCAPE '\\' OR LOWER(v.columns) LIKE $1 ESCAPE '\\'
                  OR EXISTS (SELECT 1 FROM table_note n WHERE n.schema_name = t.schema_name
                             AND n.table_name = t.table_name AND LOWER(n.said) LIKE $1 ESCAPE '\\')) "
            };
        }
        const TOTAL: &str = concat!(
            "SELECT COUNT(*) FROM external_table t
             JOIN external_version v ON v.schema_name = t.schema_name AND v.table_name = t.table_name
              AND v.version = t.version ",
            which!()
        );
        const ROWS: &str = concat!(
            select_external!(""),
            which!(),
            "ORDER BY t.schema_name, t.table_name LIMIT $2 OFFSET $3"
        );
        const ACTION: &str = "find external tables";
        let text = like(text);
        let total = self.database.row(ACTION, TOTAL, &[text.as_str().into()]).await?;
        let params = [text.as_str().into(), number(limit).into(), number(skip).into()];
        let rows = self.database.rows(ACTION, ROWS, &params).await?;
        Found::of(rows.iter().map(read_table), total)
    }

    /// One table that lies outside.
    ///
    /// # Errors
    /// The database failed.
    pub async fn external_table(&self, table: &TableName) -> Result<Option<ExternalTable>, ControlError> {
        const SQL: &str = select_external!("WHERE t.schema_name = $1 AND t.table_name = $2");
        let params = [table.schema.as_str().into(), table.name.as_str().into()];
        let row = self.database.row("read an external table", SQL, &params).await?;
        row.as_ref().map(read_table).transpose()
    }

    /// The partitions of an external table, by their values, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn external_partitions(
        &self,
        table: &TableName,
        limit: u64,
    ) -> Result<Vec<ExternalPartition>, ControlError> {
        const SQL: &str = "SELECT part, object_count, byte_count, changed, gone FROM external_partition
            WHERE schema_name = $1 AND table_name = $2 ORDER BY part LIMIT $3";
        let params = [table.schema.as_str().into(), table.name.as_str().into(), number(limit).into()];
        let one = |row: &Row| {
            Ok(ExternalPartition {
                values: read_part(&row.text(0)?)?,
                objects: row.int(1)?,
                bytes: row.int(2)?,
                changed: Timestamp(row.int(3)?),
                gone: row.maybe_int(4)?.map(Timestamp),
            })
        };
        self.database.rows("list external partitions", SQL, &params).await?.iter().map(one).collect()
    }

    /// The versions of an external table's columns, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn external_versions(&self, table: &TableName) -> Result<Vec<ExternalVersion>, ControlError> {
        const SQL: &str = "SELECT version, at, columns FROM external_version
            WHERE schema_name = $1 AND table_name = $2 ORDER BY version DESC";
        let params = [table.schema.as_str().into(), table.name.as_str().into()];
        let one = |row: &Row| {
            Ok(ExternalVersion {
                version: row.int(0)?,
                at: Timestamp(row.int(1)?),
                columns: read_columns(&row.text(2)?)?,
            })
        };
        self.database
            .rows("list versions of an external table", SQL, &params)
            .await?
            .iter()
            .map(one)
            .collect()
    }

    /// Writes a table down that lies outside and that no crawler finds.
    ///
    /// # Errors
    /// [`ControlError::AlreadyExists`] if there is a table of this name.
    pub async fn create_external_table(&self, table: &ExternalTable) -> Result<(), ControlError> {
        const ACTION: &str = "write an external table";
        let mut tx = self.begin(ACTION).await?;
        insert_table(&mut tx, table).await?;
        tx.commit(ACTION).await
    }

    /// Takes a table away that somebody wrote down.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is none of this name that no crawler has found.
    pub async fn remove_external_table(&self, table: &TableName) -> Result<(), ControlError> {
        const ACTION: &str = "remove an external table";
        const SQL: &str =
            "DELETE FROM external_table WHERE schema_name = $1 AND table_name = $2 AND crawler = ''";
        let params = [table.schema.as_str().into(), table.name.as_str().into()];
        let mut tx = self.begin(ACTION).await?;
        if tx.run(ACTION, SQL, &params).await? == 0 {
            let name = table.to_string();
            return Err(ControlError::NotFound { what: "table that was written down", name });
        }
        tx.run(ACTION, "DELETE FROM external_version WHERE schema_name = $1 AND table_name = $2", &params)
            .await?;
        tx.commit(ACTION).await
    }
}

/// Adds a table, with its first version; an error if there is one of its name.
pub(super) async fn insert_table(tx: &mut Tx, table: &ExternalTable) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO external_table (schema_name, table_name, crawler, number, said, version,
            object_count, byte_count, row_count, first_seen, changed, gone)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let said = said(table)?;
    let params = [
        table.table.schema.as_str().into(),
        table.table.name.as_str().into(),
        table.crawler.as_str().into(),
        table.number.into(),
        said.as_str().into(),
        table.version.into(),
        table.objects.into(),
        table.bytes.into(),
        table.rows.into(),
        table.first_seen.0.into(),
        table.changed.0.into(),
        table.gone.map(|gone| gone.0).into(),
    ];
    tx.run("write an external table", SQL, &params).await.map_err(|error| match is_duplicate(&error) {
        true => ControlError::AlreadyExists { what: "table", name: table.table.to_string() },
        false => error,
    })?;
    insert_version(tx, table).await
}

/// Adds the version that the table has.
pub(super) async fn insert_version(tx: &mut Tx, table: &ExternalTable) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO external_version (schema_name, table_name, version, at, columns)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (schema_name, table_name, version) DO NOTHING";
    let columns = serde_json::to_string(&table.columns)
        .map_err(|_| ControlError::Malformed { what: "columns of an external table" })?;
    let params = [
        table.table.schema.as_str().into(),
        table.table.name.as_str().into(),
        table.version.into(),
        table.changed.0.into(),
        columns.as_str().into(),
    ];
    tx.run("write a version of an external table", SQL, &params).await.map(drop)
}

/// What seldom changes about a table.
pub(super) fn said(table: &ExternalTable) -> Result<String, ControlError> {
    serde_json::to_string(&Said {
        place: table.place.clone(),
        format: table.format.clone(),
        label: table.label.clone(),
        description: table.description.clone(),
        partitioned_by: table.partitioned_by.clone(),
    })
    .map_err(|_| ControlError::Malformed { what: "external table" })
}

/// The values of a partition, from their JSON.
pub(super) fn read_part(text: &str) -> Result<Vec<String>, ControlError> {
    serde_json::from_str(text).map_err(|_| ControlError::Malformed { what: "values of a partition" })
}

fn read_columns(text: &str) -> Result<Vec<Column>, ControlError> {
    serde_json::from_str(text).map_err(|_| ControlError::Malformed { what: "columns of an external table" })
}

fn read_table(row: &Row) -> Result<ExternalTable, ControlError> {
    let said: Said = serde_json::from_str(&row.text(4)?)
        .map_err(|_| ControlError::Malformed { what: "external table" })?;
    Ok(ExternalTable {
        table: TableName { schema: row.text(0)?, name: row.text(1)? },
        crawler: row.text(2)?,
        number: row.int(3)?,
        place: said.place,
        format: said.format,
        label: said.label,
        description: said.description,
        partitioned_by: said.partitioned_by,
        columns: read_columns(&row.text(5)?)?,
        version: row.int(6)?,
        objects: row.int(7)?,
        bytes: row.int(8)?,
        rows: row.maybe_int(9)?,
        first_seen: Timestamp(row.int(10)?),
        changed: Timestamp(row.int(11)?),
        gone: row.maybe_int(12)?.map(Timestamp),
    })
}
