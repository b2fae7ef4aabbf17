//! One Delta table: opened, appended to or rewritten, each commit at most once per mark.
//!
//! A *mark* is an application id with a version (Delta protocol, "Transaction
//! Identifiers"). Before a commit the marks of the snapshot are compared; what
//! is already marked is dropped. Commits are never retried by Delta itself: a
//! conflict reloads the table and looks at the marks again (design §2.6).

mod files;
mod id;
mod parquet_file;
mod plain;

pub use files::{DataFile, Size};
pub use id::TableId;
pub use plain::plain;
pub(crate) use plain::{like, plain_schema, plain_type};

use crate::{
    LakeError,
    stores::{self, Stores},
};
use arrow::{
    array::RecordBatch,
    datatypes::{Schema, SchemaRef},
};
use deltalake::{
    DeltaTable, DeltaTableBuilder, DeltaTableError,
    kernel::{
        Action, Add, Metadata, MetadataExt, Remove, StructType, Transaction,
        engine::arrow_conversion::TryIntoKernel,
        transaction::{CommitBuilder, CommitProperties, TransactionError},
    },
    operations::create::CreateBuilder,
    protocol::{DeltaOperation, SaveMode},
};
use model::failpoint;
use std::sync::Arc;

/// Reloads after a conflict before giving up: each reload means that somebody else has committed.
const CONFLICT_RELOADS: usize = 8;

/// How long a log speaks of files that were replaced. Longer than any reader needs them; were it
/// Delta's week, each checkpoint would list a week's compactions.
const REMEMBER_REPLACED: &str = "interval 1 hours";

/// An application id and the version it has reached with a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Such as `lane-3`.
    pub application: String,
    /// Such as the last ordinal of that lane in the commit.
    pub version: i64,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It was made now.
    Now,
    /// Its marks were already there: an earlier try had made it.
    Before,
}

/// What a conflict means to a commit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnConflict {
    /// Load what was committed, and go on unless our marks are there.
    LookAgain,
    /// What we read is no longer what is there.
    GiveUp,
}

/// What a commit brings.
#[derive(Default)]
struct New {
    adds: Vec<Add>,
    removes: Vec<Remove>,
    columns: Option<Metadata>,
}

/// A loaded Delta table.
#[derive(Clone, Debug)]
pub struct Table {
    id: TableId,
    delta: DeltaTable,
}

impl Table {
    fn builder(stores: &Stores, id: &TableId) -> Result<DeltaTable, LakeError> {
        stores::register_scheme();
        let missing = || DeltaTableError::InvalidTableLocation(id.to_string());
        let failed = LakeError::table("open", id);
        let built = (|| {
            let store = stores.of(id.zone()).ok_or_else(missing)?;
            let url = id.url().ok_or_else(missing)?;
            DeltaTableBuilder::from_url(url.clone())?.with_storage_backend(Arc::clone(store), url).build()
        })();
        built.map_err(failed)
    }

    /// Loads the newest version, or `None` if there is no such table.
    ///
    /// # Errors
    /// The zone or the table's log cannot be read.
    pub async fn open(stores: &Stores, id: &TableId) -> Result<Option<Self>, LakeError> {
        let mut delta = Self::builder(stores, id)?;
        if !delta.verify_deltatable_existence().await.map_err(LakeError::table("look for", id))? {
            return Ok(None);
        }
        delta.load().await.map_err(LakeError::table("load", id))?;
        Ok(Some(Self { id: id.clone(), delta }))
    }

    /// Loads one version.
    ///
    /// # Errors
    /// The version is gone, or cannot be read.
    pub async fn open_at(stores: &Stores, id: &TableId, version: i64) -> Result<Self, LakeError> {
        let mut delta = Self::builder(stores, id)?;
        let version = u64::try_from(version).unwrap_or_default();
        delta.load_version(version).await.map_err(LakeError::table("load a version of", id))?;
        Ok(Self { id: id.clone(), delta })
    }

