//! One value of many (FHIRPath §7; `sum`, `min`, `max`, `avg` of FHIRPath 3).

use super::{Answer, Call, Definition};
use crate::path::{
    ast::Operator,
    evaluate::{Evaluator, Scope, order},
    item::{Collection, Item},
};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("aggregate", 1, 2, aggregate),
    Definition::new("sum", 0, 0, sum),
    Definition::new("avg", 0, 0, average),
    Definition::new("min", 0, 0, |_, call| extreme(call, Ordering::Less)),
    Definition::new("max", 0, 0, |_, call| extreme(call, Ordering::Greater)),
];

fn aggregate<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let mut total = call.argument(evaluator, 1)?;
    let Some(aggregator) = call.arguments.first() else { return Ok(total) };
    for (index, item) in call.input.iter().enumerate() {
        let scope = Scope { this: vec![item.clone()], index: i64::try_from(index).ok(), total: Some(total) };
        total = evaluator.apart(aggregator, &scope)?;
    }
    Ok(total)
}

/// The values of the input, if every item has one.
fn values<'a>(call: &Call<'_, 'a>) -> Option<Collection<'a>> {
    call.input.iter().map(Item::value).collect()
}

fn sum<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let mut values = values(call).unwrap_or_default().into_iter();
    let mut total: Collection<'a> = values.next().into_iter().collect();
    for value in values {
        total = evaluator.arithmetic(Operator::Plus, &total, &[value], call.position)?;
    }
    Ok(total)
}

fn average<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let total = sum(evaluator, call)?;
    let count = i64::try_from(call.input.len()).unwrap_or(i64::MAX);
    evaluator.arithmetic(Operator::Over, &total, &[Item::Integer(count)], call.position)
}

/// The value that stands to all others as `wanted`, if they all can be compared.
fn extreme<'a>(call: &Call<'_, 'a>, wanted: Ordering) -> Answer<'a> {
    let mut values = values(call).unwrap_or_default().into_iter();
    let Some(mut found) = values.next() else { return Ok(Vec::new()) };
    for value in values {
        match order::compare(&value, &found, call.position)? {
            None => return Ok(Vec::new()),
            Some(order) if order == wanted => found = value,
            Some(_) => {}
        }
    }
    Ok(vec![found])
}
