//! Functions of numbers (FHIRPath §5.7). Where there is no real number, there is no result.

use super::{Answer, Call, Definition, maybe};
use crate::path::{
    decimal::{Decimal, Rounding},
    error::{PathError, Rule},
    evaluate::{Evaluator, value},
    item::Item,
    quantity::Quantity,
};

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("abs", 0, 0, |_, call| {
        numbered(call, |number| if number.is_negative() { number.negated() } else { Some(number) })
    }),
    Definition::new("ceiling", 0, 0, |_, call| numbered(call, |number| number.at_scale(0, Rounding::Up))),
    Definition::new("floor", 0, 0, |_, call| numbered(call, |number| number.at_scale(0, Rounding::Down))),
    Definition::new("truncate", 0, 0, |_, call| {
        numbered(call, |number| number.at_scale(0, Rounding::TowardsZero))
    }),
    Definition::new("round", 0, 1, round),
    Definition::new("exp", 0, 0, |evaluator, call| endless(evaluator, call, Decimal::exponential)),
    Definition::new("ln", 0, 0, |evaluator, call| endless(evaluator, call, Decimal::logarithm)),
    Definition::new("sqrt", 0, 0, |evaluator, call| endless(evaluator, call, Decimal::square_root)),
    Definition::new("log", 1, 1, log),
    Definition::new("power", 1, 1, power),
];

/// What finding digits one after the other counts as work.
const ENDLESS: usize = 100;

fn number(call: &Call<'_, '_>) -> Result<Option<Decimal>, PathError> {
    match call.value()? {
        None => Ok(None),
        Some(value) => value.as_decimal().map(Some).ok_or_else(|| call.fail(Rule::Operand)),
    }
}

/// A number or the number of a quantity changed; a whole number stays of its type.
fn numbered<'a>(call: &Call<'_, 'a>, change: impl Fn(Decimal) -> Option<Decimal>) -> Answer<'a> {
    let Some(value) = call.value()? else { return Ok(Vec::new()) };
    if let Item::Quantity(Quantity { value, unit }) = value {
        return maybe(change(value).map(|value| Item::Quantity(Quantity { value, unit })));
    }
    let number = value.as_decimal().ok_or_else(|| call.fail(Rule::Operand))?;
    let Some(changed) = change(number) else { return Ok(Vec::new()) };
    maybe(match value {
        Item::Long(_) => changed.to_i64().map(Item::Long),
        Item::Integer(_) => changed.to_i64().map(Item::Integer),
        _ if changed.scale() > 0 => Some(Item::Decimal(changed)),
        _ => Some(changed.to_i64().map_or(Item::Decimal(changed), Item::Integer)),
    })
}

fn round<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let scale = call.integer_argument(evaluator, 0)?.unwrap_or_default();
    let Ok(scale) = u32::try_from(scale) else { return Err(call.fail(Rule::Argument)) };
    // More digits than the number has change nothing.
    numbered(call, |number| number.at_scale(scale.min(number.scale()), Rounding::HalfAway))
}

fn endless<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
    function: fn(Decimal) -> Option<Decimal>,
) -> Answer<'a> {
    evaluator.spend(ENDLESS, call.position)?;
    maybe(number(call)?.and_then(function).map(Item::Decimal))
}

fn argument<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
) -> Result<Option<Item<'a>>, PathError> {
    evaluator.spend(ENDLESS, call.position)?;
    let argument = call.argument(evaluator, 0)?;
    value(&argument, call.position)
}

fn log<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let (number, base) = (number(call)?, argument(evaluator, call)?);
    let (Some(number), Some(base)) = (number, base) else { return Ok(Vec::new()) };
    let base = base.as_decimal().ok_or_else(|| call.fail(Rule::Operand))?;
    maybe(number.logarithm_to(base).map(Item::Decimal))
}

fn power<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let (base, exponent) = (call.value()?, argument(evaluator, call)?);
    let (Some(base), Some(exponent)) = (base, exponent) else { return Ok(Vec::new()) };
    let (Some(number), Some(times)) = (base.as_decimal(), exponent.as_decimal()) else {
        return Err(call.fail(Rule::Operand));
    };
    let Some(result) = number.to_power(times) else { return Ok(Vec::new()) };
    let whole = matches!((&base, &exponent), (Item::Integer(_), Item::Integer(_)));
    maybe(Some(match result.to_i64() {
        Some(value) if whole => Item::Integer(value),
        _ => Item::Decimal(result),
    }))
}
