//! `%name`: what the standard defines, what the caller handed in, what `defineVariable` defined (§9).

use super::{Answer, Evaluator};
use crate::path::{
    error::{PathError, Rule},
    item::{Collection, Item},
};
use std::borrow::Cow;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn variable(&self, name: &str, position: usize) -> Answer<'a> {
        if let Some((_, value)) = self.defined.iter().rev().find(|(defined, _)| defined == name) {
            return Ok(value.clone());
        }
        if let Some(value) = self.environment.variables.get(name) {
            return Ok(value.clone());
        }
        let url = |base: &str, name: &str| vec![Item::String(Cow::Owned(format!("{base}{name}")))];
        let fixed = |text: &'static str| vec![Item::String(Cow::Borrowed(text))];
        Ok(match name {
            "context" => self.context.clone(),
            "resource" | "rootResource" => self.root(),
            "ucum" => fixed("http://unitsofmeasure.org"),
            "sct" => fixed("http://snomed.info/sct"),
            "loinc" => fixed("http://loinc.org"),
            _ => {
                if let Some(name) = name.strip_prefix("vs-") {
                    url("http://hl7.org/fhir/ValueSet/", name)
                } else if let Some(name) = name.strip_prefix("ext-") {
                    url("http://hl7.org/fhir/StructureDefinition/", name)
                } else {
                    return Err(PathError { position, rule: Rule::Variable });
                }
            }
        })
    }

    /// The resource that was handed in, or else the input.
    pub(in crate::path) fn root(&self) -> Collection<'a> {
        match self.environment.resource {
            Some(resource) => vec![self.environment.root(resource)],
            None => self.context.clone(),
        }
    }

    /// Makes `%name` known to what comes later in the chain.
    pub(in crate::path) fn define(
        &mut self,
        name: &str,
        value: Collection<'a>,
        position: usize,
    ) -> Result<(), PathError> {
        let standard = ["context", "resource", "rootResource", "ucum", "sct", "loinc"].contains(&name);
        let taken = self.environment.variables.contains_key(name)
            || self.defined.iter().any(|(known, _)| known == name);
        if standard || taken {
            return Err(PathError { position, rule: Rule::Variable });
        }
        self.spend(value.len(), position)?;
        self.defined.push((name.to_owned(), value));
        Ok(())
    }
}
