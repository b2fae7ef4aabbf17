//! Expressions that only the general engine can evaluate, and its items among those of views.

use super::{Flow, Item, Node, Scope, evaluate::Sink, item::Fault};
use fhir::{
    json::Value,
    path::{self, Element, Environment, Expression, SystemType},
    r4::{Kind, TypeId, knowledge},
};
use std::borrow::Cow;

/// An expression that is evaluated on the whole resource.
#[derive(Debug)]
pub(crate) struct General {
    pub(super) expression: Expression,
    /// The type of what it starts from, where that is a place in the resource.
    pub(super) focus: Option<TypeId>,
    /// The constants that it names.
    pub(super) constants: Vec<(String, path::Item<'static>)>,
    /// The type of FHIRPath that it gives, where that is certain.
    pub(crate) gives: Option<SystemType>,
}

impl General {
    /// Hands each item that it gives for `this` to `sink`.
    pub(super) fn evaluate<'a, N: Node<'a>>(
        &'a self,
        this: &Item<'a, N>,
        scope: Scope<N>,
        sink: Sink<'_, 'a, N>,
    ) -> Flow {
        let resource = scope.resource.whole().ok_or(Fault::Unread)?;
        let mut environment = Environment::new()
            .with_resource(resource)
            .with_empty_join()
            .with_variable("rowIndex", vec![path::Item::Integer(scope.row_index)]);
        for (name, value) in &self.constants {
            environment = environment.with_variable(name, vec![value.clone()]);
        }
        let focus = vec![self.start(this).ok_or(Fault::Unread)?];
        let answer = self.expression.evaluate_on(focus, &environment).map_err(Fault::General)?;
        answer.into_iter().filter_map(Item::of_general).try_for_each(sink)
    }

    /// The item in focus, as the general engine has it.
    fn start<'a, N: Node<'a>>(&self, this: &Item<'a, N>) -> Option<path::Item<'a>> {
        Some(match this {
            Item::Node(node) => path::Item::Element(self.element(node.whole()?)),
            Item::Text(text) => path::Item::String(text.clone()),
            Item::Boolean(value) => path::Item::Boolean(*value),
            Item::Number(value) => match value.to_i64().filter(|_| value.scale() == 0) {
                Some(whole) => path::Item::Integer(whole),
                None => path::Item::Decimal(*value),
            },
            Item::Foreign(foreign) => foreign.item.clone(),
        })
    }

    fn element<'a>(&self, value: &'a Value<'a>) -> Element<'a> {
        match self.focus {
            Some(id) if knowledge().def(id).kind != Kind::Resource => Element::typed(value, id),
            // A resource says itself of which type it is.
            _ => Element::resource(value),
        }
    }
}

/// An element, a moment or a quantity that the general engine gave.
#[derive(Clone, Debug)]
pub(crate) struct Foreign<'a> {
    item: path::Item<'a>,
    value: Plain<'a>,
}

/// What of it a column can hold.
#[derive(Clone, Debug)]
enum Plain<'a> {
    Text(Cow<'a, str>),
    Number(Cow<'a, str>),
    Boolean(bool),
    Nothing,
}

impl<'a> Foreign<'a> {
    pub(super) const fn as_bool(&self) -> Option<bool> {
        if let Plain::Boolean(value) = self.value { Some(value) } else { None }
    }

    /// The number as it was written.
    pub(super) fn number(&self) -> Option<&str> {
        if let Plain::Number(token) = &self.value { Some(token) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Plain::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(super) fn into_text(self) -> Option<Cow<'a, str>> {
        match self.value {
            Plain::Text(text) | Plain::Number(text) => Some(text),
            Plain::Boolean(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
            Plain::Nothing => None,
        }
    }
}

impl<'a, N: Node<'a>> Item<'a, N> {
    /// An item of the general engine. A primitive that has extensions only is none: rows are made of values.
    fn of_general(item: path::Item<'a>) -> Option<Self> {
        let value = match &item {
            path::Item::Boolean(value) => return Some(Self::Boolean(*value)),
            path::Item::Integer(value) | path::Item::Long(value) => {
                return Some(Self::Number((*value).into()));
            }
            path::Item::Decimal(value) => return Some(Self::Number(*value)),
            path::Item::String(text) => return Some(Self::Text(text.clone())),
            path::Item::Moment(moment) => Plain::Text(Cow::Owned(moment.to_string())),
            path::Item::Quantity(_) => Plain::Nothing,
            path::Item::Element(element) => match (element.source(), element.json()) {
                (_, Value::Null) => return None,
                (_, Value::Bool(value)) => Plain::Boolean(*value),
                (Some(Value::String(text)), _) => Plain::Text(Cow::Borrowed(text)),
                (Some(Value::Number(token)), _) => Plain::Number(Cow::Borrowed(token)),
                (None, Value::String(text)) => Plain::Text(Cow::Owned(text.to_string())),
                (None, Value::Number(token)) => Plain::Number(Cow::Owned(token.to_string())),
                _ => Plain::Nothing,
            },
        };
        Some(Self::Foreign(Box::new(Foreign { item, value })))
    }
}
