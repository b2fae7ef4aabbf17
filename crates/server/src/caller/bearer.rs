//! Access tokens (RFC 6750): our own, and through them those of outside issuers.

use super::{CallerCredential, Shown, Stranger, certificate, outside};
use crate::{
    app::AppState,
    token::{self, Claims},
};
use http::Extensions;
use model::Timestamp;

/// Whoever `text` is a token of.
pub(super) async fn authenticate(
    state: &AppState,
    text: &str,
    extensions: &Extensions,
) -> Result<Shown, Stranger> {
    match token::verify(&*state.keys.token_signer, text, state.clock.now()) {
        Some(claims) => own(state, claims, extensions).await,
        None => outside::authenticate(state, text, extensions).await,
    }
}

/// Looked up at every request, so that disabling a provider or a credential takes effect at once.
async fn own(state: &AppState, claims: Claims, extensions: &Extensions) -> Result<Shown, Stranger> {
    let provider = state.control.provider_by_client(&claims.client_id).await?.ok_or(Stranger::Refused)?;
    let counts = provider.credential(&claims.credential, state.clock.now()).is_some();
    // A token that is bound to a certificate is worth nothing without it (RFC 8705 §3).
    let bound = match &claims.cnf {
        None => true,
        Some(confirmation) => confirmation.fits(certificate(extensions)),
    };
    if !counts || !bound || provider.name.as_str() != claims.sub {
        return Err(Stranger::Refused);
    }
    Ok(Shown {
        scopes: token::effective(&claims.scope, &provider.scopes),
        credential: CallerCredential {
            until: Some(Timestamp(claims.exp.saturating_mul(1000))),
            bound: claims.cnf.is_some(),
            ..CallerCredential::of(&provider, claims.credential)
        },
        provider,
        method: "token",
        once: None,
    })
}
