//! The proof that a model's rows about a person are made of that person's rows and of no others (ADR-0021).
//!
//! A plan is walked from its tables upwards. Of each node it is known whether its
//! rows are somebody's ([`Of::Persons`], with the columns that say whose) or
//! nobody's ([`Of::Nobody`]: constants, reference tables). Whatever could bring
//! rows of two persons together is refused, with the reason; what is not
//! understood is refused too.

use crate::sql::{PUBLIC, table_of};
use datafusion::{
    common::{Column, DFSchema, JoinType},
    logical_expr::{
        Aggregate, BinaryExpr, Distinct, Expr, Join, LogicalPlan, Operator, Projection, Union, Volatility,
        Window, utils::split_conjunction,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// What a column says of whom its row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// The patient, as one source has him.
    Patient,
    /// The person that the patient is: the linked one, or the patient himself where there is no link.
    Person,
    /// The linked person, or null where there is no link.
    Linked,
    /// The person under the mart's own pseudonym.
    Mart,
}

/// Whose the rows of a node are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Of {
    /// They are about no person.
    Nobody,
    /// Each is about one person; the columns, by place, that say about whom.
    Persons(BTreeMap<usize, Whose>),
}

/// Shows that the rows of `plan` about a person depend on that person's rows only, and that its column `key` says
/// about whom a row is. `named` are the tables that its query names; `personal` says which of their columns names the
/// patient, if one does.
///
/// # Errors
/// In words: what brings persons together, or cannot be seen through.
pub(super) fn prove(
    plan: &LogicalPlan,
    key: &str,
    named: &[(String, String)],
    personal: &dyn Fn(&str, &str) -> Option<&'static str>,
) -> Result<(), String> {
    let proof = Proof { named, personal };
    let Of::Persons(columns) = proof.of(plan)? else {
        return Err("it reads nothing about persons".to_owned());
    };
    let at = plan.schema().index_of_column_by_name(None, key);
    match at.and_then(|at| columns.get(&at)) {
        Some(Whose::Mart) => Ok(()),
        _ => Err(format!("its column `{key}` is not mart_person(…) of the person that the row is about")),
    }
}

struct Proof<'a> {
    named: &'a [(String, String)],
    personal: &'a dyn Fn(&str, &str) -> Option<&'static str>,
}

