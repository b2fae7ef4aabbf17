//! What a crawl found is kept, and its run ended, in one transaction. What it looked at is put beside it before, and
//! counts with it.

use super::external::{insert_table, insert_version, read_part, said};
use crate::{
    Control, ControlError, Ending, ExternalPartition, ExternalTable, RunLease, RunState, TableName,
    database::{Row, Tx},
    run::end_attempt_in,
};
use model::Timestamp;

/// What a crawler has looked at. Hashes are keyed: who sees them learns no names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrawledObject {
    /// Of its name.
    pub name: [u8; 16],
    /// Of how it stood: its size, its time, its tag.
    pub state: [u8; 16],
    /// The number of the table that it is of; 0 if it was not recognised.
    pub table: i64,
    /// The values of its partition.
    pub part: Vec<String>,
    /// Its bytes.
    pub bytes: i64,
    /// Its rows, if it says so.
    pub rows: Option<i64>,
}

/// What is different since the last crawl.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrawlChange {
    /// Tables that are new.
    pub new: Vec<ExternalTable>,
    /// Tables of which something has changed, as they are now.
    pub changed: Vec<ExternalTable>,
    /// Tables that are taken out.
    pub removed: Vec<TableName>,
    /// Partitions that are new or of which something has changed, as they are now.
    pub partitions: Vec<(TableName, ExternalPartition)>,
    /// Partitions that are taken out, by their values.
    pub removed_partitions: Vec<(TableName, Vec<String>)>,
    /// What was looked at anew.
    pub objects: Vec<CrawledObject>,
    /// What is there no longer, by the hash of its name.
    pub gone: Vec<[u8; 16]>,
}

const KEEP: &str = "keep what a crawl found";

/// Objects that are written in one transaction.
const SLICE: usize = 5_000;

/// The number of the table of what is staged because it is gone.
const GONE: i64 = -1;

impl Control {
    /// What a crawler has looked at.
    ///
    /// # Errors
    /// The database failed.
    pub async fn crawled_objects(&self, crawler: &str) -> Result<Vec<CrawledObject>, ControlError> {
        const SQL: &str = "SELECT name_hash, state_hash, number, part, byte_count, row_count
            FROM crawled_object WHERE crawler = $1";
        let one = |row: &Row| {
            Ok(CrawledObject {
                name: row.array(0, "hash of an object's name")?,
                state: row.array(1, "hash of an object's state")?,
                table: row.int(2)?,
                part: read_part(&row.text(3)?)?,
                bytes: row.int(4)?,
                rows: row.maybe_int(5)?,
            })
        };
        self.database.rows("read what was crawled", SQL, &[crawler.into()]).await?.iter().map(one).collect()
    }

    /// Keeps what a run of a crawler found, and ends the run as succeeded, in one transaction. `told` is what came of it
    /// in a sentence, and in JSON.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the run is another's now, or over; [`ControlError::AlreadyExists`] if a new table
    /// has the name of one that is there. Nothing is changed then.
    pub async fn keep_crawl(
        &self,
        lease: &RunLease,
        crawler: &str,
        change: &CrawlChange,
        told: (&str, &str),
    ) -> Result<(), ControlError> {
        let stage = self.stage(lease, crawler, change).await?;
        let mut tx = self.begin(KEEP).await?;
        // First, so that whoever has lost the run writes nothing and waits for nobody.
        let over = Ending::Over(RunState::Succeeded);
        end_attempt_in(&mut tx, lease, over, told, None, self.now()).await?;
        for table in &change.removed {
            remove_table(&mut tx, table).await?;
        }
        for table in &change.new {
            insert_table(&mut tx, table).await?;
        }
        for table in &change.changed {
            update_table(&mut tx, table).await?;
        }
        for (table, values) in &change.removed_partitions {
            remove_partition(&mut tx, table, values).await?;
        }
        for (table, partition) in &change.partitions {
            put_partition(&mut tx, table, partition).await?;
        }
        take_over(&mut tx, crawler, &stage).await?;
        tx.commit(KEEP).await
    }
}

impl Control {
    /// Puts what was looked at beside what counts, in slices, so that others who write need not wait for all of it;
    /// gives the name under which it stands there. What runs before this one have left behind is taken away.
    async fn stage(
        &self,
        lease: &RunLease,
        crawler: &str,
        change: &CrawlChange,
    ) -> Result<String, ControlError> {
        const FORGET: &str = "DELETE FROM crawled_object WHERE crawler >= $1 AND crawler < $2";
        let stage = format!("{crawler}\n{:020}.{:020}", lease.id.0, lease.epoch.0);
        let first = format!("{crawler}\n");
        self.database.run(KEEP, FORGET, &[first.as_str().into(), stage.as_str().into()]).await?;
        for objects in change.objects.chunks(SLICE) {
            let mut tx = self.begin(KEEP).await?;
            for object in objects {
                put_object(&mut tx, &stage, object).await?;
            }
            tx.commit(KEEP).await?;
        }
        for names in change.gone.chunks(SLICE) {
            let mut tx = self.begin(KEEP).await?;
            for &name in names {
                let (state, part) = ([0; 16], Vec::new());
                let gone = CrawledObject { name, state, table: GONE, part, bytes: 0, rows: None };
                put_object(&mut tx, &stage, &gone).await?;
            }
            tx.commit(KEEP).await?;
        }
        Ok(stage)
    }
}

