//! From tokens to the tree (the grammar of FHIRPath), operators bound as §6.8 says.

mod term;

use super::{
    ast::{Expr, ExprKind, Operator, TypeTest},
    error::{SyntaxError, SyntaxProblem},
    lexer::{Token, tokens},
    types::TypeName,
};

/// How deeply brackets and operands may nest.
const MAX_NESTING: usize = 64;

/// How high the tree may be, which a long chain of members or operators makes it without any nesting.
const MAX_HEIGHT: usize = 256;

/// How strongly `is` and `as` bind.
const TYPE_STRENGTH: u8 = 8;

/// Reads an expression that fills the whole text.
pub(super) fn parse(text: &str) -> Result<Expr, SyntaxError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, nesting: 0 };
    let expr = parser.expression(0)?;
    match parser.peek() {
        Token::End => Ok(expr.0),
        _ => Err(parser.fail(SyntaxProblem::Unexpected)),
    }
}

/// A tree and how high it is.
type Measured = (Expr, usize);

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    nesting: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(_, token)| token)
    }

    fn position(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |(at, _)| *at)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, symbol: &'static str) -> Result<(), SyntaxError> {
        if self.take(symbol) { Ok(()) } else { Err(self.fail(SyntaxProblem::Expected(symbol))) }
    }

    fn fail(&self, problem: SyntaxProblem) -> SyntaxError {
        SyntaxError { position: self.position(), problem }
    }

    /// A node above `heights`, unless the tree grows too high.
    fn node(&self, position: usize, kind: ExprKind, heights: &[usize]) -> Result<Measured, SyntaxError> {
        let height = heights.iter().max().map_or(1, |height| height + 1);
        if height > MAX_HEIGHT {
            return Err(SyntaxError { position, problem: SyntaxProblem::TooComplex });
        }
        Ok((Expr { position, kind }, height))
    }

    /// An expression whose operators bind more strongly than `floor`.
    fn expression(&mut self, floor: u8) -> Result<Measured, SyntaxError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.fail(SyntaxProblem::TooComplex));
        }
        let mut left = self.polarity()?;
        while let Some((strength, found)) = self.operator() {
            if strength <= floor {
                break;
            }
            let position = self.position();
            self.at += 1;
            left = match found {
                Found::Operator(operator) => {
                    let right = self.expression(strength)?;
                    let heights = [left.1, right.1];
                    let (left, right) = (Box::new(left.0), Box::new(right.0));
                    self.node(position, ExprKind::Binary { operator, left, right }, &heights)?
                }
                Found::Type(test) => {
                    let type_name = self.type_name()?;
                    let input = Some(Box::new(left.0));
                    self.node(position, ExprKind::OfType { test, input, type_name }, &[left.1])?
                }
            };
        }
        self.nesting -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<(u8, Found)> {
        let text = match self.peek() {
            Token::Name(name) => name.as_str(),
            Token::Symbol(symbol) => symbol,
            _ => return None,
        };
        match text {
            "is" => Some((TYPE_STRENGTH, Found::Type(TypeTest::Is))),
            "as" => Some((TYPE_STRENGTH, Found::Type(TypeTest::As))),
            _ => Operator::parse(text).map(|(strength, operator)| (strength, Found::Operator(operator))),
        }
    }

    /// `-x`, which binds less strongly than `x.y` and more strongly than any operator.
    fn polarity(&mut self) -> Result<Measured, SyntaxError> {
        let position = self.position();
        let negative = self.is("-");
        if !negative && !self.is("+") {
            return self.chain();
        }
        self.at += 1;
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.fail(SyntaxProblem::TooComplex));
        }
        let (operand, height) = self.polarity()?;
        self.nesting -= 1;
        self.node(position, ExprKind::Polarity { negative, operand: Box::new(operand) }, &[height])
    }

    /// `Patient` or `FHIR.Patient` after `is` or `as`.
    fn type_name(&mut self) -> Result<TypeName, SyntaxError> {
        let first = self.identifier()?;
        if self.take(".") {
            let name = self.identifier()?;
            return Ok(TypeName { namespace: Some(first), name });
        }
        Ok(TypeName { namespace: None, name: first })
    }

    fn identifier(&mut self) -> Result<String, SyntaxError> {
        match self.peek() {
            Token::Name(_) | Token::Quoted(_) => match self.next() {
                Token::Name(name) | Token::Quoted(name) => Ok(name),
                _ => Err(self.fail(SyntaxProblem::Unexpected)),
            },
            _ => Err(self.fail(SyntaxProblem::Unexpected)),
        }
    }
}

/// What stands between or after operands.
enum Found {
    Operator(Operator),
    Type(TypeTest),
}

#[cfg(test)]
mod tests;
