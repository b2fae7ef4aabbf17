//! Which columns the columns of a model are computed from, as its plan tells.

use super::{periods, pseudonym, rows};
use crate::{
    LakeError,
    sql::{Reader, table_of},
};
use datafusion::{
    common::{
        Column, DFSchema, JoinType, Result,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    datasource::empty::EmptyTable,
    logical_expr::{Expr, LogicalPlan},
};
use marts::Mart;
use model::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A column of a table as SQL names it: `view.encounter`, or `person_link`; and the column.
pub type Origin = (String, String);

/// What each column of each model is computed from, by model and column. Columns that a condition or a join asks about,
/// and whose values go into none of these, are not among them.
pub type Lineage = BTreeMap<String, BTreeMap<String, BTreeSet<Origin>>>;

/// The lineage of a mart's columns, over the lake as it is. A model that cannot be planned now has none.
///
/// # Errors
/// The catalogue cannot be read.
pub async fn lineage(reader: &Reader, mart: &Mart) -> std::result::Result<Lineage, LakeError> {
    let session = reader.session(None).await?;
    session.context().register_udf(pseudonym::planned());
    let mut lineage = Lineage::new();
    for model in &mart.models {
        periods::offer(session.context(), mart, model, Timestamp(0));
        let Ok(planned) = session.plan(&model.sql).await else { continue };
        let named = session.tables_named(&model.sql)?;
        let plan = planned.logical();
        let Ok(mut origins) = (Walk { named: &named }).of(plan) else { continue };
        let Ok(columns) = rows::columns(&session, model, &planned).await else { continue };
        if model.program.is_some() {
            // What a program makes a column of, nobody sees: of any that it is handed.
            origins = vec![origins.into_iter().flatten().collect(); columns.fields().len()];
        }
        let names = columns.fields().iter().map(|field| field.name().clone());
        lineage.insert(model.name.clone(), names.zip(origins).collect());
        // The models after it name it, whether or not it was ever made.
        session.put(&mart.name, &model.name, Arc::new(EmptyTable::new(columns)))?;
    }
    Ok(lineage)
}

/// What each column of a node is computed from, by place.
type Origins = Vec<BTreeSet<Origin>>;

struct Walk<'a> {
    named: &'a [(String, String)],
}

impl Walk<'_> {
    fn of(&self, plan: &LogicalPlan) -> Result<Origins> {
        if let Some(((schema, table), columns)) = table_of(plan, self.named) {
            let table = if schema == crate::sql::PUBLIC { table } else { format!("{schema}.{table}") };
            let own = |field: &Arc<arrow::datatypes::Field>| {
                BTreeSet::from([(table.clone(), field.name().clone())])
            };
            return Ok(columns.fields().iter().map(own).collect());
        }
        match plan {
            LogicalPlan::Projection(projection) => self.computed(&projection.expr, &projection.input),
            LogicalPlan::Aggregate(aggregate) => {
                let groups = self.computed(&aggregate.group_expr, &aggregate.input)?;
                let made = self.computed(&aggregate.aggr_expr, &aggregate.input)?;
                // Grouping sets give another number of columns than they are expressions.
                let wanted = plan.schema().fields().len().saturating_sub(made.len());
                let groups = match groups.len() == wanted {
                    true => groups,
                    false => vec![groups.into_iter().flatten().collect(); wanted],
                };
                Ok([groups, made].concat())
            }
            LogicalPlan::Window(window) => {
                let made = self.computed(&window.window_expr, &window.input)?;
                Ok([self.of(&window.input)?, made].concat())
            }
            LogicalPlan::Join(join) => {
                let (left, right) = (self.of(&join.left)?, self.of(&join.right)?);
                Ok(match join.join_type {
                    JoinType::LeftSemi | JoinType::LeftAnti => left,
                    JoinType::RightSemi | JoinType::RightAnti => right,
                    JoinType::LeftMark => [left, vec![right.into_iter().flatten().collect()]].concat(),
                    JoinType::RightMark => [right, vec![left.into_iter().flatten().collect()]].concat(),
                    JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                        [left, right].concat()
                    }
                })
            }
            LogicalPlan::Union(union) => {
                let mut all = vec![BTreeSet::new(); plan.schema().fields().len()];
                for input in &union.inputs {
                    for (origins, more) in all.iter_mut().zip(self.of(input)?) {
                        origins.extend(more);
                    }
                }
                Ok(all)
            }
            other => self.through(other),
        }
    }

    /// A node with the columns of its input; where it has others, each may be made of all.
    fn through(&self, plan: &LogicalPlan) -> Result<Origins> {
        let inputs = plan.inputs();
        let width = plan.schema().fields().len();
        let mut all = Origins::new();
        for input in &inputs {
            all.extend(self.of(input)?);
        }
        Ok(match all.len() == width {
            true => all,
            false => vec![all.into_iter().flatten().collect(); width],
        })
    }

    /// What expressions over the columns of `input` are computed from.
    fn computed(&self, expressions: &[Expr], input: &LogicalPlan) -> Result<Origins> {
        let origins = self.of(input)?;
        expressions.iter().map(|expression| self.expression(expression, (input.schema(), &origins))).collect()
    }

    fn expression(
        &self,
        expression: &Expr,
        (schema, origins): (&DFSchema, &Origins),
    ) -> Result<BTreeSet<Origin>> {
        let mut found = BTreeSet::new();
        let add = |found: &mut BTreeSet<Origin>, column: &Column| {
            let place = schema.maybe_index_of_column(column);
            found.extend(place.and_then(|place| origins.get(place)).into_iter().flatten().cloned());
        };
        expression.apply(|part| {
            match part {
                Expr::Column(column) => add(&mut found, column),
                Expr::ScalarSubquery(inner) => found.extend(self.of(&inner.subquery)?.into_iter().flatten()),
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(found)
    }
}
