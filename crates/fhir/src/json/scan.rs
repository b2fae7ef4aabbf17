//! The tokens of JSON (RFC 8259), read once from front to back. Who reads them decides what becomes of them.

use super::JsonErrorKind;
use std::ops::Range;

pub(super) type Step<T> = Result<T, JsonErrorKind>;

/// A text and how far it has been read.
pub(super) struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

/// A string between its quotes.
pub(super) struct Quoted {
    pub(super) range: Range<usize>,
    /// Whether it has escapes that are still to be resolved.
    pub(super) escaped: bool,
}

impl<'t> Scanner<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0 }
    }

    /// Where it is, in bytes from 0.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// One byte back, for an error about what was read last.
    pub(super) const fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Passes `byte`, if it comes next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// What has not been read.
    #[inline]
    pub(super) fn rest(&self) -> &'t [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes bytes that are known to end where a token ends.
    #[inline]
    pub(super) const fn pass(&mut self, length: usize) {
        self.at += length;
    }

    pub(super) fn word(&mut self, word: &str) -> Step<()> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            Ok(())
        } else {
            Err(JsonErrorKind::Unexpected)
        }
    }

    /// Passes a comma and says `true`, or the closing `bracket` and says `false`.
    #[inline]
    pub(super) fn more(&mut self, bracket: u8) -> Step<bool> {
        self.space();
        let byte = self.peek().ok_or(JsonErrorKind::End)?;
        if byte == b',' || byte == bracket {
            self.at += 1;
            Ok(byte == b',')
        } else {
            Err(JsonErrorKind::Unexpected)
        }
    }

    /// Passes a member's name and the colon behind it.
    #[inline]
    pub(super) fn name(&mut self) -> Step<Quoted> {
        self.space();
        match self.peek() {
            None => return Err(JsonErrorKind::End),
            Some(b'"') => {}
            Some(_) => return Err(JsonErrorKind::Unexpected),
        }
        let name = self.string()?;
        self.space();
        match self.peek() {
            None => Err(JsonErrorKind::End),
            Some(b':') => {
                self.at += 1;
                Ok(name)
            }
            Some(_) => Err(JsonErrorKind::Unexpected),
        }
    }

    fn digits(&mut self) -> Step<()> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { Err(JsonErrorKind::Number) } else { Ok(()) }
    }

    pub(super) fn number(&mut self) -> Step<Range<usize>> {
        let from = self.at;
        self.take(b'-');
        if self.take(b'0') {
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(JsonErrorKind::Number);
            }
        } else {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(from..self.at)
    }

    /// Passes a string whose first quote comes next, and checks its escapes.
    #[inline]
    pub(super) fn string(&mut self) -> Step<Quoted> {
        self.at += 1;
        let from = self.at;
        let mut escaped = false;
        loop {
            self.plain()?;
            if self.peek() == Some(b'"') {
                let range = from..self.at;
                self.at += 1;
                return Ok(Quoted { range, escaped });
            }
            escaped = true;
            self.escape()?;
        }
    }

    /// Appends the string with its escapes resolved.
    pub(super) fn resolve(&self, quoted: &Quoted, out: &mut String) -> Step<()> {
        // The range ends before the quote, so that a string of this text ends it for the inner reader.
        let mut inner = Scanner::new(self.slice(quoted.range.clone()));
        while !inner.is_at_end() {
            if inner.peek() == Some(b'\\') {
                out.push(inner.escape()?);
                continue;
            }
            let from = inner.at;
            let rest = inner.bytes.get(from..).unwrap_or_default();
            inner.at = memchr::memchr(b'\\', rest).map_or(inner.bytes.len(), |length| from + length);
            out.push_str(inner.slice(from..inner.at));
        }
        Ok(())
    }

    /// Goes to the next quote or backslash, eight bytes at a time.
    #[inline]
    fn plain(&mut self) -> Step<()> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut length = 0;
        while let Some(word) = rest.get(length..).and_then(<[u8]>::first_chunk::<8>) {
            let ends = ends(u64::from_le_bytes(*word));
            if ends != 0 {
                length += (ends.trailing_zeros() / 8) as usize;
                break;
            }
            length += 8;
        }
        let tail = rest.get(length..).unwrap_or_default();
        let last = tail.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
        let Some(last) = last else {
            self.at = self.bytes.len();
            return Err(JsonErrorKind::End);
        };
        self.at += length + last;
        if tail.get(last).is_some_and(|byte| *byte < 0x20) { Err(JsonErrorKind::Control) } else { Ok(()) }
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

/// A high bit at the first of eight bytes that a string does not go past: a quote, a backslash, a control
/// character. Bits above the first one may be false.
#[inline]
const fn ends(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let zero = (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero | control) & HIGH
}
