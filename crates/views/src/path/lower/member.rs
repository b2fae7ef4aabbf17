//! Elements and their types.

use super::{Context, Lowered};
use crate::path::{
    Expr, Field,
    focus::{Focus, Type},
};
use fhir::{
    path::{self, ExprKind, TypeName, TypeTest},
    r4::{ElementRef, Kind, TypeDef, TypeId, choice_forms, knowledge},
};

/// The JSON names of an element and what stands under them.
#[derive(Default)]
struct Names {
    /// Of a choice element, its forms in the types that it may be in.
    forms: Vec<&'static str>,
    types: Vec<Type>,
    many: bool,
}

impl Context<'_> {
    pub(super) fn member(self, input: Option<&path::Expr>, name: &str, this: &Focus) -> Lowered {
        if input.is_none() && self.is_named(name, this)? {
            return Some((Expr::This, this.clone()));
        }
        member_of(self.input(input, this)?, name)
    }

    /// Whether `name` is the type of the resource in focus, which a path may begin with. `None` where that shows
    /// only when the resource is there.
    fn is_named(self, name: &str, this: &Focus) -> Option<bool> {
        match this.types.as_slice() {
            [found] if found.is_any_resource() => {
                knowledge().type_def(name).is_none_or(|def| def.kind != Kind::Resource).then_some(false)
            }
            [Type::Fhir(id)] => {
                let def = knowledge().def(*id);
                Some(def.kind == Kind::Resource && def.is_kind_of(name))
            }
            [Type::Untyped] => Some(name == self.resource),
            _ => Some(false),
        }
    }

    pub(super) fn of_type(
        self,
        test: TypeTest,
        input: Option<&path::Expr>,
        type_name: &TypeName,
        this: &Focus,
    ) -> Lowered {
        let wanted = type_name.fhir().filter(|_| test != TypeTest::Is)?;
        let (expr, given) = match input.map(|input| &input.kind) {
            Some(ExprKind::Member { input, name }) if input.is_some() || !self.is_named(name, this)? => {
                let (base, found) = self.input(input.as_deref(), this)?;
                match forms_of_type(&found, name, wanted) {
                    Some((forms, given)) => (forms.of(base), given),
                    None => resources(member_of((base, found), name)?, wanted)?,
                }
            }
            _ => resources(self.input(input, this)?, wanted)?,
        };
        // `as` of several items is an error, which only the general engine reports.
        if test == TypeTest::As && given.many { None } else { Some((expr, given)) }
    }
}

/// The element `name` of what `base` gives.
fn member_of((base, found): (Expr, Focus), name: &str) -> Lowered {
    let mut names = Names::default();
    for found in &found.types {
        names.add(*found, name)?;
    }
    let mut given = Focus { types: Vec::new(), many: found.many || names.many };
    names.types.into_iter().for_each(|found| given.add(found));
    let forms = names.forms.into_iter().map(Field::named).collect();
    Some((Expr::Member { base: Box::new(base), field: Field::named(name), forms }, given))
}

/// The forms of a choice element that are of a type, if there are any.
struct Forms(Vec<&'static str>);

impl Forms {
    fn of(self, base: Expr) -> Expr {
        let mut forms = self.0.into_iter().map(Field::named);
        match forms.next() {
            Some(field) => Expr::Member { base: Box::new(base), field, forms: forms.collect() },
            None => Expr::Nothing,
        }
    }
}

/// `value.ofType(T)` as the members that have a type of that kind; `None` where `name` is no choice.
fn forms_of_type(found: &Focus, name: &str, wanted: &str) -> Option<(Forms, Focus)> {
    let (mut forms, mut given) = (Vec::new(), Focus { types: Vec::new(), many: found.many });
    for found in &found.types {
        let Type::Fhir(id) = found else { return None };
        let mut is_choice = false;
        for form in choices(knowledge().def(*id), name) {
            is_choice = true;
            given.many |= form.element.max.is_none();
            if knowledge().def(form.type_id).is_kind_of(wanted) {
                if !forms.contains(&form.json_name) {
                    forms.push(form.json_name);
                }
                given.add(Type::Fhir(form.type_id));
            }
        }
        is_choice.then_some(())?;
    }
    Some((Forms(forms), given))
}

/// Those of the type `wanted`, where the types tell, or each resource says it.
fn resources((base, found): (Expr, Focus), wanted: &str) -> Lowered {
    let is_kind = |found: &Type| match found {
        Type::Fhir(id) if !found.is_any_resource() => Some(knowledge().def(*id).is_kind_of(wanted)),
        _ => None,
    };
    if let [only] = found.types.as_slice()
        && only.is_any_resource()
    {
        let id = knowledge().id(wanted)?;
        let def = knowledge().def(id);
        let exact = def.kind == Kind::Resource && !def.is_abstract;
        let (field, name) = (Field::named("resourceType"), wanted.into());
        let given = Focus { types: vec![Type::Fhir(id)], many: found.many };
        return exact.then_some((Expr::OfType { base: Box::new(base), field, name }, given));
    }
    let kinds: Vec<bool> = found.types.iter().map(is_kind).collect::<Option<_>>()?;
    if kinds.iter().all(|is_kind| *is_kind) {
        Some((base, found))
    } else {
        kinds.iter().all(|is_kind| !is_kind).then(|| (Expr::Nothing, Focus::nothing()))
    }
}

/// The forms of the choice element `name` of a type.
fn choices<'n>(def: &'static TypeDef, name: &'n str) -> impl Iterator<Item = ElementRef<'static>> + use<'n> {
    def.json_names().filter(move |found| found.element.is_choice && found.element.name == name)
}

impl Names {
    /// Adds the element `name` of a type. `None` where it does not stand under its name.
    fn add(&mut self, within: Type, name: &str) -> Option<()> {
        match within {
            Type::Fhir(_) if within.is_any_resource() => self.add_open(name),
            // The id and the extensions of a primitive stand beside it.
            Type::Fhir(_) if within.primitive().is_some() => {
                (name != "id" && name != "extension").then_some(())
            }
            Type::Fhir(id) => {
                self.add_element(id, name);
                Some(())
            }
            Type::System(_) => Some(()),
            Type::Untyped if name == "id" || name == "extension" || name == "modifierExtension" => None,
            Type::Untyped => {
                self.types.push(Type::Untyped);
                Some(())
            }
            Type::Open => self.add_open(name),
            Type::General => None,
        }
    }

    fn add_element(&mut self, id: TypeId, name: &str) {
        let def = knowledge().def(id);
        if let Some(found) = def.element(name) {
            self.many |= found.element.max.is_none();
            self.types.push(Type::Fhir(found.type_id));
            return;
        }
        let known = self.types.len();
        for form in choices(def, name) {
            self.many |= form.element.max.is_none();
            self.add_form(form.json_name);
            self.types.push(Type::Fhir(form.type_id));
        }
        // What R4 does not know is found by its name all the same.
        if self.types.len() == known {
            self.many = true;
            let extension = knowledge().id("Extension").filter(|_| name == "modifierExtension");
            self.types.push(extension.map_or(Type::Untyped, Type::Fhir));
        }
    }

    /// Below an abstract type any type may come, and with it any form.
    fn add_open(&mut self, name: &str) -> Option<()> {
        self.many = true;
        choice_forms(name).iter().for_each(|form| self.add_form(form));
        self.types.push(Type::Open);
        (name != "extension" && name != "id").then_some(())
    }

    fn add_form(&mut self, form: &'static str) {
        if !self.forms.contains(&form) {
            self.forms.push(form);
        }
    }
}
