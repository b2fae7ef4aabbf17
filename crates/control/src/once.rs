//! What counts once: client assertions, and requests that are signed.

use crate::{
    Control, ControlError,
    database::{Tx, is_duplicate},
};
use model::{Ordinal, Timestamp};

/// What was answered to a signed request.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstAnswer {
    /// Keyed hash of the request's signature.
    pub request: [u8; 32],
    /// The answer, sealed to the door.
    pub answer: Vec<u8>,
    /// Until when the same request may come again.
    pub expires: Timestamp,
}

impl std::fmt::Debug for FirstAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstAnswer").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Control {
    /// Uses up what has this keyed hash; `false` if it was used before. It is forgotten after `expires`.
    ///
    /// # Errors
    /// The database failed; whether it is used up is not known then.
    pub async fn use_once(&self, mac: [u8; 32], expires: Timestamp) -> Result<bool, ControlError> {
        const ACTION: &str = "use up an assertion";
        const FORGET: &str = "DELETE FROM used_once WHERE expires < $1";
        const INSERT: &str = "INSERT INTO used_once (mac, expires) VALUES ($1, $2)";
        let mut tx = self.begin(ACTION).await?;
        tx.run(ACTION, FORGET, &[self.now().0.into()]).await?;
        match tx.run(ACTION, INSERT, &[mac.as_slice().into(), expires.0.into()]).await {
            Ok(_) => tx.commit(ACTION).await.map(|()| true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What was answered to the request with this keyed hash, sealed, if it is known; and the ordinal that its
    /// receipt names.
    ///
    /// # Errors
    /// The database failed.
    pub async fn first_answer(&self, request: [u8; 32]) -> Result<Option<(Ordinal, Vec<u8>)>, ControlError> {
        const SQL: &str = "SELECT ordinal, answer FROM first_answer WHERE request = $1";
        let row = self.database.row("find an answer", SQL, &[request.as_slice().into()]).await?;
        row.map(|row| Ok((Ordinal(row.int(0)?), row.bytes(1)?))).transpose()
    }

    /// Keeps answers to requests for which nothing had to be registered after `ordinal`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_answers(&self, ordinal: Ordinal, answers: &[FirstAnswer]) -> Result<(), ControlError> {
        const ACTION: &str = "keep an answer";
        let mut tx = self.begin(ACTION).await?;
        self.note_answers(&mut tx, ACTION, ordinal, answers).await?;
        tx.commit(ACTION).await
    }

    /// Writes answers in the transaction that makes them true, and forgets those whose time is over.
    pub(crate) async fn note_answers(
        &self,
        tx: &mut Tx,
        action: &'static str,
        ordinal: Ordinal,
        answers: &[FirstAnswer],
    ) -> Result<(), ControlError> {
        const FORGET: &str = "DELETE FROM first_answer WHERE expires < $1";
        const INSERT: &str =
            "INSERT INTO first_answer (request, ordinal, answer, expires) VALUES ($1, $2, $3, $4)
            ON CONFLICT (request) DO NOTHING";
        if answers.is_empty() {
            return Ok(());
        }
        tx.run(action, FORGET, &[self.now().0.into()]).await?;
        for kept in answers {
            let params = [
                kept.request.as_slice().into(),
                ordinal.0.into(),
                kept.answer.as_slice().into(),
                kept.expires.0.into(),
            ];
            tx.run(action, INSERT, &params).await?;
        }
        Ok(())
    }
}
