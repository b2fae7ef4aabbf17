//! What must hold of a model's rows before they are published.

use crate::{LakeError, sql::Session};
use marts::Model;
use model::Timestamp;

/// How tests name the rows that they are about.
pub(super) const THIS: &str = "this";

/// Runs all tests of a model; the session shows its rows as `this`.
///
/// # Errors
/// [`LakeError::ModelTests`] with every test that does not hold; or one cannot be asked.
pub(super) async fn run(session: &Session, model: &Model, now: Timestamp) -> Result<(), LakeError> {
    let mut failed = Vec::new();
    for test in &model.tests {
        let broken = session.number(&test.sql(now)).await?;
        if broken > 0 {
            failed.push(format!("`{test}` does not hold of {broken} rows"));
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(LakeError::ModelTests { model: model.name.clone(), failed: failed.join("; ") }),
    }
}