    /// Loads the newest version, making the table with `schema` if there is none.
    ///
    /// # Errors
    /// The zone cannot be read or written, or the schema has a type that Delta does not know.
    pub async fn open_or_create(
        stores: &Stores,
        id: &TableId,
        schema: &SchemaRef,
    ) -> Result<Self, LakeError> {
        if let Some(table) = Self::open(stores, id).await? {
            return Ok(table);
        }
        let structure: StructType = schema.as_ref().try_into_kernel().map_err(LakeError::columns(id))?;
        let log_store = Self::builder(stores, id)?.log_store();
        let created = CreateBuilder::new()
            .with_log_store(log_store)
            .with_table_name(id.name())
            .with_columns(structure.fields().cloned())
            .with_configuration([("delta.deletedFileRetentionDuration", Some(REMEMBER_REPLACED))])
            .with_save_mode(SaveMode::Ignore)
            .with_commit_properties(CommitProperties::default().with_cleanup_expired_logs(Some(false)))
            .await;
        match created {
            Ok(delta) => {
                failpoint!("table.create.after-commit");
                Ok(Self { id: id.clone(), delta })
            }
            // Another worker may have made it a moment ago.
            Err(error) => match Self::open(stores, id).await? {
                Some(table) => Ok(table),
                None => Err(LakeError::table("create", id)(error)),
            },
        }
    }

    /// Which table this is.
    #[must_use]
    pub const fn id(&self) -> &TableId {
        &self.id
    }

