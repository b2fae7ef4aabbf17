//! Segments: their registration in a lane, the ledger deltas that come with
//! them, and their life until their objects are deleted (design §2.2, §2.3, §2.9).

use crate::{
    Control, ControlError, FirstAnswer, Holding, ImportProgress, Lease,
    database::{Row, is_duplicate, number},
};
use model::{CommitSeq, LaneId, Ordinal, Timestamp};

/// What registering one resource version adds to the ledger. Written as 36 bytes:
/// key, version (big-endian), content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Keyed hash of type and id.
    pub key: [u8; 16],
    /// The version that now exists; the first is 1.
    pub version: u32,
    /// Keyed hash of the content.
    pub content: [u8; 16],
}

/// A segment that is durable in landing and shall now count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Where its object lies; no two segments share one.
    pub object_key: String,
    /// SHA-256 of the object's bytes.
    pub sha256: [u8; 32],
    /// The object's length in bytes.
    pub length: u64,
    /// How many bytes it is once it is opened.
    pub opened: u64,
    /// How many resource versions it holds.
    pub resources: u32,
    /// What it adds to the ledger; of two entries with one key the later counts.
    pub ledger: Vec<LedgerEntry>,
    /// How far files have been imported once this counts.
    pub imports: Vec<ImportProgress>,
    /// What is answered to signed requests once this counts.
    pub answers: Vec<FirstAnswer>,
}

/// A registered segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its lane.
    pub lane: LaneId,
    /// Its place in the lane.
    pub ordinal: Ordinal,
    /// Where its object lies.
    pub object_key: String,
    /// SHA-256 of the object's bytes; other bytes are refused.
    pub sha256: [u8; 32],
    /// The object's length in bytes.
    pub length: u64,
    /// How many bytes it is once it is opened.
    pub opened: u64,
    /// How many resource versions it holds.
    pub resources: u32,
    /// When it was registered.
    pub registered: Timestamp,
}

impl std::fmt::Debug for LedgerEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerEntry").field("version", &self.version).finish_non_exhaustive()
    }
}

impl LedgerEntry {
    /// How many bytes an entry takes in a delta.
    pub const BYTES: usize = 36;

    /// A delta: the entries one after the other.
    #[must_use]
    pub fn encode(entries: &[Self]) -> Vec<u8> {
        let mut delta = Vec::with_capacity(entries.len() * Self::BYTES);
        for entry in entries {
            delta.extend_from_slice(&entry.key);
            delta.extend_from_slice(&entry.version.to_be_bytes());
            delta.extend_from_slice(&entry.content);
        }
        delta
    }

    /// The entries of a delta, or `None` if it is not one.
    #[must_use]
    pub fn decode(delta: &[u8]) -> Option<Vec<Self>> {
        let (entries, rest) = delta.as_chunks::<{ Self::BYTES }>();
        let entry = |bytes: &[u8; Self::BYTES]| {
            let (key, rest) = bytes.split_first_chunk()?;
            let (version, content) = rest.split_first_chunk()?;
            let content = content.first_chunk()?;
            Some(Self { key: *key, version: u32::from_be_bytes(*version), content: *content })
        };
        if rest.is_empty() { entries.iter().map(entry).collect() } else { None }
    }
}

macro_rules! select_segment {
    ($rest:literal) => {
        concat!(
            "SELECT s.lane, s.ordinal, s.object_key, s.sha256, s.length, s.opened, s.resources, s.registered FROM segment s ",
            $rest
        )
    };
}

