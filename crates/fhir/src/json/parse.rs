//! A strict reader (RFC 8259) with a place for every error and a bound on depth.

use super::{
    Object, Value,
    scan::{Quoted, Scanner, Step},
};
use std::borrow::Cow;

/// How far a text may go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The deepest nesting of arrays and objects.
    pub depth: usize,
}

impl Limits {
    /// The deepest nesting unless something else is said.
    pub(super) const DEPTH: usize = 64;
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: Self::DEPTH }
    }
}

/// Where a text stopped being JSON, and how. Holds none of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at line {line}, column {column}")]
pub struct JsonError {
    /// What was wrong.
    pub kind: JsonErrorKind,
    /// Bytes from the beginning of the text, from 0.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// In bytes, from 1.
    pub column: usize,
}

/// What can be wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// It ended too early.
    #[error("the text ends too early")]
    End,
    /// A character stands where it may not.
    #[error("unexpected character")]
    Unexpected,
    /// A number is not written as JSON says.
    #[error("malformed number")]
    Number,
    /// A string holds an escape that does not exist, or half a surrogate pair.
    #[error("malformed escape")]
    Escape,
    /// A string holds a control character.
    #[error("control character in a string")]
    Control,
    /// An object has two members of one name.
    #[error("two members of the same name")]
    Duplicate,
    /// Deeper than the limit.
    #[error("nested too deeply")]
    Depth,
    /// Not UTF-8.
    #[error("not UTF-8")]
    Utf8,
}

/// Reads one value that fills the whole text.
///
/// # Errors
/// The text is not JSON by RFC 8259, repeats a member's name, or is nested deeper than 64.
pub fn parse(text: &[u8]) -> Result<Value<'_>, JsonError> {
    parse_with(text, Limits::default())
}

/// Reads one value that fills the whole text, within `limits`.
///
/// # Errors
/// As [`parse`], with its own depth.
pub fn parse_with(text: &[u8], limits: Limits) -> Result<Value<'_>, JsonError> {
    let checked = utf8(text)?;
    let mut reader = Reader { scan: Scanner::new(checked), depth: limits.depth };
    let value = reader.value().and_then(|value| end(&mut reader.scan).map(|()| value));
    value.map_err(|kind| place(text, reader.scan.at(), kind))
}

/// The text, if it is one.
pub(super) fn utf8(text: &[u8]) -> Result<&str, JsonError> {
    std::str::from_utf8(text).map_err(|error| place(text, error.valid_up_to(), JsonErrorKind::Utf8))
}

/// Nothing but space may come any more.
pub(super) fn end(scan: &mut Scanner<'_>) -> Step<()> {
    scan.space();
    if scan.is_at_end() { Ok(()) } else { Err(JsonErrorKind::Unexpected) }
}

/// The error `kind` at `offset`, with its line and column.
pub(super) fn place(text: &[u8], offset: usize, kind: JsonErrorKind) -> JsonError {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    JsonError { kind, offset, line, column: before.len() - line_start + 1 }
}

struct Reader<'a> {
    scan: Scanner<'a>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Step<Value<'a>> {
        self.scan.space();
        match self.scan.peek() {
            None => Err(JsonErrorKind::End),
            Some(b'"') => {
                let quoted = self.scan.string()?;
                self.text(&quoted).map(Value::String)
            }
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => {
                let range = self.scan.number()?;
                Ok(Value::Number(Cow::Borrowed(self.scan.slice(range))))
            }
            Some(b't') => self.scan.word("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.scan.word("false").map(|()| Value::Bool(false)),
            Some(b'n') => self.scan.word("null").map(|()| Value::Null),
            Some(_) => Err(JsonErrorKind::Unexpected),
        }
    }

    fn text(&self, quoted: &Quoted) -> Step<Cow<'a, str>> {
        let text = self.scan.slice(quoted.range.clone());
        if !quoted.escaped {
            return Ok(Cow::Borrowed(text));
        }
        let mut owned = String::with_capacity(text.len());
        self.scan.resolve(quoted, &mut owned)?;
        Ok(Cow::Owned(owned))
    }

    /// Passes the bracket that comes next and what belongs to it.
    fn nested(&mut self, inner: fn(&mut Self) -> Step<Value<'a>>) -> Step<Value<'a>> {
        self.depth = self.depth.checked_sub(1).ok_or(JsonErrorKind::Depth)?;
        let bracket = self.scan.peek().unwrap_or_default();
        self.scan.take(bracket);
        self.scan.space();
        let value = inner(self)?;
        self.depth += 1;
        Ok(value)
    }

    fn array(&mut self) -> Step<Value<'a>> {
        let mut items = Vec::new();
        if self.scan.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            if !self.scan.more(b']')? {
                return Ok(Value::Array(items));
            }
        }
    }

    fn object(&mut self) -> Step<Value<'a>> {
        if self.scan.take(b'}') {
            return Ok(Value::Object(Object::new()));
        }
        let mut members = Vec::with_capacity(8);
        loop {
            let quoted = self.scan.name()?;
            let name = self.text(&quoted)?;
            members.push((name, self.value()?));
            if !self.scan.more(b'}')? {
                break;
            }
        }
        match Object::from_members(members) {
            Ok(object) => Ok(Value::Object(object)),
            Err(_) => {
                self.scan.back();
                Err(JsonErrorKind::Duplicate)
            }
        }
    }
}
