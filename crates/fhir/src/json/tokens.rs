//! A JSON text as its tokens, one after the other, for whoever wants neither a tree nor to name what it looks for.

use super::{
    JsonError, JsonErrorKind, Limits, parse,
    scan::{Quoted, Scanner, Step},
};
use std::{borrow::Cow, ops::Range};

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'t> {
    /// `{`; its members follow, each a [`Token::Name`] and a value, and then [`Token::End`].
    Object,
    /// `[`; its items follow, and then [`Token::End`].
    Array,
    /// The end of the innermost object or array.
    End,
    /// A member's name, escapes resolved.
    Name(Cow<'t, str>),
    /// A string, escapes resolved.
    Text(Cow<'t, str>),
    /// A number, as its token stands in the text.
    Number(&'t str),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// The first member or item of what was just opened, or its end.
    First,
    /// A comma and another member or item, or the end.
    More,
}

/// Reads a text token by token. All of it is checked by RFC 8259 as far as it is read; that a name comes twice is
/// not noticed.
pub struct Tokens<'t> {
    scan: Scanner<'t>,
    bytes: &'t [u8],
    next: Next,
    /// For every open object a 1, for every array a 0, the innermost last.
    open: u64,
    depth: usize,
}

impl std::fmt::Debug for Tokens<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("at", &self.scan.at()).finish_non_exhaustive()
    }
}

impl<'t> Tokens<'t> {
    /// Begins to read `text`.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn new(text: &'t [u8]) -> Result<Self, JsonError> {
        Ok(Self::of(parse::utf8(text)?))
    }

    /// Begins to read `text`, which is UTF-8 already: it may be a part of a text that was passed over.
    #[must_use]
    pub const fn of(text: &'t str) -> Self {
        Self { scan: Scanner::new(text), bytes: text.as_bytes(), next: Next::Value, open: 0, depth: 0 }
    }

    /// The next token, or `None` behind the one value that fills the text.
    ///
    /// # Errors
    /// The text is not JSON from here on, or is nested deeper than 64.
    #[inline]
    pub fn token(&mut self) -> Result<Option<Token<'t>>, JsonError> {
        self.step().map_err(|kind| parse::place(self.bytes, self.scan.at(), kind))
    }

    /// Passes over the value that comes next, which must be the one of a name that was just read, and says where
    /// in the text it stands.
    ///
    /// # Errors
    /// As [`Tokens::token`].
    #[inline]
    pub fn pass(&mut self) -> Result<&'t str, JsonError> {
        let passed = self.passed().map_err(|kind| parse::place(self.bytes, self.scan.at(), kind))?;
        Ok(self.scan.slice(passed))
    }

    fn passed(&mut self) -> Step<Range<usize>> {
        self.scan.space();
        let from = self.scan.at();
        let depth = self.depth;
        loop {
            let token = self.raw()?;
            if token.is_none() || self.depth == depth && !matches!(token, Some(Raw::Name(_))) {
                return Ok(from..self.scan.at());
            }
        }
    }

    fn step(&mut self) -> Step<Option<Token<'t>>> {
        Ok(match self.raw()? {
            None => None,
            Some(Raw::Name(quoted)) => Some(Token::Name(self.text(quoted)?)),
            Some(Raw::Text(quoted)) => Some(Token::Text(self.text(quoted)?)),
            Some(Raw::Number(range)) => Some(Token::Number(self.scan.slice(range))),
            Some(Raw::Object) => Some(Token::Object),
            Some(Raw::Array) => Some(Token::Array),
            Some(Raw::End) => Some(Token::End),
            Some(Raw::Bool(value)) => Some(Token::Bool(value)),
            Some(Raw::Null) => Some(Token::Null),
        })
    }

    fn text(&self, quoted: Quoted) -> Step<Cow<'t, str>> {
        if !quoted.escaped {
            return Ok(Cow::Borrowed(self.scan.slice(quoted.range)));
        }
        let mut out = String::new();
        self.scan.resolve(&quoted, &mut out)?;
        Ok(Cow::Owned(out))
    }

    #[inline]
    fn raw(&mut self) -> Step<Option<Raw>> {
        let in_object = self.open & 1 == 1;
        let closing = if in_object { b'}' } else { b']' };
        match self.next {
            Next::Value => return self.value().map(Some),
            _ if self.depth == 0 => return parse::end(&mut self.scan).map(|()| None),
            Next::First => {
                self.scan.space();
                if self.scan.take(closing) {
                    return Ok(Some(self.close()));
                }
            }
            Next::More => {
                if !self.scan.more(closing)? {
                    return Ok(Some(self.close()));
                }
            }
        }
        if in_object {
            self.next = Next::Value;
            return self.scan.name().map(|name| Some(Raw::Name(name)));
        }
        self.value().map(Some)
    }

    const fn close(&mut self) -> Raw {
        self.open >>= 1;
        self.depth -= 1;
        self.next = Next::More;
        Raw::End
    }

    fn open(&mut self, is_object: bool) -> Step<()> {
        if self.depth == Limits::DEPTH {
            return Err(JsonErrorKind::Depth);
        }
        self.depth += 1;
        self.open = self.open << 1 | u64::from(is_object);
        self.next = Next::First;
        self.scan.pass(1);
        Ok(())
    }

    #[inline]
    fn value(&mut self) -> Step<Raw> {
        self.scan.space();
        self.next = Next::More;
        match self.scan.peek() {
            None => Err(JsonErrorKind::End),
            Some(b'"') => self.scan.string().map(Raw::Text),
            Some(b'{') => self.open(true).map(|()| Raw::Object),
            Some(b'[') => self.open(false).map(|()| Raw::Array),
            Some(b'-' | b'0'..=b'9') => self.scan.number().map(Raw::Number),
            Some(b't') => self.scan.word("true").map(|()| Raw::Bool(true)),
            Some(b'f') => self.scan.word("false").map(|()| Raw::Bool(false)),
            Some(b'n') => self.scan.word("null").map(|()| Raw::Null),
            Some(_) => Err(JsonErrorKind::Unexpected),
        }
    }
}

