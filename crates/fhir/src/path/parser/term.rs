//! Terms and what is called on them: literals, members, functions, indexers (the grammar of FHIRPath).

use super::{Measured, Parser};
use crate::path::{
    ast::{Expr, ExprKind, Literal, TypeTest, type_of},
    decimal::Decimal,
    error::{SyntaxError, SyntaxProblem},
    functions::Function,
    lexer::Token,
    quantity::{Quantity, Unit},
};

impl Parser {
    /// A term and the members, functions and indexers that follow it.
    pub(super) fn chain(&mut self) -> Result<Measured, SyntaxError> {
        let mut left = self.term()?;
        loop {
            if self.take(".") {
                left = self.invocation(Some(left))?;
            } else if self.is("[") {
                let position = self.position();
                self.at += 1;
                let (index, height) = self.expression(0)?;
                self.need("]")?;
                let kind = ExprKind::Indexer { input: Box::new(left.0), index: Box::new(index) };
                left = self.node(position, kind, &[left.1, height])?;
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self) -> Result<Measured, SyntaxError> {
        let position = self.position();
        let leaf = |kind| Ok((Expr { position, kind }, 1));
        match self.peek() {
            Token::Name(name) if name == "true" || name == "false" => {
                let value = name == "true";
                self.at += 1;
                leaf(ExprKind::Literal(Literal::Boolean(value)))
            }
            Token::Name(_) | Token::Quoted(_) | Token::Special(_) => self.invocation(None),
            Token::Symbol("(") => {
                self.at += 1;
                let inner = self.expression(0)?;
                self.need(")")?;
                Ok(inner)
            }
            Token::Symbol("{") => {
                self.at += 1;
                self.need("}")?;
                leaf(ExprKind::Empty)
            }
            Token::Variable(name) => {
                let name = name.clone();
                self.at += 1;
                leaf(ExprKind::Variable(name))
            }
            _ => {
                let literal = self.literal()?;
                leaf(ExprKind::Literal(literal))
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, SyntaxError> {
        let found = match self.peek().clone() {
            Token::Text(text) => Literal::String(text),
            Token::Moment(moment) => Literal::Moment(moment),
            Token::Long(value) => Literal::Long(value),
            Token::Integer(value) => {
                let position = self.position();
                self.at += 1;
                return match self.unit() {
                    Some(unit) => Ok(Literal::Quantity(Quantity { value: Decimal::from(value), unit })),
                    // `-2147483648` is the negation of a number that is out of range by itself (§4.1.3).
                    None if value <= 1 << 31 => Ok(Literal::Integer(value)),
                    None => Err(SyntaxError { position, problem: SyntaxProblem::Number }),
                };
            }
            Token::Decimal(value) => {
                self.at += 1;
                return Ok(match self.unit() {
                    Some(unit) => Literal::Quantity(Quantity { value, unit }),
                    None => Literal::Decimal(value),
                });
            }
            _ => return Err(self.fail(SyntaxProblem::Unexpected)),
        };
        self.at += 1;
        Ok(found)
    }

    /// The unit that follows a number, if one does (§4.1.8).
    fn unit(&mut self) -> Option<Unit> {
        let unit = match self.peek() {
            Token::Text(code) => Unit::ucum(code),
            Token::Name(word) => Unit::calendar(word)?,
            _ => return None,
        };
        self.at += 1;
        Some(unit)
    }

    /// A member or a function, on `input` or on `$this`.
    fn invocation(&mut self, input: Option<Measured>) -> Result<Measured, SyntaxError> {
        let position = self.position();
        if let Token::Special(name) = self.peek() {
            let kind = match name.as_str() {
                "this" if input.is_none() => ExprKind::This,
                "index" if input.is_none() => ExprKind::Index,
                "total" if input.is_none() => ExprKind::Total,
                _ => return Err(self.fail(SyntaxProblem::Unexpected)),
            };
            self.at += 1;
            return self.node(position, kind, &[]);
        }
        let quoted = matches!(self.peek(), Token::Quoted(_));
        let name = self.identifier()?;
        if !quoted && self.take("(") {
            return self.call(position, input, name);
        }
        let height = input.as_ref().map_or(0, |(_, height)| *height);
        let input = input.map(|(input, _)| Box::new(input));
        self.node(position, ExprKind::Member { input, name }, &[height])
    }

    fn call(
        &mut self,
        position: usize,
        input: Option<Measured>,
        name: String,
    ) -> Result<Measured, SyntaxError> {
        let (mut arguments, mut heights) = (Vec::new(), Vec::new());
        while !self.is(")") {
            if !arguments.is_empty() {
                self.need(",")?;
            }
            let (argument, height) = self.expression(0)?;
            arguments.push(argument);
            heights.push(height);
        }
        self.need(")")?;
        heights.extend(input.as_ref().map(|(_, height)| *height));
        let input = input.map(|(input, _)| Box::new(input));
        let kind = call(position, input, name, arguments)?;
        self.node(position, kind, &heights)
    }
}

fn call(
    position: usize,
    input: Option<Box<Expr>>,
    name: String,
    mut arguments: Vec<Expr>,
) -> Result<ExprKind, SyntaxError> {
    if matches!(input.as_deref(), Some(Expr { kind: ExprKind::Variable(variable), .. }) if variable == "factory")
    {
        return Ok(ExprKind::Factory { name, arguments });
    }
    let test = match name.as_str() {
        "is" => Some(TypeTest::Is),
        "as" => Some(TypeTest::As),
        "ofType" => Some(TypeTest::OfType),
        _ => None,
    };
    if let Some(test) = test {
        let argument = if arguments.len() == 1 { arguments.pop() } else { None };
        let type_name = argument.as_ref().and_then(type_of);
        let problem = SyntaxError { position, problem: SyntaxProblem::Expected("a type") };
        return Ok(ExprKind::OfType { test, input, type_name: type_name.ok_or(problem)? });
    }
    let Some(function) = Function::named(&name) else {
        return Err(SyntaxError { position, problem: SyntaxProblem::UnknownFunction(name) });
    };
    let (least, most) = function.arity();
    if !(least..=most).contains(&arguments.len()) {
        let problem = SyntaxProblem::Arity { name: function.name(), least, most };
        return Err(SyntaxError { position, problem });
    }
    Ok(ExprKind::Call { input, function, arguments })
}
