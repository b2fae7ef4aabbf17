//! Tokens of FHIRPath (FHIRPath §8 and the lexical part of its grammar).

use super::{
    decimal::Decimal,
    error::{SyntaxError, SyntaxProblem},
    moment::Moment,
};

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// An identifier or a word operator.
    Name(String),
    /// An identifier between backquotes: never an operator.
    Quoted(String),
    /// A string literal, escapes resolved.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A whole number of 64 bits.
    Long(i64),
    /// A number with a fraction.
    Decimal(Decimal),
    /// A date, dateTime or time literal.
    Moment(Moment),
    /// `%name`
    Variable(String),
    /// `$name`
    Special(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end of the expression.
    End,
}

const SYMBOLS: &[&str] = &[
    "!=", "<=", ">=", "!~", ".", ",", "(", ")", "[", "]", "{", "}", "=", "<", ">", "~", "+", "-", "*", "/",
    "&", "|",
];

/// The tokens of `text`, each with its place in bytes; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, SyntaxError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space()?;
        let at = lexer.at;
        let token = lexer.token()?;
        let end = token == Token::End;
        tokens.push((at, token));
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail(&self, problem: SyntaxProblem) -> SyntaxError {
        SyntaxError { position: self.at, problem }
    }

    /// Skips white space and comments (§3, `// …` and `/* … */`).
    fn skip_space(&mut self) -> Result<(), SyntaxError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
            } else if let Some(comment) = trimmed.strip_prefix("/*") {
                let end = comment.find("*/").ok_or_else(|| self.fail(SyntaxProblem::Unterminated))?;
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    /// Takes the characters for which `wanted` holds.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn token(&mut self) -> Result<Token, SyntaxError> {
        let Some(first) = self.rest().chars().next() else { return Ok(Token::End) };
        match first {
            'a'..='z' | 'A'..='Z' | '_' => Ok(Token::Name(self.take(is_word).to_owned())),
            '0'..='9' => self.number(),
            '\'' => self.quoted().map(Token::Text),
            '`' => self.quoted().map(Token::Quoted),
            '%' => {
                self.at += 1;
                let quoted = self.rest().starts_with(['`', '\'']);
                let name = if quoted { self.quoted()? } else { self.take(is_word).to_owned() };
                if name.is_empty() {
                    Err(self.fail(SyntaxProblem::Unexpected))
                } else {
                    Ok(Token::Variable(name))
                }
            }
            '$' => {
                self.at += 1;
                Ok(Token::Special(self.take(is_word).to_owned()))
            }
            '@' => self.moment(),
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol));
                let symbol = *symbol.ok_or_else(|| self.fail(SyntaxProblem::Unexpected))?;
                self.at += symbol.len();
                Ok(Token::Symbol(symbol))
            }
        }
    }

    fn number(&mut self) -> Result<Token, SyntaxError> {
        let start = self.at;
        let out_of_range = SyntaxError { position: start, problem: SyntaxProblem::Number };
        let digits = self.take(|character| character.is_ascii_digit());
        if self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            self.at += 1;
            self.take(|character| character.is_ascii_digit());
            let text = self.text.get(start..self.at).unwrap_or_default();
            return Decimal::parse(text).map(Token::Decimal).ok_or(out_of_range);
        }
        let value: i64 = digits.parse().map_err(|_| out_of_range)?;
        let is_long = self.rest().strip_prefix('L').is_some_and(|rest| !rest.starts_with(is_word));
        if is_long {
            self.at += 1;
            return Ok(Token::Long(value));
        }
        Ok(Token::Integer(value))
    }

    fn moment(&mut self) -> Result<Token, SyntaxError> {
        let text = self.rest().get(1..).unwrap_or_default();
        let (moment, length) = Moment::scan(text).ok_or_else(|| self.fail(SyntaxProblem::Moment))?;
        // `@T10:30Z` has a zone, which a time has not.
        if text.get(length..).is_some_and(|rest| rest.starts_with(is_word)) {
            return Err(self.fail(SyntaxProblem::Moment));
        }
        self.at += 1 + length;
        Ok(Token::Moment(moment))
    }

    /// A text between two equal quotes (§4.1.2). What is no escape stands for itself.
    fn quoted(&mut self) -> Result<String, SyntaxError> {
        let rest = self.rest();
        let mut characters = rest.char_indices();
        let quote = characters.next().map(|(_, quote)| quote);
        let mut units: Vec<u16> = Vec::new();
        let push = |units: &mut Vec<u16>, character: char| {
            units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
        };
        while let Some((at, character)) = characters.next() {
            if Some(character) == quote {
                self.at += at + character.len_utf8();
                return String::from_utf16(&units).map_err(|_| self.fail(SyntaxProblem::Unexpected));
            }
            if character != '\\' {
                push(&mut units, character);
                continue;
            }
            match characters.next() {
                Some((_, 'n')) => push(&mut units, '\n'),
                Some((_, 'r')) => push(&mut units, '\r'),
                Some((_, 't')) => push(&mut units, '\t'),
                Some((_, 'f')) => push(&mut units, '\u{c}'),
                Some((at, 'u')) => {
                    let digits =
                        rest.get(at + 1..at + 5).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
                    match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
                        Some(unit) => {
                            units.push(unit);
                            characters.by_ref().take(4).for_each(drop);
                        }
                        None => push(&mut units, 'u'),
                    }
                }
                Some((_, same)) => push(&mut units, same),
                None => break,
            }
        }
        Err(self.fail(SyntaxProblem::Unterminated))
    }
}

const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
