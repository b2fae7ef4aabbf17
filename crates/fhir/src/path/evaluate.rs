//! Walks the tree. What is asked of one node is here; operators and functions have files of their own.

pub(super) mod among;
mod arithmetic;
pub(super) mod equality;
mod operators;
pub(super) mod order;
mod variables;

use super::{
    ast::{Expr, ExprKind, Literal, TypeTest},
    decimal::Decimal,
    environment::Environment,
    error::{PathError, Rule},
    factory,
    functions::Call,
    item::{Collection, Element, ElementType, Item},
    patterns::Patterns,
    quantity::Quantity,
    types::TypeName,
};
use crate::{
    json::Value,
    path::types::is_kind_of,
    r4::{Kind, knowledge},
};
use std::borrow::Cow;

/// What an evaluation of a part comes to.
pub(super) type Answer<'a> = Result<Collection<'a>, PathError>;

/// What `$this`, `$index` and `$total` are.
#[derive(Clone, Default)]
pub(super) struct Scope<'a> {
    pub(super) this: Collection<'a>,
    pub(super) index: Option<i64>,
    pub(super) total: Option<Collection<'a>>,
}

/// One evaluation under way.
pub(super) struct Evaluator<'e, 'a> {
    pub(super) environment: &'e Environment<'a>,
    pub(super) patterns: &'a Patterns,
    /// What `%context` is.
    context: Collection<'a>,
    /// What `defineVariable` defined, as far as it can be seen here.
    defined: Vec<(String, Collection<'a>)>,
    work: u64,
}

/// Evaluates `expr` on `focus`.
pub(super) fn evaluate<'a>(
    expr: &'a Expr,
    focus: Collection<'a>,
    environment: &Environment<'a>,
    patterns: &'a Patterns,
) -> Answer<'a> {
    let (context, defined, work) = (focus.clone(), Vec::new(), environment.work);
    let mut evaluator = Evaluator { environment, patterns, context, defined, work };
    evaluator.evaluate(expr, &Scope { this: focus, index: None, total: None })
}

impl<'a> Evaluator<'_, 'a> {
    /// Counts work done, and ends the evaluation when it is too much.
    pub(super) fn spend(&mut self, work: usize, position: usize) -> Result<(), PathError> {
        let left = self.work.checked_sub(work as u64);
        self.work = left.ok_or(PathError { position, rule: Rule::Limit })?;
        Ok(())
    }

    pub(super) fn evaluate(&mut self, expr: &'a Expr, scope: &Scope<'a>) -> Answer<'a> {
        self.spend(1, expr.position)?;
        let answer = match &expr.kind {
            ExprKind::Literal(literal) => vec![constant(literal)],
            ExprKind::Empty => Vec::new(),
            ExprKind::Variable(name) => self.variable(name, expr.position)?,
            ExprKind::This => scope.this.clone(),
            ExprKind::Index => scope.index.map(Item::Integer).into_iter().collect(),
            ExprKind::Total => scope.total.clone().unwrap_or_default(),
            ExprKind::Member { input: None, name } => self.first_member(name, &scope.this),
            ExprKind::Member { input: Some(input), name } => {
                let input = self.evaluate(input, scope)?;
                input.iter().flat_map(|item| self.member(name, item)).collect()
            }
            ExprKind::Call { input, function, arguments } => {
                let input = self.input(input.as_deref(), scope)?;
                let call = Call { function: *function, input, arguments, scope, position: expr.position };
                function.run(self, &call)?
            }
            ExprKind::Indexer { input, index } => {
                let input = self.evaluate(input, scope)?;
                let index = self.apart(index, scope)?;
                let index = integer(&index, expr.position)?.and_then(|index| usize::try_from(index).ok());
                index.and_then(|index| input.get(index).cloned()).into_iter().collect()
            }
            ExprKind::Polarity { negative, operand } => {
                let operand = self.evaluate(operand, scope)?;
                polarity(&operand, *negative, expr.position)?
            }
            ExprKind::Binary { operator, left, right } => {
                self.binary(*operator, left, right, expr.position, scope)?
            }
            ExprKind::OfType { test, input, type_name } => {
                let input = self.input(input.as_deref(), scope)?;
                let filters = *test == TypeTest::As && self.environment.as_filters;
                let test = if filters { TypeTest::OfType } else { *test };
                of_type(test, input, type_name, expr.position)?
            }
            ExprKind::Factory { name, arguments } => {
                factory::make(self, name, arguments, scope, expr.position)?
            }
        };
        self.spend(answer.len(), expr.position)?;
        Ok(answer)
    }

    fn input(&mut self, input: Option<&'a Expr>, scope: &Scope<'a>) -> Answer<'a> {
        match input {
            Some(input) => self.evaluate(input, scope),
            None => Ok(scope.this.clone()),
        }
    }

    /// Evaluates an operand or argument, whose variables are not seen outside it.
    pub(super) fn apart(&mut self, expr: &'a Expr, scope: &Scope<'a>) -> Answer<'a> {
        let seen = self.defined.len();
        let answer = self.evaluate(expr, scope);
        self.defined.truncate(seen);
        answer
    }

    /// A path's first name: of `$this`, or the type of the resource that `$this` is (§3).
    fn first_member(&self, name: &str, this: &[Item<'a>]) -> Collection<'a> {
        this.iter()
            .flat_map(|item| if is_named(item, name) { vec![item.clone()] } else { self.member(name, item) })
            .collect()
    }

    fn member(&self, name: &str, item: &Item<'a>) -> Collection<'a> {
        match item {
            Item::Element(element) => element.children_named(name, self.environment.typed),
            Item::Quantity(quantity) => match name {
                "value" => vec![Item::Decimal(quantity.value)],
                "unit" | "code" => vec![Item::String(Cow::Owned(quantity.unit.text().to_owned()))],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

/// Whether a resource is of the type called `name`.
fn is_named(item: &Item<'_>, name: &str) -> bool {
    let Item::Element(element) = item else { return false };
    match element.element_type() {
        ElementType::Fhir(id) => {
            let def = knowledge().def(id);
            def.kind == Kind::Resource && is_kind_of(def, name)
        }
        _ => element.json().get("resourceType").and_then(Value::as_str) == Some(name),
    }
}

fn constant(literal: &Literal) -> Item<'_> {
    match literal {
        Literal::Boolean(value) => Item::Boolean(*value),
        Literal::Integer(value) => Item::Integer(*value),
        Literal::Long(value) => Item::Long(*value),
        Literal::Decimal(value) => Item::Decimal(*value),
        Literal::String(text) => Item::String(Cow::Borrowed(text)),
        Literal::Moment(moment) => Item::Moment(*moment),
        Literal::Quantity(quantity) => Item::Quantity(quantity.clone()),
    }
}

fn of_type<'a>(test: TypeTest, input: Collection<'a>, type_name: &TypeName, position: usize) -> Answer<'a> {
    let meaning = type_name.meaning().ok_or(PathError { position, rule: Rule::UnknownType })?;
    if test == TypeTest::OfType {
        return Ok(input.into_iter().filter(|item| item.is_of(meaning)).collect());
    }
    let Some(item) = single(&input, position)? else { return Ok(Vec::new()) };
    let is = item.is_of(meaning);
    Ok(match test {
        TypeTest::Is => vec![Item::Boolean(is)],
        _ if is => input,
        _ => Vec::new(),
    })
}

fn polarity<'a>(operand: &[Item<'a>], negative: bool, position: usize) -> Answer<'a> {
    let Some(value) = value(operand, position)? else { return Ok(Vec::new()) };
    let changed = |value: i64| if negative { value.checked_neg() } else { Some(value) };
    let decimal = |value: Decimal| if negative { value.negated() } else { Some(value) };
    let result = match value {
        Item::Integer(value) => changed(value).map(Item::Integer),
        Item::Long(value) => changed(value).map(Item::Long),
        Item::Decimal(value) => decimal(value).map(Item::Decimal),
        Item::Quantity(Quantity { value, unit }) => {
            decimal(value).map(|value| Item::Quantity(Quantity { value, unit }))
        }
        _ => return Err(PathError { position, rule: Rule::Operand }),
    };
    Ok(result.into_iter().collect())
}

