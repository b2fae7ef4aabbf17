//! `=` and `~` of collections, of items, and of JSON (FHIRPath §6.1).

use crate::{
    json::Value,
    path::{
        decimal::Decimal,
        item::{Element, Item},
        quantity::{self, Quantity},
    },
};

/// `=`: whether both have equal items in the same order; `None` when one is empty or an item leaves it open.
pub(in crate::path) fn equal(left: &[Item<'_>], right: &[Item<'_>]) -> Option<bool> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    if left.len() != right.len() {
        return Some(false);
    }
    let mut known = Some(true);
    for (left, right) in left.iter().zip(right) {
        match items_equal(left, right) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = None,
        }
    }
    known
}

/// Whether an equal item is among `items`.
pub(in crate::path) fn is_among(item: &Item<'_>, items: &[Item<'_>]) -> bool {
    items.iter().any(|other| items_equal(item, other) == Some(true))
}

/// Whether two items are equal; `None` where precision or units leave it open.
pub(in crate::path) fn items_equal(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    match (left.value(), right.value()) {
        (Some(left), Some(right)) => values_equal(&left, &right),
        (None, None) => match (left, right) {
            (Item::Element(left), Item::Element(right)) => Some(elements_equal(left, right)),
            _ => Some(false),
        },
        _ => Some(false),
    }
}

fn elements_equal(left: &Element<'_>, right: &Element<'_>) -> bool {
    let beside = match (left.beside(), right.beside()) {
        (Some(left), Some(right)) => json_equal(left, right),
        (None, None) => true,
        _ => false,
    };
    beside && json_equal(left.json(), right.json())
}

fn values_equal(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    Some(match (left, right) {
        (Item::Boolean(left), Item::Boolean(right)) => left == right,
        (Item::String(left), Item::String(right)) => left == right,
        (Item::Moment(left), Item::Moment(right)) => match left.compare(right) {
            Ok(order) => order?.is_eq(),
            Err(_) => false,
        },
        (Item::Quantity(left), Item::Quantity(right)) => left.compare(right)?.is_eq(),
        (Item::Quantity(quantity), number) | (number, Item::Quantity(quantity)) => {
            let Some(number) = number.as_decimal() else { return Some(false) };
            quantity.compare(&Quantity::of_number(number))?.is_eq()
        }
        _ => match (left.as_decimal(), right.as_decimal()) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        },
    })
}

fn json_equal(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => numbers_equal(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| json_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right.iter())
                    .all(|((name, left), (other, right))| name == other && json_equal(left, right))
        }
        _ => left == right,
    }
}

fn numbers_equal(left: &str, right: &str) -> bool {
    match (Decimal::parse(left), Decimal::parse(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

/// `~`: whether each item of one has its own equivalent in the other, in any order. Both have as many items.
pub(in crate::path) fn equivalent(left: &[Item<'_>], right: &[Item<'_>]) -> bool {
    matched(left, right, items_equivalent)
}

/// The comparisons that `~` may need below an item: arrays are compared each with each.
pub(in crate::path) fn effort(item: &Item<'_>) -> usize {
    fn of(json: &Value<'_>) -> usize {
        match json {
            Value::Array(items) => {
                items.len().saturating_mul(items.len()) + items.iter().map(of).sum::<usize>()
            }
            Value::Object(object) => object.iter().map(|(_, member)| 1 + of(member)).sum(),
            _ => 1,
        }
    }
    match item {
        Item::Element(element) => of(element.json()),
        _ => 1,
    }
}

/// Whether the items of both can be paired.
fn matched<T>(left: &[T], right: &[T], same: fn(&T, &T) -> bool) -> bool {
    let mut open: Vec<&T> = right.iter().collect();
    left.len() == right.len()
        && left.iter().all(|item| {
            let found = open.iter().position(|other| same(item, other));
            found.map(|at| open.swap_remove(at)).is_some()
        })
}

fn items_equivalent(left: &Item<'_>, right: &Item<'_>) -> bool {
    match (left.value(), right.value()) {
        (Some(left), Some(right)) => values_equivalent(&left, &right),
        (None, None) => match (left, right) {
            (Item::Element(left), Item::Element(right)) => json_equivalent(left.json(), right.json()),
            _ => false,
        },
        _ => false,
    }
}

fn values_equivalent(left: &Item<'_>, right: &Item<'_>) -> bool {
    match (left, right) {
        (Item::String(left), Item::String(right)) => texts_equivalent(left, right),
        (Item::Quantity(left), Item::Quantity(right)) => left.equivalent(right),
        (Item::Quantity(quantity), number) | (number, Item::Quantity(quantity)) => {
            number.as_decimal().is_some_and(|number| quantity.equivalent(&Quantity::of_number(number)))
        }
        _ => match (left.as_decimal(), right.as_decimal()) {
            (Some(left), Some(right)) => quantity::equivalent(left, right),
            _ => values_equal(left, right) == Some(true),
        },
    }
}

/// Texts without regard to case, and to which white space stands where (§6.1.2).
fn texts_equivalent(left: &str, right: &str) -> bool {
    let normal = |text: &str| -> Vec<char> {
        let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        spaced.flat_map(char::to_lowercase).collect()
    };
    normal(left) == normal(right)
}

fn json_equivalent(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (Decimal::parse(left), Decimal::parse(right)) {
            (Some(left), Some(right)) => quantity::equivalent(left, right),
            _ => left == right,
        },
        (Value::String(left), Value::String(right)) => texts_equivalent(left, right),
        (Value::Array(left), Value::Array(right)) => matched(left, right, json_equivalent),
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right.iter())
                    .all(|((name, left), (other, right))| name == other && json_equivalent(left, right))
        }
        _ => left == right,
    }
}
