//! What the same principal may do when the circumstances are others.

use crate::ground::{
    ALL, ELM_GROVE, ENCOUNTER, NOW, OTHER, PERSON_LINK, RAW_PATIENT, ask, at_the_machine, favourable, hours,
    network, operator, person, provider, user,
};
use model::Scope;
use policy::{Action, Assumption, Context, Network, Policies, Principal, Question, Resource, Role, Roles};

/// Asks, and tells the verdict with the policies behind it: `+` allowed, `-` denied.
#[track_caller]
fn says(question: Question<'_>, expected: &str) {
    let decision = Policies::builtin().decide(&question);
    let names: Vec<&str> = decision.because.iter().map(policy::PolicyId::as_str).collect();
    assert_eq!(decision.errors, []);
    let sign = if decision.allowed { '+' } else { '-' };
    assert_eq!(format!("{sign} {}", names.join(" ")).trim_end(), expected);
}

fn create<'a>(scopes: &'a [Scope], resource_type: &'a str) -> Question<'a> {
    let resource = Resource::ResourceType { source: &ELM_GROVE, resource_type };
    ask(provider(scopes), Action::FhirCreate, resource, favourable())
}

#[test]
fn a_provider_sends_within_its_scopes() {
    let create_only: [Scope; 1] = ["system/Observation.c".parse().unwrap()];
    says(create(&create_only, "Observation"), "+ provider-creates");
    says(create(&create_only, "Patient"), "-");
    says(Question { action: Action::FhirUpdate, ..create(&create_only, "Observation") }, "-");
    says(Question { action: Action::FhirUpdate, ..create(&ALL, "Patient") }, "+ provider-updates");
    says(create(&[], "Observation"), "-");
}

#[test]
fn a_provider_sends_as_itself_and_reads_its_own_receipts() {
    let theirs = Resource::ResourceType { source: &OTHER, resource_type: "Observation" };
    says(Question { resource: theirs, ..create(&ALL, "Observation") }, "-");
    let receipt = |source| ask(provider(&ALL), Action::ReceiptRead, Resource::Source(source), favourable());
    says(receipt(&ELM_GROVE), "+ provider-reads-receipts");
    says(receipt(&OTHER), "-");
}

#[test]
fn nobody_sends_from_a_network_that_the_account_does_not_name() {
    let outside = Some(Network { expected: false, ..network() });
    let asked = create(&ALL, "Observation");
    let context = Context { network: outside, ..favourable() };
    says(Question { context, ..asked }, "- networks-are-those-of-the-account");
}

#[test]
fn rows_are_seen_for_a_purpose() {
    let silent = Context { purpose: None, ..favourable() };
    says(ask(person(Role::Analyst), Action::SqlQuery, ENCOUNTER, favourable()), "+ analyst-queries");
    says(ask(person(Role::Analyst), Action::SqlQuery, ENCOUNTER, silent), "-");
    says(ask(person(Role::Engineer), Action::SqlQuery, RAW_PATIENT, silent), "-");
    says(ask(person(Role::Custodian), Action::SqlQuery, PERSON_LINK, silent), "-");
}

#[test]
fn the_trail_is_let_go_by_an_administrator_for_a_reason() {
    let retain = |principal, context| ask(principal, Action::AuditRetain, Resource::AuditTrail, context);
    let silent = Context { assumption: None, ..favourable() };
    let empty = Context { assumption: Some(Assumption { reason: "", ..hours(1) }), ..favourable() };
    let only = "- trail-goes-by-administrators-only";
    let permit = "+ administrator-retains-the-trail";
    says(retain(person(Role::Administrator), favourable()), permit);
    says(retain(person(Role::Administrator), silent), only);
    says(retain(person(Role::Administrator), empty), only);
    says(retain(person(Role::Auditor), favourable()), only);
    // The operator: in that role; and on synthetic data as he is.
    says(retain(operator(Role::Administrator.into()), at_the_machine()), permit);
    says(retain(operator(Role::Engineer.into()), at_the_machine()), only);
    let synthetic = Context { real_data: false, assumption: None, ..at_the_machine() };
    says(retain(operator(Roles::NONE), synthetic), "+ operator-on-synthetic-data");
}

