//! People who use the lake over a network, and the groups that they are in.
//!
//! Roles are words here: what they open is for policies to say.

mod factor;
mod group;
mod kept;
mod session;

pub use group::Group;
pub use kept::{KeptGroup, KeptPerson};
pub use session::{OpenSession, SESSION_IDLE_MS, SESSION_MOST_MS};

use crate::{
    Control, ControlError,
    database::{Row, is_duplicate},
};
use model::Timestamp;

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// What they sign in as and what the trail calls them.
    pub name: String,
    /// What they are called on pages.
    pub display: String,
    /// The roles that are open to them.
    pub roles: Vec<String>,
    /// When the account ends, if it does.
    pub expires: Option<Timestamp>,
    /// Who they are at an outside provider, if they sign in there: see [`Control::person_from`].
    pub outside: Option<String>,
}

/// The most characters of a person's or a group's name.
pub const LONGEST_PERSON_NAME: usize = 64;

/// Whether a text can be a person's or a group's name: small letters, digits and `. - _ @ ' +`, a letter or digit first.
#[must_use]
pub fn is_person_name(text: &str) -> bool {
    let fits = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || "._@-'+".contains(one);
    let begins = text.starts_with(|one: char| one.is_ascii_alphanumeric());
    begins && text.len() <= LONGEST_PERSON_NAME && text.chars().all(fits)
}

/// A person, as the lake knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What they sign in as and what the trail calls them.
    pub name: String,
    /// What they are called on pages.
    pub display: String,
    /// The roles that are open to them by themselves.
    pub own_roles: Vec<String>,
    /// The groups that they are in, by name.
    pub groups: Vec<String>,
    /// The roles that are open to them by themselves or by a group, each once, by name.
    pub roles: Vec<String>,
    /// When they were added.
    pub created: Timestamp,
    /// Since when they are suspended, if they are.
    pub suspended: Option<Timestamp>,
    /// When the account ends, if it does.
    pub expires: Option<Timestamp>,
    /// When they were removed, if they were.
    pub removed: Option<Timestamp>,
    /// Which directory keeps them, if one does.
    pub directory: Option<String>,
    /// What that directory calls them by.
    pub external_id: Option<String>,
    /// Since when their directory says that they are not to be let in, if it does.
    pub inactive: Option<Timestamp>,
    /// When they were last changed by their directory.
    pub changed: Option<Timestamp>,
    /// Whether they have a password here.
    pub has_password: bool,
    /// Whether they have a device that makes codes.
    pub has_device: bool,
}

impl Person {
    /// Whether they may come in at `now`.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        let barred = self.suspended.or(self.inactive).or(self.removed);
        barred.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

/// What is changed of a person; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    /// What they are called on pages.
    pub display: Option<String>,
    /// The roles that are open to them by themselves.
    pub roles: Option<Vec<String>>,
    /// When the account ends; `Some(None)` for never.
    pub expires: Option<Option<Timestamp>>,
    /// Whether they are suspended.
    pub suspended: Option<bool>,
}

/// The columns that [`read`] reads, in its order; a row for each group that they are in.
macro_rules! select_people {
    ($rest:literal) => {
        concat!(
            "SELECT p.name, p.display, p.roles, p.created, p.suspended, p.expires, p.removed,
                p.directory, p.external_id, p.inactive, p.changed,
                CAST(CASE WHEN p.password IS NULL THEN 0 ELSE 1 END AS BIGINT),
                CAST(CASE WHEN p.totp IS NULL THEN 0 ELSE 1 END AS BIGINT), g.name, g.roles
             FROM person p LEFT JOIN person_group_member m ON m.person = p.name
             LEFT JOIN person_group g ON g.name = m.group_name ",
            $rest,
            " ORDER BY p.name, g.name"
        )
    };
}
use select_people;

