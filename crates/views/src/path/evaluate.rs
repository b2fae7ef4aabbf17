//! Evaluation: each expression hands its items, one by one, to whoever asked.
//!
//! No collection is built on the way: `first()` stops its base after one item,
//! `exists()` likewise, and items borrow from the resource.

use super::{
    Arithmetic, Bounded, Expr, Field, Function, Item, Literal, Logic, Node, Order, ReferenceKey, item::Fault,
};
use crate::RowError;
use fhir::{
    path::{Decimal, Moment, MomentKind},
    reference,
};
use std::{borrow::Cow, cmp::Ordering};

/// Why an evaluation stops before its end.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Whoever asked has enough.
    Enough,
    /// The expression has no answer.
    Fault(Fault),
    /// A row that was being made of an item could not be made.
    Row(Box<RowError>),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Whether to go on.
pub(crate) type Flow = Result<(), Halt>;

/// Whoever asked.
pub(super) type Sink<'s, 'a, N> = &'s mut dyn FnMut(Item<'a, N>) -> Flow;

/// What an expression can see beside its focus.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<N> {
    /// `%resource`
    pub(crate) resource: N,
    /// `%rowIndex`
    pub(crate) row_index: i64,
}

/// At most one item, or the knowledge that there are more.
enum Single<'a, N> {
    None,
    One(Item<'a, N>),
    Several,
}

/// Hands each item that `expr` gives for `this` to `sink`.
pub(crate) fn evaluate<'a, N: Node<'a>>(
    expr: &'a Expr,
    this: &Item<'a, N>,
    scope: Scope<N>,
    sink: Sink<'_, 'a, N>,
) -> Flow {
    match expr {
        Expr::This => sink(this.clone()),
        Expr::Resource => sink(Item::Node(scope.resource)),
        Expr::RowIndex => sink(Item::Number(Decimal::from(scope.row_index))),
        Expr::Nothing => Ok(()),
        Expr::Literal(literal) => sink(Item::literal(literal)),
        Expr::Member { base, field, forms } => nodes(base, this, scope, &mut |node| {
            members(node, field, forms, &mut |child| sink(Item::Node(child)))
        }),
        Expr::OfType { base, field, name } => nodes(base, this, scope, &mut |node| {
            if node.member(field).and_then(Node::text) == Some(name) {
                sink(Item::Node(node))
            } else {
                Ok(())
            }
        }),
        Expr::Index { base, at } => nth(base, *at, this, scope, sink),
        Expr::Where { base, criterion } => evaluate(base, this, scope, &mut |item| {
            if truth(criterion, &item, scope)? == Some(true) { sink(item) } else { Ok(()) }
        }),
        Expr::Select { base, projection } => {
            evaluate(base, this, scope, &mut |item| evaluate(projection, &item, scope, sink))
        }
        Expr::Choose { base, criterion, then, otherwise } => evaluate(base, this, scope, &mut |item| {
            let branch = if truth(criterion, &item, scope)? == Some(true) { then } else { otherwise };
            evaluate(branch, &item, scope, sink)
        }),
        Expr::Extension { base, element, list, url_field, url } => {
            let mut own = |node: N| {
                node.member(list).map_or(Ok(()), |list| {
                    each(list, &mut |extension| {
                        let found = extension.member(url_field).and_then(Node::text);
                        if found == Some(url) { sink(Item::Node(extension)) } else { Ok(()) }
                    })
                })
            };
            nodes(base, this, scope, &mut |node| match element {
                None => own(node),
                Some((name, companion)) => [name, companion]
                    .into_iter()
                    .filter_map(|name| node.member(name))
                    .try_for_each(|value| each(value, &mut own)),
            })
        }
        Expr::Call { base, function } => call(base, function, this, scope, sink),
        Expr::Equal { .. } | Expr::Compare { .. } | Expr::Logic { .. } => {
            truth(expr, this, scope)?.map_or(Ok(()), |value| sink(Item::Boolean(value)))
        }
        Expr::Arithmetic { left, right, operator, whole } => {
            let left = one(left, this, scope)?;
            let right = one(right, this, scope)?;
            match left.zip(right) {
                Some((left, right)) => calculate(left, right, *operator, *whole)?.map_or(Ok(()), sink),
                None => Ok(()),
            }
        }
        Expr::Negative(base) => match one(base, this, scope)? {
            Some(item) if !item.is_number() => Err(Fault::Operands.into()),
            item => {
                let negated = item.and_then(|item| item.as_number()?.negated());
                negated.map_or(Ok(()), |number| sink(Item::Number(number)))
            }
        },
        Expr::General(general) => general.evaluate(this, scope, sink),
    }
}

