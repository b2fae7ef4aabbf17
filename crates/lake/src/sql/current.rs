//! The rows of a table that count at a sequence: all but the superseded.

use super::scan;
use crate::{
    refinery::columns::{VIEW_RESOURCE, VIEW_VERSION},
    table::{Table, TableId},
};
use datafusion::{
    common::{Column, DataFusionError, JoinType},
    error::Result,
    logical_expr::{LogicalPlan, LogicalPlanBuilder, col},
};
use fhir::ResourceType;
use keys::Zone;

/// Which table holds what supersedes a table's rows, and by which columns.
#[derive(Clone, Debug)]
pub(crate) struct Supersession {
    pub(crate) table: TableId,
    pub(crate) id: &'static str,
    pub(crate) version: &'static str,
}

/// How rows of `table` are superseded; `None` where they never are. A view is over resources of type `over`.
pub(crate) fn supersession(table: &TableId, over: Option<ResourceType>) -> Option<Supersession> {
    match table.zone() {
        Zone::Raw => {
            let resource_type = ResourceType::all().find(|each| TableId::raw(*each) == *table)?;
            Some(Supersession { table: TableId::superseded(resource_type), id: "id", version: "version_id" })
        }
        Zone::View => {
            Some(Supersession { table: TableId::superseded(over?), id: VIEW_RESOURCE, version: VIEW_VERSION })
        }
        Zone::Link if *table == TableId::person_link() => {
            let resource_type = ResourceType::parse("Patient")?;
            Some(Supersession {
                table: TableId::superseded(resource_type),
                id: "patient",
                version: "version_id",
            })
        }
        _ => None,
    }
}

/// A plan for the rows of `table` (or of some of its files) without those that
/// `superseded` names, all columns kept.
pub(crate) async fn plan(
    table: &Table,
    files: Option<Vec<String>>,
    superseded: Option<(&Table, &Supersession)>,
) -> Result<LogicalPlan> {
    let rows = LogicalPlanBuilder::scan("rows", scan::source(table, files).await?, None)?;
    let Some((superseded, by)) = superseded else { return rows.build() };
    let gone = LogicalPlanBuilder::scan("gone", scan::source(superseded, None).await?, None)?.build()?;
    // The smaller side is built into memory, the larger one streams past it.
    LogicalPlanBuilder::from(gone)
        .join_detailed(
            rows.build()?,
            JoinType::RightAnti,
            (vec![Column::new(Some("gone"), "id")], vec![Column::new(Some("rows"), by.id)]),
            Some(
                col(Column::new(Some("gone"), "version_id"))
                    .gt_eq(col(Column::new(Some("rows"), by.version))),
            ),
            datafusion::common::NullEquality::NullEqualsNothing,
        )?
        .build()
}

/// The same plan with the columns that readers see.
pub(crate) fn visible(table: &TableId, plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let hidden: &[&str] = match table.zone() {
        Zone::View => &[VIEW_RESOURCE, VIEW_VERSION],
        Zone::Link => &["version_id", "commit_seq"],
        _ => &[],
    };
    let columns: Vec<_> = plan
        .schema()
        .iter()
        .filter(|(_, field)| !hidden.contains(&field.name().as_str()))
        .map(|(qualifier, field)| col(Column::new(qualifier.cloned(), field.name())).alias(field.name()))
        .collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}
