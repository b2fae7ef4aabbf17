//! Own policies: what they can add, what they cannot take away, and what is wrong with those that do not count.

use crate::ground::{ENCOUNTER, PERSON_LINK, RAW_PATIENT, ask, favourable, person, user};
use expect_test::{Expect, expect};
use policy::{Action, Context, Effect, Policies, Principal, Purpose, Resource, Role};

fn with(own: &str) -> Policies {
    Policies::with_own(&[("own.cedar", own)]).unwrap()
}

#[track_caller]
fn wrong(own: &str, problems: &Expect) {
    let found: Vec<String> =
        Policies::check("own.cedar", own).iter().map(|problem| format!("{problem}\n")).collect();
    problems.assert_eq(&found.concat());
}

#[test]
fn an_own_permit_adds_and_an_own_forbid_beats_permits() {
    let service = Principal::Service(user([]));
    let permit = r#"@id("nightly") @because("The nightly report reads encounters.")
        permit (principal == Service::"amina", action == Action::"sql.query", resource in Table::"view.encounter");"#;
    let asked = ask(service, Action::SqlQuery, ENCOUNTER, favourable());
    assert!(!Policies::builtin().decide(&asked).allowed);
    assert!(with(permit).decide(&asked).allowed);

    let forbid = r#"@id("no-research") @because("There is no approval for research yet.")
        forbid (principal, action in Action::"read", resource)
        when { context has purpose && context.purpose == Purpose::"research" };"#;
    let policies = with(forbid);
    let research = Context { purpose: Some(Purpose::Research), ..favourable() };
    let analyst = |context| ask(person(Role::Analyst), Action::SqlQuery, ENCOUNTER, context);
    assert!(policies.decide(&analyst(favourable())).allowed);
    let decision = policies.decide(&analyst(research));
    assert_eq!(
        decision.explain(&policies),
        "denied by `no-research`: There is no approval for research yet."
    );
}

