//! Names that nobody should have. Whatever they are, a decision is made, and none of them is mistaken for another.

use crate::ground::{ask, favourable};
use model::{Scope, SourceId, Timestamp};
use policy::{
    Action, Assumption, Context, Network, Policies, Principal, Question, Resource, Role, Roles, Table, User,
};
use proptest::{prelude::*, sample::select};
use std::{net::IpAddr, sync::LazyLock};

static POLICIES: LazyLock<Policies> = LazyLock::new(Policies::builtin);
static SOURCE: LazyLock<SourceId> = LazyLock::new(|| "a".parse().unwrap());

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\"'\\\\.*\n\0{}:a-z]{0,12}",
        select(vec!["*", "operator", "lake", "raw", "Role::\"administrator\"", "\u{202e}nimda"])
            .prop_map(str::to_owned),
        "[a-z\"\u{1f9ea}]{1}".prop_map(|piece| piece.repeat(10_000)),
    ]
}

fn resource<'a>(which: u8, one: &'a str, other: &'a str) -> Resource<'a> {
    match which % 12 {
        0 => Resource::Lake,
        1 => Resource::Source(&SOURCE),
        2 => Resource::ResourceType { source: &SOURCE, resource_type: one },
        3 => Resource::Schema(one),
        4 => Resource::Table(Table::new(one, other)),
        5 => Resource::Table(Table::bare(one)),
        6 => Resource::Column(Table::new("view", one), other),
        7 => Resource::Key(one),
        8 => Resource::Job(one),
        9 => Resource::AuditTrail,
        10 => Resource::ProviderAccount(one),
        _ => Resource::Role(Role::Auditor),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_decision_is_made_whatever_the_names(
        who in name(), one in name(), other in name(), reason in name(),
        which: u8, action in select(Action::all()), role in select(Role::all()),
        now: i64, until: i64, address: IpAddr, expected: bool, kind in 0_u8..4,
    ) {
        let scopes: [Scope; 1] = [Scope { resource_type: Some(one.as_str().into()), create: true, update: true }];
        let user = User { name: &who, roles: role.into(), may_assume: role.into() };
        let principal = match kind {
            0 => Principal::Provider { source: &SOURCE, scopes: &scopes },
            1 => Principal::Person(user),
            2 => Principal::Service(user),
            _ => Principal::Operator { roles: role.into() },
        };
        let context = Context {
            now: Timestamp(now),
            network: Some(Network { address, expected }),
            assumption: Some(Assumption { reason: &reason, until: Timestamp(until) }),
            ..favourable()
        };
        let question = Question { principal, action, resource: resource(which, &one, &other), context };
        let decision = POLICIES.decide(&question);
        prop_assert!(!decision.allowed || decision.errors.is_empty() && !decision.because.is_empty());
        let _ = POLICIES.explain(&question);
    }

    #[test]
    fn a_person_without_a_role_is_nobody_whatever_the_name(
        who in name(), one in name(), other in name(), which: u8, action in select(Action::all()),
    ) {
        let nobody = Principal::Person(User { name: &who, roles: Roles::NONE, may_assume: Roles::NONE });
        prop_assert!(!POLICIES.decide(&ask(nobody, action, resource(which, &one, &other), favourable())).allowed);
    }

    #[test]
    fn an_analyst_sees_no_table_outside_views_marts_and_the_catalogue(schema in name(), table in name()) {
        let analyst = Principal::Person(User { name: "a", roles: Role::Analyst.into(), may_assume: Roles::NONE });
        let asked = Table::new(&schema, &table);
        let open = ["view", "catalog", "information_schema"].contains(&schema.as_str())
            || asked.zone() == policy::Zone::Mart;
        let decision = POLICIES.decide(&ask(analyst, Action::SqlQuery, Resource::Table(asked), favourable()));
        prop_assert_eq!(decision.allowed, open);
        prop_assert!(decision.errors.is_empty());
    }
}

#[test]
fn a_resource_type_called_star_is_not_every_type() {
    let scopes: [Scope; 1] = ["system/*.c".parse().unwrap()];
    let provider = Principal::Provider { source: &SOURCE, scopes: &scopes };
    let star = Resource::ResourceType { source: &SOURCE, resource_type: "*" };
    assert!(!POLICIES.decide(&ask(provider, Action::FhirCreate, star, favourable())).allowed);
}
