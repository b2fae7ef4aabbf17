//! Legal holds on the audit trail: records that somebody still has to be able to show.

use crate::{Control, ControlError, database::Row};
use model::Timestamp;

/// A hold to be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuditHold {
    /// What the records are kept for.
    pub reason: String,
    /// Who says so.
    pub placed_by: String,
    /// It covers what was recorded at or after this moment; none: since ever.
    pub from: Option<Timestamp>,
    /// It covers what was recorded before this moment; none: for ever.
    pub until: Option<Timestamp>,
}

/// A hold, and whether it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHold {
    /// Its number.
    pub id: i64,
    /// What it covers, and why.
    pub hold: NewAuditHold,
    /// Since when it holds.
    pub placed: Timestamp,
    /// That it does not hold any more.
    pub released: Option<Released>,
}

/// That a hold does not hold any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// Since when.
    pub time: Timestamp,
    /// Who said so.
    pub by: String,
}

impl NewAuditHold {
    /// Whether it can cover records that were recorded before this moment.
    #[must_use]
    pub fn covers_before(&self, before: Timestamp) -> bool {
        self.from.is_none_or(|from| from < before)
    }
}

impl AuditHold {
    /// Whether it holds.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.released.is_none()
    }
}

impl Control {
    /// Places a hold; from now on what it covers stays.
    ///
    /// # Errors
    /// The database failed.
    pub async fn place_audit_hold(&self, hold: NewAuditHold) -> Result<AuditHold, ControlError> {
        const ACTION: &str = "place an audit hold";
        const SQL: &str = "INSERT INTO audit_hold (id, reason, placed_by, placed, from_time, until_time)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let placed = self.now();
        let mut tx = self.begin(ACTION).await?;
        let id = tx.count(ACTION, "audit_hold").await?;
        let params = [
            id.into(),
            hold.reason.as_str().into(),
            hold.placed_by.as_str().into(),
            placed.0.into(),
            hold.from.map(|from| from.0).into(),
            hold.until.map(|until| until.0).into(),
        ];
        tx.run(ACTION, SQL, &params).await?;
        tx.commit(ACTION).await?;
        Ok(AuditHold { id, hold, placed, released: None })
    }

    /// All holds, the open ones first, each kind in the order in which they were placed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit_holds(&self) -> Result<Vec<AuditHold>, ControlError> {
        const SQL: &str = "SELECT id, reason, placed_by, placed, from_time, until_time, released, released_by
            FROM audit_hold ORDER BY CASE WHEN released IS NULL THEN 0 ELSE 1 END, id";
        self.database.rows("list audit holds", SQL, &[]).await?.iter().map(read).collect()
    }

    /// Releases a hold, once.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no open hold of that number.
    pub async fn release_audit_hold(&self, id: i64, by: &str) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE audit_hold SET released = $2, released_by = $3
            WHERE id = $1 AND released IS NULL";
        let params = [id.into(), self.now().0.into(), by.into()];
        match self.database.run("release an audit hold", SQL, &params).await? {
            0 => Err(ControlError::NotFound { what: "open audit hold", name: id.to_string() }),
            _ => Ok(()),
        }
    }
}

fn read(row: &Row) -> Result<AuditHold, ControlError> {
    let by = row.text(7)?;
    Ok(AuditHold {
        id: row.int(0)?,
        hold: NewAuditHold {
            reason: row.text(1)?,
            placed_by: row.text(2)?,
            from: row.maybe_int(4)?.map(Timestamp),
            until: row.maybe_int(5)?.map(Timestamp),
        },
        placed: Timestamp(row.int(3)?),
        released: row.maybe_int(6)?.map(|time| Released { time: Timestamp(time), by }),
    })
}
