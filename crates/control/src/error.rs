//! Why the control database refused or could not answer.

use crate::Publication;
use model::{CommitSeq, LaneId, Ordinal, ProcessRole, Timestamp};

/// What a lease gives the right to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// To register segments in this lane.
    Lane(LaneId),
    /// To publish.
    Worker,
}

impl std::fmt::Display for Holding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lane(lane) => write!(f, "lane {lane}"),
            Self::Worker => f.write_str("the worker's part"),
        }
    }
}

/// Why the control database refused or could not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Somebody else holds the lease; try again after `until`.
    #[error("{holding} is leased to another holder until {until}")]
    Leased {
        /// What was asked for.
        holding: Holding,
        /// When the present lease ends unless it is renewed.
        until: Timestamp,
    },
    /// The lease has passed to another holder or was given back: stop, and write nothing more under it.
    #[error("the lease of {holding} has been lost")]
    Fenced {
        /// What was lost.
        holding: Holding,
    },
    /// The name is taken.
    #[error("{what} `{name}` exists already")]
    AlreadyExists {
        /// What kind of thing it names.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The user of the database may do more than the process, or less.
    #[error(
        "the user of the control database may not do exactly what the {process} does: {what}; `carelake process give \
         {process} --database-user NAME` sets it"
    )]
    Grants {
        /// The process.
        process: ProcessRole,
        /// What is too much, and what is missing.
        what: String,
    },
    /// The database knows no users.
    #[error("the control database is a SQLite file, which knows no users; PostgreSQL does")]
    NoUsers,
    /// The tables are of another version of this program.
    #[error(
        "the tables of the control database are another version's; a command on the home brings them up to date, \
         `carelake job list` for instance"
    )]
    NotReady,
    /// Nothing goes by this name or number.
    #[error("no {what} `{name}`")]
    NotFound {
        /// What kind of thing was looked for.
        what: &'static str,
        /// Its name or number.
        name: String,
    },
    /// Another watch over the audit trail has come further: begin anew from what it kept.
    #[error("another watch has gone on from step {step}")]
    Outrun {
        /// The step that both went on from.
        step: u64,
    },
    /// A publication was begun and not ended: finish it (or abandon it, unless it refines) before another begins.
    #[error("publication {} is pending", .0.seq)]
    PendingPublication(Box<Publication>),
    /// The publication is not the pending one.
    #[error("publication {seq} is not pending")]
    NotPending {
        /// The sequence it was begun for.
        seq: CommitSeq,
    },
    /// A range of ordinals does not begin where the lane has been published to, or ends beyond what is registered.
    #[error("lane {lane} cannot be published from {from} to {to}")]
    OutOfOrder {
        /// The lane.
        lane: LaneId,
        /// The last ordinal before the range.
        from: Ordinal,
        /// The last ordinal of the range.
        to: Ordinal,
    },
    /// A refinement cannot be abandoned: its tables may hold it already, so it is resumed.
    #[error("publication {seq} refines segments and can only be resumed")]
    MustResume {
        /// The sequence it was begun for.
        seq: CommitSeq,
    },
    /// Readers can see the sequences from `oldest` to `latest` only.
    #[error("sequence {seq} is not readable: there are {oldest} to {latest}")]
    NotReadable {
        /// The sequence asked for.
        seq: CommitSeq,
        /// The oldest that is kept.
        oldest: CommitSeq,
        /// The newest that is published.
        latest: CommitSeq,
    },
    /// A stored value is not what this program writes.
    #[error("the control database holds a malformed {what}")]
    Malformed {
        /// What was read.
        what: &'static str,
    },
    /// The database could not be reached or failed. Whether a write was committed is then unknown:
    /// registering the same segment again tells, and is harmless.
    #[error("{action}")]
    Database {
        /// What was being done.
        action: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// The database's tables could not be brought up to date.
    #[error("migrate the control database")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}
