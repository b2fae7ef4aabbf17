//! The rows of a table that count at a sequence: all but the superseded.

use super::{
    scan,
    superseded::{Counts, List},
};
use crate::{
    refinery::columns::{self, VIEW_RESOURCE, VIEW_VERSION},
    table::{Table, TableId},
};
use arrow::datatypes::{DataType, Field, SchemaRef};
use async_trait::async_trait;
use datafusion::{
    catalog::{Session, TableProvider},
    common::{Column, DataFusionError},
    datasource::provider_as_source,
    error::Result,
    logical_expr::{
        Expr, LogicalPlan, LogicalPlanBuilder, ScalarUDF, TableProviderFilterPushDown, TableType, col,
    },
    physical_expr::{PhysicalExpr, ScalarFunctionExpr, expressions},
    physical_plan::{ExecutionPlan, filter::FilterExecBuilder},
};
use fhir::ResourceType;
use futures::try_join;
use keys::Zone;
use std::sync::Arc;

/// Which table holds what supersedes a table's rows, and by which columns.
#[derive(Clone, Debug)]
pub(crate) struct Supersession {
    pub(crate) table: TableId,
    /// The pseudonym of the resource that a row came from: its digits, or its two halves.
    id: &'static [&'static str],
    version: &'static str,
}

/// How rows of `table` are superseded; `None` where they never are. A view is over resources of type `over`.
pub(crate) fn supersession(table: &TableId, over: Option<ResourceType>) -> Option<Supersession> {
    let (over, id, version): (_, &[_], _) = match table.zone() {
        Zone::Raw => (ResourceType::all().find(|each| TableId::raw(*each) == *table)?, &["id"], "version_id"),
        Zone::View => (over?, &VIEW_RESOURCE, VIEW_VERSION),
        Zone::Link if *table == TableId::person_link() => {
            (ResourceType::parse("Patient")?, &["patient"], "version_id")
        }
        _ => return None,
    };
    Some(Supersession { table: TableId::superseded(over), id, version })
}

/// A plan for the rows of `table` (or of some of its files) without those that
/// `superseded` names, all columns kept.
pub(crate) async fn plan(
    table: &Table,
    files: Option<Vec<String>>,
    superseded: Option<(&Arc<List>, &Supersession)>,
) -> Result<LogicalPlan> {
    let mut rows = scan::provider(table, files).await?;
    if let Some((list, by)) = superseded.filter(|(list, _)| !list.is_empty()) {
        rows = Arc::new(Current { rows, list: Arc::clone(list), by: by.clone() });
    }
    LogicalPlanBuilder::scan("rows", provider_as_source(rows), None)?.build()
}

/// The same plan with the columns that readers see.
pub(crate) fn visible(table: &TableId, plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let hidden = |column: &str| match table.zone() {
        Zone::View => columns::is_hidden(column),
        Zone::Link => ["version_id", "commit_seq"].contains(&column),
        _ => false,
    };
    let columns: Vec<_> = plan
        .schema()
        .iter()
        .filter(|(_, field)| !hidden(field.name()))
        .map(|(qualifier, field)| col(Column::new(qualifier.cloned(), field.name())).alias(field.name()))
        .collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// How many of a hundred rows are thought to count, where plans are weighed: folding keeps it so.
const MOST_COUNT: u8 = 90;

/// A table without the rows that a list supersedes.
#[derive(Debug)]
struct Current {
    rows: Arc<dyn TableProvider>,
    list: Arc<List>,
    by: Supersession,
}

#[async_trait]
impl TableProvider for Current {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.rows.supports_filters_pushdown(filters)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.schema();
        let wanted = projection.cloned().unwrap_or_else(|| (0..schema.fields().len()).collect());
        let mut read = wanted.clone();
        let mut arguments: Vec<Arc<dyn PhysicalExpr>> = Vec::new();
        for name in self.by.id.iter().chain([&self.by.version]) {
            let column = schema.index_of(name)?;
            let place = read.iter().position(|other| *other == column).unwrap_or_else(|| {
                read.push(column);
                read.len() - 1
            });
            arguments.push(Arc::new(expressions::Column::new(name, place)));
        }
        // Rows are left out of what is read, so that a limit cannot be told to who reads it.
        let rows = self.rows.scan(state, Some(&read), filters, None);
        let (rows, counts) = try_join!(rows, self.list.counts(&state.runtime_env().memory_pool))?;
        let counts = ScalarFunctionExpr::new(
            Counts::NAME,
            Arc::new(ScalarUDF::new_from_impl(counts)),
            arguments,
            Arc::new(Field::new(Counts::NAME, DataType::Boolean, false)),
            Arc::new(state.config_options().clone()),
        );
        let kept = (0..wanted.len()).collect();
        let filter = FilterExecBuilder::new(Arc::new(counts), rows)
            .apply_projection(Some(kept))?
            .with_default_selectivity(MOST_COUNT);
        Ok(Arc::new(filter.build()?))
    }
}
