//! What people show that they are themselves: a password, a code of a device, a recovery code.
//!
//! Whoever calls hashes and seals. What may be used once is used up by the statement that looks at it.

use super::{not_found, session};
use crate::{Control, ControlError};

impl Control {
    /// Gives a person a password, by its hash in PHC form, or takes it away. All their sessions end.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such person.
    pub async fn set_password(&self, person: &str, hash: Option<&str>) -> Result<(), ControlError> {
        const ACTION: &str = "set a password";
        const SQL: &str = "UPDATE person SET password = $2 WHERE name = $1 AND removed IS NULL";
        let mut tx = self.begin(ACTION).await?;
        if tx.run(ACTION, SQL, &[person.into(), hash.into()]).await? == 0 {
            return Err(not_found(person));
        }
        session::end_in(&mut tx, ACTION, person).await?;
        tx.commit(ACTION).await
    }

    /// The hash of a person's password, if they have one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn password_hash(&self, person: &str) -> Result<Option<String>, ControlError> {
        const SQL: &str = "SELECT password FROM person WHERE name = $1 AND removed IS NULL";
        let row = self.database.row("read a password's hash", SQL, &[person.into()]).await?;
        row.map_or(Ok(None), |row| row.maybe_text(0))
    }

    /// Gives a person a device, by its sealed secret, with the keyed hashes of codes that stand in for it; or takes
    /// it away. All their sessions end.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such person.
    pub async fn set_device(
        &self,
        person: &str,
        sealed: Option<&[u8]>,
        recovery: &[[u8; 32]],
    ) -> Result<(), ControlError> {
        const ACTION: &str = "set a device";
        const SET: &str = "UPDATE person SET totp = $2, totp_step = 0 WHERE name = $1 AND removed IS NULL";
        const CLEAR: &str =
            "UPDATE person SET totp = NULL, totp_step = 0 WHERE name = $1 AND removed IS NULL";
        const CODE: &str = "INSERT INTO recovery_code (person, mac) VALUES ($1, $2)";
        let mut tx = self.begin(ACTION).await?;
        let changed = match sealed {
            Some(sealed) => tx.run(ACTION, SET, &[person.into(), sealed.into()]).await?,
            None => tx.run(ACTION, CLEAR, &[person.into()]).await?,
        };
        if changed == 0 {
            return Err(not_found(person));
        }
        tx.run(ACTION, "DELETE FROM recovery_code WHERE person = $1", &[person.into()]).await?;
        for mac in recovery {
            tx.run(ACTION, CODE, &[person.into(), mac.as_slice().into()]).await?;
        }
        session::end_in(&mut tx, ACTION, person).await?;
        tx.commit(ACTION).await
    }

    /// The sealed secret of a person's device, if they have one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn device(&self, person: &str) -> Result<Option<Vec<u8>>, ControlError> {
        const SQL: &str = "SELECT totp FROM person WHERE name = $1 AND removed IS NULL";
        let row = self.database.row("read a device", SQL, &[person.into()]).await?;
        row.map_or(Ok(None), |row| row.maybe_bytes(0))
    }

    /// Uses up the codes of a person's device up to time step `step` (RFC 6238 §4.2); `false` if that step, or a later
    /// one, was used before.
    ///
    /// # Errors
    /// The database failed; whether it is used up is not known then.
    pub async fn use_step(&self, person: &str, step: u64) -> Result<bool, ControlError> {
        const SQL: &str = "UPDATE person SET totp_step = $2
            WHERE name = $1 AND totp_step < $2 AND totp IS NOT NULL AND removed IS NULL";
        let params = [person.into(), crate::database::number(step).into()];
        Ok(self.database.run("use up a code", SQL, &params).await? == 1)
    }

    /// Uses up a recovery code; `false` if the person has none with this keyed hash.
    ///
    /// # Errors
    /// The database failed; whether it is used up is not known then.
    pub async fn use_recovery_code(&self, person: &str, mac: [u8; 32]) -> Result<bool, ControlError> {
        const SQL: &str = "DELETE FROM recovery_code WHERE person = $1 AND mac = $2";
        let params = [person.into(), mac.as_slice().into()];
        Ok(self.database.run("use up a recovery code", SQL, &params).await? == 1)
    }
}
