//! Questions that people keep, for themselves or for everybody.

use crate::{Control, ControlError, database::Row};
use model::Timestamp;

/// A question that somebody has kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedQuery {
    /// What it is called; its own among all.
    pub name: String,
    /// Who has kept it.
    pub owner: String,
    /// Whether others find it too.
    pub shared: bool,
    /// What it answers, in a sentence.
    pub about: String,
    /// The SQL.
    pub sql: String,
    /// When it was last changed.
    pub changed: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT name, owner, shared, about, said, changed FROM saved_query ", $rest)
    };
}

impl Control {
    /// Keeps a question, in the place of one of this name that is the same owner's.
    ///
    /// # Errors
    /// Somebody else's has the name, or the database failed.
    pub async fn save_query(&self, query: &SavedQuery) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO saved_query (name, owner, shared, about, said, changed)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (name) DO UPDATE SET shared = excluded.shared, about = excluded.about,
                said = excluded.said, changed = excluded.changed
            WHERE saved_query.owner = excluded.owner";
        let params = [
            query.name.as_str().into(),
            query.owner.as_str().into(),
            i64::from(query.shared).into(),
            query.about.as_str().into(),
            query.sql.as_str().into(),
            self.now().0.into(),
        ];
        match self.database.run("keep a question", SQL, &params).await? {
            0 => Err(ControlError::AlreadyExists { what: "question", name: query.name.clone() }),
            _ => Ok(()),
        }
    }

    /// The questions that somebody finds: their own and those that are shared, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn saved_queries(&self, who: &str) -> Result<Vec<SavedQuery>, ControlError> {
        const SQL: &str = select!("WHERE owner = $1 OR shared = 1 ORDER BY name");
        self.database.rows("list questions", SQL, &[who.into()]).await?.iter().map(read).collect()
    }

    /// A question that somebody finds.
    ///
    /// # Errors
    /// The database failed.
    pub async fn saved_query(&self, who: &str, name: &str) -> Result<Option<SavedQuery>, ControlError> {
        const SQL: &str = select!("WHERE name = $2 AND (owner = $1 OR shared = 1)");
        let row = self.database.row("find a question", SQL, &[who.into(), name.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// Forgets a question of somebody's own.
    ///
    /// # Errors
    /// There is none of the name that is theirs, or the database failed.
    pub async fn forget_query(&self, owner: &str, name: &str) -> Result<(), ControlError> {
        const SQL: &str = "DELETE FROM saved_query WHERE name = $2 AND owner = $1";
        match self.database.run("forget a question", SQL, &[owner.into(), name.into()]).await? {
            0 => Err(ControlError::NotFound { what: "question", name: name.to_owned() }),
            _ => Ok(()),
        }
    }
}

fn read(row: &Row) -> Result<SavedQuery, ControlError> {
    Ok(SavedQuery {
        name: row.text(0)?,
        owner: row.text(1)?,
        shared: row.int(2)? == 1,
        about: row.text(3)?,
        sql: row.text(4)?,
        changed: Timestamp(row.int(5)?),
    })
}
