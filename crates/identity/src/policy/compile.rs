//! From the lines of a policy to the tables that the walk looks in: no path is put together while walking.

use super::{
    ExtensionRule, Plan, Policy, PolicyError, PolicyProblem, Shape, ShapeId,
    read::{Kept, Line, Section, Source},
};
use crate::codes::{CodeRule, Template};
use fhir::{
    ResourceType,
    r4::{ElementRef, Kind, TypeDef, knowledge},
};
use std::collections::HashMap;

/// How a data type's values are kept.
enum DataType<'t> {
    As(&'t str),
    Keep(Vec<Kept<'t>>),
}

struct Compiler<'t> {
    policy: Policy,
    data_types: HashMap<&'t str, DataType<'t>>,
    /// The shapes of data types, made when first needed.
    data_shapes: HashMap<&'t str, ShapeId>,
    every_resource: Vec<Kept<'t>>,
}

/// The shapes of one section: its root's, and one for each element with elements of its own.
type Containers = HashMap<&'static str, ShapeId>;

pub(super) fn compile(source: Source<'_>) -> Result<Policy, PolicyError> {
    let policy = Policy {
        version: source.version.to_owned(),
        trusted: source.trusted.into_iter().map(Into::into).collect(),
        withheld_zip3: source.withheld_zip3.into_iter().map(Into::into).collect(),
        ..Policy::default()
    };
    let mut compiler = Compiler {
        policy,
        data_types: HashMap::new(),
        data_shapes: HashMap::new(),
        every_resource: Vec::new(),
    };
    for section in source.sections.iter().filter(|section| !matches!(section.name, "extensions")) {
        compiler.lists(section)?;
    }
    for section in &source.sections {
        match section.name {
            "extensions" => compiler.extensions(section)?,
            "systems" | "published systems" | "uris" | "data types" | "every resource" => {}
            _ => compiler.resource(section)?,
        }
    }
    for shape in &mut compiler.policy.shapes {
        shape.members.sort_by(|a, b| a.0.cmp(&b.0));
        shape.members.dedup_by(|later, first| later.0 == first.0);
    }
    Ok(compiler.policy)
}

fn at(line: usize, problem: PolicyProblem) -> PolicyError {
    PolicyError { line, problem }
}

impl<'t> Compiler<'t> {
    /// The sections that others refer to.
    fn lists(&mut self, section: &Section<'t>) -> Result<(), PolicyError> {
        for line in &section.lines {
            let (first, rest) = line.words();
            match section.name {
                "systems" => {
                    let rule = code_rule(line, rest)?;
                    self.policy.systems.insert(first.into(), rule);
                }
                "published systems" => self.policy.published.push(first.into()),
                "uris" if rest.is_empty() => {
                    self.policy.uris.insert(first.into());
                }
                "uris" => {
                    self.policy
                        .uris
                        .extend(rest.split_whitespace().map(|name| format!("{first}{name}").into()));
                }
                "data types" => {
                    let known = knowledge().type_def(first);
                    known.ok_or_else(|| line.error(PolicyProblem::Type(first.to_owned())))?;
                    let kind = match rest.strip_prefix("as ") {
                        Some(rule) => DataType::As(rule.trim()),
                        None => DataType::Keep(Line { text: rest, ..*line }.kept()?.collect()),
                    };
                    self.data_types.insert(first, kind);
                }
                "every resource" => self.every_resource.extend(line.kept()?),
                _ => {}
            }
        }
        Ok(())
    }

    fn resource(&mut self, section: &Section<'t>) -> Result<(), PolicyError> {
        let unknown = || at(section.line, PolicyProblem::Type(section.name.to_owned()));
        let kind = ResourceType::parse(section.name).ok_or_else(unknown)?;
        let def = knowledge().type_def(section.name).ok_or_else(unknown)?;
        let mut kept = self.every_resource.clone();
        for line in &section.lines {
            kept.extend(line.kept()?);
        }
        let id = self.section(def, &kept)?;
        self.policy.shapes[id.0].members.extend([
            ("resourceType".into(), Plan::ResourceType),
            ("id".into(), Plan::Id),
            ("contained".into(), Plan::Contained),
        ]);
        self.policy.resources.insert(kind, id);
        Ok(())
    }

