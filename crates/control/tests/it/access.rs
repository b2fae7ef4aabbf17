//! The lake's own policies, and roles that were assumed.

use crate::ground::Ground;
use control::{ControlError, NewAssumption};
use model::Clock;

#[tokio::test]
async fn a_policy_is_replaced_by_name_and_removed() {
    let ground = Ground::new("policies").await;
    let control = &ground.control;
    control.set_policy("night", "one").await.unwrap();
    control.set_policy("day", "two").await.unwrap();
    control.set_policy("night", "three").await.unwrap();
    let kept = control.own_policies().await.unwrap();
    let kept: Vec<_> = kept.iter().map(|policy| (policy.name.as_str(), policy.text.as_str())).collect();
    assert_eq!(kept, [("day", "two"), ("night", "three")]);
    control.remove_policy("day").await.unwrap();
    assert!(matches!(control.remove_policy("day").await, Err(ControlError::NotFound { .. })));
}

#[tokio::test]
async fn the_role_assumed_last_is_acted_in_until_it_ends_or_is_given_back() {
    let ground = Ground::new("roles").await;
    let control = &ground.control;
    let assume = |role: &str, ms: i64| {
        control.assume_role(NewAssumption {
            principal: "operator".to_owned(),
            role: role.to_owned(),
            purpose: String::new(),
            reason: "a question from the board".to_owned(),
            expires: ground.clock.now().plus_ms(ms),
        })
    };
    let active = async || control.active_role("operator").await.unwrap().map(|one| one.assumed.role);
    assert_eq!(active().await, None);
    assume("engineer", 60_000).await.unwrap();
    assume("analyst", 1_000).await.unwrap();
    assert_eq!(active().await.as_deref(), Some("analyst"));
    assert_eq!(control.active_role("somebody").await.unwrap(), None);
    ground.clock.advance_ms(1_000);
    assert_eq!(active().await.as_deref(), Some("engineer"));
    assert_eq!(control.give_roles_back("operator").await.unwrap(), 1);
    assert_eq!(active().await, None);
    let all = control.assumptions(10).await.unwrap();
    assert_eq!(all.iter().map(|one| one.assumed.role.as_str()).collect::<Vec<_>>(), ["analyst", "engineer"]);
    assert!(all.iter().all(|one| !one.is_active(ground.clock.now())));
    assert_eq!(all[0].ended, None, "it had ended by itself");
}
