//! From the leaves of the tree to its root: which types, how many items, in an order or none.

use super::{
    Shape, StaticType,
    operands::{binary, comparable, need_condition, need_text, of_type},
};
use crate::{
    path::{
        ast::{Expr, ExprKind, Literal, Operator},
        error::{SemanticError, SemanticProblem},
        functions::{Function, Gives},
        moment::MomentKind,
        types::{SystemType, is_kind_of},
    },
    r4::{Kind, TypeId, knowledge},
};

/// Checks expressions that begin at a type.
pub(in crate::path) struct Checker {
    /// Whether functions that need an order are refused where there is none.
    pub(in crate::path) ordered: bool,
    /// Whether a moment beside a text is refused, of which it is never told that they are equal.
    pub(in crate::path) comparable: bool,
    /// The type of `%context`.
    pub(in crate::path) root: Option<TypeId>,
}

pub(super) type Inferred = Result<Shape, SemanticError>;

pub(super) const fn fail(expr: &Expr, problem: SemanticProblem) -> SemanticError {
    SemanticError { position: expr.position, problem }
}

impl Checker {
    /// Checks the whole of `expr`.
    pub(in crate::path) fn check(&self, expr: &Expr) -> Result<(), SemanticError> {
        self.infer(expr, &self.root()).map(drop)
    }

    /// The type of FHIRPath that all that `expr` comes to is of, where that is certain.
    pub(in crate::path) fn gives(&self, expr: &Expr) -> Option<SystemType> {
        match self.infer(expr, &self.root()).ok()?.types.as_deref() {
            Some([StaticType::System(only)]) => Some(*only),
            _ => None,
        }
    }

    fn root(&self) -> Shape {
        self.root.map_or_else(Shape::unknown, |root| Shape::one(StaticType::Fhir(root)))
    }

    fn infer(&self, expr: &Expr, this: &Shape) -> Inferred {
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(Shape::system(literal_type(literal))),
            ExprKind::Empty => Ok(Shape { types: Some(Vec::new()), ..Shape::default() }),
            ExprKind::Variable(name) => Ok(match name.as_str() {
                "context" => self.root(),
                "resource" => self.resource().map_or_else(Shape::unknown, Shape::one),
                _ => Shape::unknown(),
            }),
            ExprKind::This => Ok(this.clone()),
            ExprKind::Index => Ok(Shape::system(SystemType::Integer)),
            ExprKind::Total => Ok(Shape::unknown()),
            ExprKind::Member { input: None, name } => match named(name, this) {
                Some(shape) => Ok(shape),
                None => self.member(expr, name, this),
            },
            ExprKind::Member { input: Some(input), name } => {
                let input = self.infer(input, this)?;
                self.member(expr, name, &input)
            }
            ExprKind::Call { input, function, arguments } => {
                let input = self.input(input.as_deref(), this)?;
                self.call(expr, *function, &input, arguments, this)
            }
            ExprKind::Indexer { input, index } => {
                let input = self.infer(input, this)?;
                self.infer(index, this)?;
                self.order(expr, "[]", &input)?;
                Ok(Shape { many: false, ..input })
            }
            ExprKind::Polarity { operand, .. } => self.infer(operand, this),
            ExprKind::Binary { operator, left, right } => {
                let (before, after) = (self.infer(left, this)?, self.infer(right, this)?);
                if self.comparable && matches!(operator, Operator::Equal | Operator::NotEqual) {
                    comparable(expr, (left, &before), (right, &after))?;
                }
                binary(expr, *operator, before, after)
            }
            ExprKind::OfType { test, input, type_name } => {
                let input = self.input(input.as_deref(), this)?;
                of_type(expr, *test, &input, type_name)
            }
            ExprKind::Factory { arguments, .. } => {
                for argument in arguments {
                    // A type stands where a value does: `create(Coding)`.
                    let _unused = self.infer(argument, &Shape::unknown())?;
                }
                Ok(Shape::unknown())
            }
        }
    }

    /// The resource that the type stands in, where its name says which: `Patient.contact` is of a Patient.
    fn resource(&self) -> Option<StaticType> {
        let name = knowledge().def(self.root?).name;
        let id = knowledge().id(name.split('.').next().unwrap_or(name))?;
        (knowledge().def(id).kind == Kind::Resource).then_some(StaticType::Fhir(id))
    }

    fn input(&self, input: Option<&Expr>, this: &Shape) -> Inferred {
        input.map_or_else(|| Ok(this.clone()), |input| self.infer(input, this))
    }

    /// The element called `name` of every type that has one; of none it is a mistake.
    fn member(&self, expr: &Expr, name: &str, input: &Shape) -> Inferred {
        let Some(types) = &input.types else {
            return Ok(Shape { unordered: input.unordered, ..Shape::unknown() });
        };
        let mut shape = Shape { types: Some(Vec::new()), many: input.many, unordered: input.unordered };
        let mut known = types.is_empty();
        for found in types {
            match found {
                StaticType::Fhir(id) if knowledge().def(*id).is_abstract => return Ok(Shape::unknown()),
                StaticType::Fhir(id) => known |= add_elements(*id, name, &mut shape),
                StaticType::System(SystemType::Quantity) => {
                    known |= ["value", "unit", "code"].contains(&name)
                }
                StaticType::System(_) => {}
            }
        }
        if known {
            return Ok(shape);
        }
        let type_name = types.first().map(|found| found.name()).unwrap_or_default();
        Err(fail(expr, SemanticProblem::UnknownMember { type_name, member: name.to_owned() }))
    }

    fn order(&self, expr: &Expr, operation: &'static str, input: &Shape) -> Result<(), SemanticError> {
        let broken = self.ordered && input.unordered;
        if broken { Err(fail(expr, SemanticProblem::Unordered(operation))) } else { Ok(()) }
    }

    fn call(
        &self,
        expr: &Expr,
        function: Function,
        input: &Shape,
        arguments: &[Expr],
        this: &Shape,
    ) -> Inferred {
        if function.needs_order() {
            self.order(expr, function.name(), input)?;
        }
        if function.is_on_text() {
            need_text(expr, function.name(), input)?;
        }
        let each = Shape { many: false, ..input.clone() };
        // Which arguments see an item of the input, and which what the function itself sees.
        let scope = match function.name() {
            "where" | "select" | "all" | "exists" | "sort" => &each,
            "repeat" | "aggregate" | "trace" | "defineVariable" => &Shape::unknown(),
            "iif" => input,
            _ => this,
        };
        let mut first = Shape::unknown();
        // What `getReferenceKey` takes is a type, which only reads like a path.
        let arguments = if function.name() == "getReferenceKey" { &[] } else { arguments };
        for (at, argument) in arguments.iter().enumerate() {
            let shape = self.infer(argument, scope)?;
            if at == 0 && function.name() == "iif" {
                need_condition(argument, &shape)?;
            }
            if at == 0 {
                first = shape;
            }
        }
        Ok(match function.result() {
            Gives::Anything => Shape::unknown(),
            Gives::Input => Shape {
                many: input.many && !matches!(function.name(), "first" | "last" | "single"),
                ..input.clone()
            },
            Gives::Unordered => Shape { unordered: true, ..Shape::unknown() },
            Gives::One(system) => Shape::system(system),
            Gives::FirstArgument => {
                Shape { many: true, unordered: input.unordered || first.unordered, ..first }
            }
        })
    }
}

