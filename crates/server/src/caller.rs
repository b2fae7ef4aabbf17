//! Who asks: the extractor without which no handler under `/fhir` or `/receipts` can be written.

mod bearer;
mod outside;
pub(crate) mod signature;

use crate::{
    app::AppState,
    error::{ApiError, Kind},
    guesses::{self, Verdict},
    peer::Peer,
    permissions::Permissions,
    request::refuse_method_overrides,
    trail::Trail,
};
use axum::extract::FromRequestParts;
use control::{ControlError, Provider};
use http::{Extensions, HeaderMap, header, request::Parts};
use landing::{Change, Once, Submission};
use model::{Scope, SourceId, Timestamp};
use std::sync::Arc;

/// An authenticated provider, and the trail that says so.
pub(crate) struct Caller {
    /// Whose id space the request writes to.
    pub(crate) source: SourceId,
    /// What the credential, the provider's present grants and the policies all allow.
    pub(crate) permissions: Arc<Permissions>,
    /// What it authenticated with.
    pub(crate) credential: CallerCredential,
    /// The request's audit notes.
    pub(crate) trail: Trail,
    once: Option<Signed>,
}

/// What a caller authenticated with.
#[derive(Clone, Debug)]
pub(crate) struct CallerCredential {
    /// The credential's id in the control database.
    pub(crate) id: String,
    /// The provider's client id.
    pub(crate) client_id: String,
    /// Whether it was made from another credential and so cannot make further ones.
    pub(crate) temporary: bool,
    /// When what was shown ends, if it does before the credential.
    pub(crate) until: Option<Timestamp>,
    /// Whether it is worth something only beside a certificate.
    pub(crate) bound: bool,
}

impl CallerCredential {
    /// A credential of `provider`'s, as long as that counts.
    fn of(provider: &Provider, id: String) -> Self {
        Self { id, client_id: provider.client_id.clone(), temporary: false, until: None, bound: false }
    }
}

/// A signature that counts once: how parts of its request are known when they come again.
#[derive(Clone)]
pub(crate) struct Signed {
    key: keys::MacKey,
    signature: [u8; 32],
    expires: Timestamp,
}

/// What somebody has shown to be.
pub(crate) struct Shown {
    provider: Provider,
    scopes: Vec<Scope>,
    credential: CallerCredential,
    /// How, for the trail.
    method: &'static str,
    once: Option<Signed>,
}

/// Why nobody was authenticated.
pub(crate) enum Stranger {
    /// What was shown is wrong, and nobody is told what of it.
    Refused,
    /// It could not be found out.
    Unavailable(ApiError),
}

impl From<ControlError> for Stranger {
    fn from(error: ControlError) -> Self {
        Self::Unavailable(ApiError::unavailable("the control database", &error))
    }
}

impl Caller {
    /// Uses up the request's signature, if it is signed: `false` if that was done before.
    pub(crate) async fn is_first(&self, state: &AppState) -> Result<bool, ControlError> {
        let Some(signed) = &self.once else { return Ok(true) };
        let mac = signed.key.mac(&[b"signed", &signed.signature]);
        state.control.use_once(mac, signed.expires).await
    }

    /// Changes that are handed in as part `part` of the request: 0 is the whole, entries count from 1.
    pub(crate) fn submission(&self, changes: Vec<Change>, part: usize) -> Submission {
        let once = self.once.as_ref().map(|signed| Once {
            request: signed.key.mac(&[b"request", &signed.signature, &(part as u64).to_be_bytes()]),
            expires: signed.expires,
        });
        Submission { once, ..Submission::from(changes) }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let trail = Trail::from_request_parts(parts, state).await?;
        let peer = parts.extensions.get::<Arc<Peer>>().cloned();
        let shown = authenticate(parts, state).await.and_then(|shown| {
            // Looked at with every request, so that a change takes effect at the next one.
            if is_welcome(&shown.provider, peer.as_deref()) {
                return Ok(shown);
            }
            note_unwelcome(&trail, &shown.provider);
            Err(Stranger::Refused)
        });
        let shown = match shown {
            Ok(shown) => shown,
            Err(Stranger::Unavailable(error)) => return Err(error),
            Err(Stranger::Refused) => {
                return Err(refused(state, (peer.as_deref(), &trail), unauthenticated()));
            }
        };
        trail.actor(shown.provider.name.as_str().into());
        trail.fact("method", shown.method);
        refuse_method_overrides(parts)?;
        let source = shown.provider.name;
        let permissions =
            Permissions::of(state, source.clone(), shown.scopes, (peer.as_deref(), &trail)).await;
        let permissions =
            permissions.map_err(|error| ApiError::unavailable("the lake's policies", &error))?;
        let (credential, once) = (shown.credential, shown.once);
        Ok(Self { source, permissions: Arc::new(permissions), credential, trail, once })
    }
}

async fn authenticate(parts: &mut Parts, state: &AppState) -> Result<Shown, Stranger> {
    // A signature in the URL would stand in logs and histories.
    if credentials::sigv4::is_query_signed(parts.uri.query().unwrap_or_default()) {
        return Err(Stranger::Refused);
    }
    let (scheme, text) = authorization(&parts.headers).ok_or(Stranger::Refused)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return bearer::authenticate(state, text.trim(), &parts.extensions).await;
    }
    match parts.extensions.remove::<signature::Arrived>() {
        Some(arrived) => signature::authenticate(arrived, parts, state),
        None => Err(Stranger::Refused),
    }
}

/// The scheme and the rest of the one `Authorization` header.
pub(crate) fn authorization(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let only = values.next().filter(|_| values.next().is_none())?;
    only.to_str().ok()?.split_once(' ')
}

/// Whether anything is taken from a provider, and over this connection. One that nothing is known of is within no
/// bounds.
pub(crate) fn is_welcome(provider: &Provider, peer: Option<&Peer>) -> bool {
    let reach = &provider.reach;
    let unbounded = reach.networks.is_empty() && !reach.private_only;
    provider.enabled && (unbounded || peer.is_some_and(|peer| reach.admits(peer.address, peer.private)))
}

/// Notes who showed what is right and is not let in all the same. He is told nothing of that.
pub(crate) fn note_unwelcome(trail: &Trail, provider: &Provider) {
    trail.actor(provider.name.as_str().into());
    trail.fact(if provider.enabled { "out_of_reach" } else { "disabled" }, true);
}

/// The certificate that the connection showed.
pub(crate) fn certificate(extensions: &Extensions) -> Option<[u8; 32]> {
    extensions.get::<Arc<Peer>>()?.certificate
}

/// Counts a failed authentication; `refusal` is answered unless there have been too many.
pub(crate) fn refused(
    state: &AppState,
    (peer, trail): (Option<&Peer>, &Trail),
    refusal: ApiError,
) -> ApiError {
    if let Some(peer) = peer {
        trail.fact("network", guesses::network_of(peer.address));
    }
    match state.guesses.failed(peer.map(|peer| peer.address), state.clock.now()) {
        Verdict::Refused => refusal,
        Verdict::Later { retry_after_s, first } => {
            let text = "too many requests with wrong credentials; please try again later";
            let later = ApiError::new(Kind::TooManyGuesses, text).retry_after(retry_after_s);
            if first { later } else { later.told_before() }
        }
    }
}

fn unauthenticated() -> ApiError {
    ApiError::new(
        Kind::Unauthenticated,
        "please provide valid credentials in `Authorization`: a token from POST /oauth/token as `Bearer …`, or an AWS4-HMAC-SHA256 signature",
    )
}