/// The boolean that `expr` gives, or `None` when it is empty. One item that is no boolean is true (FHIRPath §5.1.1).
pub(crate) fn truth<'a, N: Node<'a>>(
    expr: &'a Expr,
    this: &Item<'a, N>,
    scope: Scope<N>,
) -> Result<Option<bool>, Halt> {
    match expr {
        Expr::Equal { left, right, negated, moments } => {
            let known = if *moments { None } else { text_member_is(left, right, this) };
            let equal = match known {
                Some(known) => Some(known),
                None => equal(left, right, *moments, this, scope)?,
            };
            Ok(equal.map(|equal| equal != *negated))
        }
        Expr::Compare { left, right, operator, moments } => {
            let (left, right) = (one(left, this, scope)?, one(right, this, scope)?);
            let Some((left, right)) = left.zip(right) else { return Ok(None) };
            Ok(left.order(&right, *moments)?.map(|order| match operator {
                Order::Less => order == Ordering::Less,
                Order::LessOrEqual => order != Ordering::Greater,
                Order::Greater => order == Ordering::Greater,
                Order::GreaterOrEqual => order != Ordering::Less,
            }))
        }
        Expr::Logic { left, right, operator } => {
            let left = truth(left, this, scope)?;
            match (left, operator) {
                (Some(false), Logic::And) => return Ok(Some(false)),
                (Some(true), Logic::Or) | (Some(false), Logic::Implies) => return Ok(Some(true)),
                _ => {}
            }
            Ok(combine(left, truth(right, this, scope)?, *operator))
        }
        Expr::Call { base, function: Function::Exists } => exists(base, this, scope).map(Some),
        Expr::Call { base, function: Function::Empty } => exists(base, this, scope).map(|found| Some(!found)),
        Expr::Call { base, function: Function::Not } => Ok(truth(base, this, scope)?.map(|value| !value)),
        _ => Ok(one(expr, this, scope)?.map(|item| item.as_bool().unwrap_or(true))),
    }
}

/// Three-valued logic (FHIRPath §6.5).
const fn combine(left: Option<bool>, right: Option<bool>, operator: Logic) -> Option<bool> {
    match (operator, left, right) {
        (Logic::And, Some(true), Some(true)) | (Logic::Implies, Some(true), Some(true)) => Some(true),
        (Logic::And, Some(false), _) | (Logic::And, _, Some(false)) => Some(false),
        (Logic::Or, Some(true), _) | (Logic::Or, _, Some(true)) => Some(true),
        (Logic::Or, Some(false), Some(false)) | (Logic::Implies, Some(true), Some(false)) => Some(false),
        (Logic::Xor, Some(left), Some(right)) => Some(left != right),
        (Logic::Implies, Some(false), _) | (Logic::Implies, _, Some(true)) => Some(true),
        _ => None,
    }
}

/// The answer to `name = 'text'` where the element is one string: what nearly every `where` asks.
fn text_member_is<'a, N: Node<'a>>(left: &Expr, right: &Expr, this: &Item<'a, N>) -> Option<bool> {
    let (Expr::Member { base, field, .. }, Expr::Literal(Literal::Text(wanted))) = (left, right) else {
        return None;
    };
    match (&**base, this) {
        (Expr::This, Item::Node(node)) => {
            node.member(field).and_then(Node::text).map(|text| text == &**wanted)
        }
        _ => None,
    }
}

fn equal<'a, N: Node<'a>>(
    left: &'a Expr,
    right: &'a Expr,
    moments: bool,
    this: &Item<'a, N>,
    scope: Scope<N>,
) -> Result<Option<bool>, Halt> {
    match (single(left, this, scope)?, single(right, this, scope)?) {
        (Single::None, _) | (_, Single::None) => Ok(None),
        (Single::One(left), Single::One(right)) => Ok(left.equals(&right, moments)),
        (Single::One(_), Single::Several) | (Single::Several, Single::One(_)) => Ok(Some(false)),
        (Single::Several, Single::Several) => {
            let (left, right) = (all(left, this, scope)?, all(right, this, scope)?);
            let mut answer = Some(left.len() == right.len());
            for (left, right) in left.iter().zip(&right) {
                answer = combine(answer, left.equals(right, moments), Logic::And);
            }
            Ok(answer)
        }
    }
}

