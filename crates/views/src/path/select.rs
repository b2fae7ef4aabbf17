//! Which members of a resource an expression asks for, told before any resource is seen.

use super::{Expr, Field, Function, ReferenceKey};
use fhir::{
    json::{Selection, Shape},
    r4::choice_of,
};

/// What is asked for cannot be told: the whole resource must be read.
#[derive(Debug)]
pub(crate) struct Whole;

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Items {
    /// Objects of one shape, or primitives.
    Shaped(Shape),
    /// Values without members.
    Made,
    /// Objects of several shapes.
    Mixed,
}

impl Items {
    /// The root of what is read.
    pub(crate) const RESOURCE: Self = Self::Shaped(Selection::ROOT);

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Made, any) | (any, Self::Made) => any,
            (Self::Shaped(a), Self::Shaped(b)) if a.is(b) => self,
            _ => Self::Mixed,
        }
    }
}

impl Field {
    /// Asks for the member of `items`. All forms of a choice element have one shape, so that one expression can
    /// speak of them together.
    pub(crate) fn select(&mut self, items: Items, selection: &mut Selection) -> Result<Items, Whole> {
        let shape = match items {
            Items::Shaped(shape) => shape,
            Items::Made => return Ok(Items::Made),
            Items::Mixed => return Err(Whole),
        };
        let (slot, value) = match choice_of(&self.name) {
            Some(base) => {
                let (_, value) = selection.member(shape, base).ok_or(Whole)?;
                (selection.member_of_shape(shape, &self.name, value).ok_or(Whole)?, value)
            }
            None => selection.member(shape, &self.name).ok_or(Whole)?,
        };
        self.slot = slot;
        Ok(Items::Shaped(value))
    }
}

impl ReferenceKey {
    fn select(&mut self, items: Items, selection: &mut Selection) -> Result<(), Whole> {
        self.reference.select(items, selection)?;
        self.stated.select(items, selection).map(|_| ())
    }
}

impl Expr {
    /// Asks for what the expression looks at when it starts from `this`.
    pub(crate) fn select(&mut self, this: Items, selection: &mut Selection) -> Result<Items, Whole> {
        Ok(match self {
            Self::This => this,
            Self::Resource => Items::RESOURCE,
            Self::RowIndex | Self::Nothing | Self::Literal(_) => Items::Made,
            Self::Member { base, field, forms } => {
                let items = base.select(this, selection)?;
                forms.iter_mut().try_fold(field.select(items, selection)?, |value, form| {
                    form.select(items, selection).map(|form| value.or(form))
                })?
            }
            Self::OfType { base, field, .. } => {
                let items = base.select(this, selection)?;
                field.select(items, selection)?;
                items
            }
            Self::Index { base, .. } => base.select(this, selection)?,
            Self::Where { base, criterion } => {
                let items = base.select(this, selection)?;
                criterion.select(items, selection)?;
                items
            }
            Self::Select { base, projection } => {
                let items = base.select(this, selection)?;
                projection.select(items, selection)?
            }
            Self::Choose { base, criterion, then, otherwise } => {
                let items = base.select(this, selection)?;
                criterion.select(items, selection)?;
                then.select(items, selection)?.or(otherwise.select(items, selection)?)
            }
            Self::Extension { .. } => self.select_extension(this, selection)?,
            Self::Call { base, function } => {
                let items = base.select(this, selection)?;
                function.select(items, selection)?
            }
            Self::General(_) => return Err(Whole),
            Self::Equal { left, right, .. }
            | Self::Compare { left, right, .. }
            | Self::Logic { left, right, .. }
            | Self::Arithmetic { left, right, .. } => {
                left.select(this, selection)?;
                right.select(this, selection)?;
                Items::Made
            }
            Self::Negative(base) => {
                base.select(this, selection)?;
                Items::Made
            }
        })
    }

    /// A primitive and its companion have one shape: extensions may stand in either.
    fn select_extension(&mut self, this: Items, selection: &mut Selection) -> Result<Items, Whole> {
        let Self::Extension { base, element, list, url_field, .. } = self else { return Err(Whole) };
        let mut items = base.select(this, selection)?;
        if let Some((name, companion)) = element {
            let value = name.select(items, selection)?;
            match (items, value) {
                (Items::Shaped(shape), Items::Shaped(value)) => {
                    companion.slot = selection.member_of_shape(shape, &companion.name, value).ok_or(Whole)?;
                }
                _ => return Err(Whole),
            }
            items = value;
        }
        let extensions = list.select(items, selection)?;
        url_field.select(extensions, selection)?;
        Ok(extensions)
    }
}

impl Function {
    fn select(&mut self, items: Items, selection: &mut Selection) -> Result<Items, Whole> {
        match self {
            Self::First | Self::Last => return Ok(items),
            Self::ResourceKey(id) => return id.select(items, selection),
            Self::ReferenceKey(key) => key.select(items, selection)?,
            Self::Exists | Self::Empty | Self::Not | Self::Count | Self::Join(_) | Self::Boundary { .. } => {}
        }
        Ok(Items::Made)
    }
}
