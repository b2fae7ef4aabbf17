//! From text to [`Expr`]: precedence as in FHIRPath §6.7, constants put in.

mod functions;

use super::{
    Arithmetic, Expr, Field, Literal, Logic, Order, choice,
    lexer::{Token, tokens},
};
use crate::decimal::Decimal;

/// Why a text is no expression that views understand.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    /// Where, in bytes from the start of the expression.
    pub(crate) at: usize,
    /// What is wrong, about the expression only.
    pub(crate) message: String,
}

/// A constant of the ViewDefinition.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    /// Its name, without `%`.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Literal,
}

/// What an expression stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'c> {
    /// The resource type, which a path may begin with.
    pub(crate) resource: &'c str,
    /// What `%name` can mean.
    pub(crate) constants: &'c [Constant],
    /// Whether a boundary of a date is asked for as a full `dateTime`.
    pub(crate) full_moment: bool,
}

/// How deeply expressions may nest.
const MAX_DEPTH: usize = 64;

/// Compiles `text`.
pub(crate) fn parse(text: &str, context: Context<'_>) -> Result<Expr, SyntaxError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, context };
    let expr = parser.expression(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.fail("unexpected text after the expression")),
    }
}

/// A binary operator.
#[derive(Clone, Copy)]
enum Binary {
    Logic(Logic),
    Equal { negated: bool },
    Order(Order),
    Arithmetic(Arithmetic),
}

