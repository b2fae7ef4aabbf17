//! Filters (RFC 7644 §3.4.2.2): read once, then held against resources.

use super::answer::ScimError;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// How deep parentheses may stand in each other.
const DEEPEST: usize = 16;
/// The longest filter, in bytes.
const LONGEST: usize = 4096;

/// What a resource has to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// One of them, at least.
    Or(Box<Self>, Box<Self>),
    /// Not so.
    Not(Box<Self>),
    /// An attribute has a value: `pr`.
    Present(Vec<String>),
    /// An attribute holds against a value.
    Holds(Vec<String>, Operator, Value),
    /// One value of an attribute with several is so: `emails[type eq "work"]`.
    Some(Vec<String>, Box<Self>),
}

/// How a value is held against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Contains,
    Begins,
    Ends,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Filter {
    /// Reads a filter.
    pub(super) fn parse(text: &str) -> Result<Self, ScimError> {
        if text.len() > LONGEST {
            return Err(ScimError::filter(format!("a filter has {LONGEST} bytes at most")));
        }
        let mut reader = Reader { text, at: 0, depth: 0 };
        let filter = reader.either()?;
        match reader.rest() {
            "" => Ok(filter),
            _ => Err(reader.refused("the end")),
        }
    }

    /// The value that an attribute must be equal to, if that is all that is asked.
    pub(super) fn only_equal(&self, attribute: &str) -> Option<&str> {
        match self {
            Self::Holds(path, Operator::Equal, Value::String(value)) if matches!(path.as_slice(), [only] if only.eq_ignore_ascii_case(attribute)) => {
                Some(value)
            }
            _ => None,
        }
    }

    /// Whether a resource, or a part of one, is so.
    pub(super) fn is_met(&self, by: &Value) -> bool {
        match self {
            Self::And(one, other) => one.is_met(by) && other.is_met(by),
            Self::Or(one, other) => one.is_met(by) || other.is_met(by),
            Self::Not(filter) => !filter.is_met(by),
            Self::Present(path) => values(by, path).into_iter().any(is_present),
            Self::Holds(path, Operator::NotEqual, than) => {
                !values(by, path).into_iter().any(|value| holds(value, Operator::Equal, than))
            }
            Self::Holds(path, operator, than) => {
                values(by, path).into_iter().any(|value| holds(value, *operator, than))
            }
            Self::Some(path, filter) => values(by, path).into_iter().any(|value| filter.is_met(value)),
        }
    }
}

/// The member of an object whose name is `name`, in whichever case (RFC 7643 §2.1).
pub(super) fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The values at a path, each of several by itself. Where several have parts, `value` is meant (RFC 7644 §3.4.2.2).
fn values<'v>(of: &'v Value, path: &[String]) -> Vec<&'v Value> {
    let singly = |value: &'v Value| match value {
        Value::Array(several) => several.iter().collect(),
        one => vec![one],
    };
    let mut found = vec![of];
    for name in path {
        let below = |value: &'v Value| value.as_object().and_then(|object| member(object, name));
        found = found.into_iter().filter_map(below).flat_map(singly).collect();
    }
    found
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(object) => !object.is_empty(),
        _ => true,
    }
}