impl Proof<'_> {
    fn of(&self, plan: &LogicalPlan) -> Result<Of, String> {
        if let Some(table) = self.table(plan) {
            return table;
        }
        match plan {
            LogicalPlan::EmptyRelation(_) | LogicalPlan::Values(_) => Ok(Of::Nobody),
            LogicalPlan::SubqueryAlias(alias) => self.of(&alias.input),
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
                self.expressions(sort.expr.iter().map(|sort| &sort.expr))?;
                self.of(&sort.input)
            }
            LogicalPlan::Repartition(same) => self.of(&same.input),
            LogicalPlan::Filter(filter) => {
                self.expressions([&filter.predicate])?;
                self.of(&filter.input)
            }
            LogicalPlan::Projection(projection) => self.projection(projection),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Window(window) => self.window(window),
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Union(union) => self.union(union),
            LogicalPlan::Distinct(Distinct::All(input)) => match self.of(input)? {
                Of::Persons(columns) if !columns.values().any(|whose| whose.tells()) => {
                    Err("`distinct` without a column of the person makes one row of several persons'"
                        .to_owned())
                }
                of => Ok(of),
            },
            LogicalPlan::Sort(_) | LogicalPlan::Limit(_) => match self.inputs(plan)? {
                Of::Nobody => Ok(Of::Nobody),
                Of::Persons(_) => Err("`limit` chooses among the rows of all persons".to_owned()),
            },
            other => match self.inputs(other)? {
                Of::Nobody => Ok(Of::Nobody),
                Of::Persons(_) => Err(format!("`{}` cannot be seen through", kind(other))),
            },
        }
    }

    /// A node that stands for a table of the lake; what that is made of is not looked at.
    fn table(&self, plan: &LogicalPlan) -> Option<Result<Of, String>> {
        let (known, schema) = table_of(plan, self.named)?;
        let (schema_name, name) = (known.0.as_str(), known.1.as_str());
        if !["raw", "view", PUBLIC].contains(&schema_name) {
            return Some(Err(format!(
                "`{schema_name}.{name}` is a mart's table, whose changes are not followed"
            )));
        }
        let place = |column: &str| schema.index_of_column_by_name(None, column);
        let Some(at) = (self.personal)(schema_name, name).and_then(place) else {
            return Some(Ok(Of::Nobody));
        };
        let mut columns = BTreeMap::from([(at, Whose::Patient)]);
        if let Some(at) = place("person").filter(|_| name == "person_link") {
            columns.insert(at, Whose::Person);
        }
        Some(Ok(Of::Persons(columns)))
    }

    /// Expressions may hold queries of their own about nobody only.
    fn expressions<'e>(&self, expressions: impl IntoIterator<Item = &'e Expr>) -> Result<(), String> {
        use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
        let mut wrong = Ok(());
        for expression in expressions {
            let walked = expression.apply(|node| {
                let inner = match node {
                    Expr::ScalarSubquery(query) => &query.subquery,
                    Expr::Exists(exists) => &exists.subquery.subquery,
                    Expr::InSubquery(within) => &within.subquery.subquery,
                    Expr::SetComparison(compared) => &compared.subquery.subquery,
                    Expr::ScalarFunction(call)
                        if call.func.signature().volatility != Volatility::Immutable =>
                    {
                        wrong = Err(format!("`{}` gives another value each time", call.func.name()));
                        return Ok(TreeNodeRecursion::Stop);
                    }
                    _ => return Ok(TreeNodeRecursion::Continue),
                };
                if self.of(inner) != Ok(Of::Nobody) {
                    wrong =
                        Err("a query within an expression reads rows of persons; a join would show whose"
                            .to_owned());
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            });
            walked.map_err(|error| error.to_string())?;
        }
        wrong
    }

    /// Whose the inputs of a node are, together.
    fn inputs(&self, plan: &LogicalPlan) -> Result<Of, String> {
        for input in plan.inputs() {
            if let persons @ Of::Persons(_) = self.of(input)? {
                return Ok(persons);
            }
        }
        self.expressions(plan.expressions().iter())?;
        Ok(Of::Nobody)
    }

    fn projection(&self, projection: &Projection) -> Result<Of, String> {
        self.expressions(&projection.expr)?;
        let Of::Persons(columns) = self.of(&projection.input)? else { return Ok(Of::Nobody) };
        let whose = |expression| whose(expression, projection.input.schema(), &columns);
        Ok(Of::Persons(
            (0..).zip(&projection.expr).filter_map(|(at, each)| Some((at, whose(each)?))).collect(),
        ))
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Result<Of, String> {
        self.expressions(aggregate.group_expr.iter().chain(&aggregate.aggr_expr))?;
        let Of::Persons(columns) = self.of(&aggregate.input)? else { return Ok(Of::Nobody) };
        if let [Expr::GroupingSet(_)] = aggregate.group_expr.as_slice() {
            return Err("`grouping sets`, `rollup` and `cube` add up over persons".to_owned());
        }
        let whose = |expression| whose(expression, aggregate.input.schema(), &columns);
        let kept: BTreeMap<_, _> =
            (0..).zip(&aggregate.group_expr).filter_map(|(at, each)| Some((at, whose(each)?))).collect();
        match kept.values().any(|whose| whose.tells()) {
            true => Ok(Of::Persons(kept)),
            false => {
                Err(format!("{} over all persons: `group by` names no person", told(&aggregate.aggr_expr)))
            }
        }
    }

    fn window(&self, window: &Window) -> Result<Of, String> {
        self.expressions(&window.window_expr)?;
        let Of::Persons(columns) = self.of(&window.input)? else { return Ok(Of::Nobody) };
        for expression in &window.window_expr {
            let Expr::WindowFunction(function) = unaliased(expression) else {
                return Err("a window cannot be seen through".to_owned());
            };
            let mut parts = function.params.partition_by.iter();
            let tells = |part| whose(part, window.input.schema(), &columns).is_some_and(Whose::tells);
            if !parts.any(tells) {
                return Err(format!(
                    "{} over all persons: `partition by` names no person",
                    told(&window.window_expr)
                ));
            }
        }
        // The window's own columns come after its input's.
        Ok(Of::Persons(columns))
    }

    fn join(&self, join: &Join) -> Result<Of, String> {
        self.expressions(&join.filter)?;
        let (left, right) = (self.of(&join.left)?, self.of(&join.right)?);
        let width = join.left.schema().fields().len();
        let (keeps_left, keeps_right) = match join.join_type {
            JoinType::Inner => (Kept::Sure, Kept::Sure),
            JoinType::Left if self.links(join) => (Kept::Sure, Kept::OrLinked),
            JoinType::Left => (Kept::Sure, Kept::OrNull),
            JoinType::Right => (Kept::OrNull, Kept::Sure),
            JoinType::Full => (Kept::OrNull, Kept::OrNull),
            JoinType::LeftSemi | JoinType::LeftAnti => (Kept::Sure, Kept::Not),
            JoinType::RightSemi | JoinType::RightAnti => (Kept::Not, Kept::Sure),
            _ => return Err(format!("`{} join` cannot be seen through", join.join_type)),
        };
        let shift =
            |columns: BTreeMap<usize, Whose>| columns.into_iter().map(move |(at, whose)| (at + width, whose));
        match (left, right) {
            (Of::Nobody, Of::Nobody) => Ok(Of::Nobody),
            (Of::Persons(columns), Of::Nobody)
                if keeps_left == Kept::Sure && join.join_type != JoinType::Full =>
            {
                Ok(Of::Persons(columns))
            }
            (Of::Nobody, Of::Persons(columns)) if keeps_right == Kept::Sure => match keeps_left {
                Kept::Not => Ok(Of::Persons(columns)),
                _ => Ok(Of::Persons(shift(columns).collect())),
            },
            (Of::Persons(_), Of::Nobody) | (Of::Nobody, Of::Persons(_)) => {
                Err("a join keeps rows about nobody, whatever person there is".to_owned())
            }
            (Of::Persons(left), Of::Persons(right)) => {
                if !same_person(join, &left, &right) {
                    return Err("a join does not ask that both sides are about the same person".to_owned());
                }
                let left = keeps_left.of(left);
                Ok(Of::Persons(match keeps_left {
                    Kept::Not => right,
                    _ => left.into_iter().chain(shift(keeps_right.of(right))).collect(),
                }))
            }
        }
    }

    /// Whether the right side of a join is `person_link` as it is, asked for by one equality and nothing else: then a
    /// missing row means that there is no link.
    fn links(&self, join: &Join) -> bool {
        let mut right = join.right.as_ref();
        while let LogicalPlan::SubqueryAlias(alias) = right
            && table_of(right, self.named).is_none()
        {
            right = &alias.input;
        }
        let conditions = join.filter.iter().flat_map(split_conjunction).count() + join.on.len();
        conditions == 1 && table_of(right, self.named).is_some_and(|((_, name), _)| name == "person_link")
    }

    fn union(&self, union: &Union) -> Result<Of, String> {
        let inputs = union.inputs.iter().map(|input| self.of(input)).collect::<Result<Vec<_>, _>>()?;
        let mut same: Option<BTreeMap<usize, Whose>> = None;
        let mut nobody = false;
        for input in inputs {
            match (input, &mut same) {
                (Of::Nobody, _) => nobody = true,
                (Of::Persons(columns), None) => same = Some(columns),
                (Of::Persons(columns), Some(same)) => same.retain(|at, whose| columns.get(at) == Some(whose)),
            }
        }
        match (same, nobody) {
            (None, _) => Ok(Of::Nobody),
            (Some(columns), false) => Ok(Of::Persons(columns)),
            (Some(_), true) => Err("`union` adds rows about nobody to rows about persons".to_owned()),
        }
    }
}

/// Whether a side of a join is there in its result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Sure,
    /// Null where there is no link, and nowhere else.
    OrLinked,
    OrNull,
    Not,
}

