//! Filtering, projecting, sorting (FHIRPath §5.2; `sort` of FHIRPath 3).

use super::{Answer, Call, Definition, Gives};
use crate::path::{
    ast::{Expr, ExprKind},
    error::PathError,
    evaluate::{Evaluator, Scope, among::Among, order, single},
    item::{Collection, Item},
};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("where", 1, 1, filter).gives(Gives::Input),
    Definition::new("select", 1, 1, select).gives(Gives::FirstArgument),
    Definition::new("repeat", 1, 1, repeat),
    Definition::new("sort", 0, 8, sort).gives(Gives::Input),
];

fn filter<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let mut kept = Vec::new();
    for (index, item) in call.input.iter().enumerate() {
        if call.holds(evaluator, item, index)? {
            kept.push(item.clone());
        }
    }
    Ok(kept)
}

fn select<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let mut projected = Vec::new();
    for (index, item) in call.input.iter().enumerate() {
        projected.append(&mut call.each(evaluator, 0, item, index)?);
    }
    Ok(projected)
}

/// Projects the input, then what came of it, until nothing new comes (§5.2.3).
fn repeat<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let mut seen = Among::default();
    let mut found: Collection<'a> = Vec::new();
    let mut next = call.input.clone();
    while !next.is_empty() {
        let mut fresh = Vec::new();
        for (index, item) in next.iter().enumerate() {
            for child in call.each(evaluator, 0, item, index)? {
                evaluator.spend(1 + seen.effort(), call.position)?;
                if !seen.contains(&child) {
                    seen.add(&child);
                    found.push(child.clone());
                    fresh.push(child);
                }
            }
        }
        next = fresh;
    }
    Ok(found)
}

/// An item and what it is sorted by, each key with its direction.
struct Keyed<'a> {
    item: Item<'a>,
    keys: Vec<(Option<Item<'a>>, bool)>,
}

/// Sorts by each argument in turn, or by the items themselves; `-key` sorts downwards, whatever the key is.
fn sort<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let mut sorted: Vec<Keyed<'a>> = Vec::new();
    for (index, item) in call.input.iter().enumerate() {
        let mut keys = Vec::new();
        if call.arguments.is_empty() {
            keys.push((item.value(), false));
        }
        for argument in call.arguments {
            keys.push(key(evaluator, call, argument, item, index)?);
        }
        let keyed = Keyed { item: item.clone(), keys };
        // An insertion cannot be upset by values without an order, as the library's sort may be.
        let mut at = sorted.len();
        while let Some(before) = at.checked_sub(1).and_then(|at| sorted.get(at)) {
            evaluator.spend(1, call.position)?;
            if precedes(&keyed, before, call.position)? != Ordering::Less {
                break;
            }
            at -= 1;
        }
        sorted.insert(at, keyed);
    }
    Ok(sorted.into_iter().map(|keyed| keyed.item).collect())
}

fn key<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
    argument: &'a Expr,
    item: &Item<'a>,
    index: usize,
) -> Result<(Option<Item<'a>>, bool), PathError> {
    let (argument, downwards) = match &argument.kind {
        ExprKind::Polarity { negative: true, operand } => (operand.as_ref(), true),
        _ => (argument, false),
    };
    let scope = Scope { this: vec![item.clone()], index: i64::try_from(index).ok(), total: None };
    let answer = evaluator.apart(argument, &scope)?;
    Ok((single(&answer, call.position)?.and_then(Item::value), downwards))
}

/// How two items stand by their keys; an item without a key comes before one with, upwards and downwards.
fn precedes(left: &Keyed<'_>, right: &Keyed<'_>, position: usize) -> Result<Ordering, PathError> {
    for ((left, downwards), (right, _)) in left.keys.iter().zip(&right.keys) {
        let order = match (left, right) {
            (Some(left), Some(right)) => order::compare(left, right, position)?.unwrap_or(Ordering::Equal),
            (left, right) => match left.is_some().cmp(&right.is_some()) {
                Ordering::Equal => continue,
                order => return Ok(order),
            },
        };
        if order.is_ne() {
            return Ok(if *downwards { order.reverse() } else { order });
        }
    }
    Ok(Ordering::Equal)
}
