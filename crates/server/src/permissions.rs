//! What a caller may do: one question to the lake's policies for each kind of thing.

use crate::{
    app::AppState,
    error::{ApiError, Kind},
    peer::Peer,
    trail::Trail,
};
use control::{Control, ControlError, OwnPolicy};
use fhir::ResourceType;
use model::{Interaction, Scope, SourceId, Timestamp};
use policy::{Action, Context, Network, Policies, Principal, Question, Resource};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The policies that count, read again when they have changed.
#[derive(Default)]
pub(crate) struct PolicyBook(Mutex<Option<(i64, Arc<Policies>)>>);

impl PolicyBook {
    /// The policies as they stand now. Own policies that cannot be read count for nobody: then nothing is allowed.
    pub(crate) async fn current(&self, control: &Control) -> Result<Arc<Policies>, ControlError> {
        let generation = control.policy_generation().await?;
        if let Some((known, policies)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && *known == generation
        {
            return Ok(Arc::clone(policies));
        }
        let own = control.own_policies().await?;
        let texts: Vec<_> = own.iter().map(OwnPolicy::file).collect();
        let policies = Policies::with_own(&texts).map_err(|error| {
            tracing::error!(%error, "the lake's own policies cannot be read");
            ControlError::Malformed { what: "policy" }
        })?;
        let policies = Arc::new(policies);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((generation, Arc::clone(&policies)));
        Ok(policies)
    }
}

/// An authenticated provider before the policies.
pub(crate) struct Permissions {
    source: SourceId,
    scopes: Vec<Scope>,
    policies: Arc<Policies>,
    now: Timestamp,
    real_data: bool,
    network: Option<Network>,
    trail: Trail,
    /// A Bundle asks the same of each of its entries.
    decided: Mutex<HashMap<(Interaction, ResourceType), bool>>,
}

impl Permissions {
    /// Of the provider `source` with what it was granted, which came over a connection that it may come over. What
    /// decides is noted for the trail.
    pub(crate) async fn of(
        state: &AppState,
        source: SourceId,
        scopes: Vec<Scope>,
        (peer, trail): (Option<&Peer>, &Trail),
    ) -> Result<Self, ControlError> {
        Ok(Self {
            source,
            scopes,
            policies: state.policies.current(&state.control).await?,
            now: state.clock.now(),
            real_data: state.home_kind == crate::HomeKind::Real,
            network: peer.map(|peer| Network { address: peer.address, expected: true }),
            trail: trail.clone(),
            decided: Mutex::default(),
        })
    }

    /// What the caller was granted.
    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Whether it may create or update resources of a type.
    pub(crate) fn may(&self, interaction: Interaction, resource_type: ResourceType) -> bool {
        let mut decided = self.decided.lock().unwrap_or_else(PoisonError::into_inner);
        *decided.entry((interaction, resource_type)).or_insert_with(|| {
            let action = match interaction {
                Interaction::Create => Action::FhirCreate,
                Interaction::Update => Action::FhirUpdate,
            };
            let (source, resource_type) = (&self.source, resource_type.as_str());
            self.allows(action, Resource::ResourceType { source, resource_type })
        })
    }

    /// 403 unless it may, with the grant that is missing, if it is a grant.
    pub(crate) fn require(
        &self,
        interaction: Interaction,
        resource_type: ResourceType,
    ) -> Result<(), ApiError> {
        if self.may(interaction, resource_type) {
            return Ok(());
        }
        let name = resource_type.as_str();
        if self.scopes.iter().any(|scope| scope.covers(interaction, name)) {
            return Err(denied());
        }
        let letter = match interaction {
            Interaction::Create => 'c',
            Interaction::Update => 'u',
        };
        Err(ApiError::new(Kind::Forbidden, format!("this needs the grant system/{name}.{letter}")))
    }

    /// 403 unless it may get a token, or what stands for one.
    pub(crate) fn require_token(&self) -> Result<(), ApiError> {
        if self.allows(Action::TokenGet, Resource::Lake) { Ok(()) } else { Err(denied()) }
    }

    /// 403 unless it may learn what became of what it sent.
    pub(crate) fn require_receipts(&self) -> Result<(), ApiError> {
        if self.allows(Action::ReceiptRead, Resource::Source(&self.source)) { Ok(()) } else { Err(denied()) }
    }

    fn allows(&self, action: Action, resource: Resource<'_>) -> bool {
        let context = Context { real_data: self.real_data, network: self.network, ..Context::at(self.now) };
        let principal = Principal::Provider { source: &self.source, scopes: &self.scopes };
        let decision = self.policies.decide(&Question { principal, action, resource, context });
        decision.because.iter().for_each(|policy| self.trail.policy(policy.as_str()));
        decision.allowed
    }
}

fn denied() -> ApiError {
    ApiError::new(Kind::Forbidden, "a policy of this lake does not allow it; ask whoever runs the lake")
}
