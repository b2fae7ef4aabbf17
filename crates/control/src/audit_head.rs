//! The heads of the audit trail, mirrored outside it: a tail that is cut off is then found.

use crate::{
    Control, ControlError,
    database::{Row, number},
};
use model::Timestamp;

/// How far one writer's chain was durable when it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The writer.
    pub writer: String,
    /// How many records its chain had.
    pub count: u64,
    /// The hash of the last of them.
    pub hash: [u8; 32],
    /// The writer's signature over both.
    pub signature: [u8; 64],
    /// When it was written here.
    pub seen: Timestamp,
}

impl Control {
    /// Keeps a writer's head, unless a later one is kept already.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_audit_head(
        &self,
        writer: &str,
        count: u64,
        hash: [u8; 32],
        signature: [u8; 64],
    ) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO audit_head (writer, records, hash, signature, seen)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (writer) DO UPDATE SET records = excluded.records, hash = excluded.hash,
                signature = excluded.signature, seen = excluded.seen
            WHERE excluded.records >= audit_head.records";
        let params = [
            writer.into(),
            number(count).into(),
            hash.as_slice().into(),
            signature.as_slice().into(),
            self.now().0.into(),
        ];
        self.database.run("keep an audit head", SQL, &params).await.map(drop)
    }

    /// The newest known head of every writer.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit_heads(&self) -> Result<Vec<AuditHead>, ControlError> {
        const SQL: &str = "SELECT writer, records, hash, signature, seen FROM audit_head ORDER BY writer";
        let rows = self.database.rows("list audit heads", SQL, &[]).await?;
        let head = |row: &Row| {
            Ok(AuditHead {
                writer: row.text(0)?,
                count: row.count(1)?,
                hash: row.array(2, "audit hash")?,
                signature: row.array(3, "audit signature")?,
                seen: Timestamp(row.int(4)?),
            })
        };
        rows.iter().map(head).collect()
    }
}
