//! The catalogue: which tables there are, and at which version each stands at every readable sequence.

mod find;
mod note;

pub use find::{PastVersion, TableOrder, WhichTables};
pub use note::{Classification, TableNote};

use crate::{
    Control, ControlError,
    database::{Row, Tx, is_duplicate},
};
use model::{CommitSeq, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A table's name in SQL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// Its schema, such as `raw`.
    pub schema: String,
    /// Its name in the schema, such as `patient`.
    pub name: String,
}

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// Pseudonymised resources.
    Raw,
    /// Columns that a ViewDefinition takes from resources.
    View,
    /// Made from other tables for a purpose.
    Mart,
    /// A list that is about nobody, loaded from a file.
    Reference,
    /// Who is whom, in the link zone.
    Link,
    /// For the lake's own use.
    Internal,
}

/// A column, as the catalogue shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, in words such as `Utf8` or `Decimal(38, 9)`.
    pub data_type: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it means; empty where nobody has said.
    pub description: String,
}

/// A table at the version that a publication gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableVersion {
    /// Its name in SQL.
    pub table: TableName,
    /// What it is for.
    pub kind: TableKind,
    /// What it holds, in a sentence.
    pub description: String,
    /// The zone that it lies in, such as `raw`.
    pub zone: String,
    /// Where in the zone.
    pub location: String,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its Delta version.
    pub version: i64,
    /// How many rows its files hold, superseded ones included.
    pub rows: i64,
    /// How many bytes its live files take.
    pub bytes: i64,
    /// The sequence of the tables that it was made from; `None` for what the refinery writes.
    pub made_from: Option<CommitSeq>,
}

/// A table as readers see it at some sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogTable {
    /// The sequence that gave it this version.
    pub seq: CommitSeq,
    /// When that was published.
    pub published: Timestamp,
    /// The table at this version.
    pub table: TableVersion,
}

/// What seldom changes about a table, stored once for many versions.
#[derive(Serialize, Deserialize)]
struct Definition {
    kind: TableKind,
    description: String,
    zone: String,
    location: String,
    columns: Vec<Column>,
}

impl TableName {
    /// The name `schema.name`.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl TableKind {
    /// Its name in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::View => "view",
            Self::Mart => "mart",
            Self::Reference => "reference",
            Self::Link => "link",
            Self::Internal => "internal",
        }
    }
}

macro_rules! select_tables {
    ($rest:literal) => {
        concat!(
            "SELECT t.schema_name, t.table_name, v.seq, p.published, d.definition,
                    v.delta_version, v.row_count, v.byte_count, v.made_from
             FROM catalog_table t
             JOIN table_version v ON v.schema_name = t.schema_name AND v.table_name = t.table_name
              AND v.seq = (SELECT MAX(w.seq) FROM table_version w
                           WHERE w.schema_name = t.schema_name AND w.table_name = t.table_name AND w.seq <= $1)
             JOIN publication p ON p.seq = v.seq
             JOIN table_shape d ON d.schema_name = v.schema_name AND d.table_name = v.table_name
              AND d.shape = v.shape ",
            $rest
        )
    };
}

impl Control {
    /// Every table at its newest version at or below `seq`, by name.
    ///
    /// # Errors
    /// [`ControlError::NotReadable`] if the sequence is retired or not published.
    pub async fn snapshot(&self, seq: CommitSeq) -> Result<Vec<CatalogTable>, ControlError> {
        let tables = self.tables_at(seq).await?;
        // Looked up after the tables: a sequence that is retired in between is found out.
        let (oldest, latest) = (self.oldest_sequence().await?, self.published().await?);
        if (oldest..=latest).contains(&seq) {
            Ok(tables)
        } else {
            Err(ControlError::NotReadable { seq, oldest, latest })
        }
    }

