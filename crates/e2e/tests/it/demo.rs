//! `carelake demo`, the newcomer's first command.

use crate::home::Home;

#[test]
fn the_demo_reconciles_and_says_the_same_for_the_same_seed() {
    let nowhere = Home::absent();
    let show = |seed: &str| nowhere.run(["demo", "--patients", "12", "--seed", seed]).exits(0).stdout;
    let first = show("7");
    assert!(first.contains("Does it all reconcile?") && !first.contains('✗'), "{first}");
    assert_eq!(first, show("7"));
    assert_ne!(first, show("8"));
    assert!(!nowhere.path().exists(), "the demo left a home behind");
}
