//! Which sets of policies can count, and what they then say.

use super::*;
use crate::{Action, Context, Principal, Resource, Roles};
use model::Timestamp;

fn question() -> Question<'static> {
    let principal = Principal::Operator { roles: Roles::NONE };
    let context = Context { real_data: false, ..Context::at(Timestamp(0)) };
    Question { principal, action: Action::CatalogList, resource: Resource::Lake, context }
}

#[test]
fn without_policies_everything_is_denied() {
    let none = Policies::read(&[], &[]).unwrap();
    let decision = none.decide(&question());
    assert_eq!(decision, Decision { allowed: false, because: vec![], errors: vec![] });
    assert!(Policies::builtin().decide(&question()).allowed);
}

#[test]
fn a_policy_that_cannot_be_evaluated_denies_what_another_permits() {
    let own = r#"@id("overflow") @because("For a test.")
        forbid (principal, action, resource) when { context.now + 9223372036854775807 < 0 };"#;
    let policies = Policies::with_own(&[("own.cedar", own)]).unwrap();
    let later = Question { context: Context { now: Timestamp(1000), ..question().context }, ..question() };
    assert!(policies.decide(&question()).allowed);
    let decision = policies.decide(&later);
    assert!(!decision.allowed && decision.because.is_empty());
    assert_eq!(decision.explain(&policies), "denied: policy `overflow` could not be evaluated");
}

#[test]
fn a_question_that_the_schema_does_not_know_is_denied() {
    let asked = Question { resource: Resource::AuditTrail, ..question() };
    let decision = Policies::builtin().decide(&asked);
    assert_eq!(decision.errors, [crate::DecisionError::NoSuchQuestion]);
    assert!(!decision.allowed);
}

#[test]
fn every_builtin_policy_fits_the_schema() {
    for (name, text) in BUILTIN {
        // As if it were an own one: those are checked.
        let problems = read::file(name, text, true).err().unwrap_or_default();
        assert_eq!(problems, []);
    }
}

#[test]
fn every_builtin_policy_stands_in_its_file_with_its_sentence() {
    let policies = Policies::builtin();
    for policy in policies.list() {
        assert!(!policy.own && policy.because.ends_with('.'), "{policy:?}");
        assert!(policy.text.starts_with("@id(\""), "{policy:?}");
        assert!(BUILTIN.iter().any(|(name, text)| *name == policy.file && text.contains(&policy.text)));
    }
}
