//! May whoever runs this command do what it does? One question to the lake's policies for each thing.
//!
//! Whoever holds the home folder holds its root key, and no policy could stop him from reading the files. What is
//! decided here makes him say what he does and why, and it is recorded.

use anyhow::bail;
use control::{Assumption, Control, OwnPolicy};
use model::Timestamp;
use policy::{
    self as cedar, Action, Context, Policies, PolicyErrors, Principal, Question, Resource, Role, Roles,
};
use server::HomeKind;

/// Whoever runs the command line.
pub(crate) const OPERATOR: &str = "operator";

/// The policies that count, and the role that the operator acts in.
pub(crate) struct Access {
    pub(crate) policies: Policies,
    acting: Option<Assumption>,
    real_data: bool,
    /// Why the lake's own policies cannot be read. Then nothing goes but to mend them.
    broken: Option<PolicyErrors>,
}

impl Access {
    /// As things stand now.
    pub(crate) async fn read(control: &Control, kind: HomeKind) -> anyhow::Result<Self> {
        let own = control.own_policies().await?;
        let texts: Vec<_> = own.iter().map(OwnPolicy::file).collect();
        let acting = control.active_role(OPERATOR).await?;
        let (policies, broken) = match Policies::with_own(&texts) {
            Ok(policies) => (policies, None),
            Err(errors) => (Policies::builtin(), Some(errors)),
        };
        Ok(Self { policies, acting, real_data: kind == HomeKind::Real, broken })
    }

    /// Refuses what goes only with policies that can be read.
    pub(crate) fn readable_for(&self, action: Action) -> anyhow::Result<()> {
        match &self.broken {
            Some(errors) if !matches!(action, Action::PolicySet | Action::PolicyRead) => bail!(
                "the lake's own policies cannot be read, so nothing goes but to mend them \
                 (`carelake policy set` or `remove`): {errors}"
            ),
            _ => Ok(()),
        }
    }

    /// The role that the operator acts in, and for what purpose and reason, for the audit trail.
    pub(crate) fn acting(&self) -> Vec<(&'static str, String)> {
        let assumed = self.acting.iter().map(|acting| &acting.assumed);
        assumed
            .flat_map(|assumed| {
                [
                    ("role", assumed.role.clone()),
                    ("purpose", assumed.purpose.clone()),
                    ("why", assumed.reason.clone()),
                ]
            })
            .collect()
    }

    /// Whether the policies allow it, of which nothing is recorded.
    pub(crate) fn allows(&self, action: Action, resource: Resource<'_>, now: Timestamp) -> bool {
        self.policies.decide(&self.question(action, resource, now)).allowed
    }

    /// The operator's question.
    pub(crate) fn question<'a>(
        &'a self,
        action: Action,
        resource: Resource<'a>,
        now: Timestamp,
    ) -> Question<'a> {
        let role = self.acting.as_ref().and_then(|acting| acting.assumed.role.parse::<Role>().ok());
        let assumption = self.acting.as_ref().map(|acting| cedar::Assumption {
            reason: &acting.assumed.reason,
            until: acting.assumed.expires,
        });
        let purpose = self.acting.as_ref().and_then(|acting| acting.assumed.purpose.parse().ok());
        let principal = Principal::Operator { roles: role.map_or(Roles::NONE, Roles::from) };
        let context = Context { real_data: self.real_data, purpose, assumption, ..Context::at(now) };
        Question { principal, action, resource, context }
    }
}
