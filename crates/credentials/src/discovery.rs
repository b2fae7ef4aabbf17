//! What an issuer says of itself (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). Fetching it is another's work.

use serde::Deserialize;

/// What is read of an issuer's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where people are sent to sign in, if it lets people do so.
    pub authorization_endpoint: Option<String>,
    /// Where a code is changed into tokens.
    pub token_endpoint: Option<String>,
}

/// Why metadata cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// They are not JSON with `issuer` and `jwks_uri`.
    #[error("read an issuer's metadata: they are JSON with `issuer` and `jwks_uri`")]
    Malformed,
    /// They are another issuer's (RFC 8414 §3.3).
    #[error("accept metadata of another issuer: `issuer` is not the address that was asked")]
    OtherIssuer,
    /// Keys or tokens would not come over TLS.
    #[error("accept an address that is not https")]
    Insecure,
}

#[derive(Deserialize)]
struct Written {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
}

/// Reads the metadata of `issuer`.
///
/// # Errors
/// See [`DiscoveryError`].
pub fn parse(json: &[u8], issuer: &str) -> Result<Metadata, DiscoveryError> {
    let written: Written = serde_json::from_slice(json).map_err(|_| DiscoveryError::Malformed)?;
    if written.issuer != issuer {
        return Err(DiscoveryError::OtherIssuer);
    }
    let Written { jwks_uri, authorization_endpoint, token_endpoint, .. } = written;
    let addresses = [Some(&jwks_uri), authorization_endpoint.as_ref(), token_endpoint.as_ref()];
    if addresses.into_iter().flatten().any(|address| !address.starts_with("https://")) {
        return Err(DiscoveryError::Insecure);
    }
    Ok(Metadata { jwks_uri, authorization_endpoint, token_endpoint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_are_the_issuer_s_own_and_its_keys_come_over_tls() {
        let of = |issuer: &str, keys: &str| {
            parse(format!(r#"{{"issuer":"{issuer}","jwks_uri":"{keys}"}}"#).as_bytes(), "https://a")
        };
        assert_eq!(of("https://a", "https://a/keys").unwrap().jwks_uri, "https://a/keys");
        assert_eq!(of("https://b", "https://a/keys"), Err(DiscoveryError::OtherIssuer));
        assert_eq!(of("https://a/", "https://a/keys"), Err(DiscoveryError::OtherIssuer));
        assert_eq!(of("https://a", "http://a/keys"), Err(DiscoveryError::Insecure));
        assert_eq!(parse(b"{}", "https://a"), Err(DiscoveryError::Malformed));
    }
}
