//! One set of statements on two databases.
//!
//! Statements are written once, with `$1` parameters; this file carries them to
//! SQLite or PostgreSQL. SQLite has one writing connection, whose transactions
//! begin as `IMMEDIATE`: what they check stays true until they commit, within
//! this process and against others. On PostgreSQL each transaction's first
//! statement updates the row that it is about, which locks it.

use crate::{ControlError, grants::is_postgres};
use sqlx::{
    Database as Driver, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Transaction,
    postgres::{PgPoolOptions, PgRow},
    query::Query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};
use std::{str::FromStr, time::Duration};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// How long a writer waits for another process to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections that read; each of SQLite's is a thread.
const READERS: u32 = 4;

/// Where the statements go.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// A transaction that writes. Dropped before `commit`, it leaves nothing.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Param<'a> {
    Int(i64),
    MaybeInt(Option<i64>),
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Bytes(&'a [u8]),
    MaybeBytes(Option<&'a [u8]>),
}

/// A row of an answer, its columns by position.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

const OPEN: &str = "open the control database";

async fn postgres_pool(url: &str) -> Result<PgPool, ControlError> {
    PgPoolOptions::new().max_connections(8).connect(url).await.map_err(failed(OPEN))
}

impl Database {
    pub(crate) async fn open(url: &str) -> Result<Self, ControlError> {
        let failed = failed(OPEN);
        if is_postgres(url) {
            let pool = postgres_pool(url).await?;
            MIGRATIONS.run(&pool).await.map_err(ControlError::Migrate)?;
            return Ok(Self::Postgres(pool));
        }
        let options = SqliteConnectOptions::from_str(url)
            .map_err(&failed)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let pool = |size| {
            SqlitePoolOptions::new()
                .max_connections(size)
                .acquire_timeout(BUSY_TIMEOUT)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let write = pool(1).connect_with(options.clone()).await.map_err(&failed)?;
        MIGRATIONS.run(&write).await.map_err(ControlError::Migrate)?;
        let read = pool(READERS).connect_with(options).await.map_err(&failed)?;
        Ok(Self::Sqlite { read, write })
    }

    /// Opens a PostgreSQL database whose tables others bring up to date, and refuses it where they have not.
    pub(crate) async fn open_ready(url: &str) -> Result<Self, ControlError> {
        const SQL: &str = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";
        let ready = Self::Postgres(postgres_pool(url).await?);
        let found = ready.row(OPEN, SQL, &[]).await?;
        let found = found.map_or(Ok(None), |row| row.maybe_int(0))?;
        match found == MIGRATIONS.iter().map(|migration| migration.version).max() {
            true => Ok(ready),
            false => Err(ControlError::NotReady),
        }
    }

    /// Ends all connections.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) async fn begin(&self, action: &'static str) -> Result<Tx, ControlError> {
        match self {
            Self::Sqlite { write, .. } => write.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite),
            Self::Postgres(pool) => pool.begin().await.map(Tx::Postgres),
        }
        .map_err(failed(action))
    }

    /// Reads rows, all at one moment.
    pub(crate) async fn rows(
        &self,
        action: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, ControlError> {
        match self {
            Self::Sqlite { read, .. } => sqlite(sql, params)
                .fetch_all(read)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Self::Postgres(pool) => postgres(sql, params)
                .fetch_all(pool)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        }
        .map_err(failed(action))
    }

    /// Reads the first row, if there is one.
    pub(crate) async fn row(
        &self,
        action: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Option<Row>, ControlError> {
        Ok(self.rows(action, sql, params).await?.into_iter().next())
    }

    /// Runs one statement in a transaction of its own and says how many rows it changed.
    pub(crate) async fn run(
        &self,
        action: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<u64, ControlError> {
        let mut tx = self.begin(action).await?;
        let changed = tx.run(action, sql, params).await?;
        tx.commit(action).await?;
        Ok(changed)
    }
}

impl Tx {
    pub(crate) async fn rows(
        &mut self,
        action: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, ControlError> {
        match self {
            Self::Sqlite(tx) => sqlite(sql, params)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Self::Postgres(tx) => postgres(sql, params)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        }
        .map_err(failed(action))
    }

    pub(crate) async fn row(
        &mut self,
        action: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Option<Row>, ControlError> {
        Ok(self.rows(action, sql, params).await?.into_iter().next())
    }

    pub(crate) async fn run(
        &mut self,
        action: &'static str,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<u64, ControlError> {
        match self {
            Self::Sqlite(tx) => sqlite(sql, params).execute(&mut **tx).await.map(|done| done.rows_affected()),
            Self::Postgres(tx) => {
                postgres(sql, params).execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err(failed(action))
    }

    /// Takes the next number of a counter; its row stays locked until the end.
    pub(crate) async fn count(
        &mut self,
        action: &'static str,
        counter: &'static str,
    ) -> Result<i64, ControlError> {
        const SQL: &str = "UPDATE counter SET value = value + 1 WHERE name = $1 RETURNING value";
        let row = self.row(action, SQL, &[counter.into()]).await?;
        row.ok_or(ControlError::Malformed { what: "counter" })?.int(0)
    }

    pub(crate) async fn commit(self, action: &'static str) -> Result<(), ControlError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
        .map_err(failed(action))
    }
}

impl Row {
    fn get<'r, T>(&'r self, at: usize) -> Result<T, ControlError>
    where
        T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite> + sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(at),
            Self::Postgres(row) => row.try_get(at),
        }
        .map_err(failed("read a column"))
    }

    pub(crate) fn int(&self, at: usize) -> Result<i64, ControlError> {
        self.get(at)
    }

    pub(crate) fn maybe_int(&self, at: usize) -> Result<Option<i64>, ControlError> {
        self.get(at)
    }

    /// A count or length: an integer that is never negative.
    pub(crate) fn count(&self, at: usize) -> Result<u64, ControlError> {
        u64::try_from(self.int(at)?).map_err(|_| ControlError::Malformed { what: "count" })
    }

    pub(crate) fn text(&self, at: usize) -> Result<String, ControlError> {
        self.get(at)
    }

    pub(crate) fn maybe_text(&self, at: usize) -> Result<Option<String>, ControlError> {
        self.get(at)
    }

    pub(crate) fn maybe_bytes(&self, at: usize) -> Result<Option<Vec<u8>>, ControlError> {
        self.get(at)
    }

    pub(crate) fn bytes(&self, at: usize) -> Result<Vec<u8>, ControlError> {
        self.get(at)
    }

    /// Bytes of a known number.
    pub(crate) fn array<const N: usize>(
        &self,
        at: usize,
        what: &'static str,
    ) -> Result<[u8; N], ControlError> {
        self.bytes(at)?.try_into().map_err(|_| ControlError::Malformed { what })
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Option<i64>> for Param<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::MaybeInt(value)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<Option<&'a str>> for Param<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::MaybeText(value)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<Option<&'a [u8]>> for Param<'a> {
    fn from(value: Option<&'a [u8]>) -> Self {
        Self::MaybeBytes(value)
    }
}

/// Names what was being done when the database failed.
pub(crate) fn failed(action: &'static str) -> impl Fn(sqlx::Error) -> ControlError {
    move |source| ControlError::Database { action, source }
}

/// Whether an insert met a row that was there already.
pub(crate) fn is_duplicate(error: &ControlError) -> bool {
    matches!(error, ControlError::Database { source, .. }
        if source.as_database_error().is_some_and(|error| error.is_unique_violation()))
}

/// A number that the database can hold.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn sqlite<'q>(sql: &'static str, params: &[Param<'_>]) -> Query<'q, Sqlite, <Sqlite as Driver>::Arguments> {
    params.iter().fold(sqlx::query(sql), |query, param| match *param {
        Param::Int(value) => query.bind(value),
        Param::MaybeInt(value) => query.bind(value),
        Param::Text(value) => query.bind(value.to_owned()),
        Param::MaybeText(value) => query.bind(value.map(str::to_owned)),
        Param::Bytes(value) => query.bind(value.to_vec()),
        Param::MaybeBytes(value) => query.bind(value.map(<[u8]>::to_vec)),
    })
}

fn postgres<'q>(
    sql: &'static str,
    params: &[Param<'_>],
) -> Query<'q, Postgres, <Postgres as Driver>::Arguments> {
    params.iter().fold(sqlx::query(sql), |query, param| match *param {
        Param::Int(value) => query.bind(value),
        Param::MaybeInt(value) => query.bind(value),
        Param::Text(value) => query.bind(value.to_owned()),
        Param::MaybeText(value) => query.bind(value.map(str::to_owned)),
        Param::Bytes(value) => query.bind(value.to_vec()),
        Param::MaybeBytes(value) => query.bind(value.map(<[u8]>::to_vec)),
    })
}
