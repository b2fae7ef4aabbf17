//! Who is who stays out of marts: a model may join by `person_link`, and publishes a person as `mart_person(…)` only.
//!
//! A plan is walked from its tables upwards. Of each node it is known which of its columns carry the linked person, in
//! whatever form: a column that is made of such a one carries it too, but for whether and how many: what is true or
//! false, and `count`.

use crate::sql::table_of;
use datafusion::{
    arrow::datatypes::DataType,
    common::{
        Column, DFSchema, Result,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, ExprSchemable, Join, JoinType, LogicalPlan},
};
use std::collections::BTreeSet;

/// The columns of `plan`, by name, that carry the linked person. `named` are the tables that its query names.
///
/// # Errors
/// An expression of the plan does not fit its input.
pub(super) fn persons(plan: &LogicalPlan, named: &[(String, String)]) -> Result<Vec<String>> {
    let carried = Walk { named }.of(plan)?;
    let fields = plan.schema().fields();
    Ok(carried.into_iter().map(|at| fields[at].name().clone()).collect())
}

/// The columns of a node that carry it, by place.
type Carried = BTreeSet<usize>;

struct Walk<'a> {
    named: &'a [(String, String)],
}

impl Walk<'_> {
    fn of(&self, plan: &LogicalPlan) -> Result<Carried> {
        if let Some(((_, name), schema)) = table_of(plan, self.named) {
            let person = schema.index_of_column_by_name(None, "person").filter(|_| name == "person_link");
            return Ok(person.into_iter().collect());
        }
        match plan {
            LogicalPlan::Projection(projection) => {
                self.made_of(&projection.expr, projection.input.schema(), &self.of(&projection.input)?)
            }
            LogicalPlan::Aggregate(aggregate) => {
                let input = self.of(&aggregate.input)?;
                let schema = aggregate.input.schema();
                let groups = aggregate.group_expr_len()?;
                let mut carried = self.made_of(&aggregate.group_expr, schema, &input)?;
                if matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) && !carried.is_empty() {
                    carried = (0..groups).collect();
                }
                let made = self.made_of(&aggregate.aggr_expr, schema, &input)?;
                // Grouping sets add a column of their own between the two.
                let first = plan.schema().fields().len() - aggregate.aggr_expr.len();
                carried.extend(made.into_iter().map(|at| at + first));
                Ok(carried)
            }
            LogicalPlan::Window(window) => {
                let mut carried = self.of(&window.input)?;
                let made = self.made_of(&window.window_expr, window.input.schema(), &carried)?;
                let first = window.input.schema().fields().len();
                carried.extend(made.into_iter().map(|at| at + first));
                Ok(carried)
            }
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Union(union) => {
                let inputs = union.inputs.iter().map(|input| self.of(input));
                Ok(inputs.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
            }
            LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::Distinct(_)
            | LogicalPlan::Repartition(_) => match plan.inputs().as_slice() {
                [input] if input.schema().fields().len() == plan.schema().fields().len() => self.of(input),
                _ => self.anything(plan),
            },
            _ => self.anything(plan),
        }
    }

    /// What is not understood carries it everywhere, if any of what it is made of does.
    fn anything(&self, plan: &LogicalPlan) -> Result<Carried> {
        for input in plan.inputs() {
            if !self.of(input)?.is_empty() {
                return Ok((0..plan.schema().fields().len()).collect());
            }
        }
        Ok(Carried::new())
    }

    fn join(&self, join: &Join) -> Result<Carried> {
        let (left, right) = (self.of(&join.left)?, self.of(&join.right)?);
        let width = join.left.schema().fields().len();
        Ok(match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => left,
            JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => right,
            _ => left.into_iter().chain(right.into_iter().map(|at| at + width)).collect(),
        })
    }

    /// Which of `expressions` over `schema` carry it, given which of its columns do.
    fn made_of(&self, expressions: &[Expr], schema: &DFSchema, input: &Carried) -> Result<Carried> {
        let mut carried = Carried::new();
        for (at, expression) in expressions.iter().enumerate() {
            if self.carries(expression, schema, input)? {
                carried.insert(at);
            }
        }
        Ok(carried)
    }

    fn any(&self, expressions: &[Expr], schema: &DFSchema, input: &Carried) -> Result<bool> {
        Ok(!self.made_of(expressions, schema, input)?.is_empty())
    }

    fn carries(&self, expression: &Expr, schema: &DFSchema, input: &Carried) -> Result<bool> {
        let mut carries = false;
        expression.apply(|node| {
            let says_no_more = match node {
                Expr::ScalarFunction(call) => call.func.name() == "mart_person",
                // Which rows it is made over, and in what order, is not in its value.
                Expr::AggregateFunction(call) => {
                    carries |= call.func.name() != "count" && self.any(&call.params.args, schema, input)?;
                    true
                }
                Expr::WindowFunction(call) => {
                    carries |= call.fun.name() != "count" && self.any(&call.params.args, schema, input)?;
                    true
                }
                Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_) => true,
                Expr::Column(Column { relation, name, .. }) => {
                    let at = schema.index_of_column_by_name(relation.as_ref(), name);
                    carries |= at.is_some_and(|at| input.contains(&at));
                    true
                }
                Expr::ScalarSubquery(query) => {
                    carries |= !self.of(&query.subquery)?.is_empty();
                    true
                }
                // A column of the query around this one: what it carries is not known here.
                Expr::OuterReferenceColumn(..) => {
                    carries = true;
                    true
                }
                // What cannot be typed is looked into.
                other => matches!(other.get_type(schema), Ok(DataType::Boolean)),
            };
            Ok(match (carries, says_no_more) {
                (true, _) => TreeNodeRecursion::Stop,
                (_, true) => TreeNodeRecursion::Jump,
                _ => TreeNodeRecursion::Continue,
            })
        })?;
        Ok(carries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::pseudonym;
    use datafusion::{
        arrow::array::{RecordBatch, StringArray},
        prelude::SessionContext,
    };
    use std::sync::Arc;

    async fn exposed(query: &str) -> Vec<String> {
        let context = SessionContext::new_with_config(
            crate::sql::config().with_create_default_catalog_and_schema(true),
        );
        context.register_udf(pseudonym::planned());
        let text = || Arc::new(StringArray::from(vec!["a"])) as _;
        for (name, columns) in
            [("person_link", ["patient", "person", "origin"]), ("visits", ["patient", "class", "at"])]
        {
            let rows = RecordBatch::try_from_iter(columns.map(|column| (column, text()))).unwrap();
            context.register_batch(name, rows).unwrap();
        }
        let named = ["person_link", "visits"].map(|name| (crate::sql::PUBLIC.to_owned(), name.to_owned()));
        let plan = context.state().create_logical_plan(query).await.unwrap();
        persons(&plan, &named).unwrap()
    }

    #[tokio::test]
    async fn a_person_is_found_in_whatever_form_it_is_published() {
        for (query, found) in [
            ("select person from person_link", vec!["person"]),
            ("select * from person_link", vec!["person"]),
            ("select patient, upper(person) || '!' as who from person_link", vec!["who"]),
            (
                "select coalesce(l.person, v.patient) p from visits v left join person_link l on l.patient = v.patient",
                vec!["p"],
            ),
            (
                "with l as (select person as p, patient from person_link) select max(p) as m, min(patient) as n from l",
                vec!["m"],
            ),
            ("select person as q, count(*) from person_link group by rollup (person)", vec!["q"]),
            (
                "select class, lag(person) over (order by at) as before from visits join person_link using (patient)",
                vec!["before"],
            ),
            ("select class from visits union all select person from person_link", vec!["class"]),
            ("select (select max(person) from person_link) as m, class from visits", vec!["m"]),
            ("select array_agg(person) as a from person_link", vec!["a"]),
            ("select case when person = 'x' then person else 'no' end as c from person_link", vec!["c"]),
            (
                "select v.class, (select max(v.class || l.origin) from person_link l where l.patient = v.patient) as c from visits v",
                vec!["c"],
            ),
        ] {
            assert_eq!(exposed(query).await, found, "{query}");
        }
    }

    #[tokio::test]
    async fn pseudonyms_counts_and_conditions_say_no_more() {
        for query in [
            "select mart_person(person) as person from person_link",
            "select mart_person(coalesce(l.person, v.patient)) as p, l.person is not null as linked from visits v left join person_link l on l.patient = v.patient",
            "select count(distinct person) as persons from person_link",
            "select class from visits v where exists (select 1 from person_link l where l.patient = v.patient)",
            "select class, count(l.person) over (partition by l.person order by at) as nth from visits join person_link l using (patient)",
            "select class from visits join person_link using (patient) order by person limit 3",
            "select patient as person from visits",
            "select row_number() over (partition by person order by person) as n from person_link",
        ] {
            assert_eq!(exposed(query).await, Vec::<String>::new(), "{query}");
        }
    }
}
