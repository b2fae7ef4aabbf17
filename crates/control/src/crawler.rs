//! Crawlers, what they have looked at, and the tables that they found, which lie outside the lake.

mod external;
mod keep;

pub use external::{ExternalPartition, ExternalTable, ExternalVersion};
pub use keep::{CrawlChange, CrawledObject};

use crate::{Control, ControlError, NewJob, database::Row, job::put_in};
use model::Timestamp;

/// A crawler as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crawler {
    /// Its name.
    pub name: String,
    /// What it crawls and how, in JSON.
    pub said: String,
    /// Who wrote it.
    pub actor: String,
    /// When.
    pub changed: Timestamp,
}

impl Control {
    /// Adds a crawler with its job, or changes what one of its name is. `next_due` is when the clock queues it first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_crawler(
        &self,
        (name, said): (&str, &str),
        actor: &str,
        (job, next_due): (&NewJob, Option<Timestamp>),
    ) -> Result<(), ControlError> {
        const ACTION: &str = "write a crawler";
        const SQL: &str = "INSERT INTO crawler (name, said, actor, changed) VALUES ($1, $2, $3, $4)
            ON CONFLICT (name) DO UPDATE SET said = excluded.said, actor = excluded.actor,
                changed = excluded.changed";
        let mut tx = self.begin(ACTION).await?;
        tx.run(ACTION, SQL, &[name.into(), said.into(), actor.into(), self.now().0.into()]).await?;
        put_in(&mut tx, ACTION, job, next_due).await?;
        tx.commit(ACTION).await
    }

    /// Every crawler, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn crawlers(&self) -> Result<Vec<Crawler>, ControlError> {
        const SQL: &str = "SELECT name, said, actor, changed FROM crawler ORDER BY name";
        self.database.rows("list crawlers", SQL, &[]).await?.iter().map(read).collect()
    }

    /// One crawler.
    ///
    /// # Errors
    /// The database failed.
    pub async fn crawler(&self, name: &str) -> Result<Option<Crawler>, ControlError> {
        const SQL: &str = "SELECT name, said, actor, changed FROM crawler WHERE name = $1";
        let row = self.database.row("read a crawler", SQL, &[name.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// Takes a crawler away, with its job and the tables that it found.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such crawler.
    pub async fn remove_crawler(&self, name: &str, job: &str) -> Result<(), ControlError> {
        const ACTION: &str = "remove a crawler";
        const VERSIONS: &str = "DELETE FROM external_version WHERE EXISTS (SELECT 1 FROM external_table t
            WHERE t.schema_name = external_version.schema_name AND t.table_name = external_version.table_name
            AND t.crawler = $1)";
        const PARTITIONS: &str = "DELETE FROM external_partition WHERE EXISTS (SELECT 1 FROM external_table t
            WHERE t.schema_name = external_partition.schema_name
            AND t.table_name = external_partition.table_name AND t.crawler = $1)";
        let mut tx = self.begin(ACTION).await?;
        if tx.run(ACTION, "DELETE FROM crawler WHERE name = $1", &[name.into()]).await? == 0 {
            return Err(ControlError::NotFound { what: "crawler", name: name.to_owned() });
        }
        for sql in [
            VERSIONS,
            PARTITIONS,
            "DELETE FROM external_table WHERE crawler = $1",
            // With what a crawl that died has left beside it.
            "DELETE FROM crawled_object WHERE crawler = $1 OR SUBSTR(crawler, 1, LENGTH($1) + 1) = $1 || '\n'",
        ] {
            tx.run(ACTION, sql, &[name.into()]).await?;
        }
        crate::job::remove_in(&mut tx, ACTION, job, self.now()).await?;
        tx.commit(ACTION).await
    }
}

fn read(row: &Row) -> Result<Crawler, ControlError> {
    Ok(Crawler {
        name: row.text(0)?,
        said: row.text(1)?,
        actor: row.text(2)?,
        changed: Timestamp(row.int(3)?),
    })
}
