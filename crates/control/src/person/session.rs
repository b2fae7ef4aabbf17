//! Sessions of people: kept under hashes of their tokens, so that whoever reads the database cannot act in one.

use super::{Person, not_found};
use crate::{Control, ControlError, database::Tx};
use model::Timestamp;

/// How long a session lasts without a request, in milliseconds.
pub const SESSION_IDLE_MS: i64 = 30 * 60_000;

/// How long a session lasts at most, in milliseconds.
pub const SESSION_MOST_MS: i64 = 12 * 3_600_000;

/// How far apart requests are noted, in milliseconds: not each of them is worth a write.
const SEEN_EVERY_MS: i64 = 60_000;

/// Sessions that one person may have at once; a further one ends the oldest.
const MOST_SESSIONS: i64 = 16;

/// A session that counts, and whose it is.
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// Whose it is, as they stand now.
    pub person: Person,
    /// Whether a second factor was shown when it began.
    pub second_factor: bool,
    /// When it began.
    pub began: Timestamp,
    /// When it ends, whatever is done in it.
    pub expires: Timestamp,
}

impl Control {
    /// Begins a session of a person under the hash of its token.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such person, or they may not come in.
    pub async fn begin_session(
        &self,
        mac: [u8; 32],
        person: &str,
        second_factor: bool,
        roles: &[String],
    ) -> Result<(), ControlError> {
        const ACTION: &str = "begin a session";
        const FORGET: &str = "DELETE FROM console_session WHERE expires <= $1 OR seen <= $2";
        const TOO_MANY: &str = "DELETE FROM console_session WHERE person = $1 AND mac NOT IN
            (SELECT mac FROM console_session WHERE person = $1 ORDER BY began DESC, mac LIMIT $2)";
        const INSERT: &str =
            "INSERT INTO console_session (mac, person, second_factor, began, seen, expires, roles)
            SELECT $1, name, $3, $4, $4, CASE WHEN expires < $5 THEN expires ELSE $5 END, $6 FROM person
            WHERE name = $2 AND removed IS NULL AND suspended IS NULL AND inactive IS NULL AND (expires IS NULL OR expires > $4)";
        let (now, roles) = (self.now(), roles.join(" "));
        let mut tx = self.begin(ACTION).await?;
        tx.run(ACTION, FORGET, &[now.0.into(), now.plus_ms(-SESSION_IDLE_MS).0.into()]).await?;
        tx.run(ACTION, TOO_MANY, &[person.into(), (MOST_SESSIONS - 1).into()]).await?;
        let params = [
            mac.as_slice().into(),
            person.into(),
            i64::from(second_factor).into(),
            now.0.into(),
            now.plus_ms(SESSION_MOST_MS).0.into(),
            roles.as_str().into(),
        ];
        match tx.run(ACTION, INSERT, &params).await? {
            0 => Err(not_found(person)),
            _ => tx.commit(ACTION).await,
        }
    }

    /// The session whose token has this hash, if it counts, and its person too. That it is used keeps it alive.
    ///
    /// # Errors
    /// The database failed.
    pub async fn session(&self, mac: [u8; 32]) -> Result<Option<OpenSession>, ControlError> {
        const ACTION: &str = "find a session";
        const SQL: &str = "SELECT person, second_factor, began, seen, expires, roles FROM console_session
            WHERE mac = $1 AND expires > $2 AND seen > $3";
        const SEEN: &str = "UPDATE console_session SET seen = $2 WHERE mac = $1";
        let now = self.now();
        let oldest = now.plus_ms(-SESSION_IDLE_MS);
        let params = [mac.as_slice().into(), now.0.into(), oldest.0.into()];
        let Some(row) = self.database.row(ACTION, SQL, &params).await? else { return Ok(None) };
        let Some(mut person) = self.person(&row.text(0)?).await? else { return Ok(None) };
        if !person.counts(now) {
            return Ok(None);
        }
        if row.int(3)? + SEEN_EVERY_MS <= now.0 {
            self.database.run(ACTION, SEEN, &[mac.as_slice().into(), now.0.into()]).await?;
        }
        person.roles.extend(row.text(5)?.split_whitespace().map(str::to_owned));
        person.roles.sort_unstable();
        person.roles.dedup();
        let second_factor = row.int(1)? == 1;
        let (began, expires) = (Timestamp(row.int(2)?), Timestamp(row.int(4)?));
        Ok(Some(OpenSession { person, second_factor, began, expires }))
    }

    /// Ends a session; one that is over is no error.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_session(&self, mac: [u8; 32]) -> Result<(), ControlError> {
        const SQL: &str = "DELETE FROM console_session WHERE mac = $1";
        self.database.run("end a session", SQL, &[mac.as_slice().into()]).await.map(drop)
    }
}

/// Ends all sessions of a person.
pub(super) async fn end_in(tx: &mut Tx, action: &'static str, person: &str) -> Result<(), ControlError> {
    tx.run(action, "DELETE FROM console_session WHERE person = $1", &[person.into()]).await.map(drop)
}
