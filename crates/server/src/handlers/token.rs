//! `POST /oauth/token`: client credentials for a token (RFC 6749 §4.4).

mod basic;
mod client;
mod form;
pub(crate) mod grant;

use crate::{
    app::AppState,
    caller,
    config::LONGEST_TOKEN_S,
    error::{ApiError, Kind, Refusal},
    peer::Peer,
    permissions::Permissions,
    token::{self, Claims, Confirmation, ISSUER, LONGEST_BYTES},
    trail::Trail,
};
use axum::{
    Extension, Json,
    body::{Body, to_bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use client::Client;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use utoipa::ToSchema;
use uuid::Uuid;

/// Token requests are small: ids, a secret or an assertion, and scopes.
const FORM_LIMIT_BYTES: usize = 32 << 10;

/// What a token request is, as OpenAPI describes it; RFC 6749 says it is a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: the form is read by hand, so that a repeated name is seen")]
pub(crate) struct TokenRequest {
    /// `client_credentials`
    grant_type: String,
    /// The client's name, unless HTTP Basic or an assertion gives it. Alone, with the certificate of the connection.
    client_id: Option<String>,
    /// The client's secret, unless it is given by HTTP Basic.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, with `client_assertion`.
    client_assertion_type: Option<String>,
    /// A JWT that the client signed (RFC 7523 §2.2), by RS384 or ES384.
    client_assertion: Option<String>,
    /// Grants such as `system/Observation.c`, separated by spaces; all that the client has if absent.
    scope: Option<String>,
}

/// A token (RFC 6749 §5.1).
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenResponse {
    /// For the header `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until it ends: at most 3600, and at most 300 for an assertion.
    expires_in: u32,
    /// What it grants.
    scope: String,
}

/// Why there is no token (RFC 6749 §5.2).
#[derive(Debug)]
pub(crate) enum TokenError {
    /// The request is not as RFC 6749 writes it.
    InvalidRequest(&'static str),
    /// The client is unknown, disabled, elsewhere, or showed something else; which of them is not told.
    InvalidClient,
    /// The same, too often.
    TooManyGuesses(ApiError),
    /// A policy of the lake does not let it have a token.
    UnauthorizedClient,
    /// Another grant type than client credentials.
    UnsupportedGrantType,
    /// A scope that is none, or that the client was not granted.
    InvalidScope(&'static str),
    /// The control database or the key could not be used.
    Unavailable,
}

/// Gives a client a token for its credentials.
#[utoipa::path(post, path = "/oauth/token", operation_id = "token", tag = "oauth",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenResponse),
        (status = 400, description = "The request or the scope is wrong (RFC 6749 §5.2)"),
        (status = 401, description = "The credentials are wrong"),
        (status = 429, description = "The credentials are wrong, too often")))]
pub(crate) async fn token(
    State(state): State<AppState>,
    trail: Trail,
    peer: Option<Extension<Arc<Peer>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TokenError> {
    trail.action("token");
    let peer = peer.as_ref().map(|Extension(peer)| &**peer);
    let within = Duration::from_millis(state.config.request_timeout_ms);
    let body = tokio::time::timeout(within, to_bytes(body, FORM_LIMIT_BYTES))
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or(TokenError::InvalidRequest("the form is too large, or did not arrive in time"))?;
    let form = form::read(&headers, &body)?;
    let client = match client::authenticate(&state, &headers, &form, (peer, &trail)).await {
        Err(TokenError::InvalidClient) => return Err(wrong(&state, peer, &trail)),
        other => other?,
    };
    trail.actor(Arc::from(client.provider.name.as_str()));
    trail.fact("method", client.method);
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return Err(TokenError::UnsupportedGrantType),
        None => return Err(TokenError::InvalidRequest("grant_type is missing")),
    }
    let scope = grant::granted(form.get("scope").map(String::as_str), &client.provider.scopes)?;
    trail.fact("scope", &scope);
    allowed(&state, &client, (peer, &trail)).await?;
    let expires_in = state.config.token_ttl_s.min(LONGEST_TOKEN_S).min(client.longest_s);
    let access_token = issue(&state, &client, &scope, expires_in)?;
    Ok(no_store(Json(TokenResponse { access_token, token_type: "Bearer", expires_in, scope })))
}

/// Whether the lake's policies let this client have a token.
async fn allowed(
    state: &AppState,
    client: &Client,
    asked: (Option<&Peer>, &Trail),
) -> Result<(), TokenError> {
    let (source, scopes) = (client.provider.name.clone(), client.provider.scopes.clone());
    let permissions = Permissions::of(state, source, scopes, asked).await.map_err(|error| {
        tracing::error!(%error, "the lake's policies could not be read");
        TokenError::Unavailable
    })?;
    permissions.require_token().map_err(|_| TokenError::UnauthorizedClient)
}

fn wrong(state: &AppState, peer: Option<&Peer>, trail: &Trail) -> TokenError {
    let refused = caller::refused(state, (peer, trail), ApiError::new(Kind::Unauthenticated, ""));
    match refused.kind() {
        Kind::TooManyGuesses => TokenError::TooManyGuesses(refused),
        _ => TokenError::InvalidClient,
    }
}

fn issue(state: &AppState, client: &Client, scope: &str, expires_in: u32) -> Result<String, TokenError> {
    let now = state.clock.now().seconds();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: client.provider.name.as_str().to_owned(),
        client_id: client.provider.client_id.clone(),
        credential: client.credential.clone(),
        cnf: client.certificate.as_ref().map(Confirmation::of),
        scope: scope.to_owned(),
        iat: now,
        exp: now + i64::from(expires_in),
        jti: Uuid::new_v4().to_string(),
    };
    let token = token::sign(&*state.keys.token_signer, &claims).map_err(|error| {
        tracing::error!(%error, "a token could not be signed");
        TokenError::Unavailable
    })?;
    if token.len() > LONGEST_BYTES {
        return Err(TokenError::InvalidScope("a token of so many scopes is too long; ask for fewer"));
    }
    Ok(token)
}

pub(crate) fn no_store(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (kind, code, description) = match self {
            Self::InvalidRequest(why) => (Kind::Malformed, "invalid_request", why),
            Self::InvalidClient => (
                Kind::Unauthenticated,
                "invalid_client",
                "please provide valid credentials: a secret, a signed assertion, or a certificate with client_id",
            ),
            Self::TooManyGuesses(error) => return error.into_response(),
            Self::UnauthorizedClient => (
                Kind::Malformed,
                "unauthorized_client",
                "a policy of this lake does not let this client have a token",
            ),
            Self::UnsupportedGrantType => {
                (Kind::Malformed, "unsupported_grant_type", "grant_type must be client_credentials")
            }
            Self::InvalidScope(why) => (Kind::Malformed, "invalid_scope", why),
            Self::Unavailable => (Kind::Unavailable, "temporarily_unavailable", "please try again"),
        };
        let body = serde_json::json!({ "error": code, "error_description": description });
        let mut response = no_store((kind.status(), Json(body)));
        if kind == Kind::Unauthenticated {
            let challenge = HeaderValue::from_static("Basic realm=\"carelake\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(Refusal(kind));
        response
    }
}