    /// Every table at its newest version, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tables(&self) -> Result<Vec<CatalogTable>, ControlError> {
        self.tables_at(CommitSeq(i64::MAX)).await
    }

    /// One table at its newest version.
    ///
    /// # Errors
    /// The database failed.
    pub async fn table(&self, schema: &str, name: &str) -> Result<Option<CatalogTable>, ControlError> {
        const SQL: &str = select_tables!("WHERE v.dropped = 0 AND t.schema_name = $2 AND t.table_name = $3");
        let params = [i64::MAX.into(), schema.into(), name.into()];
        let row = self.database.row("read the catalogue", SQL, &params).await?;
        row.as_ref().map(read_table).transpose()
    }

    /// The oldest sequence that readers can still ask for.
    ///
    /// # Errors
    /// The database failed.
    pub async fn oldest_sequence(&self) -> Result<CommitSeq, ControlError> {
        self.counter("oldest_seq").await
    }

    /// Makes `seq` the oldest readable sequence and drops the table versions that no readable
    /// sequence shows. Delta versions below those that remain may then be vacuumed. The sequence that a view is
    /// being built from stays readable, with all later ones.
    ///
    /// # Errors
    /// [`ControlError::NotReadable`] if `seq` is not published; nothing is changed then.
    pub async fn retire_sequences_before(&self, seq: CommitSeq) -> Result<(), ControlError> {
        const ACTION: &str = "retire sequences";
        const HELD: &str = "SELECT MIN(from_seq) FROM registered_view WHERE state = 'building'";
        const OLDEST: &str = "UPDATE counter SET value = $1 WHERE name = 'oldest_seq' AND value <= $1
            AND $1 <= (SELECT c.value FROM counter c WHERE c.name = 'commit_seq')";
        const DROP: &str = "DELETE FROM table_version WHERE seq < (
            SELECT MAX(w.seq) FROM table_version w
            WHERE w.schema_name = table_version.schema_name AND w.table_name = table_version.table_name
            AND w.seq <= $1)";
        let mut tx = self.begin(ACTION).await?;
        let held = tx.row(ACTION, HELD, &[]).await?.map(|row| row.maybe_int(0)).transpose()?.flatten();
        let seq = held.map_or(seq, |held| seq.min(CommitSeq(held)));
        if tx.run(ACTION, OLDEST, &[seq.0.into()]).await? == 0 {
            drop(tx);
            let (oldest, latest) = (self.oldest_sequence().await?, self.published().await?);
            // Retired further than this before.
            return if seq < oldest {
                Ok(())
            } else {
                Err(ControlError::NotReadable { seq, oldest, latest })
            };
        }
        tx.run(ACTION, DROP, &[seq.0.into()]).await?;
        tx.commit(ACTION).await
    }

    /// The oldest version of the table at `location` that a readable sequence shows; `None` if none shows it.
    /// A view of another definition has its name and not its location.
    ///
    /// # Errors
    /// The database failed.
    pub async fn oldest_version(
        &self,
        table: &TableName,
        location: &str,
    ) -> Result<Option<i64>, ControlError> {
        const SQL: &str = "SELECT MIN(v.delta_version), d.definition FROM table_version v
            JOIN table_shape d ON d.schema_name = v.schema_name AND d.table_name = v.table_name
             AND d.shape = v.shape
            WHERE v.schema_name = $1 AND v.table_name = $2 AND v.dropped = 0
            GROUP BY d.shape, d.definition";
        let params = [table.schema.as_str().into(), table.name.as_str().into()];
        let mut oldest = None;
        for row in self.database.rows("read the catalogue", SQL, &params).await? {
            if read_definition(&row.text(1)?)?.location == location {
                let version = row.int(0)?;
                oldest = Some(oldest.map_or(version, |oldest: i64| oldest.min(version)));
            }
        }
        Ok(oldest)
    }

    async fn tables_at(&self, seq: CommitSeq) -> Result<Vec<CatalogTable>, ControlError> {
        const SQL: &str = select_tables!("WHERE v.dropped = 0");
        let rows = self.database.rows("read the catalogue", SQL, &[seq.0.into()]).await?;
        let mut tables = rows.iter().map(read_table).collect::<Result<Vec<_>, _>>()?;
        tables.sort_by(|a, b| a.table.table.cmp(&b.table.table));
        Ok(tables)
    }
}

