//! What one decision costs on one core, the request and its entities included. The bar is 100 µs.

use criterion::{Criterion, criterion_group, criterion_main};
use model::{Scope, SourceId, Timestamp};
use policy::{
    Action, Assumption, Context, Network, Policies, Principal, Purpose, Question, Resource, Role, Roles,
    Table, User,
};
use std::{hint::black_box, net::IpAddr};

/// As much as a question can bring along: a network, a purpose, an assumption.
fn everything() -> Context<'static> {
    Context {
        second_factor: true,
        network: Some(Network { address: IpAddr::from([10, 1, 2, 3]), expected: true }),
        purpose: Some(Purpose::ServicePlanning),
        assumption: Some(Assumption { reason: "winter planning, ticket 4711", until: Timestamp(3_600_000) }),
        ..Context::at(Timestamp(0))
    }
}

fn person(role: Role) -> Principal<'static> {
    let roles = Roles::from(role);
    Principal::Person(User { name: "amina.okafor@trust.example", roles, may_assume: roles })
}

fn decide(c: &mut Criterion) {
    let policies = Policies::builtin();
    let source: SourceId = "gp-elm-grove".parse().unwrap_or_else(|_| unreachable!());
    let all: Vec<Scope> = "system/*.cu".parse().into_iter().collect();
    // A scope for each type, as many as R4 has; the last is the one that is asked of.
    let names = (1..148).map(|number| format!("Type{number}")).chain(["Observation".to_owned()]);
    let many: Vec<Scope> =
        names.map(|name| Scope { resource_type: Some(name.into()), create: true, update: true }).collect();
    let observation = Resource::ResourceType { source: &source, resource_type: "Observation" };
    let encounter = Table::new("view", "encounter");
    let create = |scopes| (Principal::Provider { source: &source, scopes }, Action::FhirCreate, observation);
    let cases = [
        ("create, one scope", create(&all)),
        ("create, 148 scopes", create(&many)),
        ("query a table", (person(Role::Analyst), Action::SqlQuery, Resource::Table(encounter))),
        ("query a column", (person(Role::Analyst), Action::SqlQuery, Resource::Column(encounter, "start"))),
        ("query, denied", (person(Role::Auditor), Action::SqlQuery, Resource::Table(encounter))),
        ("set policies", (person(Role::Administrator), Action::PolicySet, Resource::Lake)),
    ];
    let mut group = c.benchmark_group("decide");
    for (name, (principal, action, resource)) in cases {
        let question = Question { principal, action, resource, context: everything() };
        group.bench_function(name, |b| b.iter(|| policies.decide(black_box(&question))));
    }
    group.finish();
}

fn start(c: &mut Criterion) {
    let own = [("own.cedar", "@id(\"a\") @because(\"b\") forbid (principal, action, resource);")];
    c.bench_function("read and check all policies", |b| b.iter(|| Policies::with_own(black_box(&own))));
}

criterion_group!(benches, decide, start);
criterion_main!(benches);
