//! The form of a token request (RFC 6749 §4.4.2).

use super::TokenError;
use http::{HeaderMap, header};
use std::collections::HashMap;

/// The fields of a form; none of them comes twice, none is empty.
pub(super) type Form = HashMap<String, String>;

/// The form's fields; a name that comes twice is refused (RFC 6749 §3.2).
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Form, TokenError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(TokenError::InvalidRequest("Content-Type must be application/x-www-form-urlencoded"));
    }
    let mut fields = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        // A field without a value counts as absent (RFC 6749 §3.2).
        if !value.is_empty() && fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(TokenError::InvalidRequest("a field comes twice"));
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_form_says_that_it_is_one_and_names_each_field_once() {
        let mut headers = HeaderMap::new();
        assert!(read(&headers, b"grant_type=client_credentials").is_err());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        assert!(read(&headers, b"scope=a&scope=b").is_err());
        let fields = read(&headers, b"client_id=a&client_secret=&scope=c%20d").unwrap();
        assert_eq!((fields.len(), fields["scope"].as_str()), (2, "c d"));
    }
}
