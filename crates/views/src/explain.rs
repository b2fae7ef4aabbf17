//! What a view will do with a resource, told before there is one.

use crate::{
    View, ViewDefinition, ViewError,
    definition::{self, Text},
    path::Expr,
    plan::{Iteration, Located, Part, Plan, ReadsWhole, Select},
};
use arrow::datatypes::DataType;
use fhir::json::{Selection, Shape};
use std::{collections::HashMap, sync::Arc};

/// How deeply members are told. No view looks further; a tree without an end would be a fault of this crate.
const MAX_DEPTH: usize = 64;

/// A view's plan, in words.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The view's name.
    pub name: String,
    /// The resource type that it makes rows of.
    pub resource: String,
    /// Whether each resource makes one row at most, from itself.
    pub flat: bool,
    /// What of a resource is read.
    pub reads: Reads,
    /// What a resource must be to make rows.
    pub wheres: Vec<Expression>,
    /// The factors of the product of rows, outermost first.
    pub rows: Vec<Rows>,
    /// The columns, in the schema's order.
    pub columns: Vec<ColumnPlan>,
}

/// What of a resource is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// These members only. Where a choice element is asked for, its name without a type stands beside its forms.
    Members(Vec<Member>),
    /// All of it.
    Whole {
        /// The element of the ViewDefinition that asks for it.
        at: String,
        /// Why.
        reason: &'static str,
    },
}

/// A member that is read, and what is read of its value; nothing, where the value itself is what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// The members of its value.
    pub members: Vec<Self>,
}

/// An expression of the ViewDefinition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// The element that it stands in, such as `select[0].column[1].path`.
    pub at: String,
    /// As it was written.
    pub path: String,
    /// How its items are found.
    pub way: Way,
}

/// How the items of an expression are found, the quickest way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is members, `first()`, `where(name = 'text')` and a key only: walked together with others.
    Walked,
    /// Evaluated over the members that are read.
    Evaluated,
    /// By the whole FHIRPath engine, over the whole resource.
    General,
}

impl Way {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Walked => "walked",
            Self::Evaluated => "evaluated",
            Self::General => "general",
        }
    }
}

/// What rows are made of, and what is made for each of these.
#[derive(Clone, Debug)]
pub struct Rows {
    /// What they are made of.
    pub of: RowsOf,
    /// The names of the columns that are filled here.
    pub columns: Vec<String>,
    /// What each row is combined with; of a `unionAll` its branches, one after the other.
    pub parts: Vec<Self>,
}

/// What rows are made of.
#[derive(Clone, Debug)]
pub enum RowsOf {
    /// What is in focus already.
    Focus,
    /// Each item of the expression; where there is none, no row, or one of nulls.
    ForEach {
        /// The expression.
        path: Expression,
        /// Whether there is a row of nulls.
        or_null: bool,
    },
    /// Each item of the expressions, and of the same within it, at every depth.
    Repeat(Vec<Expression>),
    /// The rows of every branch.
    UnionAll,
}

/// A column and what fills it.
#[derive(Clone, Debug)]
pub struct ColumnPlan {
    /// Its name.
    pub name: String,
    /// How Arrow holds it.
    pub arrow_type: DataType,
    /// The FHIR type that the ViewDefinition states, if it does.
    pub fhir_type: Option<String>,
    /// What fills it: one expression, or one for each branch of a `unionAll`.
    pub filled_by: Vec<Expression>,
}

