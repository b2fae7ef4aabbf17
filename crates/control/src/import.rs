//! How far files have been imported, so that the same file again is known, and one that was cut short goes on
//! where it stood.

use crate::{
    Control, ControlError,
    database::{Tx, number},
};
use model::SourceId;
use std::sync::Arc;

/// How far a file has been imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportProgress {
    /// Whose file it is.
    pub source: SourceId,
    /// Keyed hash of its bytes.
    pub digest: [u8; 32],
    /// What told its good resources from the others: another checker may count them otherwise.
    pub checker: Arc<str>,
    /// How many of its good resources are registered.
    pub taken: u64,
}

impl Control {
    /// Whether a file was imported whole for this source, with nothing rejected.
    ///
    /// # Errors
    /// The database failed.
    pub async fn import_seen(&self, source: &SourceId, digest: [u8; 32]) -> Result<bool, ControlError> {
        const SQL: &str = "SELECT whole FROM imported_file WHERE source = $1 AND digest = $2 AND whole = 1";
        let params = [source.as_str().into(), digest.as_slice().into()];
        Ok(self.database.row("find an import", SQL, &params).await?.is_some())
    }

    /// How many of a file's resources are registered, as `checker` counts them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn import_taken(
        &self,
        source: &SourceId,
        digest: [u8; 32],
        checker: &str,
    ) -> Result<u64, ControlError> {
        const SQL: &str =
            "SELECT taken FROM imported_file WHERE source = $1 AND digest = $2 AND checker = $3";
        let params = [source.as_str().into(), digest.as_slice().into(), checker.into()];
        let row = self.database.row("find an import", SQL, &params).await?;
        row.map_or(Ok(0), |row| row.count(0))
    }

    /// Notes progress on which nothing had to be registered. Smaller progress than is known changes nothing.
    ///
    /// # Errors
    /// The source does not exist, or the database failed.
    pub async fn import_goes_on(&self, progress: &[ImportProgress]) -> Result<(), ControlError> {
        const ACTION: &str = "note an import";
        let mut tx = self.begin(ACTION).await?;
        self.note_imports(&mut tx, ACTION, progress).await?;
        tx.commit(ACTION).await
    }

    /// Notes that all of a file is taken and nothing of it was rejected.
    ///
    /// # Errors
    /// The source does not exist, or the database failed.
    pub async fn import_done(&self, source: &SourceId, digest: [u8; 32]) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO imported_file (source, digest, checker, taken, whole, changed)
            VALUES ($1, $2, '', 0, 1, $3) ON CONFLICT (source, digest) DO UPDATE SET whole = 1";
        let params = [source.as_str().into(), digest.as_slice().into(), self.now().0.into()];
        self.database.run("note an import", SQL, &params).await.map(drop)
    }

    /// Writes progress in the transaction that makes it true.
    pub(crate) async fn note_imports(
        &self,
        tx: &mut Tx,
        action: &'static str,
        progress: &[ImportProgress],
    ) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO imported_file (source, digest, checker, taken, whole, changed)
            VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (source, digest) DO UPDATE SET
                taken = CASE
                    WHEN imported_file.checker = excluded.checker AND imported_file.taken > excluded.taken
                    THEN imported_file.taken ELSE excluded.taken END,
                checker = excluded.checker, changed = excluded.changed";
        for file in progress {
            let params = [
                file.source.as_str().into(),
                file.digest.as_slice().into(),
                (&*file.checker).into(),
                number(file.taken).into(),
                self.now().0.into(),
            ];
            tx.run(action, SQL, &params).await?;
        }
        Ok(())
    }
}
