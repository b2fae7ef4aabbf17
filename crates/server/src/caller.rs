//! Who asks: the extractor without which no handler under `/fhir` or `/receipts` can be written.

use crate::{
    app::AppState,
    error::{ApiError, Kind},
    request::refuse_method_overrides,
    token,
    trail::Trail,
};
use axum::extract::FromRequestParts;
use fhir::ResourceType;
use http::{HeaderMap, header, request::Parts};
use model::{Interaction, Principal, Role, SourceId};
use std::sync::Arc;

/// An authenticated provider (RFC 6750), and the trail that says so.
pub(crate) struct Caller {
    /// Whose id space the request writes to.
    pub(crate) source: SourceId,
    /// What the token and the provider's present grants both allow.
    pub(crate) principal: Arc<Principal>,
    /// The request's audit notes.
    pub(crate) trail: Trail,
}

impl Caller {
    /// 403 unless granted.
    pub(crate) fn require(
        &self,
        interaction: Interaction,
        resource_type: ResourceType,
    ) -> Result<(), ApiError> {
        if self.principal.may(interaction, resource_type.as_str()) {
            return Ok(());
        }
        Err(not_granted(interaction, resource_type))
    }
}

/// The refusal that names the grant that is missing.
pub(crate) fn not_granted(interaction: Interaction, resource_type: ResourceType) -> ApiError {
    let letter = match interaction {
        Interaction::Create => 'c',
        Interaction::Update => 'u',
    };
    ApiError::new(Kind::Forbidden, format!("this needs the grant system/{}.{letter}", resource_type.as_str()))
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let trail = Trail::from_request_parts(parts, state).await?;
        let claims = bearer(&parts.headers)
            .and_then(|text| token::verify(&*state.keys.token_signer, text, state.clock.now()))
            .ok_or_else(unauthenticated)?;
        // Looked up at every request, so that disabling a provider takes effect at once.
        let provider = state
            .control
            .provider_by_client(&claims.client_id)
            .await
            .map_err(|error| ApiError::unavailable("the control database", &error))?
            .filter(|provider| provider.enabled && provider.name.as_str() == claims.sub)
            .ok_or_else(unauthenticated)?;
        let name: Arc<str> = provider.name.as_str().into();
        trail.actor(Arc::clone(&name));
        refuse_method_overrides(parts)?;
        let principal = Arc::new(Principal {
            name,
            role: Role::Provider,
            source: Some(provider.name.clone()),
            scopes: token::effective(&claims.scope, &provider.scopes),
        });
        Ok(Self { source: provider.name, principal, trail })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
}

fn unauthenticated() -> ApiError {
    ApiError::new(
        Kind::Unauthenticated,
        "please provide valid credentials: a token from POST /oauth/token, as `Authorization: Bearer …`",
    )
}
