//! From the tree of [`fhir::path`] to [`Expr`], where the types of R4 leave no doubt what it means; else the
//! general engine has the whole expression.

mod call;
mod check;
mod member;

use super::{
    Arithmetic, Constant, Expr, Literal, Logic, Order,
    focus::{Class, Focus},
    general::General,
};
use fhir::path::{self, ExprKind, Expression, MomentKind, Operator, SyntaxError, SystemType};
use std::sync::Arc;

/// What an expression stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'c> {
    /// The view's resource type.
    pub(crate) resource: &'c str,
    /// What `%name` can mean.
    pub(crate) constants: &'c [Constant],
}

/// Why an expression is refused.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Where, in bytes from the start of the expression.
    pub(crate) position: usize,
    /// What is wrong, about the expression only.
    pub(crate) message: String,
}

/// An expression of views and what it gives; `None` where only the general engine can tell.
type Lowered = Option<(Expr, Focus)>;

/// Compiles `text`, which starts from `focus`. With `general` the general engine does it whatever it is, and its
/// items know their types.
///
/// # Errors
/// It is no FHIRPath, or asks for what a view cannot have.
pub(crate) fn compile(
    text: &str,
    context: Context<'_>,
    focus: &Focus,
    general: bool,
) -> Result<(Expr, Focus), Refused> {
    let refused = |SyntaxError { position, problem }| Refused { position, message: problem.to_string() };
    let expression = Expression::parse(text).map_err(refused)?;
    check::check(expression.tree(), context)?;
    let compared = expression.check_comparisons(focus.only_type());
    compared.map_err(|error| Refused { position: error.position, message: error.problem.to_string() })?;
    let lowered = if general { None } else { context.lower(expression.tree(), focus) };
    Ok(lowered.unwrap_or_else(|| {
        let names = check::variables(expression.tree());
        let constants = context.constants.iter().filter(|constant| names.contains(&constant.name.as_str()));
        let constants = constants.filter_map(|constant| Some((constant.name.clone(), constant.item()?)));
        let (constants, start) = (constants.collect(), focus.only_type());
        let gives = expression.gives(start);
        let general = General { expression, focus: start, constants, gives };
        (Expr::General(Arc::new(general)), Focus::general())
    }))
}

impl Context<'_> {
    fn lower(self, tree: &path::Expr, this: &Focus) -> Lowered {
        Some(match &tree.kind {
            ExprKind::Literal(literal) => (Expr::Literal(Literal::of(literal)?), constant(literal)),
            ExprKind::Empty => (Expr::Nothing, Focus::nothing()),
            ExprKind::Variable(name) => self.variable(name)?,
            ExprKind::This => (Expr::This, this.clone()),
            ExprKind::Index | ExprKind::Total | ExprKind::Factory { .. } => return None,
            ExprKind::Member { input, name } => self.member(input.as_deref(), name, this)?,
            ExprKind::Call { input, function, arguments } => {
                self.call(input.as_deref(), function.name(), arguments, this)?
            }
            ExprKind::Indexer { input, index } => {
                let ExprKind::Literal(path::Literal::Integer(at)) = index.kind else { return None };
                let (base, found) = self.lower(input, this)?;
                (Expr::Index { base: Box::new(base), at: usize::try_from(at).ok()? }, found.each())
            }
            ExprKind::Polarity { negative, operand } => self.polarity(*negative, operand, this)?,
            ExprKind::Binary { operator, left, right } => {
                self.binary(*operator, self.lower(left, this)?, self.lower(right, this)?)?
            }
            ExprKind::OfType { test, input, type_name } => {
                self.of_type(*test, input.as_deref(), type_name, this)?
            }
        })
    }

    fn input(self, input: Option<&path::Expr>, this: &Focus) -> Lowered {
        input.map_or_else(|| Some((Expr::This, this.clone())), |input| self.lower(input, this))
    }

    fn variable(self, name: &str) -> Lowered {
        match name {
            "rowIndex" => Some((Expr::RowIndex, Focus::system(SystemType::Integer))),
            "resource" | "rootResource" => Some((Expr::Resource, Focus::resource(self.resource))),
            _ => {
                let found = self.constants.iter().find(|constant| constant.name == name)?;
                Some((Expr::Literal(found.literal()?), constant(&found.value)))
            }
        }
    }

    fn polarity(self, negative: bool, operand: &path::Expr, this: &Focus) -> Lowered {
        let (base, found) = self.lower(operand, this)?;
        let numbers = found.is_all(|system| matches!(system, SystemType::Integer | SystemType::Decimal));
        if !numbers || found.many {
            return None;
        }
        let expr = match base {
            base if !negative => base,
            Expr::Literal(Literal::Number(value)) => Expr::Literal(Literal::Number(value.negated()?)),
            base => Expr::Negative(Box::new(base)),
        };
        Some((expr, found))
    }

    fn binary(self, operator: Operator, left: (Expr, Focus), right: (Expr, Focus)) -> Lowered {
        let ((left, before), (right, after)) = (left, right);
        let (left, right) = (Box::new(left), Box::new(right));
        let boolean = Focus::system(SystemType::Boolean);
        if let Some(operator) = logic(operator) {
            return Some((Expr::Logic { left, right, operator }, boolean));
        }
        if let Some(operator) = order(operator) {
            let moments = are_moments(&before, &after)?;
            return Some((Expr::Compare { left, right, operator, moments }, boolean));
        }
        if let Operator::Equal | Operator::NotEqual = operator {
            let (negated, moments) = (operator == Operator::NotEqual, are_moments(&before, &after)?);
            return Some((Expr::Equal { left, right, negated, moments }, boolean));
        }
        let (operator, whole, gives) = arithmetic(operator, &before, &after)?;
        Some((Expr::Arithmetic { left, right, operator, whole }, Focus::system(gives)))
    }
}

