//! Who can do what, and by which way: what a review of access is made from.

use crate::{Action, Context, Policies, PolicyId, Principal, Question, Resource, Role, Roles};

/// One way by which a principal comes to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way<'a> {
    /// Who.
    pub principal: Principal<'a>,
    /// In which role; `None` if it needs none.
    pub role: Option<Role>,
    /// What.
    pub action: Action,
    /// Of what.
    pub resource: Resource<'a>,
    /// The policies that permit it.
    pub because: Vec<PolicyId>,
}

impl Policies {
    /// Every way by which one of `principals` may do one of `actions` on one of `resources` in `context`.
    ///
    /// Each principal is asked about without a role, and in each role that is active or open to it, alone. Own
    /// policies may ask for circumstances, such as one purpose: a report that is to be complete asks in each.
    #[must_use]
    pub fn who_can<'a>(
        &self,
        principals: &[Principal<'a>],
        actions: &[Action],
        resources: &[Resource<'a>],
        context: Context<'_>,
    ) -> Vec<Way<'a>> {
        let mut ways = Vec::new();
        for &principal in principals {
            for (role, principal) in acting(principal) {
                for &action in actions {
                    for &resource in resources {
                        let decision = self.decide(&Question { principal, action, resource, context });
                        if decision.allowed {
                            let because = decision.because;
                            ways.push(Way { principal, role, action, resource, because });
                        }
                    }
                }
            }
        }
        ways
    }
}

/// The principal as it could act: without a role, and in each possible role alone. A provider has the one it has.
fn acting(principal: Principal<'_>) -> impl Iterator<Item = (Option<Role>, Principal<'_>)> {
    let bare = match principal {
        Principal::Provider { .. } => None,
        _ => Some((None, principal.acting_in(Roles::NONE))),
    };
    let roles = principal.possible_roles().iter();
    bare.into_iter().chain(roles.map(move |role| (Some(role), principal.acting_in(role.into()))))
}
