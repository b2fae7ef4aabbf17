//! Why the lake could not do its work.

use crate::{refinery::chain, table::TableId};
use datafusion::common::DataFusionError;

/// Why a step of the lake failed. Holds names, counts and keys, never content.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// A zone could not be read or written.
    #[error("{action} in zone `{zone}`")]
    Zone {
        /// What was tried.
        action: &'static str,
        /// Where.
        zone: &'static str,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// A Delta table could not be read or committed to.
    #[error("{action} table `{table}`")]
    Table {
        /// What was tried.
        action: &'static str,
        /// Which table.
        table: TableId,
        /// What Delta said.
        #[source]
        source: Box<deltalake::DeltaTableError>,
    },
    /// A table was made with other columns than rows have now.
    #[error("table `{0}` was made by another version of carelake, with other columns")]
    OtherColumns(TableId),
    /// Columns could not be made or read.
    #[error("shape columns of table `{table}`")]
    Columns {
        /// Which table.
        table: TableId,
        /// What Arrow or Parquet said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A registered segment cannot be read: damaged, replaced or lost.
    #[error("read segment {ordinal} of lane {lane}")]
    Segment {
        /// Its lane.
        lane: i64,
        /// Its place.
        ordinal: i64,
        /// What was wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The vault could not be written.
    #[error("write the vault")]
    Vault(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The control database failed or refused.
    #[error("{action} in the control database")]
    Control {
        /// What was tried.
        action: &'static str,
        /// What it said.
        #[source]
        source: control::ControlError,
    },
    /// The audit trail could not be written: nothing is done then.
    #[error("record what is about to be done")]
    Audit(#[from] model::AuditError),
    /// Another worker holds the lease, or took it while this one worked.
    #[error("another worker is at work on this lake")]
    NotTheWorker,
    /// A query or a model failed.
    #[error("run the query")]
    Query(#[source] DataFusionError),
    /// A query tried to change something.
    #[error("this door only reads: SELECT, WITH, EXPLAIN, SHOW and DESCRIBE are understood")]
    ReadOnly,
    /// A background task ended without an answer.
    #[error("a background task ended early")]
    Task(#[from] tokio::task::JoinError),
    /// A built-in mart is not understood.
    #[error("read the built-in marts")]
    Mart(#[source] marts::MartError),
    /// What a model says must hold of its rows does not: nothing is published.
    #[error("`{model}` was not published: {failed}")]
    ModelTests {
        /// The model.
        model: String,
        /// Each test that does not hold, and of how many rows.
        failed: String,
    },
    /// A model's program did not make its rows.
    #[error("make the rows of model `{model}` by its program")]
    Program {
        /// The model.
        model: String,
        /// Why not.
        #[source]
        source: sandbox::SandboxError,
    },
    /// What a source sends breaks its contract, which stops marts until somebody has seen to it.
    #[error(
        "nothing is published while the feed of `{0}` breaks its contract; `carelake feed findings` says how"
    )]
    Stopped(model::SourceId),
    /// A table was committed to, or its new files were tidied away, between its making and its publication.
    #[error("table `{0}` has changed since its rows were made")]
    Overtaken(TableId),
    /// A model's rows need more memory than a query may have.
    #[error("the rows take more than the {} MiB that a query may have", .0 >> 20)]
    TooLarge(usize),
    /// A job failed; its run says why.
    #[error("run {run} of job `{job}` {how}: {why}")]
    Run {
        /// The run's number.
        run: i64,
        /// Its job.
        job: String,
        /// How it ended.
        how: &'static str,
        /// What it said.
        why: String,
    },
    /// Marts read each other.
    #[error("the marts cannot be built one after the other: {0}")]
    NoOrder(String),
    /// No mart is called so.
    #[error("no mart is called `{0}`; `carelake mart list` shows them")]
    NoSuchMart(String),
    /// A model by period is to be made for no period at all.
    #[error("no period of model `{model}` that lies in what is asked for is over yet")]
    NoPeriod {
        /// The model.
        model: String,
    },
    /// A model by period gives rows of other periods than the one that it is made for.
    #[error(
        "model `{model}` gives {strays} rows whose `{time}` is null or outside of the period: compare with          period_start() and period_end()"
    )]
    OutOfPeriod {
        /// The model.
        model: String,
        /// Its column.
        time: String,
        /// How many rows.
        strays: usize,
    },
    /// Rows of a reference table cannot be told apart.
    #[error("the key ({key}) does not tell rows apart: {count} {what}")]
    Key {
        /// The columns that are to tell rows apart.
        key: String,
        /// How many there are.
        count: usize,
        /// Of what.
        what: &'static str,
    },
    /// A run that is to publish a reference table does not say of which files.
    #[error("the run names no files: `carelake reference load` queues runs that do")]
    NotLoaded,
    /// The sequence asked for is not published.
    #[error("commit sequence {asked} is not published; the newest is {newest}")]
    NoSuchSequence {
        /// What was asked.
        asked: i64,
        /// What there is.
        newest: i64,
    },
}

impl LakeError {
    /// The error with its causes, without a value of a row: what a query says while it runs can quote one.
    pub(crate) fn without_values(&self) -> String {
        match self {
            Self::Query(source) => match source.find_root() {
                DataFusionError::Plan(_)
                | DataFusionError::SQL(..)
                | DataFusionError::SchemaError(..)
                | DataFusionError::NotImplemented(_)
                | DataFusionError::ResourcesExhausted(_)
                | DataFusionError::ObjectStore(_)
                | DataFusionError::ParquetError(_) => chain(self),
                _ => "the query failed while it ran; `carelake sql` shows at what".to_owned(),
            },
            error => chain(error),
        }
    }

    pub(crate) fn control(action: &'static str) -> impl FnOnce(control::ControlError) -> Self {
        move |source| match source {
            control::ControlError::Fenced { .. } | control::ControlError::Leased { .. } => Self::NotTheWorker,
            source => Self::Control { action, source },
        }
    }

    pub(crate) fn table(
        action: &'static str,
        table: &TableId,
    ) -> impl FnOnce(deltalake::DeltaTableError) -> Self {
        let table = table.clone();
        move |source| Self::Table { action, table, source: Box::new(source) }
    }

    pub(crate) fn columns<E>(table: &TableId) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let table = table.clone();
        move |source| Self::Columns { table, source: Box::new(source) }
    }
}