    /// Compiles the kept paths of one type.
    fn section(&mut self, root: &'static TypeDef, kept: &[Kept<'t>]) -> Result<ShapeId, PolicyError> {
        let mut containers = Containers::new();
        let id = self.container(root, &mut containers);
        for kept in kept {
            self.path(root, *kept, &mut containers)?;
        }
        Ok(id)
    }

    fn container(&mut self, def: &'static TypeDef, containers: &mut Containers) -> ShapeId {
        *containers.entry(def.name).or_insert_with(|| new_shape(&mut self.policy.shapes, def))
    }

    fn path(
        &mut self,
        root: &'static TypeDef,
        kept: Kept<'t>,
        containers: &mut Containers,
    ) -> Result<(), PolicyError> {
        let unknown = || at(kept.line, PolicyProblem::Element(kept.path.to_owned()));
        let (parents, last) = kept.path.rsplit_once('.').map_or((None, kept.path), |(a, b)| (Some(a), b));
        let mut def = root;
        for name in parents.into_iter().flat_map(|path| path.split('.')) {
            let child = knowledge().def(def.element(name).ok_or_else(unknown)?.type_id);
            if child.kind != Kind::Backbone {
                return Err(unknown());
            }
            let child_id = self.container(child, containers);
            self.keep(def, name, Plan::Object(child_id), containers);
            def = child;
        }
        if let Some(stem) = last.strip_suffix("[x]") {
            let mut found = false;
            for choice in def.json_names().filter(|name| name.element.is_choice && name.element.name == stem)
            {
                if let Ok(plan) = self.plan(choice, kept, containers) {
                    self.keep(def, choice.json_name, plan, containers);
                    found = true;
                }
            }
            return if found { Ok(()) } else { Err(unknown()) };
        }
        let element = def.element(last).ok_or_else(unknown)?;
        let plan = self.plan(element, kept, containers)?;
        self.keep(def, last, plan, containers);
        Ok(())
    }

    fn keep(&mut self, def: &'static TypeDef, name: &str, plan: Plan, containers: &mut Containers) {
        let id = self.container(def, containers);
        let shape = &mut self.policy.shapes[id.0];
        if shape.members.iter().all(|(member, _)| **member != *name) {
            shape.members.push((name.into(), plan));
        }
    }

    /// How the values of one element are kept.
    fn plan(
        &mut self,
        element: ElementRef<'static>,
        kept: Kept<'t>,
        containers: &mut Containers,
    ) -> Result<Plan, PolicyError> {
        let never = || at(kept.line, PolicyProblem::NeverKept(kept.path.to_owned()));
        let def = knowledge().def(element.type_id);
        let rule = match (kept.rule, self.data_types.get(def.name)) {
            (Some(rule), _) => rule,
            (None, Some(DataType::As(rule))) => *rule,
            (None, Some(DataType::Keep(_))) => return self.data_shape(def).map(Plan::Object),
            (None, None) if def.kind == Kind::Backbone => {
                // Its members are listed by paths of their own, here or further up.
                return containers.get(def.name).copied().map(Plan::Object).ok_or_else(never);
            }
            (None, None) => return Err(never()),
        };
        if rule == "code" {
            return element.element.binding.map(Plan::Code).ok_or_else(never);
        }
        plan_of_rule(rule, kept)
    }

    /// The shape of a data type that is kept in parts.
    fn data_shape(&mut self, def: &'static TypeDef) -> Result<ShapeId, PolicyError> {
        if let Some(id) = self.data_shapes.get(def.name) {
            return Ok(*id);
        }
        let kept = match self.data_types.get(def.name) {
            Some(DataType::Keep(kept)) => kept.clone(),
            _ => Vec::new(),
        };
        let mut containers = Containers::new();
        let id = self.container(def, &mut containers);
        // Known before its parts are compiled, so that a type may hold itself.
        self.data_shapes.insert(def.name, id);
        for kept in kept {
            self.path(def, kept, &mut containers)?;
        }
        Ok(id)
    }

    /// `URL as TYPE`, `URL as TYPE, RULE`, and `+ URL as TYPE` for one within the one before.
    fn extensions(&mut self, section: &Section<'t>) -> Result<(), PolicyError> {
        let mut outer: Option<&str> = None;
        for line in &section.lines {
            let (first, rest) = line.words();
            let nested = first == "+";
            let (url, rest) = if nested { Line { text: rest, ..*line }.words() } else { (first, rest) };
            let value = match rest.strip_prefix("as ") {
                Some(kind) => Some(self.extension_value(line, kind.trim())?),
                None if rest.is_empty() && !nested => None,
                None => return Err(line.malformed()),
            };
            let rule = ExtensionRule { value, nested: HashMap::new() };
            if nested {
                let outer = outer.and_then(|outer| self.policy.extensions.get_mut(outer));
                outer.ok_or_else(|| line.malformed())?.nested.insert(url.into(), rule);
            } else {
                self.policy.extensions.insert(url.into(), rule);
                outer = Some(url);
            }
        }
        Ok(())
    }

    fn extension_value(&mut self, line: &Line<'t>, text: &'t str) -> Result<(Box<str>, Plan), PolicyError> {
        let (kind, rule) = match text.split_once(',') {
            Some((kind, rule)) => (kind.trim(), Some(rule.trim())),
            None => (text, None),
        };
        let mut letters = kind.chars();
        let capital = letters.next().map(|first| first.to_ascii_uppercase()).into_iter();
        let name: String = "value".chars().chain(capital).chain(letters).collect();
        let unknown = || line.error(PolicyProblem::Type(kind.to_owned()));
        let extension = knowledge().type_def("Extension").ok_or_else(unknown)?;
        let element = extension.element(&name).ok_or_else(unknown)?;
        let kept = Kept { line: line.number, path: kind, rule, subject: false };
        let plan = self.plan(element, kept, &mut Containers::new())?;
        Ok((name.into(), plan))
    }
}

