//! `iif`, and conversions between the types of FHIRPath (FHIRPath §5.5).

use super::{Answer, Call, Definition, Gives, maybe, truth};
use crate::path::{
    decimal::Decimal,
    error::Rule,
    evaluate::{Evaluator, Scope, boolean, single},
    item::Item,
    moment::Moment,
    quantity::Quantity,
    types::SystemType,
};
use std::borrow::Cow;

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("iif", 2, 3, iif),
    to("toBoolean", SystemType::Boolean, |_, call| convert(call, SystemType::Boolean)),
    to("toInteger", SystemType::Integer, |_, call| convert(call, SystemType::Integer)),
    to("toLong", SystemType::Long, |_, call| convert(call, SystemType::Long)),
    to("toDecimal", SystemType::Decimal, |_, call| convert(call, SystemType::Decimal)),
    to("toString", SystemType::String, |_, call| convert(call, SystemType::String)),
    to("toDate", SystemType::Date, |_, call| convert(call, SystemType::Date)),
    to("toDateTime", SystemType::DateTime, |_, call| convert(call, SystemType::DateTime)),
    to("toTime", SystemType::Time, |_, call| convert(call, SystemType::Time)),
    Definition::new("toQuantity", 0, 1, to_quantity).gives(Gives::One(SystemType::Quantity)),
    converts("convertsToBoolean", |_, call| converts_to(call, SystemType::Boolean)),
    converts("convertsToInteger", |_, call| converts_to(call, SystemType::Integer)),
    converts("convertsToLong", |_, call| converts_to(call, SystemType::Long)),
    converts("convertsToDecimal", |_, call| converts_to(call, SystemType::Decimal)),
    converts("convertsToString", |_, call| converts_to(call, SystemType::String)),
    converts("convertsToDate", |_, call| converts_to(call, SystemType::Date)),
    converts("convertsToDateTime", |_, call| converts_to(call, SystemType::DateTime)),
    converts("convertsToTime", |_, call| converts_to(call, SystemType::Time)),
    Definition::new("convertsToQuantity", 0, 1, converts_to_quantity).boolean(),
];

const fn to(name: &'static str, gives: SystemType, run: super::Run) -> Definition {
    Definition::new(name, 0, 0, run).gives(Gives::One(gives))
}

const fn converts(name: &'static str, run: super::Run) -> Definition {
    Definition::new(name, 0, 0, run).boolean()
}

/// Only the branch that is asked for is evaluated (§5.5.1), with the input as `$this`.
fn iif<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    single(&call.input, call.position)?;
    let scope = Scope { this: call.input.clone(), index: call.scope.index, total: call.scope.total.clone() };
    let Some(condition) = call.arguments.first() else { return Ok(Vec::new()) };
    let condition = evaluator.apart(condition, &scope)?;
    let branch = if boolean(&condition, call.position)? == Some(true) { 1 } else { 2 };
    match call.arguments.get(branch) {
        Some(branch) => evaluator.apart(branch, &scope),
        None => Ok(Vec::new()),
    }
}

fn convert<'a>(call: &Call<'_, 'a>, to: SystemType) -> Answer<'a> {
    let item = single(&call.input, call.position)?;
    maybe(item.and_then(Item::value).and_then(|value| converted(&value, to)))
}

/// Empty of an empty input, and of a primitive without a value.
fn converts_to<'a>(call: &Call<'_, 'a>, to: SystemType) -> Answer<'a> {
    let Some(item) = single(&call.input, call.position)? else { return Ok(Vec::new()) };
    truth(item.value().is_some_and(|value| converted(&value, to).is_some()))
}

/// The quantity of the input, in the unit that the argument names.
fn quantity<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
) -> Result<Option<Quantity>, crate::path::PathError> {
    if let Some(Item::Element(element)) = single(&call.input, call.position)?
        && element.has_comparator()
    {
        return Err(call.fail(Rule::Operand));
    }
    let value = call.input.first().and_then(Item::value);
    let quantity = match value.and_then(|value| converted(&value, SystemType::Quantity)) {
        Some(Item::Quantity(quantity)) => quantity,
        _ => return Ok(None),
    };
    evaluator.spend(20, call.position)?;
    Ok(match call.text_argument(evaluator, 0)? {
        Some(unit) => quantity.converted(&unit),
        None => Some(quantity),
    })
}

fn to_quantity<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    maybe(quantity(evaluator, call)?.map(Item::Quantity))
}

fn converts_to_quantity<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    if call.input.is_empty() { Ok(Vec::new()) } else { truth(quantity(evaluator, call)?.is_some()) }
}

/// A value as another type, where §5.5 has a conversion.
pub(in crate::path) fn converted<'a>(value: &Item<'a>, to: SystemType) -> Option<Item<'a>> {
    match to {
        SystemType::Boolean => to_boolean(value).map(Item::Boolean),
        SystemType::Integer => {
            to_whole(value).filter(|value| i32::try_from(*value).is_ok()).map(Item::Integer)
        }
        SystemType::Long => to_whole(value).map(Item::Long),
        SystemType::Decimal => to_decimal(value).map(Item::Decimal),
        SystemType::String => value.text().map(Item::String),
        SystemType::Date => match value {
            Item::Moment(moment) => moment.date().map(Item::Moment),
            Item::String(text) => Moment::parse_date(text).map(Item::Moment),
            _ => None,
        },
        SystemType::DateTime => match value {
            Item::Moment(moment) => moment.date_time().map(Item::Moment),
            Item::String(text) => Moment::parse_date_time(text).map(Item::Moment),
            _ => None,
        },
        SystemType::Time => match value {
            Item::Moment(moment) if value.system_type() == Some(SystemType::Time) => {
                Some(Item::Moment(*moment))
            }
            Item::String(text) => Moment::parse_time(text).map(Item::Moment),
            _ => None,
        },
        SystemType::Quantity => match value {
            Item::Quantity(quantity) => Some(quantity.clone()),
            Item::Integer(_) | Item::Decimal(_) => value.as_decimal().map(Quantity::of_number),
            Item::Boolean(value) => Some(Quantity::of_number(truth_as_decimal(*value))),
            Item::String(text) => Quantity::parse(text),
            _ => None,
        }
        .map(Item::Quantity),
    }
}

fn to_boolean(value: &Item<'_>) -> Option<bool> {
    let number = |value: Decimal| match value.to_i64() {
        Some(1) => Some(true),
        Some(0) => Some(false),
        _ => None,
    };
    match value {
        Item::Boolean(value) => Some(*value),
        Item::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => Some(true),
            "false" | "f" | "no" | "n" | "0" | "0.0" => Some(false),
            _ => None,
        },
        other => other.as_decimal().and_then(number),
    }
}

fn to_whole(value: &Item<'_>) -> Option<i64> {
    match value {
        Item::Integer(value) | Item::Long(value) => Some(*value),
        Item::Boolean(value) => Some(i64::from(*value)),
        Item::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn to_decimal(value: &Item<'_>) -> Option<Decimal> {
    match value {
        Item::Boolean(value) => Some(truth_as_decimal(*value)),
        Item::String(text) => {
            let plain = Cow::Borrowed(text.strip_prefix('+').unwrap_or(text));
            if plain.contains(['e', 'E']) { None } else { Decimal::parse(&plain) }
        }
        other => other.as_decimal(),
    }
}

/// `1.0` or `0.0` (§5.5).
fn truth_as_decimal(value: bool) -> Decimal {
    Decimal::parse(if value { "1.0" } else { "0.0" }).unwrap_or(Decimal::ZERO)
}
