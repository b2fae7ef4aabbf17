//! What runs say while they are at work.

use super::RunId;
use crate::{Control, ControlError};
use model::Timestamp;

/// Lines of one run that are kept; what it says beyond is not.
const MOST_LINES: i64 = 10_000;

/// A line of a run's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    /// Its number in the run, from 1.
    pub line: u64,
    /// When it was said.
    pub at: Timestamp,
    /// What was said; no resource content.
    pub said: String,
}

impl Control {
    /// Adds a line to a run's log, unless that has ten thousand already.
    ///
    /// # Errors
    /// The database failed, or there is no such run.
    pub async fn log_run(&self, id: RunId, said: &str) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO run_line (run, line, at, said)
            SELECT $1, COALESCE(MAX(line), 0) + 1, $2, $3 FROM run_line WHERE run = $1
            HAVING COALESCE(MAX(line), 0) < $4";
        let params = [id.0.into(), self.now().0.into(), said.into(), MOST_LINES.into()];
        self.database.run("write a run's log", SQL, &params).await.map(drop)
    }

    /// The lines of a run's log after number `after`, in order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_log(&self, id: RunId, after: u64) -> Result<Vec<RunLine>, ControlError> {
        const SQL: &str = "SELECT line, at, said FROM run_line WHERE run = $1 AND line > $2 ORDER BY line";
        let after = crate::database::number(after);
        let rows = self.database.rows("read a run's log", SQL, &[id.0.into(), after.into()]).await?;
        let line = |row: &crate::database::Row| {
            Ok(RunLine { line: row.count(0)?, at: Timestamp(row.int(1)?), said: row.text(2)? })
        };
        rows.iter().map(line).collect()
    }
}
