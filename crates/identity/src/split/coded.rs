//! Codings and quantities: a code stays with its system or not at all.

use super::{Display, walk::Walk};
use crate::{
    fragment::{Members, Outcome},
    value,
};
use fhir::json::{Object, Value};
use std::borrow::Cow;

impl<'a> Walk<'_, 'a> {
    /// `system` and `code`, if the one is listed and the other valid in it.
    fn known_code(&self, object: &Object<'a>) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        match (object.get("system")?, object.get("code")?) {
            (Value::String(system), Value::String(code)) if self.policy.admits_code(system, code) => {
                Some((system.clone(), code.clone()))
            }
            _ => None,
        }
    }

    fn record_display(
        &mut self,
        known: Option<&(Cow<'a, str>, Cow<'a, str>)>,
        text: Cow<'a, str>,
    ) -> Outcome<'a> {
        if let Some((system, code)) = known {
            self.displays.push(Display { system: system.clone(), code: code.clone(), display: text.clone() });
        }
        Outcome::Drop(Value::String(text))
    }

    /// `Coding` (R4 §2.24.0.4): system, code and `userSelected`.
    pub(super) fn coding(&mut self, coding: Object<'a>) -> Outcome<'a> {
        let known = self.known_code(&coding);
        if known.is_none() {
            return Outcome::Drop(Value::Object(coding));
        }
        let mut members = Members::default();
        for (name, value) in coding {
            let outcome = match (&*name, value) {
                ("system" | "code", value) | ("userSelected", value @ Value::Bool(_)) => Outcome::Keep(value),
                ("display", Value::String(text)) => self.record_display(known.as_ref(), text),
                (_, value) => Outcome::Drop(value),
            };
            members.push(name, outcome);
        }
        members.finish()
    }

    /// `Quantity` and its kinds (R4 §2.24.0.8): value, comparator, and the unit's code.
    pub(super) fn quantity(&mut self, quantity: Object<'a>) -> Outcome<'a> {
        let known = self.known_code(&quantity);
        let mut members = Members::default();
        for (name, value) in quantity {
            let outcome = match (&*name, value) {
                ("value", Value::Number(token)) if value::is_short_number(&token) => {
                    Outcome::Keep(Value::Number(token))
                }
                ("comparator", Value::String(text)) if matches!(&*text, "<" | "<=" | ">=" | ">") => {
                    Outcome::Keep(Value::String(text))
                }
                ("system" | "code", value) if known.is_some() => Outcome::Keep(value),
                ("unit", Value::String(text)) => self.record_display(known.as_ref(), text),
                (_, value) => Outcome::Drop(value),
            };
            members.push(name, outcome);
        }
        members.finish()
    }
}
