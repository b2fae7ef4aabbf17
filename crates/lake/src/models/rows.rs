//! The rows of a model, and their columns: what its query gives, or what its program makes of that.

use super::program;
use crate::{
    LakeError,
    sql::{Planned, Reader, Session},
    table,
};
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use marts::Model;

/// The rows of a model whose query has been planned, if they fit into what a query may have of memory.
///
/// # Errors
/// The query or the program fails, or gives too much.
pub(super) async fn rows(
    reader: &Reader,
    session: &Session,
    (model, planned): (&Model, Planned),
) -> Result<Vec<RecordBatch>, LakeError> {
    let rows = queried(reader, session, planned).await?;
    match &model.program {
        None => Ok(rows),
        Some(program) => Ok(program::through(reader, session, (model, program), rows).await?.read),
    }
}

/// The rows that a query gives.
pub(super) async fn queried(
    reader: &Reader,
    session: &Session,
    planned: Planned,
) -> Result<Vec<RecordBatch>, LakeError> {
    let rows = session.rows_within(planned, reader.limits.memory_bytes).await?;
    table::plain(rows).map_err(|error| LakeError::Query(error.into()))
}

/// The columns of a model whose query has been planned.
///
/// # Errors
/// Its program gives a column of a type that there is not.
pub(super) async fn columns(
    session: &Session,
    model: &Model,
    planned: &Planned,
) -> Result<SchemaRef, LakeError> {
    match &model.program {
        None => Ok(table::plain_schema(planned.logical().schema().as_arrow())),
        Some(program) => program::columns(session, program).await,
    }
}
