//! Who asks for a token, by one of four ways to show it (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705 §2.2).

use super::{TokenError, basic, form::Form};
use crate::{
    app::AppState,
    caller::{authorization, is_welcome, note_unwelcome},
    peer::Peer,
    token,
    trail::Trail,
};
use control::{ControlError, Credential, Material, Provider};
use credentials::{
    assertion::{self, Assertion, ClientKeys},
    key_set::KeySet,
};
use http::{HeaderMap, header};
use std::sync::Arc;

/// How assertions by JWT are called (RFC 7523 §2.2).
const BY_JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Tokens for an assertion live no longer (SMART App Launch 2.2, backend services), in seconds.
const LONGEST_FOR_ASSERTION_S: u32 = 300;

/// A client that has shown to be itself.
pub(super) struct Client {
    pub(super) provider: Provider,
    /// The id of the credential it used.
    pub(super) credential: String,
    /// The certificate that its token is bound to.
    pub(super) certificate: Option<[u8; 32]>,
    /// The longest its token may live, in seconds.
    pub(super) longest_s: u32,
    /// How, for the trail.
    pub(super) method: &'static str,
}

/// What a client shows.
enum Shown<'a> {
    Secret { client_id: String, secret: String },
    Assertion(&'a str),
    Certificate { client_id: &'a str, certificate: [u8; 32] },
}

/// Whoever asks, if it comes from where it may.
pub(super) async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    form: &Form,
    (peer, trail): (Option<&Peer>, &Trail),
) -> Result<Client, TokenError> {
    let client = match shown(headers, form, peer)? {
        Shown::Secret { client_id, secret } => by_secret(state, &client_id, &secret).await?,
        Shown::Assertion(assertion) => by_assertion(state, form, assertion).await?,
        Shown::Certificate { client_id, certificate } => {
            by_certificate(state, client_id, certificate).await?
        }
    };
    if is_welcome(&client.provider, peer) {
        return Ok(client);
    }
    note_unwelcome(trail, &client.provider);
    Err(TokenError::InvalidClient)
}

/// A client uses one way at a time (RFC 6749 §2.3).
fn shown<'a>(headers: &HeaderMap, form: &'a Form, peer: Option<&Peer>) -> Result<Shown<'a>, TokenError> {
    let client_id = form.get("client_id");
    let secret = form.get("client_secret");
    let assertion = form.get("client_assertion");
    if headers.contains_key(header::AUTHORIZATION) {
        if secret.is_some() || assertion.is_some() {
            return Err(TokenError::InvalidRequest("credentials are given twice"));
        }
        let (user, secret) = authorization(headers).and_then(basic::read).ok_or(TokenError::InvalidClient)?;
        if client_id.is_some_and(|id| *id != user) {
            return Err(TokenError::InvalidRequest("client_id differs from HTTP Basic's"));
        }
        return Ok(Shown::Secret { client_id: user, secret });
    }
    match (client_id, secret, assertion) {
        (_, Some(_), Some(_)) => Err(TokenError::InvalidRequest("credentials are given twice")),
        (Some(id), Some(secret), None) => Ok(Shown::Secret { client_id: id.clone(), secret: secret.clone() }),
        (_, None, Some(assertion)) => match form.get("client_assertion_type").map(String::as_str) {
            Some(BY_JWT) => Ok(Shown::Assertion(assertion)),
            _ => Err(TokenError::InvalidRequest("client_assertion_type is not that of a JWT")),
        },
        (Some(id), None, None) => match peer.and_then(|peer| peer.certificate) {
            Some(certificate) => Ok(Shown::Certificate { client_id: id, certificate }),
            None => Err(TokenError::InvalidClient),
        },
        (None, ..) => Err(TokenError::InvalidClient),
    }
}

async fn by_secret(state: &AppState, client_id: &str, secret: &str) -> Result<Client, TokenError> {
    let found = state.control.provider_by_client(client_id).await.map_err(unavailable)?;
    let now = state.clock.now();
    let macs = |provider: &Provider| -> Vec<(String, [u8; 32])> {
        let counting = provider.credentials.iter().filter(|credential| credential.counts(now));
        counting
            .filter_map(|credential| match credential.material {
                Material::Secret(mac) => Some((credential.id.clone(), mac)),
                _ => None,
            })
            .collect()
    };
    let mut known = found.as_ref().map(macs).unwrap_or_default();
    // The hash is made and compared for unknown clients too, so that the time tells nothing.
    known.push((String::new(), [0; 32]));
    let fits = |(_, mac): &&(String, [u8; 32])| {
        token::secret_fits(&state.keys.provider_secret_mac, client_id, secret, mac)
    };
    let fitting = known.iter().filter(fits).map(|(id, _)| id.clone()).find(|id| !id.is_empty());
    let (provider, credential) = found.zip(fitting).ok_or(TokenError::InvalidClient)?;
    Ok(Client { provider, credential, certificate: None, longest_s: u32::MAX, method: "secret" })
}

