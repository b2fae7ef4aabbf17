//! The heads of the audit trail, mirrored outside it, and its newest checkpoint: a tail that is cut off is then found.

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
    /// Whether the writer has ended it.
    pub closed: bool,
    /// When its writer was last at work.
    pub seen: Timestamp,
}

/// A checkpoint of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCheckpoint {
    /// How many leaves of the log stand before its object.
    pub leaves: u64,
    /// How many leaves it commits to.
    pub size: u64,
    /// The signed note.
    pub text: String,
    /// When it was put here.
    pub made: Timestamp,
}

/// What a checkpoint is kept here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointUse {
    /// It is the newest one.
    Newest,
    /// All up to it was proved.
    Proved,
}

impl CheckpointUse {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Proved => "proved",
        }
    }
}

impl Control {
    /// Keeps a writer's head, unless a later one is kept already; that its writer is at work is noted either way.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_audit_head(
        &self,
        writer: &str,
        (count, hash): (u64, [u8; 32]),
        signature: [u8; 64],
        closed: bool,
    ) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO audit_head (writer, records, hash, signature, closed, seen)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (writer) DO UPDATE SET records = excluded.records, hash = excluded.hash,
                signature = excluded.signature, closed = excluded.closed, seen = excluded.seen
            WHERE excluded.records >= audit_head.records AND excluded.closed >= audit_head.closed";
        let params = [
            writer.into(),
            number(count).into(),
            hash.as_slice().into(),
            signature.as_slice().into(),
            i64::from(closed).into(),
            self.now().0.into(),
        ];
        self.database.run("keep an audit head", SQL, &params).await.map(drop)
    }

    /// The newest known head of every writer.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit_heads(&self) -> Result<Vec<AuditHead>, ControlError> {
        const SQL: &str =
            "SELECT writer, records, hash, signature, closed, seen FROM audit_head ORDER BY writer";
        let rows = self.database.rows("list audit heads", SQL, &[]).await?;
        rows.iter().map(head).collect()
    }

    /// The heads that no checkpoint tells of yet.
    ///
    /// # Errors
    /// The database failed.
    pub async fn grown_audit_heads(&self) -> Result<Vec<AuditHead>, ControlError> {
        const SQL: &str = "SELECT writer, records, hash, signature, closed, seen FROM audit_head
            WHERE records > checkpointed ORDER BY writer LIMIT 10000";
        let rows = self.database.rows("list audit heads that have grown", SQL, &[]).await?;
        rows.iter().map(head).collect()
    }

    /// The writers that were last at work before `before` and have not ended their chains; each is given once, to
    /// whoever asks first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_ended_audit_writers(&self, before: Timestamp) -> Result<Vec<AuditHead>, ControlError> {
        const SQL: &str = "UPDATE audit_head SET ended = 1 WHERE closed = 0 AND ended = 0 AND seen < $1
            RETURNING writer, records, hash, signature, closed, seen";
        let mut tx = self.database.begin("find audit writers that stopped").await?;
        let rows = tx.rows("find audit writers that stopped", SQL, &[before.0.into()]).await?;
        tx.commit("find audit writers that stopped").await?;
        rows.iter().map(head).collect()
    }

    /// Keeps a checkpoint as the newest one, unless a larger one is kept, and notes that it tells of these heads.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_audit_checkpoint(
        &self,
        of: CheckpointUse,
        (leaves, size): (u64, u64),
        text: &str,
        heads: &[AuditHead],
    ) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO audit_checkpoint (name, leaves, size, text, made)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (name) DO UPDATE SET leaves = excluded.leaves, size = excluded.size,
                text = excluded.text, made = excluded.made
            WHERE excluded.size >= audit_checkpoint.size";
        const TOLD: &str = "UPDATE audit_head SET checkpointed = $2 WHERE writer = $1 AND checkpointed < $2";
        let params = [
            of.as_str().into(),
            number(leaves).into(),
            number(size).into(),
            text.into(),
            self.now().0.into(),
        ];
        self.database.run("keep an audit checkpoint", SQL, &params).await?;
        // One that is not noted is told of once more, which does no harm.
        for head in heads {
            let params = [head.writer.as_str().into(), number(head.count).into()];
            self.database.run("note what a checkpoint tells of", TOLD, &params).await?;
        }
        Ok(())
    }

    /// The checkpoint that is kept for this, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit_checkpoint(&self, of: CheckpointUse) -> Result<Option<AuditCheckpoint>, ControlError> {
        const SQL: &str = "SELECT leaves, size, text, made FROM audit_checkpoint WHERE name = $1";
        let rows = self.database.rows("read an audit checkpoint", SQL, &[of.as_str().into()]).await?;
        let checkpoint = |row: &Row| {
            Ok(AuditCheckpoint {
                leaves: row.count(0)?,
                size: row.count(1)?,
                text: row.text(2)?,
                made: Timestamp(row.int(3)?),
            })
        };
        rows.first().map(checkpoint).transpose()
    }
}

fn head(row: &Row) -> Result<AuditHead, ControlError> {
    Ok(AuditHead {
        writer: row.text(0)?,
        count: row.count(1)?,
        hash: row.array(2, "audit hash")?,
        signature: row.array(3, "audit signature")?,
        closed: row.int(4)? != 0,
        seen: Timestamp(row.int(5)?),
    })
}
