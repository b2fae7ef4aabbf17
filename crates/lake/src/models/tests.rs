//! What must hold of a model's rows before they are published.

use crate::{LakeError, sql::Session};
use arrow::{
    array::{Array, Int64Array},
    compute,
    datatypes::DataType,
};
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
        let broken = count(session, &test.sql(now)).await?;
        if broken > 0 {
            failed.push(format!("`{test}` does not hold of {broken} rows"));
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(LakeError::ModelTests { model: model.name.clone(), failed: failed.join("; ") }),
    }
}

async fn count(session: &Session, sql: &str) -> Result<i64, LakeError> {
    let rows = session.rows(sql).await?;
    let Some(batch) = rows.first().filter(|batch| batch.num_rows() > 0) else { return Ok(0) };
    let counted =
        compute::cast(batch.column(0), &DataType::Int64).map_err(|error| LakeError::Query(error.into()))?;
    let counted = counted.as_any().downcast_ref::<Int64Array>();
    Ok(counted.filter(|counted| !counted.is_null(0)).map_or(0, |counted| counted.value(0)))
}
