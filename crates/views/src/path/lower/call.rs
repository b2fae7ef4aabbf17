//! Functions that columns are made of.

use super::{Context, Lowered};
use crate::path::{
    Bounded, Expr, Field, Function, Literal, ReferenceKey,
    focus::{Focus, Type},
};
use fhir::{
    path::{self, SystemType, type_of},
    r4::knowledge,
};

impl Context<'_> {
    pub(super) fn call(
        self,
        input: Option<&path::Expr>,
        name: &str,
        arguments: &[path::Expr],
        this: &Focus,
    ) -> Lowered {
        if name == "iif" {
            return if input.is_none() { self.choose(arguments, this) } else { None };
        }
        let (base, found) = self.input(input, this)?;
        let each = found.each();
        let (function, given) = match (name, arguments) {
            ("where", [criterion]) => {
                let (criterion, _) = self.lower(criterion, &each)?;
                return Some((Expr::Where { base: Box::new(base), criterion: Box::new(criterion) }, found));
            }
            ("select", [projection]) => {
                let (projection, given) = self.lower(projection, &each)?;
                let given = Focus { many: given.many || found.many, ..given };
                return Some((
                    Expr::Select { base: Box::new(base), projection: Box::new(projection) },
                    given,
                ));
            }
            ("exists", [criterion]) => {
                let (criterion, _) = self.lower(criterion, &each)?;
                let base = Expr::Where { base: Box::new(base), criterion: Box::new(criterion) };
                let given = Focus::system(SystemType::Boolean);
                return Some((Expr::Call { base: Box::new(base), function: Function::Exists }, given));
            }
            ("extension", [url]) => return self.extension((base, found), url, this),
            ("exists", []) => (Function::Exists, Focus::system(SystemType::Boolean)),
            ("empty", []) => (Function::Empty, Focus::system(SystemType::Boolean)),
            ("not", []) => (Function::Not, Focus::system(SystemType::Boolean)),
            ("count", []) => (Function::Count, Focus::system(SystemType::Integer)),
            ("first", []) => (Function::First, each),
            ("last", []) => (Function::Last, each),
            ("join", arguments) if found.is_all(|system| system == SystemType::String) => {
                let separator = match arguments.first() {
                    Some(separator) => self.text(separator, this)?,
                    None => "".into(),
                };
                (Function::Join(separator), Focus::system(SystemType::String))
            }
            ("lowBoundary" | "highBoundary", []) => boundary(name == "highBoundary", &found)?,
            ("getResourceKey", []) if found.types.iter().all(|found| found.is_complex()) => {
                (Function::ResourceKey(Field::named("id")), keys(&found))
            }
            ("getReferenceKey", arguments) if found.types.iter().all(|found| found.is_complex()) => {
                let kind = match arguments.first() {
                    Some(argument) => Some(type_of(argument)?.name.into()),
                    None => None,
                };
                (Function::ReferenceKey(ReferenceKey::new(kind)), keys(&found))
            }
            _ => return None,
        };
        Some((Expr::Call { base: Box::new(base), function }, given))
    }

    /// `iif(criterion, then)` or `iif(criterion, then, otherwise)`.
    fn choose(self, arguments: &[path::Expr], this: &Focus) -> Lowered {
        let ([criterion, then], otherwise) = arguments.split_first_chunk::<2>()?;
        let (criterion, _) = self.lower(criterion, this)?;
        let (then, given) = self.lower(then, this)?;
        let (otherwise, other) = match otherwise.first() {
            Some(otherwise) => self.lower(otherwise, this)?,
            None => (Expr::Nothing, Focus::nothing()),
        };
        let (base, criterion) = (Box::new(Expr::This), Box::new(criterion));
        let (then, otherwise) = (Box::new(then), Box::new(otherwise));
        Some((Expr::Choose { base, criterion, then, otherwise }, given.with(&other)))
    }

    /// The extensions with a URL. Those of a primitive stand under its name with `_` before it (R4 §2.6.2.2).
    fn extension(self, (base, found): (Expr, Focus), url: &path::Expr, this: &Focus) -> Lowered {
        let url = self.text(url, this)?;
        let is_primitive = |found: &Type| found.primitive().is_some();
        let has_own = |found: &Type| found.is_complex() || found.is_any_resource() || is_quantity(*found);
        let (base, element) = match base {
            base if found.types.iter().all(has_own) => (Box::new(base), None),
            Expr::Member { base, field, forms }
                if forms.is_empty() && found.types.iter().all(is_primitive) =>
            {
                let companion = Field::named(format!("_{}", field.name));
                (base, Some((field, companion)))
            }
            _ => return None,
        };
        let (list, url_field) = (Field::named("extension"), Field::named("url"));
        let given = Focus { types: vec![Type::Fhir(knowledge().id("Extension")?)], many: true };
        Some((Expr::Extension { base, element, list, url_field, url }, given))
    }

    /// A text, literally or as a constant.
    fn text(self, argument: &path::Expr, this: &Focus) -> Option<Box<str>> {
        match self.lower(argument, this)? {
            (Expr::Literal(Literal::Text(text)), _) => Some(text),
            _ => None,
        }
    }
}

fn is_quantity(found: Type) -> bool {
    matches!(found, Type::Fhir(id) if knowledge().def(id).is_kind_of("Quantity"))
}

fn keys(found: &Focus) -> Focus {
    Focus { many: found.many, ..Focus::system(SystemType::String) }
}

fn boundary(high: bool, found: &Focus) -> Option<(Function, Focus)> {
    if found.is_all(|system| matches!(system, SystemType::Integer | SystemType::Decimal)) {
        let function = Function::Boundary { high, of: Bounded::Number };
        return Some((function, Focus::system(SystemType::Decimal)));
    }
    let kind = found.moment()?;
    let system = found.types.first()?.value()?;
    Some((Function::Boundary { high, of: Bounded::Moment(kind) }, Focus::system(system)))
}
