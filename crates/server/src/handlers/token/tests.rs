//! What the form, the credentials and the scopes of a token request may look like.

use super::*;

fn grants(texts: &[&str]) -> Vec<Scope> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn scopes_are_given_when_every_letter_is_granted_and_refused_otherwise() {
    let grants = grants(&["system/*.c", "system/Observation.u"]);
    assert_eq!(granted(None, &grants).unwrap(), "system/*.c system/Observation.u");
    assert_eq!(granted(Some("system/Observation.cu"), &grants).unwrap(), "system/Observation.cu");
    assert_eq!(granted(Some("system/Patient.c  system/Patient.c"), &grants).unwrap(), "system/Patient.c");
    for refused in ["system/Patient.cu", "system/*.u", "system/Patient.r", "openid", " "] {
        assert!(matches!(granted(Some(refused), &grants), Err(TokenError::InvalidScope(_))), "{refused}");
    }
}

#[test]
fn basic_credentials_are_form_decoded() {
    let header =
        |text: &str| HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(text))).unwrap();
    let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
    assert_eq!(basic(&header("gp:s%2B%3A1")), pair("gp", "s+:1"));
    assert_eq!(basic(&header("gp:a=b&c")), pair("gp", "a=b&c"));
    assert_eq!(basic(&header("gp")), None);
    assert_eq!(basic(&HeaderValue::from_static("Bearer x")), None);
}

#[test]
fn a_field_that_comes_twice_or_credentials_given_twice_are_refused() {
    let mut headers = HeaderMap::new();
    assert!(form(&headers, b"grant_type=client_credentials").is_err());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    assert!(form(&headers, b"scope=a&scope=b").is_err());
    let fields = form(&headers, b"client_id=a&client_secret=b").unwrap();
    assert_eq!(credentials(&headers, &fields).unwrap(), ("a".to_owned(), "b".to_owned()));
    headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
    assert!(matches!(credentials(&headers, &fields), Err(TokenError::InvalidRequest(_))));
}
