//! What a query asks, as far as it may be told: the tables and columns that it reads, and its words without the values
//! in them, which can be a patient's.

use crate::LakeError;
use datafusion::{
    common::{DFSchemaRef, tree_node::TreeNodeRecursion},
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

/// The columns that a plan reads of each of the tables that its query names. What a table is made of stands below its
/// name in the plan, and is not looked at. Of a subquery within an expression, all columns of its tables.
pub(super) fn reads(
    plan: LogicalPlan,
    named: &[(String, String)],
) -> Result<BTreeMap<String, BTreeSet<String>>, LakeError> {
    let needed = Optimizer::with_rules(vec![Arc::new(OptimizeProjections::new())]);
    let plan = needed.optimize(plan, &OptimizerContext::new(), |_, _| {}).map_err(LakeError::Query)?;
    let mut reads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let walked = plan.apply_with_subqueries(|node| {
        let Some(((schema_name, name), schema)) = table_of(node, named) else {
            return Ok(TreeNodeRecursion::Continue);
        };
        let name = match schema_name.as_str() {
            super::PUBLIC => name,
            schema => format!("{schema}.{name}"),
        };
        reads.entry(name).or_default().extend(schema.fields().iter().map(|field| field.name().clone()));
        Ok(TreeNodeRecursion::Jump)
    });
    walked.map_err(LakeError::Query)?;
    Ok(reads)
}

/// The table of the lake that a node of a plan stands for, if it does, of those that its query names; with its columns.
/// What the table is made of stands below the node.
pub(crate) fn table_of<'p>(
    node: &'p LogicalPlan,
    named: &[(String, String)],
) -> Option<((String, String), &'p DFSchemaRef)> {
    let (table, schema) = match node {
        LogicalPlan::SubqueryAlias(alias) => (&alias.alias, &alias.schema),
        LogicalPlan::TableScan(scan) => (&scan.table_name, &scan.projected_schema),
        _ => return None,
    };
    let table = table.clone().resolve(super::CATALOG, super::PUBLIC);
    let known = (table.schema.to_string(), table.table.to_string());
    named.contains(&known).then_some((known, schema))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use datafusion::{catalog::MemTable, datasource::ViewTable, prelude::SessionContext};

    /// `view.o` and `person_link`, each made of another plan, as the lake's tables are.
    async fn session() -> SessionContext {
        let context = SessionContext::new_with_config(
            super::super::config().with_create_default_catalog_and_schema(true),
        );
        context.sql("create schema view").await.unwrap();
        let column = || Arc::new(Int64Array::from(vec![1])) as ArrayRef;
        let rows =
            RecordBatch::try_from_iter([("patient", column()), ("code", column()), ("status", column())])
                .unwrap();
        for name in ["view.o", "person_link"] {
            let inner = MemTable::try_new(rows.schema(), vec![vec![rows.clone()]]).unwrap();
            let plan = context.read_table(Arc::new(inner)).unwrap().into_optimized_plan().unwrap();
            context.register_table(name, Arc::new(ViewTable::new(plan, None))).unwrap();
        }
        context
    }

    async fn read(sql: &str) -> Vec<(String, String)> {
        let context = session().await;
        let state = context.state();
        let statement = state.sql_to_statement(sql, &state.config_options().sql_parser.dialect).unwrap();
        let named = state.resolve_table_references(&statement).unwrap().into_iter();
        let named: Vec<_> = named
            .map(|table| table.resolve("carelake", "public"))
            .map(|table| (table.schema.to_string(), table.table.to_string()))
            .collect();
        let plan = state.statement_to_plan(statement).await.unwrap();
        let columns = |columns: BTreeSet<String>| columns.into_iter().collect::<Vec<_>>().join(" ");
        reads(plan, &named).unwrap().into_iter().map(|(table, read)| (table, columns(read))).collect()
    }

    #[tokio::test]
    async fn the_columns_that_are_read_are_told_by_table() {
        let told = |table: &str, columns: &str| (table.to_owned(), columns.to_owned());
        for (sql, wanted) in [
            ("select code from view.o", vec![told("view.o", "code")]),
            ("select count(*) from carelake.view.o as x where x.status = 7", vec![told("view.o", "status")]),
            ("select * from view.o limit 1", vec![told("view.o", "code patient status")]),
            (
                "select a.code from view.o a join person_link b on a.patient = b.patient",
                vec![told("person_link", "patient"), told("view.o", "code patient")],
            ),
            (
                "with person_link as (select status from view.o) select * from person_link",
                vec![told("view.o", "status")],
            ),
            ("select 1", vec![]),
        ] {
            assert_eq!(read(sql).await, wanted, "{sql}");
        }
        // All columns of a subquery's tables, where it stands in an expression.
        let subquery = read(
            "select code from view.o where exists (select 1 from person_link p where p.patient = o.patient)",
        )
        .await;
        assert_eq!(
            subquery.iter().map(|(table, _)| table.as_str()).collect::<Vec<_>>(),
            ["person_link", "view.o"]
        );
    }

    #[tokio::test]
    async fn values_are_not_told() {
        let context = session().await;
        let state = context.state();
        let sql = "select code from view.o where patient in (7, 8) and code = 'x' and status is not null and '9434765919' <> cast(1.5 as varchar)";
        let statement = state.sql_to_statement(sql, &state.config_options().sql_parser.dialect).unwrap();
        assert_eq!(
            words(statement),
            "SELECT code FROM view.o WHERE patient IN (?, ?) AND code = ? AND status IS NOT NULL AND ? <> CAST(? AS VARCHAR)"
        );
    }
}
