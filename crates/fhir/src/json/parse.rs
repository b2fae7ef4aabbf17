//! A strict reader (RFC 8259) with a place for every error and a bound on depth.

use super::{Object, Value};
use std::borrow::Cow;

/// How far a text may go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The deepest nesting of arrays and objects.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64 }
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
    let place = |offset: usize, kind| {
        let before = &text[..offset.min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        JsonError { kind, offset, line, column: offset - line_start + 1 }
    };
    let text = std::str::from_utf8(text).map_err(|error| place(error.valid_up_to(), JsonErrorKind::Utf8))?;
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: limits.depth };
    let value = reader.value().and_then(|value| {
        reader.space();
        if reader.at == reader.bytes.len() { Ok(value) } else { Err(JsonErrorKind::Unexpected) }
    });
    value.map_err(|kind| place(reader.at, kind))
}

type Step<T> = Result<T, JsonErrorKind>;

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Step<Value<'a>> {
        self.space();
        match self.peek() {
            None => Err(JsonErrorKind::End),
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(JsonErrorKind::Unexpected),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Step<Value<'a>> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(JsonErrorKind::Unexpected)
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Step<Value<'a>>) -> Step<Value<'a>> {
        self.depth = self.depth.checked_sub(1).ok_or(JsonErrorKind::Depth)?;
        self.at += 1;
        self.space();
        let value = inner(self)?;
        self.depth += 1;
        Ok(value)
    }

    /// Passes a comma and says `true`, or the closing `bracket` and says `false`.
    fn more(&mut self, bracket: u8) -> Step<bool> {
        self.space();
        let byte = self.peek().ok_or(JsonErrorKind::End)?;
        if byte == b',' || byte == bracket {
            self.at += 1;
            Ok(byte == b',')
        } else {
            Err(JsonErrorKind::Unexpected)
        }
    }

    fn array(&mut self) -> Step<Value<'a>> {
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            if !self.more(b']')? {
                return Ok(Value::Array(items));
            }
        }
    }

    fn object(&mut self) -> Step<Value<'a>> {
        let mut members = Vec::with_capacity(8);
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(Object::new()));
        }
        loop {
            self.space();
            match self.peek() {
                None => return Err(JsonErrorKind::End),
                Some(b'"') => {}
                Some(_) => return Err(JsonErrorKind::Unexpected),
            }
            let name = self.string()?;
            self.space();
            match self.peek() {
                None => return Err(JsonErrorKind::End),
                Some(b':') => self.at += 1,
                Some(_) => return Err(JsonErrorKind::Unexpected),
            }
            members.push((name, self.value()?));
            if !self.more(b'}')? {
                break;
            }
        }
        match Object::from_members(members) {
            Ok(object) => Ok(Value::Object(object)),
            Err(_) => {
                self.at -= 1;
                Err(JsonErrorKind::Duplicate)
            }
        }
    }

    fn digits(&mut self) -> Step<()> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { Err(JsonErrorKind::Number) } else { Ok(()) }
    }

    fn number(&mut self) -> Step<Value<'a>> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(JsonErrorKind::Number);
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Value::Number(Cow::Borrowed(&self.text[from..self.at])))
    }

    fn string(&mut self) -> Step<Cow<'a, str>> {
        self.at += 1;
        let from = self.at;
        self.plain()?;
        if self.peek() == Some(b'"') {
            let text = &self.text[from..self.at];
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        let mut owned = self.text[from..self.at].to_owned();
        loop {
            match self.peek() {
                None => return Err(JsonErrorKind::End),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(owned));
                }
                Some(b'\\') => owned.push(self.escape()?),
                Some(_) => {
                    let from = self.at;
                    self.plain()?;
                    owned.push_str(&self.text[from..self.at]);
                }
            }
        }
    }

    /// Goes to the next quote or backslash.
    fn plain(&mut self) -> Step<()> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).ok_or_else(|| {
            self.at = self.bytes.len();
            JsonErrorKind::End
        })?;
        self.at += length;
        if self.bytes[self.at] < 0x20 { Err(JsonErrorKind::Control) } else { Ok(()) }
    }

    fn escape(&mut self) -> Step<char> {
        let letter = *self.bytes.get(self.at + 1).ok_or(JsonErrorKind::End)?;
        self.at += 2;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(JsonErrorKind::Escape),
        })
    }

    fn hex4(&mut self) -> Step<u32> {
        let digits = self.bytes.get(self.at..self.at + 4).ok_or(JsonErrorKind::End)?;
        let mut code = 0;
        for &digit in digits {
            code = code * 16 + char::from(digit).to_digit(16).ok_or(JsonErrorKind::Escape)?;
        }
        self.at += 4;
        Ok(code)
    }

    fn code_point(&mut self) -> Step<char> {
        let first = self.hex4()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or(JsonErrorKind::Escape);
        }
        if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
            return Err(JsonErrorKind::Escape);
        }
        self.at += 2;
        let second = self.hex4()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(JsonErrorKind::Escape);
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(JsonErrorKind::Escape)
    }
}
