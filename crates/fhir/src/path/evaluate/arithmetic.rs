//! `+ - * / div mod` on numbers, quantities, texts and moments (FHIRPath §6.6).

use super::{Answer, Evaluator, value};
use crate::path::{
    ast::Operator,
    decimal::Decimal,
    error::{PathError, Rule},
    item::Item,
    moment::Moment,
    quantity::Quantity,
};

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::path) fn arithmetic(
        &mut self,
        operator: Operator,
        left: &[Item<'a>],
        right: &[Item<'a>],
        position: usize,
    ) -> Answer<'a> {
        let (Some(left), Some(right)) = (value(left, position)?, value(right, position)?) else {
            return Ok(Vec::new());
        };
        let result = match (&left, &right) {
            (Item::String(left), Item::String(right)) if operator == Operator::Plus => {
                return self.joined(left, right, position);
            }
            (Item::Moment(moment), Item::Quantity(quantity)) => {
                moved(operator, moment, quantity, position)?.map(Item::Moment)
            }
            (Item::Quantity(quantity), Item::Moment(moment)) if operator == Operator::Plus => {
                moved(operator, moment, quantity, position)?.map(Item::Moment)
            }
            _ => match (as_quantity(&left), as_quantity(&right)) {
                (Some(left), Some(right)) => {
                    // Units are looked up and converted, which takes longer than a step.
                    self.spend(20, position)?;
                    quantities(operator, &left, &right)
                }
                _ => numbers(operator, &left, &right, position)?,
            },
        };
        Ok(result.into_iter().collect())
    }
}

/// The quantity that a value is, if it is one.
fn as_quantity(item: &Item<'_>) -> Option<Quantity> {
    match item {
        Item::Quantity(quantity) => Some(quantity.clone()),
        _ => None,
    }
}

fn quantities<'a>(operator: Operator, left: &Quantity, right: &Quantity) -> Option<Item<'a>> {
    match operator {
        Operator::Plus => left.plus(right),
        Operator::Minus => left.minus(right),
        Operator::Times => left.times(right),
        Operator::Over => left.over(right),
        _ => {
            let (left, right) = (left.as_number()?, right.as_number()?);
            let result =
                if operator == Operator::Div { left.whole_quotient(right) } else { left.remainder(right) };
            return result.map(Item::Decimal);
        }
    }
    .map(Item::Quantity)
}

fn numbers<'a>(
    operator: Operator,
    left: &Item<'a>,
    right: &Item<'a>,
    position: usize,
) -> Result<Option<Item<'a>>, PathError> {
    let mistaken = PathError { position, rule: Rule::Operand };
    match (left, right) {
        // A number beside a quantity is a quantity of unit one (§5.5).
        (Item::Quantity(left), other) => {
            let number = other.as_decimal().ok_or(mistaken)?;
            return Ok(quantities(operator, left, &Quantity::of_number(number)));
        }
        (other, Item::Quantity(right)) => {
            let number = other.as_decimal().ok_or(mistaken)?;
            return Ok(quantities(operator, &Quantity::of_number(number), right));
        }
        _ => {}
    }
    let (Some(above), Some(below)) = (left.as_decimal(), right.as_decimal()) else { return Err(mistaken) };
    let result = match operator {
        Operator::Plus => above.plus(below),
        Operator::Minus => above.minus(below),
        Operator::Times => above.times(below),
        Operator::Div => above.whole_quotient(below),
        Operator::Mod => above.remainder(below),
        _ => return Ok(above.over(below).map(Item::Decimal)),
    };
    Ok(result.and_then(|result| as_type_of(left, right, result)))
}

/// The result as the wider type of the two operands; beyond its range there is none (§6.6).
fn as_type_of<'a>(left: &Item<'a>, right: &Item<'a>, result: Decimal) -> Option<Item<'a>> {
    match (left, right) {
        (Item::Decimal(_), _) | (_, Item::Decimal(_)) => Some(Item::Decimal(result)),
        (Item::Long(_), _) | (_, Item::Long(_)) => result.to_i64().map(Item::Long),
        _ => result.to_i64().filter(|value| i32::try_from(*value).is_ok()).map(Item::Integer),
    }
}

/// A moment moved by a duration (§6.7).
fn moved(
    operator: Operator,
    moment: &Moment,
    duration: &Quantity,
    position: usize,
) -> Result<Option<Moment>, PathError> {
    let mistaken = PathError { position, rule: Rule::Operand };
    let unit = duration.unit.moment_unit().ok_or(mistaken)?;
    let amount = match operator {
        Operator::Plus => Some(duration.value),
        Operator::Minus => duration.value.negated(),
        _ => return Err(mistaken),
    };
    if !moment.can_move_by(unit) {
        return Err(mistaken);
    }
    Ok(amount.and_then(|amount| moment.moved(amount, unit)))
}
