//! Where nothing has changed, nothing is found.

use crate::feeds::{DAYS_BEFORE, Day, Pool};
use profile::drift::compare;

pub(crate) const PROVIDERS: [&str; 5] =
    ["gp-elm-grove", "nhs-111-castlemere", "ambulance-vale", "acute-castlemere", "mental-health-willowbank"];

/// Twenty seeds; `CARELAKE_TEST_SEEDS` is where they begin, to look at others by hand.
pub(crate) fn first_seed() -> u64 {
    std::env::var("CARELAKE_TEST_SEEDS").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1000)
}

fn check(seeds: std::ops::Range<u64>) {
    for (seed, number) in seeds.zip(0..) {
        let provider = PROVIDERS[number % PROVIDERS.len()];
        let pool = Pool::new(first_seed() + seed, provider);
        let before = pool.before(250.0);
        // A Monday, and at every fifth seed a Saturday.
        let day = if seed % 5 == 4 { DAYS_BEFORE + 5 } else { DAYS_BEFORE };
        let days = (DAYS_BEFORE..day).map(|day| pool.day(day, 250.0, &Day::USUAL));
        let before: Vec<_> = before.into_iter().chain(days).collect();
        let found = compare(&before, &pool.day(day, 250.0, &Day::USUAL));
        assert!(found.is_empty(), "seed {} of {provider}: {found:#?}", first_seed() + seed);
    }
}

#[test]
fn nothing_is_invented_on_ten_unchanged_feeds() {
    check(0..10);
}

#[test]
fn nothing_is_invented_on_ten_more() {
    check(10..20);
}
