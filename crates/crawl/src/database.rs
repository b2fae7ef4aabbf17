//! Tables of a database: told by its own catalogue. No row is read.

use crate::{CrawlError, Format, Recognised, plan::Target};
use control::Column;
use sqlx::{PgPool, Row};

/// A table of a database.
#[derive(Debug)]
pub(crate) struct DatabaseTable {
    /// Its schema there.
    pub(crate) schema: String,
    /// Its name there.
    pub(crate) name: String,
    /// Its bytes, with its indexes.
    pub(crate) bytes: u64,
    /// What was found.
    pub(crate) is: Recognised,
}

/// Tables, views and foreign tables that are not the database's own; parts of partitioned tables are not told.
const TABLES: &str = "SELECT n.nspname::text, c.relname::text, c.reltuples::bigint,
        pg_total_relation_size(c.oid), a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
        COALESCE(col_description(c.oid, a.attnum), '')
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition
      AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' AND ($1 = '' OR n.nspname = $1)
    ORDER BY n.nspname, c.relname, a.attnum";

/// The tables within `target`, by schema and name.
pub(crate) async fn tables(pool: &PgPool, target: &Target) -> Result<Vec<DatabaseTable>, CrawlError> {
    read(pool, &target.within).await.map_err(|source| CrawlError::Database {
        action: "read its catalogue",
        connection: target.connection.clone(),
        source,
    })
}

async fn read(pool: &PgPool, schema: &str) -> Result<Vec<DatabaseTable>, sqlx::Error> {
    let mut tables: Vec<DatabaseTable> = Vec::new();
    for row in sqlx::query(TABLES).bind(schema.to_owned()).fetch_all(pool).await? {
        let (schema, name): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let column = Column {
            name: row.try_get(4)?,
            data_type: row.try_get(5)?,
            nullable: row.try_get(6)?,
            description: row.try_get(7)?,
        };
        match tables.last_mut() {
            Some(table) if table.schema == schema && table.name == name => table.is.columns.push(column),
            _ => {
                // An estimate; below zero, it was never made.
                let rows = u64::try_from(row.try_get::<i64, _>(2)?).ok();
                let bytes = u64::try_from(row.try_get::<i64, _>(3)?).unwrap_or_default();
                let is =
                    Recognised { rows, ..Recognised::new(Format::Postgresql, name.clone(), vec![column]) };
                tables.push(DatabaseTable { schema, name, bytes, is });
            }
        }
    }
    Ok(tables)
}