#[test]
fn no_own_permit_opens_raw_or_who_is_who_to_another_role() {
    let policies = with(r#"@id("all") @because("A mistake.") permit (principal, action, resource);"#);
    for (role, resource, policy) in [
        (Role::Analyst, RAW_PATIENT, "raw-for-engineers-only"),
        (Role::Analyst, PERSON_LINK, "person-links-for-custodians-only"),
        (Role::Engineer, PERSON_LINK, "person-links-for-custodians-only"),
        (Role::Custodian, RAW_PATIENT, "raw-for-engineers-only"),
        (Role::Administrator, ENCOUNTER, "administrator-never-medicine"),
        (Role::Auditor, ENCOUNTER, "auditor-never-medicine"),
    ] {
        let decision = policies.decide(&ask(person(role), Action::SqlQuery, resource, favourable()));
        assert!(!decision.allowed && decision.because.iter().any(|id| id.as_str() == policy), "{decision:?}");
    }
}

#[test]
fn no_own_permit_lets_anybody_but_administrators_forget_what_was_done() {
    let policies = with(r#"@id("all") @because("A mistake.") permit (principal, action, resource);"#);
    for role in [Role::Analyst, Role::Engineer, Role::Custodian, Role::Auditor] {
        let asked = ask(person(role), Action::AuditRetain, Resource::AuditTrail, favourable());
        let decision = policies.decide(&asked);
        let because: Vec<&str> = decision.because.iter().map(policy::PolicyId::as_str).collect();
        assert!(!decision.allowed && because == ["trail-goes-by-administrators-only"], "{decision:?}");
    }
}

#[test]
fn own_policies_can_name_networks_and_columns() {
    let policies = with(
        r#"@id("wards-only") @because("Encounters' times are seen on the wards only.")
        forbid (principal, action == Action::"sql.query", resource == Column::"view.encounter.start")
        unless { context has network && context.network.address.isInRange(ip("10.2.0.0/16")) };"#,
    );
    let column = policy::Resource::Column(policy::Table::new("view", "encounter"), "start");
    let asked = ask(person(Role::Analyst), Action::SqlQuery, column, favourable());
    assert!(!policies.decide(&asked).allowed);
    let mut inside = asked;
    inside.context.network =
        Some(policy::Network { address: "::ffff:10.2.0.9".parse().unwrap(), expected: true });
    assert!(policies.decide(&inside).allowed);
}

#[test]
fn an_own_policy_is_listed_beside_the_builtin_ones() {
    let policies =
        with("// A remark.\n@id(\"own.a\")\n@because(\"Why.\")\npermit (principal, action, resource);\n");
    let own: Vec<_> = policies.list().filter(|policy| policy.own).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(
        (own[0].id.as_str(), own[0].effect, own[0].because.as_str()),
        ("own.a", Effect::Permit, "Why.")
    );
    assert_eq!((own[0].file.as_str(), own[0].text.ends_with("resource);")), ("own.cedar", true));
    assert_eq!(policies.list().count(), Policies::builtin().list().count() + 1);
}

#[test]
fn what_is_not_cedar_is_told_with_its_place() {
    wrong(
        "permit (principal, action, resource)\n",
        &expect![[r#"
        own.cedar:1:37: unexpected end of input
    "#]],
    );
    wrong(
        "permit (principal, action, resource);\n\nallow (x);",
        &expect![[r#"
        own.cedar:3:1: invalid policy effect: allow (effect must be either `permit` or `forbid`)
        own.cedar:3:8: found an invalid variable in the policy scope: x (policy scopes must contain a `principal`, `action`, and `resource` element in that order)
        own.cedar:3:9: this policy is missing the `action` variable in the scope (policy scopes must contain a `principal`, `action`, and `resource` element in that order)
        own.cedar:3:9: this policy is missing the `resource` variable in the scope (policy scopes must contain a `principal`, `action`, and `resource` element in that order)
    "#]],
    );
}

#[test]
fn what_does_not_fit_the_schema_is_told_with_its_place() {
    let policy = |head: &str, body: &str| format!("@id(\"a\") @because(\"b\")\npermit ({head})\n{body};\n");
    let everybody = "principal, action, resource";
    wrong(
        &policy("principal, action == Action::\"sql.qurey\", resource", ""),
        &expect![[r#"
        own.cedar:2:30: policy `a`: unrecognized action `Action::"sql.qurey"`
    "#]],
    );
    wrong(
        &policy("principal in Role::\"anlyst\", action, resource", ""),
        &expect![[r#"
        own.cedar:2:22: policy `a`: entity `Role::"anlyst"` is of an enumerated entity type, but `"anlyst"` is not declared as a valid eid (valid entity eids: "provider", "analyst", "engineer", "custodian", "auditor", "administrator")
    "#]],
    );
    wrong(
        &policy("principal is Persn, action, resource", ""),
        &expect![[r#"
        own.cedar:2:22: policy `a`: unrecognized entity type `Persn`
    "#]],
    );
    wrong(
        &policy(everybody, "when { context.colour == \"red\" }"),
        &expect![[r#"
        own.cedar:3:8: policy `a`: attribute `colour` in context not found
    "#]],
    );
    wrong(
        &policy(everybody, "when { context.purpose == Purpose::\"research\" }"),
        &expect![[r#"
        own.cedar:3:8: policy `a`: unable to guarantee safety of access to optional attribute `purpose` in context (try testing for the attribute's presence with `context has purpose && ..`)
    "#]],
    );
    wrong(
        &policy(everybody, "when { context has purpose && context.purpose == \"research\" }"),
        &expect![[r#"
            own.cedar:3:31: policy `a`: the types String and Purpose are not compatible (both operands to a `==` expression must have compatible types. Types must be exactly equal to be compatible)
        "#]],
    );
    wrong(
        &policy("principal is Provider, action == Action::\"sql.query\", resource", ""),
        &expect![[r#"
        own.cedar:1:1: policy `a`: policy is impossible: the policy expression evaluates to false for all valid requests
        own.cedar:1:1: policy `a`: unable to find an applicable action given the policy scope constraints
    "#]],
    );
}

#[test]
fn a_policy_has_a_name_of_its_own_and_a_sentence() {
    wrong(
        "\n  permit (principal, action, resource);",
        &expect![[r#"
        own.cedar:2:3: a policy needs a name: write `@id("…")` before it
    "#]],
    );
    wrong(
        "@id(\"a\")\npermit (principal, action, resource);",
        &expect![[r#"
        own.cedar:1:1: a policy says why it is there: write `@because("…")` before it
    "#]],
    );
    wrong(
        "@id(\"Two words\") @because(\"b\")\npermit (principal, action, resource);",
        &expect![[r#"
        own.cedar:1:1: a policy's name is 1 to 64 of a-z, 0-9, `.`, `_` and `-`
    "#]],
    );
    wrong(
        "@id(\"analyst-queries\") @because(\"b\")\npermit (principal, action, resource);",
        &expect![[r#"
        own.cedar:1:1: policy `analyst-queries`: another policy has this name
    "#]],
    );
    let twice = "@id(\"a\") @because(\"b\")\npermit (principal, action, resource);\n";
    wrong(
        &format!("{twice}{twice}"),
        &expect![[r#"
        own.cedar:3:1: policy `a`: another policy has this name
    "#]],
    );
    wrong(
        "@id(\"a\") @because(\"b\")\npermit (principal == ?principal, action, resource);",
        &expect![[r#"
        own.cedar:1:1: a policy with slots is not for use here: name the principal and the resource
    "#]],
    );
}

#[test]
fn every_file_is_told_of_not_only_the_first() {
    let errors = Policies::with_own(&[("a.cedar", "permit"), ("b.cedar", "\nforbid")]).unwrap_err();
    let files: Vec<_> = errors.problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(files, ["a.cedar", "b.cedar"]);
    assert_eq!(errors.to_string().lines().count(), 2);
}

#[test]
fn a_text_that_is_too_long_or_too_deep_is_refused() {
    assert_eq!(Policies::check("long.cedar", &" ".repeat(70_000)).len(), 1);
    let deep = format!(
        "@id(\"a\") @because(\"b\") permit (principal, action, resource) when {{ {}true{} }};",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    assert_eq!(Policies::check("deep.cedar", &deep).len(), 1);
}

#[test]
fn a_policy_as_large_as_can_be_is_evaluated() {
    let conditions = " && context.second_factor".repeat(31);
    let large = format!(
        "@id(\"a\") @because(\"b\") permit (principal, action, resource) when {{ true{conditions} }};"
    );
    let asked = ask(Principal::Person(user([])), Action::ViewList, policy::Resource::Lake, favourable());
    assert!(with(&large).decide(&asked).allowed);
}
