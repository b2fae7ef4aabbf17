//! What FHIR R4 (4.0.1) says of its types: elements, cardinalities, code lists.
//!
//! Two generated tables hold it (`cargo xtask knowledge`); they are read once, on first use.

mod choice;
mod codes;
mod load;
mod names;
mod primitive;

pub use choice::{choice_forms, choice_of};
pub use codes::{CodeSet, CodeSystemDef};
pub use primitive::Primitive;

use crate::ResourceType;
use names::Names;
use std::{collections::HashMap, sync::LazyLock};

/// Everything that is known of FHIR R4.
#[derive(Debug)]
pub struct Knowledge {
    types: Vec<TypeDef>,
    by_name: HashMap<&'static str, TypeId>,
    resources: Vec<TypeId>,
    code_sets: Vec<CodeSet>,
}

/// A type's place in [`Knowledge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(u16);

/// A code list's place in [`Knowledge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeSetId(u16);

/// What sort of thing a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A JSON string, number or boolean.
    Primitive(Primitive),
    /// A data type with elements, such as `HumanName`.
    Complex,
    /// The type of one element that has elements of its own, such as `Patient.contact`.
    Backbone,
    /// A resource type, or `Resource`, which stands for any of them.
    Resource,
}

/// A rule that a type has beyond its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    None,
    Extension,
    Reference,
}

/// One type and its elements.
#[derive(Debug)]
pub struct TypeDef {
    /// Such as `Patient`, `HumanName`, `Patient.contact`, `dateTime`.
    pub name: &'static str,
    /// What sort of type.
    pub kind: Kind,
    /// Whether it is `Resource`, of which only more special ones exist.
    pub is_abstract: bool,
    pub(crate) rule: Rule,
    /// A bit for each element that must be there, and for each that is a choice.
    pub(crate) required: u64,
    pub(crate) choices: u64,
    elements: Vec<Element>,
    names: Names,
}

/// One element of a type.
#[derive(Debug)]
pub struct Element {
    /// Without `[x]`.
    pub name: &'static str,
    /// How often it must be there: 0 or 1.
    pub min: u32,
    /// How often it may be there; `None` is without limit, and makes it a JSON array.
    pub max: Option<u32>,
    /// Its types: one, or those of the choice.
    pub types: Vec<TypeId>,
    /// Whether its type shows in its JSON name (`value[x]`).
    pub is_choice: bool,
    /// The codes that a `code` may be, where R4 requires it and the list can be told.
    pub binding: Option<CodeSetId>,
    /// What a `Reference` may point to; empty is anything.
    pub reference_targets: Vec<ResourceType>,
    /// Whether it can turn the meaning of the rest around (R4 §2.1.0.7.1).
    pub is_modifier: bool,
    /// Whether it is an XML attribute, which has no `_name` in JSON.
    pub(crate) is_attribute: bool,
}

/// An element as found by its JSON name.
#[derive(Clone, Copy, Debug)]
pub struct ElementRef<'k> {
    /// The element.
    pub element: &'k Element,
    /// Its place among the type's elements.
    pub index: usize,
    /// Its type: of a choice, the one that the JSON name says.
    pub type_id: TypeId,
    /// The name by which it was found, such as `valueQuantity`.
    pub json_name: &'k str,
}

/// What R4 says.
#[must_use]
pub fn knowledge() -> &'static Knowledge {
    static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| load::load(include_str!("r4/knowledge.txt")));
    &KNOWLEDGE
}

impl Knowledge {
    /// The place of the type called `name`.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// The type called `name`: `Patient`, `HumanName`, or `Patient.contact` for the element of that path.
    #[must_use]
    pub fn type_def(&self, name: &str) -> Option<&TypeDef> {
        self.id(name).map(|id| self.def(id))
    }

    /// The type at `id`.
    #[must_use]
    pub fn def(&self, id: TypeId) -> &TypeDef {
        // INVARIANT: only `load` makes a `TypeId`, after the types are complete.
        &self.types[usize::from(id.0)]
    }

    /// The code list at `id`.
    #[must_use]
    pub fn codes(&self, id: CodeSetId) -> &CodeSet {
        // INVARIANT: only `load` makes a `CodeSetId`, and only of lists that it has.
        &self.code_sets[usize::from(id.0)]
    }

    /// Every type, backbone elements included.
    pub fn types(&self) -> impl Iterator<Item = &TypeDef> {
        self.types.iter()
    }

    /// A code system that HL7 publishes complete with R4, by its canonical URL without version.
    #[must_use]
    pub fn code_system(&self, url: &str) -> Option<&CodeSystemDef> {
        codes::code_systems().get(url)
    }

    pub(crate) fn resource_type(&self, id: TypeId) -> Option<ResourceType> {
        self.resources.binary_search(&id).ok().and_then(|at| u8::try_from(at).ok()).map(ResourceType)
    }

    pub(crate) fn resource_def(&self, kind: ResourceType) -> Option<&TypeDef> {
        self.resources.get(usize::from(kind.0)).map(|id| self.def(*id))
    }
}

impl TypeDef {
    /// The element that `json_name` stands for in JSON. Of a choice this is the typed name, `valueQuantity`.
    #[must_use]
    pub fn element(&self, json_name: &str) -> Option<ElementRef<'_>> {
        let entry = self.names.find(json_name)?;
        let index = usize::from(entry.element);
        let element = self.elements.get(index)?;
        Some(ElementRef { element, index, type_id: entry.type_id, json_name: &entry.name })
    }

    /// The elements, in the order of the definition.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.elements.iter()
    }

    /// Every JSON name that an element of this type can have.
    pub fn json_names(&self) -> impl Iterator<Item = ElementRef<'_>> {
        self.names.iter().filter_map(|name| self.element(name))
    }
}

#[cfg(test)]
mod tests;
