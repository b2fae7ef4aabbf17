//! Jobs are found by what they are and how they went, a page at a time.

use super::{Job, read_job, select_jobs};
use crate::{
    Control, ControlError, Found, RunState,
    database::{Param, Row, number},
    found::like,
};

/// Which jobs are looked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct WhichJobs<'a> {
    /// A part of the name or of the owner; any if empty.
    pub text: &'a str,
    /// The kind; any if empty.
    pub kind: &'a str,
    /// The state of the newest run.
    pub state: Option<RunState>,
    /// By what they are ordered.
    pub order: JobOrder,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// How many of the first are passed over.
    pub skip: u64,
    /// How many are wanted.
    pub limit: u64,
}

/// By what jobs are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobOrder {
    /// Their name.
    #[default]
    Name,
    /// Their kind, then the name.
    Kind,
    /// Their owner, then the name.
    Owner,
    /// When they are due; those that never are come last.
    Due,
    /// Their newest run.
    Last,
}

/// How many jobs of a kind have a newest run in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCount {
    /// The kind.
    pub kind: String,
    /// The state; none where there was no run.
    pub state: Option<RunState>,
    /// How many.
    pub jobs: u64,
}

// Names of jobs have no capital letters.
macro_rules! which {
    () => {
        "WHERE ($1 = '' OR name LIKE $1 ESCAPE '\\' OR LOWER(owner) LIKE $1 ESCAPE '\\')
            AND ($2 = '' OR kind = $2) AND ($3 = '' OR last_state = $3) "
    };
}

macro_rules! in_order {
    ($order:literal) => {
        concat!(select_jobs!(""), which!(), "ORDER BY ", $order, " LIMIT $4 OFFSET $5")
    };
}

impl JobOrder {
    const fn sql(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::Name, false) => in_order!("name"),
            (Self::Name, true) => in_order!("name DESC"),
            (Self::Kind, false) => in_order!("kind, name"),
            (Self::Kind, true) => in_order!("kind DESC, name DESC"),
            (Self::Owner, false) => in_order!("owner, name"),
            (Self::Owner, true) => in_order!("owner DESC, name DESC"),
            (Self::Due, false) => in_order!("COALESCE(next_due, 9223372036854775807), name"),
            (Self::Due, true) => in_order!("COALESCE(next_due, 9223372036854775807) DESC, name DESC"),
            (Self::Last, false) => in_order!("last_run, name"),
            (Self::Last, true) => in_order!("last_run DESC, name DESC"),
        }
    }
}

impl Control {
    /// The jobs that are looked for.
    ///
    /// # Errors
    /// The database failed.
    pub async fn find_jobs(&self, which: &WhichJobs<'_>) -> Result<Found<Job>, ControlError> {
        const ACTION: &str = "find jobs";
        const TOTAL: &str = concat!("SELECT COUNT(*) FROM job ", which!());
        let text = like(which.text);
        let state = which.state.map_or("", RunState::as_str);
        let mut params = vec![text.as_str().into(), which.kind.into(), state.into()];
        let total = self.database.row(ACTION, TOTAL, &params).await?;
        params.extend([which.limit, which.skip].map(|count| Param::from(number(count))));
        let rows = self.database.rows(ACTION, which.order.sql(which.descending), &params).await?;
        Found::of(rows.iter().map(read_job), total)
    }

    /// How many jobs there are, by kind and by the state of the newest run.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count_jobs(&self) -> Result<Vec<JobCount>, ControlError> {
        const SQL: &str = "SELECT kind, last_state, COUNT(*) FROM job GROUP BY kind, last_state
            ORDER BY kind, last_state";
        let count = |row: &Row| {
            Ok(JobCount { kind: row.text(0)?, state: RunState::named(&row.text(1)?), jobs: row.count(2)? })
        };
        self.database.rows("count jobs", SQL, &[]).await?.iter().map(count).collect()
    }
}