/// Lets count what was staged.
async fn take_over(tx: &mut Tx, crawler: &str, stage: &str) -> Result<(), ControlError> {
    const REPLACED: &str = "DELETE FROM crawled_object WHERE crawler = $1
        AND name_hash IN (SELECT s.name_hash FROM crawled_object s WHERE s.crawler = $2)";
    const GONE_ONES: &str = "DELETE FROM crawled_object WHERE crawler = $1 AND number = $2";
    const COUNT: &str = "UPDATE crawled_object SET crawler = $1 WHERE crawler = $2";
    tx.run(KEEP, REPLACED, &[crawler.into(), stage.into()]).await?;
    tx.run(KEEP, GONE_ONES, &[stage.into(), GONE.into()]).await?;
    tx.run(KEEP, COUNT, &[crawler.into(), stage.into()]).await.map(drop)
}

async fn update_table(tx: &mut Tx, table: &ExternalTable) -> Result<(), ControlError> {
    const SQL: &str = "UPDATE external_table SET said = $3, version = $4, object_count = $5, byte_count = $6,
            row_count = $7, changed = $8, gone = $9
        WHERE schema_name = $1 AND table_name = $2";
    let said = said(table)?;
    let params = [
        table.table.schema.as_str().into(),
        table.table.name.as_str().into(),
        said.as_str().into(),
        table.version.into(),
        table.objects.into(),
        table.bytes.into(),
        table.rows.into(),
        table.changed.0.into(),
        table.gone.map(|gone| gone.0).into(),
    ];
    tx.run(KEEP, SQL, &params).await?;
    insert_version(tx, table).await
}

async fn remove_table(tx: &mut Tx, table: &TableName) -> Result<(), ControlError> {
    let params = [table.schema.as_str().into(), table.name.as_str().into()];
    for sql in [
        "DELETE FROM external_table WHERE schema_name = $1 AND table_name = $2",
        "DELETE FROM external_version WHERE schema_name = $1 AND table_name = $2",
        "DELETE FROM external_partition WHERE schema_name = $1 AND table_name = $2",
    ] {
        tx.run(KEEP, sql, &params).await?;
    }
    Ok(())
}

async fn put_partition(
    tx: &mut Tx,
    table: &TableName,
    partition: &ExternalPartition,
) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO external_partition
            (schema_name, table_name, part, object_count, byte_count, changed, gone)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (schema_name, table_name, part) DO UPDATE SET object_count = excluded.object_count,
            byte_count = excluded.byte_count, changed = excluded.changed, gone = excluded.gone";
    let part = write_part(&partition.values)?;
    let params = [
        table.schema.as_str().into(),
        table.name.as_str().into(),
        part.as_str().into(),
        partition.objects.into(),
        partition.bytes.into(),
        partition.changed.0.into(),
        partition.gone.map(|Timestamp(gone)| gone).into(),
    ];
    tx.run(KEEP, SQL, &params).await.map(drop)
}

async fn remove_partition(tx: &mut Tx, table: &TableName, values: &[String]) -> Result<(), ControlError> {
    const SQL: &str =
        "DELETE FROM external_partition WHERE schema_name = $1 AND table_name = $2 AND part = $3";
    let part = write_part(values)?;
    let params = [table.schema.as_str().into(), table.name.as_str().into(), part.as_str().into()];
    tx.run(KEEP, SQL, &params).await.map(drop)
}

async fn put_object(tx: &mut Tx, crawler: &str, object: &CrawledObject) -> Result<(), ControlError> {
    const SQL: &str = "INSERT INTO crawled_object
            (crawler, name_hash, state_hash, number, part, byte_count, row_count)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (crawler, name_hash) DO UPDATE SET state_hash = excluded.state_hash,
            number = excluded.number, part = excluded.part, byte_count = excluded.byte_count,
            row_count = excluded.row_count";
    let part = write_part(&object.part)?;
    let params = [
        crawler.into(),
        object.name.as_slice().into(),
        object.state.as_slice().into(),
        object.table.into(),
        part.as_str().into(),
        object.bytes.into(),
        object.rows.into(),
    ];
    tx.run(KEEP, SQL, &params).await.map(drop)
}

fn write_part(values: &[String]) -> Result<String, ControlError> {
    serde_json::to_string(values).map_err(|_| ControlError::Malformed { what: "values of a partition" })
}
