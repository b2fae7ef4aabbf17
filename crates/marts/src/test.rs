//! What must hold of a model's rows before they are published.

use crate::{
    MartError,
    comment::Line,
    named::TableRef,
    quote::{sql_name, sql_text},
    span, tables_named,
};
use model::Timestamp;
use std::fmt;

/// How a test names the rows that it is about.
pub(crate) const THIS: &str = "this";

/// Something that must hold of a table's rows. Each is asked as SQL that counts what breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// No two rows agree in all of these columns.
    Unique(Vec<String>),
    /// None of these columns is null.
    NotNull(Vec<String>),
    /// The column is null or one of these texts.
    Accepted {
        /// The column.
        column: String,
        /// The texts.
        values: Vec<String>,
    },
    /// The column is null or stands in another table's column.
    Refers {
        /// The column.
        column: String,
        /// The other table.
        table: TableRef,
        /// Its column.
        to: String,
    },
    /// The newest value of a time column is not older than this when the test runs.
    Fresh {
        /// The column.
        column: String,
        /// How old it may be, in milliseconds.
        within_ms: i64,
    },
    /// This query, which names the rows `this`, finds nothing.
    None(String),
}

impl Test {
    pub(crate) fn read(file: &str, line: &Line<'_>) -> Result<Self, MartError> {
        let wrong = |what: &str| MartError::new(file, line.number, what);
        let columns = || -> Result<Vec<String>, MartError> {
            line.value.split(',').map(|name| column(file, line, name)).collect()
        };
        match line.name {
            "unique" => columns().map(Self::Unique),
            "not null" => columns().map(Self::NotNull),
            "accepted" => {
                let (name, values) = line
                    .value
                    .split_once(" in ")
                    .ok_or_else(|| wrong("`accepted` is `COLUMN in VALUE, VALUE, …`"))?;
                let values = values.split(',').map(|value| value.trim().to_owned()).collect();
                Ok(Self::Accepted { column: column(file, line, name)?, values })
            }
            "refers" => {
                let form = || wrong("`refers` is `COLUMN to SCHEMA.TABLE.COLUMN`");
                let (name, target) = line.value.split_once(" to ").ok_or_else(form)?;
                let mut parts = target.trim().split('.');
                let (Some(schema), Some(table), Some(to), None) =
                    (parts.next(), parts.next(), parts.next(), parts.next())
                else {
                    return Err(form());
                };
                let table =
                    TableRef { schema: column(file, line, schema)?, name: column(file, line, table)? };
                Ok(Self::Refers { column: column(file, line, name)?, table, to: column(file, line, to)? })
            }
            "fresh" => {
                let form = || wrong("`fresh` is `COLUMN within SPAN`, such as `began within 2 days`");
                let (name, within) = line.value.split_once(" within ").ok_or_else(form)?;
                let within_ms = span::milliseconds(within).ok_or_else(form)?;
                Ok(Self::Fresh { column: column(file, line, name)?, within_ms })
            }
            "none" => {
                let named =
                    tables_named(line.value).map_err(|why| wrong(&format!("the test is no query: {why}")))?;
                let this = named.iter().any(|table| table.schema.is_empty() && table.name == THIS);
                let strange = named.iter().find(|table| {
                    table.schema.is_empty()
                        && table.name != THIS
                        && !crate::named::IS_PUBLIC.contains(&table.name.as_str())
                });
                match (this, strange) {
                    (_, Some(table)) => Err(wrong(&format!(
                        "`{}` is no table: the model's rows are `this`, others have a schema",
                        table.name
                    ))),
                    (false, None) => Err(wrong("the query does not read `this`, the model's rows")),
                    (true, None) => Ok(Self::None(line.value.trim_end_matches(';').to_owned())),
                }
            }
            other => Err(wrong(&format!(
                "`{other}` is no test: there are unique, not null, accepted, refers, fresh and none"
            ))),
        }
    }

    /// A query that counts in its one column how many rows break the test; 0 means that it holds. `this` names the
    /// model's rows.
    #[must_use]
    pub fn sql(&self, now: Timestamp) -> String {
        match self {
            Self::Unique(columns) => {
                let columns = list(columns);
                format!(
                    "select coalesce(sum(n - 1), 0) from (select count(*) as n from this group by {columns} having count(*) > 1)"
                )
            }
            Self::NotNull(columns) => {
                let any: Vec<_> =
                    columns.iter().map(|column| format!("{} is null", sql_name(column))).collect();
                format!("select count(*) from this where {}", any.join(" or "))
            }
            Self::Accepted { column, values } => {
                let values: Vec<_> = values.iter().map(|value| sql_text(value)).collect();
                format!(
                    "select count(*) from this where cast({} as varchar) not in ({})",
                    sql_name(column),
                    values.join(", ")
                )
            }
            Self::Refers { column, table, to } => {
                let (column, to) = (sql_name(column), sql_name(to));
                format!(
                    "select count(*) from this t left anti join {}.{} r on t.{column} = r.{to} where t.{column} is not null",
                    sql_name(&table.schema),
                    sql_name(&table.name)
                )
            }
            Self::Fresh { column, within_ms } => {
                let oldest = now.plus_ms(-within_ms);
                // An empty table has nothing that is fresh.
                format!(
                    "select case when max({}) >= timestamp '{oldest}' then 0 else 1 end from this",
                    sql_name(column)
                )
            }
            Self::None(sql) => format!("select count(*) from ({sql})"),
        }
    }

    /// Tables beside the model's own rows that it reads.
    #[must_use]
    pub fn reads(&self) -> Vec<TableRef> {
        match self {
            Self::Refers { table, .. } => vec![table.clone()],
            Self::None(sql) => {
                let named = tables_named(sql).unwrap_or_default();
                named.into_iter().filter(|table| table.name != THIS || !table.schema.is_empty()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The test as it is written.
impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unique(columns) => write!(f, "unique: {}", columns.join(", ")),
            Self::NotNull(columns) => write!(f, "not null: {}", columns.join(", ")),
            Self::Accepted { column, values } => write!(f, "accepted: {column} in {}", values.join(", ")),
            Self::Refers { column, table, to } => write!(f, "refers: {column} to {table}.{to}"),
            Self::Fresh { column, within_ms } => {
                write!(f, "fresh: {column} within {} seconds", within_ms / 1_000)
            }
            Self::None(sql) => write!(f, "none: {sql}"),
        }
    }
}

fn column(file: &str, line: &Line<'_>, name: &str) -> Result<String, MartError> {
    let name = name.trim();
    match name.is_empty() || name.contains(['"', ' ']) {
        true => Err(MartError::new(file, line.number, format!("`{name}` is no name of a column or table"))),
        false => Ok(name.to_owned()),
    }
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|column| sql_name(column)).collect::<Vec<_>>().join(", ")
}
