//! Extensions: a listed URL, and a value of the type that the policy says.

use super::walk::Walk;
use crate::{
    fragment::{Items, Members, Outcome},
    policy::ExtensionRule,
};
use fhir::json::{Object, Value};

impl<'a> Walk<'_, 'a> {
    /// One extension, within the one of rule `outer` or on its own.
    pub(super) fn extension(&mut self, outer: Option<&ExtensionRule>, extension: Object<'a>) -> Outcome<'a> {
        let policy = self.policy;
        let rule = extension.get("url").and_then(Value::as_str).and_then(|url| match outer {
            Some(outer) => outer.nested.get(url),
            None => policy.extension(url),
        });
        let Some(rule) = rule else { return Outcome::Drop(Value::Object(extension)) };
        let mut members = Members::default();
        for (name, value) in extension {
            let outcome = match (&*name, value, &rule.value) {
                ("url", value, _) => Outcome::Keep(value),
                ("extension", Value::Array(array), _) => self.nested(rule, array),
                (name, value, Some((member, plan))) if *name == **member => self.value(plan, value),
                (_, value, _) => Outcome::Drop(value),
            };
            members.push(name, outcome);
        }
        // A URL alone says nothing but that something was there.
        let url_alone = members.kept() < 2;
        let outcome = members.finish();
        if url_alone { outcome.dropped() } else { outcome }
    }

    fn nested(&mut self, rule: &ExtensionRule, array: Vec<Value<'a>>) -> Outcome<'a> {
        let mut items = Items::default();
        for item in array {
            items.push(match item {
                Value::Object(extension) => self.extension(Some(rule), extension),
                other => Outcome::Drop(other),
            });
        }
        items.finish()
    }
}
