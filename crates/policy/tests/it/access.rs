//! Who can do what, by which way.

use crate::ground::{ALL, ENCOUNTER, PERSON_LINK, RAW_PATIENT, favourable, operator, provider, user};
use expect_test::expect;
use policy::{Action, Policies, Principal, Role, Roles, User, Way};

fn line(way: &Way<'_>) -> String {
    let role = way.role.map_or("no role", Role::as_str);
    let because: Vec<_> = way.because.iter().map(policy::PolicyId::as_str).collect();
    let Way { principal, action, resource, .. } = way;
    format!("{principal} as {role}: {action} {resource} by {}\n", because.join(" "))
}

#[test]
fn every_way_is_told_with_its_role_and_its_policy() {
    let amina = User { roles: Role::Analyst.into(), ..user([Role::Engineer]) };
    let ben = User { name: "ben", ..user([Role::Custodian]) };
    let principals =
        [provider(&ALL), Principal::Person(amina), Principal::Service(ben), operator(Roles::NONE)];
    let resources = [RAW_PATIENT, ENCOUNTER, PERSON_LINK];
    let context = policy::Context { network: None, ..favourable() };
    let ways = Policies::builtin().who_can(&principals, &[Action::SqlQuery], &resources, context);
    expect![[r#"
        Person::"amina" as analyst: sql.query Table::"view.encounter" by analyst-queries
        Person::"amina" as engineer: sql.query Table::"raw.patient" by engineer-queries
        Person::"amina" as engineer: sql.query Table::"view.encounter" by engineer-queries
        Service::"ben" as custodian: sql.query Table::"person_link" by custodian-queries-person-links
        Operator::"operator" as analyst: sql.query Table::"view.encounter" by analyst-queries
        Operator::"operator" as engineer: sql.query Table::"raw.patient" by engineer-queries
        Operator::"operator" as engineer: sql.query Table::"view.encounter" by engineer-queries
        Operator::"operator" as custodian: sql.query Table::"person_link" by custodian-queries-person-links
    "#]]
    .assert_eq(&ways.iter().map(line).collect::<String>());
}
