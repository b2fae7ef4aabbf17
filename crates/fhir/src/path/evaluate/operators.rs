//! Operators between two operands (FHIRPath §6): which needs what of them.

use super::{Answer, Evaluator, Scope, among::Among, boolean, equality, order, single, text};
use crate::path::{
    ast::{Expr, Operator},
    error::PathError,
    item::{Collection, Item},
};
use std::borrow::Cow;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: &'a Expr,
        right: &'a Expr,
        position: usize,
        scope: &Scope<'a>,
    ) -> Answer<'a> {
        let left = self.apart(left, scope)?;
        let right = self.apart(right, scope)?;
        // One comparison per item at least, and of each with each where an operator looks for items.
        self.spend(left.len().max(right.len()), position)?;
        let truth = match operator {
            Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
                logic(operator, boolean(&left, position)?, boolean(&right, position)?)
            }
            Operator::Equal => equality::equal(&left, &right),
            Operator::NotEqual => equality::equal(&left, &right).map(|equal| !equal),
            Operator::Equivalent => Some(self.equivalent(&left, &right, position)?),
            Operator::NotEquivalent => Some(!self.equivalent(&left, &right, position)?),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                order::compare_one(&left, &right, position)?.map(|order| match operator {
                    Operator::Less => order.is_lt(),
                    Operator::LessOrEqual => order.is_le(),
                    Operator::Greater => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            Operator::In => self.member_of(&left, &right, position)?,
            Operator::Contains => self.member_of(&right, &left, position)?,
            Operator::Union => return self.union(left, right, position),
            Operator::Concatenate => return self.concatenate(&left, &right, position),
            Operator::Plus
            | Operator::Minus
            | Operator::Times
            | Operator::Over
            | Operator::Div
            | Operator::Mod => {
                return self.arithmetic(operator, &left, &right, position);
            }
        };
        Ok(truth.map(Item::Boolean).into_iter().collect())
    }

    fn equivalent(
        &mut self,
        left: &[Item<'a>],
        right: &[Item<'a>],
        position: usize,
    ) -> Result<bool, PathError> {
        if left.len() != right.len() {
            return Ok(false);
        }
        let below = left.iter().map(equality::effort).fold(0, usize::saturating_add);
        self.spend(left.len().saturating_mul(right.len()).saturating_add(below), position)?;
        Ok(equality::equivalent(left, right))
    }

    /// Whether the one item of `item` is among `items` (§6.4).
    fn member_of(
        &mut self,
        item: &[Item<'a>],
        items: &[Item<'a>],
        position: usize,
    ) -> Result<Option<bool>, PathError> {
        let Some(item) = single(item, position)? else { return Ok(None) };
        self.spend(items.len(), position)?;
        Ok(Some(equality::is_among(item, items)))
    }

    /// All items of both, each once (§6.4.1).
    pub(in crate::path) fn union(
        &mut self,
        left: Collection<'a>,
        right: Collection<'a>,
        position: usize,
    ) -> Answer<'a> {
        let both = left.into_iter().chain(right).collect();
        self.distinct(both, position)
    }

    /// Each item once (§5.1, `distinct`).
    pub(in crate::path) fn distinct(&mut self, items: Collection<'a>, position: usize) -> Answer<'a> {
        let mut seen = Among::default();
        let mut distinct: Collection<'a> = Vec::new();
        for item in items {
            self.spend(seen.effort(), position)?;
            if !seen.contains(&item) {
                seen.add(&item);
                distinct.push(item);
            }
        }
        Ok(distinct)
    }

    /// Those of `items` that are among `others`, or that are not.
    pub(in crate::path) fn found_in(
        &mut self,
        items: &[Item<'a>],
        others: &[Item<'a>],
        wanted: bool,
        position: usize,
    ) -> Answer<'a> {
        let among = Among::of(others);
        self.spend(others.len() + items.len().saturating_mul(among.effort()), position)?;
        Ok(items.iter().filter(|item| among.contains(item) == wanted).cloned().collect())
    }

    /// `&`: an empty operand counts as an empty text (§6.6.7).
    fn concatenate(&mut self, left: &[Item<'a>], right: &[Item<'a>], position: usize) -> Answer<'a> {
        let left = text(left, position)?.unwrap_or_default();
        let right = text(right, position)?.unwrap_or_default();
        self.joined(&left, &right, position)
    }

    pub(super) fn joined(&mut self, left: &str, right: &str, position: usize) -> Answer<'a> {
        self.spend((left.len() + right.len()) / 8, position)?;
        Ok(vec![Item::String(Cow::Owned([left, right].concat()))])
    }
}

/// The truth tables of §6.5.
const fn logic(operator: Operator, left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (operator, left, right) {
        (Operator::And, Some(false), _) | (Operator::And, _, Some(false)) => Some(false),
        (Operator::And, Some(true), Some(true)) => Some(true),
        (Operator::Or, Some(true), _) | (Operator::Or, _, Some(true)) => Some(true),
        (Operator::Or, Some(false), Some(false)) => Some(false),
        (Operator::Xor, Some(left), Some(right)) => Some(left != right),
        (Operator::Implies, Some(false), _) | (Operator::Implies, _, Some(true)) => Some(true),
        (Operator::Implies, Some(true), Some(false)) => Some(false),
        _ => None,
    }
}
