//! What an expression is once it is read: a tree that evaluation walks and that others can compile.

use super::{decimal::Decimal, functions::Function, moment::Moment, quantity::Quantity, types::TypeName};

/// One expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Where it stands, in bytes from the start of the text: of an operator the operator itself.
    pub position: usize,
    /// What it is.
    pub kind: ExprKind,
}

impl Expr {
    /// The expressions right below this one: its input first, then operands or arguments as they were written.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Literal(_)
            | ExprKind::Empty
            | ExprKind::Variable(_)
            | ExprKind::This
            | ExprKind::Index
            | ExprKind::Total => Vec::new(),
            ExprKind::Member { input, .. } | ExprKind::OfType { input, .. } => {
                input.as_deref().into_iter().collect()
            }
            ExprKind::Call { input, arguments, .. } => {
                input.as_deref().into_iter().chain(arguments).collect()
            }
            ExprKind::Indexer { input, index } => vec![input, index],
            ExprKind::Polarity { operand, .. } => vec![operand],
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Factory { arguments, .. } => arguments.iter().collect(),
        }
    }
}

/// The sorts of expression (the grammar of FHIRPath, rules `expression`, `term` and `invocation`).
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant of the text (§4.1).
    Literal(Literal),
    /// `{}`, the empty collection.
    Empty,
    /// `%name`, a variable of the environment (§9).
    Variable(String),
    /// `$this`
    This,
    /// `$index`
    Index,
    /// `$total`
    Total,
    /// A member of the input; without an input, of `$this`, or the type of `$this` itself (§3).
    Member {
        /// What it is a member of.
        input: Option<Box<Expr>>,
        /// Its name, escapes resolved.
        name: String,
    },
    /// A function; without an input its input is `$this`.
    Call {
        /// What it is called on.
        input: Option<Box<Expr>>,
        /// Which function.
        function: Function,
        /// Its arguments, as many as the function takes.
        arguments: Vec<Expr>,
    },
    /// `input[index]` (§5.3).
    Indexer {
        /// What is indexed.
        input: Box<Expr>,
        /// Which item, from 0.
        index: Box<Expr>,
    },
    /// `+x` or `-x`
    Polarity {
        /// Whether it is `-`.
        negative: bool,
        /// The number.
        operand: Box<Expr>,
    },
    /// An operator between two operands (§6).
    Binary {
        /// The operator.
        operator: Operator,
        /// On its left.
        left: Box<Expr>,
        /// On its right.
        right: Box<Expr>,
    },
    /// `x is T`, `x as T`, and the functions `is`, `as` and `ofType` (§5.2.4, §6.3).
    OfType {
        /// Which of the three.
        test: TypeTest,
        /// What is asked; without one, `$this`.
        input: Option<Box<Expr>>,
        /// The type.
        type_name: TypeName,
    },
    /// `%factory.T(…)`, which makes a value (FHIR, "Type Factory API").
    Factory {
        /// A FHIR type, or `create`, `withExtension`, `withProperty`.
        name: String,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
}

/// The ways to ask for a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeTest {
    /// Whether the one item is of the type.
    Is,
    /// The one item, if it is of the type.
    As,
    /// Those items that are of the type.
    OfType,
}

/// A constant of the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true`
    Boolean(bool),
    /// `5`, of 32 bits.
    Integer(i64),
    /// `5L`, of 64 bits (of FHIRPath 3).
    Long(i64),
    /// `5.0`
    Decimal(Decimal),
    /// `'text'`
    String(String),
    /// `@2020-01`, `@2020-01T10`, `@T10:30`
    Moment(Moment),
    /// `5 'mg'`, `5 days`
    Quantity(Quantity),
}

/// The operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `implies`
    Implies,
    /// `or`
    Or,
    /// `xor`
    Xor,
    /// `and`
    And,
    /// `in`
    In,
    /// `contains`
    Contains,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `~`
    Equivalent,
    /// `!~`
    NotEquivalent,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `|`
    Union,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `&`
    Concatenate,
    /// `*`
    Times,
    /// `/`
    Over,
    /// `div`
    Div,
    /// `mod`
    Mod,
}

impl Operator {
    /// The operator written `symbol`, and how strongly it binds (FHIRPath §6.8): more is stronger.
    pub(super) fn parse(symbol: &str) -> Option<(u8, Self)> {
        Some(match symbol {
            "implies" => (1, Self::Implies),
            "or" => (2, Self::Or),
            "xor" => (2, Self::Xor),
            "and" => (3, Self::And),
            "in" => (4, Self::In),
            "contains" => (4, Self::Contains),
            "=" => (5, Self::Equal),
            "!=" => (5, Self::NotEqual),
            "~" => (5, Self::Equivalent),
            "!~" => (5, Self::NotEquivalent),
            "<" => (6, Self::Less),
            "<=" => (6, Self::LessOrEqual),
            ">" => (6, Self::Greater),
            ">=" => (6, Self::GreaterOrEqual),
            "|" => (7, Self::Union),
            "+" => (9, Self::Plus),
            "-" => (9, Self::Minus),
            "&" => (9, Self::Concatenate),
            "*" => (10, Self::Times),
            "/" => (10, Self::Over),
            "div" => (10, Self::Div),
            "mod" => (10, Self::Mod),
            _ => return None,
        })
    }

    /// How it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Implies => "implies",
            Self::Or => "or",
            Self::Xor => "xor",
            Self::And => "and",
            Self::In => "in",
            Self::Contains => "contains",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Equivalent => "~",
            Self::NotEquivalent => "!~",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Union => "|",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Concatenate => "&",
            Self::Times => "*",
            Self::Over => "/",
            Self::Div => "div",
            Self::Mod => "mod",
        }
    }
}

/// The type that an argument names, as in `ofType(FHIR.Patient)`: it reads like a path.
#[must_use]
pub fn type_of(argument: &Expr) -> Option<TypeName> {
    match &argument.kind {
        ExprKind::Member { input: None, name } => Some(TypeName { namespace: None, name: name.clone() }),
        ExprKind::Member { input: Some(input), name } => match &input.kind {
            ExprKind::Member { input: None, name: namespace } => {
                Some(TypeName { namespace: Some(namespace.clone()), name: name.clone() })
            }
            _ => None,
        },
        _ => None,
    }
}
