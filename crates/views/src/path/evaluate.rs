//! Evaluation: each expression hands its items, one by one, to whoever asked.
//!
//! No collection is built on the way: `first()` stops its base after one item,
//! `exists()` likewise, and items borrow from the resource.

use super::{Arithmetic, Expr, Function, Item, Kind, Literal, Logic, Order, choice, item::Fault};
use crate::{RowError, decimal::Decimal, moment};
use fhir::json::Value;
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

/// Up to this many members are searched one after the other.
const LINEAR_MEMBERS: usize = 16;

/// Whether to go on.
pub(crate) type Flow = Result<(), Halt>;

type Sink<'s, 'a> = &'s mut dyn FnMut(Item<'a>) -> Flow;

/// What an expression can see beside its focus.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// `%resource`
    pub(crate) resource: &'a Value<'a>,
    /// `%rowIndex`
    pub(crate) row_index: i64,
}

/// At most one item, or the knowledge that there are more.
enum Single<'a> {
    None,
    One(Item<'a>),
    Several,
}

/// Hands each item that `expr` gives for `this` to `sink`.
pub(crate) fn evaluate<'a>(expr: &'a Expr, this: &Item<'a>, scope: Scope<'a>, sink: Sink<'_, 'a>) -> Flow {
    match expr {
        Expr::This => sink(this.clone()),
        Expr::Resource => sink(Item::Node(scope.resource)),
        Expr::RowIndex => sink(Item::Number(Decimal::from(scope.row_index))),
        Expr::Nothing => Ok(()),
        Expr::Literal(literal) => sink(Item::literal(literal)),
        Expr::Member { base, name, choice } => nodes(base, this, scope, &mut |node| {
            members(node, name, *choice, &mut |child| sink(Item::Node(child)))
        }),
        Expr::OfType { base, kind } => evaluate(base, this, scope, &mut |item| {
            if is_of(&item, kind) { sink(item) } else { Ok(()) }
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
        Expr::Extension { base, element, url } => {
            nodes(base, this, scope, &mut |node| extensions_of(node, element.as_ref(), url, sink))
        }
        Expr::Call { base, function } => call(base, function, this, scope, sink),
        Expr::Equal { .. } | Expr::Compare { .. } | Expr::Logic { .. } => {
            truth(expr, this, scope)?.map_or(Ok(()), |value| sink(Item::Boolean(value)))
        }
        Expr::Arithmetic { left, right, operator } => {
            let left = one(left, this, scope)?;
            let right = one(right, this, scope)?;
            match left.zip(right) {
                Some((left, right)) => calculate(left, right, *operator)?.map_or(Ok(()), sink),
                None => Ok(()),
            }
        }
        Expr::Negative(base) => match one(base, this, scope)? {
            Some(item) => sink(Item::Number(item.as_number().ok_or(Fault::Operands)?.negated())),
            None => Ok(()),
        },
    }
}

/// The boolean that `expr` gives, or `None` when it is empty. One item that is no boolean is true (FHIRPath §5.1.1).
pub(crate) fn truth<'a>(expr: &'a Expr, this: &Item<'a>, scope: Scope<'a>) -> Result<Option<bool>, Halt> {
    match expr {
        Expr::Equal { left, right, negated, moments } => {
            let equal = match text_member_is(left, right, this) {
                Some(known) => Some(known),
                None => equal(left, right, *moments, this, scope)?,
            };
            Ok(equal.map(|equal| equal != *negated))
        }
        Expr::Compare { left, right, operator } => {
            let (left, right) = (one(left, this, scope)?, one(right, this, scope)?);
            let Some((left, right)) = left.zip(right) else { return Ok(None) };
            Ok(left.order(&right)?.map(|order| match operator {
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
fn text_member_is(left: &Expr, right: &Expr, this: &Item<'_>) -> Option<bool> {
    let (Expr::Member { base, name, .. }, Expr::Literal(Literal::Text(wanted))) = (left, right) else {
        return None;
    };
    match (&**base, this) {
        (Expr::This, Item::Node(node)) => match member(node, name) {
            Some(Value::String(text)) if text == &**wanted => Some(true),
            // A text with a `T` may be a moment in another zone.
            Some(Value::String(text)) if !text.contains('T') => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn equal<'a>(
    left: &'a Expr,
    right: &'a Expr,
    moments: bool,
    this: &Item<'a>,
    scope: Scope<'a>,
) -> Result<Option<bool>, Halt> {
    match (single(left, this, scope)?, single(right, this, scope)?) {
        (Single::None, _) | (_, Single::None) => Ok(None),
        (Single::One(left), Single::One(right)) => Ok(left.equals(&right, moments)?),
        (Single::One(_), Single::Several) | (Single::Several, Single::One(_)) => Ok(Some(false)),
        (Single::Several, Single::Several) => {
            let (left, right) = (all(left, this, scope)?, all(right, this, scope)?);
            let mut answer = Some(left.len() == right.len());
            for (left, right) in left.iter().zip(&right) {
                answer = combine(answer, left.equals(right, moments)?, Logic::And);
            }
            Ok(answer)
        }
    }
}

fn single<'a>(expr: &'a Expr, this: &Item<'a>, scope: Scope<'a>) -> Result<Single<'a>, Halt> {
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
fn one<'a>(expr: &'a Expr, this: &Item<'a>, scope: Scope<'a>) -> Result<Option<Item<'a>>, Halt> {
    match single(expr, this, scope)? {
        Single::None => Ok(None),
        Single::One(item) => Ok(Some(item)),
        Single::Several => Err(Halt::Fault(Fault::Several)),
    }
}

fn all<'a>(expr: &'a Expr, this: &Item<'a>, scope: Scope<'a>) -> Result<Vec<Item<'a>>, Halt> {
    let mut items = Vec::new();
    evaluate(expr, this, scope, &mut |item| {
        items.push(item);
        Ok(())
    })?;
    Ok(items)
}

fn exists<'a>(expr: &'a Expr, this: &Item<'a>, scope: Scope<'a>) -> Result<bool, Halt> {
    let mut found = false;
    unless_enough(evaluate(expr, this, scope, &mut |_| {
        found = true;
        Err(Halt::Enough)
    }))?;
    Ok(found)
}

/// The item at a place, and nothing more is asked of the base.
fn nth<'a>(base: &'a Expr, at: usize, this: &Item<'a>, scope: Scope<'a>, sink: Sink<'_, 'a>) -> Flow {
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
fn nodes<'a>(
    base: &'a Expr,
    this: &Item<'a>,
    scope: Scope<'a>,
    visit: &mut dyn FnMut(&'a Value<'a>) -> Flow,
) -> Flow {
    match (base, this) {
        (Expr::This, Item::Node(node)) => visit(node),
        (Expr::Member { base, name, choice }, _) => {
            nodes(base, this, scope, &mut |node| members(node, name, *choice, visit))
        }
        _ => evaluate(base, this, scope, &mut |item| match item {
            Item::Node(node) => visit(node),
            _ => Ok(()),
        }),
    }
}

/// A value's items: those of an array, or the value itself. `null` holds the place of a primitive that has
/// extensions only (R4 §2.6.2.3).
fn each<'a>(value: &'a Value<'a>, visit: &mut dyn FnMut(&'a Value<'a>) -> Flow) -> Flow {
    match value {
        Value::Array(items) => items.iter().filter(|item| **item != Value::Null).try_for_each(visit),
        Value::Null => Ok(()),
        value => visit(value),
    }
}

/// The items of the element `name`, or of what a choice element of that name is called here.
fn members<'a>(
    node: &'a Value<'a>,
    name: &str,
    choice: bool,
    visit: &mut dyn FnMut(&'a Value<'a>) -> Flow,
) -> Flow {
    match member(node, name) {
        Some(child) => each(child, visit),
        None if choice => {
            let members = node.as_object().into_iter().flat_map(|object| object.iter());
            let mut forms = members.filter(|(member, _)| choice::is_form_of(member, name));
            forms.try_for_each(|(_, child)| each(child, visit))
        }
        None => Ok(()),
    }
}