impl Control {
    /// Adds a person, who cannot come in before they have a password.
    ///
    /// # Errors
    /// [`ControlError::AlreadyExists`] if the name is taken, or was once.
    pub async fn add_person(&self, new: &NewPerson) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO person (name, display, roles, created, expires, outside) VALUES ($1, $2, $3, $4, $5, $6)";
        let roles = new.roles.join(" ");
        let params = [
            new.name.as_str().into(),
            new.display.as_str().into(),
            roles.as_str().into(),
            self.now().0.into(),
            new.expires.map(|expires| expires.0).into(),
            new.outside.as_deref().into(),
        ];
        match self.database.run("add a person", SQL, &params).await {
            Err(error) if is_duplicate(&error) => {
                Err(ControlError::AlreadyExists { what: "person", name: new.name.clone() })
            }
            other => other.map(drop),
        }
    }

    /// Changes what is known of a person. Whoever is suspended, or whose account has ended by now, loses their sessions.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such person, or they were removed.
    pub async fn change_person(&self, name: &str, change: &PersonChange) -> Result<(), ControlError> {
        const ACTION: &str = "change a person";
        const SQL: &str = "UPDATE person SET display = COALESCE($2, display), roles = COALESCE($3, roles),
            expires = CASE WHEN $4 = 1 THEN $5 ELSE expires END,
            suspended = CASE WHEN $6 = 0 THEN NULL WHEN $6 = 1 THEN COALESCE(suspended, $7) ELSE suspended END
            WHERE name = $1 AND removed IS NULL";
        let now = self.now();
        let roles = change.roles.as_ref().map(|roles| roles.join(" "));
        let params = [
            name.into(),
            change.display.as_deref().into(),
            roles.as_deref().into(),
            i64::from(change.expires.is_some()).into(),
            change.expires.flatten().map(|expires| expires.0).into(),
            change.suspended.map_or(-1, i64::from).into(),
            now.0.into(),
        ];
        let mut tx = self.begin(ACTION).await?;
        if tx.run(ACTION, SQL, &params).await? == 0 {
            return Err(not_found(name));
        }
        let ended = change.expires.flatten().is_some_and(|expires| expires <= now);
        if ended || change.suspended == Some(true) {
            session::end_in(&mut tx, ACTION, name).await?;
        }
        tx.commit(ACTION).await
    }

    /// Removes a person: what they could show is forgotten, their sessions end, and the name stays theirs in the trail.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such person, or they were removed before.
    pub async fn remove_person(&self, name: &str) -> Result<(), ControlError> {
        const ACTION: &str = "remove a person";
        const SQL: &str =
            "UPDATE person SET removed = $2, roles = '', password = NULL, totp = NULL, outside = NULL
            WHERE name = $1 AND removed IS NULL";
        let mut tx = self.begin(ACTION).await?;
        if tx.run(ACTION, SQL, &[name.into(), self.now().0.into()]).await? == 0 {
            return Err(not_found(name));
        }
        tx.run(ACTION, "DELETE FROM person_group_member WHERE person = $1", &[name.into()]).await?;
        tx.run(ACTION, "DELETE FROM recovery_code WHERE person = $1", &[name.into()]).await?;
        session::end_in(&mut tx, ACTION, name).await?;
        tx.commit(ACTION).await
    }

    /// Every person, by name, those among them that were removed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn people(&self) -> Result<Vec<Person>, ControlError> {
        read(&self.database.rows("list people", select_people!(""), &[]).await?)
    }

    /// The person of that name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn person(&self, name: &str) -> Result<Option<Person>, ControlError> {
        const SQL: &str = select_people!("WHERE p.name = $1");
        Ok(read(&self.database.rows("read a person", SQL, &[name.into()]).await?)?.pop())
    }
}

impl Control {
    /// Who is `outside` at an outside provider: its issuer and their subject there, apart by a space.
    ///
    /// # Errors
    /// The database failed.
    pub async fn person_from(&self, outside: &str) -> Result<Option<Person>, ControlError> {
        const SQL: &str = select_people!("WHERE p.outside = $1 AND p.removed IS NULL");
        Ok(read(&self.database.rows("find a person from elsewhere", SQL, &[outside.into()]).await?)?.pop())
    }

    /// Says who somebody is at an outside provider, or that they are nobody there; their sessions end.
    ///
    /// # Errors
    /// There is no such person, somebody else is who they would be, or the database failed.
    pub async fn link_person(&self, name: &str, outside: Option<&str>) -> Result<(), ControlError> {
        const ACTION: &str = "link a person";
        const SQL: &str = "UPDATE person SET outside = $2 WHERE name = $1 AND removed IS NULL";
        let mut tx = self.begin(ACTION).await?;
        match tx.run(ACTION, SQL, &[name.into(), outside.into()]).await {
            Ok(0) => return Err(not_found(name)),
            Err(error) if is_duplicate(&error) => {
                return Err(ControlError::AlreadyExists {
                    what: "person from elsewhere",
                    name: name.to_owned(),
                });
            }
            changed => drop(changed?),
        }
        session::end_in(&mut tx, ACTION, name).await?;
        tx.commit(ACTION).await
    }
}

fn not_found(name: &str) -> ControlError {
    ControlError::NotFound { what: "person", name: name.to_owned() }
}

/// Reads people from rows of theirs that follow each other.
fn read(rows: &[Row]) -> Result<Vec<Person>, ControlError> {
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let time = |row: &Row, at| row.maybe_int(at).map(|time| time.map(Timestamp));
    let mut people: Vec<Person> = Vec::new();
    for row in rows {
        let name = row.text(0)?;
        if people.last().is_none_or(|last| last.name != name) {
            let own_roles = words(row.text(2)?);
            people.push(Person {
                name,
                display: row.text(1)?,
                roles: own_roles.clone(),
                own_roles,
                groups: Vec::new(),
                created: Timestamp(row.int(3)?),
                suspended: time(row, 4)?,
                expires: time(row, 5)?,
                removed: time(row, 6)?,
                directory: row.maybe_text(7)?,
                external_id: row.maybe_text(8)?,
                inactive: time(row, 9)?,
                changed: time(row, 10)?,
                has_password: row.int(11)? == 1,
                has_device: row.int(12)? == 1,
            });
        }
        if let (Some(person), Some(group)) = (people.last_mut(), row.maybe_text(13)?) {
            person.groups.push(group);
            person.roles.extend(words(row.text(14)?));
        }
    }
    for person in &mut people {
        person.roles.sort_unstable();
        person.roles.dedup();
    }
    Ok(people)
}
