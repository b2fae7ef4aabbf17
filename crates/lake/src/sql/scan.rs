//! Reads a whole table as it lies, for the lake's own use.

use crate::{LakeError, table::Table};
use arrow::array::RecordBatch;
use datafusion::{
    catalog::TableProvider, datasource::provider_as_source, error::Result as DataFusionResult,
    logical_expr::LogicalPlanBuilder, prelude::SessionContext,
};
use std::sync::Arc;

/// All rows of the loaded version, superseded ones included.
pub(crate) async fn all(table: &Table) -> Result<Vec<RecordBatch>, LakeError> {
    let context = SessionContext::new();
    let read = async {
        table.delta().update_datafusion_session(&context.state())?;
        let plan = LogicalPlanBuilder::scan(
            table.id().name(),
            provider_as_source(provider(table, None).await?),
            None,
        )?;
        context.execute_logical_plan(plan.build()?).await?.collect().await
    };
    read.await.map_err(LakeError::Query)
}

/// A table, or some of its files, as DataFusion reads it.
pub(super) async fn provider(
    table: &Table,
    files: Option<Vec<String>>,
) -> DataFusionResult<Arc<dyn TableProvider>> {
    let mut builder = table.delta().table_provider();
    if let Some(files) = files {
        builder = builder.with_file_paths(files);
    }
    builder.await
}
