//! `POST /oauth/token`: client credentials for a token (RFC 6749 §4.4).

use crate::{
    app::AppState,
    config::LONGEST_TOKEN_S,
    error::{Kind, Refusal},
    token::{self, Claims, ISSUER, LONGEST_BYTES},
    trail::Trail,
};
use axum::{
    Json,
    body::{Body, to_bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use control::Provider;
use http::{HeaderMap, HeaderValue, header};
use model::{Interaction, Scope};
use serde::Serialize;
use std::{collections::HashMap, sync::Arc, time::Duration};
use utoipa::ToSchema;
use uuid::Uuid;

/// Token requests are small: ids, a secret and scopes.
const FORM_LIMIT_BYTES: usize = 16 << 10;

/// What a token request is, as OpenAPI describes it; RFC 6749 says it is a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: the form is read by hand, so that a repeated name is seen")]
pub(crate) struct TokenRequest {
    /// `client_credentials`
    grant_type: String,
    /// The client's name, unless it is given by HTTP Basic.
    client_id: Option<String>,
    /// The client's secret, unless it is given by HTTP Basic.
    client_secret: Option<String>,
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
    /// Seconds until it ends, at most 3600.
    expires_in: u32,
    /// What it grants.
    scope: String,
}

/// Why there is no token (RFC 6749 §5.2).
#[derive(Debug)]
pub(crate) enum TokenError {
    /// The request is not as RFC 6749 writes it.
    InvalidRequest(&'static str),
    /// The client is unknown, disabled, or gave another secret; which of them is not told.
    InvalidClient,
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
        (status = 401, description = "The credentials are wrong")))]
pub(crate) async fn token(
    State(state): State<AppState>,
    trail: Trail,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TokenError> {
    trail.action("token");
    let within = Duration::from_millis(state.config.request_timeout_ms);
    let body = tokio::time::timeout(within, to_bytes(body, FORM_LIMIT_BYTES))
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or(TokenError::InvalidRequest("the form is too large, or did not arrive in time"))?;
    let form = form(&headers, &body)?;
    let (client_id, secret) = credentials(&headers, &form)?;
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return Err(TokenError::UnsupportedGrantType),
        None => return Err(TokenError::InvalidRequest("grant_type is missing")),
    }
    let provider = authenticate(&state, &client_id, &secret).await?;
    trail.actor(Arc::from(provider.name.as_str()));
    let scope = granted(form.get("scope").map(String::as_str), &provider.scopes)?;
    trail.fact("scope", &scope);
    let expires_in = state.config.token_ttl_s.min(LONGEST_TOKEN_S);
    let access_token = issue(&state, &provider, &scope, expires_in)?;
    Ok(no_store(Json(TokenResponse { access_token, token_type: "Bearer", expires_in, scope })))
}

/// The form's fields; a name that comes twice is refused (RFC 6749 §3.2).
fn form(headers: &HeaderMap, body: &[u8]) -> Result<HashMap<String, String>, TokenError> {
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

/// Who the client says it is, by HTTP Basic or by fields, never both (RFC 6749 §2.3.1).
fn credentials(headers: &HeaderMap, form: &HashMap<String, String>) -> Result<(String, String), TokenError> {
    let fields = (form.get("client_id"), form.get("client_secret"));
    match (headers.get(header::AUTHORIZATION), fields) {
        (None, (Some(id), Some(secret))) => Ok((id.clone(), secret.clone())),
        (None, _) => Err(TokenError::InvalidClient),
        (Some(_), (_, Some(_))) => Err(TokenError::InvalidRequest("credentials are given twice")),
        (Some(value), (id, None)) => {
            let (user, password) = basic(value).ok_or(TokenError::InvalidClient)?;
            if id.is_some_and(|id| *id != user) {
                return Err(TokenError::InvalidRequest("client_id differs from HTTP Basic's"));
            }
            Ok((user, password))
        }
    }
}

/// User and password of HTTP Basic (RFC 7617), each form-encoded before (RFC 6749 §2.3.1).
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
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

async fn authenticate(state: &AppState, client_id: &str, secret: &str) -> Result<Provider, TokenError> {
    let found = state.control.provider_by_client(client_id).await.map_err(|error| {
        tracing::error!(%error, "the control database could not be asked for a provider");
        TokenError::Unavailable
    })?;
    // The hash is made and compared for unknown clients too, so that the time tells nothing.
    let expected = found.as_ref().map_or([0; 32], |provider| provider.secret_mac);
    let fits = token::secret_fits(&state.keys.provider_secret_mac, client_id, secret, &expected);
    found.filter(|provider| fits && provider.enabled).ok_or(TokenError::InvalidClient)
}

/// The scopes of the token: those asked for, if every letter of each is granted, or all.
fn granted(asked: Option<&str>, grants: &[Scope]) -> Result<String, TokenError> {
    let Some(asked) = asked else {
        return Ok(grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    };
    let mut scopes: Vec<String> = Vec::new();
    for text in asked.split_ascii_whitespace() {
        let scope: Scope = text.parse().map_err(|_| {
            TokenError::InvalidScope("a scope is `system/`, a type or `*`, then `.c`, `.u` or `.cu`")
        })?;
        let covered = [(scope.create, Interaction::Create), (scope.update, Interaction::Update)]
            .into_iter()
            .filter(|(asked, _)| *asked)
            .all(|(_, letter)| {
                let one = Scope {
                    resource_type: scope.resource_type.clone(),
                    create: letter == Interaction::Create,
                    update: letter == Interaction::Update,
                };
                grants.iter().any(|grant| grant.includes(&one))
            });
        if !covered {
            return Err(TokenError::InvalidScope("a scope was not granted to this client"));
        }
        let text = scope.to_string();
        if !scopes.contains(&text) {
            scopes.push(text);
        }
    }
    if scopes.is_empty() { Err(TokenError::InvalidScope("no scope is named")) } else { Ok(scopes.join(" ")) }
}

fn issue(state: &AppState, provider: &Provider, scope: &str, expires_in: u32) -> Result<String, TokenError> {
    let now = state.clock.now().seconds();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: provider.name.as_str().to_owned(),
        client_id: provider.client_id.clone(),
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

fn no_store(response: impl IntoResponse) -> Response {
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
                "please provide valid credentials: client_id and client_secret",
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

#[cfg(test)]
mod tests;