/// The member `name` of a node. Objects are small: comparing names for equality beats ordering them.
fn member<'a>(node: &'a Value<'a>, name: &str) -> Option<&'a Value<'a>> {
    let object = node.as_object()?;
    if object.len() > LINEAR_MEMBERS {
        return object.get(name);
    }
    object.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// The extensions with `url` of a node, or of its primitive `element`.
fn extensions_of<'a>(
    node: &'a Value<'a>,
    element: Option<&(Box<str>, Box<str>)>,
    url: &str,
    sink: Sink<'_, 'a>,
) -> Flow {
    let mut own = |node: &'a Value<'a>| {
        member(node, "extension").map_or(Ok(()), |list| {
            each(list, &mut |extension| {
                let wanted = member(extension, "url").and_then(Value::as_str) == Some(url);
                if wanted { sink(Item::Node(extension)) } else { Ok(()) }
            })
        })
    };
    match element {
        None => own(node),
        Some((name, companion)) => [name, companion]
            .into_iter()
            .filter_map(|name| member(node, name))
            .try_for_each(|value| each(value, &mut own)),
    }
}

fn is_of(item: &Item<'_>, kind: &Kind) -> bool {
    match kind {
        Kind::Text => matches!(item, Item::Text(_) | Item::Node(Value::String(_))),
        Kind::Boolean => item.as_bool().is_some(),
        Kind::Number => matches!(item, Item::Number(_) | Item::Node(Value::Number(_))),
        Kind::Resource(wanted) => {
            matches!(item, Item::Node(node) if node.get("resourceType").and_then(Value::as_str) == Some(&**wanted))
        }
    }
}

