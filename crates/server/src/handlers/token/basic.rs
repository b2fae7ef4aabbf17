//! HTTP Basic, as OAuth has clients write it.

use base64::{Engine, prelude::BASE64_STANDARD};

/// User and password of HTTP Basic (RFC 7617), each form-encoded before (RFC 6749 §2.3.1).
pub(super) fn read((scheme, text): (&str, &str)) -> Option<(String, String)> {
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(text.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((form_decoded(user), form_decoded(password)))
}

fn form_decoded(text: &str) -> String {
    // `=` and `&` separate fields only where they are not encoded, which those who do not encode at all rely on.
    let whole = text.replace('=', "%3D").replace('&', "%26");
    url::form_urlencoded::parse(whole.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_form_decoded() {
        let of = |text: &str| read(("Basic", &BASE64_STANDARD.encode(text)));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(of("gp:s%2B%3A1"), pair("gp", "s+:1"));
        assert_eq!(of("gp:a=b&c"), pair("gp", "a=b&c"));
        assert_eq!(of("gp"), None);
        assert_eq!(read(("Bearer", "x")), None);
    }
}
