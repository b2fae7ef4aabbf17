//! JSON as FHIR needs it: nothing changes on the way in and out.
//!
//! Numbers keep their token (`1.10` stays `1.10`), members come in the order of
//! RFC 8785 §3.2.3, duplicate names are refused, and writing gives the one
//! *canonical form* of the lake: RFC 8785 order and escaping, numbers verbatim.
//!
//! Who wants some members only names them in a [`Selection`] and reads with [`Selected`], which skips the rest. Who
//! wants to see everything once, and to keep nothing, reads [`Tokens`].

mod parse;
mod scan;
mod select;
mod tokens;
mod write;

pub use parse::{JsonError, JsonErrorKind, Limits, parse, parse_with};
pub use select::{Kind, Picked, Picks, Selected, Selection, Shape};
pub use tokens::{Token, Tokens};

use std::borrow::Cow;

/// A JSON value that borrows what it can from the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its token stood in the text.
    Number(Cow<'a, str>),
    /// A string, escapes resolved.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Object<'a>),
}

/// An object's members, sorted by name as RFC 8785 §3.2.3 says, without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

/// The order of RFC 8785 §3.2.3: by UTF-16 code units.
fn order(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

impl<'a> Object<'a> {
    /// An object without members.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many members it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(member, _)| order(member, name))
    }

    /// The member called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.find(name).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    /// The member called `name`, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value<'a>> {
        self.find(name).ok().and_then(|at| self.0.get_mut(at)).map(|(_, value)| value)
    }

    /// Puts a member in its place, and gives back the one it takes the place of.
    pub fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: Value<'a>) -> Option<Value<'a>> {
        let name = name.into();
        match self.find(&name) {
            Ok(at) => self.0.get_mut(at).map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Value<'a>> {
        self.find(name).ok().map(|at| self.0.remove(at).1)
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The members in order, their values to be changed.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Value<'a>)> {
        self.0.iter_mut().map(|(name, value)| {
            let name: &Cow<'a, str> = name;
            (name.as_ref(), value)
        })
    }

    /// From members in any order; of two with one name the name is given back.
    pub(crate) fn from_members(mut members: Vec<(Cow<'a, str>, Value<'a>)>) -> Result<Self, Cow<'a, str>> {
        if !members.is_sorted_by(|a, b| order(&a.0, &b.0).is_lt()) {
            members.sort_by(|a, b| order(&a.0, &b.0));
        }
        match members.array_windows().find(|[a, b]| a.0 == b.0) {
            Some([twin, _]) => Err(twin.0.clone()),
            None => Ok(Self(members)),
        }
    }
}

impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> Value<'a> {
    /// The object, if it is one.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The object, to be changed, if it is one.
    pub const fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The array's items, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The number's token, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&str> {
        if let Self::Number(token) = self { Some(token) } else { None }
    }

    /// The member called `name`, if this is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object().and_then(|object| object.get(name))
    }

    /// Appends the canonical form.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        write::value(self, out);
    }

    /// The canonical form.
    #[must_use]
    pub fn to_canonical(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_canonical(&mut out);
        out
    }

    /// The same value, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(token) => Value::Number(Cow::Owned(token.into_owned())),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Self::Object(object) => Value::Object(Object(
                object
                    .into_iter()
                    .map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned()))
                    .collect(),
            )),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, canonical: &str) {
        let value = parse(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(value.to_canonical()).unwrap(), canonical);
    }

    #[test]
    fn members_come_in_utf16_order_and_numbers_stay_as_they_stood() {
        check(
            r#" {"b":1.10,"a":-0.0E+2, "é":[true,null] ,"":{}} "#,
            r#"{"":{},"a":-0.0E+2,"b":1.10,"é":[true,null]}"#,
        );
        // U+1F600 is two surrogates from D83D on, so it sorts before U+FB33.
        check("{\"\u{fb33}\":1,\"\u{1f600}\":2}", "{\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }

    #[test]
    fn strings_are_escaped_as_rfc_8785_says() {
        check(r#""\u0041\/\u00e9\u001f\n\ud83d\ude00\"\\""#, "\"A/é\\u001f\\n😀\\\"\\\\\"");
    }

    #[test]
    fn malformed_texts_are_refused_with_their_place() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{\"a\":1,\"a\":2}", 1, 13),
            ("[1,]", 1, 4),
            ("{\n \"a\" 1}", 2, 6),
            ("01", 1, 2),
            ("1.", 1, 3),
            ("\"\\ud800\"", 1, 8),
            ("\"a\nb\"", 1, 3),
            ("nul", 1, 1),
            ("{} x", 1, 4),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{text:?}: {error}");
        }
        assert!(parse(b"\"\xff\"").is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err(), "depth is bounded");
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics_and_canonical_form_is_a_fixed_point(text in r#"[\[\]{}:,"\\a-z0-9eE.+\-\n\u{e9}\u{1f600} ]{0,60}"#) {
            if let Ok(value) = parse(text.as_bytes()) {
                let once = value.to_canonical();
                assert_eq!(parse(&once).unwrap().to_canonical(), once);
            }
        }
    }
}
