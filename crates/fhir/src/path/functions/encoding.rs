//! `encode`, `decode`, `escape`, `unescape` (FHIRPath 2.1 §5.6, "Additional String Functions").

use super::{Answer, Call, Definition, Gives, made};
use crate::path::{error::Rule, evaluate::Evaluator, types::SystemType};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

const TEXT: Gives = Gives::One(SystemType::String);

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("encode", 1, 1, |evaluator, call| changed(evaluator, call, encode)).on_text().gives(TEXT),
    Definition::new("decode", 1, 1, |evaluator, call| changed(evaluator, call, decode)).on_text().gives(TEXT),
    Definition::new("escape", 1, 1, |evaluator, call| changed(evaluator, call, escape)).on_text().gives(TEXT),
    Definition::new("unescape", 1, 1, |evaluator, call| changed(evaluator, call, unescape))
        .on_text()
        .gives(TEXT),
];

/// `change` gives `None` when it does not know the format, or the text is not of it.
fn changed<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
    change: fn(&str, &str) -> Option<String>,
) -> Answer<'a> {
    let (text, format) = (call.text()?, call.text_argument(evaluator, 0)?);
    let (Some(text), Some(format)) = (text, format) else { return Ok(Vec::new()) };
    let text = change(&text, &format).ok_or_else(|| call.fail(Rule::Argument))?;
    made(evaluator, call, text)
}

fn encode(text: &str, format: &str) -> Option<String> {
    match format {
        "base64" => Some(STANDARD.encode(text)),
        "urlbase64" => Some(URL_SAFE.encode(text)),
        "hex" => Some(hex::encode(text)),
        _ => None,
    }
}

fn decode(text: &str, format: &str) -> Option<String> {
    let bytes = match format {
        "base64" => STANDARD.decode(text).ok()?,
        "urlbase64" => URL_SAFE.decode(text).ok()?,
        "hex" => hex::decode(text).ok()?,
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

const HTML: &[(char, &str)] =
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];

fn escape(text: &str, format: &str) -> Option<String> {
    match format {
        "html" => {
            let mut escaped = String::with_capacity(text.len());
            for character in text.chars() {
                match HTML.iter().find(|(known, _)| *known == character) {
                    Some((_, entity)) => escaped.push_str(entity),
                    None => escaped.push(character),
                }
            }
            Some(escaped)
        }
        "json" => {
            let quoted = serde_json::to_string(text).ok()?;
            Some(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned())
        }
        _ => None,
    }
}

fn unescape(text: &str, format: &str) -> Option<String> {
    match format {
        "html" => {
            let mut plain = String::with_capacity(text.len());
            let mut rest = text;
            while let Some((before, after)) = rest.split_once('&') {
                plain.push_str(before);
                let known = HTML
                    .iter()
                    .find(|(_, entity)| entity.get(1..).is_some_and(|name| after.starts_with(name)));
                match known {
                    Some((character, entity)) => {
                        plain.push(*character);
                        rest = after.get(entity.len() - 1..).unwrap_or_default();
                    }
                    None => {
                        plain.push('&');
                        rest = after;
                    }
                }
            }
            plain.push_str(rest);
            Some(plain)
        }
        "json" => Some(unescape_json(text)),
        _ => None,
    }
}

/// A backslash that begins no escape of JSON (RFC 8259 §7) stands for itself.
fn unescape_json(text: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let mut ahead = rest.clone();
        let plain = match (character, ahead.next()) {
            ('\\', Some(same @ ('"' | '\\' | '/'))) => Some(same),
            ('\\', Some('b')) => Some('\u{8}'),
            ('\\', Some('f')) => Some('\u{c}'),
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('r')) => Some('\r'),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('u')) => {
                let digits: String = ahead.by_ref().take(4).collect();
                if let (4, Ok(unit)) = (digits.len(), u16::from_str_radix(&digits, 16)) {
                    units.push(unit);
                    rest = ahead;
                    continue;
                }
                None
            }
            _ => None,
        };
        if plain.is_some() {
            rest = ahead;
        }
        units.extend_from_slice(plain.unwrap_or(character).encode_utf16(&mut [0; 2]));
    }
    String::from_utf16_lossy(&units)
}