struct Parser<'c> {
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
    context: Context<'c>,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(_, token)| token)
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

    fn need(&mut self, symbol: &str) -> Result<(), SyntaxError> {
        if self.take(symbol) { Ok(()) } else { Err(self.fail(&format!("expected `{symbol}`"))) }
    }

    fn fail(&self, message: &str) -> SyntaxError {
        let at = self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |(at, _)| *at);
        SyntaxError { at, message: message.to_owned() }
    }

    /// The operator that comes next and how strongly it binds.
    fn operator(&self) -> Result<Option<(u8, Binary)>, SyntaxError> {
        let text = match self.peek() {
            Token::Name(name) => name.as_str(),
            Token::Symbol(symbol) => symbol,
            _ => return Ok(None),
        };
        Ok(Some(match text {
            "implies" => (1, Binary::Logic(Logic::Implies)),
            "or" => (2, Binary::Logic(Logic::Or)),
            "xor" => (2, Binary::Logic(Logic::Xor)),
            "and" => (3, Binary::Logic(Logic::And)),
            "=" => (5, Binary::Equal { negated: false }),
            "!=" => (5, Binary::Equal { negated: true }),
            "<" => (6, Binary::Order(Order::Less)),
            "<=" => (6, Binary::Order(Order::LessOrEqual)),
            ">" => (6, Binary::Order(Order::Greater)),
            ">=" => (6, Binary::Order(Order::GreaterOrEqual)),
            "+" => (9, Binary::Arithmetic(Arithmetic::Plus)),
            "-" => (9, Binary::Arithmetic(Arithmetic::Minus)),
            "*" => (10, Binary::Arithmetic(Arithmetic::Times)),
            "/" => (10, Binary::Arithmetic(Arithmetic::Over)),
            "|" | "&" | "~" | "!~" | "in" | "contains" | "is" | "as" | "div" | "mod" => {
                return Err(self.fail(&format!("operator `{text}` is not supported in views")));
            }
            _ => return Ok(None),
        }))
    }

    fn expression(&mut self, floor: u8) -> Result<Expr, SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fail("the expression nests too deeply"));
        }
        let mut left = self.unary()?;
        while let Some((strength, operator)) = self.operator()? {
            if strength <= floor {
                break;
            }
            self.at += 1;
            let right = self.expression(strength)?;
            left = binary(left, right, operator);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, SyntaxError> {
        if self.take("-") {
            let base = self.postfix()?;
            return Ok(match base {
                Expr::Literal(Literal::Number(value)) => Expr::Literal(Literal::Number(value.negated())),
                base => Expr::Negative(Box::new(base)),
            });
        }
        self.take("+");
        self.postfix()
    }

    fn postfix(&mut self) -> Result<Expr, SyntaxError> {
        let mut expr = self.term()?;
        loop {
            if self.take(".") {
                expr = self.invocation(expr)?;
            } else if self.take("[") {
                let Token::Number(digits) = self.next() else { return Err(self.fail("expected an index")) };
                let at = digits.parse().map_err(|_| self.fail("expected a whole index"))?;
                self.need("]")?;
                expr = Expr::Index { base: Box::new(expr), at };
            } else {
                return Ok(expr);
            }
        }
    }

    fn term(&mut self) -> Result<Expr, SyntaxError> {
        let literal = match self.peek().clone() {
            Token::Text(text) => Literal::Text(text.into()),
            Token::Moment(text) => Literal::Moment(text.into()),
            Token::Number(digits) => Literal::Number(
                Decimal::parse(&digits).ok_or_else(|| self.fail("a number of more than 38 digits"))?,
            ),
            Token::Name(name) if name == "true" || name == "false" => Literal::Boolean(name == "true"),
            Token::Constant(name) => return self.constant(&name),
            Token::Variable(name) if name == "this" => {
                self.at += 1;
                return Ok(Expr::This);
            }
            Token::Name(name) if name == self.context.resource => {
                self.at += 1;
                return Ok(Expr::This);
            }
            Token::Name(_) | Token::Quoted(_) => return self.invocation(Expr::This),
            Token::Symbol("(") => {
                self.at += 1;
                let inner = self.expression(0)?;
                self.need(")")?;
                return Ok(inner);
            }
            Token::Symbol("{") => {
                self.at += 1;
                self.need("}")?;
                return Ok(Expr::Nothing);
            }
            Token::End => return Err(self.fail("the expression ends too early")),
            Token::Variable(_) => return Err(self.fail("only `$this` is supported in views")),
            Token::Symbol(_) => return Err(self.fail("expected a path or a literal")),
        };
        self.at += 1;
        Ok(Expr::Literal(literal))
    }

    fn constant(&mut self, name: &str) -> Result<Expr, SyntaxError> {
        let expr = match name {
            "rowIndex" => Expr::RowIndex,
            "resource" => Expr::Resource,
            _ => {
                let constant = self.context.constants.iter().find(|constant| constant.name == name);
                let constant =
                    constant.ok_or_else(|| self.fail(&format!("constant `%{name}` is not defined")))?;
                Expr::Literal(constant.value.clone())
            }
        };
        self.at += 1;
        Ok(expr)
    }

    /// An element or a function of `base`.
    fn invocation(&mut self, base: Expr) -> Result<Expr, SyntaxError> {
        let start = self.at;
        let (name, quoted) = match self.next() {
            Token::Name(name) => (name, false),
            Token::Quoted(name) => (name, true),
            _ => {
                self.at = start;
                return Err(self.fail("expected a name"));
            }
        };
        if !quoted && self.take("(") {
            return self.function(base, &name, start);
        }
        let forms = if choice::is_choice(&name) {
            choice::forms(&name).map(Field::named).collect()
        } else {
            Vec::new()
        };
        Ok(Expr::Member { base: Box::new(base), field: Field::named(name), forms })
    }
}

fn binary(left: Expr, right: Expr, operator: Binary) -> Expr {
    let moments = [&left, &right].iter().any(|side| matches!(side, Expr::Literal(Literal::Moment(_))));
    let (left, right) = (Box::new(left), Box::new(right));
    match operator {
        Binary::Logic(operator) => Expr::Logic { left, right, operator },
        Binary::Equal { negated } => Expr::Equal { left, right, negated, moments },
        Binary::Order(operator) => Expr::Compare { left, right, operator },
        Binary::Arithmetic(operator) => Expr::Arithmetic { left, right, operator },
    }
}
