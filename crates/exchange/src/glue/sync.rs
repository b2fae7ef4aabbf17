//! Makes Glue equal to the catalogue, as far as it is ours there.
//!
//! What is ours carries a label with the lake's name. A table without it, or with another lake's, is never changed,
//! and told of. Nothing is written where nothing differs, so that a second run changes nothing, and a run that was
//! cut short is carried on by the next.

use super::{
    Client, GlueError,
    api::{Database, Parameters, Table},
    partitions::sync_partitions,
    plan::{LABEL, OURS, PlannedDatabase, PlannedTable, plan},
};
use crate::catalogue::Catalogue;
use serde::Serialize;
use std::{collections::BTreeMap, ops::AddAssign};

const ALREADY_THERE: &str = "AlreadyExistsException";
const DENIED: &str = "AccessDeniedException";
const NOT_THERE: &str = "EntityNotFoundException";

/// How Glue is made equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The lake's name, by which what is ours is known again. It must be another for every lake that uses this Glue.
    pub lake: String,
    /// What is put before the name of every database, such as `carelake_`.
    pub prefix: String,
    /// Only tells what would be changed.
    pub dry_run: bool,
}

/// What was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Of databases.
    pub databases: Changes,
    /// Of tables.
    pub tables: Changes,
    /// Of partitions.
    pub partitions: Changes,
    /// Tables that have the name of one of ours and are not ours, with their databases. They were left alone.
    pub not_ours: Vec<String>,
}

/// How many were changed, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Were not there.
    pub created: usize,
    /// Were not as they should be.
    pub updated: usize,
    /// Are no longer in the catalogue.
    pub removed: usize,
    /// Were as they should be.
    pub unchanged: usize,
}

impl Changes {
    /// Whether anything was changed.
    #[must_use]
    pub const fn any(self) -> bool {
        self.created + self.updated + self.removed > 0
    }
}

impl AddAssign for Changes {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.removed += other.removed;
        self.unchanged += other.unchanged;
    }
}

impl Report {
    /// Whether anything was changed.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.databases.any() || self.tables.any() || self.partitions.any()
    }
}

/// Makes Glue equal to the catalogue for what carelake owns there.
///
/// # Errors
/// The catalogue cannot be said in Glue, and then nothing is changed; or Glue refused or could not be reached, and
/// what was changed until then stays changed.
pub async fn sync(client: &Client, catalogue: &Catalogue, options: &Options) -> Result<Report, GlueError> {
    let planned = plan(catalogue, options)?;
    let mut run = Run { client, options, report: Report::default() };
    let found = client.databases().await?;
    let names: Vec<&str> = planned.iter().map(|planned| planned.database.name.as_str()).collect();
    for left in found.iter().filter(|found| !names.contains(&found.name.as_str())) {
        if run.is_ours(&left.parameters) {
            run.remove_database(&left.name).await?;
        } else if left.name.starts_with(&options.prefix.to_lowercase()) {
            run.remove_tables_of_ours(&left.name).await?;
        }
    }
    let mut found: BTreeMap<String, Database> =
        found.into_iter().map(|found| (found.name.clone(), found)).collect();
    for planned in planned {
        let found = found.remove(&planned.database.name);
        run.database(planned, found).await?;
    }
    Ok(run.report)
}

struct Run<'a> {
    client: &'a Client,
    options: &'a Options,
    report: Report,
}

