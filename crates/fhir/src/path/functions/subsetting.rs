//! Parts of collections, and collections put together (FHIRPath §5.3, §5.4).

use super::{Answer, Call, Definition, Gives, maybe};
use crate::path::evaluate::{Evaluator, single};

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("single", 0, 0, |_, call| maybe(single(&call.input, call.position)?.cloned()))
        .gives(Gives::Input),
    Definition::new("first", 0, 0, |_, call| maybe(call.input.first().cloned())).ordered(),
    Definition::new("last", 0, 0, |_, call| maybe(call.input.last().cloned())).ordered(),
    Definition::new("tail", 0, 0, |_, call| Ok(call.input.iter().skip(1).cloned().collect())).ordered(),
    Definition::new("skip", 1, 1, skip).ordered(),
    Definition::new("take", 1, 1, take).ordered(),
    Definition::new("intersect", 1, 1, intersect).gives(Gives::Input),
    Definition::new("exclude", 1, 1, exclude).gives(Gives::Input),
    Definition::new("union", 1, 1, union),
    Definition::new("combine", 1, 1, combine),
];

/// How many items an argument asks for: none below zero.
fn amount<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
) -> Result<Option<usize>, crate::path::PathError> {
    let amount = call.integer_argument(evaluator, 0)?;
    Ok(amount.map(|amount| usize::try_from(amount.max(0)).unwrap_or(usize::MAX)))
}

fn skip<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let Some(amount) = amount(evaluator, call)? else { return Ok(Vec::new()) };
    Ok(call.input.iter().skip(amount).cloned().collect())
}

fn take<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let Some(amount) = amount(evaluator, call)? else { return Ok(Vec::new()) };
    Ok(call.input.iter().take(amount).cloned().collect())
}

fn intersect<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let other = call.argument(evaluator, 0)?;
    let both = evaluator.found_in(&call.input, &other, true, call.position)?;
    evaluator.distinct(both, call.position)
}

fn exclude<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let other = call.argument(evaluator, 0)?;
    evaluator.found_in(&call.input, &other, false, call.position)
}

fn union<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let other = call.argument(evaluator, 0)?;
    evaluator.union(call.input.clone(), other, call.position)
}

fn combine<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let other = call.argument(evaluator, 0)?;
    Ok(call.input.iter().cloned().chain(other).collect())
}