/// The one item, if there is one (§4.5).
pub(super) fn single<'c, 'a>(
    items: &'c [Item<'a>],
    position: usize,
) -> Result<Option<&'c Item<'a>>, PathError> {
    match items {
        [] => Ok(None),
        [item] => Ok(Some(item)),
        _ => Err(PathError { position, rule: Rule::Singleton }),
    }
}

/// The value of the one item; `None` without one, or of a primitive that has no value.
pub(super) fn value<'a>(items: &[Item<'a>], position: usize) -> Result<Option<Item<'a>>, PathError> {
    let Some(item) = single(items, position)? else { return Ok(None) };
    let value = item.value();
    match (&value, item) {
        (None, Item::Element(element)) if !has_no_value(element) => {
            Err(PathError { position, rule: Rule::Operand })
        }
        _ => Ok(value),
    }
}

/// Whether the element is of a type that can have a value and has none: then it counts as empty.
fn has_no_value(element: &Element<'_>) -> bool {
    element.is_primitive() || element.is_fhir_quantity() && !element.has_comparator()
}

/// The one item as a Boolean: any one item that is no Boolean counts as true (§4.5).
pub(super) fn boolean(items: &[Item<'_>], position: usize) -> Result<Option<bool>, PathError> {
    let Some(item) = single(items, position)? else { return Ok(None) };
    Ok(match (item.value(), item) {
        (Some(Item::Boolean(value)), _) => Some(value),
        (None, Item::Element(element)) if element.is_primitive() => None,
        _ => Some(true),
    })
}

/// The one item as a String.
pub(super) fn text<'a>(items: &[Item<'a>], position: usize) -> Result<Option<Cow<'a, str>>, PathError> {
    match value(items, position)? {
        None => Ok(None),
        Some(Item::String(text)) => Ok(Some(text)),
        Some(_) => Err(PathError { position, rule: Rule::Operand }),
    }
}

/// The one item as a whole number.
pub(super) fn integer(items: &[Item<'_>], position: usize) -> Result<Option<i64>, PathError> {
    match value(items, position)? {
        None => Ok(None),
        Some(Item::Integer(value) | Item::Long(value)) => Ok(Some(value)),
        Some(_) => Err(PathError { position, rule: Rule::Operand }),
    }
}
