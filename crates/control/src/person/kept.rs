//! People and groups that a directory keeps. It sees and changes those alone, and opens no role by itself.
//!
//! What is changed is first locked, then looked at, then written: two changes at once are one after the other.

use super::{Person, group, not_found, read, session};
use crate::{
    Control, ControlError,
    database::{Row, Tx, is_duplicate},
};
use model::Timestamp;
use std::collections::BTreeSet;

/// What a directory says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPerson {
    /// What they are called on pages; their name if `None`.
    pub display: Option<String>,
    /// What the directory calls them by.
    pub external_id: Option<String>,
    /// Whether they are to be let in.
    pub active: bool,
    /// Who they are at an outside provider, if that is known: see [`Control::person_from`].
    pub outside: Option<String>,
}

/// A group that a directory keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptGroup {
    /// Its name here, which stays.
    pub name: String,
    /// What the directory calls it.
    pub display: String,
    /// What the directory calls it by.
    pub external_id: Option<String>,
    /// Who is in it, by name.
    pub members: BTreeSet<String>,
    /// When it was added.
    pub created: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
}

impl Control {
    /// Adds a person whom `directory` keeps; they have no password here.
    ///
    /// # Errors
    /// [`ControlError::AlreadyExists`] if the name is taken, or was once, or somebody else is who they would be at the
    /// outside provider.
    pub async fn keep_person(
        &self,
        directory: &str,
        name: &str,
        kept: &KeptPerson,
    ) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO person
            (name, display, roles, created, changed, outside, directory, external_id, inactive)
            VALUES ($1, $2, '', $3, $3, $4, $5, $6, $7)";
        let now = self.now();
        let params = [
            name.into(),
            kept.display.as_deref().unwrap_or(name).into(),
            now.0.into(),
            kept.outside.as_deref().into(),
            directory.into(),
            kept.external_id.as_deref().into(),
            (!kept.active).then_some(now.0).into(),
        ];
        match self.database.run("keep a person", SQL, &params).await {
            Err(error) if is_duplicate(&error) => Err(taken("person", name)),
            done => done.map(drop),
        }
    }

    /// Changes a person whom `directory` keeps into what `change` makes of them; gives back what they are then. Whoever
    /// is inactive then, or somebody else at the outside provider, loses their sessions.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if it keeps no such person; [`ControlError::AlreadyExists`] if somebody else is who they
    /// would be. What `change` refuses stays as it was.
    pub async fn change_kept_person<E>(
        &self,
        directory: &str,
        name: &str,
        change: impl FnOnce(&Person) -> Result<KeptPerson, E> + Send,
    ) -> Result<Result<Person, E>, ControlError> {
        const ACTION: &str = "change a kept person";
        const LOCK: &str =
            "UPDATE person SET changed = $3 WHERE name = $1 AND directory = $2 AND removed IS NULL";
        const SQL: &str = "UPDATE person SET display = $2, external_id = $3, outside = COALESCE($4, outside),
            inactive = CASE WHEN $5 = 1 THEN NULL ELSE COALESCE(inactive, $6) END WHERE name = $1";
        const PERSON: &str = super::select_people!("WHERE p.name = $1");
        let now = self.now().0;
        let mut tx = self.begin(ACTION).await?;
        if tx.run(ACTION, LOCK, &[name.into(), directory.into(), now.into()]).await? == 0 {
            return Err(not_found(name));
        }
        let found = read(&tx.rows(ACTION, PERSON, &[name.into()]).await?)?.pop();
        let kept = match change(&found.ok_or_else(|| not_found(name))?) {
            Ok(kept) => kept,
            Err(error) => return Ok(Err(error)),
        };
        let params = [
            name.into(),
            kept.display.as_deref().unwrap_or(name).into(),
            kept.external_id.as_deref().into(),
            kept.outside.as_deref().into(),
            i64::from(kept.active).into(),
            now.into(),
        ];
        let is_somebody_else =
            outside_in(&mut tx, ACTION, name).await? != kept.outside && kept.outside.is_some();
        match tx.run(ACTION, SQL, &params).await {
            Err(error) if is_duplicate(&error) => return Err(taken("person from elsewhere", name)),
            done => drop(done?),
        }
        if !kept.active || is_somebody_else {
            session::end_in(&mut tx, ACTION, name).await?;
        }
        let changed = read(&tx.rows(ACTION, PERSON, &[name.into()]).await?)?.pop();
        tx.commit(ACTION).await?;
        changed.map(Ok).ok_or_else(|| not_found(name))
    }

    /// The people whom `directory` keeps, by name, without those that were removed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn people_of(&self, directory: &str) -> Result<Vec<Person>, ControlError> {
        const SQL: &str = super::select_people!("WHERE p.directory = $1 AND p.removed IS NULL");
        read(&self.database.rows("list kept people", SQL, &[directory.into()]).await?)
    }

    /// Gives a person to a directory, which keeps them from now on; to none if `directory` is `None`.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such person or directory.
    pub async fn hand_over_person(&self, name: &str, directory: Option<&str>) -> Result<(), ControlError> {
        const SQL: &str =
            "UPDATE person SET directory = $2, external_id = NULL, inactive = NULL, changed = $3
            WHERE name = $1 AND removed IS NULL";
        let known = self.directories().await?;
        if let Some(directory) = directory.filter(|name| known.iter().all(|known| known.name != **name)) {
            return Err(ControlError::NotFound { what: "directory", name: directory.to_owned() });
        }
        let params = [name.into(), directory.into(), self.now().0.into()];
        match self.database.run("hand a person over", SQL, &params).await? {
            0 => Err(not_found(name)),
            _ => Ok(()),
        }
    }

    /// Adds a group that `directory` keeps; it opens no role.
    ///
    /// # Errors
    /// [`ControlError::AlreadyExists`] if there is a group of that name; [`ControlError::NotFound`] if a member is nobody
    /// whom the directory keeps.
    pub async fn keep_group(&self, directory: &str, kept: &KeptGroup) -> Result<(), ControlError> {
        const ACTION: &str = "keep a group";
        const SQL: &str = "INSERT INTO person_group
            (name, roles, created, changed, directory, external_id, display) VALUES ($1, '', $2, $2, $3, $4, $5)";
        let params = [
            kept.name.as_str().into(),
            kept.created.0.into(),
            directory.into(),
            kept.external_id.as_deref().into(),
            kept.display.as_str().into(),
        ];
        let mut tx = self.begin(ACTION).await?;
        match tx.run(ACTION, SQL, &params).await {
            Err(error) if is_duplicate(&error) => return Err(taken("group", &kept.name)),
            done => drop(done?),
        }
        join(&mut tx, ACTION, (directory, &kept.name), &kept.members).await?;
        tx.commit(ACTION).await
    }

    /// Changes a group that `directory` keeps into what `change` makes of it; gives back what it is then.
    ///
    /// # Errors
    /// As [`Control::keep_group`]; [`ControlError::NotFound`] also if it keeps no such group. What `change` refuses stays
    /// as it was.
    pub async fn change_kept_group<E>(
        &self,
        directory: &str,
        name: &str,
        change: impl FnOnce(&KeptGroup) -> Result<KeptGroup, E> + Send,
    ) -> Result<Result<KeptGroup, E>, ControlError> {
        const ACTION: &str = "change a kept group";
        const LOCK: &str = "UPDATE person_group SET changed = $3 WHERE name = $1 AND directory = $2";
        const SQL: &str = "UPDATE person_group SET display = $2, external_id = $3 WHERE name = $1";
        const LEAVE: &str = "DELETE FROM person_group_member WHERE group_name = $1 AND person = $2";
        let now = self.now().0;
        let mut tx = self.begin(ACTION).await?;
        if tx.run(ACTION, LOCK, &[name.into(), directory.into(), now.into()]).await? == 0 {
            return Err(group::not_found(name));
        }
        let found =
            read_groups(&tx.rows(ACTION, SELECT_GROUP, &[directory.into(), name.into()]).await?)?.pop();
        let before = found.ok_or_else(|| group::not_found(name))?;
        let after = match change(&before) {
            Ok(after) => after,
            Err(error) => return Ok(Err(error)),
        };
        let params = [name.into(), after.display.as_str().into(), after.external_id.as_deref().into()];
        tx.run(ACTION, SQL, &params).await?;
        for gone in before.members.difference(&after.members) {
            tx.run(ACTION, LEAVE, &[name.into(), gone.as_str().into()]).await?;
        }
        let come = after.members.difference(&before.members).cloned().collect();
        join(&mut tx, ACTION, (directory, name), &come).await?;
        tx.commit(ACTION).await?;
        Ok(Ok(KeptGroup { name: before.name, created: before.created, changed: Timestamp(now), ..after }))
    }

    /// The groups that `directory` keeps, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn groups_of(&self, directory: &str) -> Result<Vec<KeptGroup>, ControlError> {
        read_groups(&self.database.rows("list kept groups", SELECT_GROUPS, &[directory.into()]).await?)
    }
}