const fn logic(operator: Operator) -> Option<Logic> {
    match operator {
        Operator::And => Some(Logic::And),
        Operator::Or => Some(Logic::Or),
        Operator::Xor => Some(Logic::Xor),
        Operator::Implies => Some(Logic::Implies),
        _ => None,
    }
}

const fn order(operator: Operator) -> Option<Order> {
    match operator {
        Operator::Less => Some(Order::Less),
        Operator::LessOrEqual => Some(Order::LessOrEqual),
        Operator::Greater => Some(Order::Greater),
        Operator::GreaterOrEqual => Some(Order::GreaterOrEqual),
        _ => None,
    }
}

fn constant(literal: &path::Literal) -> Focus {
    Focus::system(match literal {
        path::Literal::Boolean(_) => SystemType::Boolean,
        path::Literal::Integer(_) => SystemType::Integer,
        path::Literal::Long(_) => SystemType::Long,
        path::Literal::Decimal(_) => SystemType::Decimal,
        path::Literal::String(_) => SystemType::String,
        path::Literal::Moment(moment) => match moment.kind() {
            MomentKind::Date => SystemType::Date,
            MomentKind::DateTime => SystemType::DateTime,
            MomentKind::Time => SystemType::Time,
        },
        path::Literal::Quantity(_) => SystemType::Quantity,
    })
}

/// Whether two sides that can be compared are moments. `None` where it takes the general engine: elements with
/// parts are equal when all that is in them is, and values of different types have rules of their own.
fn are_moments(left: &Focus, right: &Focus) -> Option<bool> {
    let ((left, left_has_parts), (right, right_has_parts)) = (left.class()?, right.class()?);
    if left_has_parts && right_has_parts {
        return None;
    }
    let plain = |class| matches!(class, Class::Text | Class::Number | Class::Boolean);
    match (left, right) {
        (Class::Nothing, _) | (_, Class::Nothing) if left_has_parts || right_has_parts => None,
        (Class::Nothing, _) | (_, Class::Nothing) => Some(false),
        (Class::Shown, other) | (other, Class::Shown) => plain(other).then_some(false),
        (left, right) if left != right => None,
        (class, _) => Some(matches!(class, Class::Moment | Class::Time)),
    }
}

/// The operator, whether its result must be an integer, and the result's type.
fn arithmetic(operator: Operator, left: &Focus, right: &Focus) -> Option<(Arithmetic, bool, SystemType)> {
    let both = |wanted: &dyn Fn(SystemType) -> bool| left.is_all(wanted) && right.is_all(wanted);
    if operator == Operator::Plus && both(&|system| system == SystemType::String) {
        return Some((Arithmetic::Plus, false, SystemType::String));
    }
    if !both(&|system| matches!(system, SystemType::Integer | SystemType::Decimal)) {
        return None;
    }
    let integers = both(&|system| system == SystemType::Integer);
    let sure =
        integers || left.is_all(|s| s == SystemType::Decimal) || right.is_all(|s| s == SystemType::Decimal);
    let operator = match operator {
        Operator::Plus => Arithmetic::Plus,
        Operator::Minus => Arithmetic::Minus,
        Operator::Times => Arithmetic::Times,
        Operator::Over => return Some((Arithmetic::Over, false, SystemType::Decimal)),
        _ => return None,
    };
    sure.then_some((operator, integers, if integers { SystemType::Integer } else { SystemType::Decimal }))
}