fn holds(value: &Value, operator: Operator, than: &Value) -> bool {
    let value = match value {
        Value::Object(object) => member(object, "value").unwrap_or(value),
        value => value,
    };
    let (value, than) = match (value, than) {
        (Value::String(value), Value::String(than)) => (value.to_lowercase(), than.to_lowercase()),
        (value, than) => return operator == Operator::Equal && value == than,
    };
    match operator {
        Operator::Equal => value == than,
        Operator::NotEqual => value != than,
        Operator::Contains => value.contains(&than),
        Operator::Begins => value.starts_with(&than),
        Operator::Ends => value.ends_with(&than),
        Operator::Greater => value.cmp(&than) == Ordering::Greater,
        Operator::GreaterOrEqual => value.cmp(&than) != Ordering::Less,
        Operator::Less => value.cmp(&than) == Ordering::Less,
        Operator::LessOrEqual => value.cmp(&than) != Ordering::Greater,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default().trim_start()
    }

    fn refused(&self, wanted: &str) -> ScimError {
        let at = self.text.len() - self.rest().len();
        ScimError::filter(format!("the filter has something else than {wanted} at byte {}", at + 1))
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.text.len() - self.rest().len() + bytes;
    }

    /// Takes `word`, which ends where no name goes on.
    fn took(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let fits = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let goes_on = |after: &str| after.starts_with(|one: char| one.is_ascii_alphanumeric());
        let is_name = word.ends_with(|one: char| one.is_ascii_alphabetic());
        let whole = fits && !(is_name && rest.get(word.len()..).is_some_and(goes_on));
        if whole {
            self.skip(word.len());
        }
        whole
    }

    fn either(&mut self) -> Result<Filter, ScimError> {
        let mut filter = self.both()?;
        while self.took("or") {
            filter = Filter::Or(filter.into(), self.both()?.into());
        }
        Ok(filter)
    }

    fn both(&mut self) -> Result<Filter, ScimError> {
        let mut filter = self.one()?;
        while self.took("and") {
            filter = Filter::And(filter.into(), self.one()?.into());
        }
        Ok(filter)
    }

    fn within(&mut self, end: &str) -> Result<Filter, ScimError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.refused("a filter that is less deep"));
        }
        let filter = self.either()?;
        self.depth -= 1;
        match self.took(end) {
            true => Ok(filter),
            false => Err(self.refused(&format!("`{end}`"))),
        }
    }

    fn one(&mut self) -> Result<Filter, ScimError> {
        if self.took("not") {
            return match self.took("(") {
                true => Ok(Filter::Not(self.within(")")?.into())),
                false => Err(self.refused("`(` after `not`")),
            };
        }
        if self.took("(") {
            return self.within(")");
        }
        let path = self.path()?;
        if self.took("[") {
            return Ok(Filter::Some(path, self.within("]")?.into()));
        }
        if self.took("pr") {
            return Ok(Filter::Present(path));
        }
        let operators = [
            ("eq", Operator::Equal),
            ("ne", Operator::NotEqual),
            ("co", Operator::Contains),
            ("sw", Operator::Begins),
            ("ew", Operator::Ends),
            ("ge", Operator::GreaterOrEqual),
            ("gt", Operator::Greater),
            ("le", Operator::LessOrEqual),
            ("lt", Operator::Less),
        ];
        let operator = operators.into_iter().find(|(word, _)| self.took(word));
        let (_, operator) = operator.ok_or_else(|| self.refused("an operator such as `eq`"))?;
        Ok(Filter::Holds(path, operator, self.value()?))
    }

    /// An attribute's path, without the schema that may stand before it.
    fn path(&mut self) -> Result<Vec<String>, ScimError> {
        let rest = self.rest();
        let ends = |one: char| !(one.is_ascii_alphanumeric() || "._-$:".contains(one));
        let text = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default();
        let path = path_of(text).ok_or_else(|| self.refused("an attribute"))?;
        self.skip(text.len());
        Ok(path)
    }

    /// A value, as JSON writes it.
    fn value(&mut self) -> Result<Value, ScimError> {
        let rest = self.rest();
        // A text ends where its quotation does, any other value before a bracket too.
        let length = match rest.starts_with('"') {
            true => {
                let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                texts.next().and_then(Result::ok).map(|_| texts.byte_offset())
            }
            false => rest.find([' ', ')', ']']).or(Some(rest.len())),
        };
        let text = length.and_then(|length| rest.get(..length)).unwrap_or_default();
        match serde_json::from_str(text) {
            Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))) => {
                self.skip(text.len());
                Ok(value)
            }
            _ => Err(self.refused("a value such as \"text\" or true")),
        }
    }
}

/// The names of a path such as `name.formatted`, without the schema that may stand before it.
pub(super) fn path_of(text: &str) -> Option<Vec<String>> {
    let names = match text.rsplit_once(':') {
        Some((urn, names)) if urn.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) => names,
        Some(_) => return None,
        None => text,
    };
    // Of `urn:…:2.0:User:userName` the version is before the last colon.
    let names: Vec<_> = names.split('.').map(str::to_owned).collect();
    let is_name = |name: &String| name.starts_with(|one: char| one.is_ascii_alphabetic() || one == '$');
    (names.len() <= 3 && names.iter().all(is_name)).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn met(filter: &str) -> bool {
        let ann = json!({
            "userName": "ann@trust.example", "active": true, "displayName": "Ann \"A\" Archer",
            "emails": [{ "type": "work", "value": "ann@trust.example" }, { "type": "home", "value": "a@x.example" }],
            "meta": { "created": "2026-11-27T00:00:00.000Z" }, "empty": "",
        });
        Filter::parse(filter).unwrap().is_met(&ann)
    }

    #[test]
    fn each_operator_holds_as_the_standard_says() {
        for filter in [
            r#"userName eq "ANN@trust.example""#,
            r#"USERNAME Eq "ann@trust.example""#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ann""#,
            r#"userName ne "max""#,
            r#"nothing ne "max""#,
            r#"displayName co "\"a\"""#,
            r#"userName ew "example" and active eq true"#,
            r#"meta.created gt "2026-11-26T00:00:00Z" and meta.created lt "2027""#,
            r#"emails[type eq "work" and value co "trust"]"#,
            r#"emails.type eq "home""#,
            r#"emails eq "a@x.example""#,
            r#"emails pr and not (empty pr)"#,
            r#"active eq false or (userName pr)"#,
            r#"userName eq "x" or userName sw "a" and active eq true"#,
        ] {
            assert!(met(filter), "{filter}");
        }
        for filter in [
            r#"userName eq "ann""#,
            r#"active eq "true""#,
            r#"emails[type eq "work" and value co "x.example"]"#,
            r#"nothing pr"#,
            r#"not (active eq true)"#,
            r#"(userName eq "x" or userName sw "a") and active eq false"#,
        ] {
            assert!(!met(filter), "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused_and_none_is_too_deep() {
        for filter in [
            "",
            "userName",
            "userName eq",
            "userName eq ann",
            r#"userName eq "ann" and"#,
            r#"userName is "ann""#,
            r#"(userName eq "ann""#,
            r#"emails[type eq "work""#,
            r#"userName eq "ann" x"#,
            r#"userName eq {"a":1}"#,
            "not userName pr",
            "9 pr",
        ] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
        let deep = |levels: usize| format!("{}a pr{}", "(".repeat(levels), ")".repeat(levels));
        assert!(Filter::parse(&deep(DEEPEST)).is_ok());
        assert!(Filter::parse(&deep(DEEPEST + 1)).is_err());
        assert!(Filter::parse(&"(".repeat(LONGEST + 1)).is_err());
    }
}