/// A token whose strings are still where they stand.
enum Raw {
    Object,
    Array,
    End,
    Name(Quoted),
    Text(Quoted),
    Number(Range<usize>),
    Bool(bool),
    Null,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token<'_>>, JsonError> {
        let mut tokens = Tokens::of(text);
        let mut all = Vec::new();
        while let Some(token) = tokens.token()? {
            all.push(token);
        }
        Ok(all)
    }

    #[test]
    fn tokens_come_in_the_order_of_the_text() {
        let all = tokens(r#" {"a":[1.10,{},"x\u0041"],"\u0062":null, "c":true} "#).unwrap();
        let name = |name: &'static str| Token::Name(name.into());
        let expected = [
            Token::Object,
            name("a"),
            Token::Array,
            Token::Number("1.10"),
            Token::Object,
            Token::End,
            Token::Text("xA".into()),
            Token::End,
            name("b"),
            Token::Null,
            name("c"),
            Token::Bool(true),
            Token::End,
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn a_value_that_is_passed_over_can_be_read_later() {
        let mut outer = Tokens::new(br#"{"a" : {"b":[1,{"c":2}]} ,"d":3}"#).unwrap();
        let _ = (outer.token().unwrap(), outer.token().unwrap());
        let passed = outer.pass().unwrap();
        assert_eq!(passed, r#"{"b":[1,{"c":2}]}"#);
        assert_eq!(tokens(passed).unwrap().len(), 10);
        assert_eq!(outer.token().unwrap(), Some(Token::Name("d".into())));
        assert_eq!(outer.pass().unwrap(), "3");
        assert_eq!((outer.token().unwrap(), outer.token().unwrap()), (Some(Token::End), None));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(tokens(&format!("{}{}", "[".repeat(64), "]".repeat(64))).is_ok());
        assert_eq!(tokens(&"[".repeat(65)).unwrap_err().kind, JsonErrorKind::Depth);
    }

    proptest::proptest! {
        #[test]
        fn what_is_json_here_is_json_to_the_strict_reader(text in r#"[\[\]{}:,"\\a-z0-9eE.+\-\n\u{e9}\u{1f600} ]{0,60}"#) {
            let strict = parse::parse(text.as_bytes());
            match (tokens(&text), strict) {
                (Ok(_), Err(error)) => assert_eq!(error.kind, JsonErrorKind::Duplicate),
                (here, strict) => assert_eq!(here.is_ok(), strict.is_ok()),
            }
        }
    }
}