/// Compiles a definition and tells its plan.
///
/// # Errors
/// As [`View::compile`].
pub fn explain(definition: &ViewDefinition) -> Result<Explanation, ViewError> {
    let view = View::compile(definition)?;
    let mut selection = Selection::new();
    let (plan, reads) = match view.selected(&mut selection) {
        Ok(plan) => (plan, Reads::Members(members(&selection, Selection::ROOT, 0))),
        Err(ReadsWhole { at, reason }) => (Arc::clone(view.plan()), Reads::Whole { at, reason }),
    };
    let told = Told { plan: &plan, texts: texts(definition) };
    let schema = view.schema();
    let columns = view.columns().iter().zip(schema.fields().iter()).map(|(column, field)| ColumnPlan {
        name: column.name.clone(),
        arrow_type: field.data_type().clone(),
        fhir_type: column.fhir_type.clone(),
        filled_by: Vec::new(),
    });
    let mut columns: Vec<_> = columns.collect();
    let rows = plan.parts.iter().map(|part| told.part(part, &mut columns)).collect();
    Ok(Explanation {
        name: view.name().to_owned(),
        resource: view.resource().to_owned(),
        flat: view.is_flat(),
        reads,
        wheres: plan.wheres.iter().map(|criterion| told.expression(criterion, false)).collect(),
        rows,
        columns,
    })
}

/// The members of a shape. Those that only say which type a resource has are told as well: they are read.
fn members(selection: &Selection, shape: Shape, depth: usize) -> Vec<Member> {
    if depth == MAX_DEPTH {
        return Vec::new();
    }
    let member = |(name, value): (&str, Shape)| Member {
        name: name.to_owned(),
        members: members(selection, value, depth + 1),
    };
    selection.members(shape).map(member).collect()
}

/// A plan, and what was written where.
struct Told<'p> {
    plan: &'p Plan,
    texts: HashMap<&'p str, &'p str>,
}

impl Told<'_> {
    fn expression(&self, located: &Located, walked: bool) -> Expression {
        let path = self.texts.get(located.at.as_str()).copied().unwrap_or_default();
        let way = match &located.expr {
            Expr::General(_) => Way::General,
            _ if walked => Way::Walked,
            _ => Way::Evaluated,
        };
        Expression { at: located.at.clone(), path: path.to_owned(), way }
    }

    fn part(&self, part: &Part, columns: &mut [ColumnPlan]) -> Rows {
        match part {
            Part::Select(select) => self.select(select, columns),
            Part::Union(branches) => Rows {
                of: RowsOf::UnionAll,
                columns: Vec::new(),
                parts: branches.iter().map(|branch| self.select(branch, columns)).collect(),
            },
        }
    }

    fn select(&self, select: &Select, columns: &mut [ColumnPlan]) -> Rows {
        let of = match &select.each {
            Iteration::Focus => RowsOf::Focus,
            Iteration::ForEach { path, walk, or_null } => {
                RowsOf::ForEach { path: self.expression(path, walk.is_some()), or_null: *or_null }
            }
            Iteration::Repeat(paths) => {
                RowsOf::Repeat(paths.iter().map(|path| self.expression(path, false)).collect())
            }
        };
        for (slot, located) in &select.columns {
            if let Some(column) = columns.get_mut(*slot) {
                column.filled_by.push(self.expression(located, select.walked.contains(slot)));
            }
        }
        let names = select.columns.iter().filter_map(|(slot, _)| self.plan.columns.get(*slot));
        let names = names.map(|column| column.name.clone()).collect();
        let parts = select.parts.iter().map(|part| self.part(part, columns)).collect();
        Rows { of, columns: names, parts }
    }
}

/// Every expression of a definition by the element that it stands in.
fn texts(definition: &ViewDefinition) -> HashMap<&str, &str> {
    let mut texts = Vec::new();
    texts.extend(&definition.wheres);
    definition.selects.iter().for_each(|select| select_texts(select, &mut texts));
    texts.into_iter().map(|text| (text.at.as_str(), text.text.as_str())).collect()
}

fn select_texts<'d>(select: &'d definition::Select, texts: &mut Vec<&'d Text>) {
    match &select.each {
        definition::Iteration::Focus => {}
        definition::Iteration::ForEach { path, .. } => texts.push(path),
        definition::Iteration::Repeat(paths) => texts.extend(paths),
    }
    texts.extend(select.columns.iter().map(|column| &column.path));
    select.selects.iter().chain(&select.union_all).for_each(|nested| select_texts(nested, texts));
}