impl Run<'_> {
    fn is_ours(&self, parameters: &Parameters) -> bool {
        parameters.get(LABEL) == Some(&self.options.lake)
    }

    async fn database(&mut self, planned: PlannedDatabase, found: Option<Database>) -> Result<(), GlueError> {
        let PlannedDatabase { database, tables } = planned;
        let new = found.is_none();
        match found {
            None => {
                self.report.databases.created += 1;
                if !self.options.dry_run {
                    let created = self.client.create_database(&database).await;
                    created.or_else(|error| if error.is(ALREADY_THERE) { Ok(()) } else { Err(error) })?;
                }
            }
            Some(found) if self.is_ours(&found.parameters) && found.description != database.description => {
                self.report.databases.updated += 1;
                if !self.options.dry_run {
                    let parameters = merged(&database.parameters, found.parameters);
                    self.client.update_database(&Database { parameters, ..database.clone() }).await?;
                }
            }
            // A database of somebody else may hold our tables; its description is theirs.
            Some(_) => self.report.databases.unchanged += 1,
        }
        let name = database.name;
        // One that was to be created and was not, in a dry run, holds nothing.
        let found = if new && self.options.dry_run { Vec::new() } else { self.client.tables(&name).await? };
        let mut found: BTreeMap<String, Table> =
            found.into_iter().map(|table| (table.name.clone(), table)).collect();
        for planned in tables {
            let found = found.remove(&planned.table.name);
            self.table(&name, planned, found).await?;
        }
        for (table, _) in
            found.into_iter().filter(|(_, table)| self.is_ours(&table.parameters)).collect::<Vec<_>>()
        {
            self.remove_table(&name, &table).await?;
        }
        Ok(())
    }

    async fn table(
        &mut self,
        database: &str,
        planned: PlannedTable,
        found: Option<Table>,
    ) -> Result<(), GlueError> {
        let PlannedTable { table, partitions } = planned;
        let name = table.name.clone();
        let keyed = !table.partition_keys.is_empty();
        let new = match found {
            None => self.create_table(database, &table).await?,
            Some(found) => self.settle(database, &table, found).await?,
        };
        // Without an answer it is not ours, and neither are its partitions.
        let Some(new) = new.filter(|_| keyed) else { return Ok(()) };
        let place = (database, name.as_str());
        self.report.partitions +=
            sync_partitions(self.client, place, partitions, new, self.options.dry_run).await?;
        Ok(())
    }

    /// Creates a table. Whether it has no partitions yet; `None` if it is not ours.
    async fn create_table(&mut self, database: &str, table: &Table) -> Result<Option<bool>, GlueError> {
        if !self.options.dry_run
            && let Some(found) = self.create_or_find(database, table).await?
        {
            return self.settle(database, table, found).await;
        }
        self.report.tables.created += 1;
        Ok(Some(true))
    }

    /// Creates a table, unless it is there: by an earlier try whose answer was lost, or by somebody else since the
    /// listing. What is there then.
    async fn create_or_find(&self, database: &str, table: &Table) -> Result<Option<Table>, GlueError> {
        match self.client.create_table(database, table).await {
            Ok(()) => Ok(None),
            Err(error) if error.is(ALREADY_THERE) => self.client.table(database, &table.name).await.map(Some),
            Err(error) => Err(error),
        }
    }

    /// Makes a table that is there what it should be. Whether it has no partitions yet; `None` if it is not ours.
    async fn settle(
        &mut self,
        database: &str,
        table: &Table,
        found: Table,
    ) -> Result<Option<bool>, GlueError> {
        if !self.is_ours(&found.parameters) {
            return Ok(self.leave(database, table));
        }
        if is_same(table, &found) {
            self.report.tables.unchanged += 1;
            return Ok(Some(false));
        }
        self.report.tables.updated += 1;
        // Keys cannot be changed where there are partitions: such a table is another.
        let rekeyed = table.partition_keys != found.partition_keys;
        if !self.options.dry_run {
            if rekeyed {
                self.client.delete_table(database, &table.name).await?;
                let found = self.create_or_find(database, table).await?;
                if found.is_some_and(|found| !self.is_ours(&found.parameters)) {
                    return Ok(self.leave(database, table));
                }
            } else {
                let parameters = merged(&table.parameters, found.parameters);
                self.client.update_table(database, &Table { parameters, ..table.clone() }).await?;
            }
        }
        Ok(Some(rekeyed))
    }

    /// Tells of a table that is not ours.
    fn leave(&mut self, database: &str, table: &Table) -> Option<bool> {
        self.report.not_ours.push(format!("{database}.{}", table.name));
        None
    }

    async fn remove_table(&mut self, database: &str, table: &str) -> Result<(), GlueError> {
        self.report.tables.removed += 1;
        if self.options.dry_run { Ok(()) } else { self.client.delete_table(database, table).await }
    }

    /// Removes our tables of a database that the catalogue does not have; how many others it has. One that we may not
    /// look into has none of ours.
    async fn remove_tables_of_ours(&mut self, database: &str) -> Result<usize, GlueError> {
        let tables = match self.client.tables(database).await {
            Err(error) if error.is(DENIED) => return Ok(1),
            tables => tables?,
        };
        let (ours, others): (Vec<Table>, Vec<Table>) =
            tables.into_iter().partition(|table| self.is_ours(&table.parameters));
        for table in ours {
            self.remove_table(database, &table.name).await?;
        }
        Ok(others.len())
    }

    /// Removes our tables of a database that the catalogue no longer has, and the database if nothing else is in it.
    async fn remove_database(&mut self, database: &str) -> Result<(), GlueError> {
        if self.remove_tables_of_ours(database).await? > 0 {
            self.report.databases.unchanged += 1;
            return Ok(());
        }
        self.report.databases.removed += 1;
        if self.options.dry_run {
            return Ok(());
        }
        let removed = self.client.delete_database(database).await;
        removed.or_else(|error| if error.is(NOT_THERE) { Ok(()) } else { Err(error) })
    }
}

/// Whether a table is what it should be. Parameters that others have added do not count.
fn is_same(planned: &Table, found: &Table) -> bool {
    planned.description == found.description
        && planned.owner == found.owner
        && planned.table_type == found.table_type
        && planned.partition_keys == found.partition_keys
        && planned.storage_descriptor == found.storage_descriptor
        && is_kept(&planned.parameters, &found.parameters)
}

/// Whether all parameters of ours are as they should be, and none is left of those that should not be.
pub(super) fn is_kept(planned: &Parameters, found: &Parameters) -> bool {
    let kept = planned.iter().all(|(name, value)| found.get(name) == Some(value));
    kept && found.keys().filter(|name| name.starts_with(OURS)).all(|name| planned.contains_key(name))
}

/// Our parameters with those that others have added.
fn merged(planned: &Parameters, found: Parameters) -> Parameters {
    let mut parameters: Parameters =
        found.into_iter().filter(|(name, _)| name != LABEL && !name.starts_with(OURS)).collect();
    parameters.extend(planned.clone());
    parameters
}
