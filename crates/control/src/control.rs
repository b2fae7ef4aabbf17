//! The handle on the control database, the facts about the home, and small state.

use crate::{
    ControlError,
    database::{Database, Tx},
};
use model::{Clock, CommitSeq, Timestamp};
use std::{fmt, sync::Arc};

/// The control database. Cheap to clone; all clones share their connections.
///
/// A future of any method can be dropped at any time: its transaction is then
/// either committed whole or leaves nothing.
#[derive(Clone)]
pub struct Control {
    pub(crate) database: Database,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

impl Control {
    /// Opens the database at `url` (`sqlite://path` or `postgres://…`), makes it if
    /// it is a SQLite file that does not exist, and brings its tables up to date.
    ///
    /// # Errors
    /// The database cannot be opened, or was written by a later version of this program.
    pub async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self, ControlError> {
        Ok(Self::with(Database::open(url).await?, clock))
    }

    pub(crate) const fn with(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// Ends all connections; what is under way finishes first.
    pub async fn close(&self) {
        self.database.close().await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn begin(&self, action: &'static str) -> Result<Tx, ControlError> {
        self.database.begin(action).await
    }

    pub(crate) async fn counter(&self, name: &'static str) -> Result<CommitSeq, ControlError> {
        const SQL: &str = "SELECT value FROM counter WHERE name = $1";
        let row = self.database.row("read a counter", SQL, &[name.into()]).await?;
        row.ok_or(ControlError::Malformed { what: "counter" })?.int(0).map(CommitSeq)
    }

    /// Notes a fact about the home, such as `kind` = `synthetic`, in place of what was noted before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_fact(&self, name: &str, value: &str) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO fact (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.database.run("note a fact", SQL, &[name.into(), value.into()]).await.map(drop)
    }

    /// A fact about the home.
    ///
    /// # Errors
    /// The database failed.
    pub async fn fact(&self, name: &str) -> Result<Option<String>, ControlError> {
        const SQL: &str = "SELECT value FROM fact WHERE name = $1";
        let row = self.database.row("read a fact", SQL, &[name.into()]).await?;
        row.map(|row| row.text(0)).transpose()
    }

    /// Keeps a few bytes for the worker under `name`, in place of what was kept before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_state(&self, name: &str, value: &[u8]) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO worker_state (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.database.run("keep state", SQL, &[name.into(), value.into()]).await.map(drop)
    }

    /// What the worker kept under `name`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn state(&self, name: &str) -> Result<Option<Vec<u8>>, ControlError> {
        const SQL: &str = "SELECT value FROM worker_state WHERE name = $1";
        let row = self.database.row("read state", SQL, &[name.into()]).await?;
        row.map(|row| row.bytes(0)).transpose()
    }
}
