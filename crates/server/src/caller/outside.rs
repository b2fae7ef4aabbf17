//! Access tokens of issuers that the operator trusts, mapped to a provider and its scopes.

use super::{CallerCredential, Shown, Stranger, certificate};
use crate::{app::AppState, token};
use control::{Credential, Issuer};
use credentials::issuer::{self, IssuerRules, OutsideToken};
use http::Extensions;

/// Whoever `text` is an outside token of.
pub(super) async fn authenticate(
    state: &AppState,
    text: &str,
    extensions: &Extensions,
) -> Result<Shown, Stranger> {
    // Not believed yet: it only says whose keys to look at.
    let claimed = issuer::claimed_issuer(text).ok_or(Stranger::Refused)?;
    let issuers = state.control.issuers().await?;
    let trusted = issuers.into_iter().find(|issuer| issuer.url == claimed).ok_or(Stranger::Refused)?;
    let token = verify(state, text, &trusted).await?;
    if token.certificate_thumbprint.is_some() && token.certificate_thumbprint != certificate(extensions) {
        return Err(Stranger::Refused);
    }
    let id = Credential::outside_id(&trusted.name, &token.client);
    let provider = state.control.provider_by_credential(&id).await?.ok_or(Stranger::Refused)?;
    if provider.credential(&id, state.clock.now()).is_none() {
        return Err(Stranger::Refused);
    }
    let scopes = if trusted.own_grants && !token.names_scopes {
        provider.scopes.clone()
    } else {
        token::narrowed(token.scopes, &provider.scopes)
    };
    let credential = CallerCredential {
        until: Some(token.expires),
        bound: token.certificate_thumbprint.is_some(),
        ..CallerCredential::of(&provider, id)
    };
    Ok(Shown { provider, scopes, credential, method: "outside-token", once: None })
}

async fn verify(state: &AppState, text: &str, trusted: &Issuer) -> Result<OutsideToken, Stranger> {
    let rules = IssuerRules {
        issuer: &trusted.url,
        audience: &trusted.audience,
        scope_prefix: &trusted.scope_prefix,
    };
    let url = trusted.key_set.as_deref().ok_or(Stranger::Refused)?;
    let keys = state.key_sets.at(&state.control, url).await?.ok_or(Stranger::Refused)?;
    match issuer::verify(text, &rules, &keys, state.clock.now()) {
        Ok(token) => Ok(token),
        Err(error) => {
            if error.is_unknown_key() {
                state.control.want_key_set(url).await?;
            }
            Err(Stranger::Refused)
        }
    }
}
