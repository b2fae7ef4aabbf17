//! Marts that are registered: the texts of their folders, every registration kept.

use crate::{
    Control, ControlError, NewJob,
    database::{Row, number},
    job::put_in,
};
use model::Timestamp;
use std::collections::BTreeMap;

/// A registered mart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredMart {
    /// Its number, which no other registration has.
    pub number: i64,
    /// Its name, and its schema in SQL.
    pub name: String,
    /// Who registered it.
    pub actor: String,
    /// When.
    pub registered: Timestamp,
    /// The texts of its folder, by file name.
    pub files: BTreeMap<String, String>,
}

/// A registration of a mart, whether it counts or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MartRegistration {
    /// Its number among those of all marts.
    pub number: i64,
    /// Who registered it.
    pub actor: String,
    /// When.
    pub registered: Timestamp,
    /// Whether it counts now.
    pub current: bool,
}

impl Control {
    /// Registers a mart with its job, in place of one of the same name, and gives its number; `None` if the newest of
    /// that name has the same texts already. `next_due` is when the clock queues the job first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn register_mart(
        &self,
        name: &str,
        files: &BTreeMap<String, String>,
        actor: &str,
        (job, next_due): (&NewJob, Option<Timestamp>),
    ) -> Result<Option<i64>, ControlError> {
        const ACTION: &str = "register a mart";
        const REPLACE: &str =
            "UPDATE registered_mart SET state = 'replaced' WHERE name = $1 AND state = 'current'";
        const INSERT: &str = "INSERT INTO registered_mart (number, name, state, actor, registered)
            VALUES ($1, $2, 'current', $3, $4)";
        const FILE: &str = "INSERT INTO mart_file (mart, file, said) VALUES ($1, $2, $3)";
        if self.marts().await?.iter().any(|mart| mart.name == name && mart.files == *files) {
            return Ok(None);
        }
        let mut tx = self.begin(ACTION).await?;
        let number = tx.count(ACTION, "mart").await?;
        tx.run(ACTION, REPLACE, &[name.into()]).await?;
        tx.run(ACTION, INSERT, &[number.into(), name.into(), actor.into(), self.now().0.into()]).await?;
        for (file, text) in files {
            tx.run(ACTION, FILE, &[number.into(), file.as_str().into(), text.as_str().into()]).await?;
        }
        put_in(&mut tx, ACTION, job, next_due).await?;
        // Its tables are behind, whatever they read.
        tx.run(ACTION, "UPDATE job SET made_from = 0 WHERE name = $1", &[job.name.as_str().into()]).await?;
        tx.commit(ACTION).await?;
        Ok(Some(number))
    }

    /// The registrations of a mart, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mart_registrations(
        &self,
        name: &str,
        limit: u64,
    ) -> Result<Vec<MartRegistration>, ControlError> {
        const SQL: &str = "SELECT number, actor, registered, state FROM registered_mart
            WHERE name = $1 ORDER BY number DESC LIMIT $2";
        let one = |row: &Row| {
            Ok(MartRegistration {
                number: row.int(0)?,
                actor: row.text(1)?,
                registered: Timestamp(row.int(2)?),
                current: row.text(3)? == "current",
            })
        };
        let params = [name.into(), number(limit).into()];
        self.database.rows("list registrations of a mart", SQL, &params).await?.iter().map(one).collect()
    }

    /// The texts of a registration, by file.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mart_files(&self, number: i64) -> Result<BTreeMap<String, String>, ControlError> {
        const SQL: &str = "SELECT file, said FROM mart_file WHERE mart = $1";
        let rows = self.database.rows("read the texts of a mart", SQL, &[number.into()]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }

    /// Takes a mart out of the registry. Its tables stay as they are, and are built no more.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no mart of that name is registered.
    pub async fn remove_mart(&self, name: &str) -> Result<(), ControlError> {
        const ACTION: &str = "remove a mart";
        const SQL: &str = "UPDATE registered_mart SET state = 'gone' WHERE name = $1 AND state = 'current'";
        let mut tx = self.begin(ACTION).await?;
        tx.count(ACTION, "mart").await?;
        if tx.run(ACTION, SQL, &[name.into()]).await? == 0 {
            return Err(ControlError::NotFound { what: "registered mart", name: name.to_owned() });
        }
        tx.commit(ACTION).await
    }

    /// The marts that are registered now, in the order of registration.
    ///
    /// # Errors
    /// The database failed.
    pub async fn marts(&self) -> Result<Vec<RegisteredMart>, ControlError> {
        const SQL: &str = "SELECT m.number, m.name, m.actor, m.registered, f.file, f.said
            FROM registered_mart m JOIN mart_file f ON f.mart = m.number
            WHERE m.state = 'current' ORDER BY m.number, f.file";
        let rows = self.database.rows("list marts", SQL, &[]).await?;
        let mut marts: Vec<RegisteredMart> = Vec::new();
        for row in &rows {
            let mart = read_mart(row)?;
            match marts.last_mut() {
                Some(last) if last.number == mart.number => last.files.extend(mart.files),
                _ => marts.push(mart),
            }
        }
        Ok(marts)
    }

    /// A number that grows whenever a mart is registered or removed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn marts_changed(&self) -> Result<i64, ControlError> {
        self.counter("mart").await.map(|counter| counter.0)
    }
}

/// A mart with one of its files.
fn read_mart(row: &Row) -> Result<RegisteredMart, ControlError> {
    Ok(RegisteredMart {
        number: row.int(0)?,
        name: row.text(1)?,
        actor: row.text(2)?,
        registered: Timestamp(row.int(3)?),
        files: BTreeMap::from([(row.text(4)?, row.text(5)?)]),
    })
}
