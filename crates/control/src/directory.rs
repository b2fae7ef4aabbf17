//! Directories that keep people and groups here (SCIM 2.0), and the tokens that they show.

use crate::{
    Control, ControlError, Reach,
    database::{Row, is_duplicate},
    provider::words,
};
use model::Timestamp;

/// A directory that keeps people and groups here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its name.
    pub name: String,
    /// From where it may come.
    pub reach: Reach,
    /// Whether the `externalId` of its people is their subject at the provider that they sign in at.
    pub subjects: bool,
    /// When it was added.
    pub created: Timestamp,
    /// Since when it is refused, if it is.
    pub disabled: Option<Timestamp>,
    /// When the last of its tokens ends.
    pub expires: Option<Timestamp>,
    /// How many people it keeps, without those that were removed.
    pub people: u64,
    /// How many groups it keeps.
    pub groups: u64,
}

const SELECT: &str = "SELECT d.name, d.networks, d.subjects, d.created, d.disabled,
    (SELECT MAX(expires) FROM directory_token t WHERE t.directory = d.name),
    (SELECT COUNT(*) FROM person p WHERE p.directory = d.name AND p.removed IS NULL),
    (SELECT COUNT(*) FROM person_group g WHERE g.directory = d.name)
    FROM directory d ORDER BY d.name";

impl Control {
    /// Adds a directory with its first token, by that token's keyed hash.
    ///
    /// # Errors
    /// [`ControlError::AlreadyExists`] if the name is taken.
    pub async fn add_directory(
        &self,
        name: &str,
        (reach, subjects): (&Reach, bool),
        (mac, expires): ([u8; 32], Timestamp),
    ) -> Result<(), ControlError> {
        const ACTION: &str = "add a directory";
        const SQL: &str = "INSERT INTO directory (name, networks, subjects, created) VALUES ($1, $2, $3, $4)";
        let (networks, now) = (reach.networks_text(), self.now().0);
        let mut tx = self.begin(ACTION).await?;
        let params = [name.into(), networks.as_str().into(), i64::from(subjects).into(), now.into()];
        match tx.run(ACTION, SQL, &params).await {
            Err(error) if is_duplicate(&error) => {
                return Err(ControlError::AlreadyExists { what: "directory", name: name.to_owned() });
            }
            done => drop(done?),
        }
        tx.run(ACTION, INSERT_TOKEN, &[mac.as_slice().into(), name.into(), now.into(), expires.0.into()])
            .await?;
        tx.commit(ACTION).await
    }

    /// Gives a directory another token; those that it has end at `others_end` at the latest.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such directory.
    pub async fn add_directory_token(
        &self,
        name: &str,
        (mac, expires): ([u8; 32], Timestamp),
        others_end: Timestamp,
    ) -> Result<(), ControlError> {
        const ACTION: &str = "give a directory a token";
        const LOCK: &str = "UPDATE directory SET created = created WHERE name = $1";
        const FORGET: &str = "DELETE FROM directory_token WHERE directory = $1 AND expires <= $2";
        const END: &str = "UPDATE directory_token SET expires = $2 WHERE directory = $1 AND expires > $2";
        let now = self.now().0;
        let mut tx = self.begin(ACTION).await?;
        if tx.run(ACTION, LOCK, &[name.into()]).await? == 0 {
            return Err(not_found(name));
        }
        tx.run(ACTION, FORGET, &[name.into(), now.into()]).await?;
        tx.run(ACTION, END, &[name.into(), others_end.0.into()]).await?;
        tx.run(ACTION, INSERT_TOKEN, &[mac.as_slice().into(), name.into(), now.into(), expires.0.into()])
            .await?;
        tx.commit(ACTION).await
    }

    /// The directory whose token has this keyed hash, if the token counts still; one that is disabled too.
    ///
    /// # Errors
    /// The database failed.
    pub async fn directory_of_token(&self, mac: [u8; 32]) -> Result<Option<Directory>, ControlError> {
        const SQL: &str = "SELECT d.name, d.networks, d.subjects, d.created, d.disabled, t.expires,
            CAST(0 AS BIGINT), CAST(0 AS BIGINT)
            FROM directory_token t JOIN directory d ON d.name = t.directory WHERE t.mac = $1 AND t.expires > $2";
        let params = [mac.as_slice().into(), self.now().0.into()];
        let row = self.database.row("find a directory by its token", SQL, &params).await?;
        row.as_ref().map(read).transpose()
    }

    /// Every directory, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn directories(&self) -> Result<Vec<Directory>, ControlError> {
        self.database.rows("list directories", SELECT, &[]).await?.iter().map(read).collect()
    }

    /// Refuses a directory from its next request on, or lets it in again. The people that it keeps stay what they are.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such directory.
    pub async fn set_directory_enabled(&self, name: &str, enabled: bool) -> Result<(), ControlError> {
        const SQL: &str =
            "UPDATE directory SET disabled = CASE WHEN $2 = 1 THEN NULL ELSE COALESCE(disabled, $3) END
            WHERE name = $1";
        let params = [name.into(), i64::from(enabled).into(), self.now().0.into()];
        match self.database.run("enable or disable a directory", SQL, &params).await? {
            0 => Err(not_found(name)),
            _ => Ok(()),
        }
    }
}

const INSERT_TOKEN: &str =
    "INSERT INTO directory_token (mac, directory, created, expires) VALUES ($1, $2, $3, $4)";

fn not_found(name: &str) -> ControlError {
    ControlError::NotFound { what: "directory", name: name.to_owned() }
}

fn read(row: &Row) -> Result<Directory, ControlError> {
    Ok(Directory {
        name: row.text(0)?,
        reach: Reach { networks: words(row, 1, "network")?, private_only: false },
        subjects: row.int(2)? != 0,
        created: Timestamp(row.int(3)?),
        disabled: row.maybe_int(4)?.map(Timestamp),
        expires: row.maybe_int(5)?.map(Timestamp),
        people: row.count(6)?,
        groups: row.count(7)?,
    })
}
