//! Who asks in these tests, of what, and under which circumstances.

use model::{Scope, SourceId, Timestamp};
use policy::{
    Action, Assumption, Context, Network, Principal, Purpose, Question, Resource, Role, Roles, Table, User,
};
use std::{net::IpAddr, sync::LazyLock};

pub(crate) static ELM_GROVE: LazyLock<SourceId> = LazyLock::new(|| "gp-elm-grove".parse().unwrap());
pub(crate) static OTHER: LazyLock<SourceId> = LazyLock::new(|| "trust-st-anne".parse().unwrap());
pub(crate) static ALL: LazyLock<Vec<Scope>> = LazyLock::new(|| vec!["system/*.cu".parse().unwrap()]);

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);
pub(crate) const ENCOUNTER: Resource<'static> = Resource::Table(Table::new("view", "encounter"));
pub(crate) const RAW_PATIENT: Resource<'static> = Resource::Table(Table::new("raw", "patient"));
pub(crate) const PERSON_LINK: Resource<'static> = Resource::Table(Table::bare("person_link"));

pub(crate) fn provider(scopes: &[Scope]) -> Principal<'_> {
    Principal::Provider { source: &ELM_GROVE, scopes }
}

pub(crate) fn user(roles: impl IntoIterator<Item = Role>) -> User<'static> {
    let roles = roles.into_iter().collect();
    User { name: "amina", roles, may_assume: roles }
}

pub(crate) fn person(role: Role) -> Principal<'static> {
    Principal::Person(user([role]))
}

pub(crate) fn operator(roles: Roles) -> Principal<'static> {
    Principal::Operator { roles }
}

pub(crate) fn network() -> Network {
    Network { address: IpAddr::from([10, 1, 2, 3]), expected: true }
}

pub(crate) fn hours(hours: i64) -> Assumption<'static> {
    Assumption { reason: "ticket 4711", until: NOW.plus_ms(hours * 3_600_000) }
}

/// All that a question can bring along that speaks for it.
pub(crate) fn favourable() -> Context<'static> {
    Context {
        second_factor: true,
        network: Some(network()),
        purpose: Some(Purpose::ServicePlanning),
        assumption: Some(hours(1)),
        ..Context::at(NOW)
    }
}

/// The same at the machine itself.
pub(crate) fn at_the_machine() -> Context<'static> {
    Context { network: None, ..favourable() }
}

pub(crate) fn ask<'a>(
    principal: Principal<'a>,
    action: Action,
    resource: Resource<'a>,
    context: Context<'a>,
) -> Question<'a> {
    Question { principal, action, resource, context }
}