    /// The loaded version, from 0.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.delta.version().and_then(|version| i64::try_from(version).ok()).unwrap_or_default()
    }

    /// The columns of the loaded version.
    pub(crate) fn schema(&self) -> SchemaRef {
        let state = self.delta.snapshot().map(|state| state.snapshot().arrow_schema());
        state.unwrap_or_else(|_| Arc::new(Schema::empty()))
    }

    /// The columns of `schema` as Delta has them, if the table's are others.
    ///
    /// # Errors
    /// The schema has a type that Delta does not know.
    pub(crate) fn other_columns(&self, schema: &Schema) -> Result<Option<StructType>, LakeError> {
        let columns: StructType = schema.try_into_kernel().map_err(LakeError::columns(&self.id))?;
        let state = self.delta.snapshot().map_err(LakeError::table("read the columns of", &self.id))?;
        Ok(Some(columns).filter(|columns| state.schema().as_ref() != columns))
    }

    pub(crate) const fn delta(&self) -> &DeltaTable {
        &self.delta
    }

    /// The version that `application` has reached in the loaded snapshot.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn reached(&self, application: &str) -> Result<Option<i64>, LakeError> {
        let failed = LakeError::table("read marks of", &self.id);
        let read = async {
            let snapshot = self.delta.snapshot()?.snapshot();
            snapshot.transaction_version(self.delta.log_store().as_ref(), application).await
        };
        read.await.map_err(failed)
    }

    async fn already(&self, marks: &[Mark]) -> Result<bool, LakeError> {
        let Some(mark) = marks.first() else { return Ok(false) };
        // All marks of a commit stand or fall together, so one tells of all.
        Ok(self.reached(&mark.application).await?.is_some_and(|reached| reached >= mark.version))
    }

    /// Appends rows under `marks`, unless these are already there.
    ///
    /// # Errors
    /// The rows do not fit the table, or it cannot be written.
    pub async fn append(&mut self, rows: Vec<RecordBatch>, marks: &[Mark]) -> Result<Committed, LakeError> {
        if self.already(marks).await? {
            return Ok(Committed::Before);
        }
        let adds = self.write(rows).await?;
        failpoint!("table.data.after-write");
        self.commit(New { adds, ..New::default() }, marks, OnConflict::LookAgain).await
    }

    /// Appends files that [`Table::write`] wrote, under `marks`, unless these are already there.
    ///
    /// # Errors
    /// The table cannot be written.
    pub(crate) async fn append_written(
        &mut self,
        files: Vec<Add>,
        marks: &[Mark],
    ) -> Result<Committed, LakeError> {
        if self.already(marks).await? {
            return Ok(Committed::Before);
        }
        self.commit(New { adds: files, ..New::default() }, marks, OnConflict::LookAgain).await
    }

    /// Puts `rows` in the place of `files`. A conflict means that another worker is at work: then nothing is done.
    ///
    /// # Errors
    /// As [`Table::append`], or somebody else has committed.
    pub async fn replace(&mut self, files: &[DataFile], rows: Vec<RecordBatch>) -> Result<(), LakeError> {
        let adds = self.write(rows).await?;
        let removes = files.iter().map(|file| file.remove.clone()).collect();
        self.commit(New { adds, removes, columns: None }, &[], OnConflict::GiveUp).await?;
        Ok(())
    }

    /// Puts files that [`Table::write`] wrote in the place of `files`, under a mark; where the table's columns are
    /// others than `schema`, they become these. A conflict means that another worker is at work: then nothing is done.
    pub(crate) async fn swap(
        &mut self,
        files: &[DataFile],
        adds: Vec<Add>,
        schema: &SchemaRef,
        mark: &Mark,
    ) -> Result<(), LakeError> {
        let changed = match self.other_columns(schema)? {
            None => None,
            Some(columns) => {
                let metadata = self
                    .delta
                    .snapshot()
                    .and_then(|state| Ok(state.metadata().clone().with_schema(&columns)?));
                Some(metadata.map_err(LakeError::table("read the columns of", &self.id))?)
            }
        };
        let removes = files.iter().map(|file| file.remove.clone()).collect();
        let new = New { adds, removes, columns: changed };
        self.commit(new, std::slice::from_ref(mark), OnConflict::GiveUp).await?;
        Ok(())
    }

    /// Commits what is new, looking at the marks again after each conflict.
    async fn commit(
        &mut self,
        New { adds, removes, columns }: New,
        marks: &[Mark],
        on_conflict: OnConflict,
    ) -> Result<Committed, LakeError> {
        let columns = columns.into_iter().map(Action::Metadata);
        let adds = adds.into_iter().map(Action::Add);
        let actions: Vec<Action> =
            columns.chain(adds).chain(removes.iter().cloned().map(Action::Remove)).collect();
        let marks_of =
            || marks.iter().map(|mark| Transaction::new(&mark.application, mark.version)).collect();
        for _ in 0..CONFLICT_RELOADS {
            let properties = CommitProperties::default()
                .with_max_retries(0)
                .with_create_checkpoint(false)
                .with_cleanup_expired_logs(Some(false))
                .with_application_transactions(marks_of());
            let mode = if removes.is_empty() { SaveMode::Append } else { SaveMode::Overwrite };
            let operation = DeltaOperation::Write { mode, partition_by: None, predicate: None };
            let id = self.id.clone();
            let failed = LakeError::table("commit to", &id);
            let state = match self.delta.snapshot() {
                Ok(state) => state.clone(),
                Err(error) => return Err(failed(error)),
            };
            let committed = CommitBuilder::from(properties)
                .with_actions(actions.clone())
                .build(Some(state.snapshot()), self.delta.log_store(), operation)
                .await;
            match committed {
                Ok(commit) => {
                    self.delta.state = Some(commit.snapshot());
                    return Ok(Committed::Now);
                }
                Err(error) if is_conflict(&error) => {
                    if on_conflict == OnConflict::GiveUp {
                        return Err(LakeError::NotTheWorker);
                    }
                    self.reload().await?;
                    if self.already(marks).await? {
                        return Ok(Committed::Before);
                    }
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Err(LakeError::NotTheWorker)
    }

    /// Loads what has been committed since.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn reload(&mut self) -> Result<(), LakeError> {
        self.delta.update_state().await.map_err(LakeError::table("reload", &self.id))
    }
}

fn is_conflict(error: &DeltaTableError) -> bool {
    matches!(
        error,
        DeltaTableError::Transaction {
            source: TransactionError::MaxCommitAttempts(_)
                | TransactionError::VersionAlreadyExists(_)
                | TransactionError::CommitConflict(_)
        } | DeltaTableError::VersionAlreadyExists(_)
    )
}
