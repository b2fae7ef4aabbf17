//! Why an expression is refused, or an evaluation ends early. Errors hold places in the expression and
//! rules, never anything of a resource.

/// Why a text is no expression of FHIRPath.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {position} of the expression")]
pub struct SyntaxError {
    /// Where, in bytes from the start of the expression.
    pub position: usize,
    /// What is wrong there.
    pub problem: SyntaxProblem,
}

/// What can be wrong with the text of an expression (FHIRPath §3 and its grammar).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxProblem {
    /// A character that begins no token, or a token that may not stand there.
    #[error("unexpected text")]
    Unexpected,
    /// Something that has to come next is missing.
    #[error("expected `{0}`")]
    Expected(&'static str),
    /// A string, a delimited identifier or a comment that does not end.
    #[error("a text or comment that does not end")]
    Unterminated,
    /// A number beyond what its type holds.
    #[error("a number out of range")]
    Number,
    /// A date or time that the calendar or the clock does not have.
    #[error("a date or time that does not exist")]
    Moment,
    /// A function that does not exist.
    #[error("unknown function `{0}`")]
    UnknownFunction(String),
    /// A function with too many arguments, or too few.
    #[error("function `{name}` takes {least} to {most} arguments")]
    Arity {
        /// The function.
        name: &'static str,
        /// The least number of arguments.
        least: usize,
        /// The greatest number of arguments.
        most: usize,
    },
    /// Deeper or longer than is allowed.
    #[error("an expression that nests too deeply or is too long")]
    TooComplex,
}

/// Why an expression does not fit the type it is meant for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {position} of the expression")]
pub struct SemanticError {
    /// Where, in bytes from the start of the expression.
    pub position: usize,
    /// What does not fit.
    pub problem: SemanticProblem,
}

/// What can be wrong with an expression once the type of its input is known (FHIRPath §11).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SemanticProblem {
    /// The type has no such element.
    #[error("`{type_name}` has no element `{member}`")]
    UnknownMember {
        /// The type, or the first of several.
        type_name: String,
        /// The element asked for.
        member: String,
    },
    /// Neither FHIR R4 nor FHIRPath has a type of this name.
    #[error("unknown type `{0}`")]
    UnknownType(String),
    /// A function or operator over a type that it is not defined for.
    #[error("`{operation}` is not defined for `{type_name}`")]
    Operand {
        /// The function or operator.
        operation: &'static str,
        /// The type of the operand.
        type_name: String,
    },
    /// A date, dateTime or time compared with a text.
    #[error("`{type_name}` is never equal to a text: write `@2020-01-31`, without quotes")]
    NeverEqual {
        /// The type that is no text.
        type_name: String,
    },
    /// A function that needs an order, over what has none.
    #[error("`{0}` over a collection without an order")]
    Unordered(&'static str),
    /// The condition of `iif` is more than one item, or no Boolean.
    #[error("a condition that is not one Boolean")]
    Condition,
}

/// Why an evaluation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at byte {position} of the expression")]
pub struct PathError {
    /// Where in the expression, in bytes from its start.
    pub position: usize,
    /// The rule that was broken.
    pub rule: Rule,
}

/// The rules that an evaluation can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// More than one item where one is expected (FHIRPath §4.5).
    #[error("more than one item where one is expected (FHIRPath §4.5)")]
    Singleton,
    /// An operand or argument is of a type that the operation is not defined for.
    #[error("an operand of a type that the operation is not defined for")]
    Operand,
    /// An argument says nothing that the function knows, such as an unknown encoding.
    #[error("an argument that the function does not know")]
    Argument,
    /// A type that neither FHIR R4 nor FHIRPath has (FHIRPath §6.3).
    #[error("an unknown type (FHIRPath §6.3)")]
    UnknownType,
    /// An environment variable that nobody defined (FHIRPath §9), or one defined twice.
    #[error("an undefined or twice defined variable (FHIRPath §9)")]
    Variable,
    /// A regular expression that is none, or is too large.
    #[error("a regular expression that is none, or is too large")]
    Regex,
    /// The evaluation needs more work or memory than it is allowed.
    #[error("the evaluation needs more work than is allowed")]
    Limit,
    /// What it needs was not handed in, or this engine does not do it; the text says which.
    #[error("{0}")]
    Refused(&'static str),
}