impl Kept {
    /// What the side's columns still say.
    fn of(self, columns: BTreeMap<usize, Whose>) -> BTreeMap<usize, Whose> {
        let said = |(at, whose)| match (self, whose) {
            (Self::Sure, whose) => Some((at, whose)),
            (Self::OrLinked, Whose::Person) => Some((at, Whose::Linked)),
            (Self::OrLinked | Self::OrNull | Self::Not, _) => None,
        };
        columns.into_iter().filter_map(said).collect()
    }
}

impl Whose {
    /// Whether rows with the same value are about the same person.
    const fn tells(self) -> bool {
        matches!(self, Self::Patient | Self::Person | Self::Mart)
    }
}

/// Whether a join asks that both sides have the same patient, or the same person.
fn same_person(join: &Join, left: &BTreeMap<usize, Whose>, right: &BTreeMap<usize, Whose>) -> bool {
    let agree = |a: &Expr, b: &Expr| {
        let whose_a = whose(a, join.left.schema(), left);
        let whose_b = whose(b, join.right.schema(), right);
        whose_a == whose_b && whose_a.is_some_and(Whose::tells)
    };
    let either = |a: &Expr, b: &Expr| agree(a, b) || agree(b, a);
    let on = join.on.iter().any(|(a, b)| either(a, b));
    let filters = join.filter.iter().flat_map(split_conjunction);
    on || filters.into_iter().any(|filter| match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => either(left, right),
        _ => false,
    })
}