#[test]
fn powerful_roles_need_a_second_factor_over_a_network() {
    let without = Context { second_factor: false, ..favourable() };
    let here = Context { second_factor: false, ..at_the_machine() };
    for (role, action, resource, permit) in [
        (Role::Custodian, Action::KeyList, Resource::Key("root"), "+ custodian-lists-keys"),
        (Role::Auditor, Action::AuditVerify, Resource::AuditTrail, "+ auditor-reads-the-trail"),
        (Role::Administrator, Action::PolicySet, Resource::Lake, "+ administrator-manages"),
    ] {
        says(ask(person(role), action, resource, without), "- powerful-roles-need-a-second-factor");
        says(ask(person(role), action, resource, favourable()), permit);
        says(ask(person(role), action, resource, here), permit);
        let idle = Principal::Person(policy::User { roles: Roles::NONE, ..user([role]) });
        let assume = ask(idle, Action::RoleAssume, Resource::Role(role), without);
        says(assume, "- powerful-roles-are-assumed-with-a-second-factor");
    }
    says(ask(person(Role::Analyst), Action::SqlQuery, ENCOUNTER, without), "+ analyst-queries");
}

#[test]
fn one_who_grants_or_judges_sees_no_medicine_in_any_other_role() {
    let both = |role| Principal::Person(user([role, Role::Engineer]));
    let asked = |role, resource| ask(both(role), Action::SqlQuery, resource, favourable());
    says(asked(Role::Administrator, RAW_PATIENT), "- administrator-never-medicine");
    says(asked(Role::Auditor, ENCOUNTER), "- auditor-never-medicine");
    // Joining who is who to medicine is a grant: both roles at once.
    says(asked(Role::Custodian, PERSON_LINK), "+ custodian-queries-person-links");
    says(asked(Role::Custodian, RAW_PATIENT), "+ engineer-queries");
}

#[test]
fn a_role_is_assumed_by_whom_it_is_open_to_for_a_reason_and_eight_hours() {
    let idle = Principal::Person(policy::User { roles: Roles::NONE, ..user([Role::Analyst]) });
    let assume = |role, assumption| {
        let context = Context { assumption: Some(assumption), ..favourable() };
        ask(idle, Action::RoleAssume, Resource::Role(role), context)
    };
    says(assume(Role::Analyst, hours(8)), "+ roles-are-assumed");
    says(assume(Role::Analyst, hours(9)), "-");
    says(assume(Role::Analyst, hours(0)), "- assumptions-end");
    says(assume(Role::Analyst, Assumption { reason: "", ..hours(1) }), "-");
    says(assume(Role::Engineer, hours(1)), "- roles-are-opened-by-accounts");
    let forever = Assumption { until: model::Timestamp(i64::MAX), ..hours(1) };
    says(assume(Role::Analyst, forever), "-");
}

#[test]
fn an_assumed_role_ends() {
    let later = Context { now: NOW.plus_ms(3_600_000), ..favourable() };
    says(ask(person(Role::Analyst), Action::SqlQuery, ENCOUNTER, later), "- assumptions-end");
}

#[test]
fn the_operator_of_real_data_takes_a_role_first() {
    let bare = Context { assumption: None, ..at_the_machine() };
    let query = |roles, context| ask(operator(roles), Action::SqlQuery, RAW_PATIENT, context);
    let engineer = Roles::from(Role::Engineer);
    says(query(Roles::NONE, bare), "- operator-takes-a-role-first");
    // A role without a reason is none.
    says(query(engineer, bare), "- operator-takes-a-role-first");
    says(query(engineer, at_the_machine()), "+ engineer-queries");
    says(query(Role::Analyst.into(), at_the_machine()), "-");
    says(query(Role::Administrator.into(), at_the_machine()), "- administrator-never-medicine");
    let assume =
        ask(operator(Roles::NONE), Action::RoleAssume, Resource::Role(Role::Custodian), at_the_machine());
    says(assume, "+ roles-are-assumed");
    says(ask(operator(Roles::NONE), Action::Serve, Resource::Lake, bare), "+ operator-serves");
}

#[test]
fn the_operator_of_synthetic_data_needs_no_role_but_keeps_to_one_that_was_taken() {
    let synthetic = Context { real_data: false, ..at_the_machine() };
    let bare = Context { assumption: None, ..synthetic };
    says(ask(operator(Roles::NONE), Action::SqlQuery, PERSON_LINK, bare), "+ operator-on-synthetic-data");
    says(ask(operator(Role::Analyst.into()), Action::SqlQuery, PERSON_LINK, synthetic), "-");
}

#[test]
fn nobody_is_the_operator_over_a_network() {
    let context = Context { real_data: false, assumption: None, ..favourable() };
    let asked = ask(operator(Roles::NONE), Action::CatalogList, Resource::Lake, context);
    says(asked, "- operator-is-at-the-machine");
    let named = Principal::Person(policy::User { name: "operator", ..user([]) });
    says(Question { principal: named, ..asked }, "-");
}