fn single<'a, N: Node<'a>>(
    expr: &'a Expr,
    this: &Item<'a, N>,
    scope: Scope<N>,
) -> Result<Single<'a, N>, Halt> {
    let mut found = Single::None;
    let flow = evaluate(expr, this, scope, &mut |item| match found {
        Single::None => {
            found = Single::One(item);
            Ok(())
        }
        _ => {
            found = Single::Several;
            Err(Halt::Enough)
        }
    });
    unless_enough(flow).map(|()| found)
}

/// The one item that `expr` gives, if any.
fn one<'a, N: Node<'a>>(
    expr: &'a Expr,
    this: &Item<'a, N>,
    scope: Scope<N>,
) -> Result<Option<Item<'a, N>>, Halt> {
    match single(expr, this, scope)? {
        Single::None => Ok(None),
        Single::One(item) => Ok(Some(item)),
        Single::Several => Err(Halt::Fault(Fault::Several)),
    }
}

fn all<'a, N: Node<'a>>(
    expr: &'a Expr,
    this: &Item<'a, N>,
    scope: Scope<N>,
) -> Result<Vec<Item<'a, N>>, Halt> {
    let mut items = Vec::new();
    evaluate(expr, this, scope, &mut |item| {
        items.push(item);
        Ok(())
    })?;
    Ok(items)
}

fn exists<'a, N: Node<'a>>(expr: &'a Expr, this: &Item<'a, N>, scope: Scope<N>) -> Result<bool, Halt> {
    let mut found = false;
    unless_enough(evaluate(expr, this, scope, &mut |_| {
        found = true;
        Err(Halt::Enough)
    }))?;
    Ok(found)
}

/// The item at a place, and nothing more is asked of the base.
fn nth<'a, N: Node<'a>>(
    base: &'a Expr,
    at: usize,
    this: &Item<'a, N>,
    scope: Scope<N>,
    sink: Sink<'_, 'a, N>,
) -> Flow {
    let (mut place, mut answer) = (0, Ok(()));
    unless_enough(evaluate(base, this, scope, &mut |item| {
        if place == at {
            answer = sink(item);
            return Err(Halt::Enough);
        }
        place += 1;
        Ok(())
    }))?;
    answer
}

fn unless_enough(flow: Flow) -> Flow {
    match flow {
        Err(Halt::Enough) => Ok(()),
        other => other,
    }
}

/// The places in the resource that `base` gives. A chain of members is walked without items in between.
fn nodes<'a, N: Node<'a>>(
    base: &'a Expr,
    this: &Item<'a, N>,
    scope: Scope<N>,
    visit: &mut dyn FnMut(N) -> Flow,
) -> Flow {
    match (base, this) {
        (Expr::This, Item::Node(node)) => visit(*node),
        (Expr::Member { base, field, forms }, _) => {
            nodes(base, this, scope, &mut |node| members(node, field, forms, visit))
        }
        _ => evaluate(base, this, scope, &mut |item| match item {
            Item::Node(node) => visit(node),
            _ => Ok(()),
        }),
    }
}

/// A value's items: those of an array, or the value itself. `null` holds the place of a primitive that has
/// extensions only (R4 §2.6.2.3).
fn each<'a, N: Node<'a>>(value: N, visit: &mut dyn FnMut(N) -> Flow) -> Flow {
    match value.length() {
        Some(length) => {
            (0..length).filter_map(|at| value.item(at).filter(|item| !item.is_null())).try_for_each(visit)
        }
        None if value.is_null() => Ok(()),
        None => visit(value),
    }
}

/// The items of the element `field`, or of what a choice element of that name is called here.
fn members<'a, N: Node<'a>>(
    node: N,
    field: &Field,
    forms: &[Field],
    visit: &mut dyn FnMut(N) -> Flow,
) -> Flow {
    match node.member(field) {
        Some(child) => each(child, visit),
        None => forms.iter().filter_map(|form| node.member(form)).try_for_each(|child| each(child, visit)),
    }
}