/// What an expression over `schema` says of whom a row is about.
fn whose(expression: &Expr, schema: &DFSchema, columns: &BTreeMap<usize, Whose>) -> Option<Whose> {
    match expression {
        Expr::Alias(alias) => whose(&alias.expr, schema, columns),
        Expr::Column(Column { relation, name, .. }) => {
            let at = schema.index_of_column_by_name(relation.as_ref(), name)?;
            columns.get(&at).copied()
        }
        Expr::ScalarFunction(call) => {
            let arguments: Vec<_> =
                call.args.iter().map(|argument| whose(argument, schema, columns)).collect();
            match (call.func.name(), arguments.as_slice()) {
                ("coalesce", [Some(Whose::Linked), Some(Whose::Patient | Whose::Person)]) => {
                    Some(Whose::Person)
                }
                ("coalesce", [Some(first), ..]) if first.tells() => Some(*first),
                ("mart_person", [Some(Whose::Person)]) => Some(Whose::Mart),
                _ => None,
            }
        }
        _ => None,
    }
}

fn unaliased(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => unaliased(&alias.expr),
        other => other,
    }
}

/// The functions of some expressions, for a message.
fn told(expressions: &[Expr]) -> String {
    let names: BTreeSet<String> = expressions
        .iter()
        .filter_map(|expression| match unaliased(expression) {
            Expr::AggregateFunction(call) => Some(call.func.name().to_owned()),
            Expr::WindowFunction(call) => Some(call.fun.name().to_owned()),
            _ => None,
        })
        .collect();
    match names.is_empty() {
        true => "grouping".to_owned(),
        false => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and "),
    }
}

fn kind(plan: &LogicalPlan) -> String {
    let shown = plan.display().to_string();
    shown.split([':', ' ']).next().unwrap_or_default().to_owned()
}
