//! Tables are found by what they are called and what they hold, a page at a time; and what they were before.

use super::{CatalogTable, TableKind, read_table};
use crate::{
    Control, ControlError, Found, TableName,
    database::{Param, Row, number},
    found::like,
};
use model::{CommitSeq, Timestamp};

/// Which tables are looked for. Those of the lake's own workings are never among them.
#[derive(Clone, Copy, Debug, Default)]
pub struct WhichTables<'a> {
    /// A part of the name, of a column, of a description, or of what people say of it; any if empty.
    pub text: &'a str,
    /// The schema; any if empty.
    pub schema: &'a str,
    /// The kind.
    pub kind: Option<TableKind>,
    /// By what they are ordered.
    pub order: TableOrder,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// How many of the first are passed over.
    pub skip: u64,
    /// How many are wanted.
    pub limit: u64,
}

/// By what tables are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableOrder {
    /// Their schema and name.
    #[default]
    Name,
    /// Their rows.
    Rows,
    /// Their bytes.
    Bytes,
    /// When they were last published.
    Published,
}

/// A version of a table that can be read still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastVersion {
    /// The sequence that published it.
    pub seq: CommitSeq,
    /// When.
    pub published: Timestamp,
    /// The version in Delta Lake.
    pub version: i64,
    /// Its rows.
    pub rows: i64,
    /// Its bytes.
    pub bytes: i64,
    /// Which of the table's shapes it has, from 1.
    pub shape: i64,
}

macro_rules! which {
    () => {
        "FROM catalog_table f
         WHERE f.dropped = 0 AND f.kind <> 'internal' AND ($1 = '' OR f.schema_name = $1)
          AND ($2 = '' OR LOWER(f.schema_name || '.' || f.table_name) LIKE $2 ESCAPE '\\'
               OR EXISTS (SELECT 1 FROM table_shape d WHERE d.schema_name = f.schema_name
                          AND d.table_name = f.table_name AND d.shape = f.latest_shape
                          AND LOWER(d.definition) LIKE $2 ESCAPE '\\')
               OR EXISTS (SELECT 1 FROM table_note n WHERE n.schema_name = f.schema_name
                          AND n.table_name = f.table_name AND LOWER(n.said) LIKE $2 ESCAPE '\\'))
          AND ($3 = '' OR f.kind = $3) "
    };
}

// What is found is put in order before it is cut, and again after it is joined: a join keeps no order.
macro_rules! in_order {
    ($order:literal) => {
        concat!(
            "SELECT f.schema_name, f.table_name, f.latest_seq, p.published, d.definition, v.delta_version,
                    v.row_count, v.byte_count, v.made_from
             FROM (SELECT f.schema_name, f.table_name, f.latest_seq, f.latest_shape, f.row_count, f.byte_count ",
            which!(),
            "ORDER BY ",
            $order,
            " LIMIT $4 OFFSET $5) f
             JOIN table_shape d ON d.schema_name = f.schema_name AND d.table_name = f.table_name
              AND d.shape = f.latest_shape
             JOIN table_version v ON v.schema_name = f.schema_name AND v.table_name = f.table_name
              AND v.seq = f.latest_seq
             JOIN publication p ON p.seq = f.latest_seq
             ORDER BY ",
            $order
        )
    };
}

impl TableOrder {
    const fn sql(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::Name, false) => in_order!("f.schema_name, f.table_name"),
            (Self::Name, true) => in_order!("f.schema_name DESC, f.table_name DESC"),
            (Self::Rows, false) => in_order!("f.row_count, f.schema_name, f.table_name"),
            (Self::Rows, true) => in_order!("f.row_count DESC, f.schema_name, f.table_name"),
            (Self::Bytes, false) => in_order!("f.byte_count, f.schema_name, f.table_name"),
            (Self::Bytes, true) => in_order!("f.byte_count DESC, f.schema_name, f.table_name"),
            (Self::Published, false) => in_order!("f.latest_seq, f.schema_name, f.table_name"),
            (Self::Published, true) => in_order!("f.latest_seq DESC, f.schema_name, f.table_name"),
        }
    }
}

impl Control {
    /// The tables that are looked for, as they are at the newest sequence.
    ///
    /// # Errors
    /// The database failed.
    pub async fn find_tables(&self, which: &WhichTables<'_>) -> Result<Found<CatalogTable>, ControlError> {
        const ACTION: &str = "find tables";
        const TOTAL: &str = concat!("SELECT COUNT(*) ", which!());
        let text = like(which.text);
        let kind = which.kind.map_or("", TableKind::as_str);
        let mut params = vec![which.schema.into(), text.as_str().into(), kind.into()];
        let total = self.database.row(ACTION, TOTAL, &params).await?;
        params.extend([which.limit, which.skip].map(|count| Param::from(number(count))));
        let rows = self.database.rows(ACTION, which.order.sql(which.descending), &params).await?;
        Found::of(rows.iter().map(read_table), total)
    }

    /// The schemas that have tables which are not of the lake's own workings, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn schemas(&self) -> Result<Vec<String>, ControlError> {
        const SQL: &str = "SELECT DISTINCT schema_name FROM catalog_table
            WHERE dropped = 0 AND kind <> 'internal' ORDER BY schema_name";
        self.database.rows("list schemas", SQL, &[]).await?.iter().map(|row| row.text(0)).collect()
    }

    /// The versions of a table that can be read still, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn past_versions(
        &self,
        table: &TableName,
        limit: u64,
    ) -> Result<Vec<PastVersion>, ControlError> {
        const SQL: &str = "SELECT v.seq, p.published, v.delta_version, v.row_count, v.byte_count, v.shape
            FROM table_version v JOIN publication p ON p.seq = v.seq
            WHERE v.schema_name = $1 AND v.table_name = $2 AND v.dropped = 0 ORDER BY v.seq DESC LIMIT $3";
        let params = [table.schema.as_str().into(), table.name.as_str().into(), number(limit).into()];
        let version = |row: &Row| {
            Ok(PastVersion {
                seq: CommitSeq(row.int(0)?),
                published: Timestamp(row.int(1)?),
                version: row.int(2)?,
                rows: row.int(3)?,
                bytes: row.int(4)?,
                shape: row.int(5)?,
            })
        };
        self.database.rows("list versions of a table", SQL, &params).await?.iter().map(version).collect()
    }

    /// The columns of every shape that a table ever had, by the shape's number, the first first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn table_shapes(
        &self,
        table: &TableName,
    ) -> Result<Vec<(i64, Vec<super::Column>)>, ControlError> {
        const SQL: &str = "SELECT shape, definition FROM table_shape
            WHERE schema_name = $1 AND table_name = $2 ORDER BY shape";
        let params = [table.schema.as_str().into(), table.name.as_str().into()];
        let shape = |row: &Row| Ok((row.int(0)?, super::read_definition(&row.text(1)?)?.columns));
        self.database.rows("list shapes of a table", SQL, &params).await?.iter().map(shape).collect()
    }
}