fn new_shape(shapes: &mut Vec<Shape>, def: &TypeDef) -> ShapeId {
    let mut shape = Shape::default();
    if def.element("extension").is_some() {
        shape.members.push(("extension".into(), Plan::Extension));
    }
    shapes.push(shape);
    ShapeId(shapes.len() - 1)
}

fn plan_of_rule(rule: &str, kept: Kept<'_>) -> Result<Plan, PolicyError> {
    if let Some(texts) = rule.strip_prefix("one of ") {
        return Ok(Plan::OneOf(texts.split_whitespace().map(Into::into).collect()));
    }
    if let Some(system) = rule.strip_prefix("code of ") {
        return Ok(Plan::CodeOf(system.trim().into()));
    }
    Ok(match rule {
        "boolean" => Plan::Boolean,
        "number" => Plan::Number,
        "date" => Plan::Date,
        "day" => Plan::Day,
        "month" => Plan::Month,
        "time" => Plan::Time,
        "district" => Plan::District,
        "listed uri" => Plan::Uri,
        "coding" => Plan::Coding,
        "quantity" => Plan::Quantity,
        "reference" => Plan::Reference { subject: kept.subject },
        other => return Err(at(kept.line, PolicyProblem::Rule(other.to_owned()))),
    })
}

fn code_rule(line: &Line<'_>, text: &str) -> Result<CodeRule, PolicyError> {
    if let Some(codes) = text.strip_prefix("one of ") {
        return Ok(CodeRule::OneOf(codes.split_whitespace().map(Into::into).collect()));
    }
    if let Some(patterns) = text.strip_prefix("like ") {
        let templates: Option<Vec<Template>> = patterns.split_whitespace().map(Template::parse).collect();
        return templates.map(CodeRule::Like).ok_or_else(|| line.malformed());
    }
    match text {
        "snomed" => Ok(CodeRule::Snomed),
        "loinc" => Ok(CodeRule::Loinc),
        "ucum" => Ok(CodeRule::Ucum),
        "published" => Ok(CodeRule::Published),
        other => Err(line.error(PolicyProblem::Rule(other.to_owned()))),
    }
}
