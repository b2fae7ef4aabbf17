//! What is asked of an expression before it is compiled: that all it names is there.

use super::{Context, Refused};
use fhir::path::{Expr, ExprKind, Literal, type_of};

/// What every expression may name (FHIRPath §9, R4 "FHIRPath", SQL on FHIR `%rowIndex`).
const STANDARD: &[&str] = &["rowIndex", "resource", "rootResource", "context", "ucum", "sct", "loinc"];

const TIME: &str = "a view does not know what time it is: its rows depend on the resource alone";

/// Checks names of constants and types, and that every function can be run on a resource alone.
pub(super) fn check(tree: &Expr, context: Context<'_>) -> Result<(), Refused> {
    let mut defined = Vec::new();
    definitions(tree, &mut defined);
    check_all(tree, context, &defined)
}

fn check_all(tree: &Expr, context: Context<'_>, defined: &[&str]) -> Result<(), Refused> {
    let refuse = |message: String| Err(Refused { position: tree.position, message });
    match &tree.kind {
        ExprKind::Variable(name) => {
            let name = name.as_str();
            let known = STANDARD.contains(&name)
                || defined.contains(&name)
                || ["vs-", "ext-"].iter().any(|prefix| name.starts_with(prefix))
                || context.constants.iter().any(|constant| constant.name == name);
            if !known {
                return refuse(format!("constant `%{name}` is not defined"));
            }
        }
        ExprKind::Call { function, arguments, .. } => {
            let typed = function.name() != "getReferenceKey"
                || arguments.iter().all(|argument| type_of(argument).is_some());
            if !typed {
                return refuse("function `getReferenceKey` takes the name of a type".to_owned());
            }
            let reason = function.refusal().or_else(|| function.needs_time().then_some(TIME));
            if let Some(reason) = reason {
                return refuse(format!("function `{}` is not supported: {reason}", function.name()));
            }
        }
        ExprKind::OfType { type_name, .. } if !type_name.is_known() => {
            return refuse(format!("unknown type `{type_name}`"));
        }
        _ => {}
    }
    tree.children().into_iter().try_for_each(|child| check_all(child, context, defined))
}

/// The names that `defineVariable` defines anywhere in the expression.
fn definitions<'t>(tree: &'t Expr, names: &mut Vec<&'t str>) {
    if let ExprKind::Call { function, arguments, .. } = &tree.kind
        && function.name() == "defineVariable"
        && let Some(ExprKind::Literal(Literal::String(name))) = arguments.first().map(|name| &name.kind)
    {
        names.push(name);
    }
    tree.children().into_iter().for_each(|child| definitions(child, names));
}

/// The names of the variables that an expression asks for.
pub(super) fn variables(tree: &Expr) -> Vec<&str> {
    let own = if let ExprKind::Variable(name) = &tree.kind { Some(name.as_str()) } else { None };
    own.into_iter().chain(tree.children().into_iter().flat_map(variables)).collect()
}
