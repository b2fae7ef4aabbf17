//! What the policies say to a question.

use crate::{Policies, PolicyId};

/// Whether it may be done, and which policies say so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a decision that nobody looks at protects nothing"]
pub struct Decision {
    /// Whether it may be done.
    pub allowed: bool,
    /// The permits that allowed it or the forbids that denied it, by name. Empty where nothing permits it.
    pub because: Vec<PolicyId>,
    /// What went wrong. Whatever did, it may not be done.
    pub errors: Vec<DecisionError>,
}

/// Why a question got no answer from a policy, or from any.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// The schema knows no such action of such a principal on such a resource.
    #[error("the schema knows no such question")]
    NoSuchQuestion,
    /// A policy could not be evaluated, as when a sum does not fit.
    #[error("policy `{policy}` could not be evaluated")]
    Evaluation {
        /// Which.
        policy: PolicyId,
    },
}

impl Decision {
    /// What no policy speaks of.
    pub(crate) fn unpermitted() -> Self {
        Self { allowed: false, because: Vec::new(), errors: Vec::new() }
    }

    pub(crate) fn refused(error: DecisionError) -> Self {
        Self { errors: vec![error], ..Self::unpermitted() }
    }

    pub(crate) fn of(response: &cedar_policy::Response) -> Self {
        let diagnostics = response.diagnostics();
        let mut errors: Vec<_> = diagnostics.errors().map(evaluation).collect();
        errors.sort_by(|one, other| one.policy().cmp(&other.policy()));
        let permitted = response.decision() == cedar_policy::Decision::Allow;
        let allowed = permitted && errors.is_empty();
        // Permits do not explain a denial: that an error turned it round is told by the error.
        let explains = allowed || !permitted;
        let mut because: Vec<PolicyId> =
            diagnostics.reason().filter(|_| explains).map(|id| PolicyId::new(id.as_ref())).collect();
        because.sort();
        Self { allowed, because, errors }
    }

    /// The decision in plain words, with the sentence of every policy that made it.
    #[must_use]
    pub fn explain(&self, policies: &Policies) -> String {
        let verdict = if self.allowed { "allowed" } else { "denied" };
        let named = self.because.iter().map(|id| match policies.get(id) {
            Some(policy) => format!("by `{id}`: {}", policy.because),
            None => format!("by `{id}`"),
        });
        let mut parts: Vec<String> = named.chain(self.errors.iter().map(ToString::to_string)).collect();
        if parts.is_empty() {
            parts.push("no policy permits it".to_owned());
        }
        match &parts[..] {
            [only] if self.errors.is_empty() && !self.because.is_empty() => format!("{verdict} {only}"),
            [only] => format!("{verdict}: {only}"),
            several => format!("{verdict}\n  {}", several.join("\n  ")),
        }
    }
}

impl DecisionError {
    fn policy(&self) -> Option<&PolicyId> {
        match self {
            Self::NoSuchQuestion => None,
            Self::Evaluation { policy } => Some(policy),
        }
    }
}

fn evaluation(error: &cedar_policy::AuthorizationError) -> DecisionError {
    match error {
        cedar_policy::AuthorizationError::PolicyEvaluationError(error) => {
            DecisionError::Evaluation { policy: PolicyId::new(error.policy_id().as_ref()) }
        }
    }
}
