//! What a value of limited precision may stand for (`lowBoundary`, `highBoundary`, `precision`, `comparable`
//! of FHIRPath 2.1).

use super::{Answer, Call, Definition, Gives, maybe, truth};
use crate::path::{
    error::Rule,
    evaluate::{Evaluator, value},
    item::Item,
    quantity::Quantity,
    types::SystemType,
};

/// Digits after the point that a boundary has when nothing is said.
const DEFAULT_SCALE: i64 = 8;

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("lowBoundary", 0, 1, |evaluator, call| boundary(evaluator, call, false)),
    Definition::new("highBoundary", 0, 1, |evaluator, call| boundary(evaluator, call, true)),
    Definition::new("precision", 0, 0, precision).gives(Gives::One(SystemType::Integer)),
    Definition::new("comparable", 1, 1, comparable).boolean(),
];

fn boundary<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>, high: bool) -> Answer<'a> {
    let digits = call.integer_argument(evaluator, 0)?;
    let Some(value) = call.value()? else { return Ok(Vec::new()) };
    let scale = u32::try_from(digits.unwrap_or(DEFAULT_SCALE)).ok();
    maybe(match value {
        Item::Moment(moment) => {
            let digits = digits.unwrap_or_else(|| moment.finest());
            moment.boundary(high, digits).map(Item::Moment)
        }
        Item::Quantity(Quantity { value, unit }) => scale
            .and_then(|scale| value.boundary(high, scale))
            .map(|value| Item::Quantity(Quantity { value, unit })),
        other => {
            let number = other.as_decimal().ok_or_else(|| call.fail(Rule::Operand))?;
            scale.and_then(|scale| number.boundary(high, scale)).map(Item::Decimal)
        }
    })
}

fn precision<'a>(_: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let Some(value) = call.value()? else { return Ok(Vec::new()) };
    let digits = match value {
        Item::Moment(moment) => moment.digits(),
        other => i64::from(other.as_decimal().ok_or_else(|| call.fail(Rule::Operand))?.scale()),
    };
    maybe(Some(Item::Integer(digits)))
}

/// Whether two quantities have units that can be related; a number has the unit one.
fn comparable<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let other = call.argument(evaluator, 0)?;
    let (left, right) = (call.value()?, value(&other, call.position)?);
    evaluator.spend(20, call.position)?;
    let quantity = |item: Option<Item<'a>>| match item {
        None => Ok(None),
        Some(Item::Quantity(quantity)) => Ok(Some(quantity)),
        Some(other) => match other.as_decimal() {
            Some(number) => Ok(Some(Quantity::of_number(number))),
            None => Err(call.fail(Rule::Operand)),
        },
    };
    match (quantity(left)?, quantity(right)?) {
        (Some(left), Some(right)) => truth(left.comparable(&right)),
        _ => truth(false),
    }
}
