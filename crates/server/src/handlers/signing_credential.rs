//! `POST /oauth/signing-credential`: a key to sign requests with for an hour at most.

use super::token::{TokenError, grant, no_store};
use crate::{
    app::AppState,
    caller::Caller,
    error::{ApiError, Kind},
    session::{Session, SigningPair},
};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The longest life of a temporary key, in seconds.
const LONGEST_S: u32 = 3600;

/// What may be asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Grants such as `system/Observation.c`, separated by spaces; all that the caller has if absent.
    scope: Option<String>,
    /// How long it shall be good for, in seconds: 1 to 3600, 3600 if absent.
    duration_seconds: Option<u32>,
}

/// A temporary key, in the form that AWS's tools read from a `credential_process`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SigningCredential {
    /// Always 1.
    version: u8,
    /// Names the key.
    access_key_id: String,
    /// What requests are signed with.
    secret_access_key: String,
    /// For the header `X-Amz-Security-Token`, which must be signed as well.
    session_token: String,
    /// When it ends.
    expiration: String,
}

/// Gives a caller a key for AWS Signature Version 4 that ends within the hour, and with the token it was asked with.
#[utoipa::path(post, path = "/oauth/signing-credential", operation_id = "signing-credential", tag = "oauth",
    params(Wanted),
    responses((status = 200, body = SigningCredential),
        (status = 400, description = "The scope or the duration is wrong"),
        (status = 403, description = "The caller signed with a temporary key itself")),
    security(("token" = [])))]
pub(crate) async fn signing_credential(
    State(state): State<AppState>,
    caller: Caller,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, ApiError> {
    caller.trail.action("signing-credential");
    caller.permissions.require_token()?;
    let malformed = |text: &str| ApiError::new(Kind::Malformed, text);
    let Ok(Query(wanted)) = wanted else {
        return Err(malformed("the query takes scope and duration_seconds, and nothing else"));
    };
    if caller.credential.temporary {
        let text = "a temporary key makes no further ones; authenticate by the provider's own credential";
        return Err(ApiError::new(Kind::Forbidden, text));
    }
    if caller.credential.bound {
        let text = "a token that is bound to a certificate makes no key: the key would not be bound";
        return Err(ApiError::new(Kind::Forbidden, text));
    }
    // Whoever sees the request of another must not get a key by sending it again.
    let first = caller.is_first(&state).await;
    if !first.map_err(|error| ApiError::unavailable("the control database", &error))? {
        return Err(malformed("this signature has got its key; sign another request"));
    }
    let duration_s = wanted.duration_seconds.unwrap_or(LONGEST_S);
    if !(1..=LONGEST_S).contains(&duration_s) {
        return Err(malformed("duration_seconds is 1 to 3600"));
    }
    let scope = grant::granted(wanted.scope.as_deref(), caller.permissions.scopes()).map_err(|error| {
        let why = if let TokenError::InvalidScope(why) = error { why } else { "the scope is wrong" };
        malformed(why)
    })?;
    caller.trail.fact("scope", &scope);
    // No key outlives the token that it was asked with.
    let wanted_until = state.clock.now().plus_ms(i64::from(duration_s) * 1000);
    let expires = caller.credential.until.map_or(wanted_until, |until| until.min(wanted_until));
    let of = (caller.credential.client_id.as_str(), caller.credential.id.as_str(), scope.as_str());
    let pair = SigningPair::generate("CLTK");
    let sealed = pair.and_then(|pair| Ok((Session::seal(&state.keys.door, &pair, of, expires)?, pair)));
    let (session_token, pair) = sealed.map_err(|error| ApiError::unavailable("the door's key", &error))?;
    Ok(no_store(Json(SigningCredential {
        version: 1,
        secret_access_key: pair.secret_access_key.as_str().to_owned(),
        access_key_id: pair.access_key_id,
        session_token,
        expiration: expires.to_string(),
    })))
}
