//! What headers and URLs ask for, and what of it is refused.

use crate::{
    GatewayConfig,
    error::{ApiError, Kind},
};
use http::{HeaderMap, HeaderName, Method, Uri, header, request::Parts, uri::Authority};
use std::net::SocketAddr;

/// Refuses requests that ask to be taken for another method (405): this door would be open
/// to methods that nobody granted.
pub(crate) fn refuse_method_overrides(parts: &Parts) -> Result<(), ApiError> {
    const HEADERS: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];
    let by_header = HEADERS.iter().any(|name| parts.headers.contains_key(*name));
    let by_query = query_names(&parts.uri).any(|name| name.eq_ignore_ascii_case("_method"));
    if by_header || by_query {
        return Err(
            ApiError::new(Kind::MethodNotAllowed, "method overrides are not supported").allow("POST, PUT")
        );
    }
    Ok(())
}

fn query_names(uri: &Uri) -> impl Iterator<Item = String> {
    let query = uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned())
}

/// Refuses conditions that are not looked at, because ignoring one would do what the client
/// asked not to do (FHIR R4 §3.1.0.8.1, RFC 9110 §13.1). `If-Match` is looked at on PUT only.
pub(crate) fn refuse_conditions(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut never =
        vec![HeaderName::from_static("if-none-exist"), header::IF_NONE_MATCH, header::IF_UNMODIFIED_SINCE];
    if method == Method::POST {
        never.push(header::IF_MATCH);
    }
    let unsupported = never.into_iter().find(|name| headers.contains_key(name));
    match unsupported {
        None => Ok(()),
        Some(name) => {
            let text = format!(
                "conditional requests are not supported, `{name}` among them; a PUT may carry If-Match"
            );
            Err(ApiError::new(Kind::NotImplemented, text))
        }
    }
}

/// The version that `If-Match` names (FHIR R4 §3.1.0.5): `W/"3"`.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<u32>, ApiError> {
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let version = value.to_str().ok().and_then(version_of_etag).filter(|_| values.next().is_none());
    version
        .map(Some)
        .ok_or_else(|| ApiError::new(Kind::Malformed, "If-Match is not one version, such as W/\"3\""))
}

/// The version in an entity tag, weak or strong.
pub(crate) fn version_of_etag(tag: &str) -> Option<u32> {
    let tag = tag.trim();
    let digits = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Whether `Prefer` asks for an OperationOutcome (FHIR R4 §3.1.0.1.6). A whole resource is never
/// answered: nothing is read back here, and a preference may be passed over (RFC 7240 §2).
pub(crate) fn prefers_outcome(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .any(|preference| preference.trim().eq_ignore_ascii_case("return=OperationOutcome"))
}

/// Where tokens are asked for.
pub(crate) const TOKEN_ENDPOINT: &str = "/oauth/token";

/// How this gateway is reached: the configured base, or the host that was asked; empty where neither is known.
pub(crate) fn own_base(config: &GatewayConfig, uri: &Uri, headers: &HeaderMap) -> String {
    if let Some(base) = &config.base_url {
        return base.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    uri.authority().cloned().or(host).map(|host| format!("https://{host}")).unwrap_or_default()
}

/// What URLs of resources begin with.
pub(crate) fn fhir_base(config: &GatewayConfig, uri: &Uri, headers: &HeaderMap) -> String {
    format!("{}/fhir/r4", own_base(config, uri, headers))
}

/// What an assertion may name as its audience (RFC 7523 §3). Never the host that was asked: whoever relays an
/// assertion that was meant for him would choose that host.
pub(crate) fn token_endpoints(config: &GatewayConfig, listening: &[SocketAddr]) -> Vec<String> {
    if let Some(base) = &config.base_url {
        return vec![format!("{}{TOKEN_ENDPOINT}", base.trim_end_matches('/'))];
    }
    let ports = listening.iter().map(SocketAddr::port);
    ports
        .flat_map(|port| {
            // The port of https is left out of its addresses (RFC 9110 §4.2.2).
            let port = if port == 443 { String::new() } else { format!(":{port}") };
            ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("https://{host}{port}{TOKEN_ENDPOINT}"))
        })
        .collect()
}

/// The gateway's own base address: the configured one, or the first that it listens on.
pub(crate) fn address(config: &GatewayConfig, listening: &[SocketAddr]) -> String {
    match (&config.base_url, listening.first()) {
        (Some(base), _) => base.trim_end_matches('/').to_owned(),
        (None, Some(address)) => format!("https://{address}"),
        (None, None) => "https://localhost".to_owned(),
    }
}

/// Whether `text` is an id (FHIR R4 §2.24.0.1, the type `id`).
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_is_a_version_in_quotes() {
        for (tag, version) in [
            ("W/\"3\"", Some(3)),
            ("\"12\"", Some(12)),
            ("W/3", None),
            ("*", None),
            ("W/\"+3\"", None),
            ("W/\"\"", None),
            ("W/\"99999999999\"", None),
        ] {
            assert_eq!(version_of_etag(tag), version, "{tag}");
        }
    }
}