/// Writes one row for every table that a publication touched.
pub(crate) async fn write_versions(
    tx: &mut Tx,
    seq: CommitSeq,
    tables: &[TableVersion],
) -> Result<(), ControlError> {
    const ACTION: &str = "write the catalogue";
    const INSERT: &str = "INSERT INTO table_version
        (schema_name, table_name, seq, shape, delta_version, row_count, byte_count, made_from, dropped)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)";
    const NEWEST: &str = "UPDATE catalog_table
        SET kind = $4, latest_seq = $3, dropped = 0, row_count = $5, byte_count = $6
        WHERE schema_name = $1 AND table_name = $2";
    for table in tables {
        let shape = shape_of(tx, table).await?;
        let params = [
            table.table.schema.as_str().into(),
            table.table.name.as_str().into(),
            seq.0.into(),
            shape.into(),
            table.version.into(),
            table.rows.into(),
            table.bytes.into(),
            table.made_from.map(|seq| seq.0).into(),
        ];
        tx.run(ACTION, INSERT, &params).await.map_err(|error| {
            if is_duplicate(&error) {
                let name = table.table.to_string();
                ControlError::AlreadyExists { what: "table of this publication", name }
            } else {
                error
            }
        })?;
        let params = [
            table.table.schema.as_str().into(),
            table.table.name.as_str().into(),
            seq.0.into(),
            table.kind.as_str().into(),
            table.rows.into(),
            table.bytes.into(),
        ];
        tx.run(ACTION, NEWEST, &params).await?;
    }
    Ok(())
}

/// Notes that from `seq` on there is no such table; nothing happens if there never was.
pub(crate) async fn drop_table(tx: &mut Tx, seq: CommitSeq, table: &TableName) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO table_version
        (schema_name, table_name, seq, shape, delta_version, row_count, byte_count, made_from, dropped)
        SELECT schema_name, table_name, $3, latest_shape, 0, 0, 0, NULL, 1 FROM catalog_table
        WHERE schema_name = $1 AND table_name = $2";
    const NEWEST: &str = "UPDATE catalog_table SET latest_seq = $3, dropped = 1
        WHERE schema_name = $1 AND table_name = $2";
    const ACTION: &str = "write the catalogue";
    let params = [table.schema.as_str().into(), table.name.as_str().into(), seq.0.into()];
    tx.run(ACTION, SQL, &params).await?;
    tx.run(ACTION, NEWEST, &params).await.map(drop)
}

/// The number of the table's shape; a new one if it is not what it was at its last version.
async fn shape_of(tx: &mut Tx, table: &TableVersion) -> Result<i64, ControlError> {
    const ACTION: &str = "write the catalogue";
    const LATEST: &str = "SELECT d.shape, d.definition FROM catalog_table t
        JOIN table_shape d ON d.schema_name = t.schema_name AND d.table_name = t.table_name
         AND d.shape = t.latest_shape
        WHERE t.schema_name = $1 AND t.table_name = $2";
    const NAME: &str = "INSERT INTO catalog_table (schema_name, table_name, latest_shape) VALUES ($1, $2, $3)
        ON CONFLICT (schema_name, table_name) DO UPDATE SET latest_shape = excluded.latest_shape";
    const INSERT: &str =
        "INSERT INTO table_shape (schema_name, table_name, shape, definition) VALUES ($1, $2, $3, $4)";
    let (schema, name) = (table.table.schema.as_str(), table.table.name.as_str());
    let definition = serde_json::to_string(&Definition {
        kind: table.kind,
        description: table.description.clone(),
        zone: table.zone.clone(),
        location: table.location.clone(),
        columns: table.columns.clone(),
    })
    .map_err(|_| ControlError::Malformed { what: "table definition" })?;
    let mut shape = 1;
    if let Some(row) = tx.row(ACTION, LATEST, &[schema.into(), name.into()]).await? {
        if row.text(1)? == definition {
            return row.int(0);
        }
        shape = row.int(0)? + 1;
    }
    tx.run(ACTION, NAME, &[schema.into(), name.into(), shape.into()]).await?;
    tx.run(ACTION, INSERT, &[schema.into(), name.into(), shape.into(), definition.as_str().into()]).await?;
    Ok(shape)
}

fn read_definition(text: &str) -> Result<Definition, ControlError> {
    serde_json::from_str(text).map_err(|_| ControlError::Malformed { what: "table definition" })
}

fn read_table(row: &Row) -> Result<CatalogTable, ControlError> {
    let definition = read_definition(&row.text(4)?)?;
    Ok(CatalogTable {
        seq: CommitSeq(row.int(2)?),
        published: Timestamp(row.int(3)?),
        table: TableVersion {
            table: TableName { schema: row.text(0)?, name: row.text(1)? },
            kind: definition.kind,
            description: definition.description,
            zone: definition.zone,
            location: definition.location,
            columns: definition.columns,
            version: row.int(5)?,
            rows: row.int(6)?,
            bytes: row.int(7)?,
            made_from: row.maybe_int(8)?.map(CommitSeq),
        },
    })
}
