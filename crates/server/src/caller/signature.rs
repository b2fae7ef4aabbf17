//! Requests that are signed with AWS Signature Version 4.
//!
//! The signature covers the body, so the body comes first: [`receive`] looks up who claims to have signed, and only
//! then takes it in, within the bounds of every body. [`authenticate`] compares once it has arrived.

use super::{CallerCredential, Shown, Signed, Stranger, authorization};
use crate::{
    app::AppState,
    body::{self, Received},
    session::Session,
    token,
};
use aws_lc_rs::digest;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use control::{Material, Provider};
use credentials::sigv4::{self, Authorization, SigningSecret};
use http::{request::Parts, uri::Authority};
use keys::SealedFor;
use model::Scope;
use std::sync::Arc;

/// An answer is kept for the same request as long as its time may be off, both ways, and a minute.
const KEPT_MS: i64 = 2 * sigv4::SKEW_MS + 60_000;

/// Who claims to have signed a request, and what its signature must fit.
#[derive(Clone)]
struct Claim {
    authorization: Authorization,
    secret: Arc<SigningSecret>,
    provider: Provider,
    credential: CallerCredential,
    scopes: Vec<Scope>,
}

impl Claim {
    /// Whether the signature is that of this request with a body of this SHA-256.
    fn fits(&self, parts: &Parts, payload: [u8; 32], state: &AppState) -> bool {
        let request = sigv4::Request {
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            authority: parts.uri.authority().map(Authority::as_str),
            headers: &parts.headers,
            payload,
        };
        self.authorization.verify(&self.secret, &request, state.clock.now()).is_ok()
    }
}

/// A claim whose body has arrived.
#[derive(Clone)]
pub(super) struct Arrived {
    claim: Claim,
    payload: [u8; 32],
}

/// Takes in the bodies of requests that a known key claims to have signed; lets all others pass.
pub(crate) async fn receive(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let signed = authorization(request.headers())
        .is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case(sigv4::ALGORITHM));
    if !signed {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let claim = claim(&state, &parts).await.and_then(|claim| early(claim, &parts, &state));
    match claim {
        Ok(claim) => match body::receive(body, &parts.headers, &state).await {
            Ok(received) => {
                let mut payload = [0; 32];
                payload.copy_from_slice(digest::digest(&digest::SHA256, received.bytes()).as_ref());
                parts.extensions.insert(Arrived { claim, payload });
                parts.extensions.insert(Received::new(received));
            }
            Err(error) => return error.into_response(),
        },
        Err(Stranger::Unavailable(error)) => return error.into_response(),
        // Without a claim it is refused, by whoever asks who the caller is.
        Err(Stranger::Refused) => {}
    }
    next.run(Request::from_parts(parts, axum::body::Body::empty())).await
}

async fn claim(state: &AppState, parts: &Parts) -> Result<Claim, Stranger> {
    let now = state.clock.now();
    let refused = |_| Stranger::Refused;
    let authorization = Authorization::parse(&parts.headers).map_err(refused)?;
    authorization.time(&parts.headers, now).map_err(refused)?;
    let session = authorization.session_token(&parts.headers).map_err(refused)?;
    match session {
        Some(text) => temporary(state, authorization, text).await,
        None => permanent(state, authorization).await,
    }
}

/// Refuses before the body is read what its claimed hash was not signed for, where one is claimed.
fn early(claim: Claim, parts: &Parts, state: &AppState) -> Result<Claim, Stranger> {
    match sigv4::claimed_payload(&parts.headers) {
        Ok(None) => Ok(claim),
        Ok(Some(payload)) if claim.fits(parts, payload, state) => Ok(claim),
        _ => Err(Stranger::Refused),
    }
}

async fn permanent(state: &AppState, authorization: Authorization) -> Result<Claim, Stranger> {
    let id = authorization.access_key_id().to_owned();
    let provider = state.control.provider_by_credential(&id).await?.ok_or(Stranger::Refused)?;
    let credential = provider.credential(&id, state.clock.now()).ok_or(Stranger::Refused)?;
    let Material::Signing(sealed) = &credential.material else { return Err(Stranger::Refused) };
    let secret = state.keys.door.open(SealedFor::SigningSecret, id.as_bytes(), sealed).map_err(|error| {
        tracing::error!(%error, "a signing secret could not be opened");
        Stranger::Refused
    })?;
    let secret = SigningSecret::new(std::str::from_utf8(&secret).map_err(|_| Stranger::Refused)?);
    let credential = CallerCredential::of(&provider, id);
    let scopes = provider.scopes.clone();
    Ok(Claim { authorization, secret: Arc::new(secret), provider, credential, scopes })
}

/// A session token carries its secret, sealed to the door.
async fn temporary(state: &AppState, authorization: Authorization, text: &str) -> Result<Claim, Stranger> {
    let now = state.clock.now();
    let session =
        Session::open(&state.keys.door, authorization.access_key_id(), text, now).ok_or(Stranger::Refused)?;
    let provider = state.control.provider_by_client(&session.client_id).await?.ok_or(Stranger::Refused)?;
    if provider.credential(&session.credential, now).is_none() {
        return Err(Stranger::Refused);
    }
    let made_from = CallerCredential::of(&provider, session.credential.clone());
    let credential = CallerCredential { temporary: true, ..made_from };
    let scopes = token::effective(&session.scope, &provider.scopes);
    let secret = SigningSecret::new(session.secret());
    Ok(Claim { authorization, secret: Arc::new(secret), provider, credential, scopes })
}

/// Whoever signed the request, if the signature fits what has arrived.
pub(super) fn authenticate(
    Arrived { claim, payload }: Arrived,
    parts: &Parts,
    state: &AppState,
) -> Result<Shown, Stranger> {
    if !claim.fits(parts, payload, state) {
        return Err(Stranger::Refused);
    }
    let once = Signed {
        key: state.keys.once_mac.clone(),
        signature: *claim.authorization.signature(),
        expires: state.clock.now().plus_ms(KEPT_MS),
    };
    Ok(Shown {
        provider: claim.provider,
        scopes: claim.scopes,
        credential: claim.credential,
        method: "signature",
        once: Some(once),
    })
}
