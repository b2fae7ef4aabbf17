//! How the models of a run are carried out.

use super::RunId;
use crate::{Control, ControlError};

/// Bytes of a plan that are kept; what goes beyond is cut off.
const MOST_BYTES: usize = 16 << 10;

impl Control {
    /// Keeps how a run carries out a model, in the place of what was kept before. No resource content.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_plan(&self, run: RunId, model: &str, plan: &str) -> Result<(), ControlError> {
        const SQL: &str = "INSERT INTO run_plan (run, model, said) VALUES ($1, $2, $3)
            ON CONFLICT (run, model) DO UPDATE SET said = excluded.said";
        let kept = &plan[..plan.floor_char_boundary(MOST_BYTES)];
        let cut = if kept.len() < plan.len() { format!("{kept}…") } else { kept.to_owned() };
        let params = [run.0.into(), model.into(), cut.as_str().into()];
        self.database.run("keep a run's plan", SQL, &params).await.map(drop)
    }

    /// How a run has carried out its models, by their names.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_plans(&self, run: RunId) -> Result<Vec<(String, String)>, ControlError> {
        const SQL: &str = "SELECT model, said FROM run_plan WHERE run = $1 ORDER BY model";
        let rows = self.database.rows("read a run's plans", SQL, &[run.0.into()]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }
}
