//! Which directory asks: the extractor without which no handler of SCIM can be written.

use super::answer::ScimError;
use crate::{
    caller::authorization,
    console::{desk::Desk, trail::Noted},
    guesses::{self, Verdict},
    peer::Peer,
};
use axum::extract::FromRequestParts;
use control::Directory;
use http::request::Parts;
use keys::MacKey;
use model::{AuditEvent, AuditNetwork, AuditOutcome};
use policy::{Action, Context, Network, Principal, Question, Resource};
use std::sync::Arc;

/// The hash under which a directory's token is kept.
#[must_use]
pub fn directory_token_mac(key: &MacKey, token: &str) -> [u8; 32] {
    key.mac(&[b"directory-token", token.as_bytes()])
}

/// A directory that has shown its token and may keep people.
pub(super) struct Client {
    pub(super) desk: Desk,
    pub(super) directory: Directory,
    noted: Noted,
    peer: Arc<Peer>,
}

impl FromRequestParts<Desk> for Client {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ScimError> {
        let (Some(peer), Some(noted)) =
            (parts.extensions.get::<Arc<Peer>>(), parts.extensions.get::<Noted>())
        else {
            tracing::error!("a route of SCIM stands outside its layers");
            return Err(ScimError::forbidden());
        };
        let token = authorization(&parts.headers).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let found = match token {
            Some((_, token)) => {
                let mac = directory_token_mac(&desk.once_mac, token.trim());
                desk.control.directory_of_token(mac).await?
            }
            None => None,
        };
        // One that is refused is told the same as somebody with a wrong token.
        let welcome =
            found.filter(|found| found.disabled.is_none() && found.reach.admits(peer.address, false));
        let Some(directory) = welcome else { return Err(refuse(desk, peer)) };
        noted.actor(&actor(&directory));
        let client = Self { desk: desk.clone(), directory, noted: noted.clone(), peer: Arc::clone(peer) };
        client.permitted().await?;
        Ok(client)
    }
}

/// What the trail calls a directory: no person or provider can have that name.
fn actor(directory: &Directory) -> String {
    format!("directory/{}", directory.name)
}

fn refuse(desk: &Desk, peer: &Peer) -> ScimError {
    match desk.guesses.failed(Some(peer.address), desk.clock.now()) {
        Verdict::Refused => ScimError::unauthenticated(),
        Verdict::Later { retry_after_s, .. } => ScimError::too_many_guesses(retry_after_s),
    }
}

impl Client {
    /// Asks the policies.
    async fn permitted(&self) -> Result<(), ScimError> {
        let policies = self.desk.policies.current(&self.desk.control).await?;
        let context = Context {
            real_data: self.desk.home_kind == crate::HomeKind::Real,
            network: Some(Network { address: self.peer.address, expected: true }),
            ..Context::at(self.desk.clock.now())
        };
        let principal = Principal::Directory(&self.directory.name);
        let question =
            Question { principal, action: Action::UserProvision, resource: Resource::Lake, context };
        match policies.decide(&question).allowed {
            true => Ok(()),
            false => Err(ScimError::forbidden()),
        }
    }

    /// Records what it did. Without the record there is no answer but 503.
    pub(super) async fn record(
        &self,
        action: &str,
        target: &str,
        facts: &[(&str, String)],
    ) -> Result<(), ScimError> {
        let event = AuditEvent::new(
            self.desk.clock.now(),
            action,
            actor(&self.directory),
            AuditOutcome::Success,
            target,
        )
        .with("network", guesses::network_of(self.peer.address));
        let event = facts.iter().fold(event, |event, (name, value)| event.with(name, value));
        let network =
            AuditNetwork { client: self.peer.address.to_string(), server: self.desk.server.to_string() };
        let recorded = self.desk.audit.record(AuditEvent { network: Some(network), ..event }).await;
        recorded.map_err(|error| ScimError::unavailable(&error))?;
        self.noted.recorded();
        Ok(())
    }

    /// Where a resource of it lies (RFC 7643 §3.1, `meta.location`).
    pub(super) fn location(&self, kind: &str, id: &str) -> String {
        let base = self.desk.config.base_url.as_deref().unwrap_or(&self.desk.server);
        format!("{}/scim/v2/{kind}/{id}", base.trim_end_matches('/'))
    }

    /// Who the person is at the provider that people sign in at, if the directory calls them by that.
    pub(super) fn outside(&self, external_id: Option<&str>) -> Option<String> {
        let provider = self.desk.people.as_ref().filter(|_| self.directory.subjects)?;
        Some(provider.outside(external_id?))
    }
}
