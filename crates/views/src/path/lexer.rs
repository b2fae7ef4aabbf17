//! Tokens of FHIRPath (FHIRPath §3, the grammar's lexical part).

use super::SyntaxError;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// An identifier or a word operator.
    Name(String),
    /// An identifier between backquotes: never an operator.
    Quoted(String),
    /// A string literal, escapes resolved.
    Text(String),
    /// A number as written.
    Number(String),
    /// A date, dateTime or time literal, without its `@` (and `T`, for a time).
    Moment(String),
    /// `%name`
    Constant(String),
    /// `$name`
    Variable(String),
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
        lexer.skip_space();
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

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
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
            '0'..='9' => Ok(Token::Number(self.number())),
            '\'' => self.quoted().map(Token::Text),
            '`' => self.quoted().map(Token::Quoted),
            '%' => {
                self.at += 1;
                let quoted = self.rest().starts_with(['`', '\'']);
                let name = if quoted { self.quoted()? } else { self.take(is_word).to_owned() };
                if name.is_empty() { Err(self.unexpected()) } else { Ok(Token::Constant(name)) }
            }
            '$' => {
                self.at += 1;
                Ok(Token::Variable(self.take(is_word).to_owned()))
            }
            '@' => self.moment(),
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol));
                let symbol = *symbol.ok_or_else(|| self.unexpected())?;
                self.at += symbol.len();
                Ok(Token::Symbol(symbol))
            }
        }
    }

    fn number(&mut self) -> String {
        let start = self.at;
        self.take(|character| character.is_ascii_digit());
        let fraction =
            self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if fraction {
            self.at += 1;
            self.take(|character| character.is_ascii_digit());
        }
        self.text.get(start..self.at).unwrap_or_default().to_owned()
    }

    fn moment(&mut self) -> Result<Token, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let is_time = self.rest().starts_with('T');
        let text = self.take(|character| character.is_ascii_digit() || "-:+.TZ".contains(character));
        // A full stop may also begin the next function: `@2020.not()`.
        let text = text.strip_suffix('.').map_or(text, |shorter| {
            self.at -= 1;
            shorter
        });
        let text = if is_time { text.trim_start_matches('T') } else { text.trim_end_matches('T') };
        let known = if is_time {
            text.len() >= 5 && text.as_bytes().get(2) == Some(&b':')
        } else {
            crate::moment::Moment::parse(text).is_some()
        };
        if known {
            Ok(Token::Moment(text.to_owned()))
        } else {
            Err(SyntaxError { at: start, message: "a date or time that is none".to_owned() })
        }
    }

    /// A text between two equal quotes (FHIRPath §4.1.2).
    fn quoted(&mut self) -> Result<String, SyntaxError> {
        let mut characters = self.rest().char_indices();
        let quote = characters.next().map(|(_, quote)| quote);
        let mut text = String::new();
        while let Some((at, character)) = characters.next() {
            if Some(character) == quote {
                self.at += at + character.len_utf8();
                return Ok(text);
            }
            if character != '\\' {
                text.push(character);
                continue;
            }
            text.push(match characters.next().map(|(_, escape)| escape) {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('f') => '\u{c}',
                Some(same @ ('\\' | '/' | '\'' | '"' | '`')) => same,
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    code.ok_or_else(|| self.unexpected())?
                }
                _ => return Err(self.unexpected()),
            });
        }
        Err(SyntaxError { at: self.at, message: "a text that does not end".to_owned() })
    }

    fn unexpected(&self) -> SyntaxError {
        let shown: String = self.rest().chars().take(8).collect();
        SyntaxError { at: self.at, message: format!("unexpected `{shown}`") }
    }
}

const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
