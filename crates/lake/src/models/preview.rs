//! The first rows of a model, for whoever writes it: those of its query, and what its program makes of them.

use super::{periods, program, pseudonym, rows::queried};
use crate::{LakeError, sql::Reader};
use arrow::array::RecordBatch;
use datafusion::datasource::ViewTable;
use keys::MacKey;
use marts::{Mart, Model};
use model::Timestamp;
use sandbox::{Ended, SandboxError};
use std::sync::Arc;

/// What a model makes of a sample.
#[derive(Debug)]
pub struct Preview {
    /// Rows that its query gives.
    pub query: Vec<RecordBatch>,
    /// What its program makes of them and what it says, or how it fails; `None` if it has none.
    pub program: Option<Result<Ended<Vec<RecordBatch>>, SandboxError>>,
}

/// Makes a model of at most `sample` rows of its query, and publishes nothing. Models of the mart that it reads are asked
/// as queries; those with a program as they are published. Persons are under the pseudonyms that `project_mac` gives the
/// mart; a model by period is made for the newest that is over at `now`.
///
/// # Errors
/// The query fails, or needs more memory than a query may have.
pub async fn preview(
    reader: &Reader,
    (mart, model): (&Mart, &Model),
    sample: usize,
    (project_mac, now): (&MacKey, Timestamp),
) -> Result<Preview, LakeError> {
    let session = reader.session(None).await?;
    let own = pseudonym::Pseudonyms::new(project_mac, &mart.name);
    session.context().register_udf(pseudonym::mart_person(own));
    for before in mart.models.iter().take_while(|before| before.name != model.name) {
        if before.program.is_none() {
            periods::offer(session.context(), mart, before, now);
            // What cannot be planned may not be needed.
            let Ok(planned) = session.plan(&before.sql).await else { continue };
            let view = ViewTable::new(planned.logical().clone(), None);
            session.put(&mart.name, &before.name, Arc::new(view))?;
        }
    }
    periods::offer(session.context(), mart, model, now);
    let planned = session.plan(&model.sql).await?.at_most(sample)?;
    let query = queried(reader, &session, planned).await?;
    let program = match &model.program {
        None => None,
        Some(program) => match program::through(reader, &session, (model, program), query.clone()).await {
            Ok(ended) => Some(Ok(ended)),
            Err(LakeError::Program { source, .. }) => Some(Err(source)),
            Err(error) => return Err(error),
        },
    };
    Ok(Preview { query, program })
}