impl Control {
    /// Makes a durable segment count, under its lane's next ordinal. The lease's epoch is
    /// checked in the same transaction. Registering the same object again gives the ordinal it has:
    /// after an error that leaves it open whether the transaction was committed, try again.
    ///
    /// # Errors
    /// [`ControlError::Fenced`] if the lane was lost, which leaves no row;
    /// [`ControlError::AlreadyExists`] if the object key belongs to another segment.
    pub async fn register(&self, lease: &Lease, segment: &Registration) -> Result<Ordinal, ControlError> {
        const ACTION: &str = "register a segment";
        const NEXT: &str = "UPDATE lane SET registered = registered + 1
            WHERE id = $1 AND epoch = $2 AND holder = $3 RETURNING registered";
        const INSERT: &str = "INSERT INTO segment
            (lane, ordinal, epoch, object_key, sha256, length, opened, resources, registered, deleted, delta)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10)";
        let (lane, epoch) = (lease.lane.0, lease.epoch.0);
        let mut tx = self.begin(ACTION).await?;
        let next = tx.row(ACTION, NEXT, &[lane.into(), epoch.into(), lease.holder.as_str().into()]).await?;
        let ordinal = next.ok_or(ControlError::Fenced { holding: Holding::Lane(lease.lane) })?.int(0)?;
        let delta = LedgerEntry::encode(&segment.ledger);
        let params = [
            lane.into(),
            ordinal.into(),
            epoch.into(),
            segment.object_key.as_str().into(),
            segment.sha256.as_slice().into(),
            number(segment.length).into(),
            number(segment.opened).into(),
            i64::from(segment.resources).into(),
            self.now().0.into(),
            delta.as_slice().into(),
        ];
        match tx.run(ACTION, INSERT, &params).await {
            Ok(_) => {
                self.note_imports(&mut tx, ACTION, &segment.imports).await?;
                self.note_answers(&mut tx, ACTION, Ordinal(ordinal), &segment.answers).await?;
                tx.commit(ACTION).await.map(|()| Ordinal(ordinal))
            }
            Err(error) if is_duplicate(&error) => {
                drop(tx);
                self.registered_before(lease.lane, segment).await
            }
            Err(error) => Err(error),
        }
    }

    async fn registered_before(&self, lane: LaneId, segment: &Registration) -> Result<Ordinal, ControlError> {
        const SQL: &str = select_segment!("WHERE s.object_key = $1");
        let key = segment.object_key.as_str();
        let row = self.database.row("register a segment", SQL, &[key.into()]).await?;
        match row.as_ref().map(read_segment).transpose()? {
            Some(known)
                if (known.lane, known.sha256, known.length) == (lane, segment.sha256, segment.length) =>
            {
                Ok(known.ordinal)
            }
            _ => Err(ControlError::AlreadyExists { what: "segment", name: key.to_owned() }),
        }
    }

    /// The last ordinal registered in a lane; 0 if there is none.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such lane.
    pub async fn last_ordinal(&self, lane: LaneId) -> Result<Ordinal, ControlError> {
        const SQL: &str = "SELECT registered FROM lane WHERE id = $1";
        let row = self.database.row("read a lane", SQL, &[lane.0.into()]).await?;
        let unknown = || ControlError::NotFound { what: "lane", name: lane.to_string() };
        row.ok_or_else(unknown)?.int(0).map(Ordinal)
    }

    /// The ledger deltas after `ordinal`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`ControlError::Malformed`] if a delta is not made of whole entries.
    pub async fn ledger_after(
        &self,
        lane: LaneId,
        ordinal: Ordinal,
        limit: usize,
    ) -> Result<Vec<(Ordinal, Vec<LedgerEntry>)>, ControlError> {
        const SQL: &str = "SELECT ordinal, delta FROM segment
            WHERE lane = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3";
        let params = [lane.0.into(), ordinal.0.into(), number(limit as u64).into()];
        let rows = self.database.rows("read the ledger", SQL, &params).await?;
        let delta = |row: &Row| {
            let entries = LedgerEntry::decode(&row.bytes(1)?);
            Ok((Ordinal(row.int(0)?), entries.ok_or(ControlError::Malformed { what: "ledger delta" })?))
        };
        rows.iter().map(delta).collect()
    }

    /// The segments after `ordinal`, in order, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn segments_after(
        &self,
        lane: LaneId,
        ordinal: Ordinal,
        limit: usize,
    ) -> Result<Vec<Segment>, ControlError> {
        const SQL: &str = select_segment!("WHERE s.lane = $1 AND s.ordinal > $2 ORDER BY s.ordinal LIMIT $3");
        let params = [lane.0.into(), ordinal.0.into(), number(limit as u64).into()];
        self.database.rows("list segments", SQL, &params).await?.iter().map(read_segment).collect()
    }

    /// The lanes with something to refine: published up to, registered up to.
    ///
    /// # Errors
    /// The database failed.
    pub async fn backlog(&self) -> Result<Vec<(LaneId, Ordinal, Ordinal)>, ControlError> {
        const SQL: &str =
            "SELECT id, published, registered FROM lane WHERE registered > published ORDER BY id";
        let rows = self.database.rows("read the backlog", SQL, &[]).await?;
        let lane = |row: &Row| Ok((LaneId(row.int(0)?), Ordinal(row.int(1)?), Ordinal(row.int(2)?)));
        rows.iter().map(lane).collect()
    }

    /// Segments whose objects can go: published before `published_before` and not deleted yet.
    ///
    /// # Errors
    /// The database failed.
    pub async fn segments_to_delete(
        &self,
        published_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Segment>, ControlError> {
        const SQL: &str = select_segment!(
            "WHERE s.deleted IS NULL AND (
                SELECT p.published FROM publication_lane r JOIN publication p ON p.seq = r.seq
                WHERE r.lane = s.lane AND r.to_ordinal >= s.ordinal AND p.published IS NOT NULL
                ORDER BY r.to_ordinal LIMIT 1
             ) < $1
             ORDER BY s.lane, s.ordinal LIMIT $2"
        );
        let params = [published_before.0.into(), number(limit as u64).into()];
        self.database.rows("list segments", SQL, &params).await?.iter().map(read_segment).collect()
    }

    /// Notes that a published segment's object has been deleted. Its row stays, because the ledger is
    /// folded from it.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such segment or it is not published.
    pub async fn forget_segment(&self, lane: LaneId, ordinal: Ordinal) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE segment SET deleted = COALESCE(deleted, $3)
            WHERE lane = $1 AND ordinal = $2
            AND ordinal <= (SELECT l.published FROM lane l WHERE l.id = $1)";
        let params = [lane.0.into(), ordinal.0.into(), self.now().0.into()];
        match self.database.run("forget a segment", SQL, &params).await? {
            0 => Err(ControlError::NotFound { what: "published segment", name: format!("{lane}/{ordinal}") }),
            _ => Ok(()),
        }
    }

    /// The keys of a lane's segments whose objects are not deleted. An object under another key is one
    /// that no row names; it may go once the epoch it was written under is fenced off.
    ///
    /// # Errors
    /// The database failed.
    pub async fn segment_keys(&self, lane: LaneId) -> Result<Vec<String>, ControlError> {
        const SQL: &str =
            "SELECT object_key FROM segment WHERE lane = $1 AND deleted IS NULL ORDER BY ordinal";
        let rows = self.database.rows("list segments", SQL, &[lane.0.into()]).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// The sequence at which a segment was published, if it was.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sequence_of(
        &self,
        lane: LaneId,
        ordinal: Ordinal,
    ) -> Result<Option<CommitSeq>, ControlError> {
        const SQL: &str = "SELECT r.seq FROM publication_lane r JOIN publication p ON p.seq = r.seq
            WHERE r.lane = $1 AND r.from_ordinal < $2 AND r.to_ordinal >= $2 AND p.published IS NOT NULL";
        let row = self.database.row("find a sequence", SQL, &[lane.0.into(), ordinal.0.into()]).await?;
        row.map(|row| row.int(0).map(CommitSeq)).transpose()
    }
}

fn read_segment(row: &Row) -> Result<Segment, ControlError> {
    Ok(Segment {
        lane: LaneId(row.int(0)?),
        ordinal: Ordinal(row.int(1)?),
        object_key: row.text(2)?,
        sha256: row.array(3, "segment digest")?,
        length: row.count(4)?,
        opened: row.count(5)?,
        resources: row.count(6)?.try_into().map_err(|_| ControlError::Malformed { what: "count" })?,
        registered: Timestamp(row.int(7)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_is_36_bytes_an_entry_in_network_order() {
        let entry = LedgerEntry { key: [1; 16], version: 0x0102_0304, content: [2; 16] };
        let delta = LedgerEntry::encode(&[entry, entry]);
        assert_eq!(delta.len(), 72);
        assert_eq!(delta[16..20], [1, 2, 3, 4]);
        assert_eq!(LedgerEntry::decode(&delta), Some(vec![entry, entry]));
        assert_eq!(LedgerEntry::decode(&delta[1..]), None);
    }
}
