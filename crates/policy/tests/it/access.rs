//! Who can do what, by which way.

use crate::ground::{ALL, ENCOUNTER, PERSON_LINK, RAW_PATIENT, favourable, operator, provider, user};
use expect_test::expect;
use policy::{Action, Policies, Principal, Role, Roles, User, Way};

fn line(way: &Way<'_>) -> String {
    let who = match way.principal {
        Principal::Provider { source, .. } => source.to_string(),
        Principal::Person(user) | Principal::Service(user) => user.name.to_owned(),
        Principal::Operator { .. } => "operator".to_owned(),
    };
    let role = way.role.map_or("no role", Role::as_str);
    let because: Vec<_> = way.because.iter().map(policy::PolicyId::as_str).collect();
    format!("{who} as {role}: {} {:?} by {}\n", way.action, way.resource, because.join(" "))
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
        amina as analyst: sql.query Table(Table { schema: Some("view"), name: "encounter" }) by analyst-queries
        amina as engineer: sql.query Table(Table { schema: Some("raw"), name: "patient" }) by engineer-queries
        amina as engineer: sql.query Table(Table { schema: Some("view"), name: "encounter" }) by engineer-queries
        ben as custodian: sql.query Table(Table { schema: None, name: "person_link" }) by custodian-queries-person-links
        operator as analyst: sql.query Table(Table { schema: Some("view"), name: "encounter" }) by analyst-queries
        operator as engineer: sql.query Table(Table { schema: Some("raw"), name: "patient" }) by engineer-queries
        operator as engineer: sql.query Table(Table { schema: Some("view"), name: "encounter" }) by engineer-queries
        operator as custodian: sql.query Table(Table { schema: None, name: "person_link" }) by custodian-queries-person-links
    "#]].assert_eq(&ways.iter().map(line).collect::<String>());
}
