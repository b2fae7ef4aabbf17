//! What directories send: an object in JSON, and texts in it.

use super::{answer::ScimError, filter::member};
use serde_json::{Map, Value};

/// The most characters of a text.
const LONGEST: usize = 256;

/// A body as an object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, ScimError> {
    serde_json::from_slice(body).map_err(|error| {
        ScimError::syntax(format!(
            "the body is no JSON object: line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}

/// A text of a resource; `None` if there is none.
pub(super) fn text(of: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match member(of, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text))
            if text.chars().count() <= LONGEST && !text.chars().any(char::is_control) =>
        {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(ScimError::value(format!("`{name}` is a text of {LONGEST} characters at most"))),
    }
}
