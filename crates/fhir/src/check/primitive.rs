//! Whether a JSON value is one of a primitive type (R4 §2.24.0.1), without regular expressions.

use super::moment::{is_date, is_date_time, is_instant, is_time};
use crate::{IssueCode, json::Value, r4::Primitive};

/// The longest `string` or `markdown`, in bytes (R4 §2.24.0.1: "SHALL NOT exceed 1MB").
const MAX_STRING_BYTES: usize = 1024 * 1024;
/// The longest `decimal` token, and the most digits of its exponent. R4 asks for 18 digits at the
/// least; the bound keeps a few bytes such as `1e999999999` from becoming gigabytes later.
const MAX_DECIMAL_BYTES: usize = 64;
const MAX_EXPONENT_DIGITS: usize = 3;

/// What is wrong with a value, and what its type accepts.
pub(super) type Fault = (IssueCode, &'static str);

/// Whether `value` is a `primitive`.
#[inline]
pub(super) fn check(primitive: Primitive, value: &Value<'_>) -> Result<(), Fault> {
    let good = match (primitive, value) {
        (Primitive::Boolean, Value::Bool(_)) => true,
        (Primitive::Decimal, Value::Number(token)) => is_decimal(token),
        (Primitive::Integer, Value::Number(token)) => integer(token).is_some(),
        (Primitive::UnsignedInt, Value::Number(token)) => integer(token).is_some_and(|value| value >= 0),
        (Primitive::PositiveInt, Value::Number(token)) => integer(token).is_some_and(|value| value > 0),
        (_, Value::String(text)) => return string(primitive, text),
        _ => return Err((IssueCode::Structure, accepts(primitive))),
    };
    if good { Ok(()) } else { Err((IssueCode::Value, accepts(primitive))) }
}

fn string(primitive: Primitive, text: &str) -> Result<(), Fault> {
    let good = match primitive {
        Primitive::Boolean
        | Primitive::Decimal
        | Primitive::Integer
        | Primitive::UnsignedInt
        | Primitive::PositiveInt => return Err((IssueCode::Structure, accepts(primitive))),
        Primitive::String | Primitive::Markdown => {
            if text.len() > MAX_STRING_BYTES {
                return Err((IssueCode::TooLong, "a string of at most 1 MiB"));
            }
            is_text(text)
        }
        Primitive::Code => is_code(text),
        Primitive::Uri | Primitive::Url | Primitive::Canonical => is_uri(text),
        Primitive::Date => is_date(text),
        Primitive::DateTime => is_date_time(text),
        Primitive::Instant => is_instant(text),
        Primitive::Time => is_time(text),
        Primitive::Id => is_id(text),
        Primitive::Oid => is_oid(text),
        Primitive::Uuid => is_uuid(text),
        Primitive::Base64Binary => is_base64(text),
        Primitive::Xhtml => is_div(text),
    };
    if good { Ok(()) } else { Err((IssueCode::Value, accepts(primitive))) }
}

/// What a type accepts, in words.
const fn accepts(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Boolean => "the JSON literal true or false",
        Primitive::Decimal => "a JSON number of at most 64 characters, its exponent of at most 3 digits",
        Primitive::Integer => "a JSON number without fraction or exponent, from -2147483648 to 2147483647",
        Primitive::UnsignedInt => "a JSON number without fraction or exponent, from 0 to 2147483647",
        Primitive::PositiveInt => "a JSON number without fraction or exponent, from 1 to 2147483647",
        Primitive::String | Primitive::Markdown => {
            "a JSON string that is not empty and has no control characters but tab, line feed and carriage return"
        }
        Primitive::Code => "a JSON string without white space, single spaces between words apart",
        Primitive::Uri | Primitive::Url | Primitive::Canonical => "a URI: a JSON string without white space",
        Primitive::Date => "a date of the calendar: YYYY, YYYY-MM or YYYY-MM-DD",
        Primitive::DateTime => {
            "a dateTime: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone, Z or +hh:mm"
        }
        Primitive::Instant => {
            "an instant: YYYY-MM-DDThh:mm:ss, perhaps with a fraction, and a zone, Z or +hh:mm"
        }
        Primitive::Time => "a time: hh:mm:ss, perhaps with a fraction, without a zone",
        Primitive::Id => "an id: 1 to 64 of the characters A-Z, a-z, 0-9, - and .",
        Primitive::Oid => "an OID: urn:oid: and numbers separated by dots",
        Primitive::Uuid => "a UUID: urn:uuid: and 32 lower-case hexadecimal digits in groups of 8-4-4-4-12",
        Primitive::Base64Binary => "base64 (RFC 4648 §4), padded",
        Primitive::Xhtml => "a narrative: one XHTML <div> element",
    }
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// `[^\s]+(\s[^\s]+)*`
fn is_code(text: &str) -> bool {
    let mut after_space = true;
    for byte in text.bytes() {
        let space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
        if (space && after_space) || (byte < b' ' && !space) {
            return false;
        }
        after_space = space;
    }
    !after_space
}

fn is_uri(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte > b' ')
}

pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

/// A number without fraction, exponent or `-0`.
fn integer(token: &str) -> Option<i32> {
    if token == "-0" { None } else { token.parse().ok() }
}

fn is_decimal(token: &str) -> bool {
    let exponent = token.find(['e', 'E']).and_then(|at| token.get(at + 1..)).unwrap_or_default();
    token.len() <= MAX_DECIMAL_BYTES
        && exponent.trim_start_matches(['+', '-', '0']).len() <= MAX_EXPONENT_DIGITS
}

/// `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`
fn is_oid(text: &str) -> bool {
    let Some(mut arcs) = text.strip_prefix("urn:oid:").map(|oid| oid.split('.')) else { return false };
    let is_arc = |arc: &str| {
        arc == "0"
            || (!arc.is_empty() && !arc.starts_with('0') && arc.bytes().all(|byte| byte.is_ascii_digit()))
    };
    matches!(arcs.next(), Some("0" | "1" | "2")) && arcs.clone().next().is_some() && arcs.all(is_arc)
}

fn is_uuid(text: &str) -> bool {
    let Some(digits) = text.strip_prefix("urn:uuid:") else { return false };
    digits.len() == 36
        && digits.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn is_base64(text: &str) -> bool {
    let (mut letters, mut padding) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => letters += 1,
            _ => return false,
        }
    }
    letters > 0 && padding <= 2 && (letters + padding).is_multiple_of(4)
}

/// One `<div>` from end to end. What is inside is not looked at: narrative never leaves the vault.
fn is_div(text: &str) -> bool {
    let text = text.trim();
    let after = text.strip_prefix("<div").and_then(|rest| rest.bytes().next());
    matches!(after, Some(b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r'))
        && (text.ends_with("</div>") || text.ends_with("/>"))
        && is_text(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn values_are_of_their_type_to_the_letter() {
        use Primitive::*;
        for (primitive, good, bad) in [
            (Boolean, vec!["true"], vec!["\"true\"", "1", "null"]),
            (
                Integer,
                vec!["0", "-5", "2147483647", "-2147483648"],
                vec!["1.0", "1e2", "-0", "2147483648", "\"1\""],
            ),
            (UnsignedInt, vec!["0", "7"], vec!["-1", "2147483648"]),
            (PositiveInt, vec!["1"], vec!["0", "-1", "1.5"]),
            (Decimal, vec!["1.10", "-0.0E+2", "1e308"], vec!["\"1\"", "1e9999", "true"]),
            (Code, vec!["\"a\"", "\"a b\"", "\"<=\""], vec!["\"\"", "\" a\"", "\"a \"", "\"a  b\"", "1"]),
            (Id, vec!["\"a-1.B\""], vec!["\"\"", "\"a_b\"", "\"é\"", "\"a b\""]),
            (String, vec!["\" \"", "\"a\\tb\\n\""], vec!["\"\"", "\"\\u0000\"", "\"\\u0008\"", "{}"]),
            (Uri, vec!["\"urn:x\"", "\"a/b\"", "\"http://é\""], vec!["\"\"", "\"a b\"", "\"a\\n\""]),
            (
                Oid,
                vec!["\"urn:oid:1.2.0.340\""],
                vec!["\"urn:oid:1\"", "\"1.2\"", "\"urn:oid:3.1\"", "\"urn:oid:1.02\"", "\"urn:oid:1.\""],
            ),
            (
                Uuid,
                vec!["\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\""],
                vec![
                    "\"urn:uuid:C757873D-ec9a-4326-a141-556f43239520\"",
                    "\"c757873d-ec9a-4326-a141-556f43239520\"",
                ],
            ),
            (
                Base64Binary,
                vec!["\"QQ==\"", "\"QUJD\\nQUI=\""],
                vec!["\"\"", "\"QQ\"", "\"Q===\"", "\"Q=Q=\"", "\"QQ=-\""],
            ),
            (
                Xhtml,
                vec!["\"<div xmlns=\\\"x\\\">a</div>\"", "\"<div/>\""],
                vec!["\"a\"", "\"<divx></div>\"", "\"<div>\""],
            ),
        ] {
            for (texts, expected) in [(good, true), (bad, false)] {
                for text in texts {
                    let value = parse(text.as_bytes()).unwrap();
                    assert_eq!(check(primitive, &value).is_ok(), expected, "{primitive:?} {text}");
                }
            }
        }
    }

    #[test]
    fn long_things_are_refused() {
        let refused =
            |primitive, text: std::string::String| check(primitive, &Value::from(text)).unwrap_err().0;
        assert_eq!(refused(Primitive::String, "a".repeat(MAX_STRING_BYTES + 1)), IssueCode::TooLong);
        assert_eq!(refused(Primitive::Id, "a".repeat(65)), IssueCode::Value);
        assert!(check(Primitive::Base64Binary, &Value::from("QUJD".repeat(MAX_STRING_BYTES))).is_ok());
    }
}
