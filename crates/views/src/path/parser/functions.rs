//! The functions that views know, and the arguments that they take.

use super::{Parser, SyntaxError};
use crate::path::{Expr, Field, Function, Kind, Literal, ReferenceKey, choice, lexer::Token};

impl Parser<'_> {
    /// The function `name` of `base`; its opening bracket has been read. `start` is where the name stands.
    pub(super) fn function(&mut self, base: Expr, name: &str, start: usize) -> Result<Expr, SyntaxError> {
        let boxed = Box::new;
        let function = match name {
            "where" => {
                let criterion = boxed(self.expression(0)?);
                self.need(")")?;
                return Ok(Expr::Where { base: boxed(base), criterion });
            }
            "select" => {
                let projection = boxed(self.expression(0)?);
                self.need(")")?;
                return Ok(Expr::Select { base: boxed(base), projection });
            }
            "exists" if !self.is(")") => {
                let criterion = boxed(self.expression(0)?);
                self.need(")")?;
                let base = boxed(Expr::Where { base: boxed(base), criterion });
                return Ok(Expr::Call { base, function: Function::Exists });
            }
            "iif" => return self.choose(base),
            "ofType" => return self.of_type(base),
            "extension" => {
                let url = self.text_argument()?;
                return Ok(extension(base, url));
            }
            "join" if !self.is(")") => {
                let separator = self.text_argument()?;
                return Ok(Expr::Call { base: boxed(base), function: Function::Join(separator) });
            }
            "getReferenceKey" if !self.is(")") => {
                let kind = self.type_argument()?;
                return Ok(Expr::Call {
                    base: boxed(base),
                    function: Function::ReferenceKey(ReferenceKey::new(Some(kind.into()))),
                });
            }
            "first" => Function::First,
            "last" => Function::Last,
            "exists" => Function::Exists,
            "empty" => Function::Empty,
            "not" => Function::Not,
            "count" => Function::Count,
            "join" => Function::Join("".into()),
            "lowBoundary" => Function::Boundary { high: false, full: self.is_full(&base) },
            "highBoundary" => Function::Boundary { high: true, full: self.is_full(&base) },
            "getResourceKey" => Function::ResourceKey(Field::named("id")),
            "getReferenceKey" => Function::ReferenceKey(ReferenceKey::new(None)),
            _ => {
                self.at = start;
                return Err(self.fail(&format!("function `{name}` is not supported in views")));
            }
        };
        self.need(")")?;
        Ok(Expr::Call { base: boxed(base), function })
    }

    /// `iif(criterion, then)` or `iif(criterion, then, otherwise)`.
    fn choose(&mut self, base: Expr) -> Result<Expr, SyntaxError> {
        let criterion = Box::new(self.expression(0)?);
        self.need(",")?;
        let then = Box::new(self.expression(0)?);
        let otherwise = Box::new(if self.take(",") { self.expression(0)? } else { Expr::Nothing });
        self.need(")")?;
        Ok(Expr::Choose { base: Box::new(base), criterion, then, otherwise })
    }

    /// Whether the boundary of a date is that of a `dateTime`: by the element's own type, or the column's.
    fn is_full(&self, base: &Expr) -> bool {
        match base {
            Expr::Member { field, .. }
                if field.name.ends_with("DateTime") || field.name.ends_with("Instant") =>
            {
                true
            }
            Expr::Member { field, .. } if field.name.ends_with("Date") => false,
            _ => self.context.full_moment,
        }
    }

    /// A text, literally or as a constant.
    fn text_argument(&mut self) -> Result<Box<str>, SyntaxError> {
        let start = self.at;
        match self.expression(0)? {
            Expr::Literal(Literal::Text(text)) => self.need(")").map(|()| text),
            _ => {
                self.at = start;
                Err(self.fail("expected a text or a constant that is one"))
            }
        }
    }

    /// A type's name, with or without `FHIR.` or `System.`.
    fn type_argument(&mut self) -> Result<String, SyntaxError> {
        let mut name = self.type_part()?;
        if (name == "FHIR" || name == "System") && self.take(".") {
            name = self.type_part()?;
        }
        self.need(")").map(|()| name)
    }

    fn type_part(&mut self) -> Result<String, SyntaxError> {
        match self.peek().clone() {
            Token::Name(name) | Token::Quoted(name) => {
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.fail("expected the name of a type")),
        }
    }

    fn of_type(&mut self, base: Expr) -> Result<Expr, SyntaxError> {
        let start = self.at;
        let kind = self.type_argument()?;
        let base = match base {
            Expr::Member { base, field, forms } if !forms.is_empty() => {
                let field = Field::named(choice::form(&field.name, &kind));
                return Ok(Expr::Member { base, field, forms: Vec::new() });
            }
            base => base,
        };
        let kind = match kind.as_str() {
            "string" | "String" => Kind::Text,
            "boolean" | "Boolean" => Kind::Boolean,
            "integer" | "decimal" | "Integer" | "Decimal" => Kind::Number,
            other if other.starts_with(|c: char| c.is_ascii_uppercase()) && !choice::is_type(other) => {
                Kind::Resource { field: Field::named("resourceType"), name: other.into() }
            }
            _ => {
                self.at = start;
                return Err(self.fail("`ofType` of this type needs a choice element right before it"));
            }
        };
        Ok(Expr::OfType { base: Box::new(base), kind })
    }
}

/// The extensions of `base`. Those of a primitive stand under its name with `_` before it (R4 §2.6.2.2).
fn extension(base: Expr, url: Box<str>) -> Expr {
    let (base, element) = match base {
        Expr::Member { base, field, forms } if forms.is_empty() => {
            let companion = Field::named(format!("_{}", field.name));
            (base, Some((field, companion)))
        }
        base => (Box::new(base), None),
    };
    Expr::Extension { base, element, list: Field::named("extension"), url_field: Field::named("url"), url }
}
