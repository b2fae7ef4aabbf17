//! Connections: stores and databases outside, with what is needed to reach them.

use crate::{Control, ControlError, database::Row};
use model::Timestamp;

/// A connection as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its name.
    pub name: String,
    /// What it leads to: `folder`, `s3` or `postgresql`.
    pub kind: String,
    /// Its properties that are no secret, in JSON.
    pub said: String,
    /// What is secret of it, sealed.
    pub secret: Option<Vec<u8>>,
    /// Who wrote it.
    pub actor: String,
    /// When.
    pub changed: Timestamp,
}

macro_rules! select_connections {
    ($rest:literal) => {
        concat!("SELECT name, kind, said, secret, actor, changed FROM connection ", $rest)
    };
}

impl Control {
    /// Adds a connection, or changes what one of its name is. [`Connection::changed`] is not read.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_connection(&self, connection: &Connection) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO connection (name, kind, said, secret, actor, changed)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, said = excluded.said,
                secret = excluded.secret, actor = excluded.actor, changed = excluded.changed";
        let params = [
            connection.name.as_str().into(),
            connection.kind.as_str().into(),
            connection.said.as_str().into(),
            connection.secret.as_deref().into(),
            connection.actor.as_str().into(),
            self.now().0.into(),
        ];
        self.database.run("write a connection", SQL, &params).await.map(drop)
    }

    /// Every connection, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn connections(&self) -> Result<Vec<Connection>, ControlError> {
        let rows = self.database.rows("list connections", select_connections!("ORDER BY name"), &[]).await?;
        rows.iter().map(read).collect()
    }

    /// One connection.
    ///
    /// # Errors
    /// The database failed.
    pub async fn connection(&self, name: &str) -> Result<Option<Connection>, ControlError> {
        const SQL: &str = select_connections!("WHERE name = $1");
        let row = self.database.row("read a connection", SQL, &[name.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// Takes a connection away. The caller has seen to it that no crawler uses it.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such connection.
    pub async fn remove_connection(&self, name: &str) -> Result<(), ControlError> {
        const SQL: &str = "DELETE FROM connection WHERE name = $1";
        match self.database.run("remove a connection", SQL, &[name.into()]).await? {
            0 => Err(ControlError::NotFound { what: "connection", name: name.to_owned() }),
            _ => Ok(()),
        }
    }
}

fn read(row: &Row) -> Result<Connection, ControlError> {
    Ok(Connection {
        name: row.text(0)?,
        kind: row.text(1)?,
        said: row.text(2)?,
        secret: row.maybe_bytes(3)?,
        actor: row.text(4)?,
        changed: Timestamp(row.int(5)?),
    })
}