fn literal_type(literal: &Literal) -> SystemType {
    match literal {
        Literal::Boolean(_) => SystemType::Boolean,
        Literal::Integer(_) => SystemType::Integer,
        Literal::Long(_) => SystemType::Long,
        Literal::Decimal(_) => SystemType::Decimal,
        Literal::String(_) => SystemType::String,
        Literal::Moment(moment) => match moment.kind() {
            MomentKind::Date => SystemType::Date,
            MomentKind::DateTime => SystemType::DateTime,
            MomentKind::Time => SystemType::Time,
        },
        Literal::Quantity(_) => SystemType::Quantity,
    }
}

/// `$this`, if `name` is the type of the resource that it is.
fn named(name: &str, this: &Shape) -> Option<Shape> {
    let is_named = |found: &StaticType| match found {
        StaticType::Fhir(id) => {
            let def = knowledge().def(*id);
            def.kind == Kind::Resource && is_kind_of(def, name)
        }
        StaticType::System(_) => false,
    };
    this.types.as_ref().is_some_and(|types| types.iter().any(is_named)).then(|| this.clone())
}

/// Adds the types of the element `name` of the type at `id`; whether there is one.
fn add_elements(id: TypeId, name: &str, shape: &mut Shape) -> bool {
    let def = knowledge().def(id);
    let mut add = |found: StaticType, max: Option<u32>| {
        shape.many |= max.is_none();
        if let Some(types) = shape.types.as_mut().filter(|types| !types.contains(&found)) {
            types.push(found);
        }
    };
    if let Kind::Primitive(primitive) = def.kind {
        let string = StaticType::System(SystemType::String);
        match (name, knowledge().id("Extension")) {
            ("id", _) => add(string, Some(1)),
            ("value", _) => add(StaticType::System(SystemType::of(primitive)), Some(1)),
            ("extension", Some(extension)) => add(StaticType::Fhir(extension), None),
            _ => return false,
        }
        return true;
    }
    if def.kind == Kind::Resource && name == "resourceType" {
        add(StaticType::System(SystemType::String), Some(1));
        return true;
    }
    let Some(element) = def.elements().find(|element| element.name == name) else { return false };
    for found in &element.types {
        add(StaticType::Fhir(*found), element.max);
    }
    // A choice of any type at all is told as a choice of the types that are known.
    true
}