fn call<'a>(
    base: &'a Expr,
    function: &'a Function,
    this: &Item<'a>,
    scope: Scope<'a>,
    sink: Sink<'_, 'a>,
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
            sink(Item::Text(Cow::Owned(joined)))
        }
        Function::Boundary { high, full } => match one(base, this, scope)? {
            Some(item) => boundary(item, *high, *full)?.map_or(Ok(()), sink),
            None => Ok(()),
        },
        Function::ResourceKey => {
            nodes(base, this, scope, &mut |node| member(node, "id").map_or(Ok(()), |id| sink(Item::Node(id))))
        }
        Function::ReferenceKey(kind) => nodes(base, this, scope, &mut |node| {
            reference_key(node, kind.as_deref()).map_or(Ok(()), |key| sink(Item::Text(Cow::Borrowed(key))))
        }),
    }
}

fn boundary<'a>(item: Item<'a>, high: bool, full: bool) -> Result<Option<Item<'a>>, Fault> {
    if let Some(number) = item.as_number() {
        return number.boundary(high).map(|number| Some(Item::Number(number))).ok_or(Fault::Number);
    }
    let text = item.into_text().ok_or(Fault::Operands)?;
    Ok(moment::boundary(&text, high, full).map(|text| Item::Text(Cow::Owned(text))))
}

/// The key that `getResourceKey()` of the referenced resource gives: its id
/// (SQL on FHIR, `getReferenceKey`). Nothing for contained resources, and for another type than `kind`.
fn reference_key<'a>(reference: &'a Value<'a>, kind: Option<&str>) -> Option<&'a str> {
    let text = member(reference, "reference")?.as_str()?;
    let stated = || reference.get("type").and_then(Value::as_str);
    if let Some(uuid) = text.strip_prefix("urn:uuid:") {
        return kind.is_none_or(|kind| stated() == Some(kind)).then_some(uuid);
    }
    let text = text.split_once("/_history/").map_or(text, |(text, _)| text);
    if text.starts_with('#') || text.contains('?') {
        return None;
    }
    let (before, id) = text.rsplit_once('/').unwrap_or(("", text));
    let found = before.rsplit_once('/').map_or(before, |(_, found)| found);
    let found = if found.is_empty() { stated() } else { Some(found) };
    kind.is_none_or(|kind| found == Some(kind)).then_some(id)
}

fn calculate<'a>(left: Item<'a>, right: Item<'a>, operator: Arithmetic) -> Result<Option<Item<'a>>, Fault> {
    if let (Some(a), Some(b)) = (left.as_number(), right.as_number()) {
        let result = match operator {
            Arithmetic::Plus => a.plus(b),
            Arithmetic::Minus => a.minus(b),
            Arithmetic::Times => a.times(b),
            // Division by zero is empty (FHIRPath §6.6.2).
            Arithmetic::Over if b.compare(Decimal::from(0)).is_some_and(Ordering::is_eq) => return Ok(None),
            Arithmetic::Over => a.over(b),
        };
        return result.map(|number| Some(Item::Number(number))).ok_or(Fault::Number);
    }
    let texts = matches!(left, Item::Text(_) | Item::Node(Value::String(_)))
        && matches!(right, Item::Text(_) | Item::Node(Value::String(_)));
    match (operator, left.into_text(), right.into_text()) {
        (Arithmetic::Plus, Some(left), Some(right)) if texts => Ok(Some(Item::Text(left + right))),
        _ => Err(Fault::Operands),
    }
}
