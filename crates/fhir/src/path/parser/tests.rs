//! What is read as what, and what is refused where.

use super::*;

#[track_caller]
fn refused(text: &str, position: usize) {
    let error = parse(text).unwrap_err();
    assert_eq!(error.position, position, "{text}: {error}");
}

/// The tree with brackets around everything.
fn shape(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Binary { operator, left, right } => {
            format!("({} {} {})", shape(left), operator.symbol(), shape(right))
        }
        ExprKind::Polarity { operand, negative } => {
            format!("({}{})", if *negative { "-" } else { "+" }, shape(operand))
        }
        ExprKind::OfType { input: Some(input), type_name, .. } => {
            format!("({} is {type_name})", shape(input))
        }
        ExprKind::Member { input: Some(input), name } => format!("{}.{name}", shape(input)),
        ExprKind::Member { input: None, name } => name.clone(),
        ExprKind::Call { input: Some(input), function, .. } => {
            format!("{}.{}()", shape(input), function.name())
        }
        other => format!("{other:?}").chars().filter(char::is_ascii_digit).collect(),
    }
}

#[test]
fn operators_bind_as_the_specification_orders_them() {
    for (text, expected) in [
        ("a + b * c", "(a + (b * c))"),
        ("a | b & c", "(a | (b & c))"),
        ("a = b | c", "(a = (b | c))"),
        ("a > b is C", "(a > (b is C))"),
        ("a or b and c implies d", "((a or (b and c)) implies d)"),
        ("-a.count() + b", "((-a.count()) + b)"),
        ("a in b and c", "((a in b) and c)"),
        ("a - b - c", "((a - b) - c)"),
    ] {
        assert_eq!(shape(&parse(text).unwrap()), expected);
    }
}

#[test]
fn what_is_no_expression_is_refused_with_its_place() {
    for (text, position) in [
        ("", 0),
        ("2 + ", 4),
        ("a b", 2),
        ("a.nothing()", 2),
        ("a.where()", 2),
        ("a.where(b, c)", 2),
        ("'a", 0),
        ("@2020-13", 0),
        ("@T10:00Z", 0),
        ("a /* b", 2),
        ("\"a\"", 0),
        ("a[1", 3),
        ("99999999999", 0),
        ("a.$this", 2),
        ("is(1)", 0),
    ] {
        refused(text, position);
    }
}

#[test]
fn an_expression_that_would_exhaust_the_stack_is_refused() {
    for text in [
        "(".repeat(10_000),
        "-".repeat(10_000),
        format!("a{}", ".a".repeat(10_000)),
        format!("1{}", "+1".repeat(10_000)),
        "a(".repeat(9_999),
    ] {
        assert!(parse(&text).is_err());
    }
}
