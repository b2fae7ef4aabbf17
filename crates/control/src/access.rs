//! Who may do what, as far as it is kept here: the lake's own policies, and roles that were assumed.

use crate::{Control, ControlError, database::Row};
use model::Timestamp;

/// A policy of the lake's own, in Cedar's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPolicy {
    /// What the operator calls it.
    pub name: String,
    /// What it says.
    pub text: String,
    /// When it was last changed.
    pub changed: Timestamp,
}

impl OwnPolicy {
    /// Its name and its text.
    #[must_use]
    pub fn file(&self) -> (&str, &str) {
        (&self.name, &self.text)
    }
}

/// A role to be acted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAssumption {
    /// Who acts in it.
    pub principal: String,
    /// Which role.
    pub role: String,
    /// For what purpose; empty if none was named.
    pub purpose: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
}

/// A role that somebody acts in, or acted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// Its number.
    pub id: i64,
    /// What was said when it was assumed.
    pub assumed: NewAssumption,
    /// Since when.
    pub began: Timestamp,
    /// When it was given back, if it was.
    pub ended: Option<Timestamp>,
}

impl Assumption {
    /// Whether it is acted in at `now`.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.assumed.expires
    }
}

impl Control {
    /// The lake's own policies, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn own_policies(&self) -> Result<Vec<OwnPolicy>, ControlError> {
        const SQL: &str = "SELECT name, text, changed FROM policy ORDER BY name";
        let read = |row: &Row| {
            Ok(OwnPolicy { name: row.text(0)?, text: row.text(1)?, changed: Timestamp(row.int(2)?) })
        };
        self.database.rows("list policies", SQL, &[]).await?.iter().map(read).collect()
    }

    /// How often the lake's own policies have been changed: as long as it is the same, so are they.
    ///
    /// # Errors
    /// The database failed.
    pub async fn policy_generation(&self) -> Result<i64, ControlError> {
        self.counter("policy").await.map(|generation| generation.0)
    }

    /// Keeps a policy, in place of the one of that name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_policy(&self, name: &str, text: &str) -> Result<(), ControlError> {
        const ACTION: &str = "set a policy";
        const SQL: &str = "INSERT INTO policy (name, text, changed) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET text = excluded.text, changed = excluded.changed";
        let mut tx = self.begin(ACTION).await?;
        tx.count(ACTION, "policy").await?;
        tx.run(ACTION, SQL, &[name.into(), text.into(), self.now().0.into()]).await?;
        tx.commit(ACTION).await
    }

    /// Keeps a policy no longer.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is none of that name.
    pub async fn remove_policy(&self, name: &str) -> Result<(), ControlError> {
        const ACTION: &str = "remove a policy";
        let mut tx = self.begin(ACTION).await?;
        tx.count(ACTION, "policy").await?;
        match tx.run(ACTION, "DELETE FROM policy WHERE name = $1", &[name.into()]).await? {
            0 => Err(ControlError::NotFound { what: "policy", name: name.to_owned() }),
            _ => tx.commit(ACTION).await,
        }
    }

    /// Notes that somebody acts in a role.
    ///
    /// # Errors
    /// The database failed.
    pub async fn assume_role(&self, new: NewAssumption) -> Result<Assumption, ControlError> {
        const ACTION: &str = "assume a role";
        const SQL: &str =
            "INSERT INTO assumption (id, principal, role, purpose, reason, began, expires, ended)
            VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)";
        let began = self.now();
        let mut tx = self.begin(ACTION).await?;
        let id = tx.count(ACTION, "assumption").await?;
        let params = [
            id.into(),
            new.principal.as_str().into(),
            new.role.as_str().into(),
            new.purpose.as_str().into(),
            new.reason.as_str().into(),
            began.0.into(),
            new.expires.0.into(),
        ];
        tx.run(ACTION, SQL, &params).await?;
        tx.commit(ACTION).await?;
        Ok(Assumption { id, assumed: new, began, ended: None })
    }

    /// Notes that somebody acts in no role any more; how many were given back.
    ///
    /// # Errors
    /// The database failed.
    pub async fn give_roles_back(&self, principal: &str) -> Result<u64, ControlError> {
        const SQL: &str =
            "UPDATE assumption SET ended = $2 WHERE principal = $1 AND ended IS NULL AND expires > $2";
        self.database.run("give a role back", SQL, &[principal.into(), self.now().0.into()]).await
    }

    /// Roles that were assumed, the newest first, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn assumptions(&self, limit: usize) -> Result<Vec<Assumption>, ControlError> {
        const SQL: &str = "SELECT id, principal, role, purpose, reason, expires, began, ended
            FROM assumption ORDER BY id DESC LIMIT $1";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.database.rows("list assumed roles", SQL, &[limit.into()]).await?.iter().map(read).collect()
    }

    /// The role that somebody acts in now: the last one assumed, if it is active.
    ///
    /// # Errors
    /// The database failed.
    pub async fn active_role(&self, principal: &str) -> Result<Option<Assumption>, ControlError> {
        const SQL: &str = "SELECT id, principal, role, purpose, reason, expires, began, ended
            FROM assumption WHERE principal = $1 AND ended IS NULL AND expires > $2
            ORDER BY id DESC LIMIT 1";
        let params = [principal.into(), self.now().0.into()];
        let row = self.database.row("find an assumed role", SQL, &params).await?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &Row) -> Result<Assumption, ControlError> {
    let assumed = NewAssumption {
        principal: row.text(1)?,
        role: row.text(2)?,
        purpose: row.text(3)?,
        reason: row.text(4)?,
        expires: Timestamp(row.int(5)?),
    };
    Ok(Assumption {
        id: row.int(0)?,
        assumed,
        began: Timestamp(row.int(6)?),
        ended: row.maybe_int(7)?.map(Timestamp),
    })
}
