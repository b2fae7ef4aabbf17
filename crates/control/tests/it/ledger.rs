//! The ledger's cache against the rows that it is folded from.

use crate::ground::{Ground, segment};
use control::{Known, Ledger, LedgerEntry, LedgerError, Registration};
use model::{LaneId, Ordinal};
use proptest::prelude::*;
use std::collections::HashMap;

fn entry(key: u8, version: u32) -> LedgerEntry {
    LedgerEntry { key: [key; 16], version, content: [version as u8; 16] }
}

fn known(version: u32) -> Option<Known> {
    Some(Known { version, content: [version as u8; 16] })
}

#[test]
fn a_gap_is_refused_and_a_repetition_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("ledger");
    let ledger = Ledger::open(&place).unwrap();
    let (one, two) = (LaneId(1), LaneId(2));
    assert!(matches!(ledger.apply(one, Ordinal(2), &[]), Err(LedgerError::Gap { .. })));
    ledger.apply(one, Ordinal(1), &[entry(1, 1), entry(2, 1), entry(1, 2)]).unwrap();
    ledger.apply(one, Ordinal(1), &[entry(1, 9)]).unwrap();
    ledger.apply(one, Ordinal(2), &[]).unwrap();
    assert_eq!((ledger.applied(one), ledger.applied(two)), (Ordinal(2), Ordinal(0)));
    assert_eq!(ledger.get(one, &[1; 16]).unwrap(), known(2), "of two entries the later counts");
    assert_eq!(ledger.get(one, &[3; 16]).unwrap(), None);
    assert_eq!(ledger.get(two, &[1; 16]).unwrap(), None, "lanes do not mix");
    assert!(matches!(Ledger::open(&place), Err(LedgerError::InUse)));
    drop(ledger);
    let ledger = Ledger::open(&place).unwrap();
    assert_eq!((ledger.applied(one), ledger.get(one, &[2; 16]).unwrap()), (Ordinal(2), known(1)));
}

#[tokio::test]
async fn a_cache_of_another_history_is_built_anew() {
    let ground = Ground::new("history").await;
    let lease = ground.lane("gp").await;
    ground.fill(&lease, 3).await;
    let ledger = Ledger::open(&ground.folder.path().join("ledger")).unwrap();
    // More than is registered, as after a restore of the control database.
    for ordinal in 1..=5 {
        ledger.apply(lease.lane, Ordinal(ordinal), &[entry(200, 1)]).unwrap();
    }
    assert_eq!(ledger.catch_up(&ground.control, lease.lane).await.unwrap(), Ordinal(3));
    assert_eq!(ledger.get(lease.lane, &[200; 16]).unwrap(), None);
    let first = &segment(lease.lane, 1, 1).ledger[0];
    assert!(ledger.get(lease.lane, &first.key).unwrap().is_some());
    // As many as are registered, but others.
    let other = Ledger::open(&ground.folder.path().join("other")).unwrap();
    for ordinal in 1..=3 {
        other.apply(lease.lane, Ordinal(ordinal), &[entry(200, 1)]).unwrap();
    }
    other.catch_up(&ground.control, lease.lane).await.unwrap();
    assert_eq!(other.get(lease.lane, &[200; 16]).unwrap(), None);
}

#[tokio::test]
async fn a_damaged_cache_is_built_anew() {
    let ground = Ground::new("damaged").await;
    let lease = ground.lane("gp").await;
    ground.fill(&lease, 2).await;
    let folder = ground.folder.path().join("ledger");
    let ledger = Ledger::open(&folder).unwrap();
    ledger.catch_up(&ground.control, lease.lane).await.unwrap();
    drop(ledger);
    std::fs::write(folder.join("version"), b"something else").unwrap();
    let ledger = Ledger::open(&folder).unwrap();
    assert_eq!(ledger.applied(lease.lane), Ordinal(0));
    assert_eq!(ledger.catch_up(&ground.control, lease.lane).await.unwrap(), Ordinal(2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ledger_that_is_rebuilt_equals_one_that_was_kept(
        deltas in prop::collection::vec(prop::collection::vec((0_u8..40, 1_u32..1000), 0..30), 1..40),
        reopened in 0_usize..40,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ground = Ground::new(&format!("rebuilt_{}_{reopened}", deltas.iter().flatten().map(|d| d.1).sum::<u32>())).await;
            let lease = ground.lane("gp").await;
            let folder = ground.folder.path().join("kept");
            let mut kept = Ledger::open(&folder).unwrap();
            let mut fold = HashMap::new();
            for (number, delta) in deltas.iter().enumerate() {
                let ledger: Vec<_> = delta.iter().map(|&(key, version)| entry(key, version)).collect();
                fold.extend(delta.iter().copied());
                let new = Registration { ledger, ..segment(lease.lane, number as u8, 0) };
                let ordinal = ground.control.register(&lease, &new).await.unwrap();
                if number == reopened {
                    drop(kept);
                    kept = Ledger::open(&folder).unwrap();
                }
                kept.apply(lease.lane, ordinal, &new.ledger).unwrap();
            }
            let rebuilt = Ledger::open(&ground.folder.path().join("rebuilt")).unwrap();
            let last = rebuilt.catch_up(&ground.control, lease.lane).await.unwrap();
            prop_assert_eq!(last, Ordinal(deltas.len() as i64));
            prop_assert_eq!(kept.applied(lease.lane), last);
            for key in 0..40 {
                let expected = fold.get(&key).copied().and_then(known);
                prop_assert_eq!(kept.get(lease.lane, &[key; 16]).unwrap(), expected);
                prop_assert_eq!(rebuilt.get(lease.lane, &[key; 16]).unwrap(), expected);
            }
            Ok(())
        })?;
    }
}