async fn by_assertion(state: &AppState, form: &Form, text: &str) -> Result<Client, TokenError> {
    // Not believed yet: it only says whose keys to look at.
    let claimed = assertion::claimed_client(text).ok_or(TokenError::InvalidClient)?;
    if form.get("client_id").is_some_and(|id| *id != claimed) {
        return Err(TokenError::InvalidRequest("client_id differs from the assertion's"));
    }
    let provider = state.control.provider_by_client(&claimed).await.map_err(unavailable)?;
    let provider = provider.ok_or(TokenError::InvalidClient)?;
    let (credential, assertion) =
        fitting_key_set(state, &provider, text).await?.ok_or(TokenError::InvalidClient)?;
    let mac = state.keys.once_mac.mac(&[b"assertion", claimed.as_bytes(), assertion.jti.as_bytes()]);
    // Kept a minute longer than it counts, for clocks that differ.
    let first = state.control.use_once(mac, assertion.expires.plus_ms(60_000)).await.map_err(unavailable)?;
    if !first {
        return Err(TokenError::InvalidClient);
    }
    Ok(Client {
        provider,
        credential,
        certificate: None,
        longest_s: LONGEST_FOR_ASSERTION_S,
        method: "assertion",
    })
}

/// The credential of `provider` whose keys signed `text`, and what it says.
async fn fitting_key_set(
    state: &AppState,
    provider: &Provider,
    text: &str,
) -> Result<Option<(String, Assertion)>, TokenError> {
    let now = state.clock.now();
    let audiences: Vec<&str> = state.token_endpoints.iter().map(String::as_str).collect();
    for credential in provider.credentials.iter().filter(|credential| credential.counts(now)) {
        let Some(keys) = keys_of(state, credential).await? else { continue };
        let url = match &credential.material {
            Material::KeySetUrl(url) => Some(url.as_str()),
            _ => None,
        };
        match assertion::verify(text, &ClientKeys { set: &keys, url }, &audiences, now) {
            Ok(assertion) => return Ok(Some((credential.id.clone(), assertion))),
            Err(error) => {
                if let (true, Some(url)) = (error.is_unknown_key(), url) {
                    state.control.want_key_set(url).await.map_err(unavailable)?;
                }
            }
        }
    }
    Ok(None)
}

async fn keys_of(state: &AppState, credential: &Credential) -> Result<Option<Arc<KeySet>>, TokenError> {
    match &credential.material {
        Material::KeySet(jwks) => Ok(KeySet::parse(jwks).ok().map(Arc::new)),
        Material::KeySetUrl(url) => state.key_sets.at(&state.control, url).await.map_err(unavailable),
        _ => Ok(None),
    }
}

async fn by_certificate(
    state: &AppState,
    client_id: &str,
    certificate: [u8; 32],
) -> Result<Client, TokenError> {
    let found = state.control.provider_by_client(client_id).await.map_err(unavailable)?;
    let provider = found.ok_or(TokenError::InvalidClient)?;
    let now = state.clock.now();
    let fits = |credential: &&Credential| {
        credential.counts(now) && credential.material == Material::Certificate(certificate)
    };
    let credential = provider.credentials.iter().find(fits).map(|credential| credential.id.clone());
    let credential = credential.ok_or(TokenError::InvalidClient)?;
    Ok(Client {
        provider,
        credential,
        certificate: Some(certificate),
        longest_s: u32::MAX,
        method: "certificate",
    })
}

fn unavailable(error: ControlError) -> TokenError {
    tracing::error!(%error, "the control database could not be asked for a client");
    TokenError::Unavailable
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[track_caller]
    fn check(basic: bool, fields: &[(&str, &str)], certificate: bool, expected: &str) {
        let mut headers = HeaderMap::new();
        if basic {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
        }
        let form: Form = fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        let peer = Peer { address, private: false, certificate: certificate.then_some([1; 32]) };
        let found = match shown(&headers, &form, Some(&peer)) {
            Ok(Shown::Secret { .. }) => "secret",
            Ok(Shown::Assertion(_)) => "assertion",
            Ok(Shown::Certificate { .. }) => "certificate",
            Err(TokenError::InvalidRequest(_)) => "invalid request",
            Err(_) => "invalid client",
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_client_uses_one_way_at_a_time() {
        let (id, secret, assertion) = (("client_id", "a"), ("client_secret", "b"), ("client_assertion", "c"));
        let by_jwt = ("client_assertion_type", BY_JWT);
        check(true, &[], false, "secret");
        check(true, &[id], true, "secret");
        check(true, &[("client_id", "other")], false, "invalid request");
        check(true, &[secret], false, "invalid request");
        check(true, &[assertion, by_jwt], false, "invalid request");
        check(false, &[id, secret], true, "secret");
        check(false, &[assertion, by_jwt], true, "assertion");
        check(false, &[id, assertion], false, "invalid request");
        check(false, &[id, secret, assertion, by_jwt], false, "invalid request");
        check(false, &[id], true, "certificate");
        check(false, &[id], false, "invalid client");
        check(false, &[], true, "invalid client");
    }
}
