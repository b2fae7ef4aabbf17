//! What operators and functions ask of their operands, and what they give, as far as types tell.

use super::{
    Shape, StaticType,
    infer::{Inferred, fail},
};
use crate::{
    path::{
        ast::{Expr, ExprKind, Literal, Operator, TypeTest},
        error::{SemanticError, SemanticProblem},
        types::{SystemType, TypeName, is_quantity},
    },
    r4::{TypeDef, knowledge},
};

pub(super) fn need_text(expr: &Expr, operation: &'static str, input: &Shape) -> Result<(), SemanticError> {
    let Some(types) = &input.types else { return Ok(()) };
    let wrong = types.iter().all(|found| found.value_type() != Some(SystemType::String));
    match types.first() {
        Some(first) if wrong => {
            Err(fail(expr, SemanticProblem::Operand { operation, type_name: first.name() }))
        }
        _ => Ok(()),
    }
}

pub(super) fn need_condition(argument: &Expr, shape: &Shape) -> Result<(), SemanticError> {
    let Some(types) = &shape.types else { return Ok(()) };
    let literal =
        matches!(argument.kind, ExprKind::Literal(_) | ExprKind::Binary { operator: Operator::Union, .. });
    let boolean = types.iter().any(|found| found.value_type() == Some(SystemType::Boolean));
    let wrong = literal && !types.is_empty() && !boolean;
    if wrong { Err(fail(argument, SemanticProblem::Condition)) } else { Ok(()) }
}

/// Refuses a moment beside a text that is written there: they are never equal (FHIRPath §6.1.1), which nobody means.
pub(super) fn comparable(
    expr: &Expr,
    left: (&Expr, &Shape),
    right: (&Expr, &Shape),
) -> Result<(), SemanticError> {
    let is_text = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(Literal::String(_)));
    let moment = |shape: &Shape| match shape.types.as_deref() {
        Some([only]) => Some(*only).filter(|only| {
            matches!(only.value_type(), Some(SystemType::Date | SystemType::DateTime | SystemType::Time))
        }),
        _ => None,
    };
    let found = match (is_text(left.0), is_text(right.0)) {
        (true, false) => moment(right.1),
        (false, true) => moment(left.1),
        _ => None,
    };
    match found {
        Some(found) => Err(fail(expr, SemanticProblem::NeverEqual { type_name: found.name() })),
        None => Ok(()),
    }
}

pub(super) fn binary(expr: &Expr, operator: Operator, left: Shape, right: Shape) -> Inferred {
    let one = |shape: &Shape| match shape.types.as_deref() {
        Some([only]) => Some(*only),
        _ => None,
    };
    Ok(match operator {
        Operator::Union => left.with(right),
        Operator::Concatenate => Shape::system(SystemType::String),
        Operator::Plus | Operator::Minus => {
            let moment = one(&left)
                .and_then(StaticType::value_type)
                .filter(|found| matches!(found, SystemType::Date | SystemType::DateTime | SystemType::Time));
            if let (Some(_), Some(right)) = (moment, one(&right)) {
                let duration = match right {
                    StaticType::System(system) => system == SystemType::Quantity,
                    StaticType::Fhir(id) => {
                        is_quantity(knowledge().def(id)) || knowledge().def(id).is_abstract
                    }
                };
                if !duration {
                    let problem =
                        SemanticProblem::Operand { operation: operator.symbol(), type_name: right.name() };
                    return Err(fail(expr, problem));
                }
            }
            moment.map_or_else(Shape::unknown, Shape::system)
        }
        Operator::Times | Operator::Over | Operator::Div | Operator::Mod => {
            let complex = [&left, &right].into_iter().filter_map(one).find(|found| found.is_complex());
            if let Some(found) = complex {
                let problem =
                    SemanticProblem::Operand { operation: operator.symbol(), type_name: found.name() };
                return Err(fail(expr, problem));
            }
            Shape::unknown()
        }
        _ => Shape::system(SystemType::Boolean),
    })
}

pub(super) fn of_type(expr: &Expr, test: TypeTest, input: &Shape, type_name: &TypeName) -> Inferred {
    let Some(meaning) = type_name.meaning() else {
        return Err(fail(expr, SemanticProblem::UnknownType(type_name.to_string())));
    };
    if test == TypeTest::Is {
        return Ok(Shape::system(SystemType::Boolean));
    }
    let fhir = meaning.fhir.and_then(|name| knowledge().type_def(name)).map(TypeDef::static_type);
    let types = match (fhir.flatten(), meaning.system) {
        (Some(fhir), None) => Some(vec![fhir]),
        (None, Some(system)) if meaning.fhir.is_none() => Some(vec![StaticType::System(system)]),
        (Some(fhir), Some(_))
            if input
                .types
                .as_ref()
                .is_some_and(|types| types.iter().all(|found| matches!(found, StaticType::Fhir(_)))) =>
        {
            Some(vec![fhir])
        }
        _ => None,
    };
    Ok(Shape { types, many: input.many && test == TypeTest::OfType, unordered: input.unordered })
}

impl TypeDef {
    /// The type as the check sees it; `None` of an abstract one.
    fn static_type(&self) -> Option<StaticType> {
        if self.is_abstract { None } else { knowledge().id(self.name).map(StaticType::Fhir) }
    }
}
