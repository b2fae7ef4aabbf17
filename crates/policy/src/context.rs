//! What is known at the moment of a question.

use crate::{Principal, Purpose, Resource, cedar::Kind, resource::any_resource_type};
use cedar_policy::RestrictedExpression as Value;
use model::{Interaction, Scope, Timestamp};
use std::net::IpAddr;

/// What is known when somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// Whether the home holds real people's data.
    pub real_data: bool,
    /// Whether a second factor was shown.
    pub second_factor: bool,
    /// Where the question comes from; `None` at the machine itself.
    pub network: Option<Network>,
    /// What it is asked for.
    pub purpose: Option<Purpose>,
    /// How the active roles were taken; for [`crate::Action::RoleAssume`], how the role is to be taken.
    pub assumption: Option<Assumption<'a>>,
}

/// Where a question comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The address of whoever asks.
    pub address: IpAddr,
    /// Whether the account allows it; true of an account that names no networks.
    pub expected: bool,
}

/// Why and for how long a role is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumption<'a> {
    /// Why.
    pub reason: &'a str,
    /// When it ends.
    pub until: Timestamp,
}

impl Context<'_> {
    /// At the machine, now, on real data, with nothing shown or said.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { now, real_data: true, second_factor: false, network: None, purpose: None, assumption: None }
    }

    /// As Cedar sees it, with what `principal` was granted of `resource`. `None` if a value could not be made, which
    /// then denies.
    pub(crate) fn cedar(
        &self,
        principal: &Principal<'_>,
        resource: &Resource<'_>,
    ) -> Option<cedar_policy::Context> {
        let mut pairs = vec![
            ("now".to_owned(), Value::new_long(self.now.seconds())),
            ("real_data".to_owned(), Value::new_bool(self.real_data)),
            ("second_factor".to_owned(), Value::new_bool(self.second_factor)),
        ];
        if let Some(network) = &self.network {
            // Cedar reads no IPv4 address in IPv6's clothes.
            let address = Value::new_ip(network.address.to_canonical().to_string());
            pairs.push(record(
                "network",
                [("address", address), ("expected", Value::new_bool(network.expected))],
            )?);
        }
        if let Some(purpose) = self.purpose {
            pairs.push(("purpose".to_owned(), Value::new_entity_uid(purpose.into())));
        }
        if let Principal::Provider { scopes, .. } = principal {
            let create = granted(scopes, Interaction::Create, resource);
            let update = granted(scopes, Interaction::Update, resource);
            pairs.push(record("granted", [("create", create), ("update", update)])?);
        }
        if let Some(assumption) = &self.assumption {
            let reason = Value::new_string(assumption.reason.to_owned());
            let until = Value::new_long(assumption.until.seconds());
            pairs.push(record("assumption", [("reason", reason), ("until", until)])?);
        }
        cedar_policy::Context::from_pairs(pairs).ok()
    }
}

fn record<const N: usize>(name: &str, fields: [(&str, Value); N]) -> Option<(String, Value)> {
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Some((name.to_owned(), Value::new_record(fields).ok()?))
}

/// The types on which `scopes` grant `interaction`, as far as they cover `resource`: a token may name every type that
/// there is, and a set of them costs more than the rest of the question.
fn granted(scopes: &[Scope], interaction: Interaction, resource: &Resource<'_>) -> Value {
    let asked = match resource {
        Resource::ResourceType { resource_type, .. } => Some(*resource_type),
        _ => None,
    };
    let covering = scopes
        .iter()
        .filter(|scope| asked.is_some_and(|resource_type| scope.covers(interaction, resource_type)));
    Value::new_set(covering.map(|scope| {
        let kind = scope.resource_type.as_deref();
        Value::new_entity_uid(kind.map_or_else(any_resource_type, |kind| Kind::ResourceType.uid(kind)))
    }))
}
