//! What a query asks, as far as it may be told: the tables and columns that it reads, and its words without the values
//! in them, which can be a patient's.

use crate::LakeError;
use datafusion::{
    common::tree_node::TreeNodeRecursion,
    logical_expr::LogicalPlan,
    optimizer::{Optimizer, OptimizerContext, optimize_projections::OptimizeProjections},
    sql::{
        parser::Statement,
        sqlparser::ast::{Value, ValueWithSpan, VisitMut, VisitorMut},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
};

/// The longest statement that is told in full, in characters.
const STATEMENT_CHARACTERS: usize = 4000;

/// A query, as it is told to the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The statement with `?` in the place of every value; cut at 4,000 characters.
    pub statement: String,
    /// The columns that are read, by table (`schema.name`), in order.
    pub reads: BTreeMap<String, BTreeSet<String>>,
}

/// The words of a statement without its values.
pub(super) fn words(mut statement: Statement) -> String {
    struct NoValues;
    impl VisitorMut for NoValues {
        type Break = ();

        fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
            if !matches!(value.value, Value::Null | Value::Boolean(_)) {
                value.value = Value::Placeholder("?".to_owned());
            }
            ControlFlow::Continue(())
        }
    }
    let text = match &mut statement {
        Statement::Statement(inner) => {
            // Nothing breaks off.
            let _ = inner.visit(&mut NoValues);
            inner.to_string()
        }
        Statement::Explain(explained) => format!("EXPLAIN {}", words((*explained.statement).clone())),
        // Read-only as sessions are, nothing else is ever carried out.
        _ => return "another statement than a query".to_owned(),
    };
    text.chars().take(STATEMENT_CHARACTERS).collect()
}

/// The columns that a plan reads of each table, as the query names them: the plan is one in which tables have not been
/// replaced by what they are made of. Of a subquery within an expression, all columns of its tables.
pub(super) fn reads(plan: LogicalPlan) -> Result<BTreeMap<String, BTreeSet<String>>, LakeError> {
    let needed = Optimizer::with_rules(vec![Arc::new(OptimizeProjections::new())]);
    let plan = needed.optimize(plan, &OptimizerContext::new(), |_, _| {}).map_err(LakeError::Query)?;
    let mut reads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let walked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let name = scan.table_name.table();
            let name = match scan.table_name.schema() {
                Some(super::PUBLIC) | None => name.to_owned(),
                Some(schema) => format!("{schema}.{name}"),
            };
            let columns = scan.projected_schema.fields().iter().map(|field| field.name().clone());
            reads.entry(name).or_default().extend(columns);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    walked.map_err(LakeError::Query)?;
    Ok(reads)
}