/// The columns that [`read_groups`] reads, in its order; a row for each member.
macro_rules! select_groups {
    ($rest:literal) => {
        concat!(
            "SELECT g.name, COALESCE(g.display, g.name), g.external_id, g.created, COALESCE(g.changed, g.created), m.person
             FROM person_group g LEFT JOIN person_group_member m ON m.group_name = g.name ",
            $rest,
            " ORDER BY g.name, m.person"
        )
    };
}
const SELECT_GROUP: &str = select_groups!("WHERE g.directory = $1 AND g.name = $2");
const SELECT_GROUPS: &str = select_groups!("WHERE g.directory = $1");

/// Puts people whom the directory keeps into a group.
async fn join(
    tx: &mut Tx,
    action: &'static str,
    (directory, group): (&str, &str),
    members: &BTreeSet<String>,
) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO person_group_member (group_name, person)
        SELECT $1, name FROM person WHERE name = $2 AND directory = $3 AND removed IS NULL";
    for member in members {
        if tx.run(action, SQL, &[group.into(), member.as_str().into(), directory.into()]).await? == 0 {
            return Err(not_found(member));
        }
    }
    Ok(())
}

/// Who somebody is at an outside provider.
async fn outside_in(tx: &mut Tx, action: &'static str, name: &str) -> Result<Option<String>, ControlError> {
    let row = tx.row(action, "SELECT outside FROM person WHERE name = $1", &[name.into()]).await?;
    row.map_or(Ok(None), |row| row.maybe_text(0))
}

fn taken(what: &'static str, name: &str) -> ControlError {
    ControlError::AlreadyExists { what, name: name.to_owned() }
}

/// Reads groups from rows of theirs that follow each other.
fn read_groups(rows: &[Row]) -> Result<Vec<KeptGroup>, ControlError> {
    let mut groups: Vec<KeptGroup> = Vec::new();
    for row in rows {
        let name = row.text(0)?;
        if groups.last().is_none_or(|last| last.name != name) {
            groups.push(KeptGroup {
                name,
                display: row.text(1)?,
                external_id: row.maybe_text(2)?,
                members: BTreeSet::new(),
                created: Timestamp(row.int(3)?),
                changed: Timestamp(row.int(4)?),
            });
        }
        if let (Some(group), Some(member)) = (groups.last_mut(), row.maybe_text(5)?) {
            group.members.insert(member);
        }
    }
    Ok(groups)
}
