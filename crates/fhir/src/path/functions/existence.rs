//! Whether there are items, how many, and of what sort (FHIRPath §5.1).

use super::{Answer, Call, Definition, Gives, maybe, truth};
use crate::path::{
    error::{PathError, Rule},
    evaluate::{Evaluator, boolean},
    item::Item,
    types::SystemType,
};

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("empty", 0, 0, |_, call| truth(call.input.is_empty())).boolean(),
    Definition::new("exists", 0, 1, exists).boolean(),
    Definition::new("all", 1, 1, all).boolean(),
    Definition::new("allTrue", 0, 0, |_, call| truth(booleans(call)?.iter().all(|value| *value))).boolean(),
    Definition::new("anyTrue", 0, 0, |_, call| truth(booleans(call)?.contains(&true))).boolean(),
    Definition::new("allFalse", 0, 0, |_, call| truth(!booleans(call)?.contains(&true))).boolean(),
    Definition::new("anyFalse", 0, 0, |_, call| truth(booleans(call)?.contains(&false))).boolean(),
    Definition::new("subsetOf", 1, 1, subset_of).boolean(),
    Definition::new("supersetOf", 1, 1, superset_of).boolean(),
    Definition::new("count", 0, 0, count).gives(Gives::One(SystemType::Integer)),
    Definition::new("distinct", 0, 0, |evaluator, call| {
        evaluator.distinct(call.input.clone(), call.position)
    })
    .gives(Gives::Input),
    Definition::new("isDistinct", 0, 0, is_distinct).boolean(),
    Definition::new("not", 0, 0, not).boolean(),
];

fn exists<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    if !call.has(0) {
        return truth(!call.input.is_empty());
    }
    for (index, item) in call.input.iter().enumerate() {
        if call.holds(evaluator, item, index)? {
            return truth(true);
        }
    }
    truth(false)
}

fn all<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    for (index, item) in call.input.iter().enumerate() {
        if !call.holds(evaluator, item, index)? {
            return truth(false);
        }
    }
    truth(true)
}

/// The input, all of which must be Booleans.
fn booleans(call: &Call<'_, '_>) -> Result<Vec<bool>, PathError> {
    let value = |item: &Item<'_>| match item.value() {
        Some(Item::Boolean(value)) => Ok(value),
        _ => Err(call.fail(Rule::Operand)),
    };
    call.input.iter().map(value).collect()
}

fn subset_of<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let other = call.argument(evaluator, 0)?;
    truth(evaluator.found_in(&call.input, &other, false, call.position)?.is_empty())
}

fn superset_of<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let other = call.argument(evaluator, 0)?;
    truth(evaluator.found_in(&other, &call.input, false, call.position)?.is_empty())
}

fn count<'a>(_: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    maybe(i64::try_from(call.input.len()).ok().map(Item::Integer))
}

fn is_distinct<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let distinct = evaluator.distinct(call.input.clone(), call.position)?;
    truth(distinct.len() == call.input.len())
}

fn not<'a>(_: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    maybe(boolean(&call.input, call.position)?.map(|value| Item::Boolean(!value)))
}