fn call<'a, N: Node<'a>>(
    base: &'a Expr,
    function: &'a Function,
    this: &Item<'a, N>,
    scope: Scope<N>,
    sink: Sink<'_, 'a, N>,
) -> Flow {
    match function {
        Function::First => nth(base, 0, this, scope, sink),
        Function::Last => {
            let mut last = None;
            evaluate(base, this, scope, &mut |item| {
                last = Some(item);
                Ok(())
            })?;
            last.map_or(Ok(()), sink)
        }
        Function::Exists => sink(Item::Boolean(exists(base, this, scope)?)),
        Function::Empty => sink(Item::Boolean(!exists(base, this, scope)?)),
        Function::Not => truth(base, this, scope)?.map_or(Ok(()), |value| sink(Item::Boolean(!value))),
        Function::Count => {
            let mut count = 0_i64;
            evaluate(base, this, scope, &mut |_| {
                count += 1;
                Ok(())
            })?;
            sink(Item::Number(Decimal::from(count)))
        }
        Function::Join(separator) => {
            let (mut joined, mut first) = (String::new(), true);
            evaluate(base, this, scope, &mut |item| {
                if !std::mem::take(&mut first) {
                    joined.push_str(separator);
                }
                joined.push_str(&item.into_text().ok_or(Fault::Operands)?);
                Ok(())
            })?;
            // Of nothing it is the empty text, as the suite of SQL on FHIR has it.
            sink(Item::Text(Cow::Owned(joined)))
        }
        Function::Boundary { high, of } => match one(base, this, scope)? {
            Some(item) => boundary(item, *high, *of)?.map_or(Ok(()), sink),
            None => Ok(()),
        },
        Function::ResourceKey(id) => nodes(base, this, scope, &mut |node| {
            node.member(id).map_or(Ok(()), |id| each(id, &mut |id| sink(Item::Node(id))))
        }),
        Function::ReferenceKey(key) => nodes(base, this, scope, &mut |node| {
            key.of(node).map_or(Ok(()), |key| sink(Item::Text(Cow::Borrowed(key))))
        }),
    }
}

/// Digits after the point of a number's boundary, where an expression does not say (FHIRPath, `lowBoundary`).
const BOUNDARY_SCALE: u32 = 8;

fn boundary<'a, N: Node<'a>>(
    item: Item<'a, N>,
    high: bool,
    of: Bounded,
) -> Result<Option<Item<'a, N>>, Fault> {
    let Bounded::Moment(kind) = of else {
        let number = item.is_number().then(|| item.as_number()).ok_or(Fault::Operands)?;
        return Ok(number.and_then(|number| number.boundary(high, BOUNDARY_SCALE)).map(Item::Number));
    };
    let text = item.as_str().ok_or(Fault::Operands)?;
    let moment = match kind {
        MomentKind::Date => Moment::parse_date(text),
        MomentKind::DateTime => Moment::parse_date_time(text),
        MomentKind::Time => Moment::parse_time(text),
    };
    let moment = moment.ok_or(Fault::Operands)?;
    let boundary = moment.boundary(high, moment.finest());
    Ok(boundary.map(|boundary| Item::Text(Cow::Owned(boundary.to_string()))))
}

impl ReferenceKey {
    /// The key that `getResourceKey()` of the referenced resource gives ([`reference::key`]).
    pub(crate) fn of<'a, N: Node<'a>>(&self, reference: N) -> Option<&'a str> {
        let text = reference.member(&self.reference)?.text()?;
        let stated = || reference.member(&self.stated).and_then(Node::text);
        reference::key(text, stated, self.kind.as_deref())
    }
}

/// What cannot be held has no result (FHIRPath §6.6), division by zero included.
fn calculate<'a, N: Node<'a>>(
    left: Item<'a, N>,
    right: Item<'a, N>,
    operator: Arithmetic,
    whole: bool,
) -> Result<Option<Item<'a, N>>, Fault> {
    if left.is_number() && right.is_number() {
        let Some((a, b)) = left.as_number().zip(right.as_number()) else { return Ok(None) };
        let result = match operator {
            Arithmetic::Plus => a.plus(b),
            Arithmetic::Minus => a.minus(b),
            Arithmetic::Times => a.times(b),
            Arithmetic::Over => a.over(b),
        };
        let is_integer = |number: &Decimal| number.to_i64().is_some_and(|value| i32::try_from(value).is_ok());
        return Ok(result.filter(|number| !whole || is_integer(number)).map(Item::Number));
    }
    let texts = left.as_str().is_some() && right.as_str().is_some();
    match (operator, left.into_text(), right.into_text()) {
        (Arithmetic::Plus, Some(left), Some(right)) if texts => Ok(Some(Item::Text(left + right))),
        _ => Err(Fault::Operands),
    }
}
