//! Which files have been imported, so that the same file again is known.

use crate::{Control, ControlError, database::number};
use model::SourceId;

impl Control {
    /// Whether a file with this SHA-256 was imported whole for this source.
    ///
    /// # Errors
    /// The database failed.
    pub async fn import_seen(&self, source: &SourceId, digest: [u8; 32]) -> Result<bool, ControlError> {
        const SQL: &str = "SELECT resources FROM imported_file WHERE source = $1 AND digest = $2";
        let params = [source.as_str().into(), digest.as_slice().into()];
        Ok(self.database.row("find an import", SQL, &params).await?.is_some())
    }

    /// Notes that a file was imported whole, with how many resources. Noting it again changes nothing.
    ///
    /// # Errors
    /// The source does not exist, or the database failed.
    pub async fn import_done(
        &self,
        source: &SourceId,
        digest: [u8; 32],
        resources: u64,
    ) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO imported_file (source, digest, resources, imported)
            VALUES ($1, $2, $3, $4) ON CONFLICT (source, digest) DO NOTHING";
        let params =
            [source.as_str().into(), digest.as_slice().into(), number(resources).into(), self.now().0.into()];
        self.database.run("note an import", SQL, &params).await.map(drop)
    }
}
