//! Decisions in plain words.

use crate::ground::{
    ALL, ENCOUNTER, PERSON_LINK, RAW_PATIENT, ask, at_the_machine, favourable, network, operator, person,
    provider, user,
};
use expect_test::{Expect, expect};
use policy::{Action, Context, Network, Policies, Principal, Question, Resource, Role, Roles};

#[track_caller]
fn explains(question: Question<'_>, text: &Expect) {
    text.assert_eq(&Policies::builtin().explain(&question));
}

#[test]
fn an_allowed_question_names_its_permit() {
    explains(
        ask(person(Role::Analyst), Action::SqlQuery, ENCOUNTER, favourable()),
        &expect![
            "allowed by `analyst-queries`: Analysts ask questions of views, marts and the names of codes, and say what for."
        ],
    );
}

#[test]
fn a_denied_question_names_the_nearest_ways_to_be_allowed() {
    let nobody = Principal::Person(user([]));
    let silent = Context { purpose: None, ..favourable() };
    explains(
        ask(nobody, Action::SqlQuery, ENCOUNTER, favourable()),
        &expect![[r#"
        denied: no policy permits it
          with the role analyst it would be allowed by `analyst-queries`
          with the role engineer it would be allowed by `engineer-queries`"#]],
    );
    explains(
        ask(person(Role::Analyst), Action::SqlQuery, ENCOUNTER, silent),
        &expect![[r#"
        denied: no policy permits it
          with a purpose it would be allowed by `analyst-queries`"#]],
    );
    explains(
        ask(person(Role::Analyst), Action::SqlQuery, RAW_PATIENT, favourable()),
        &expect![[r#"
        denied by `raw-for-engineers-only`: Raw is personal data: no policy opens it to a person or service that is no engineer.
          with the role engineer it would be allowed by `engineer-queries`"#]],
    );
    explains(
        ask(person(Role::Engineer), Action::SqlQuery, PERSON_LINK, silent),
        &expect![[r#"
        denied by `person-links-for-custodians-only`: Who is who is the custodian's: no policy opens it to a person or service that is no custodian.
          with the role custodian and a purpose it would be allowed by `custodian-queries-person-links`"#]],
    );
}

#[test]
fn all_circumstances_that_are_missing_are_told() {
    let outside = Some(Network { expected: false, ..network() });
    let context = Context { second_factor: false, network: outside, ..favourable() };
    explains(
        ask(person(Role::Administrator), Action::PolicySet, Resource::Lake, context),
        &expect![[r#"
        denied
          by `networks-are-those-of-the-account`: An account that names its networks is used from these only.
          by `powerful-roles-need-a-second-factor`: Over a network, custodians, auditors and administrators show a second factor.
          with a network of the account and a second factor it would be allowed by `administrator-manages`"#]],
    );
    let bare = Context { assumption: None, purpose: None, ..at_the_machine() };
    explains(
        ask(operator(Roles::NONE), Action::SqlQuery, ENCOUNTER, bare),
        &expect![[r#"
            denied by `operator-takes-a-role-first`: On a home for real data the operator takes a role and gives a reason before anything else.
              with the role analyst, a reason for taking the role and a purpose it would be allowed by `analyst-queries`
              with the role engineer, a reason for taking the role and a purpose it would be allowed by `engineer-queries`"#]],
    );
}

#[test]
fn where_nothing_would_help_nothing_is_promised() {
    let table = Resource::Table(policy::Table::new("vault", "anything"));
    explains(
        ask(person(Role::Analyst), Action::SqlQuery, table, favourable()),
        &expect!["denied: no policy permits it"],
    );
    explains(
        ask(provider(&ALL), Action::SqlQuery, ENCOUNTER, favourable()),
        &expect!["denied: the schema knows no such question"],
    );
}
