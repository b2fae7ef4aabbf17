//! Groups of people: roles that are given to all of them.

use super::not_found as person_not_found;
use crate::{
    Control, ControlError,
    database::{Row, is_duplicate},
};

/// A group of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The roles that are open to those in it.
    pub roles: Vec<String>,
    /// How many are in it.
    pub members: u64,
}

impl Control {
    /// Adds a group, or says anew which roles are open to those in it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_group(&self, name: &str, roles: &[String]) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO person_group (name, roles, created) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET roles = excluded.roles";
        let roles = roles.join(" ");
        let params = [name.into(), roles.as_str().into(), self.now().0.into()];
        self.database.run("write a group", SQL, &params).await.map(drop)
    }

    /// Removes a group; those in it lose what they had by it at their next request.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is none of that name.
    pub async fn remove_group(&self, name: &str) -> Result<(), ControlError> {
        const ACTION: &str = "remove a group";
        let mut tx = self.begin(ACTION).await?;
        tx.run(ACTION, "DELETE FROM person_group_member WHERE group_name = $1", &[name.into()]).await?;
        match tx.run(ACTION, "DELETE FROM person_group WHERE name = $1", &[name.into()]).await? {
            0 => Err(not_found(name)),
            _ => tx.commit(ACTION).await,
        }
    }

    /// Every group, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn groups(&self) -> Result<Vec<Group>, ControlError> {
        const SQL: &str = "SELECT g.name, g.roles, (SELECT COUNT(*) FROM person_group_member m
            WHERE m.group_name = g.name) FROM person_group g ORDER BY g.name";
        let read = |row: &Row| {
            let roles = row.text(1)?.split_whitespace().map(str::to_owned).collect();
            Ok(Group { name: row.text(0)?, roles, members: row.count(2)? })
        };
        self.database.rows("list groups", SQL, &[]).await?.iter().map(read).collect()
    }

    /// Puts a person into a group; whoever is in it already stays.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such person or group.
    pub async fn add_member(&self, group: &str, person: &str) -> Result<(), ControlError> {
        const ACTION: &str = "add to a group";
        const PERSON: &str = "SELECT name FROM person WHERE name = $1 AND removed IS NULL";
        const INSERT: &str = "INSERT INTO person_group_member (group_name, person)
            SELECT g.name, $2 FROM person_group g WHERE g.name = $1";
        if self.database.row(ACTION, PERSON, &[person.into()]).await?.is_none() {
            return Err(person_not_found(person));
        }
        match self.database.run(ACTION, INSERT, &[group.into(), person.into()]).await {
            Ok(0) => Err(not_found(group)),
            Err(error) if is_duplicate(&error) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Takes a person out of a group.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if they are not in it.
    pub async fn remove_member(&self, group: &str, person: &str) -> Result<(), ControlError> {
        const SQL: &str = "DELETE FROM person_group_member WHERE group_name = $1 AND person = $2";
        match self.database.run("take out of a group", SQL, &[group.into(), person.into()]).await? {
            0 => Err(ControlError::NotFound { what: "member", name: format!("{person} of {group}") }),
            _ => Ok(()),
        }
    }
}

pub(super) fn not_found(name: &str) -> ControlError {
    ControlError::NotFound { what: "group", name: name.to_owned() }
}
